"""Whether a WebM or Matroska file is whole. RFC 8794, sections 4 and 5."""

from pathlib import Path

from parvis.core.media.broken import cut_off, garbled

SEGMENT = b"\x18\x53\x80\x67"


def check_whole(path: Path) -> None:
    """Raises MediaUnreadable; a recording whose length was not known while it was written passes."""
    with path.open("rb") as file:
        head = file.read(4_096)
    size, start = _number(head, 4)
    place = start + (size or 0)
    if head[place : place + 4] != SEGMENT:
        raise garbled() if len(head) > place + 4 else cut_off()
    told, body = _number(head, place + 4)
    if told is not None and body + told > path.stat().st_size:
        raise cut_off()


def _number(data: bytes, place: int) -> tuple[int | None, int]:
    """A number of variable length and where it ends; None is “not known”."""
    if place >= len(data) or not data[place]:
        raise garbled()
    length = 9 - data[place].bit_length()
    bits = int.from_bytes(data[place : place + length], "big") & (1 << 7 * length) - 1
    return (None if bits == (1 << 7 * length) - 1 else bits), place + length
