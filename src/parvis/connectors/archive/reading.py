"""A file as a row of payloads, read as a stream: how large it is does not matter."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from parvis.connectors.archive import mastodon, tables, wxr
from parvis.connectors.archive.records import Broken, Read
from parvis.core.errors import FileNotUnderstood
from parvis.core.types import Payload
from parvis.core.wording import Text

RECORDS_A_STEP = 200
STEP_BYTES = 1_000_000
SAMPLE_BYTES = 65_536

EMPTY = Text("it is empty", "il est vide")
UNKNOWN = Text(
    "it is neither a WordPress export, nor a Mastodon archive, nor CSV or JSON with a column “text”",
    "ce n’est ni un export WordPress, ni une archive Mastodon, ni un CSV ou JSON avec une colonne « texte »",
)
UNREADABLE = Text("it cannot be opened", "il ne s’ouvre pas")

Reader = Callable[[Path], Iterator[Read]]


class ArchiveStep(Struct, frozen=True, kw_only=True):
    """Some records of a file. Given back as `start`, `position` goes on after them."""

    payload: Payload
    position: int
    """How many of the file's records have been read, those of this step included."""
    read_bytes: int
    """How far into the file that is."""
    total_bytes: int


def read(path: Path, *, start: int = 0) -> Iterator[ArchiveStep]:
    """The steps of a file after its first `start` records; the same file always gives the same.

    Raises FileNotUnderstood at once where the file is nothing that can be imported. A file that is
    cut off or breaks in the middle gives what could be read, and a last record that says so.
    """
    try:
        endpoint, reader = recognise_file(path)
        total_bytes = path.stat().st_size
    except OSError as error:
        raise FileNotUnderstood(name=path.name, detail=UNREADABLE) from error
    return _steps(path, reader, endpoint, start=start, total_bytes=total_bytes)


def recognise_file(path: Path) -> tuple[str, Reader]:
    """What a file is, by its beginning and not by its name: the endpoint of its payloads, and how to read it."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    text = sample.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        raise FileNotUnderstood(name=path.name, detail=EMPTY)
    if sample[:4] == b"PK\x03\x04" or sample[:2] == b"\x1f\x8b":
        return "mastodon", mastodon.open_archive(path)
    if text[:1] == b"<" and b"<rss" in text and b"wordpress.org/export/" in text:
        return "wxr", wxr.read_items
    if text[:1] == b"{" and b'"orderedItems"' in text and b"OrderedCollection" in text:
        return "mastodon", mastodon.read_outbox
    if text[:1] == b"[":
        return "rows", tables.read_json_array
    if text[:1] == b"{":
        return "rows", tables.read_json_lines
    if text[:1] != b"<" and tables.is_csv(path, sample):
        return "rows", tables.read_csv
    raise FileNotUnderstood(name=path.name, detail=UNKNOWN)


def _steps(path: Path, reader: Reader, endpoint: str, *, start: int, total_bytes: int) -> Iterator[ArchiveStep]:
    batch: list[bytes] = []
    size = 0
    last = (0, 0)

    def step() -> ArchiveStep:
        body = b"[" + b",\n".join(batch) + b"]"
        payload = Payload(endpoint=endpoint, url=f"file:{path.name}", body=body, content_type="application/json")
        position, read_bytes = last
        return ArchiveStep(
            payload=payload, position=position, read_bytes=min(read_bytes, total_bytes), total_bytes=total_bytes
        )

    for position, (found, read_bytes) in enumerate(reader(path), 1):
        if position <= start:
            continue
        last = (position, read_bytes)
        batch.append(_entry(position, found))
        size += len(batch[-1])
        if len(batch) >= RECORDS_A_STEP or size >= STEP_BYTES:
            yield step()
            batch, size = [], 0
    if batch:
        yield step()


def _entry(number: int, found: Any) -> bytes:
    """One record as it lies in a payload: with its number in the file, for those who look for it there."""
    if isinstance(found, Broken):
        return msgspec.json.encode({"number": number, "broken": found.detail})
    return msgspec.json.encode({"number": number, "record": found})
