"""The look of rules at what was counted: level-triggered, under a lease, cheap where nothing has changed.

A rule is due where its query has found something since, or an hour is over. Baselines are brought up to the
hour before any transaction; then hours are judged, events begin, go on and end, and the rule is let go, all in one.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any

from django.db import OperationalError, transaction

from parvis.core.counting import CALM_HOURS, Verdict
from parvis.core.errors import HouseError, LeaseLost
from parvis.jobs.claim import claim, release
from parvis.jobs.faults import one_line
from parvis.jobs.models import Job, JobState
from parvis.jobs.steps import at
from parvis.jobs.turns import let_others_write
from parvis.listening.alerts.authors import MOST_AT_ONCE, Authors, spoken
from parvis.listening.alerts.episodes import Ringing
from parvis.listening.alerts.hours import HOUR, NOTHING_SEEN, Hours, Seen, each_hour, first_hour_of, hours_of
from parvis.listening.alerts.learning import WHOLE_HOUR, Terms, Usual, learner_of, verdict_of
from parvis.listening.alerts.rules import terms_of
from parvis.listening.alerts.waiting import due_watches
from parvis.listening.meeting import hour_of
from parvis.listening.models import AlertKind, AlertRule, AlertWatch, Match, Per
from parvis.orgs.house import house_zone

_log = logging.getLogger("parvis.alerts")

LEASE_S = 120.0
SETTLED_AFTER = 3 * HOUR
"""So long an hour is still looked at: feeds bring things late."""
OVER_AFTER = timedelta(minutes=15)
"""An hour is called over, and a lack of posts told, so long after its end."""
HISTORY = timedelta(weeks=16)
CAUGHT_UP = timedelta(hours=48)
"""After a longer standstill, older hours are learnt and ring no more."""
BAND = timedelta(hours=24)
_WHILE_LOOKING_BACK = timedelta(minutes=5)
_AFTER_FAULT = timedelta(minutes=15)
_TURN_S = 1.0
_ROWS_AT_ONCE = 50


def look_at_due_rules(*, worker: str, now: datetime) -> bool:
    """Rules that are due have their look; whether more of them wait."""
    until_s = time.monotonic() + _TURN_S
    while time.monotonic() < until_s:
        begun_s = time.monotonic()
        watches = claim(_due(now), worker=worker, now=now, lease_s=LEASE_S, limit=_ROWS_AT_ONCE)
        if not watches:
            return False
        _look_apart(watches, worker=worker, now=now)
        let_others_write(time.monotonic() - begun_s)
    return True


def _look_apart(watches: Sequence[AlertWatch], *, worker: str, now: datetime) -> None:
    """Together; where that fails, each by itself, so that one rule's fault stops no other."""
    try:
        look(watches, now=now)
    except (OperationalError, HouseError):  # of the house, not of a rule
        raise
    except Exception as error:  # noqa: BLE001 - the edge of one rule
        for watch in watches:
            watch.leased_by = worker  # what the look had let go was rolled back
        if len(watches) == 1:
            _log.error("alert rule %s: %s", watches[0].pk, one_line(error))
            # Nothing is written where the rule was removed meanwhile, or another worker has it.
            release(watches[0], seen_count=watches[0].rule.query.match_count, next_look_at=now + _AFTER_FAULT)
            return
        for watch in watches:
            _look_apart([watch], worker=worker, now=now)


def _due(now: datetime) -> Any:
    return due_watches(now).select_related("rule__query__department").defer("state").order_by("next_look_at")


def look(watches: Sequence[AlertWatch], *, now: datetime) -> None:
    """At rules that this worker holds."""
    zone = house_zone()
    looks = [_Look(watch, watch.rule, terms_of(watch.rule), watch.rule.query.match_count) for watch in watches]
    _learn([one for one in looks if one.terms.learns], zone=zone, now=now)
    at("alerts.learnt")
    seen = hours_of({one.rule.query_id for one in looks}, since=_since(looks, zone=zone, now=now))
    with transaction.atomic():
        ringing = Ringing([one.rule for one in looks], now=now)
        for one in looks:
            if one.rule.kind == AlertKind.AUTHOR:
                _hear_authors(one, ringing, now=now)
            else:
                _judge(one, seen.get(one.rule.query_id, {}), ringing, zone=zone, now=now)
            _let_go(one, now=now)
        ringing.write()
        at("alerts.before_commit")


@dataclass(slots=True)
class _Look:
    watch: AlertWatch
    rule: AlertRule
    terms: Terms
    match_count: int
    changes: dict[str, Any] = field(default_factory=dict)
    waits: bool = False
    """The query looks through history: what is usual is not known before that is over."""


def _learn(looks: Sequence[_Look], *, zone: tzinfo, now: datetime) -> None:
    """Brings what is expected up to the hour, where that is another one or the query has another history."""
    jobs = _looks_back(looks)
    fresh = []
    for one in looks:
        job = jobs.get(one.rule.query.backfill_job)
        one.waits = job is not None and job.state in {JobState.WAITING, JobState.RUNNING}
        mark = _mark(one, job, zone)
        if not one.waits and (mark != one.watch.learnt_of or _key(hour_of(now)) not in one.watch.expected):
            fresh.append((one, mark))
    states = dict(AlertWatch.objects.filter(pk__in=[one.rule.pk for one, _ in fresh]).values_list("pk", "state"))
    for one, mark in fresh:
        known = states[one.rule.pk] if mark == one.watch.learnt_of else None
        one.changes |= _learnt(one, known, zone=zone, now=now) | {"learnt_of": mark}
        one.watch.expected = one.changes["expected"]


def _looks_back(looks: Sequence[_Look]) -> dict[Any, Job]:
    keys = [one.rule.query.backfill_job for one in looks if one.rule.query.backfill_job is not None]
    return {job.pk: job for job in Job.objects.filter(pk__in=keys).only("state", "finished_at")}


def _mark(one: _Look, job: Job | None, zone: tzinfo) -> str:
    finished = int(job.finished_at.timestamp()) if job is not None and job.finished_at is not None else 0
    return f"{one.rule.query.revision} {finished} {one.terms.kind} {one.terms.false_a_month:g} {zone}"[:80]


def _learnt(one: _Look, state: Mapping[str, Any] | None, *, zone: tzinfo, now: datetime) -> dict[str, Any]:
    hour, query = hour_of(now), one.rule.query
    settled = hour - SETTLED_AFTER
    learner, since = None, one.watch.learnt_until
    if state is not None and since is not None:
        try:
            learner = learner_of(one.terms, zone, state=state)
        except ValueError:  # kept by another release
            learner = None
    if learner is None or since is None or since < settled - HISTORY:
        learner = learner_of(one.terms, zone)
        since = first_hour_of(query.pk, since=hour - HISTORY) or hour_of(query.created_at)
    hours = hours_of([query.pk], since=since, until=hour).get(query.pk, {})
    expected = {key: usual for key, usual in one.watch.expected.items() if key >= _key(hour - BAND) and state}
    kept = None
    for each in each_hour(since, hour + HOUR):
        if each >= settled and kept is None:
            kept = learner.state()
        if each >= hour - max(BAND, CAUGHT_UP) and (each >= settled or _key(each) not in expected):
            expected[_key(each)] = learner.expect(each)
        if each < hour:
            learner.observe(each, hours.get(each, NOTHING_SEEN))
    oldest = _key(min(hour - BAND, one.watch.judged_until or hour))
    return {
        "state": learner.state() if kept is None else kept,
        "learnt_until": max(since, settled),
        "expected": {key: usual for key, usual in expected.items() if key >= oldest},
    }


def _since(looks: Sequence[_Look], *, zone: tzinfo, now: datetime) -> datetime:
    """From where the hours are needed that any of these may judge."""
    found = hour_of(now) - SETTLED_AFTER
    for one in looks:
        found = min(found, _judged_from(one, now=now))
    if any(one.terms.per == Per.DAY for one in looks):
        found = min(found, _day_start(found, zone))
    return found


def _judged_from(one: _Look, *, now: datetime) -> datetime:
    hour = hour_of(now)
    until = max(one.watch.judged_until or hour, hour - CAUGHT_UP)
    return max(min(until, hour - SETTLED_AFTER), hour_of(one.watch.begun_at))


def _judge(one: _Look, seen: Hours, ringing: Ringing, *, zone: tzinfo, now: datetime) -> None:
    """Each hour that is not settled yet, in turn."""
    if one.waits:
        return
    for hour in each_hour(_judged_from(one, now=now), hour_of(now) + HOUR):
        usual: Usual | None = one.watch.expected.get(_key(hour))
        held = _held(one.terms, seen, hour, zone)
        minutes = WHOLE_HOUR if now >= hour + HOUR + OVER_AFTER else min((now - hour) / HOUR, 0.99) * WHOLE_HOUR
        verdict: Verdict | None = verdict_of(one.terms, usual, held, minutes_elapsed=minutes)
        ringing.follow(one.rule, one.terms, verdict, hour, usual=usual, seen=held, band=one.watch.expected)
    one.changes["judged_until"] = hour_of(now - OVER_AFTER)


def _held(terms: Terms, seen: Hours, hour: datetime, zone: tzinfo) -> Seen:
    """Of the hour; of its day until then for a threshold a day."""
    if terms.kind != AlertKind.THRESHOLD or terms.per == Per.HOUR:
        return seen.get(hour, NOTHING_SEEN)
    start = _day_start(hour, zone)
    return Seen(sum(one.count for at, one in seen.items() if start <= at <= hour))


def _hear_authors(one: _Look, ringing: Ringing, *, now: datetime) -> None:
    watch = one.watch
    newest = Match.objects.order_by("-id").values_list("id", flat=True).first() or 0
    begun = max(hour_of(watch.begun_at), hour_of(now) - CAUGHT_UP)
    said = spoken(one.rule.query_id, Authors(one.terms.authors), after_match=watch.last_match_id, since=begun)
    new = [each for each in said if each.item_id not in watch.rung_items]
    for each in new:
        ringing.spoke(one.rule, each)
    ringing.calm(one.rule, hour_of(now) - CALM_HOURS * HOUR)
    if len(said) < MOST_AT_ONCE:
        reached = max([newest, watch.last_match_id, *(each.match_id for each in said)])
    else:  # the rest at the next look
        reached, one.match_count = said[-1].match_id, -1
    one.changes |= {
        "last_match_id": reached,
        "rung_items": [*watch.rung_items, *(each.item_id for each in new)][-500:],
    }


def _let_go(one: _Look, *, now: datetime) -> None:
    hour = hour_of(now)
    over = hour + OVER_AFTER
    due = now + _WHILE_LOOKING_BACK if one.waits else over if now < over else over + HOUR
    if not release(one.watch, seen_count=one.match_count, next_look_at=due, **one.changes):
        raise LeaseLost


def _day_start(hour: datetime, zone: tzinfo) -> datetime:
    day = hour.astimezone(zone).date()
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def _key(hour: datetime) -> str:
    return hour.strftime("%Y-%m-%dT%H")
