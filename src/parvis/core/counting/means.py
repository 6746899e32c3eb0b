"""Means of what is known, and how far chance alone can move them (Student, Welch)."""

from dataclasses import dataclass
from math import inf, sqrt
from typing import Self

from parvis.core.counting.shares import CONFIDENCE, Interval, z_of

NO_LIMITS = Interval(-inf, inf)
LEAST_KNOWN = 5
"""With fewer values a mean has no interval: too few to say."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Of values: as much as a mean and its interval need, and added to one another without the values."""

    count: int = 0
    total: float = 0.0
    square_total: float = 0.0

    @classmethod
    def of(cls, *values: float) -> Self:
        return cls(len(values), sum(values), sum(value * value for value in values))

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(self.count + other.count, self.total + other.total, self.square_total + other.square_total)

    @property
    def mean(self) -> float | None:
        """None where no value is known."""
        return self.total / self.count if self.count > 0 else None

    @property
    def error(self) -> float | None:
        """Standard error of the mean; None with too few values."""
        if self.count < LEAST_KNOWN:
            return None
        spread = max(self.square_total - self.total**2 / self.count, 0.0) / (self.count - 1)
        return sqrt(spread / self.count)

    def interval(self, *, limits: Interval = NO_LIMITS) -> Interval | None:
        """Between what the mean lies, within the `limits` of the scale; None with too few values."""
        mean, error = self.mean, self.error
        if mean is None or error is None:
            return None
        half = t_of(1 - CONFIDENCE, degrees=self.count - 1) * error
        return Interval(max(mean - half, limits.low), min(mean + half, limits.high))


def mean_change(before: Sums, after: Sums) -> Interval | None:
    """Between what the difference of two means, after less before, lies; None where either has too few values.

    Welch 1947, doi:10.1093/biomet/34.1-2.28: the two need not spread alike.
    """
    old, new = before.error, after.error
    if old is None or new is None or before.mean is None or after.mean is None:
        return None
    change, error = after.mean - before.mean, sqrt(old**2 + new**2)
    if error == 0:
        return Interval(change, change)
    degrees = error**4 / (old**4 / (before.count - 1) + new**4 / (after.count - 1))
    half = t_of(1 - CONFIDENCE, degrees=degrees) * error
    return Interval(change - half, change + half)


def t_of(risk: float, *, degrees: float) -> float:
    """Standard errors beyond which, on either side, Student's t lies with that chance in all.

    The expansion of Abramowitz and Stegun 26.7.5, right to a thousandth from four degrees of freedom on;
    ValueError below.
    """
    if degrees < LEAST_KNOWN - 1:
        raise ValueError(f"too few degrees of freedom: {degrees}")
    z = z_of(risk)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / degrees**power for power, term in enumerate(terms, start=1))
