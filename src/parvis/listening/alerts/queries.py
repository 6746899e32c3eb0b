"""Reading alerts for the screens: events with what made them, rules with how often they were right."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from parvis.channels.models import Item
from parvis.listening.alerts.authors import Authors, spoken
from parvis.listening.alerts.hours import HOUR, NOTHING_SEEN, each_hour, hours_of
from parvis.listening.alerts.telling import SUBJECT
from parvis.listening.models import (
    AlertEpisode,
    AlertKind,
    AlertRule,
    AlertSign,
    EpisodeJudgement,
    Match,
    SavedQuery,
)
from parvis.listening.queries import MatchRow, rows_of
from parvis.orgs.models import Department, Member, Membership, Notice, NoticeRoute, NoticeState
from parvis.orgs.queries import colleagues
from parvis.orgs.rights import RIGHTS, Action

PAGE = 30
MOST_OPEN = 50
MOST_ITEMS = 50
_BEFORE, _AFTER = 24 * HOUR, 6 * HOUR
_LONGEST_CHART = 96 * HOUR


@dataclass(frozen=True, slots=True)
class EpisodePage:
    """Open events first, those that nobody has acknowledged before the others; then what is over, newest first."""

    open: list[AlertEpisode]
    closed: list[AlertEpisode]
    next: int | None
    """id to go on below, of what is over."""


@dataclass(frozen=True, slots=True)
class HourSeen:
    """An hour of a chart: what was, and between what it was expected (None: not known)."""

    at: datetime
    value: float | None
    low: float | None
    high: float | None
    is_event: bool


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule with what became of its alerts."""

    rule: AlertRule
    rung: int
    real: int
    nothing: int

    @property
    def judged(self) -> int:
        return self.real + self.nothing

    @property
    def share_real(self) -> float | None:
        """How often it was right, of what was judged; None: nothing was."""
        return self.real / self.judged if self.judged else None


def episode_page(member: Member, *, department: Department | None = None, before: int | None = None) -> EpisodePage:
    """`department`: its own and the house's alone."""
    episodes = _seen_by(member, department)
    over = episodes.filter(closed_at__isnull=False)
    over = over if before is None else over.filter(id__lt=before)
    closed = list(over.order_by("-id")[: PAGE + 1])
    return EpisodePage(
        open=open_episodes(member, department=department) if before is None else [],
        closed=closed[:PAGE],
        next=closed[PAGE - 1].pk if len(closed) > PAGE else None,
    )


def open_episodes(
    member: Member, *, department: Department | None = None, limit: int = MOST_OPEN
) -> list[AlertEpisode]:
    found = _seen_by(member, department).filter(closed_at__isnull=True)
    return sorted(found.order_by("-id")[:limit], key=lambda one: (one.acknowledged_at is not None, -one.pk))


def _seen_by(member: Member, department: Department | None) -> QuerySet[AlertEpisode]:
    episodes: QuerySet[AlertEpisode] = AlertEpisode.objects.visible_to(member)
    if department is not None:
        episodes = episodes.filter(Q(query__department=department) | Q(query__department__isnull=True))
    signs = AlertSign.objects.select_related("query", "item").order_by("id").defer("band")
    return episodes.select_related("query__department", "acknowledged_by").prefetch_related(
        Prefetch("signs", queryset=signs)
    )


def episode_of(member: Member, key: int) -> AlertEpisode | None:
    signs = AlertSign.objects.select_related("query", "item", "rule").order_by("id")
    found: AlertEpisode | None = (
        AlertEpisode.objects.visible_to(member)
        .select_related("query__department", "acknowledged_by", "judged_by")
        .prefetch_related(Prefetch("signs", queryset=signs))
        .filter(pk=key)
        .first()
    )
    return found


def told_of(episode: AlertEpisode) -> list[Notice]:
    """Who was told, by which way, and what became of it."""
    rows = Notice.objects.filter(subject=SUBJECT, subject_key=str(episode.pk))
    return list(rows.select_related("member", "route").order_by("id"))


def failed_notices(member: Member) -> int:
    """Notices of alerts that the member may see and that were given up, of the last week's open events."""
    keys = [
        str(key) for key in _seen_by(member, None).filter(closed_at__isnull=True).values_list("pk", flat=True)[:200]
    ]
    return Notice.objects.filter(subject=SUBJECT, subject_key__in=keys, state=NoticeState.FAILED).count()


def items_behind(signs: Sequence[AlertSign], member: Member) -> list[MatchRow]:
    """What the member may see of what rang, newest first."""
    ids: set[int] = set()
    for sign in signs:
        ids |= _ids_behind(sign)
    newest = sorted(ids, reverse=True)[: MOST_ITEMS * 4]
    visible = Item.objects.visible_to(member).filter(id__in=newest).order_by("-id").values_list("id", flat=True)
    return rows_of(dict.fromkeys(visible[:MOST_ITEMS]), member)


def _ids_behind(sign: AlertSign) -> set[int]:
    if sign.kind == AlertKind.AUTHOR and sign.rule is not None:
        said = spoken(sign.query_id, Authors(sign.rule.authors), since=sign.first_hour)
        return {one.item_id for one in said if one.hour <= sign.last_hour}
    if sign.kind == AlertKind.AUTHOR:
        return {sign.item_id} if sign.item_id is not None else set()
    rows = Match.objects.filter(query_id=sign.query_id, hour__gte=sign.first_hour, hour__lte=sign.last_hour)
    return set(rows.order_by("-item_id").values_list("item_id", flat=True)[: MOST_ITEMS * 4])


def hours_around(sign: AlertSign, *, now: datetime) -> list[HourSeen]:
    """The event's hours with those around it, and what was expected of each as it was known then."""
    since = sign.first_hour - _BEFORE
    until = min(sign.last_hour + _AFTER, since + _LONGEST_CHART, now) + HOUR
    seen = hours_of([sign.query_id], since=since, until=until).get(sign.query_id, {})
    found = []
    for hour in each_hour(since, until):
        low, high = _bounds(sign, hour)
        one = seen.get(hour, NOTHING_SEEN)
        value = (one.tone.mean if one.tone else None) if sign.kind == AlertKind.TONE else float(one.count)
        is_event = sign.first_hour <= hour <= sign.last_hour
        found.append(HourSeen(hour, value, low, high, is_event))
    return found


def _bounds(sign: AlertSign, hour: datetime) -> tuple[float | None, float | None]:
    if sign.kind == AlertKind.THRESHOLD and sign.expected.get("per") == "hour":
        return 0.0, float(sign.expected["threshold"])
    usual: dict[str, Any] | None = sign.band.get(hour.strftime("%Y-%m-%dT%H"))
    if usual is None:
        return None, None
    if "upper" in usual:
        return float(usual["lower"]), float(usual["upper"])
    give = usual["limit"] * usual["spread"]
    return usual["mean"] - give, usual["mean"] + give


def rules_of(query: SavedQuery) -> list[RuleRow]:
    rules = list(AlertRule.objects.filter(query=query).prefetch_related("members", "routes").order_by("id"))
    counts = judgements_of([rule.pk for rule in rules])
    return [RuleRow(rule, *counts.get(rule.pk, (0, 0, 0))) for rule in rules]


def judgements_of(rule_ids: Collection[int]) -> dict[int, tuple[int, int, int]]:
    """By rule: episodes that it rang in, of them real, of them nothing."""
    rows = (
        AlertSign.objects.filter(rule__in=rule_ids)
        .values_list("rule_id")
        .annotate(
            rung=Count("episode", distinct=True),
            real=Count("episode", distinct=True, filter=Q(episode__judgement=EpisodeJudgement.REAL)),
            nothing=Count("episode", distinct=True, filter=Q(episode__judgement=EpisodeJudgement.NOTHING)),
        )
    )
    return {rule or 0: (rung, real, nothing) for rule, rung, real, nothing in rows}


def rule_of(member: Member, key: int) -> AlertRule | None:
    found: AlertRule | None = (
        AlertRule.objects.visible_to(member).select_related("query__department").filter(pk=key).first()
    )
    return found


def people_for(query: SavedQuery, member: Member) -> QuerySet[Member]:
    """Whom a rule of the query may tell: who sees what it finds."""
    if query.department_id is not None:
        return colleagues(member, department_id=query.department_id)
    roles = [role for role, rights in RIGHTS.items() if Action.SEE in rights]
    held = Membership.objects.filter(member=OuterRef("pk"), role__in=roles, department=None)
    return Member.objects.filter(Q(is_owner=True) | Exists(held), is_active=True)


def routes_for(query: SavedQuery) -> QuerySet[NoticeRoute]:
    """The department's ways and the house's."""
    routes: QuerySet[NoticeRoute] = NoticeRoute.objects.filter(
        Q(department=query.department) | Q(department__isnull=True), member__isnull=True
    )
    return routes.defer("sealed_address").select_related("department")
