"""A GIF's blocks. https://www.w3.org/Graphics/GIF/spec-gif89a.txt."""

from collections.abc import Iterator
from dataclasses import dataclass

from parvis.core.media.broken import cut_off, garbled
from parvis.core.media.pictures.exif import says_where
from parvis.core.media.pictures.shape import TAIL_BYTES, Shape

IMAGE, EXTENSION, TRAILER = 0x2C, 0x21, 0x3B
CONTROL, COMMENT, PLAIN_TEXT, APPLICATION = 0xF9, 0xFE, 0x01, 0xFF
NEEDED = (b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012")
MOST_BLOCKS = 50_000
LEAST_DELAY_S = 0.02
"""Browsers show what is told to be faster at a tenth of a second."""


@dataclass(frozen=True, slots=True)
class Block:
    kind: int
    label: int
    """Of an extension."""
    start: int
    end: int


def blocks(data: bytes) -> Iterator[Block]:
    if len(data) < 14:
        raise cut_off()
    place = 13 + _table_bytes(data[10])
    for _ in range(MOST_BLOCKS):
        kind = _byte(data, place)
        if kind == TRAILER:
            yield Block(kind, 0, place, place + 1)
            return
        if kind == EXTENSION:
            found = Block(kind, _byte(data, place + 1), place, _end_of_pieces(data, place + 2))
        elif kind == IMAGE:
            table = _table_bytes(_byte(data, place + 9))
            found = Block(kind, 0, place, _end_of_pieces(data, place + 11 + table))
        else:
            raise garbled()
        yield found
        place = found.end
    raise garbled()


def _byte(data: bytes, place: int) -> int:
    if place >= len(data):
        raise cut_off()
    return data[place]


def _table_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _end_of_pieces(data: bytes, place: int) -> int:
    while size := _byte(data, place):
        place += 1 + size
    return place + 1


def look(data: bytes) -> Shape:
    width, height = int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    frames, seconds, end = 0, 0.0, len(data)
    has_alpha = has_more = has_location = False
    for block in blocks(data):
        end = block.end
        if block.kind == IMAGE:
            frames += 1
        elif block.kind == EXTENSION and block.label == CONTROL:
            delay_s = int.from_bytes(data[block.start + 4 : block.start + 6], "little") / 100
            seconds += delay_s if delay_s >= LEAST_DELAY_S else 0.1
            # later ones are see-through where nothing has moved
            has_alpha = has_alpha or (frames == 0 and bool(data[block.start + 3] & 1))
        elif not _is_needed(data, block):
            has_more = True
            has_location = has_location or says_where(data[block.start : block.end])
    if not frames or not width or not height:
        raise garbled()
    tail = data[end : end + TAIL_BYTES].strip(b"\0\r\n ")
    return Shape(
        width=width,
        height=height,
        frames=frames,
        duration_s=seconds if frames > 1 else None,
        has_alpha=has_alpha,
        has_location=has_location,
        has_more=has_more or bool(tail),
        tail=tail,
    )


def _is_needed(data: bytes, block: Block) -> bool:
    if block.kind != EXTENSION or block.label == CONTROL:
        return True
    return block.label == APPLICATION and data[block.start + 3 : block.start + 14] in NEEDED


def clean(data: bytes, *, orientation: int) -> bytes:  # noqa: ARG001 - a GIF knows no orientation
    pieces = [data[: 13 + _table_bytes(data[10])]]
    pieces.extend(data[block.start : block.end] for block in blocks(data) if _is_needed(data, block))
    return b"".join(pieces)
