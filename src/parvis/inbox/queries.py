"""What the screens of the inbox read: a page of the list, the counts of its tabs, one conversation."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from parvis.core.errors import QueryNotUnderstood
from parvis.core.query import chips_of
from parvis.inbox import cursors
from parvis.inbox.filling import rows_of
from parvis.inbox.filters import Filter, compile_filter
from parvis.inbox.models import Conversation, SavedView
from parvis.inbox.reading import conversation_detail
from parvis.inbox.rows import MOST_CHIPS, Neighbours, Page, ViewRow
from parvis.inbox.searching import count_found, found_ids, look_page, search_ids, search_page
from parvis.inbox.ways import Place, plain_ways_of, read_counts, read_page, ways_of
from parvis.orgs.access import department_ids
from parvis.orgs.models import Department, Member

PAGE = 50
MOST_COUNTED = 1000
MOST_OF_ALL = 10_000_000
MOST_AROUND = 200
"""Conversations of a search in which neighbours are looked for."""

__all__ = [
    "conversation_detail",
    "conversation_page",
    "count_all",
    "ids_after",
    "neighbours",
    "view_counts",
    "views_of",
]


def conversation_page(
    member: Member,
    filter_text: str,
    *,
    now: datetime,
    department: Department | None = None,
    after: str | None = None,
    before: str | None = None,
    limit: int = PAGE,
) -> Page:
    """One page, newest first. `after` and `before` are cursors of another page of the same filter.

    Raises QueryNotUnderstood.
    """
    found = compile_filter(filter_text, member, now=now, department=department)
    if found.words:
        return search_page(found, member, now=now, after=after, limit=limit)
    if found.tree is not None:
        return look_page(found, member, now=now, after=after, limit=limit)
    chips = chips_of(found.query, most=MOST_CHIPS)
    if found.is_empty:
        return Page([], None, None, found.query, chips)
    start, end = cursors.read_place(after), cursors.read_place(before)
    [way] = ways_of([found])
    ids = read_page(way, limit=limit + 1, after=start, before=end)
    has_more = len(ids) > limit
    if has_more:
        ids = ids[1:] if end else ids[:limit]
    rows = rows_of([key for key, _ in ids], member, now=now)
    first, last = (Place(ids[0][1], ids[0][0]), Place(ids[-1][1], ids[-1][0])) if ids else (None, None)
    comes_before = has_more if end else start is not None
    comes_after = end is not None or has_more
    return Page(
        rows=rows,
        next=cursors.write_place(last) if last and comes_after else None,
        previous=cursors.write_place(first) if first and comes_before else None,
        query=found.query,
        chips=chips,
    )


def ids_after(
    member: Member,
    filter_text: str,
    *,
    now: datetime,
    department: Department | None = None,
    cursor: str | None = None,
    limit: int = 500,
) -> tuple[list[int], str | None]:
    """Ids of what a filter finds, in list order, and the cursor that leads on (None at the end): for work on all of it.

    Raises QueryNotUnderstood.
    """
    found = compile_filter(filter_text, member, now=now, department=department)
    if found.is_empty:
        return [], None
    if found.is_of_items:
        return search_ids(found, now=now, after=cursor, limit=limit)
    [way] = ways_of([found])
    rows = read_page(way, limit=limit + 1, after=cursors.read_place(cursor))
    ids = [key for key, _ in rows[:limit]]
    leads_on = len(rows) > limit
    return ids, cursors.write_place(Place(rows[limit - 1][1], rows[limit - 1][0])) if leads_on else None


def count_all(member: Member, filter_text: str, *, now: datetime, department: Department | None = None) -> int | None:
    """How many a filter finds; None where only a search through everything could tell."""
    found = compile_filter(filter_text, member, now=now, department=department)
    if found.is_of_items:
        return None
    if found.is_empty:
        return 0
    return read_counts(ways_of([found]), limit=MOST_OF_ALL)[0]


def neighbours(
    member: Member, filter_text: str, conversation_id: int, *, now: datetime, department: Department | None = None
) -> Neighbours:
    """What stands before and after a conversation in a list, also where it has left that list itself."""
    found = compile_filter(filter_text, member, now=now, department=department)
    if found.is_of_items:
        return _around(found_ids(found, now=now, limit=MOST_AROUND), conversation_id)
    at = Conversation.objects.visible_to(member).filter(pk=conversation_id).values_list("last_activity_at", flat=True)
    place = next((Place(moment, conversation_id) for moment in at), None)
    if place is None or found.is_empty:
        return Neighbours(None, None)
    [way] = ways_of([found])
    newer = read_page(way, limit=1, before=place)
    older = read_page(way, limit=1, after=place)
    return Neighbours(newer[0][0] if newer else None, older[0][0] if older else None)


def _around(ids: Sequence[int], key: int) -> Neighbours:
    if key not in ids:
        return Neighbours(None, ids[0] if ids else None)
    at = ids.index(key)
    return Neighbours(ids[at - 1] if at else None, ids[at + 1] if at + 1 < len(ids) else None)


def views_of(member: Member, *, department: Department | None = None) -> list[ViewRow]:
    """The saved views that the member has: their own, their departments' and the house's, in their order."""
    shared = Q(member__isnull=True)
    visible = department_ids(member)
    if visible is not None:
        shared &= Q(department__isnull=True) | Q(department_id__in=sorted(visible))
    if department is not None:
        shared &= Q(department__isnull=True) | Q(department=department)
    views = SavedView.objects.filter(shared | Q(member=member)).order_by("position", "name", "id")
    return [
        ViewRow(
            id=view.pk,
            name=view.name,
            query=view.query,
            is_shared=view.member_id is None,
            is_own=view.member_id == member.pk,
            department_id=view.department_id,
            position=view.position,
        )
        for view in views
    ]


def view_counts(
    member: Member, views: Sequence[ViewRow], *, now: datetime, department: Department | None = None
) -> dict[int, str]:
    """How many conversations each view shows, "999+" or "12+" where there are more than were counted.

    "" where its filter no longer reads, or where only a long look could tell.
    """
    filters: dict[int, Filter] = {}
    for view in views:
        try:
            filters[view.id] = compile_filter(view.query, member, now=now, department=department)
        except QueryNotUnderstood:
            continue
    plain = {key: found for key, found in filters.items() if not found.is_of_items and not found.is_empty}
    ways = plain_ways_of(list(plain.values()))
    counts = {key: (count, False) for key, count in zip(plain, read_counts(ways, limit=MOST_COUNTED), strict=True)}
    for key, found in filters.items():
        if found.is_of_items:
            counts[key] = count_found(found, now=now, limit=MOST_COUNTED)
    return {view.id: _shown(*counts.get(view.id, (0, False))) if view.id in filters else "" for view in views}


def _shown(count: int, may_be_more: bool) -> str:
    """Nothing is said where none was found yet and some may be."""
    if count >= MOST_COUNTED:
        return "999+"
    return f"{count or ''}{'+' if count else ''}" if may_be_more else str(count)
