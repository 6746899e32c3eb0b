"""What tone is normal for a query, and when an hour's posts are kinder or harsher than that.

An hour's tone is a mean over few posts: it counts with its standard error, and too few posts say nothing.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, tzinfo
from math import sqrt
from statistics import NormalDist
from typing import Any, Self

from parvis.core.counting.baseline import FALSE_ALARMS_A_MONTH, HOURS_A_MONTH
from parvis.core.counting.judging import Direction, Verdict
from parvis.core.counting.seasons import DAY_HOURS, WEEK_HOURS, slot_of

LEAST_ITEMS = 12
"""An hour with fewer posts has no tone."""
LEAST_TONE_HOURS = WEEK_HOURS
"""With fewer hours that have a tone there is not enough history."""
LEAST_CHANGE = 0.1
"""Of the scale from -1 to 1: what is less is no event, however sure it is."""

_FADE_HOURS = 28 * DAY_HOURS
_SLOT_FADE = 1 / 8
_SLOT_LEAN = 4.0
"""So many weeks of an hour of the week weigh as much as the mean of all hours."""
_LIMIT = 2.5
"""Standard deviations; what is further out is learnt as that."""
_LEAST_SPREAD = 0.02
_DOUBT = 1.06
"""As the usual mean and spread are themselves estimated."""
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Tone:
    """The mean sentiment (-1 to 1) of an hour's posts, and its standard error."""

    mean: float
    standard_error: float
    item_count: int


@dataclass(frozen=True, slots=True)
class ExpectedTone:
    mean: float
    spread: float
    """Standard deviation of such hours, were there endless posts in each."""
    item_spread: float
    """Standard deviation of single posts in an hour."""
    limit: float
    """Standard errors beyond which an hour alarms."""


@dataclass(slots=True)
class _State:
    hours: float = 0.0
    seen_hours: int = 0
    mean: float = 0.0
    variance: float = 0.0
    item_variance: float = 0.0
    slot_hours: list[float] = field(default_factory=lambda: [0.0] * WEEK_HOURS)
    slot_changes: list[float] = field(default_factory=lambda: [0.0] * WEEK_HOURS)


class ToneBaseline:
    """One a query, beside that of its volume."""

    def __init__(self, zone: tzinfo, *, false_alarms_a_month: float = FALSE_ALARMS_A_MONTH) -> None:
        self._zone = zone
        self._limit = -NormalDist().inv_cdf(false_alarms_a_month / HOURS_A_MONTH / 2)
        self._state = _State()

    @classmethod
    def from_state(
        cls, state: Mapping[str, Any], zone: tzinfo, *, false_alarms_a_month: float = FALSE_ALARMS_A_MONTH
    ) -> Self:
        """Of what `state` gave. Raises ValueError for a state of another version."""
        if state.get("version") != _VERSION:
            raise ValueError(f"a tone of version {state.get('version')}")
        tone = cls(zone, false_alarms_a_month=false_alarms_a_month)
        tone._state = _State(**{one.name: state[one.name] for one in fields(_State)})
        return tone

    def state(self) -> dict[str, Any]:
        """For a JSON column."""
        return {"version": _VERSION, **asdict(self._state)}

    def expect(self, hour_start: datetime) -> ExpectedTone | None:
        """None where there is not enough history."""
        if self._state.seen_hours < LEAST_TONE_HOURS:
            return None
        return self._usual(slot_of(hour_start, self._zone))

    def observe(self, hour_start: datetime, tone: Tone) -> None:
        """A whole hour, once, when it is over; one with too few posts teaches nothing."""
        if tone.item_count < LEAST_ITEMS:
            return
        state, slot = self._state, slot_of(hour_start, self._zone)
        usual = self._usual(slot)
        change = tone.mean - usual.mean
        if state.seen_hours >= DAY_HOURS:
            farthest = _LIMIT * _error(usual, tone)
            change = min(max(change, -farthest), farthest)
        self._learn(slot, usual.mean + change, change, tone)

    def _usual(self, slot: int) -> ExpectedTone:
        state = self._state
        own = state.slot_changes[slot] / (state.slot_hours[slot] + _SLOT_LEAN)
        spread = max(sqrt(max(state.variance, 0.0)), _LEAST_SPREAD)
        return ExpectedTone(state.mean + own, spread, sqrt(state.item_variance), self._limit)

    def _learn(self, slot: int, mean: float, change: float, tone: Tone) -> None:
        state = self._state
        state.seen_hours += 1
        state.hours = state.hours * (1 - 1 / _FADE_HOURS) + 1
        pace = 1 / state.hours
        from_all = mean - state.mean
        state.slot_hours[slot] = state.slot_hours[slot] * (1 - _SLOT_FADE) + 1
        state.slot_changes[slot] = state.slot_changes[slot] * (1 - _SLOT_FADE) + from_all
        state.mean += pace * from_all
        state.variance += pace * (change**2 - tone.standard_error**2 - state.variance)
        state.item_variance += pace * (tone.standard_error**2 * tone.item_count - state.item_variance)


def judge_tone(expected: ExpectedTone | None, tone: Tone) -> Verdict | None:
    """MORE where posts are kinder than usual, LESS where they are harsher; the strength is in standard errors.

    None where it cannot be told: without history, or with too few posts.
    """
    if expected is None or tone.item_count < LEAST_ITEMS:
        return None
    change = tone.mean - expected.mean
    strength = change / _error(expected, tone)
    if abs(change) < LEAST_CHANGE or abs(strength) <= expected.limit:
        return Verdict(Direction.NORMAL, strength)
    return Verdict(Direction.MORE if change > 0 else Direction.LESS, strength)


def _error(expected: ExpectedTone, tone: Tone) -> float:
    """How far such an hour strays by itself and by the chance of its few posts.

    An hour whose posts agree more closely than usual is not believed to be surer: among few, that is chance.
    """
    least = expected.item_spread / sqrt(tone.item_count)
    return _DOUBT * sqrt(expected.spread**2 + max(tone.standard_error, least) ** 2)
