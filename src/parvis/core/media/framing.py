"""Which part of a picture is shown, and how large: shares and whole points, without a picture at hand."""

from collections.abc import Iterator
from dataclasses import dataclass

CENTRE = (0.5, 0.5)
INNER = (1 / 3, 2 / 3)
SEARCHED_STEPS = 64


@dataclass(frozen=True, slots=True)
class Frame:
    """`left` … `height` in points of the picture as shown; they need not be whole."""

    left: float
    top: float
    width: float
    height: float
    out_width: int
    out_height: int

    @property
    def shrinks(self) -> float:
        """How many times smaller it becomes, by the side that shrinks least."""
        return min(self.width / self.out_width, self.height / self.out_height)

    @property
    def box(self) -> tuple[float, float, float, float]:
        return self.left, self.top, self.left + self.width, self.top + self.height


def frame_of(
    size: tuple[int, int],
    *,
    most: tuple[int | None, int | None] = (None, None),
    ratio: tuple[int, int] | None = None,
    ratios: tuple[float, float] | None = None,
    focus: tuple[float, float] | None = None,
    step: int = 1,
) -> Frame:
    """The largest part of `ratio` that fits, at most `most` points wide and high, never enlarged.

    `focus` (shares from the left and the top) stays as near its place as it can while being
    well inside: in the middle third, unless the picture's own edge is nearer.
    `ratios`: the sides, once they are whole numbers, keep within these where any such sides do.
    `step` 2: even sides, which films need.
    """
    width, height = size
    wished = ratio[0] / ratio[1] if ratio else width / height
    out = _sides(_largest(width, height, wished), most=most, wished=wished, ratios=ratios, step=step)
    # points are square on both sides: what is cut follows the whole numbers
    cut_width, cut_height = _largest(width, height, out[0] / out[1] if ratio or ratios else width / height)
    left, top = focus or CENTRE
    return Frame(
        left=_start(left, width, cut_width),
        top=_start(top, height, cut_height),
        width=cut_width,
        height=cut_height,
        out_width=out[0],
        out_height=out[1],
    )


def _largest(width: float, height: float, ratio: float) -> tuple[float, float]:
    if width / height > ratio:
        return height * ratio, float(height)
    return float(width), min(float(height), width / ratio)


def _start(focus: float, whole: float, part: float) -> float:
    focus = min(max(focus, 0.0), 1.0)
    within = min(max(focus, INNER[0]), INNER[1])
    return min(max(focus * whole - within * part, 0.0), whole - part)


def _sides(
    cut: tuple[float, float],
    *,
    most: tuple[int | None, int | None],
    wished: float,
    ratios: tuple[float, float] | None,
    step: int,
) -> tuple[int, int]:
    most_width = min(cut[0], most[0] or cut[0])
    most_height = min(cut[1], most[1] or cut[1])
    scale = min(most_width / cut[0], most_height / cut[1])
    bounds = max(step, int(most_width + 1e-6) // step * step), max(step, int(most_height + 1e-6) // step * step)
    tried = list(_near(cut[0] * scale, cut[1] * scale, wished=wished, bounds=bounds, step=step))
    inside = [sides for sides in tried if ratios is None or ratios[0] <= sides[0] / sides[1] <= ratios[1]]
    if inside:
        return inside[0] if ratios is None else min(inside[:3], key=lambda sides: _error(sides, wished))
    return min(tried, key=lambda sides: _error(sides, wished))


def _error(sides: tuple[int, int], wished: float) -> float:
    return abs(sides[0] / sides[1] / wished - 1)


def _near(
    width: float, height: float, *, wished: float, bounds: tuple[int, int], step: int
) -> Iterator[tuple[int, int]]:
    """Sides of about the ratio, from large to small."""
    wide = width >= height
    longest = _whole(width if wide else height, step)
    for less in range(SEARCHED_STEPS):
        long_side = longest - less * step
        if long_side < step:
            return
        other = _whole(long_side / wished if wide else long_side * wished, step)
        for short_side in (other, other - step, other + step):
            sides = (long_side, short_side) if wide else (short_side, long_side)
            if step <= sides[0] <= bounds[0] and step <= sides[1] <= bounds[1]:
                yield sides


def _whole(length: float, step: int) -> int:
    return max(step, round(length / step) * step)
