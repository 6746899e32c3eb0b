"""What Exif tells of a picture, and the smallest Exif that keeps it upright.

TIFF 6.0 and Exif 2.32 (CIPA DC-008-2019).
"""

import struct
from dataclasses import dataclass

ORIENTATION = 0x0112
GPS = 0x8825
SHORT = 3
PREFIX = b"Exif\0\0"


@dataclass(frozen=True, slots=True)
class Exif:
    orientation: int = 1
    has_location: bool = False
    has_more: bool = False
    """Than the orientation."""


def read_exif(tiff: bytes) -> Exif:
    """Of a block that begins with II or MM; one that cannot be read counts as having more."""
    tiff = tiff.removeprefix(PREFIX)
    if not tiff.strip(b"\0"):
        return Exif()
    try:
        return _read(tiff)
    except (struct.error, KeyError):
        return Exif(has_more=True, has_location=True)


def _read(tiff: bytes) -> Exif:
    order = {b"II": "<", b"MM": ">"}[tiff[:2]]
    (start,) = struct.unpack_from(order + "I", tiff, 4)
    (count,) = struct.unpack_from(order + "H", tiff, start)
    tags: dict[int, int] = {}
    for place in range(start + 2, start + 2 + 12 * count, 12):
        tag, kind, _number, value = struct.unpack_from(order + "HHIH", tiff, place)
        tags[tag] = value if kind == SHORT else 0
    (following,) = struct.unpack_from(order + "I", tiff, start + 2 + 12 * count)
    orientation = tags.pop(ORIENTATION, 1)
    return Exif(
        orientation=orientation if 1 <= orientation <= 8 else 1,
        has_location=GPS in tags,
        has_more=bool(tags) or following != 0,
    )


def only_orientation(orientation: int) -> bytes:
    """A whole block that says which side is up, and nothing else."""
    return struct.pack("<2sHIHHHIHHI", b"II", 42, 8, 1, ORIENTATION, SHORT, 1, orientation, 0, 0)


def says_where(xmp: bytes) -> bool:
    """Whether XMP or IPTC names a place."""
    return any(word in xmp for word in (b"GPSLatitude", b"GPSLongitude", b"LocationShown", b"LocationCreated"))
