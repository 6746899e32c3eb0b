"""A moving GIF made smaller, still moving."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from parvis.core.errors import MediaUnfit
from parvis.core.media.broken import garbled
from parvis.core.media.framing import Frame, frame_of
from parvis.core.media.looked import look
from parvis.core.media.made import ENDINGS, Made
from parvis.core.media.pictures.facts import open_picture
from parvis.core.media.wanted import Wanted
from parvis.core.media.weighing import LEAST_SIDE, TOO_HEAVY

if TYPE_CHECKING:
    from PIL import Image

MOST_POINTS = 600_000_000
"""Of all of its pictures together, once made: one byte of memory each."""
COLOURS = (256, 192, 128, 96, 64, 64)
"""Of each try: where weight is short, fewer points and fewer colours."""
DEFAULT_MS = 100


def render_moving(path: Path, wanted: Wanted, into: Path) -> Made:
    """As large as its limits allow. Raises MediaUnreadable, MediaUnfit."""
    looked = look(path)
    assert looked.width is not None
    assert looked.height is not None
    assert looked.fps is not None
    assert looked.duration_s is not None
    size = looked.width, looked.height
    frames = max(1, round(looked.fps * looked.duration_s))
    most = wanted.most_width or size[0], wanted.most_height or size[1]
    share = min(1.0, (MOST_POINTS / (frames * size[0] * size[1])) ** 0.5)
    for colours in COLOURS:
        bounds = max(1, int(min(most[0], size[0]) * share)), max(1, int(min(most[1], size[1]) * share))
        frame = frame_of(size, most=bounds, ratio=wanted.ratio, ratios=wanted.ratios, focus=wanted.focus)
        data = _written(path, frame, trim=wanted.trim, colours=colours)
        if wanted.most_bytes is None or len(data) <= wanted.most_bytes:
            return _kept(data, frame, wanted, into)
        share *= min(0.85, (wanted.most_bytes / len(data)) ** 0.5 * 0.95)
        if min(bounds) * share < LEAST_SIDE:
            break
    raise MediaUnfit(detail=TOO_HEAVY.format(most_kb=(wanted.most_bytes or 0) // 1000))


def _kept(data: bytes, frame: Frame, wanted: Wanted, into: Path) -> Made:
    path = into / (wanted.name + ENDINGS["image/gif"])
    path.write_bytes(data)
    return Made(
        name=wanted.name,
        path=path,
        mime="image/gif",
        size_bytes=len(data),
        width=frame.out_width,
        height=frame.out_height,
        duration_s=look(path).duration_s,
    )


def _written(path: Path, frame: Frame, *, trim: tuple[float, float] | None, colours: int) -> bytes:
    with open_picture(path.read_bytes(), "image/gif") as picture:
        loop = picture.info.get("loop")
        try:
            shown = list(_frames(picture, frame, trim=trim, colours=colours))
        except (OSError, SyntaxError, ValueError, EOFError, IndexError):
            raise garbled() from None
    if not shown:
        raise garbled()
    into = io.BytesIO()
    options = {} if loop is None else {"loop": loop}
    shown[0][0].save(
        into,
        "GIF",
        save_all=True,
        append_images=[image for image, _ in shown[1:]],
        duration=[delay_ms for _, delay_ms in shown],
        disposal=2,
        optimize=False,
        comment=b"",
        **options,
    )
    return into.getvalue()


def _frames(
    picture: "Image.Image", frame: Frame, *, trim: tuple[float, float] | None, colours: int
) -> Iterator[tuple["Image.Image", int]]:
    from PIL import ImageSequence
    from PIL.Image import Resampling

    at_ms = 0
    for moment in ImageSequence.Iterator(picture):
        delay_ms = int(moment.info.get("duration") or DEFAULT_MS)
        begins_ms, at_ms = at_ms, at_ms + delay_ms
        if trim is not None and not trim[0] * 1000 <= begins_ms < trim[1] * 1000:
            continue
        whole = moment.convert("RGBA" if moment.has_transparency_data else "RGB")
        small = whole.resize((frame.out_width, frame.out_height), Resampling.BICUBIC, box=frame.box)
        yield small.quantize(colours), delay_ms
