"""Boxes of ISO files (MP4, MOV, AVIF): name, place and size of each. ISO/IEC 14496-12, clause 4.2."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from parvis.core.media.broken import cut_off, garbled

MOST_BOXES = 100_000


@dataclass(frozen=True, slots=True)
class Box:
    name: bytes
    start: int
    body: int
    end: int


def boxes(file: BinaryIO, start: int, end: int) -> Iterator[Box]:
    """Of one level; raises MediaUnreadable where one reaches beyond `end`."""
    place = start
    for _ in range(MOST_BOXES):
        if place + 8 > end:
            return
        file.seek(place)
        head = file.read(16)
        size, name, body = int.from_bytes(head[:4], "big"), head[4:8], place + 8
        if size == 1:
            size, body = int.from_bytes(head[8:16], "big"), place + 16
        elif size == 0:
            size = end - place
        if size < body - place:
            raise garbled()
        if place + size > end:
            raise cut_off()
        yield Box(name, place, body, place + size)
        place += size
    raise garbled()


def top_boxes(path: Path) -> list[Box]:
    size_bytes = path.stat().st_size
    with path.open("rb") as file:
        return list(boxes(file, 0, size_bytes))


def boxes_of(path: Path, box: Box) -> list[Box]:
    with path.open("rb") as file:
        return list(boxes(file, box.body, box.end))
