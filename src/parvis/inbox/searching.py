"""The list under words: conversations by the newest item that matches, each shown once; and under a tree."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from math import ceil

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from parvis.channels.models import Item
from parvis.channels.search import ItemSearch, Term, search_words
from parvis.core.query import chips_of
from parvis.inbox import cursors
from parvis.inbox.filling import rows_of
from parvis.inbox.filters import Filter, slow_reason
from parvis.inbox.looking import COUNT_S, MOST_WORK_S, OF_THREAD, WORK_S, look
from parvis.inbox.rows import MOST_CHIPS, Page
from parvis.inbox.ways import conditions_of
from parvis.jobs.rows import among
from parvis.orgs.models import Member

BATCHES, FILTERED_BATCHES = (100, 300), (300, 1500)
"""Items that are looked at at once, first and then: more, where the rest of the filter leaves few of them."""
MOST_BATCHES = 20
"""For work on all that is found; a page makes do with the items of two, and says so where they leave it short."""
_MARGIN = 1.5
MOST_COMPARED = 2000
"""Newer items of the same threads that are looked at, so that no conversation comes on two pages."""
_ROWS_AT_ONCE = 100


def search_page(
    found: Filter,
    member: Member,
    *,
    now: datetime,
    after: str | None = None,
    limit: int = 50,
) -> Page:
    """One page of conversations with a matching item. There is no way back but to the beginning."""
    chips = chips_of(found.query, most=MOST_CHIPS)
    if found.is_empty:
        return Page([], None, None, found.query, chips, is_search=True)
    start = cursors.read_number(after)
    hits, going_on = _collect(found, start=start, limit=limit)
    return Page(
        rows=rows_of(list(hits), member, now=now, shown=hits),
        next=None if going_on is None else cursors.write_number(going_on),
        previous=None,
        query=found.query,
        chips=chips,
        is_search=True,
        is_partial=going_on is not None and len(hits) < limit,
    )


def look_page(found: Filter, member: Member, *, now: datetime, after: str | None = None, limit: int = 50) -> Page:
    """The same of conversations of which an item is what a tree asks for."""
    looked = look(found, now=now, after=after, limit=limit)
    return Page(
        rows=rows_of(list(looked.hits), member, now=now, shown=looked.hits),
        next=looked.next,
        previous=None,
        query=found.query,
        chips=chips_of(found.query, most=MOST_CHIPS),
        is_search=found.tree is not None and found.tree.is_sought,
        is_partial=looked.is_partial(limit),
        looked_count=looked.count,
        slow_reason=slow_reason(found),
    )


def count_found(found: Filter, *, now: datetime, limit: int) -> tuple[int, bool]:
    """How many conversations have a matching item, up to `limit`, and whether there may be more."""
    if found.is_empty:
        return 0, False
    if found.tree is not None:
        looked = look(found, now=now, after=None, limit=limit, most_s=COUNT_S)
        return len(looked.hits), looked.next is not None
    hits, _ = _collect(found, start=None, limit=limit)
    return len(hits), len(hits) >= limit


def found_ids(found: Filter, *, now: datetime, limit: int) -> list[int]:
    """Ids of the first conversations, in the order of the list."""
    if found.is_empty:
        return []
    if found.tree is not None:
        return list(look(found, now=now, after=None, limit=limit).hits)
    return list(_collect(found, start=None, limit=limit)[0])


def search_ids(found: Filter, *, now: datetime, after: str | None, limit: int) -> tuple[list[int], str | None]:
    """Ids of conversations and the cursor that leads on; a page may be short and yet not the last."""
    if found.tree is not None:
        looked = look(found, now=now, after=after, limit=limit, most_s=WORK_S)
        if not looked.hits and looked.next is not None:
            looked = look(found, now=now, after=looked.next, limit=limit, most_s=MOST_WORK_S)
        return list(looked.hits), looked.next
    hits, going_on = _collect(found, start=cursors.read_number(after), limit=limit, batch_count=MOST_BATCHES)
    return list(hits), None if going_on is None else cursors.write_number(going_on)


def _collect(
    found: Filter, *, start: int | None, limit: int, batch_count: int = len(BATCHES)
) -> tuple[dict[int, int], int | None]:
    """{conversation: its newest matching item}, newest first, and the item id before which the next page begins."""
    hits: dict[int, int] = {}
    first, then = FILTERED_BATCHES if conditions_of(found, but_departments=True) or limit > BATCHES[1] else BATCHES
    size, left = first, first + then * (batch_count - 1)
    search, before = ItemSearch(found.words, department_ids=found.departments, before_id=start), start
    while left > 0:
        ids = search.older(size)
        earlier = _shown_earlier(found, ids, start) if start is not None and ids else set()
        count_before = len(hits)
        for key, item_id in _said(found, _conversations_of(found, ids)):
            if key in hits or key in earlier:
                continue
            if len(hits) == limit:
                return hits, item_id + 1
            hits[key] = item_id
        if len(ids) < size:
            return hits, None
        before, left = ids[-1], left - size
        size = min(_next_batch(size, len(hits) - count_before, limit - len(hits), least=first, most=then), left)
    return hits, before


def _next_batch(size: int, hit_count: int, missing_count: int, *, least: int, most: int) -> int:
    """Items to look at next: as many as seem to be needed, and all that may be where little was found."""
    needed = ceil(size * (missing_count + 1) / hit_count * _MARGIN) if hit_count else most
    return max(min(needed, most), least)


def _conversations_of(found: Filter, item_ids: Sequence[int]) -> list[tuple[int, int, str]]:
    """(conversation, item, author's name) of the items whose conversation passes the rest, newest item first."""
    if not item_ids:
        return []
    conditions = conditions_of(found)
    of_items, params = among(item_ids)
    where = "".join(f" AND ({clause.sql})" for clause in conditions)
    sql = (
        f"SELECT c.id, i.id, p.name FROM channels_item i CROSS JOIN {OF_THREAD[connection.vendor]}"  # noqa: S608
        " LEFT JOIN channels_profile p ON p.id = i.profile_id"
        f" WHERE i.id {of_items} AND c.root_id = COALESCE(i.root_id, i.id){where}"
        " ORDER BY i.id DESC"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*params, *(value for clause in conditions for value in clause.params)])
        return [(key, item_id, name or "") for key, item_id, name in cursor.fetchall()]


def _shown_earlier(found: Filter, item_ids: Sequence[int], start: int) -> set[int]:
    """Conversations of these items that an earlier page has shown, for a newer item of theirs that matches."""
    roots = Item.objects.filter(pk__in=item_ids).annotate(thread_key=Coalesce("root_id", "id")).values("thread_key")
    newer = Item.objects.filter(pk__gte=start, root__in=roots) | Item.objects.filter(pk__gte=start, pk__in=roots)
    matching = [
        key for key, words in _words_of(newer.order_by("-id")[:MOST_COMPARED]) if _is_what_is_asked(found, words)
    ]
    return {key for key, _, _ in _conversations_of(found, matching)}


def _said(found: Filter, rows: Sequence[tuple[int, int, str]]) -> Iterator[tuple[int, int]]:
    """Without items that the index knows by their author's name alone, and those that have what must not be there."""
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        some = rows[start : start + _ROWS_AT_ONCE]
        doubtful = [item_id for _, item_id, name in some if found.without or _may_be_name(found, name)]
        items = Item.objects.filter(pk__in=doubtful) if doubtful else Item.objects.none()
        kept = {key for key, words in _words_of(items) if _is_what_is_asked(found, words)}
        dropped = {*doubtful} - kept
        yield from ((key, item_id) for key, item_id, _ in some if item_id not in dropped)


def _may_be_name(found: Filter, name: str) -> bool:
    """Whether the index may mean the author's name by some of the words."""
    words = search_words(name)
    return any(_has(words, Term(term.words[:1], is_prefix=term.is_prefix)) for term in found.words)


def _is_what_is_asked(found: Filter, words: Sequence[str]) -> bool:
    wanted = all(_has(words, term) for term in found.words)
    return wanted and not any(_has(words, term) for term in found.without)


def _words_of(items: QuerySet[Item]) -> Iterator[tuple[int, list[str]]]:
    for key, title, text in items.values_list("id", "title", "text"):
        yield key, search_words(title, text)


def _has(words: Sequence[str], term: Term) -> bool:
    """The same as the full-text index says of title and text."""
    length = len(term.words)
    *whole, last = term.words
    for at in range(len(words) - length + 1):
        if list(words[at : at + length - 1]) == whole:
            word = words[at + length - 1]
            if word == last or (term.is_prefix and word.startswith(last)):
                return True
    return False
