"""A rule tried on what was: when it would have rung in the last ninety days."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from parvis.core.counting import Direction, Episode, Step, follow
from parvis.listening.alerts.authors import Authors, spoken
from parvis.listening.alerts.episodes import as_seen
from parvis.listening.alerts.hours import HOUR, NOTHING_SEEN, Hours, Seen, each_hour, first_hour_of, hours_of
from parvis.listening.alerts.learning import WHOLE_HOUR, Terms, Usual, learner_of, verdict_of
from parvis.listening.alerts.rules import check_terms
from parvis.listening.meeting import hour_of
from parvis.listening.models import AlertKind, AlertSign, Per, SavedQuery

DAYS = 90
_LEARNS = timedelta(weeks=16)
_MOST_SPOKEN = 2_000


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """`rings`: signs as they would have been, oldest first, never saved."""

    rings: list[AlertSign] = field(default_factory=list)
    since: datetime | None = None
    """From when on it could have rung; None: there is not enough history."""


def rehearse(query: SavedQuery, terms: Terms, *, zone: tzinfo, now: datetime) -> Rehearsal:
    """Raises what `check_terms` raises."""
    terms = check_terms(terms)
    until = hour_of(now)
    asked = until - timedelta(days=DAYS)
    if terms.kind == AlertKind.AUTHOR:
        return _of_authors(query, terms, since=asked)
    first = first_hour_of(query.pk, since=asked - _LEARNS)
    if first is None:
        return Rehearsal()
    hours = hours_of([query.pk], since=first, until=until).get(query.pk, {})
    judged = (
        _of_threshold(terms, hours, first, until, zone)
        if not terms.learns
        else _learning(terms, hours, first, until, zone)
    )
    rings: list[AlertSign] = []
    since: datetime | None = None
    episode: Episode | None = None
    for hour, usual, seen in judged:
        verdict = verdict_of(terms, usual, seen, minutes_elapsed=WHOLE_HOUR)
        if verdict is not None and hour >= asked:
            since = since or hour
        before = episode
        episode, step = follow(episode, verdict, hour)
        if step is Step.BEGINS and episode is not None and hour >= asked:
            rings.append(_ring(query, terms, episode, hour, usual, seen))
        elif rings and before is not None and episode is not None:
            rings[-1].last_hour = max(rings[-1].last_hour, episode.last_hour)
    return Rehearsal(rings, since)


def _learning(
    terms: Terms, hours: Hours, first: datetime, until: datetime, zone: tzinfo
) -> Iterator[tuple[datetime, Usual | None, Seen]]:
    learner = learner_of(terms, zone)
    for hour in each_hour(first, until):
        seen = hours.get(hour, NOTHING_SEEN)
        yield hour, learner.expect(hour), seen
        learner.observe(hour, seen)


def _of_threshold(
    terms: Terms, hours: Hours, first: datetime, until: datetime, zone: tzinfo
) -> Iterator[tuple[datetime, Usual | None, Seen]]:
    day, total = None, 0
    for hour in each_hour(first, until):
        seen = hours.get(hour, NOTHING_SEEN)
        if terms.per == Per.DAY:
            today = hour.astimezone(zone).date()
            total = seen.count + (total if today == day else 0)
            day, seen = today, Seen(total)
        yield hour, {"threshold": terms.threshold, "per": terms.per}, seen


def _of_authors(query: SavedQuery, terms: Terms, *, since: datetime) -> Rehearsal:
    said = sorted(spoken(query.pk, Authors(terms.authors), since=since, limit=_MOST_SPOKEN), key=lambda one: one.hour)
    rings: list[AlertSign] = []
    for one in said:
        if rings and one.hour - rings[-1].last_hour <= 6 * HOUR:
            rings[-1].last_hour = one.hour
            continue
        ring = AlertSign(
            query=query, kind=terms.kind, direction="more", severity=2, first_hour=one.hour, last_hour=one.hour
        )
        ring.seen, ring.farthest = {"author": one.author, "count": 1}, 1
        rings.append(ring)
    return Rehearsal(rings, since)


def _ring(
    query: SavedQuery, terms: Terms, episode: Episode, hour: datetime, usual: Usual | None, seen: Seen
) -> AlertSign:
    return AlertSign(
        query=query, kind=terms.kind, direction=Direction(episode.direction).value, severity=1, first_hour=hour,
        last_hour=hour, farthest=episode.farthest, expected=usual or {}, seen=as_seen(terms, seen),
    )  # fmt: skip
