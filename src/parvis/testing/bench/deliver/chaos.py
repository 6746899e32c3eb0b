"""Everything that goes wrong, at real servers: what was planned, what is there in the end, and what was done to it."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from parvis.testing.bench.deliver.platforms import PLATFORMS, Platform, started
from parvis.testing.bench.inbox import Row, environment_of, parvis, row

_STORM = "parvis.testing.bench.deliver.storm"
_RELAY = "parvis.testing.bench.deliver.relay"


def run_chaos(args: argparse.Namespace) -> Iterator[Row]:
    names = [name for name in args.servers.split(",") if name]
    shares = sum(PLATFORMS[name].share for name in names)
    totals: Counter[str] = Counter()
    for name in names:
        count = round(args.publications * PLATFORMS[name].share / shares)
        for figure in _at(name, count, args):
            totals[str(figure["figure"]).rpartition(".")[2]] += int(str(figure["value"]).partition(".")[0])
            yield figure
    for figure_name in ("due", "sent", "needs_person", "lost", "doubled"):
        yield row(f"deliver.chaos.{figure_name}", totals[figure_name], "publications", {"servers": names})


def _at(name: str, count: int, args: argparse.Namespace) -> Iterator[Row]:
    """A house, a server and a relay between them, all of their own."""
    platform = PLATFORMS[name]
    with tempfile.TemporaryDirectory(prefix=f"parvis-ch-{name[:2]}-", dir="/tmp") as place:  # a socket's path is short
        directory = Path(place)
        directory.chmod(0o755)
        environment = environment_of(directory / "house", _database(args.database, name))
        environment["PARVIS_ALLOWED_PRIVATE_HOSTS"] = "127.0.0.1,localhost"
        (directory / "house").mkdir()
        running = os.environ.get(f"PARVIS_TEST_{name.upper()}_DIR", "")
        parvis(["prepare"], environment)
        with (
            started(platform, directory / "server", running) as env,
            _relay(platform, env, directory, environment, args.seed) as url,
        ):
            began_s = time.monotonic()
            told = _storm(
                environment, places=platform.places(env, url), relay=url, publications=count, seed=args.seed,
                most_workers=args.most_workers, kills=args.kills, place=place,
            )  # fmt: skip
            yield from _figures(name, told, platform.there(env), {"took_s": round(time.monotonic() - began_s)}, args)


def _figures(
    name: str, told: dict[str, Any], there: Mapping[tuple[str, str], int], of: Row, args: argparse.Namespace
) -> Iterator[Row]:
    """The server's count of each text against what was planned. What was never planned is not counted."""
    wanted = {(who, text): state for who, text, state, _ in told["publications"]}
    reasons = Counter(reason for *_, reason in told["publications"] if reason)
    counts = {key: there.get(key, 0) for key in wanted}
    sent = sum(count > 0 for count in counts.values())
    stuck = sum(state == "needs_person" for state in wanted.values())
    lost = [key for key, count in counts.items() if not count and wanted[key] != "needs_person"]
    open_ones = [key for key, state in wanted.items() if state not in {"done", "needs_person"}]
    silent = sum(state == "needs_person" and not reason for _, _, state, reason in told["publications"])
    base: Row = {**of, "database": "PostgreSQL" if args.database else "SQLite", "load": round(os.getloadavg()[0], 1)}
    prefix = f"deliver.chaos.{name}"
    done_to_it = {"kills": told["kills"], "killed_at": told["killed_at"], "faults": told["faults"], **told["clock"]}
    yield row(f"{prefix}.due", len(wanted), "publications", {**base, **done_to_it})
    yield row(f"{prefix}.sent", sent, "publications", {**base, "attempts": told["attempts"]})
    yield row(f"{prefix}.needs_person", stuck, "publications", {**base, "reasons": reasons, "without_reason": silent})
    yield row(f"{prefix}.lost", len(lost) + len(open_ones), "publications", {**base, "which": [*lost, *open_ones][:10]})
    doubled = {f"{who}: {text}": count for (who, text), count in counts.items() if count > 1}
    more = sum(count - 1 for count in doubled.values())
    yield row(f"{prefix}.doubled", more, "publications", {**base, "which": dict(list(doubled.items())[:10])})
    yield row(f"{prefix}.kills", told["kills"], "processes", base)


def _database(database: str, name: str) -> str:
    """One of its own for each server on PostgreSQL: the address's own name and the server's."""
    if not database:
        return ""
    from urllib.parse import urlsplit

    import psycopg

    parts = urlsplit(database)
    own = f"{parts.path.lstrip('/') or 'parvis'}_chaos_{name}"
    with psycopg.connect(database, autocommit=True) as administering:
        administering.execute(f'DROP DATABASE IF EXISTS "{own}" WITH (FORCE)'.encode())
        administering.execute(f'CREATE DATABASE "{own}"'.encode())
    return parts._replace(path=f"/{own}").geturl()


def _storm(environment: dict[str, str], **given: Any) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", _STORM],
        env=environment, input=json.dumps(given), stdout=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the storm ended with {done.returncode}")
    return dict(json.loads(done.stdout))


@contextmanager
def _relay(
    platform: Platform, env: Mapping[str, str], directory: Path, environment: dict[str, str], seed: int
) -> Iterator[str]:
    port_file = directory / "relay-port"
    command = [
        sys.executable,
        "-m",
        _RELAY,
        platform.target(env),
        str(port_file),
        str(seed),
        str(platform.most_at_once),
    ]
    process = subprocess.Popen(command, env=environment)
    try:
        while not port_file.exists() or not port_file.read_text():
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port_file.read_text()}"
    finally:
        process.terminate()
        process.wait(10)
