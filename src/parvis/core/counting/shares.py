"""Shares, and how far chance alone can move them: Wilson's interval, for several shares at once Goodman's."""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

CONFIDENCE = 0.95
"""Every interval of a report holds 19 times out of 20."""


class Interval(NamedTuple):
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a whole, 0 to 1, and between what chance alone could move it."""

    value: float
    interval: Interval


def wilson(count: float, total: float, *, z: float) -> Interval:
    """Of a share `count` / `total`, 0 to 1; `z` standard errors wide.

    Wilson 1927, doi:10.1080/01621459.1927.10502953. Raises ValueError where nothing was counted.
    """
    if total <= 0 or not 0 <= count <= total:
        raise ValueError(f"{count} of {total} is no share")
    share, weight = count / total, z * z / total
    middle = (share + weight / 2) / (1 + weight)
    half = z * sqrt(share * (1 - share) / total + weight / (4 * total)) / (1 + weight)
    low = 0.0 if count == 0 else max(middle - half, 0.0)
    return Interval(low, 1.0 if count == total else min(middle + half, 1.0))


def share_of(count: int, total: int, *, among: int = 2) -> Share | None:
    """One of `among` shares of the same whole, whose intervals hold all at once; None where nothing was counted.

    Two shares are one question: the one is what the other leaves. For three and more Goodman's intervals
    (1965, doi:10.1080/00401706.1965.10490252): Wilson's, each as much wider as all together need.
    """
    if total <= 0:
        return None
    questions = among if among > 2 else 1
    return Share(count / total, wilson(count, total, z=z_of((1 - CONFIDENCE) / questions)))


def share_change(before: tuple[int, int], after: tuple[int, int]) -> Interval | None:
    """Between what the difference of two shares, after less before, lies; None where either has no whole.

    Newcombe's hybrid of two Wilson intervals (1998, method 10,
    doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I).
    """
    if before[1] <= 0 or after[1] <= 0:
        return None
    z = z_of(1 - CONFIDENCE)
    old, new = before[0] / before[1], after[0] / after[1]
    old_range, new_range = wilson(*before, z=z), wilson(*after, z=z)
    return Interval(
        new - old - sqrt((new - new_range.low) ** 2 + (old_range.high - old) ** 2),
        new - old + sqrt((new_range.high - new) ** 2 + (old - old_range.low) ** 2),
    )


def z_of(risk: float) -> float:
    """Standard deviations beyond which, on either side, a normal value lies with that chance in all."""
    return -NormalDist().inv_cdf(risk / 2)
