"""The inbox of a house of a million items: its pages at every depth, searches, requests a second, bulk work."""

import argparse
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).resolve().parents[3]
CONNECTIONS = 8
LOAD_S = 10.0
ROUNDS = 3
KEPT_TOKEN = "abcdefghijklmnopqrstuvwxyz012345"
Row = dict[str, object]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--items", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--data", type=Path, help="keep the filled house here, and use it again")
    parser.add_argument("--database", default="", help="PostgreSQL as postgresql://…; else SQLite")


def run(args: argparse.Namespace) -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="parvis-inbox-") as place:
        environment = environment_of(args.data or Path(place), args.database)
        began = time.monotonic()
        parvis(["prepare"], environment)
        if fill(args.items, environment):
            yield row("demo.fill_s", time.monotonic() - began, "s", {"items": args.items})
        plan = _ask("plan", environment)
        of = {
            "items": plan["items"],
            "conversations": plan["of_conversations"],
            "database": "PostgreSQL" if args.database else "SQLite",
        }
        yield from _queries(environment, of)
        with _Desk(environment) as port:
            yield from _lists(port, plan, of)
            yield from _conversations(port, plan, of)
            yield from _searches(port, plan, of)
            yield from _searches(port, plan, of, name="tree_search", asked="trees")
            yield from _searches(port, plan, of, name="tree_list", asked="conversation_trees")
            yield from _searches(port, plan, of, name="bounded_search", asked="bounded")
            yield from _load(port, plan, of)
        done = _ask("bulk", environment)
        yield row("inbox.bulk_1000_s", max(done["seconds"].values()), "s", {**of, **done})


def _lists(port: int, plan: dict[str, Any], of: Row) -> Iterator[Row]:
    times: dict[str, list[float]] = defaultdict(list)
    for email, text, depth, address in plan["lists"]:
        times[f"{text or 'everything'} | {depth} | {email[:7]}"] += _get(
            port, plan["cookies"][email], [address] * ROUNDS
        )
    every = [one for found in times.values() for one in found]
    slowest = sorted(((round(max(found), 1), name) for name, found in times.items()), reverse=True)[:5]
    yield row("inbox.list.p50_ms", _share(every, 0.5), "ms", {**of, "pages": len(every)})
    yield row("inbox.list.p95_ms", _share(every, 0.95), "ms", {**of, "pages": len(every), "slowest": slowest})


def _conversations(port: int, plan: dict[str, Any], of: Row) -> Iterator[Row]:
    [cookie, *_] = plan["cookies"].values()
    times = _get(port, cookie, plan["conversations"])
    yield row("inbox.conversation.p95_ms", _share(times, 0.95), "ms", {**of, "pages": len(times)})


def _searches(
    port: int, plan: dict[str, Any], of: Row, *, name: str = "search", asked: str = "searches"
) -> Iterator[Row]:
    every: list[float] = []
    kinds: dict[str, float] = {}
    for kind, addresses in plan[asked].items():
        times = [one for cookie in plan["cookies"].values() for one in _get(port, cookie, addresses * 10)]
        kinds[kind] = round(_share(times, 0.95), 1)
        every += times
    yield row(f"inbox.{name}.p95_ms", _share(every, 0.95), "ms", {**of, "pages": len(every), "kinds": kinds})


def _load(port: int, plan: dict[str, Any], of: Row) -> Iterator[Row]:
    """The list to several connections at once, the client's own work on the same machine."""
    pages = [(plan["cookies"][email], address) for email, _, _, address in plan["lists"]]
    until = time.monotonic() + LOAD_S
    counts = [0] * CONNECTIONS

    def work(place: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while time.monotonic() < until:
            cookie, address = pages[(place * 37 + counts[place]) % len(pages)]
            _one(connection, cookie, address)
            counts[place] += 1

    threads = [threading.Thread(target=work, args=(place,)) for place in range(CONNECTIONS)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = sum(counts) / (time.monotonic() - began)
    yield row("inbox.requests_per_s", rate, "requests/s", {**of, "connections": CONNECTIONS})


def _queries(environment: dict[str, str], of: Row) -> Iterator[Row]:
    for kind, count in _ask("queries", environment).items():
        yield row(f"inbox.{kind}.queries", count, "queries", of)


class _Desk:
    """The real web server while the block runs; gives its port."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment

    def __enter__(self) -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        command = [sys.executable, "-m", "parvis", "web", "--port", str(port)]
        self._process = subprocess.Popen(
            command, env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(200):
            try:
                _one(http.client.HTTPConnection("127.0.0.1", port, timeout=5), "", "/")
            except OSError:
                time.sleep(0.1)
            else:
                return port
        raise RuntimeError("the web server did not start")

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(timeout=20)


def _get(port: int, cookie: str, addresses: Sequence[str]) -> list[float]:
    """Milliseconds of each, one after the other on one connection, the first asked once before."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    _one(connection, cookie, addresses[0])
    times = []
    for address in addresses:
        began = time.perf_counter()
        _one(connection, cookie, address)
        times.append((time.perf_counter() - began) * 1000)
    return times


def _one(connection: http.client.HTTPConnection, cookie: str, address: str) -> None:
    kept = f"{cookie}; csrftoken={KEPT_TOKEN}"  # a browser gives back all the cookies that it was given
    connection.request("GET", address, headers={"Cookie": kept, "Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    answer.read()
    if cookie and answer.status != http.HTTPStatus.OK:
        raise RuntimeError(f"{address} answered {answer.status}")


def environment_of(data: Path, database: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PARVIS_")}
    return {**kept, "PARVIS_DATA": str(data), "PARVIS_DATABASE": database, "PYTHONPATH": str(SOURCE)}


def fill(items: int, environment: dict[str, str]) -> bool:
    """False where the house is filled already."""
    code = "from parvis.cli import open_django; open_django(); from parvis.orgs.house import the_house; print(the_house() is None)"
    if python(["-c", code], environment).strip() != "True":
        return False
    parvis(["demo", "--items", str(items)], environment)
    return True


def _ask(what: str, environment: dict[str, str]) -> Any:
    return json.loads(python(["-m", "parvis.testing.inbox_load", what], environment))


def parvis(arguments: list[str], environment: dict[str, str]) -> str:
    return python(["-m", "parvis", *arguments], environment)


def python(arguments: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return done.stdout


def _share(times: Sequence[float], share: float) -> float:
    return sorted(times)[min(int(len(times) * share), len(times) - 1)]


def row(figure: str, value: float, unit: str, of: Row) -> Row:
    return {"figure": figure, "value": round(value, 3) if value < 10 else round(value, 1), "unit": unit, "of": of}
