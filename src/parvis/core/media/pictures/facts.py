"""What a picture is, by its own parts, and by the library that will decode it."""

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from parvis.core.errors import MediaUnreadable
from parvis.core.media.broken import garbled, too_big
from parvis.core.media.looked import Looked
from parvis.core.media.pictures import avif, gif, jpeg, png, webp
from parvis.core.media.pictures.shape import Shape
from parvis.core.media.signs import refuse_hidden
from parvis.core.wording import Text

if TYPE_CHECKING:
    from PIL import Image


class Reader(Protocol):
    """What the module of each kind offers."""

    def look(self, data: bytes) -> Shape: ...

    def clean(self, data: bytes, *, orientation: int) -> bytes: ...


READERS: Mapping[str, Reader] = {
    "image/jpeg": jpeg,
    "image/png": png,
    "image/webp": webp,
    "image/gif": gif,
    "image/avif": avif,
}
FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/gif": "GIF", "image/avif": "AVIF"}
MOST_FRAMES = 3_000
LONG = Text(
    "it has {frames} single pictures, and at most {most} are opened here; send it as a film",
    "il compte {frames} images, et {most} au plus sont ouvertes ici\u202f; envoyez-le en vidéo",
)


def look_at_picture(data: bytes, mime: str, *, most_pixels: int) -> Looked:
    shape = shape_of(data, mime, most_pixels=most_pixels)
    with open_picture(data, mime) as picture:
        has_alpha, frames, orientation = shape.has_alpha, shape.frames, shape.orientation
        if mime == "image/avif":  # whose own parts tell this in roundabout ways
            has_alpha, frames = picture.mode == "RGBA", getattr(picture, "n_frames", 1)
            orientation = picture.getexif().get(0x0112, 1)
        width, height = picture.size
    if not 1 <= orientation <= 8:
        orientation = 1
    if orientation >= 5:
        width, height = height, width
    return Looked(
        kind="gif" if mime == "image/gif" else "image",
        mime=mime,
        size_bytes=len(data),
        width=width,
        height=height,
        duration_s=shape.duration_s,
        fps=frames / shape.duration_s if shape.duration_s else None,
        has_alpha=has_alpha,
        is_animated=frames > 1,
        has_location=shape.has_location,
        has_person_data=shape.has_more or shape.has_location,
    )


def shape_of(data: bytes, mime: str, *, most_pixels: int) -> Shape:
    """Raises MediaUnreadable for what is cut off, too large, or hides something."""
    try:
        shape = READERS[mime].look(data)
    except IndexError:  # a part shorter than its kind
        raise garbled() from None
    if shape.width * shape.height > most_pixels:
        raise too_big(shape.width * shape.height, most_pixels)
    if shape.frames > MOST_FRAMES:
        raise MediaUnreadable(detail=LONG.format(frames=shape.frames, most=MOST_FRAMES))
    refuse_hidden(shape.tail, end=b"")
    return shape


def open_picture(data: bytes, mime: str) -> "Image.Image":
    """Not decoded yet. Raises MediaUnreadable; the caller has kept the number of points in bounds."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # our own bound is checked before, and can be set
    try:
        return Image.open(io.BytesIO(data), formats=[FORMATS[mime]])
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, OverflowError, RuntimeError):
        raise garbled() from None
