"""What a file is and what it carries: from its bytes, never from its name, and before anything is decoded."""

from dataclasses import dataclass
from pathlib import Path

from parvis.core.errors import MediaUnreadable
from parvis.core.media import signs
from parvis.core.media.broken import CUT_OFF
from parvis.core.wording import Text

MOST_PIXELS = 120_000_000
"""A phone's largest pictures have 108 million; each takes four bytes of memory while it is open."""
MOST_PICTURE_BYTES = 256 * 1024 * 1024
MOST_CAPTIONS_BYTES = 5 * 1024 * 1024
_PDF_END_BYTES = 2_048
_PDF_PERSONAL = (b"/Author", b"/Creator", b"/Title", b"<x:xmpmeta")
LARGE = Text(
    "it has {size_mb} MB, and at most {most_mb} are opened here",
    "il pèse {size_mb} Mo, et {most_mb} au plus sont ouverts ici",
)


@dataclass(frozen=True, slots=True)
class Looked:
    """None where it has no such thing or does not tell."""

    kind: str
    """image, gif, video, audio, captions or pdf."""
    mime: str
    size_bytes: int
    width: int | None = None
    """As shown: turned upright, and with square points."""
    height: int | None = None
    duration_s: float | None = None
    fps: float | None = None
    video_codec: str | None = None
    """As FFmpeg names it: h264, hevc, vp9."""
    audio_codec: str | None = None
    pixel_format: str | None = None
    """Of a film, as FFmpeg names it: yuv420p."""
    has_sound: bool = False
    has_alpha: bool = False
    is_animated: bool = False
    has_location: bool = False
    has_person_data: bool = False
    """Anything besides what shows it: who made it, with what, when, where, and hidden parts."""


def look(path: Path, *, most_pixels: int = MOST_PIXELS) -> Looked:
    """Raises MediaUnreadable for anything but whole pictures, films, sounds, captions and PDF."""
    size_bytes = path.stat().st_size
    with path.open("rb") as file:
        mime = signs.mime_of(file.read(signs.HEAD_BYTES))
        file.seek(max(0, size_bytes - signs.ZIP_END_BYTES))
        signs.refuse_hidden(b"", end=file.read())
    if mime.startswith("image/"):
        return _picture(path, mime, size_bytes=size_bytes, most_pixels=most_pixels)
    if mime == "application/pdf":
        return _pdf(path, size_bytes)
    if mime.startswith(("text/", "application/")):
        return _captions(path, mime, size_bytes)
    from parvis.core.media.film_facts import look_at_film

    return look_at_film(path, mime, most_pixels=most_pixels)


def _picture(path: Path, mime: str, *, size_bytes: int, most_pixels: int) -> Looked:
    from parvis.core.media.pictures.facts import look_at_picture

    _not_above(size_bytes, MOST_PICTURE_BYTES)
    return look_at_picture(path.read_bytes(), mime, most_pixels=most_pixels)


def _pdf(path: Path, size_bytes: int) -> Looked:
    _not_above(size_bytes, MOST_PICTURE_BYTES)
    data = path.read_bytes()
    if b"%%EOF" not in data[-_PDF_END_BYTES:]:
        raise MediaUnreadable(detail=CUT_OFF)
    personal = any(sign in data for sign in _PDF_PERSONAL)
    return Looked(kind="pdf", mime="application/pdf", size_bytes=size_bytes, has_person_data=personal)


def _captions(path: Path, mime: str, size_bytes: int) -> Looked:
    from parvis.core.media.captions import read_captions

    _not_above(size_bytes, MOST_CAPTIONS_BYTES)
    found = read_captions(path.read_bytes(), path.name)
    return Looked(kind="captions", mime=mime, size_bytes=size_bytes, duration_s=found.duration_s)


def _not_above(size_bytes: int, most_bytes: int) -> None:
    if size_bytes > most_bytes:
        raise MediaUnreadable(detail=LARGE.format(size_mb=size_bytes // 2**20, most_mb=most_bytes // 2**20))
