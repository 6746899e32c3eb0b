"""What a picture's own header tells, before anything of it is decoded."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shape:
    """`width` and `height` as stored, before any turning."""

    width: int
    height: int
    orientation: int = 1
    """1 to 8, as Exif counts them."""
    frames: int = 1
    duration_s: float | None = None
    has_alpha: bool = False
    has_location: bool = False
    has_more: bool = False
    """Anything that is not needed to show the picture: Exif, XMP, IPTC, comments, what follows its end."""
    tail: bytes = b""
    """The beginning of what follows the picture's end."""


TAIL_BYTES = 65_536
