"""An AVIF's items: what it carries besides the picture, and the same overwritten in its place.

Taking an item out would move all that follows it, so its bytes are set to zero and its type to one that
nobody reads; the picture itself is not touched. ISO/IEC 23008-12, and 14496-12 clause 8.11.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass

from parvis.core.media.boxes import Box, boxes
from parvis.core.media.broken import cut_off, garbled
from parvis.core.media.pictures.exif import read_exif, says_where
from parvis.core.media.pictures.shape import Shape

CARRIED = (b"Exif", b"mime", b"uri ")
BLANK = b"skip"


@dataclass(frozen=True, slots=True)
class Item:
    type_at: int
    type: bytes
    extents: tuple[tuple[int, int], ...]
    """Place in the file and bytes."""


def look(data: bytes) -> Shape:
    width, height = _largest(data)
    if not width or not height:
        raise garbled()
    has_location = has_more = False
    orientation = 1
    for item in items(data):
        if any(start + length > len(data) for start, length in item.extents):
            raise cut_off()
        body = b"".join(data[start : start + length] for start, length in item.extents)
        if item.type == b"Exif":
            told = read_exif(body[4 + int.from_bytes(body[:4], "big") :])
            has_location, has_more = has_location or told.has_location, has_more or told.has_more
        elif item.type in CARRIED:
            has_location, has_more = has_location or says_where(body), True
    return Shape(width=width, height=height, orientation=orientation, has_location=has_location, has_more=has_more)


def clean(data: bytes, *, orientation: int) -> bytes:  # noqa: ARG001 - it stands in the picture's own properties
    fresh = bytearray(data)
    for item in items(data):
        if item.type not in CARRIED:
            continue
        fresh[item.type_at : item.type_at + 4] = BLANK
        for start, length in item.extents:
            fresh[start : start + length] = bytes(length)
    return bytes(fresh)


def items(data: bytes) -> Iterator[Item]:
    meta = _meta(data)
    extents = _extents(data, meta)
    for entry in _within(data, meta.get(b"iinf"), skip=_count_bytes(data, meta.get(b"iinf"))):
        if entry.name != b"infe" or data[entry.body] < 2:
            continue
        wide = 4 if data[entry.body] > 2 else 2
        number = int.from_bytes(data[entry.body + 4 : entry.body + 4 + wide], "big")
        type_at = entry.body + 4 + wide + 2
        yield Item(type_at, data[type_at : type_at + 4], extents.get(number, ()))


def _meta(data: bytes) -> dict[bytes, Box]:
    for box in boxes(io.BytesIO(data), 0, len(data)):
        if box.name == b"meta":
            return {inner.name: inner for inner in _within(data, box, skip=4)}
    raise garbled()


def _within(data: bytes, box: Box | None, *, skip: int = 0) -> Iterator[Box]:
    if box is not None:
        yield from boxes(io.BytesIO(data), box.body + skip, box.end)


def _count_bytes(data: bytes, iinf: Box | None) -> int:
    return 4 + (4 if iinf is not None and data[iinf.body] else 2)


def _largest(data: bytes) -> tuple[int, int]:
    sizes = [(0, 0)]
    for box in _within(data, _meta(data).get(b"iprp")):
        if box.name != b"ipco":
            continue
        for inner in _within(data, box):
            if inner.name == b"ispe":
                body = data[inner.body + 4 : inner.body + 12]
                sizes.append((int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big")))
    return max(sizes, key=lambda size: size[0] * size[1])


@dataclass(slots=True)
class _Reader:
    data: bytes
    place: int

    def number(self, size_bytes: int) -> int:
        found = int.from_bytes(self.data[self.place : self.place + size_bytes], "big")
        self.place += size_bytes
        return found


def _extents(data: bytes, meta: dict[bytes, Box]) -> dict[int, tuple[tuple[int, int], ...]]:
    iloc, idat = meta.get(b"iloc"), meta.get(b"idat")
    if iloc is None:
        return {}
    reader = _Reader(data, iloc.body)
    version = reader.number(4) >> 24
    sizes = reader.number(2)
    offset_bytes, length_bytes, base_bytes = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_bytes = sizes & 15 if version else 0
    found: dict[int, tuple[tuple[int, int], ...]] = {}
    for _ in range(reader.number(4 if version == 2 else 2)):
        if reader.place >= iloc.end:
            raise garbled()
        number = reader.number(4 if version == 2 else 2)
        method = reader.number(2) & 15 if version else 0
        reader.number(2)
        base = reader.number(base_bytes) + (idat.body if method == 1 and idat else 0)
        pieces = []
        for _piece in range(min(reader.number(2), 1_000)):
            reader.number(index_bytes)
            offset = reader.number(offset_bytes)
            pieces.append((base + offset, reader.number(length_bytes)))
        found[number] = tuple(pieces) if method < 2 else ()
    return found
