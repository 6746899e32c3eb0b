"""What people do with an alert: acknowledge it, say what it was, call others; and what happens when nobody does."""

from datetime import datetime, timedelta

from django.db import transaction

from parvis.core.errors import Conflict, NothingToDo, TextTooLong
from parvis.core.wording import Text
from parvis.jobs.live import tell
from parvis.listening.alerts.episodes import close_calm
from parvis.listening.alerts.telling import tell_others
from parvis.listening.alerts.waiting import due_calls, stale_signs
from parvis.listening.models import AlertEpisode, AlertSign, EpisodeJudgement
from parvis.orgs.access import must
from parvis.orgs.audit import record
from parvis.orgs.models import Member
from parvis.orgs.rights import Action

LONGEST_NOTE = 2_000
NEVER_CALM = timedelta(days=7)
"""An event of which nothing could be told for so long (its history is gone) is over."""


def acknowledge(episode: AlertEpisode, member: Member, *, now: datetime, note: str = "") -> None:
    """Somebody looks after it: it is not escalated. Raises Conflict where somebody else does already."""
    _must(episode, member)
    note = note.replace("\0", "").strip()
    if len(note) > LONGEST_NOTE:
        raise TextTooLong(length=len(note), limit=LONGEST_NOTE)
    with transaction.atomic():
        free = AlertEpisode.objects.filter(pk=episode.pk, acknowledged_at__isnull=True)
        if not free.update(acknowledged_at=now, acknowledged_by=member, note=note):
            raise _taken(episode)
        _note(episode, member, "alert.acknowledge", now=now)
    episode.refresh_from_db()


def judge(episode: AlertEpisode, member: Member, judgement: EpisodeJudgement, *, now: datetime) -> None:
    """A real event, or nothing: counts towards how often its rules are right."""
    _must(episode, member)
    with transaction.atomic():
        changed = AlertEpisode.objects.filter(pk=episode.pk).exclude(judgement=judgement)
        if changed.update(judgement=judgement, judged_by=member, judged_at=now):
            _note(episode, member, "alert.judge", now=now, facts={"judgement": judgement.value})
    episode.refresh_from_db()


def escalate(episode: AlertEpisode, member: Member, *, now: datetime) -> int:
    """Calls the others at once; how many were told. Raises Conflict where that has happened, NothingToDo without others."""
    _must(episode, member)
    with transaction.atomic():
        if not _mark_escalated(episode, now=now):
            raise Conflict(
                who=Text("Somebody", "Quelqu’un"),
                detail=Text("the others have been called already", "les autres ont déjà été avertis"),
            )
        told = _call_others(episode, member, now=now)
        if not told:
            raise NothingToDo
    episode.refresh_from_db()
    return told


def escalate_due(*, now: datetime, limit: int = 50) -> int:
    """Alerts that nobody has acknowledged in time; how many."""
    due = due_calls(now).select_related("query__department")
    count = 0
    for episode in due.order_by("escalate_at")[:limit]:
        with transaction.atomic():
            still = AlertEpisode.objects.filter(pk=episode.pk, acknowledged_at__isnull=True)
            if still.exists() and _mark_escalated(episode, now=now):
                _call_others(episode, None, now=now)
                count += 1
    return count


def end_stale(*, now: datetime) -> int:
    """Ends what can no longer end by itself: the rule or the query is off or gone, or nothing can be told of it."""
    signs = stale_signs(never_calm_since=now - NEVER_CALM)
    found = list(signs.values_list("pk", "episode_id")[:500])
    if not found:
        return 0
    with transaction.atomic():
        AlertSign.objects.filter(pk__in=[key for key, _ in found]).update(is_over=True)
        return close_calm({episode for _, episode in found}, now=now)


def _mark_escalated(episode: AlertEpisode, *, now: datetime) -> bool:
    free = AlertEpisode.objects.filter(pk=episode.pk, escalated_at__isnull=True)
    return bool(free.update(escalated_at=now))


def _call_others(episode: AlertEpisode, member: Member | None, *, now: datetime) -> int:
    """Those of each of its rules, each once."""
    told = 0
    signs = episode.signs.filter(rule__isnull=False).select_related("rule__query__department", "item")
    for sign in signs.order_by("id"):
        rule = sign.rule
        if rule is not None and rule.escalate_after_min is not None:
            told += len(tell_others(episode, sign, rule, now=now))
    if told:
        _note(episode, member, "alert.escalate", now=now, facts={"told": told})
    return told


def _must(episode: AlertEpisode, member: Member) -> None:
    must(member, Action.LISTEN, episode.query if episode.query.department_id is not None else None)


def _taken(episode: AlertEpisode) -> Conflict:
    by = AlertEpisode.objects.filter(pk=episode.pk).values_list("acknowledged_by__name", flat=True).first()
    return Conflict(
        who=by or Text("Somebody else", "Quelqu’un d’autre"),
        detail=Text("this alert is acknowledged already", "cette alerte est déjà prise en charge"),
    )


def _note(
    episode: AlertEpisode, member: Member | None, action: str, *, now: datetime, facts: dict[str, object] | None = None
) -> None:
    tell("alert", now=now, department_id=episode.query.department_id, subject_id=episode.pk)
    record(
        member, action, subject="alert", subject_key=episode.pk, department_id=episode.query.department_id, now=now,
        facts={"query": episode.query.name, **(facts or {})},
    )  # fmt: skip
