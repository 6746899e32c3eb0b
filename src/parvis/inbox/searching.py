"""The list under words: conversations by the newest item that matches, each shown once."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from parvis.channels.models import Item
from parvis.channels.search import Term, item_ids_matching, search_words, terms_of
from parvis.core.query import chips_of
from parvis.inbox import cursors
from parvis.inbox.filling import rows_of
from parvis.inbox.filters import Filter
from parvis.inbox.rows import Page
from parvis.inbox.ways import conditions_of
from parvis.orgs.models import Member

BATCH, FILTERED_BATCH = 300, 1500
"""Items that are looked at at once: more, where the rest of the filter leaves few of them."""
MOST_BATCHES = 20
"""For work on all that is found; a page makes do with one batch, and says so where that leaves it short."""
MOST_COMPARED = 2000
"""Newer items of the same threads that are looked at, so that no conversation comes on two pages."""
"""What one page looks at before it says that there may be more."""


def search_page(
    found: Filter,
    member: Member,
    *,
    now: datetime,
    after: str | None = None,
    limit: int = 50,
) -> Page:
    """One page of conversations with a matching item. There is no way back but to the beginning."""
    chips = chips_of(found.query)
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


def count_found(found: Filter, *, limit: int) -> int:
    """How many conversations have a matching item, up to `limit`, as far as a page may look."""
    if found.is_empty:
        return 0
    hits, going_on = _collect(found, start=None, limit=limit)
    return limit if going_on is not None and len(hits) >= limit else len(hits)


def found_ids(found: Filter, *, limit: int) -> list[int]:
    """Ids of the first conversations, in the order of the list."""
    return [] if found.is_empty else list(_collect(found, start=None, limit=limit)[0])


def search_ids(found: Filter, *, after: str | None, limit: int) -> tuple[list[int], str | None]:
    """Ids of conversations and the cursor that leads on; a page may be short and yet not the last."""
    hits, going_on = _collect(found, start=cursors.read_number(after), limit=limit, batch_count=MOST_BATCHES)
    return list(hits), None if going_on is None else cursors.write_number(going_on)


def _collect(
    found: Filter, *, start: int | None, limit: int, batch_count: int = 1
) -> tuple[dict[int, int], int | None]:
    """{conversation: its newest matching item}, newest first, and the item id before which the next page begins."""
    hits: dict[int, int] = {}
    before = start
    size = FILTERED_BATCH if conditions_of(found, but_departments=True) or limit > BATCH else BATCH
    for _ in range(batch_count):
        ids = item_ids_matching(found.words, department_ids=found.departments, before_id=before, limit=size)
        earlier = _shown_earlier(found, ids, start) if start is not None and ids else set()
        for key, item_id in _conversations_of(found, _without(found.without, ids)):
            if key in hits or key in earlier:
                continue
            if len(hits) == limit:
                return hits, item_id + 1
            hits[key] = item_id
        if len(ids) < size:
            return hits, None
        before = ids[-1]
    return hits, before


def _conversations_of(found: Filter, item_ids: Sequence[int]) -> list[tuple[int, int]]:
    """(conversation, item) of the items whose conversation passes the rest of the filter, newest item first."""
    if not item_ids:
        return []
    conditions = conditions_of(found)
    where = "".join(f" AND ({clause.sql})" for clause in conditions)
    sql = (
        "SELECT c.id, i.id FROM channels_item i CROSS JOIN inbox_conversation c"  # noqa: S608
        f" WHERE i.id IN ({', '.join(['%s'] * len(item_ids))}) AND c.root_id = COALESCE(i.root_id, i.id){where}"
        " ORDER BY i.id DESC"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*item_ids, *(value for clause in conditions for value in clause.params)])
        return list(cursor.fetchall())


def _shown_earlier(found: Filter, item_ids: Sequence[int], start: int) -> set[int]:
    """Conversations of these items that an earlier page has shown, for a newer item of theirs that matches."""
    roots = Item.objects.filter(pk__in=item_ids).annotate(thread_key=Coalesce("root_id", "id")).values("thread_key")
    newer = Item.objects.filter(pk__gte=start, root__in=roots) | Item.objects.filter(pk__gte=start, pk__in=roots)
    wanted, unwanted = terms_of(found.words), terms_of(found.without)
    matching = [
        key
        for key, words in _words_of(newer.order_by("-id")[:MOST_COMPARED])
        if all(_has(words, term) for term in wanted) and not any(_has(words, term) for term in unwanted)
    ]
    return {key for key, _ in _conversations_of(found, matching)}


def _without(unwanted: str, item_ids: Sequence[int]) -> Sequence[int]:
    """The items that have none of the words."""
    terms = terms_of(unwanted)
    if not terms or not item_ids:
        return item_ids
    having = {
        key
        for key, words in _words_of(Item.objects.filter(pk__in=item_ids))
        if any(_has(words, term) for term in terms)
    }
    return [key for key in item_ids if key not in having]


def _words_of(items: QuerySet[Item]) -> Iterator[tuple[int, list[str]]]:
    for key, title, text, author in items.values_list("id", "title", "text", "profile__name"):
        yield key, search_words(title, text, author or "")


def _has(words: Sequence[str], term: Term) -> bool:
    """The same as the full-text index would say."""
    length = len(term.words)
    *whole, last = term.words
    for at in range(len(words) - length + 1):
        if list(words[at : at + length - 1]) == whole:
            word = words[at + length - 1]
            if word == last or (term.is_prefix and word.startswith(last)):
                return True
    return False
