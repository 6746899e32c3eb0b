"""Work on media is done in a process of its own: slow to begin, hungry, and fed with what strangers have made.

A decoder that crashes takes nothing with it. The process has a low priority, bounds of time and memory, and
ends with whoever began it.
"""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from parvis.core.errors import FileNotWorkedOn, FileRefused, HouseError
from parvis.core.wording import Text
from parvis.jobs.faults import house_trouble

_SOURCE = str(Path(__file__).resolve().parents[2])
_KEPT = ("PATH", "LANG", "LC_ALL")
MEMORY_MB = 3_000
"""Address space, of which decoders reserve much more than they use."""
NICENESS = 10
THREADS = 2
_LONGEST_LINE = 4_000_000


async def work_on(
    task: Mapping[str, Any], *, limit_s: float, on_progress: Callable[[float], None] | None = None
) -> dict[str, Any]:
    """What `child.run` makes of the task. Raises FileRefused, FileNotWorkedOn, HouseError; ended when it is cancelled."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "parvis.assets.child",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env={**{name: os.environ[name] for name in _KEPT if name in os.environ}, "PYTHONPATH": _SOURCE},
        cwd="/", start_new_session=True, limit=_LONGEST_LINE,
    )  # fmt: skip
    name = str(task.get("name", ""))
    bounds = {"memory_mb": MEMORY_MB, "niceness": NICENESS, "threads": THREADS, "cpu_s": int(limit_s * THREADS) + 10}
    try:
        async with asyncio.timeout(limit_s):
            said = await _hear(child, {**bounds, **task}, on_progress)
            await child.wait()
    except TimeoutError:
        raise FileNotWorkedOn(name=name, detail=_TOO_LONG.format(limit_s=int(limit_s))) from None
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    return _outcome(said, name)


def work_on_now(task: Mapping[str, Any], *, limit_s: float) -> dict[str, Any]:
    """The same for who has no event loop."""
    return asyncio.run(work_on(task, limit_s=limit_s))


async def _hear(
    child: asyncio.subprocess.Process, task: Mapping[str, Any], on_progress: Callable[[float], None] | None
) -> dict[str, Any]:
    """Its last word; {} where it ended without any. Its input stays open: it ends when that closes."""
    assert child.stdin is not None and child.stdout is not None
    child.stdin.write(json.dumps(task).encode() + b"\n")
    said: dict[str, Any] = {}
    with contextlib.suppress(ConnectionError, ValueError):
        await child.stdin.drain()
        async for line in child.stdout:
            said = json.loads(line)
            if on_progress is not None and "share" in said:
                on_progress(float(said["share"]))
    return said


def _outcome(said: Mapping[str, Any], name: str) -> dict[str, Any]:
    if "done" in said:
        done: dict[str, Any] = said["done"]
        return done
    if "refused" in said:
        raise FileRefused(name=name, detail=Text(said["refused"]["en"], said["refused"]["fr"]))
    if "disk" in said:
        raise house_trouble(OSError(said["disk"], "")) or HouseError(detail=os.strerror(said["disk"]))
    raise FileNotWorkedOn(name=name, detail=_CRASHED)


_TOO_LONG = Text("it took longer than {limit_s} s", "cela a pris plus de {limit_s} s")
_CRASHED = Text(
    "the program that reads it broke off; the file is damaged, or too large for this machine",
    "le programme qui le lit s’est interrompu\u202f; le fichier est abîmé, ou trop grand pour cette machine",
)
