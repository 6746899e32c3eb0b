"""Several processes on one database at the same moment: what threads on SQLite's memory cannot show."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from django.db import connection

from parvis.testing.prepared import prepare

_PRELUDE = """
import os, sys
import django
django.setup()
print("ready", flush=True)
sys.stdin.readline()
"""


def own_database(directory: Path) -> dict[str, str]:
    """The environment of processes that share a database: the test's own on PostgreSQL, else a new file.

    On PostgreSQL the test needs `transaction=True`, so that others see its rows.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PARVIS_")}
    environment |= {
        "PARVIS_DATA": str(directory),
        "PARVIS_AUDIT_KEY": "a key for tests",
        "DJANGO_SETTINGS_MODULE": "parvis.conf.settings",
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
    }
    if connection.vendor == "postgresql":
        environment["PARVIS_DATABASE"] = _address(connection.settings_dict)
    else:
        prepare(environment)
    return environment


def run_python(code: str, environment: dict[str, str]) -> str:
    """What it prints; its own error is the test's."""
    return _run(["-c", f"import django; django.setup()\n{code}"], environment)


def run_at_once(code: str, environment: dict[str, str], *, count: int = 2) -> list[str]:
    """Starts `count` processes, lets all of them go once all are ready, and gives what each printed."""
    command = [sys.executable, "-c", _PRELUDE + code]
    pipe = subprocess.PIPE
    running = [
        subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        for _ in range(count)
    ]
    for process in running:
        assert process.stdin and process.stdout and process.stderr
        if process.stdout.readline().strip() != "ready":
            raise AssertionError(process.stderr.read())
    for process in running:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=60) for process in running]
    for process, (_, complaint) in zip(running, answers, strict=True):
        assert process.returncode == 0, complaint
    return [printed.strip() for printed, _ in answers]


def _run(arguments: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def _address(settings: dict[str, object]) -> str:
    user, password, host = (quote(str(settings[name] or ""), safe="") for name in ("USER", "PASSWORD", "HOST"))
    port = f":{settings['PORT']}" if settings["PORT"] else ""
    return f"postgresql://{user}:{password}@{port}/{settings['NAME']}?host={host}"
