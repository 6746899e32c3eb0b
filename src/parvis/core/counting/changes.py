"""One period's counts against those of the one before: how much more or less, and whether chance alone does that."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from parvis.core.counting.means import LEAST_KNOWN, t_of
from parvis.core.counting.shares import CONFIDENCE, Interval, wilson, z_of


@dataclass(frozen=True, slots=True)
class CountChange:
    """What became of a count."""

    before: int
    after: int
    ratio: float | None
    """after / before; None where nothing was there before."""
    interval: Interval
    """Of the ratio; its high end is infinite where too few were there before."""

    @property
    def is_more_than_chance(self) -> bool:
        return not self.interval.low <= 1 <= self.interval.high


def compare_counts(before: Sequence[int], after: Sequence[int]) -> CountChange | None:
    """Of two periods of equally many days, each count beside that of the same place (weeks: the same weekday).

    None where nothing was counted in either. Posts come in bursts, so days stray further than Poisson's law
    lets them: how much further is measured by the days themselves, as the heterogeneity of the 2 x n table
    (chi-squared over its degrees of freedom, Cochran 1954, doi:10.2307/3001616), and never less than the law.
    Raises ValueError where the periods are not equally long.
    """
    if len(before) != len(after):
        raise ValueError("periods of different lengths")
    old, new = sum(before), sum(after)
    if old + new == 0:
        return None
    excess, degrees = _excess(before, after)
    width = z_of(1 - CONFIDENCE)
    if excess > 1 and degrees >= LEAST_KNOWN - 1:
        width = t_of(1 - CONFIDENCE, degrees=degrees)
    share = wilson(new / excess, (old + new) / excess, z=width)
    interval = Interval(_odds(share.low), _odds(share.high))
    return CountChange(old, new, new / old if old else None, interval)


def _excess(before: Sequence[int], after: Sequence[int]) -> tuple[float, int]:
    """How many times wider than Poisson's law the days stray, at least 1, and from how many degrees of freedom."""
    old, new = sum(before), sum(after)
    days = [(a, b) for a, b in zip(before, after, strict=True) if a + b]
    if not old or not new or len(days) < 2:
        return 1.0, 0
    squared = sum((b * old - a * new) ** 2 / (a + b) for a, b in days) / (old * new)
    return max(squared / (len(days) - 1), 1.0), len(days) - 1


def _odds(share: float) -> float:
    return share / (1 - share) if share < 1 else inf
