"""A JPEG's segments: how large it is, what it carries besides the picture, and the same without.

ITU-T T.81 (1992), annex B; ICC.1:2022, annex B.4.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from parvis.core.media.broken import cut_off, garbled
from parvis.core.media.pictures.exif import PREFIX, only_orientation, read_exif, says_where
from parvis.core.media.pictures.shape import TAIL_BYTES, Shape

SOI, EOI, SOS, COM = 0xD8, 0xD9, 0xDA, 0xFE
JFIF, EXIF_XMP, ICC, IPTC, ADOBE = 0xE0, 0xE1, 0xE2, 0xED, 0xEE
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
MOST_SCANS = 200
"""More are a way to keep a decoder busy for hours with a small file; ten are usual."""
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Segment:
    marker: int
    start: int
    body: int
    """Where what it carries begins."""
    end: int
    """Of a scan: behind the picture's own data."""


def segments(data: bytes) -> Iterator[Segment]:
    """Up to the end of the first picture; raises MediaUnreadable where it is cut off or garbled."""
    place, scans = 2, 0
    while True:
        while data[place + 1 : place + 2] == b"\xff":  # fill bytes
            place += 1
        if place + 2 > len(data):
            raise cut_off()
        if data[place] != 0xFF:
            raise garbled()
        marker = data[place + 1]
        if marker == EOI:
            yield Segment(marker, place, place + 2, place + 2)
            return
        found = _segment(data, place, marker)
        scans += marker == SOS
        if scans > MOST_SCANS:
            raise garbled()
        yield found
        place = found.end


def _segment(data: bytes, place: int, marker: int) -> Segment:
    length = int.from_bytes(data[place + 2 : place + 4], "big")
    end = place + 2 + length
    if end > len(data):
        raise cut_off()
    if length < 2:
        raise garbled()
    if marker == SOS:
        following = _MARKER.search(data, end)
        if following is None:
            raise cut_off()
        end = following.start()
    return Segment(marker, place, place + 4, end)


def look(data: bytes) -> Shape:
    size: tuple[int, int] | None = None
    orientation, end, scans = 1, len(data), 0
    has_location = has_more = False
    for part in segments(data):
        end = part.end
        scans += part.marker == SOS
        body = data[part.body : part.end] if part.marker != SOS else b""
        if part.marker in FRAMES and size is None:
            size = int.from_bytes(body[3:5], "big"), int.from_bytes(body[1:3], "big")
        elif part.marker == EXIF_XMP and body.startswith(PREFIX):
            told = read_exif(body)
            orientation = told.orientation
            has_location, has_more = has_location or told.has_location, has_more or told.has_more
        elif not _is_needed(part, body):
            has_location, has_more = has_location or says_where(body), True
    if size is None or 0 in size or not scans:
        raise garbled()
    tail = data[end : end + TAIL_BYTES].strip(b"\0\r\n ")
    return Shape(
        width=size[0],
        height=size[1],
        orientation=orientation,
        has_location=has_location,
        has_more=has_more or bool(tail),
        tail=tail,
    )


def _is_needed(part: Segment, body: bytes) -> bool:
    """To show the picture as it is meant."""
    if part.marker == JFIF:
        return body.startswith(b"JFIF\0") and len(body) == 14  # no thumbnail behind it
    if part.marker == ICC:
        return body.startswith(b"ICC_PROFILE\0")
    if part.marker == ADOBE:
        return body.startswith(b"Adobe") and len(body) <= 12
    return not (0xE0 <= part.marker <= 0xEF or part.marker == COM)


def clean(data: bytes, *, orientation: int) -> bytes:
    """The same picture; of all that it carried, only what shows it right is left."""
    pieces = [data[:2]]
    upright = b"" if orientation == 1 else PREFIX + only_orientation(orientation)
    for part in segments(data):
        body = data[part.body : part.end] if part.marker != SOS else b""
        if upright and part.marker != JFIF:  # JFIF must come first
            pieces.append(bytes((0xFF, EXIF_XMP)) + (len(upright) + 2).to_bytes(2, "big") + upright)
            upright = b""
        if _is_needed(part, body):
            pieces.append(data[part.start : part.end])
        elif part.marker == JFIF and body.startswith(b"JFIF\0") and len(body) > 14:
            pieces.append(b"\xff\xe0\x00\x10" + body[:12] + b"\0\0")
    return b"".join(pieces)
