"""Who is told of an event, when and in which words; who was told already is not told again."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from parvis.listening.alerts.explaining import sentence_of, title_of
from parvis.listening.models import AlertEpisode, AlertRule, AlertSign
from parvis.orgs.access import may
from parvis.orgs.models import Member, Membership, Notice, NoticeRoute
from parvis.orgs.notices.quiet import QuietHours
from parvis.orgs.notices.writing import Message, readers_of, wake, write_notices
from parvis.orgs.rights import Action

SUBJECT = "alert"


def tell_of_opening(episode: AlertEpisode, sign: AlertSign, rule: AlertRule, *, is_new: bool, now: datetime) -> None:
    """Rings for those of the rule who do not know of the event yet."""
    if rule.muted_until is not None and rule.muted_until > now:
        if is_new:
            AlertEpisode.objects.filter(pk=episode.pk).update(is_muted=True)
            episode.is_muted = True
        return
    told = _told(episode, sign, rule, _people(rule, rule.members.all(), rule.role), rule.routes.all(), now=now)
    changes: dict[str, object] = {"is_muted": False}
    if rule.escalate_after_min and _has_others(rule):
        first = min((notice.due_at for notice in told), default=now)
        due = first + timedelta(minutes=rule.escalate_after_min)
        changes["escalate_at"] = due if episode.escalate_at is None else min(due, episode.escalate_at)
    AlertEpisode.objects.filter(pk=episode.pk).update(**changes)
    for name, value in changes.items():
        setattr(episode, name, value)


def tell_others(episode: AlertEpisode, sign: AlertSign, rule: AlertRule, *, now: datetime) -> list[Notice]:
    """The escalation: those who are told when nobody has acknowledged."""
    people = _people(rule, rule.escalate_members.all(), rule.escalate_role)
    return _told(episode, sign, rule, people, rule.escalate_routes.all(), now=now, escalates=True)


def wake_for(episode: AlertEpisode, rule: AlertRule, *, now: datetime) -> None:
    """An event that has grown worse lets go what quiet hours hold of it, where the rule says so."""
    if rule.wakes_from is not None and episode.severity >= rule.wakes_from:
        wake(SUBJECT, episode.pk, now=now)


def path_of(episode: AlertEpisode) -> str:
    """In the desk; a worker that wrote it by name would have to load every screen."""
    return f"/listen/alerts/{episode.pk}/"


def quiet_of(rule: AlertRule) -> QuietHours | None:
    if rule.quiet_from is None or rule.quiet_to is None:
        return None
    return QuietHours(rule.quiet_from, rule.quiet_to)


def _told(
    episode: AlertEpisode, sign: AlertSign, rule: AlertRule, people: Iterable[Member], routes: Iterable[NoticeRoute],
    *, now: datetime, escalates: bool = False,
) -> list[Notice]:  # fmt: skip
    known = set(
        Notice.objects.filter(subject=SUBJECT, subject_key=str(episode.pk)).values_list("member_id", "route_id")
    )
    members_told = {member for member, _route in known if member is not None}
    readers = [
        one
        for one in readers_of(people, routes)
        if (one.member.pk not in members_told if one.member is not None else one.key not in known)
    ]

    def words() -> Message:
        text = sentence_of(sign)
        if escalates:
            text = _("Nobody has acknowledged this alert yet.") + "\n\n" + text
        return Message(title=title_of(sign, rule.query.name), text=text, path=path_of(episode))

    wakes = rule.wakes_from is not None and episode.severity >= rule.wakes_from
    return write_notices(
        readers, words, kind="alert.escalated" if escalates else "alert.opened", subject=SUBJECT,
        subject_key=episode.pk, now=now, department=rule.query.department, is_restricted=True,
        quiet=None if wakes else quiet_of(rule),
    )  # fmt: skip


def _people(rule: AlertRule, named: Iterable[Member], role: str) -> list[Member]:
    """Each once; only who may see what the query finds."""
    found = {member.pk: member for member in named}
    if role:
        held = Membership.objects.filter(role=role, member__is_active=True, department=rule.query.department_id)
        for membership in held.select_related("member"):
            found[membership.member_id] = membership.member
    return [member for _key, member in sorted(found.items()) if may(member, Action.SEE, rule.query.department)]


def _has_others(rule: AlertRule) -> bool:
    return bool(rule.escalate_role) or rule.escalate_members.exists() or rule.escalate_routes.exists()
