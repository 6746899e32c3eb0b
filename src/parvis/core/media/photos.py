"""All forms of one picture out of one decode."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from parvis.core.media.broken import garbled
from parvis.core.media.colours import eight_bits, to_srgb
from parvis.core.media.framing import Frame, frame_of
from parvis.core.media.looked import MOST_PIXELS, Looked, look
from parvis.core.media.made import ENDINGS, Made
from parvis.core.media.pictures.facts import open_picture
from parvis.core.media.wanted import Wanted
from parvis.core.media.weighing import encode_within

if TYPE_CHECKING:
    from PIL import Image

LEAST_BYTES_A_POINT = 0.08
"""Of a photograph that still looks well: where a limit leaves fewer, fewer points look better."""
MUCH_SMALLER = 1.4
"""From here on Hamming's window costs half of the bicubic one, and its error is a tenth of that of JPEG itself."""
BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, RuntimeError)


@dataclass(frozen=True, slots=True)
class _Decoded:
    picture: "Image.Image"
    profile: bytes | None
    width: int
    """As shown, before it was made smaller."""


def render_photo(path: Path, wanted: Sequence[Wanted], into: Path, *, most_pixels: int = MOST_PIXELS) -> list[Made]:
    """In the order of `wanted`; files in the folder `into`, named after each. The original is not changed.

    Raises MediaUnreadable for a broken file, MediaUnfit where a size in bytes cannot be reached.
    A moving picture stays one where a GIF or a film is wanted, and becomes its first moment elsewhere.
    """
    looked = look(path, most_pixels=most_pixels)
    made = {one.name: one for one in _films(path, [one for one in wanted if one.kind == "video"], into)}
    for one in wanted:
        if one.kind == "gif" and looked.is_animated:
            from parvis.core.media.moving import render_moving

            made[one.name] = render_moving(path, one, into)
    stills = [one for one in wanted if one.name not in made]
    made.update((one.name, one) for one in _stills(path, looked, stills, into))
    return [made[one.name] for one in wanted]


def _films(path: Path, wanted: Sequence[Wanted], into: Path) -> list[Made]:
    if not wanted:
        return []
    from parvis.core.media.films import render_film

    return render_film(path, wanted, into)


def _stills(path: Path, looked: Looked, wanted: Sequence[Wanted], into: Path) -> list[Made]:
    if not wanted:
        return []
    frames = {one.name: _frame(looked, one) for one in wanted}
    decoded = _decode(path, looked, shrinks=min(frame.shrinks for frame in frames.values()))
    return [_made(decoded, frames[one.name], one, into) for one in wanted]


def _frame(looked: Looked, wanted: Wanted) -> Frame:
    assert looked.width is not None
    assert looked.height is not None
    return frame_of(
        (looked.width, looked.height),
        most=_most(looked.width, looked.height, wanted),
        ratio=wanted.ratio,
        ratios=wanted.ratios,
        focus=wanted.focus,
    )


def _most(width: int, height: int, wanted: Wanted) -> tuple[int | None, int | None]:
    """With what a limit in bytes leaves room for."""
    if wanted.most_bytes is None or wanted.mime == "image/png":
        return wanted.most_width, wanted.most_height
    points = wanted.most_bytes / LEAST_BYTES_A_POINT
    share = min(1.0, (points / (width * height)) ** 0.5)
    sides = max(1, int(width * share)), max(1, int(height * share))
    return min(wanted.most_width or sides[0], sides[0]), min(wanted.most_height or sides[1], sides[1])


def _decode(path: Path, looked: Looked, *, shrinks: float) -> _Decoded:
    """Once; as small as the largest form allows."""
    data = path.read_bytes()
    picture = open_picture(data, looked.mime)
    assert looked.width is not None
    try:
        if shrinks > 1 and looked.mime == "image/jpeg":
            within = int(picture.width / shrinks), int(picture.height / shrinks)
            picture.draft(None, (max(1, within[0]), max(1, within[1])))
        profile = picture.info.get("icc_profile")
        picture.load()
        whole = eight_bits(picture)
        upright = _upright(whole, picture.getexif().get(0x0112, 1))
        left = int(shrinks * upright.width / looked.width)
        if left >= 2:
            upright = upright.reduce(left)
    except BROKEN:
        raise garbled() from None
    return _Decoded(upright, profile, looked.width)


def _upright(picture: "Image.Image", orientation: int) -> "Image.Image":
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    turn = turns.get(orientation)
    return picture if turn is None else picture.transpose(turn)


def _made(decoded: _Decoded, frame: Frame, wanted: Wanted, into: Path) -> Made:
    image = to_srgb(resized(decoded.picture, frame, of_width=decoded.width), decoded.profile)
    found = encode_within(
        image, wanted.mime, most_bytes=wanted.most_bytes, ratios=wanted.ratios, is_progressive=wanted.is_progressive
    )
    path = into / (wanted.name + ENDINGS[wanted.mime])
    path.write_bytes(found.data)
    return Made(
        name=wanted.name,
        path=path,
        mime=wanted.mime,
        size_bytes=len(found.data),
        width=found.width,
        height=found.height,
        quality=found.quality,
    )


def resized(picture: "Image.Image", frame: Frame, *, of_width: int) -> "Image.Image":
    """`of_width`: of the picture that the frame was reckoned for."""
    from PIL.Image import Resampling

    scale = picture.width / of_width
    left, top, right, bottom = (side * scale for side in frame.box)
    box = max(0.0, left), max(0.0, top), min(float(picture.width), right), min(float(picture.height), bottom)
    sides = (frame.out_width, frame.out_height)
    if box == (0.0, 0.0, *sides) and picture.size == sides:
        return picture.copy()
    shrinks = min((box[2] - box[0]) / sides[0], (box[3] - box[1]) / sides[1])
    way = Resampling.HAMMING if shrinks >= MUCH_SMALLER else Resampling.BICUBIC
    return picture.resize(sides, way, box=box, reducing_gap=2.0)
