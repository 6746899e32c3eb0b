"""A Mastodon account's own archive: what it wrote, out of outbox.json in a .zip or .tar.gz file."""

import json
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from parvis.connectors.archive import json_stream
from parvis.connectors.archive.records import PACKED_WRONG, Broken, Read
from parvis.core.errors import FileNotUnderstood
from parvis.core.wording import Text

ACTOR_LIMIT_BYTES = 1_000_000
NO_OUTBOX = Text(
    "there is no outbox.json in it, which is what a Mastodon archive has",
    "il ne contient pas d’outbox.json, que toute archive Mastodon contient",
)


def open_archive(path: Path) -> Callable[[Path], Iterator[Read]]:
    """How to read a packed archive. Raises FileNotUnderstood where it holds no outbox.json."""
    try:
        with _member(path, "outbox.json") as outbox:
            is_there = outbox is not None
    except PACKED_WRONG as error:
        raise FileNotUnderstood(name=path.name, detail=NO_OUTBOX) from error
    if not is_there:
        raise FileNotUnderstood(name=path.name, detail=NO_OUTBOX)
    return _read_packed


def read_outbox(path: Path) -> Iterator[Read]:
    """An outbox.json that somebody has taken out of its archive."""
    with path.open("rb") as file:
        yield from _activities(file, {})


def _read_packed(path: Path) -> Iterator[Read]:
    actor = _actor(path)
    total_bytes = path.stat().st_size
    with _member(path, "outbox.json") as outbox:
        if outbox is None:
            return
        for found, read_bytes in _activities(outbox, actor):
            yield found, min(read_bytes, total_bytes)


def _activities(outbox: IO[bytes], actor: dict[str, Any]) -> Iterator[Read]:
    for found, read_bytes in json_stream.members(outbox, key="orderedItems"):
        if isinstance(found, Broken):
            yield found, read_bytes
        elif isinstance(found, dict):
            yield {"activity": found, "actor": actor}, read_bytes
        else:
            yield Broken("no activity"), read_bytes


def _actor(path: Path) -> dict[str, Any]:
    """Who the account is, as far as the archive tells."""
    try:
        with _member(path, "actor.json") as file:
            told = json.loads(file.read(ACTOR_LIMIT_BYTES)) if file is not None else {}
    except (*PACKED_WRONG, ValueError):
        return {}
    kept = ("id", "preferredUsername", "name", "url")
    return {name: told[name] for name in kept if isinstance(told.get(name), str)} if isinstance(told, dict) else {}


@contextmanager
def _member(path: Path, name: str) -> Iterator[IO[bytes] | None]:
    """One file of an archive as a stream, at whatever depth it lies; None where there is none."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            found = next((one for one in packed.namelist() if one.rsplit("/", 1)[-1] == name), None)
            if found is None:
                yield None
                return
            with packed.open(found) as stream:
                yield stream
        return
    with tarfile.open(path, "r|*") as packed:
        for one in packed:
            if one.isfile() and one.name.rsplit("/", 1)[-1] == name:
                yield packed.extractfile(one)
                return
        yield None
