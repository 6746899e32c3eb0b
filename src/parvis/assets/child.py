"""The process of its own in which media is looked into, cleaned and made: a task in, lines of JSON out.

Each line but the last says how far it is: {"share": 0.4}. The last is {"done": …}, {"refused": {"en", "fr"}} of
the file itself, or {"disk": errno}. Nothing of Django is loaded.
"""

import contextlib
import hashlib
import json
import os
import resource
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from parvis.core.errors import BadInput, ParvisError

Share = Callable[[float], None]


def run(task: Mapping[str, Any], share: Share) -> dict[str, Any]:
    """Raises BadInput where the file is the reason, OSError where the disk is."""
    work = {"examine": _examine, "render": _render}[task["do"]]
    return work(task, share)


def _examine(task: Mapping[str, Any], _share: Share) -> dict[str, Any]:
    """What the file is, and the same without what is nobody's business."""
    from parvis.core.media.cleaning import clean
    from parvis.core.media.looked import look

    path, into = Path(task["path"]), Path(task["into"])
    looked = look(path)
    found: dict[str, Any] = {"looked": msgspec.to_builtins(looked), "sha256": _sha256(path), "cleaned": None}
    if looked.kind not in task["kinds"]:
        return found
    if looked.kind in _CLEANED:
        clean(path, into)
        sha256 = _sha256(into)
        if sha256 != found["sha256"]:
            again = look(into)
            found["cleaned"] = {"sha256": sha256, "looked": msgspec.to_builtins(again)}
    return found


def _render(task: Mapping[str, Any], share: Share) -> dict[str, Any]:
    """All of them by one decode; where that fails, each by itself, so that one alone is at fault."""
    try:
        return {"made": _rendered(task, task["wanted"], share), "failed": {}}
    except BadInput as error:
        if len(task["wanted"]) == 1:
            return {"made": [], "failed": {task["wanted"][0]["name"]: dict(error.facts)}}
    made: list[dict[str, Any]] = []
    failed: dict[str, Mapping[str, str]] = {}
    for wanted in task["wanted"]:
        try:
            made += _rendered(task, [wanted], share)
        except BadInput as error:
            failed[wanted["name"]] = dict(error.facts)
    return {"made": made, "failed": failed}


def _rendered(task: Mapping[str, Any], wanted: Sequence[Mapping[str, Any]], share: Share) -> list[dict[str, Any]]:
    from parvis.core.media.captions import read_captions
    from parvis.core.media.films import poster, render_film
    from parvis.core.media.photos import render_photo
    from parvis.core.media.wanted import Wanted

    path, into = Path(task["path"]), Path(task["into"])
    rows = msgspec.convert(wanted, list[Wanted])
    if (at_s := task.get("poster_at_s")) is not None:
        still = poster(path, into, at_s=at_s)
        path = still.path
    if task["kind"] in {"video", "audio"} and at_s is None:
        vtt = task.get("captions")
        captions = read_captions(vtt.encode(), "captions.vtt") if vtt else None
        made = render_film(path, rows, into, captions=captions, on_progress=share, threads=task["threads"])
    else:
        made = render_photo(path, rows, into)
    return [{**asdict(one), "path": str(one.path), "sha256": _sha256(one.path)} for one in made]


_SHARE_STEP = 0.01
_CLEANED = frozenset({"image", "gif", "video", "audio"})


def _sha256(path: Path) -> str:
    """Of a file that is safely on the disk from then on, so that nobody waits for that with the database in hand."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()


def _bind(task: Mapping[str, Any]) -> None:
    """Low priority, bounded memory and time; a crash writes no core."""
    os.nice(task["niceness"])
    memory = task["memory_mb"] * 1_000_000
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (task["cpu_s"], task["cpu_s"] + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _end_with_parent() -> None:
    """Its standard input closes when whoever began it is gone."""
    with contextlib.suppress(OSError, ValueError):
        while sys.stdin.buffer.read(4096):
            pass
    os._exit(1)


def main() -> None:
    task = json.loads(sys.stdin.buffer.readline())
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer

    def say(what: Mapping[str, Any]) -> None:
        out.write(json.dumps(what) + "\n")
        out.flush()

    told = [0.0]

    def share(part: float) -> None:
        if part - told[0] >= _SHARE_STEP:
            told[0] = part
            say({"share": round(part, 3)})

    threading.Thread(target=_end_with_parent, daemon=True).start()
    _bind(task)
    try:
        say({"done": run(task, share)})
    except BadInput as error:
        say({"refused": {"en": error.text.en, "fr": error.text.fr}})
    except MemoryError:
        os._exit(1)
    except OSError as error:
        say({"disk": error.errno or 0})
    except ParvisError as error:
        say({"refused": {"en": error.text.en, "fr": error.text.fr}})
    out.close()
    os._exit(0)


if __name__ == "__main__":
    main()
