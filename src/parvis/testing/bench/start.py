"""How long a newcomer waits: a fresh copy of the tree, set up and started; started again; its memory at rest."""

import argparse
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[4]
SETTLE_S = 20.0
PAGES_SEEN = 8
Row = dict[str, object]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--here", action="store_true", help="use this tree and its installed libraries, not a fresh copy"
    )


def run(args: argparse.Namespace) -> Iterator[Row]:
    place = Path(tempfile.mkdtemp(prefix="parvis-start-"))
    try:
        tree = ROOT if args.here else _fresh_copy(place / "parvis")
        of: Row = {"set_up": not args.here}
        data = place / "data"
        first_s, desk, port = _start(tree, data)
        yield {"figure": "start.first_page_s", "value": round(first_s, 2), "unit": "s", "of": of}
        _stop(desk)
        again_s, desk, port = _start(tree, data)
        yield {"figure": "start.again_s", "value": round(again_s, 2), "unit": "s", "of": of}
        for _ in range(PAGES_SEEN):
            _page(port)
        time.sleep(SETTLE_S)
        processes = [psutil.Process(desk.pid), *psutil.Process(desk.pid).children(recursive=True)]
        sizes = {f"{process.pid} {_name(process)}": _pss_mb(process.pid) for process in processes}
        yield {"figure": "idle.pss_mb", "value": round(sum(sizes.values()), 1), "unit": "MB", "of": sizes}
        began = time.monotonic()
        _stop(desk)
        yield {"figure": "stop.s", "value": round(time.monotonic() - began, 2), "unit": "s", "of": {}}
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _fresh_copy(target: Path) -> Path:
    names = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, check=True, capture_output=True
    ).stdout.decode()
    for name in filter(None, names.split("\0")):
        source = ROOT / name
        if source.exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)
    return target


def _start(tree: Path, data: Path) -> tuple[float, "subprocess.Popen[bytes]", int]:
    """Seconds until the first page is answered."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PARVIS_", "PYTHONPATH"))}
    began = time.monotonic()
    desk = subprocess.Popen(
        [str(tree / "script" / "run"), "--port", str(port), "--data", str(data)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not _page(port):
        if desk.poll() is not None:
            raise RuntimeError(f"script/run ended with {desk.returncode}")
        time.sleep(0.05)
    return time.monotonic() - began, desk, port


def _page(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as answer:
            answer.read()
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False
    return True


def _stop(desk: "subprocess.Popen[bytes]") -> None:
    desk.send_signal(signal.SIGTERM)
    desk.wait(30)


def _name(process: psutil.Process) -> str:
    words = process.cmdline()
    return " ".join(words[2:5]) if len(words) > 2 else process.name()


def _pss_mb(pid: int) -> float:
    """Proportional set size, from the kernel's own account."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0
