"""A PNG's chunks, those of an animated one too.

https://www.w3.org/TR/png-3/, read 2026-11.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from parvis.core.media.broken import cut_off, garbled
from parvis.core.media.pictures.exif import only_orientation, read_exif, says_where
from parvis.core.media.pictures.shape import TAIL_BYTES, Shape

NEEDED = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP sBIT pHYs bKGD hIST acTL fcTL fdAT cICP mDCV cLLI".split()
)
MOST_CHUNKS = 200_000


@dataclass(frozen=True, slots=True)
class Chunk:
    name: bytes
    start: int
    body: int
    end: int


def chunks(data: bytes) -> Iterator[Chunk]:
    place = 8
    for _ in range(MOST_CHUNKS):
        if place + 12 > len(data):
            raise cut_off()
        body, name = place + 8, data[place + 4 : place + 8]
        end = body + int.from_bytes(data[place : place + 4], "big")
        if not name.isalpha():
            raise garbled()
        if end + 4 > len(data):
            raise cut_off()
        if zlib.crc32(data[place + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            raise garbled()
        yield Chunk(name, place, body, end + 4)
        if name == b"IEND":
            return
        place = end + 4
    raise garbled()


def look(data: bytes) -> Shape:
    found = list(chunks(data))
    names = {chunk.name for chunk in found}
    header = data[found[0].body : found[0].end - 4]
    if found[0].name != b"IHDR" or len(header) != 13 or b"IDAT" not in names:
        raise garbled()
    width, height = int.from_bytes(header[:4], "big"), int.from_bytes(header[4:8], "big")
    if not width or not height:
        raise garbled()
    orientation, has_location, has_more = 1, False, False
    for chunk in found:
        body = data[chunk.body : chunk.end - 4]
        if chunk.name == b"eXIf":
            told = read_exif(body)
            orientation = told.orientation
            has_location, has_more = has_location or told.has_location, has_more or told.has_more
        elif chunk.name not in NEEDED:
            has_location, has_more = has_location or says_where(body), True
    tail = data[found[-1].end : found[-1].end + TAIL_BYTES].strip(b"\0\r\n ")
    frames, duration_s = _animation(data, found)
    return Shape(
        width=width,
        height=height,
        orientation=orientation,
        frames=frames,
        duration_s=duration_s,
        has_alpha=header[9] in (4, 6) or b"tRNS" in names,
        has_location=has_location,
        has_more=has_more or bool(tail),
        tail=tail,
    )


def _animation(data: bytes, found: list[Chunk]) -> tuple[int, float | None]:
    controls = [data[chunk.body : chunk.end - 4] for chunk in found if chunk.name == b"fcTL"]
    if len(controls) < 2 or not any(chunk.name == b"acTL" for chunk in found):
        return 1, None
    seconds = 0.0
    for control in controls:
        part, whole = int.from_bytes(control[20:22], "big"), int.from_bytes(control[22:24], "big")
        seconds += part / (whole or 100)
    return len(controls), seconds


def clean(data: bytes, *, orientation: int) -> bytes:
    pieces = [data[:8]]
    for chunk in chunks(data):
        if chunk.name in NEEDED:
            pieces.append(data[chunk.start : chunk.end])
        if chunk.name == b"IHDR" and orientation != 1:
            pieces.append(_chunk(b"eXIf", only_orientation(orientation)))
    return b"".join(pieces)


def _chunk(name: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")
