"""The shape of a week: how each of its 168 hours compares with the average hour.

An hour of the week is met 52 times a year only. Where few posts come it leans on what it resembles: the same
hour of similar days, that hour of all days, and the hours beside it. Where many come it stands alone.
"""

from collections.abc import Sequence
from datetime import datetime, tzinfo

DAY_HOURS = 24
WEEK_HOURS = 168
_DAY_TYPES = ((0, 1, 2, 3, 4), (5,), (6,))
_FEW_POSTS = 150.0
"""An hour with so many expected posts takes in half as much of those beside it as one with hardly any."""
_LEAN_POSTS_HOUR = 12.0
"""So many expected posts weigh as much as what an hour of all days leans on: the average hour."""
_LEAN_POSTS_DAY_TYPE = 20.0
_SPREAD_SLOT = 0.15
"""How far, relative to itself, an hour of the week usually is from the same hour of similar days."""


def slot_of(hour_start: datetime, zone: tzinfo) -> int:
    """The hour of the week on the wall. An hour that summer time repeats is met twice, one that it skips never."""
    local = hour_start.astimezone(zone)
    return local.weekday() * DAY_HOURS + local.hour


def season_of(seen: Sequence[float], expected: Sequence[float], *, dispersion: float, weeks: float) -> list[float]:
    """Relative to 1. `seen` posts where the level alone made `expected` ones, for each hour from Monday's first.

    `weeks` is for how many past weeks these speak. Never 0: what never happened may still happen.
    """
    hours = _by_hour_of_day(seen, expected)
    season = [1.0] * WEEK_HOURS
    for days in _DAY_TYPES:
        typical = _by_day_type(seen, expected, days, hours)
        for day in days:
            of_day = _day_factor(seen, expected, day, typical)
            for hour in range(DAY_HOURS):
                slot = day * DAY_HOURS + hour
                season[slot] = _own(seen[slot], expected[slot], typical[hour] * of_day, dispersion, weeks)
    return season


def _by_hour_of_day(seen: Sequence[float], expected: Sequence[float]) -> list[float]:
    got = [sum(seen[hour::DAY_HOURS]) for hour in range(DAY_HOURS)]
    due = [sum(expected[hour::DAY_HOURS]) for hour in range(DAY_HOURS)]
    return _beside(got, due, lean=[_LEAN_POSTS_HOUR] * DAY_HOURS, lean_posts=_LEAN_POSTS_HOUR)


def _by_day_type(
    seen: Sequence[float], expected: Sequence[float], days: Sequence[int], hours: Sequence[float]
) -> list[float]:
    of_type = _day_factor(seen, expected, days[0], hours, count=len(days))
    got = [sum(seen[day * DAY_HOURS + hour] for day in days) for hour in range(DAY_HOURS)]
    due = [sum(expected[day * DAY_HOURS + hour] for day in days) for hour in range(DAY_HOURS)]
    lean = [_LEAN_POSTS_DAY_TYPE * hour * of_type for hour in hours]
    return _beside(got, due, lean=lean, lean_posts=_LEAN_POSTS_DAY_TYPE)


def _day_factor(
    seen: Sequence[float], expected: Sequence[float], day: int, hours: Sequence[float], *, count: int = 1
) -> float:
    """How much more than the given hours make is seen on a day (or several from it on)."""
    start, end = day * DAY_HOURS, (day + count) * DAY_HOURS
    due = sum(expected[slot] * hours[slot % DAY_HOURS] for slot in range(start, end))
    return (sum(seen[start:end]) + _LEAN_POSTS_DAY_TYPE) / (due + _LEAN_POSTS_DAY_TYPE)


def _own(seen: float, expected: float, typical: float, dispersion: float, weeks: float) -> float:
    """Between what the hour itself says and what is typical, by how much each of the two is worth."""
    if expected <= 0.0 or weeks <= 0.0:
        return typical
    posts_an_hour = typical * expected / weeks
    own_variance = (1.0 / posts_an_hour + dispersion) / weeks
    trust = _SPREAD_SLOT**2 / (_SPREAD_SLOT**2 + own_variance)
    return typical + trust * (seen / expected - typical)


def _beside(got: Sequence[float], due: Sequence[float], *, lean: Sequence[float], lean_posts: float) -> list[float]:
    """What was got for what was due, of each hour with the two beside it as far as it has few posts itself."""
    shares = []
    for hour in range(DAY_HOURS):
        before, after = hour - 1, (hour + 1) % DAY_HOURS
        weight = 0.5 * _FEW_POSTS / (_FEW_POSTS + due[hour])
        seen = got[hour] + weight * (got[before] + got[after])
        expected = due[hour] + weight * (due[before] + due[after])
        shares.append((seen + lean[hour]) / (expected + lean_posts))
    return shares
