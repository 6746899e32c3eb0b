"""The same picture, film or sound without what is nobody's business: where, when, by whom, with what."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from parvis.core.media.looked import MOST_PIXELS, Looked, look
from parvis.core.media.made import ENDINGS


@dataclass(frozen=True, slots=True)
class Cleaned:
    path: Path
    mime: str
    size_bytes: int
    is_clean: bool
    """False of a PDF, which is kept as it is: its parts refer to each other by their places."""
    orientation: int = 1
    """Still told in the picture where it is not 1: turning it would change its points."""


def clean(path: Path, into: Path, *, most_pixels: int = MOST_PIXELS) -> Cleaned:
    """`into`: a file, or a folder in which one is named. No point and no sound is changed.

    Kept are colour profiles, the way up, the loop of a moving picture, and subtitles of a film;
    left out: Exif, XMP, IPTC, comments, thumbnails, tags, covers, chapters, tracks of data, and
    whatever follows the end. Raises MediaUnreadable.
    """
    looked = look(path, most_pixels=most_pixels)
    into = into / ("clean" + ENDINGS[looked.mime]) if into.is_dir() else into
    orientation = 1
    if looked.mime.startswith("image/"):
        orientation = _clean_picture(path, into, looked, most_pixels=most_pixels)
    elif looked.kind in ("video", "audio"):
        from parvis.core.media.remuxing import remux

        remux(path, into, looked)
    else:
        shutil.copyfile(path, into)
    return Cleaned(
        path=into,
        mime=looked.mime,
        size_bytes=into.stat().st_size,
        is_clean=looked.kind != "pdf",
        orientation=orientation,
    )


def _clean_picture(path: Path, into: Path, looked: Looked, *, most_pixels: int) -> int:
    from parvis.core.media.pictures.facts import READERS, shape_of

    data = path.read_bytes()
    orientation = shape_of(data, looked.mime, most_pixels=most_pixels).orientation
    into.write_bytes(READERS[looked.mime].clean(data, orientation=orientation))
    return orientation
