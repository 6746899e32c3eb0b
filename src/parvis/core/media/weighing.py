"""Writes a picture so that it weighs no more than it may, and looks as well as that allows."""

import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parvis.core.errors import MediaUnfit
from parvis.core.media.colours import flattened
from parvis.core.media.framing import frame_of
from parvis.core.wording import Text

if TYPE_CHECKING:
    from PIL import Image

BEST = {"image/jpeg": 88, "image/webp": 86, "image/avif": 75}
"""Above, files grow and nobody sees a difference."""
LEAST = {"image/jpeg": 60, "image/webp": 55, "image/avif": 40}
"""Below, fewer points look better than worse ones."""
CLOSE_ENOUGH = 0.93
"""Of the room: a next encoding would not be seen."""
MOST_TRIES = 6
LEAST_SIDE = 16
TOO_HEAVY = Text(
    "even at its smallest it would weigh more than {most_kb} kB",
    "même au plus petit, il pèserait plus de {most_kb} ko",
)


@dataclass(frozen=True, slots=True)
class Encoded:
    data: bytes
    width: int
    height: int
    quality: int | None


def encode_within(
    image: "Image.Image",
    mime: str,
    *,
    most_bytes: int | None,
    ratios: tuple[float, float] | None = None,
    is_progressive: bool = False,
) -> Encoded:
    """At the best quality that fits; where none does, with fewer points. Raises MediaUnfit."""
    if mime == "image/jpeg":
        image = flattened(image)
    image.info = {}  # comments and the like would be written too
    while True:
        found = _encode(image, mime, most_bytes=most_bytes, is_progressive=is_progressive)
        if most_bytes is None or len(found.data) <= most_bytes:
            return found
        share = min(0.9, math.sqrt(most_bytes / len(found.data)) * 0.97)
        sides = int(image.width * share), int(image.height * share)
        if min(sides) < LEAST_SIDE:
            raise MediaUnfit(detail=TOO_HEAVY.format(most_kb=most_bytes // 1000))
        image = _smaller(image, sides, ratios)


def _smaller(image: "Image.Image", sides: tuple[int, int], ratios: tuple[float, float] | None) -> "Image.Image":
    from PIL.Image import Resampling

    frame = frame_of(image.size, most=sides, ratios=ratios)
    return image.resize((frame.out_width, frame.out_height), Resampling.BICUBIC, box=frame.box)


def _encode(image: "Image.Image", mime: str, *, most_bytes: int | None, is_progressive: bool) -> Encoded:
    """Where weight is short, every JPEG is progressive: 7 % lighter at the same quality."""
    if mime in ("image/png", "image/gif"):
        return _as(image, mime, None)
    best = _as(image, mime, BEST[mime], is_progressive=is_progressive)
    if most_bytes is None or len(best.data) <= most_bytes:
        return best
    return _searched(lambda quality: _as(image, mime, quality, is_progressive=True), best, LEAST[mime], most_bytes)


def _searched(encode: Callable[[int], Encoded], best: Encoded, least: int, most_bytes: int) -> Encoded:
    """The best that fits, in few encodings: the logarithm of the size is nearly a line over the quality."""
    assert best.quality is not None
    low = encode(least)
    if len(low.data) > most_bytes:
        return low
    over, under = best, low
    for _ in range(MOST_TRIES):
        assert over.quality is not None
        assert under.quality is not None
        if over.quality - under.quality <= 1 or len(under.data) >= most_bytes * CLOSE_ENOUGH:
            break
        share = math.log(most_bytes / len(under.data)) / math.log(len(over.data) / len(under.data))
        guess = under.quality + int(share * (over.quality - under.quality))
        found = encode(min(max(guess, under.quality + 1), over.quality - 1))
        over, under = (found, under) if len(found.data) > most_bytes else (over, found)
    return under


def _as(image: "Image.Image", mime: str, quality: int | None, *, is_progressive: bool = False) -> Encoded:
    into = io.BytesIO()
    name, options = _options(mime, quality)
    if mime == "image/jpeg":
        options["progressive" if is_progressive else "optimize"] = True
    image.save(into, name, **options)
    return Encoded(into.getvalue(), image.width, image.height, quality)


def _options(mime: str, quality: int | None) -> tuple[str, dict[str, Any]]:
    """No profile goes in: the colours are sRGB, which is what is shown where none is told."""
    if mime == "image/jpeg":
        return "JPEG", {"quality": quality, "exif": b"", "icc_profile": None}
    if mime == "image/webp":
        return "WEBP", {"quality": quality, "method": 2, "exif": b"", "icc_profile": b""}
    if mime == "image/avif":
        return "AVIF", {"quality": quality, "speed": 9, "exif": b"", "icc_profile": b"", "max_threads": 1}
    if mime == "image/gif":
        return "GIF", {"optimize": True, "comment": b""}
    return "PNG", {"icc_profile": None, "compress_level": 6, "exif": b""}
