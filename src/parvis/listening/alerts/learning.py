"""What a rule has learnt of its query, and what it says of an hour: one learner for each kind that learns.

The state of a baseline is kept, not worked out anew: it follows from every hour in turn, some 25 µs each, so
that an hour's look takes one step where a fresh start takes thousands. It begins anew, from the kept counts,
where the query or its history has changed.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, tzinfo
from typing import Any, Protocol

from parvis.core.counting import Baseline, Direction, Expected, ExpectedTone, ToneBaseline, Verdict, judge, judge_tone
from parvis.listening.alerts.hours import Seen
from parvis.listening.models import AlertKind, AlertWay, Per, Severity

WHOLE_HOUR = 60.0
Usual = dict[str, Any]
"""What was expected of an hour, for a JSON column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a rule rings at, whether it is saved or only tried."""

    kind: str
    way: str = AlertWay.MORE
    false_a_month: float = 0.5
    threshold: int | None = None
    per: str = Per.HOUR
    authors: tuple[str, ...] = ()

    @property
    def learns(self) -> bool:
        return self.kind in {AlertKind.VOLUME, AlertKind.TONE}


class Learner(Protocol):
    def expect(self, hour: datetime) -> Usual | None: ...
    def observe(self, hour: datetime, seen: Seen) -> None: ...
    def state(self) -> dict[str, Any]: ...


class _Volume:
    def __init__(self, baseline: Baseline) -> None:
        self._baseline = baseline

    def expect(self, hour: datetime) -> Usual | None:
        expected = self._baseline.expect(hour)
        return None if expected is None else asdict(expected)

    def observe(self, hour: datetime, seen: Seen) -> None:
        self._baseline.observe(hour, seen.count)

    def state(self) -> dict[str, Any]:
        return self._baseline.state()


class _Tone:
    def __init__(self, baseline: ToneBaseline) -> None:
        self._baseline = baseline

    def expect(self, hour: datetime) -> Usual | None:
        expected = self._baseline.expect(hour)
        return None if expected is None else asdict(expected)

    def observe(self, hour: datetime, seen: Seen) -> None:
        if seen.tone is not None:
            self._baseline.observe(hour, seen.tone)

    def state(self) -> dict[str, Any]:
        return self._baseline.state()


def learner_of(terms: Terms, zone: tzinfo, *, state: Mapping[str, Any] | None = None) -> Learner:
    """A fresh one without `state`. Raises ValueError for a state of another release."""
    kinds: dict[str, tuple[type[Any], type[Any]]] = {
        AlertKind.VOLUME: (Baseline, _Volume),
        AlertKind.TONE: (ToneBaseline, _Tone),
    }
    baseline, wrapper = kinds[terms.kind]
    options = {"false_alarms_a_month": terms.false_a_month}
    learner: Learner = wrapper(
        baseline(zone, **options) if state is None else baseline.from_state(state, zone, **options)
    )
    return learner


def verdict_of(terms: Terms, usual: Usual | None, seen: Seen, *, minutes_elapsed: float) -> Verdict | None:
    """None where it cannot be told (yet). A way that the rule does not ask for is normal to it.

    A tone is told when the hour is over: looking at it again and again would raise false alarms.
    """
    verdict = _verdict(terms, usual, seen, minutes_elapsed=minutes_elapsed)
    if verdict is None or not verdict.is_alarm or terms.way in {AlertWay.ANY, verdict.direction.value}:
        return verdict
    return Verdict(Direction.NORMAL, verdict.strength) if minutes_elapsed >= WHOLE_HOUR else None


def _verdict(terms: Terms, usual: Usual | None, seen: Seen, *, minutes_elapsed: float) -> Verdict | None:
    if terms.kind == AlertKind.THRESHOLD:
        return _over_threshold(terms, seen, minutes_elapsed=minutes_elapsed)
    if usual is None:
        return None
    if terms.kind == AlertKind.VOLUME:
        return judge(Expected(**usual), seen.count, minutes_elapsed=minutes_elapsed)
    if minutes_elapsed < WHOLE_HOUR or seen.tone is None:
        return None
    return judge_tone(ExpectedTone(**usual), seen.tone)


def _over_threshold(terms: Terms, seen: Seen, *, minutes_elapsed: float) -> Verdict | None:
    """`seen`: of the hour, or of the day until its end."""
    threshold = terms.threshold or 0
    if seen.count > threshold:
        return Verdict(Direction.MORE, seen.count / max(threshold, 1))
    return Verdict(Direction.NORMAL, 0.0) if minutes_elapsed >= WHOLE_HOUR else None


def severity_of(terms: Terms, usual: Usual | None, seen: Seen, verdict: Verdict) -> Severity:
    """How far beyond what is usual at most: twice is medium, four times is high."""
    if terms.kind == AlertKind.TONE:
        beyond = abs(verdict.strength) / (usual or {}).get("limit", 1.0)
        return _graded(beyond, medium=1.4, high=2.0)
    if verdict.direction is Direction.LESS:
        return Severity.MEDIUM if not seen.count and (usual or {}).get("median", 0) >= 10 else Severity.LOW
    most = (usual or {}).get("upper", terms.threshold or 0)
    return _graded(seen.count / max(most, 1), medium=2.0, high=4.0)


def _graded(value: float, *, medium: float, high: float) -> Severity:
    if value >= high:
        return Severity.HIGH
    return Severity.MEDIUM if value >= medium else Severity.LOW
