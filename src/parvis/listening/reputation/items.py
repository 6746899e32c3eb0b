"""The items behind a figure: exactly those that it counts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from parvis.listening.models import Match, SavedQuery
from parvis.listening.queries import MatchRow, rows_of
from parvis.listening.reputation.figures import seen_departments
from parvis.orgs.models import Member

PAGE = 50
KNOWN = ("tone", "reach")


@dataclass(frozen=True, slots=True)
class Behind:
    """What a figure counts: published from `begins` on and before `ends`, and the rest where it is asked for."""

    begins: datetime
    ends: datetime
    channel: int | None = None
    profile: int | None = None
    story: int | None = None
    known: str = ""
    """"tone" or "reach": where that is known."""


@dataclass(frozen=True, slots=True)
class ItemPage:
    rows: list[MatchRow]
    count: int
    """Of all, on this page and the others."""
    next: tuple[datetime, int] | None
    """Hour and item to go on below."""


def item_page(
    member: Member, query: SavedQuery, behind: Behind, *, below: tuple[datetime, int] | None = None
) -> ItemPage:
    """Newest hour first."""
    matches = matches_behind(member, query, behind)
    shown = matches
    if below is not None:
        shown = matches.filter(Q(hour__lt=below[0]) | Q(hour=below[0], item_id__lt=below[1]), hour__lte=below[0])
    keys = list(shown.order_by("-hour", "-item_id").values_list("id", "item_id", "hour")[: PAGE + 1])
    rows = {row.item_id: row for row in rows_of({item: key for key, item, _ in keys[:PAGE]}, member)}
    last = keys[PAGE - 1] if len(keys) > PAGE else None
    return ItemPage(
        rows=[rows[item] for _, item, _ in keys[:PAGE] if item in rows],
        count=matches.count(),
        next=(last[2], last[1]) if last else None,
    )


def matches_behind(member: Member, query: SavedQuery, behind: Behind) -> QuerySet[Match]:
    matches = Match.objects.filter(query=query, hour__gte=behind.begins, hour__lt=behind.ends)
    departments = seen_departments(member)
    asked: dict[str, Any] = {
        "channel_key": behind.channel, "profile_key": behind.profile, "story_key": behind.story,
        "department_key__in": departments,
    }  # fmt: skip
    matches = matches.filter(**{name: value for name, value in asked.items() if value is not None})
    return matches.filter(**{f"{behind.known}__isnull": False}) if behind.known in KNOWN else matches
