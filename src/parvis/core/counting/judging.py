"""Whether an hour leaves what is normal, and which hours make one event."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from parvis.core.counting.baseline import Expected

CALM_HOURS = 6
"""Hours back to normal that end an event."""
_HOUR_MINUTES = 60


class Direction(StrEnum):
    NORMAL = "normal"
    MORE = "more"
    LESS = "less"


@dataclass(frozen=True, slots=True)
class Verdict:
    direction: Direction
    strength: float
    """Of a count: how many times the mean of such hours. Of a tone: how many standard errors from it."""

    @property
    def is_alarm(self) -> bool:
        return self.direction is not Direction.NORMAL


def judge(expected: Expected | None, count: int, *, minutes_elapsed: float) -> Verdict | None:
    """None where it cannot be told: without history, or while a running hour has not gone too far.

    A running hour alarms as soon as it holds more than the whole hour may: looking often raises no false alarm.
    That less than usual comes is told when the hour is over.
    """
    if expected is None:
        return None
    times = count / expected.mean
    if count > expected.upper:
        return Verdict(Direction.MORE, times)
    if minutes_elapsed < _HOUR_MINUTES:
        return None
    return Verdict(Direction.LESS if count < expected.lower else Direction.NORMAL, times)


class Step(StrEnum):
    """What a verdict does to an event."""

    NOTHING = "nothing"
    BEGINS = "begins"
    GOES_ON = "goes_on"
    ENDS = "ends"


@dataclass(frozen=True, slots=True)
class Episode:
    """One event: one alert, from its first hour until it is back to normal for a while."""

    direction: Direction
    first_hour: datetime
    last_hour: datetime
    """The last one that was not normal."""
    farthest: float
    calm_since: datetime | None = None


def follow(
    episode: Episode | None, verdict: Verdict | None, hour_start: datetime, *, calm_hours: int = CALM_HOURS
) -> tuple[Episode | None, Step]:
    """The event after an hour. A first alarm the other way ends it and begins another one.

    An hour may be told several times while it runs. Hours of which nothing can be told prolong an event.
    """
    if verdict is None:
        return episode, Step.NOTHING
    if verdict.is_alarm:
        if episode is None or episode.direction is not verdict.direction:
            return Episode(verdict.direction, hour_start, hour_start, verdict.strength), Step.BEGINS
        return _prolonged(episode, verdict, hour_start), Step.GOES_ON
    if episode is None:
        return None, Step.NOTHING
    calm_since = episode.calm_since or hour_start
    if hour_start - calm_since >= timedelta(hours=calm_hours - 1):
        return None, Step.ENDS
    return replace(episode, calm_since=calm_since), Step.GOES_ON


def _prolonged(episode: Episode, verdict: Verdict, hour_start: datetime) -> Episode:
    farther_of = max if episode.direction is Direction.MORE else min
    return replace(
        episode,
        last_hour=max(episode.last_hour, hour_start),
        farthest=farther_of(episode.farthest, verdict.strength),
        calm_since=None,
    )
