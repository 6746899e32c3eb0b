"""What is normal for a query at this hour of this weekday, learnt from its hourly counts as they come.

The level (posts an hour) follows slowly; the season says how the hours of a week compare; the dispersion says
how far hours usually stray. What strays further than a limit is learnt as if it were that limit, and hardly at
all while it lasts, so that events do not become normal. A change that stays does, within some weeks.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, tzinfo
from math import exp
from typing import Any, Self

from parvis.core.counting.seasons import DAY_HOURS, WEEK_HOURS, season_of, slot_of
from parvis.core.counting.tails import count_quantile

FALSE_ALARMS_A_MONTH = 0.5
"""Alarms a query may raise in a month (730 hours) in which nothing happens."""
HOURS_A_MONTH = 730
LEAST_HOURS = 2 * WEEK_HOURS
"""With fewer seen hours there is not enough history."""

_LEVEL_HOURS = 14 * DAY_HOURS
_SLOT_WEEKS = 8
_DISPERSION_HOURS = 28 * DAY_HOURS
_SEASON_EVERY_HOURS = DAY_HOURS
_LIMIT_SHARE = 0.99
"""What is further out than this is learnt as the limit."""
_EVENT_WEIGHT = 0.1
_EVENT_HOURS = 72
"""An alarm that lasts longer is learnt at full weight, up to the limit: it is becoming normal."""
_SHARE_BELOW = 0.2
"""Of the false alarms, those for a drop: there are fewer hours in which a drop could be told."""
_FIRST_DISPERSION, _LEAST_DISPERSION, _MOST_DISPERSION = 0.2, 0.01, 4.0
_CLIPPING_TAKES = 1.1
"""Limits take about a tenth off the variance."""
_LEAN_HOURS = 50.0
"""So many hours of the first dispersion are believed before what is found."""
_LEAST_LEVEL = 0.01
_DROP_SHARE = 0.4
"""Of the median; holidays take away less."""
_FIRST_LIMIT, _FIRST_LIMIT_LEVELS = 10.0, 8.0
"""The limit before anything is known: so many posts, and so many times the level."""
_HIGH_SHARE, _SHARE_OF_PAIRS = 0.97, 0.4
"""The hour after one that was as high as this alarms sooner, for a part of the false alarms: events last."""
_LIMIT_SHARE_AFTER, _STRETCH_STEP_AFTER, _MOST_STRETCH_AFTER = 0.95, 0.1, 8.0
_STRETCH_STEP, _MOST_STRETCH = 0.05, 3.0
_HOUR_S = 3_600
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Expected:
    """Posts in a whole hour: the median, and the bounds outside of which an hour alarms."""

    mean: float
    median: int
    lower: int
    upper: int
    dispersion: float


@dataclass(slots=True)
class _State:
    """All that is kept of a query: about 4 kB as JSON."""

    hours: int = 0
    posts: float = 0.0
    """Recent ones, fading; with `season_sum` they make the level."""
    season_sum: float = 0.0
    seen: list[float] = field(default_factory=lambda: [0.0] * WEEK_HOURS)
    expected: list[float] = field(default_factory=lambda: [0.0] * WEEK_HOURS)
    season: list[float] = field(default_factory=lambda: [1.0] * WEEK_HOURS)
    squares: float = 0.0
    mean_squares: float = 0.0
    stretch: float = 1.0
    """What the dispersion is multiplied by, for tails that are longer than usual."""
    stretch_after: float = 1.0
    """The same for hours that follow a high one."""
    alarm_hours: int = 0
    high_hour: float = 0.0
    """The start (seconds of the epoch) of the last hour that was high."""


class Baseline:
    """One a query. `zone` is the house's: people write by the clock on the wall."""

    def __init__(self, zone: tzinfo, *, false_alarms_a_month: float = FALSE_ALARMS_A_MONTH) -> None:
        self._zone = zone
        chance = false_alarms_a_month / HOURS_A_MONTH
        above = chance * (1 - _SHARE_BELOW)
        self._upper_share = 1 - above * (1 - _SHARE_OF_PAIRS)
        self._upper_share_after = 1 - above * _SHARE_OF_PAIRS / (1 - _HIGH_SHARE)
        self._lower_share = chance * _SHARE_BELOW
        self._state = _State()

    @classmethod
    def from_state(
        cls, state: Mapping[str, Any], zone: tzinfo, *, false_alarms_a_month: float = FALSE_ALARMS_A_MONTH
    ) -> Self:
        """Of what `state` gave. Raises ValueError for a state of another version."""
        if state.get("version") != _VERSION:
            raise ValueError(f"a baseline of version {state.get('version')}")
        baseline = cls(zone, false_alarms_a_month=false_alarms_a_month)
        baseline._state = _State(**{one.name: state[one.name] for one in fields(_State)})
        return baseline

    def state(self) -> dict[str, Any]:
        """For a JSON column."""
        rounded = {
            name: [float(f"{number:.6g}") for number in value] if isinstance(value, list) else value
            for name, value in asdict(self._state).items()
        }
        return {"version": _VERSION, **rounded}

    def expect(self, hour_start: datetime) -> Expected | None:
        """None where there is not enough history."""
        if self._state.hours < LEAST_HOURS:
            return None
        mean = max(self._mean(slot_of(hour_start, self._zone)), _LEAST_LEVEL)
        dispersion = self._dispersion() + self._doubt(mean)
        at = {"mean": mean, "dispersion": dispersion}
        median = count_quantile(0.5, **at)
        upper = count_quantile(self._upper_share, **at)
        if self._follows_high(hour_start):
            stretched = dispersion * self._state.stretch_after
            upper = min(upper, count_quantile(self._upper_share_after, mean=mean, dispersion=stretched))
        return Expected(
            mean=mean,
            median=median,
            lower=min(count_quantile(self._lower_share, **at), int(_DROP_SHARE * median)),
            upper=upper,
            dispersion=dispersion,
        )

    def observe(self, hour_start: datetime, count: int) -> None:
        """A whole hour, once, when it is over. An hour that nobody counted is left out, not given as 0."""
        state = self._state
        slot = slot_of(hour_start, self._zone)
        if state.hours < LEAST_HOURS:
            self._learn_first(slot, count)
        else:
            self._learn_highs(hour_start, count, slot)
            self._learn(slot, count)
        state.hours += 1
        if state.hours >= LEAST_HOURS and state.hours % _SEASON_EVERY_HOURS == 0:
            self._renew_season()

    def _level(self) -> float:
        return self._state.posts / self._state.season_sum if self._state.season_sum else 0.0

    def _mean(self, slot: int) -> float:
        return self._level() * self._state.season[slot]

    def _dispersion(self) -> float:
        state = self._state
        lean = _LEAN_HOURS * max(self._level(), _LEAST_LEVEL) ** 2
        found = (state.squares * _CLIPPING_TAKES + lean * _FIRST_DISPERSION) / (state.mean_squares + lean)
        return min(max(found, _LEAST_DISPERSION) * state.stretch, _MOST_DISPERSION)

    def _doubt(self, mean: float) -> float:
        """Dispersion to add as the mean itself is only estimated."""
        weeks = min(self._state.hours / WEEK_HOURS, _SLOT_WEEKS)
        return (1.0 / max(mean, 1.0) + self._dispersion()) / (4.0 * weeks)

    def _learn_first(self, slot: int, count: int) -> None:
        """While there is no season, the hours of a slot are counted, and become posts when the level is known."""
        state = self._state
        self._take_in(slot, min(float(count), _FIRST_LIMIT + _FIRST_LIMIT_LEVELS * self._level()), 1.0, level=1.0)
        if state.hours + 1 == LEAST_HOURS:
            state.expected = [hours * self._level() for hours in state.expected]

    def _learn(self, slot: int, count: int) -> None:
        state = self._state
        mean, dispersion = self._mean(slot), self._dispersion()
        is_alarm = count > count_quantile(self._upper_share, mean=mean, dispersion=dispersion)
        state.alarm_hours = state.alarm_hours + 1 if is_alarm else 0
        weight = _EVENT_WEIGHT if 0 < state.alarm_hours <= _EVENT_HOURS else 1.0
        least = count_quantile(1 - _LIMIT_SHARE, mean=mean, dispersion=dispersion)
        most = count_quantile(_LIMIT_SHARE, mean=mean, dispersion=dispersion)
        if state.alarm_hours <= 1:
            self._learn_stretch(is_beyond=count > most)
        clipped = float(min(max(count, least), max(most, 1)))
        self._learn_dispersion(clipped, mean, weight)
        self._take_in(slot, clipped, weight, level=self._level())

    def _take_in(self, slot: int, count: float, weight: float, *, level: float) -> None:
        state = self._state
        fade = 1 - weight / _LEVEL_HOURS
        state.posts = state.posts * fade + weight * count
        state.season_sum = state.season_sum * fade + weight * state.season[slot]
        fade = 1 - weight / _SLOT_WEEKS
        state.seen[slot] = state.seen[slot] * fade + weight * count
        state.expected[slot] = state.expected[slot] * fade + weight * level

    def _learn_dispersion(self, count: float, mean: float, weight: float) -> None:
        state = self._state
        fade = 1 - weight / _DISPERSION_HOURS
        state.squares = state.squares * fade + weight * ((count - mean) ** 2 - mean)
        state.mean_squares = state.mean_squares * fade + weight * mean * mean

    def _learn_highs(self, hour_start: datetime, count: int, slot: int) -> None:
        """How much further than usual hours stray that follow a high one, where one hour is like the next."""
        state, mean, dispersion = self._state, self._mean(slot), self._dispersion()
        if self._follows_high(hour_start) and not state.alarm_hours:
            limit = count_quantile(_LIMIT_SHARE_AFTER, mean=mean, dispersion=dispersion * state.stretch_after)
            step = _STRETCH_STEP_AFTER * ((count > limit) - (1 - _LIMIT_SHARE_AFTER))
            state.stretch_after = min(max(state.stretch_after * exp(step), 1.0), _MOST_STRETCH_AFTER)
        if count > count_quantile(_HIGH_SHARE, mean=mean, dispersion=dispersion):
            state.high_hour = hour_start.timestamp()

    def _follows_high(self, hour_start: datetime) -> bool:
        return hour_start.timestamp() - self._state.high_hour == _HOUR_S

    def _learn_stretch(self, *, is_beyond: bool) -> None:
        """Tails longer than the distribution's: as many hours should be beyond the limit as it says."""
        step = _STRETCH_STEP * (is_beyond - (1 - _LIMIT_SHARE))
        self._state.stretch = min(max(self._state.stretch * exp(step), 1.0), _MOST_STRETCH)

    def _renew_season(self) -> None:
        state = self._state
        weeks = min(state.hours / WEEK_HOURS, float(_SLOT_WEEKS))
        season = season_of(state.seen, state.expected, dispersion=self._dispersion(), weeks=weeks)
        average = sum(season) / WEEK_HOURS
        state.season = [one / average for one in season]
