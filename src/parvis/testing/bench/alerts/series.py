"""A year of hourly counts whose events are known: queries of every loudness, with all that makes counts unruly."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

FIRST_HOUR = datetime(2025, 11, 2, 23, tzinfo=UTC)
YEAR_HOURS = 365 * 24
QUARTERS = 4
HISTORY_HOURS = 21 * 24
"""Events are planted after that."""
APART_HOURS = 10 * 24
LOUD_FROM, QUIET_BELOW = 100.0, 3.0

SPIKE_TIMES, SPIKE_TIMES_LOUD, SPIKE_POSTS = 4.0, 2.5, 10.0
DROP_KEEPS, DROP_NORMAL = 0.15, 50.0
SIZE_RULE = (
    f"an hour holds {SPIKE_TIMES:g} times the posts that are normal for it or more (loud queries: "
    f"{SPIKE_TIMES_LOUD:g}) and at least {SPIKE_POSTS:g} above; for a drop, the rate of hours that normally hold "
    f"{DROP_NORMAL:g} or more falls to {DROP_KEEPS:.0%} or less; the clock starts with the first such hour counted"
)
"""What a person who looks at the curve would call an event."""

_DAY = [0.25, 0.15, 0.1, 0.1, 0.15, 0.4, 0.9, 1.4, 1.6, 1.5, 1.4, 1.4, 1.6, 1.4, 1.2, 1.2, 1.3, 1.4, 1.5, 1.5]
_DAY += [1.3, 1.1, 0.8, 0.5]
_WEEK = [1.1, 1.15, 1.15, 1.1, 1.05, 0.75, 0.7]
_SUNDAY = 6


@dataclass(frozen=True, slots=True)
class Event:
    shape: str
    first_hour: int
    onset_hour: int
    """The first counted hour that satisfies the size rule."""
    last_hour: int


@dataclass(frozen=True, slots=True)
class Series:
    kind: str
    loudness: float
    quarters: list[tuple[int, ...] | None]
    """Counts of the quarters of each hour; None where nobody counted."""
    events: list[Event]


def many_series(chance: random.Random, *, queries: int, events: int, zone: tzinfo) -> Iterator[Series]:
    """The events are shared out among the queries by lot."""
    shares = [0] * queries
    for place in chance.choices(range(queries), k=events):
        shares[place] += 1
    for place, share in enumerate(shares):
        kind = ("quiet", "medium", "loud")[place % 3]
        yield _one_series(chance, kind, share, zone)


def _one_series(chance: random.Random, kind: str, event_count: int, zone: tzinfo) -> Series:
    loudness = {
        "quiet": chance.uniform(0.1, 2.0),
        "medium": chance.uniform(10, 40),
        "loud": chance.uniform(300, 800),
    }[kind]
    normal = _normal_rates(chance, loudness, zone)
    rates = list(normal)
    planted = [_planted(chance, rates, normal, first_hour, kind) for first_hour in _places(chance, event_count)]
    quarters = _counted(chance, rates)
    least = _least_times(kind)
    events = [
        Event(shape, first_hour, onset_hour, last_hour)
        for shape, first_hour, last_hour in planted
        for onset_hour in _onsets(quarters[first_hour : last_hour + 1], normal[first_hour:], first_hour, shape, least)
    ]
    return Series(kind, loudness, quarters, events)


def _least_times(kind: str) -> float:
    return SPIKE_TIMES_LOUD if kind == "loud" else SPIKE_TIMES


def _onsets(
    quarters: list[tuple[int, ...] | None], normal: list[float], first_hour: int, shape: str, least: float
) -> list[int]:
    """The first hour in which a person sees it, or none where chance or a gap hides it."""
    for hour, (counts, usual) in enumerate(zip(quarters, normal, strict=False), first_hour):
        if counts is not None and (shape == "drop" or is_event(usual, sum(counts), least)):
            return [hour]
    return []


def _normal_rates(chance: random.Random, loudness: float, zone: tzinfo) -> list[float]:
    """By the clock on the wall, with a shape of its own, holidays like Sundays, and a trend over the year."""
    shift, depth = chance.choice((-1, 0, 0, 1, 2)), chance.uniform(0.5, 1.0)
    trend = chance.uniform(-0.5, 0.8)
    holidays = set(chance.sample(range(365), k=10))
    quirks = [chance.lognormvariate(0, 0.1) for _ in range(7 * 24)]
    rates = []
    for hour in range(YEAR_HOURS):
        local = (FIRST_HOUR + timedelta(hours=hour)).astimezone(zone)
        day = _SUNDAY if hour // 24 in holidays else local.weekday()
        shape = (_DAY[(local.hour + shift) % 24] ** depth) * _WEEK[day] * quirks[day * 24 + local.hour]
        rates.append(loudness * shape * math.exp(trend * hour / YEAR_HOURS))
    return rates


def _places(chance: random.Random, count: int) -> list[int]:
    """Hours at which events begin, well apart."""
    found: list[int] = []
    while len(found) < count:
        hour = chance.randrange(HISTORY_HOURS, YEAR_HOURS - 72)
        if all(abs(hour - other) >= APART_HOURS for other in found):
            found.append(hour)
    return sorted(found)


def _planted(
    chance: random.Random, rates: list[float], normal: list[float], first_hour: int, kind: str
) -> tuple[str, int, int]:
    """Changes the rates; gives the shape, and the first and last hour."""
    shape = chance.choice(("spike", "spike", "rise", "drop") if kind == "loud" else ("spike", "rise"))
    if shape == "drop":
        while not all(normal[hour] >= DROP_NORMAL for hour in range(first_hour, first_hour + 4)):
            first_hour += 1
        last_hour = first_hour + chance.randrange(4, 12)
        for hour in range(first_hour, last_hour + 1):
            rates[hour] = normal[hour] * chance.uniform(0, DROP_KEEPS)
        return shape, first_hour, last_hour
    least = _least_times(kind)
    height = chance.uniform(1.2, 4.0)
    rise_hours = chance.randrange(5, 13) if shape == "rise" else 0
    fade_hours = chance.uniform(2, 12)
    last_hour = first_hour
    typical = max(normal[first_hour - 84 : first_hour + 84])
    excess = height * max((least - 1) * typical * chance.uniform(0.5, 1), SPIKE_POSTS)
    for hour in range(first_hour, min(first_hour + 60, YEAR_HOURS)):
        since = hour - first_hour - rise_hours
        part = (hour - first_hour + 1) / (rise_hours + 1) if since <= 0 else math.exp(-since / fade_hours)
        rates[hour] = normal[hour] + excess * part
        if part > 0.02:
            last_hour = hour
    return shape, first_hour, last_hour


def is_event(normal: float, count: float, times: float) -> bool:
    return count >= times * normal and count - normal >= SPIKE_POSTS


def _counted(chance: random.Random, rates: list[float]) -> list[tuple[int, ...] | None]:
    """Overdispersed by the hour and by the day; a day or two, and single hours, are missing."""
    hour_shape, day_spread = chance.uniform(8, 30), chance.uniform(0.05, 0.15)
    missing = set(chance.sample(range(YEAR_HOURS), k=60))
    for start in chance.sample(range(YEAR_HOURS), k=2):
        missing |= set(range(start, start + chance.randrange(6, 40)))
    counted: list[tuple[int, ...] | None] = []
    mood = 1.0
    for hour, rate in enumerate(rates):
        if hour % 24 == 0:
            mood = chance.lognormvariate(0, day_spread)
        now = rate * mood * chance.gammavariate(hour_shape, 1 / hour_shape)
        counted.append(None if hour in missing else tuple(_poisson(chance, now / QUARTERS) for _ in range(QUARTERS)))
    return counted


def _poisson(chance: random.Random, mean: float) -> int:
    if mean > 50:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count
