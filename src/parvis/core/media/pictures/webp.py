"""A WebP's chunks. RFC 9649."""

from collections.abc import Iterator
from dataclasses import dataclass

from parvis.core.media.broken import cut_off, garbled
from parvis.core.media.pictures.exif import only_orientation, read_exif, says_where
from parvis.core.media.pictures.shape import TAIL_BYTES, Shape

NEEDED = frozenset((b"VP8X", b"ICCP", b"ANIM", b"ANMF", b"ALPH", b"VP8 ", b"VP8L"))
ALPHA_FLAG, EXIF_FLAG, XMP_FLAG = 0x10, 0x08, 0x04
MOST_CHUNKS = 50_000


@dataclass(frozen=True, slots=True)
class Chunk:
    name: bytes
    start: int
    body: int
    size_bytes: int

    @property
    def end(self) -> int:
        return self.body + self.size_bytes + self.size_bytes % 2


def chunks(data: bytes, *, start: int = 12, end: int | None = None) -> Iterator[Chunk]:
    end = 8 + int.from_bytes(data[4:8], "little") if end is None else end
    if end > len(data):
        raise cut_off()
    place = start
    for _ in range(MOST_CHUNKS):
        if place + 8 > end:
            return
        found = Chunk(data[place : place + 4], place, place + 8, int.from_bytes(data[place + 4 : place + 8], "little"))
        if found.body + found.size_bytes > end:
            raise garbled()
        yield found
        place = found.end
    raise garbled()


def look(data: bytes) -> Shape:
    found = list(chunks(data))
    if not found or found[0].name not in (b"VP8X", b"VP8 ", b"VP8L"):
        raise garbled()
    width, height, has_alpha = _size(data, found[0])
    if not width or not height or not {chunk.name for chunk in found} & {b"VP8 ", b"VP8L", b"ANMF"}:
        raise garbled()
    orientation, has_location, has_more = 1, False, False
    for chunk in found:
        body = data[chunk.body : chunk.body + chunk.size_bytes]
        if chunk.name == b"EXIF":
            told = read_exif(body)
            orientation = told.orientation
            has_location, has_more = has_location or told.has_location, has_more or told.has_more
        elif chunk.name not in NEEDED:
            has_location, has_more = has_location or says_where(body), True
    after = 8 + int.from_bytes(data[4:8], "little")
    tail = data[after : after + TAIL_BYTES].strip(b"\0\r\n ")
    moving = [data[chunk.body : chunk.body + 16] for chunk in found if chunk.name == b"ANMF"]
    return Shape(
        width=width,
        height=height,
        orientation=orientation,
        frames=max(1, len(moving)),
        duration_s=sum(int.from_bytes(frame[12:15], "little") for frame in moving) / 1000 if moving else None,
        has_alpha=has_alpha,
        has_location=has_location,
        has_more=has_more or bool(tail),
        tail=tail,
    )


def _size(data: bytes, first: Chunk) -> tuple[int, int, bool]:
    body = data[first.body : first.body + 10]
    if len(body) < 5:
        raise garbled()
    if first.name == b"VP8X":
        return (
            1 + int.from_bytes(body[4:7], "little"),
            1 + int.from_bytes(body[7:10], "little"),
            bool(body[0] & ALPHA_FLAG),
        )
    if first.name == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), bool(bits >> 28 & 1)
    return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF, False


def clean(data: bytes, *, orientation: int) -> bytes:
    """A plain file without the extended header has no room for an orientation, and cannot have had one."""
    pieces = []
    is_extended = False
    for chunk in chunks(data):
        if chunk.name == b"VP8X":
            is_extended = True
            flags = data[chunk.body] & ~(EXIF_FLAG | XMP_FLAG) | (EXIF_FLAG if orientation != 1 else 0)
            pieces.append(data[chunk.start : chunk.body] + bytes((flags,)) + data[chunk.body + 1 : chunk.end])
        elif chunk.name in NEEDED:
            pieces.append(data[chunk.start : chunk.end])
    if orientation != 1 and is_extended:
        upright = only_orientation(orientation)
        pieces.append(b"EXIF" + len(upright).to_bytes(4, "little") + upright)
    inner = b"WEBP" + b"".join(pieces)
    return b"RIFF" + len(inner).to_bytes(4, "little") + inner
