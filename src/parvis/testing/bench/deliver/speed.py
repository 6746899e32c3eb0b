"""The plain run: one slow server, real workers, the clock."""

import argparse
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from parvis.testing.bench.deliver.server import DELAY_S, LIMIT, WINDOW_S
from parvis.testing.bench.inbox import Row, environment_of, parvis, row

_HOUSE = "parvis.testing.bench.deliver.house"
DUE_IN_S = 4.0
LONGEST_S = 900.0
SPREAD_S = 60


def run_speed(args: argparse.Namespace) -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="parvis-deliver-") as place:
        environment = environment_of(args.data or Path(place), args.database)
        environment["PARVIS_ALLOWED_PRIVATE_HOSTS"] = "127.0.0.1"
        parvis(["prepare"], environment)
        with _server(Path(place), environment) as url:
            yield from _together(args, url, environment)
            if args.spread:
                yield from _spread(args, url, environment)


def _together(args: argparse.Namespace, url: str, environment: dict[str, str]) -> Iterator[Row]:
    began_s = time.monotonic()
    mark = f"together{secrets.token_hex(3)}"
    places = [
        {"connector": "mastodon", "address": f"{url}/", "credentials": {"token": f"token{number}"}}
        for number in range(args.channels)
    ]
    ask("fill", environment, places=places, publications=args.publications, mark=mark)
    filled_s = time.monotonic() - began_s
    with workers(args.workers, environment) as running:
        armed = ask("arm", environment, workers=args.workers, in_s=DUE_IN_S, spread_s=0, seed=1)
        books = _wait(url, args.publications, mark)
        _settle(environment, args.publications)
        cpu_s = round(sum(sum(psutil.Process(one.pid).cpu_times()[:2]) for one in running), 1)
    arrivals = [one for one in books["arrivals"] if one[1].startswith(mark)]
    counts = Counter((token, text) for token, text, _ in arrivals)
    state = ask("state", environment)
    of: Row = {
        "publications": args.publications, "channels": args.channels, "workers": args.workers,
        "database": "PostgreSQL" if args.database else "SQLite", "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
    }  # fmt: skip
    last_s = max((at for *_, at in arrivals), default=0.0)
    yield row("deliver.due", args.publications, "publications", {**of, "filled_s": round(filled_s, 1)})
    yield row("deliver.sent", len(counts), "publications", {**of, "our_rows": state})
    yield row("deliver.lost", args.publications - len(counts), "publications", of)
    yield row(
        "deliver.doubled", len(arrivals) - len(counts), "publications", {**of, "repeated_keys": books["repeated_keys"]}
    )
    yield row(
        "deliver.s", last_s - armed["due"], "s",
        {**of, "worker_cpu_s": cpu_s, "most_at_once": books["most_at_once"], "answer_s": DELAY_S, "pace": _pace(arrivals, armed["due"])},
    )  # fmt: skip
    yield row(
        "deliver.limit_violations", books["violations"], "requests",
        {**of, "limit": LIMIT, "window_s": WINDOW_S, "each": "channel"},
    )  # fmt: skip


def _pace(arrivals: list[Any], due_s: float) -> dict[str, int]:
    """How many were there after each ten seconds."""
    tens = Counter(int((at - due_s) // 10) * 10 + 10 for *_, at in arrivals)
    return {f"{ten}s": tens[ten] for ten in sorted(tens)}


def _spread(args: argparse.Namespace, url: str, environment: dict[str, str]) -> Iterator[Row]:
    mark = f"spread{secrets.token_hex(3)}"
    places = [
        {"connector": "mastodon", "address": f"{url}/", "credentials": {"token": f"other{number}"}}
        for number in range(args.channels)
    ]
    ask("fill", environment, places=places, publications=args.spread, mark=mark)
    with workers(args.workers, environment):
        armed = ask("arm", environment, workers=args.workers, in_s=DUE_IN_S, spread_s=SPREAD_S, seed=1)
        books = _wait(url, args.spread, mark)
    late = sorted(at - armed["by_text"][text] for _, text, at in books["arrivals"] if text.startswith(mark))
    p99_s = late[min(int(len(late) * 0.99), len(late) - 1)] if late else float("nan")
    of: Row = {
        "publications": args.spread, "over_s": SPREAD_S, "there": len(late), "median_s": round(late[len(late) // 2], 3),
        "latest_s": round(late[-1], 3), "earliest_s": round(late[0], 3),
        "database": "PostgreSQL" if args.database else "SQLite", "load": round(os.getloadavg()[0], 1),
    }  # fmt: skip
    yield row("deliver.start_p99_s", p99_s, "s", of)


def _wait(url: str, count: int, mark: str) -> dict[str, Any]:
    """What the server has, once all are there, or nothing has come for a while."""
    until_s = time.monotonic() + LONGEST_S
    seen, since_s = 0, time.monotonic()
    while True:
        time.sleep(1.0)
        with urllib.request.urlopen(f"{url}/books", timeout=30) as answer:
            books: dict[str, Any] = json.loads(answer.read())
        there = sum(text.startswith(mark) for _, text, _ in books["arrivals"])
        now_s = time.monotonic()
        if there != seen:
            seen, since_s = there, now_s
        if there >= count or now_s > until_s or now_s - since_s > 90:
            time.sleep(2.0)  # what comes twice, comes now
            with urllib.request.urlopen(f"{url}/books", timeout=30) as answer:
                return dict(json.loads(answer.read()))


def _settle(environment: dict[str, str], count: int) -> None:
    """Until our own rows say so too."""
    for _ in range(60):
        if ask("state", environment)["publications"].get("done", 0) >= count:
            return
        time.sleep(1.0)


@contextmanager
def _server(place: Path, environment: dict[str, str]) -> Iterator[str]:
    port_file = place / "port"
    process = subprocess.Popen(
        [sys.executable, "-m", "parvis.testing.bench.deliver.server", str(port_file)], env=environment
    )
    try:
        while not port_file.exists() or not port_file.read_text():
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port_file.read_text()}"
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def workers(count: int, environment: dict[str, str]) -> Iterator[list["subprocess.Popen[bytes]"]]:
    command = [sys.executable, "-m", "parvis", "worker", "--quiet"]
    running = [subprocess.Popen(command, env=environment) for _ in range(count)]
    try:
        yield running
    finally:
        for one in running:
            one.send_signal(signal.SIGTERM)
        for one in running:
            one.wait(30)


def ask(what: str, environment: dict[str, str], **given: Any) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", _HOUSE, what],
        env=environment, input=json.dumps(given), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return json.loads(done.stdout or "null")
