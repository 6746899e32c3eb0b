"""Events: rules that ring join one episode where they tell of the same thing, and it closes when all are calm."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from parvis.core.counting import Direction, Episode, Step, Verdict, follow
from parvis.jobs.live import tell
from parvis.listening.alerts.authors import Spoken
from parvis.listening.alerts.hours import HOUR, Seen
from parvis.listening.alerts.learning import Terms, Usual, severity_of
from parvis.listening.alerts.telling import tell_of_opening, wake_for
from parvis.listening.models import AlertEpisode, AlertRule, AlertSign, AlertWay, Match, Severity
from parvis.orgs.audit import record

JOINS_WITHIN = 6 * HOUR
"""So long after an episode's last hour another rule may still join it."""
_SAME_HOURS = 3 * HOUR
_SAME_SHARE = 0.5
"""Of the items of either query: those that both found."""
_MOST_COMPARED = 1_000
_BAND_BEFORE = timedelta(hours=24)
_LONGEST_BAND = 24 * 7
_LOCK = 7_261_006
"""PostgreSQL's advisory lock: one event is never opened twice at the same moment."""


class Ringing:
    """The open signs of some rules, in one transaction; `write` at its end."""

    def __init__(self, rules: Sequence[AlertRule], *, now: datetime) -> None:
        self._now = now
        rows = AlertSign.objects.filter(rule__in=rules, is_over=False).select_related("episode")
        self._signs: dict[int, AlertSign] = {row.rule_id or 0: row for row in rows}
        self._changed: dict[int, AlertSign] = {}
        self._grown: dict[int, AlertEpisode] = {}

    def follow(
        self, rule: AlertRule, terms: Terms, verdict: Verdict | None, hour: datetime, *, usual: Usual | None,
        seen: Seen, band: dict[str, Any],
    ) -> None:  # fmt: skip
        """One hour of a rule; the same hour may come again with more in it."""
        sign = self._signs.get(rule.pk)
        before = None if sign is None else _as_episode(sign)
        after, step = follow(before, verdict, hour)
        if step is Step.BEGINS and after is not None and verdict is not None:
            if sign is not None:
                self._end(sign)
            severity = severity_of(terms, usual, seen, verdict)
            sign = AlertSign(
                rule=rule, query_id=rule.query_id, kind=rule.kind, direction=after.direction.value, severity=severity,
                first_hour=hour, last_hour=hour, farthest=after.farthest, expected=usual or _limit_of(terms),
                seen=as_seen(terms, seen), peak=as_seen(terms, seen) | {"hour": hour.isoformat()},
                band=_band(band, hour),
            )  # fmt: skip
            self._open(rule, sign)
        elif step is Step.ENDS and sign is not None:
            self._end(sign)
        elif step is Step.GOES_ON and sign is not None and after is not None and after != before:
            if verdict is not None and verdict.is_alarm:
                self._grow(rule, sign, severity_of(terms, usual, seen, verdict))
                if after.farthest != sign.farthest or hour.isoformat() == sign.peak.get("hour"):
                    sign.peak = as_seen(terms, seen) | {"hour": hour.isoformat()}
            sign.last_hour, sign.farthest, sign.calm_since = after.last_hour, after.farthest, after.calm_since
            sign.band = _grown_band(sign, band)
            self._changed[sign.pk] = sign

    def spoke(self, rule: AlertRule, said: Spoken) -> None:
        """A named author's item: begins an event, or belongs to the one that goes on."""
        sign = self._signs.get(rule.pk)
        if sign is None:
            sign = AlertSign(
                rule=rule, query_id=rule.query_id, kind=rule.kind, direction=AlertWay.MORE, severity=Severity.MEDIUM,
                first_hour=said.hour, last_hour=said.hour, farthest=1, seen={"author": said.author, "count": 1},
                peak={"hour": said.hour.isoformat(), "count": 1}, item_id=said.item_id,
            )  # fmt: skip
            self._open(rule, sign)
            return
        sign.first_hour, sign.last_hour = min(sign.first_hour, said.hour), max(sign.last_hour, said.hour)
        sign.farthest += 1
        sign.seen = {**sign.seen, "count": int(sign.farthest)}
        self._grow(rule, sign, Severity.MEDIUM)
        self._changed[sign.pk] = sign

    def calm(self, rule: AlertRule, until: datetime) -> None:
        """Ends the event of a rule that has said nothing since."""
        sign = self._signs.get(rule.pk)
        if sign is not None and sign.last_hour < until:
            self._end(sign)

    def write(self) -> None:
        AlertSign.objects.bulk_update(
            self._changed.values(),
            ["severity", "first_hour", "last_hour", "calm_since", "farthest", "seen", "peak", "band", "is_over"],
            batch_size=100,
        )
        for episode in self._grown.values():
            episode.save(update_fields=["severity", "first_hour", "last_hour", "last_at"])
        close_calm({sign.episode_id for sign in self._changed.values() if sign.is_over}, now=self._now)
        for episode in self._grown.values():
            _tell(episode, now=self._now)

    def _open(self, rule: AlertRule, sign: AlertSign) -> None:
        _lock()
        episode = _same_event(rule, sign)
        is_new = episode is None
        if episode is None:
            episode = AlertEpisode.objects.create(
                query_id=rule.query_id, kind=rule.kind, severity=sign.severity, opened_at=self._now,
                first_hour=sign.first_hour, last_hour=sign.last_hour, last_at=self._now,
            )  # fmt: skip
        episode = self._grown.setdefault(episode.pk, episode)
        sign.episode = episode
        sign.save(force_insert=True)
        self._signs[rule.pk] = sign
        tell_of_opening(episode, sign, rule, is_new=is_new, now=self._now)
        self._grow(rule, sign, sign.severity)
        if is_new:
            record(
                None, "alert.open", subject="alert", subject_key=episode.pk, now=self._now,
                department_id=rule.query.department_id, facts={"query": rule.query.name, "kind": rule.kind},
            )  # fmt: skip

    def _grow(self, rule: AlertRule, sign: AlertSign, severity: int) -> None:
        episode = self._grown.setdefault(sign.episode_id, sign.episode)
        sign.severity = max(sign.severity, severity)
        if sign.severity > episode.severity:
            episode.severity = sign.severity
            wake_for(episode, rule, now=self._now)
        episode.first_hour = min(episode.first_hour, sign.first_hour)
        episode.last_hour = max(episode.last_hour, sign.last_hour)
        episode.last_at = self._now

    def _end(self, sign: AlertSign) -> None:
        sign.is_over = True
        AlertSign.objects.filter(pk=sign.pk).update(is_over=True)
        self._changed[sign.pk] = sign
        self._signs.pop(sign.rule_id or 0, None)


def close_calm(episode_ids: set[int], *, now: datetime) -> int:
    """Closes those of which no sign goes on; how many."""
    calm = AlertEpisode.objects.filter(pk__in=episode_ids, closed_at__isnull=True).exclude(signs__is_over=False)
    closed = list(calm.select_related("query"))
    for episode in closed:
        AlertEpisode.objects.filter(pk=episode.pk).update(closed_at=now)
        _tell(episode, now=now)
    return len(closed)


def _same_event(rule: AlertRule, sign: AlertSign) -> AlertEpisode | None:
    """An open episode of the same query, or of one of the department that found mostly the same in these hours."""
    near = AlertEpisode.objects.filter(
        closed_at__isnull=True,
        last_hour__gte=sign.first_hour - JOINS_WITHIN,
        first_hour__lte=sign.first_hour + JOINS_WITHIN,
        query__department=rule.query.department,
    ).select_related("query")
    found: list[AlertEpisode] = list(near.order_by("id"))
    turned = set(
        AlertSign.objects.filter(episode__in=found, rule=rule)
        .exclude(direction=sign.direction)
        .values_list("episode_id", flat=True)
    )
    fitting = [episode for episode in found if episode.pk not in turned]
    own = [episode for episode in fitting if episode.query_id == rule.query_id]
    alike = (one for one in fitting if _found_the_same(one.query_id, rule.query_id, sign.last_hour))
    return own[0] if own else next(alike, None)


def _found_the_same(one: int, other: int, hour: datetime) -> bool:
    ones, others = (_items_of(key, hour) for key in (one, other))
    return bool(ones and others) and len(ones & others) >= _SAME_SHARE * max(len(ones), len(others))


def _items_of(query_id: int, hour: datetime) -> set[int]:
    rows = Match.objects.filter(query_id=query_id, hour__gt=hour - _SAME_HOURS, hour__lte=hour)
    return set(rows.order_by("-item_id").values_list("item_id", flat=True)[:_MOST_COMPARED])


def _as_episode(sign: AlertSign) -> Episode:
    return Episode(Direction(sign.direction), sign.first_hour, sign.last_hour, sign.farthest, sign.calm_since)


def as_seen(terms: Terms, seen: Seen) -> dict[str, Any]:
    if terms.kind == "tone" and seen.tone is not None:
        return {"count": seen.tone.item_count, "tone": round(seen.tone.mean, 4)}
    return {"count": seen.count}


def _limit_of(terms: Terms) -> dict[str, Any]:
    return {"threshold": terms.threshold, "per": terms.per}


def _band(band: dict[str, Any], first_hour: datetime) -> dict[str, Any]:
    since = (first_hour - _BAND_BEFORE).strftime("%Y-%m-%dT%H")
    return {key: usual for key, usual in band.items() if key >= since and usual is not None}


def _grown_band(sign: AlertSign, band: dict[str, Any]) -> dict[str, Any]:
    grown = sign.band | _band(band, sign.first_hour)
    return dict(sorted(grown.items())[:_LONGEST_BAND])


def _tell(episode: AlertEpisode, *, now: datetime) -> None:
    tell("alert", now=now, department_id=episode.query.department_id, subject_id=episode.pk)


def _lock() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
