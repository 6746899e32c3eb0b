"""Reading for the screens: queries with their rhythm, what they found, and what one would find before it is saved."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from django.db.models import Q

from parvis.channels.candidates import candidates, newest_block
from parvis.channels.models import Item
from parvis.core.query.plan import plan_of
from parvis.jobs.models import Job
from parvis.listening.history import find
from parvis.listening.models import HourCount, Match, QueryState, QueryVersion, SavedQuery
from parvis.listening.services import check_query
from parvis.orgs.access import department_ids
from parvis.orgs.models import Department, Member
from parvis.orgs.rights import Action

DAYS = 14
PAGE = 50
PREVIEW_SHOWN = 5
_PREVIEW_S = 0.6
"""A preview is shown while one types: it looks as far back as it gets in so long."""
_PREVIEW_CHUNK = 250


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    count: int


@dataclass(frozen=True, slots=True)
class QueryRow:
    """A query with how much it found lately."""

    query: SavedQuery
    days: list[Day]
    """The last `DAYS`, today last."""

    @property
    def today(self) -> int:
        return self.days[-1].count

    @property
    def week(self) -> int:
        return sum(day.count for day in self.days[-7:])

    @property
    def week_before(self) -> int:
        return sum(day.count for day in self.days[-14:-7])


@dataclass(frozen=True, slots=True)
class MatchRow:
    """An item that was found, with what a list shows of it."""

    match_id: int | None
    item_id: int
    conversation_root_id: int
    title: str
    text: str
    language: str
    url: str
    author: str
    channel: str
    platform: str
    at: datetime
    department_id: int


@dataclass(frozen=True, slots=True)
class MatchPage:
    rows: list[MatchRow]
    next: int | None
    """Item id to go on below."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a query finds in what is stored, as far back as was looked."""

    rows: list[MatchRow] = field(default_factory=list)
    found_count: int = 0
    since: datetime | None = None
    """How far back it looked; None where nothing is stored."""
    per_day: float | None = None
    slow_reason: Any = None


def query_rows(
    member: Member, *, zone: tzinfo, now: datetime, department: Department | None = None, archived: bool = False
) -> list[QueryRow]:
    """`department`: its own and the house's alone."""
    queries = SavedQuery.objects.visible_to(member).select_related("owner", "department")
    if department is not None:
        queries = queries.filter(Q(department=department) | Q(department__isnull=True))
    queries = queries.filter(state=QueryState.ARCHIVED) if archived else queries.exclude(state=QueryState.ARCHIVED)
    rows = list(queries.order_by("name", "id"))
    days = _days([query.pk for query in rows], zone=zone, now=now, count=DAYS)
    return [QueryRow(query, days[query.pk]) for query in rows]


def query_of(member: Member, key: int) -> SavedQuery | None:
    found: SavedQuery | None = (
        SavedQuery.objects.visible_to(member).select_related("owner", "department").filter(pk=key).first()
    )
    return found


def days_of(query: SavedQuery, *, zone: tzinfo, now: datetime, count: int = 30) -> list[Day]:
    return _days([query.pk], zone=zone, now=now, count=count)[query.pk]


def _days(query_ids: Sequence[int], *, zone: tzinfo, now: datetime, count: int) -> dict[int, list[Day]]:
    """Counted by the house's or the reader's days, from the hours that were kept."""
    today = now.astimezone(zone).date()
    first = today - timedelta(days=count - 1)
    begins = datetime(first.year, first.month, first.day, tzinfo=zone)
    counts: dict[int, dict[date, int]] = {key: {} for key in query_ids}
    rows = HourCount.objects.filter(query_id__in=query_ids, hour__gte=begins).values_list("query_id", "hour", "count")
    for key, hour, number in rows:
        day = hour.astimezone(zone).date()
        counts[key][day] = counts[key].get(day, 0) + number
    span = [first + timedelta(days=number) for number in range(count)]
    return {key: [Day(day, found.get(day, 0)) for day in span] for key, found in counts.items()}


def match_page(
    member: Member, query: SavedQuery, *, before: int | None = None, day: date | None = None, zone: tzinfo
) -> MatchPage:
    """What it found, newest first, of what the member may see."""
    matches = Match.objects.filter(query=query, item__in=Item.objects.visible_to(member))
    if before is not None:
        matches = matches.filter(item_id__lt=before)
    if day is not None:
        begins = datetime(day.year, day.month, day.day, tzinfo=zone)
        matches = matches.filter(hour__gte=begins, hour__lt=begins + timedelta(days=1))
    ids = list(matches.order_by("-item_id").values_list("id", "item_id")[: PAGE + 1])
    by_item = {item: key for key, item in ids[:PAGE]}
    return MatchPage(
        rows=rows_of(by_item, member),
        next=ids[PAGE - 1][1] if len(ids) > PAGE else None,
    )


_ROW = (
    "id", "root_id", "title", "text", "language", "url", "profile__name", "profile__handle", "channel__name",
    "channel__connector", "published_at", "received_at", "department_id",
)  # fmt: skip


def rows_of(match_by_item: Mapping[int, int | None], member: Member) -> list[MatchRow]:
    rows = Item.objects.visible_to(member).filter(id__in=list(match_by_item)).order_by("-id").values_list(*_ROW)
    return [
        MatchRow(
            match_by_item[key], key, root_id or key, title, text, language, url, author or handle or "", channel,
            platform, published_at or received_at, department_id,
        )
        for key, root_id, title, text, language, url, author, handle, channel, platform, published_at, received_at,
        department_id in rows
    ]  # fmt: skip


def preview(member: Member, text: str, *, department: Department | None, hears_house: bool, now: datetime) -> Preview:
    """The last matches and the expected volume a day, of what the member sees. Raises what `check_query` raises."""
    tree, slow = check_query(text)
    departments = _departments(member, department, hears_house=hears_house)
    rows: dict[int, int | None] = {}
    found_count, lowest = 0, None
    until_s = time.monotonic() + _PREVIEW_S
    for chunk in _chunks(plan_of(tree), departments):
        found = find(tree, chunk, now=now)
        found_count += len(found)
        rows.update(dict.fromkeys(sorted(found, reverse=True)))
        lowest = min(chunk)
        if time.monotonic() > until_s:
            break
    else:
        lowest = None
    since = _since(departments, lowest)
    per_day = None
    if since is not None:
        per_day = found_count / max((now - since) / timedelta(days=1), 1.0)
    newest = dict(sorted(rows.items(), reverse=True)[:PREVIEW_SHOWN])
    return Preview(rows_of(newest, member), found_count, since, per_day, slow)


def _chunks(plan: Any, departments: list[int]) -> Iterable[list[int]]:
    for block in range(newest_block(), -1, -1):
        ids = candidates(plan, block, departments)[::-1]
        for start in range(0, len(ids), _PREVIEW_CHUNK):
            yield ids[start : start + _PREVIEW_CHUNK]


def _departments(member: Member, department: Department | None, *, hears_house: bool) -> list[int]:
    seen = department_ids(member, Action.SEE)
    if department is not None and not hears_house:
        return [department.pk] if seen is None or department.pk in seen else []
    return sorted(Department.objects.values_list("id", flat=True) if seen is None else seen)


def _since(departments: list[int], lowest: int | None) -> datetime | None:
    """When the oldest item that was looked at came; of all of them where all were."""
    items = Item.objects.filter(department_id__in=departments)
    items = items if lowest is None else items.filter(id__gte=lowest)
    row = items.order_by("id").values_list("published_at", "received_at").first()
    return None if row is None else row[0] or row[1]


def versions_of(query: SavedQuery) -> list[QueryVersion]:
    return list(query.versions.select_related("member").order_by("-id")[:50])


def look_back_of(query: SavedQuery) -> Job | None:
    if query.backfill_job is None:
        return None
    return Job.objects.filter(pk=query.backfill_job).first()
