"""Rules: made, changed, muted, switched off, removed. Each change is in the audit trail with before and after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction

from parvis.core.errors import BadInput, Conflict, FieldMissing
from parvis.core.wording import Text
from parvis.jobs.live import tell
from parvis.listening.alerts.authors import Authors
from parvis.listening.alerts.episodes import close_calm
from parvis.listening.alerts.learning import Terms
from parvis.listening.meeting import hour_of
from parvis.listening.models import (
    AlertKind,
    AlertRule,
    AlertSign,
    AlertWatch,
    AlertWay,
    Match,
    Per,
    SavedQuery,
    Severity,
)
from parvis.orgs.access import may, must
from parvis.orgs.audit import record
from parvis.orgs.models import Member, NoticeRoute
from parvis.orgs.rights import Action, Role

MOST_RULES = 20
"""Of one query."""
MOST_AUTHORS = 50
FALSE_A_MONTH = (0.1, 0.5, 2.0)
"""Rarely, usually, sensitively: false alarms in a month in which nothing happens."""
LONGEST_MUTE = timedelta(days=30)
_MOST_THRESHOLD = 1_000_000
_MOST_MINUTES = 7 * 24 * 60
_KEPT = (
    "kind", "way", "false_a_month", "authors", "threshold", "per", "role", "quiet_from", "quiet_to", "wakes_from",
    "escalate_after_min", "escalate_role",
)  # fmt: skip
_MANY = ("members", "routes", "escalate_members", "escalate_routes")
_TERMS = frozenset({"kind", "way", "false_a_month", "authors", "threshold", "per"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleWish:
    """What somebody wants a rule to be."""

    terms: Terms
    members: Sequence[Member] = ()
    role: str = ""
    routes: Sequence[NoticeRoute] = ()
    quiet_from: time | None = None
    quiet_to: time | None = None
    wakes_from: int | None = None
    escalate_after_min: int | None = None
    escalate_members: Sequence[Member] = ()
    escalate_role: str = ""
    escalate_routes: Sequence[NoticeRoute] = ()


def terms_of(rule: AlertRule) -> Terms:
    return Terms(
        kind=rule.kind, way=rule.way, false_a_month=rule.false_a_month, threshold=rule.threshold, per=rule.per,
        authors=tuple(rule.authors),
    )  # fmt: skip


def check_terms(terms: Terms) -> Terms:
    """As they can be kept. Raises FieldMissing and BadInput."""
    if terms.kind not in AlertKind.values or terms.way not in AlertWay.values or terms.per not in Per.values:
        raise BadInput(detail=Text("there is no such rule", "il n’y a pas de telle règle"))
    if terms.kind == AlertKind.THRESHOLD and terms.threshold is None:
        raise FieldMissing(field=Text("how many", "combien"))
    if terms.threshold is not None and not 0 <= terms.threshold <= _MOST_THRESHOLD:
        raise BadInput(detail=Text("the limit lies between 0 and 1,000,000", "la limite est entre 0 et 1 000 000"))
    authors = tuple(dict.fromkeys(" ".join(one.split())[:200] for one in terms.authors if Authors([one]).is_anybody))
    if terms.kind == AlertKind.AUTHOR and not authors:
        raise FieldMissing(field=Text("whose words", "les propos de qui"))
    if len(authors) > MOST_AUTHORS:
        raise BadInput(detail=Text("a rule names 50 authors at most", "une règle nomme 50 auteurs au plus"))
    return Terms(
        kind=terms.kind,
        way=terms.way if terms.kind in {AlertKind.VOLUME, AlertKind.TONE} else AlertWay.MORE,
        false_a_month=min(max(terms.false_a_month, min(FALSE_A_MONTH)), max(FALSE_A_MONTH)),
        threshold=terms.threshold if terms.kind == AlertKind.THRESHOLD else None,
        per=terms.per if terms.kind == AlertKind.THRESHOLD else Per.HOUR,
        authors=authors if terms.kind == AlertKind.AUTHOR else (),
    )


def add_rule(query: SavedQuery, member: Member, wish: RuleWish, *, now: datetime) -> AlertRule:
    """Looks from now on. Raises NotAllowed, FieldMissing, BadInput, Conflict."""
    _must(query, member)
    values = _values(query, wish)
    with transaction.atomic():
        if AlertRule.objects.filter(query=query).count() >= MOST_RULES:
            raise BadInput(detail=Text("a query has 20 rules at most", "une requête a 20 règles au plus"))
        rule = AlertRule.objects.create(query=query, created_by=member, created_at=now, changed_at=now, **values)
        _set_many(rule, wish)
        AlertWatch.objects.create(rule=rule, next_look_at=now, begun_at=now, last_match_id=_newest_match())
        _note(rule, member, "alert_rule.add", now=now, facts=_plain(rule))
    return rule


def change_rule(rule: AlertRule, member: Member, wish: RuleWish, *, now: datetime, revision: int) -> None:
    """`revision`: the one that the member saw; Conflict where it is older. Other terms begin to look anew."""
    _must(rule.query, member)
    values = _values(rule.query, wish)
    with transaction.atomic():
        current = AlertRule.objects.select_for_update(of=("self",)).select_related("query").get(pk=rule.pk)
        if current.revision != revision:
            raise Conflict(
                who=Text("Somebody else", "Quelqu’un d’autre"),
                detail=Text(
                    "this rule has been changed since you opened it",
                    "cette règle a changé depuis que vous l’avez ouverte",
                ),
            )
        before = _plain(current)
        for name, value in values.items():
            setattr(current, name, value)
        _set_many(current, wish)
        after = _plain(current)
        changes = {
            name: {"before": before[name], "after": after[name]} for name in after if before[name] != after[name]
        }
        if not changes:
            return
        current.changed_at, current.revision = now, current.revision + 1
        current.save()
        if changes.keys() & _TERMS:
            _begin_anew(current, now=now)
        _note(current, member, "alert_rule.change", now=now, facts=changes)
    rule.refresh_from_db()


def switch_rule(rule: AlertRule, member: Member, *, is_on: bool, now: datetime) -> None:
    """Off, its event ends; on again, it looks from now on."""
    _must(rule.query, member)
    with transaction.atomic():
        if AlertRule.objects.filter(pk=rule.pk).exclude(is_on=is_on).update(is_on=is_on, changed_at=now):
            _begin_anew(rule, now=now)
            _note(rule, member, "alert_rule.on" if is_on else "alert_rule.off", now=now)
    rule.is_on = is_on


def mute_rule(rule: AlertRule, member: Member, *, until: datetime | None, now: datetime) -> None:
    """Nobody is told before `until`; None: they are again from now on."""
    _must(rule.query, member)
    if until is not None and not now < until <= now + LONGEST_MUTE:
        raise BadInput(detail=Text("a rule is muted for 30 days at most", "une règle se tait 30 jours au plus"))
    with transaction.atomic():
        AlertRule.objects.filter(pk=rule.pk).update(muted_until=until, changed_at=now)
        facts = {"until": until.isoformat() if until else None}
        _note(rule, member, "alert_rule.mute" if until else "alert_rule.unmute", now=now, facts=facts)
    rule.muted_until = until


def remove_rule(rule: AlertRule, member: Member, *, now: datetime) -> None:
    """What it rang stays."""
    _must(rule.query, member)
    with transaction.atomic():
        _end_signs(rule, now=now)
        _note(rule, member, "alert_rule.remove", now=now, facts=_plain(rule))
        AlertRule.objects.filter(pk=rule.pk).delete()


def _must(query: SavedQuery, member: Member) -> None:
    must(member, Action.LISTEN, query if query.department_id is not None else None)


def _values(query: SavedQuery, wish: RuleWish) -> dict[str, Any]:
    terms = check_terms(wish.terms)
    department = query.department if query.department_id is not None else None
    for member in (*wish.members, *wish.escalate_members):
        if not may(member, Action.SEE, department):
            raise BadInput(
                detail=Text("{name} does not see this query", "{name} ne voit pas cette requête").format(
                    name=member.name
                )
            )
    for route in (*wish.routes, *wish.escalate_routes):
        if route.member_id is not None or route.department_id not in {None, query.department_id}:
            raise BadInput(detail=Text("this way is not the department’s", "cette voie n’est pas au département"))
    if {wish.role, wish.escalate_role} - {"", *Role.values}:
        raise BadInput(detail=Text("there is no such role", "ce rôle n’existe pas"))
    if not (wish.members or wish.role or wish.routes):
        raise FieldMissing(field=Text("who is told", "qui est averti"))
    is_quiet = wish.quiet_from is not None and wish.quiet_to is not None
    after = wish.escalate_after_min
    if after is not None and not 1 <= after <= _MOST_MINUTES:
        raise BadInput(detail=Text("between a minute and seven days", "entre une minute et sept jours"))
    if after is not None and not (wish.escalate_members or wish.escalate_role or wish.escalate_routes):
        raise FieldMissing(field=Text("who is told then", "qui est averti alors"))
    return {
        "kind": terms.kind, "way": terms.way, "false_a_month": terms.false_a_month, "authors": list(terms.authors),
        "threshold": terms.threshold, "per": terms.per, "role": wish.role,
        "quiet_from": wish.quiet_from if is_quiet else None, "quiet_to": wish.quiet_to if is_quiet else None,
        "wakes_from": wish.wakes_from if is_quiet and wish.wakes_from in Severity.values else None,
        "escalate_after_min": after, "escalate_role": wish.escalate_role if after is not None else "",
    }  # fmt: skip


def _set_many(rule: AlertRule, wish: RuleWish) -> None:
    rule.members.set(wish.members)
    rule.routes.set(wish.routes)
    escalates = rule.escalate_after_min is not None
    rule.escalate_members.set(wish.escalate_members if escalates else ())
    rule.escalate_routes.set(wish.escalate_routes if escalates else ())


def _plain(rule: AlertRule) -> dict[str, Any]:
    """As the audit trail keeps it: who is told by number, no address."""
    found: dict[str, Any] = {name: getattr(rule, name) for name in _KEPT}
    found |= {name: str(found[name]) if found[name] is not None else None for name in ("quiet_from", "quiet_to")}
    return found | {name: sorted(getattr(rule, name).values_list("pk", flat=True)) for name in _MANY}


def _begin_anew(rule: AlertRule, *, now: datetime) -> None:
    _end_signs(rule, now=now)
    AlertWatch.objects.filter(rule=rule).update(
        begun_at=now, judged_until=hour_of(now), next_look_at=now, last_match_id=_newest_match(), learnt_of="",
        state=None, learnt_until=None, expected={},
    )  # fmt: skip


def _end_signs(rule: AlertRule, *, now: datetime) -> None:
    signs = AlertSign.objects.filter(rule=rule, is_over=False)
    episodes = set(signs.values_list("episode_id", flat=True))
    signs.update(is_over=True)
    close_calm(episodes, now=now)


def _newest_match() -> int:
    return Match.objects.order_by("-id").values_list("id", flat=True).first() or 0


def _note(rule: AlertRule, member: Member, action: str, *, now: datetime, facts: dict[str, Any] | None = None) -> None:
    tell("query", now=now, department_id=rule.query.department_id, subject_id=rule.query_id)
    record(
        member, action, subject="alert_rule", subject_key=rule.pk, department_id=rule.query.department_id, now=now,
        facts={"query": rule.query_id, "name": rule.query.name, **(facts or {})},
    )  # fmt: skip
