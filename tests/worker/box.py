"""A house in a database of its own, on disk, that real worker processes share with the test."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection, connections

ROOT = Path(__file__).resolve().parents[2]
LAUNCHER = Path(__file__).with_name("simulated_worker.py")
IS_POSTGRESQL = bool(os.environ.get("PARVIS_DATABASE"))


def environment(data: Path, database: str, **more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PARVIS_")}
    return {
        **kept,
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}:{os.environ.get('PYTHONPATH', '')}",
        "DJANGO_SETTINGS_MODULE": "parvis.conf.settings",
        "PARVIS_DATA": str(data),
        "PARVIS_DATABASE": database,
        "PARVIS_SECRET_KEYS": ",".join(settings.SECRET_KEYS),
        "PARVIS_ALLOWED_PRIVATE_HOSTS": "127.0.0.1,localhost",
        **more,
    }


@dataclass
class Box:
    """One house; `worker` starts a process on it."""

    data: Path
    database: str
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def worker(
        self, *, lease_s: float = 3.0, die_at: str = "", once: bool = False, launcher: Path = LAUNCHER
    ) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, str(launcher), str(lease_s), *(["--once"] if once else [])],
            env=environment(self.data, self.database, PARVIS_DIE_AT=die_at),
            stdout=subprocess.DEVNULL,
            stderr=(self.data / "log").open("ab"),
        )
        self.processes.append(process)
        return process

    def log(self) -> str:
        return (self.data / "log").read_text(encoding="utf-8")

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait(90)


def wait_until(holds: Callable[[], Any], *, timeout_s: float = 180.0, what: str = "") -> None:
    ends_s = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < ends_s, f"not within {timeout_s} s: {what or holds}"
        time.sleep(0.05)


def slowness() -> float:
    """How many times longer than its processor time a piece of work takes here now: limits are for a free machine."""
    began_s, began_cpu_s = time.monotonic(), time.process_time()
    while time.process_time() - began_cpu_s < 0.1:
        pass
    return max(1.0, (time.monotonic() - began_s) / 0.1)


def stop(process: subprocess.Popen[bytes]) -> float:
    """Asks it to end; how many seconds that took."""
    started_s = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.wait(90)
    return time.monotonic() - started_s


def make_template(directory: Path) -> str:
    """An empty house, migrated once: the directory of its file, or the name of its database."""
    name = f"parvis_box_{os.getpid()}"
    database = ""
    if IS_POSTGRESQL:
        _administer(f'CREATE DATABASE "{name}"')
        database = _address(name)
    subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--skip-checks", "--verbosity=0"],
        env=environment(directory, database),
        check=True,
    )
    return name if IS_POSTGRESQL else str(directory)


def drop_template(template: str) -> None:
    if IS_POSTGRESQL:
        _administer(f'DROP DATABASE IF EXISTS "{template}" WITH (FORCE)')


@contextmanager
def opened_box(template: str, directory: Path) -> Iterator[Box]:
    """A copy of the template; Django's own connection leads there while it is open."""
    if IS_POSTGRESQL:
        name = f"{template}_copy"
        _administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        _administer(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        place, database = name, _address(name)
    else:
        place, database = str(directory / "parvis.sqlite3"), ""
        shutil.copy(Path(template) / "parvis.sqlite3", place)
    box = Box(directory, database)
    with _connected_to(place):
        try:
            yield box
        finally:
            box.close()
    if IS_POSTGRESQL:
        _administer(f'DROP DATABASE IF EXISTS "{place}" WITH (FORCE)')


@contextmanager
def _connected_to(name: str) -> Iterator[None]:
    known = connections.settings["default"]
    before, ours = known["NAME"], connections["default"]
    known["NAME"] = name
    del connections["default"]
    try:
        yield
    finally:
        connection.close()
        known["NAME"] = before
        connections["default"] = ours


def _address(name: str) -> str:
    return urlsplit(os.environ["PARVIS_DATABASE"])._replace(path=f"/{name}").geturl()


def _administer(statement: str) -> None:
    import psycopg

    given = urlsplit(os.environ["PARVIS_DATABASE"])
    with psycopg.connect(given._replace(path="/postgres").geturl(), autocommit=True) as administering:
        administering.execute(statement)
