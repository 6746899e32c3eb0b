"""Items that a query's plan cannot exclude, read from the full-text index block by block of their ids.

What is found holds every item that the query finds, and some more: the compiled query decides. Without
a word to seek, every item of the block is a candidate.
"""

import time
from collections.abc import Sequence
from itertools import chain
from typing import Any

from django.db import connection

from parvis.channels.models import Item
from parvis.channels.search import BLOCK_BITS, mark_of, newest_id, phrase_pattern, quoted_words
from parvis.core.query.plan import Both, Either, Everything, Plan, Seek, seeks_of

_MOST_ASKED = 6_000
"""Marked words in one question to the index: the more there are, the fewer blocks are read at once."""
_GROWTH = 8
_QUICK_S = 0.03
"""What one block after the other may take for several to be read at once from then on."""


def newest_block() -> int:
    """The block that the highest id lies in; -1 where there is no item."""
    newest = Item.objects.order_by("-id").values_list("id", flat=True).first()
    return -1 if newest is None else newest >> BLOCK_BITS[connection.vendor]


def ids_of_block(block: int) -> range:
    bits = BLOCK_BITS[connection.vendor]
    return range(block << bits, (block + 1) << bits)


def candidates(
    plan: Plan, block: int, department_ids: Sequence[int], *, from_id: int = 0, limit: int | None = None
) -> list[int]:
    """Ids in the block that the plan cannot exclude, in order: the first so many from an id on."""
    if isinstance(plan, Everything):
        span = ids_of_block(block)
        rows = Item.objects.filter(id__gte=max(span.start, from_id), id__lt=span.stop, department_id__in=department_ids)
        return list(rows.order_by("id").values_list("id", flat=True)[:limit])
    marks = [mark_of(block, department) for department in department_ids]
    if not marks:
        return []
    find = _find_sqlite if connection.vendor == "sqlite" else _find_postgresql
    return find(plan, marks, from_id=from_id, limit=ids_of_block(block).stop if limit is None else limit)


def newest_candidates(
    plan: Plan, department_ids: Sequence[int], *, below: int | None, limit: int, until_s: float
) -> tuple[list[int], int]:
    """Ids below `below` (None: all) that the plan cannot exclude, newest first, and down to which id they are all.

    Reads on until there are `limit` of them, everything was looked at (0), or `time.monotonic` has passed `until_s`.
    """
    assert not isinstance(plan, Everything)
    below = newest_id() + 1 if below is None else below
    bits = BLOCK_BITS[connection.vendor]
    most = max(_MOST_ASKED // (seeks_of(plan) * max(len(department_ids), 1)), 1)
    find = _newest_sqlite if connection.vendor == "sqlite" else _newest_postgresql
    found: list[int] = []
    newest, size = (below - 1) >> bits, 1
    while newest >= 0:
        began_s = time.monotonic()
        blocks = range(newest, max(newest - size, -1), -1)
        marks = [mark_of(block, department) for block in blocks for department in department_ids]
        if marks:
            found += find(plan, marks, below=below, limit=limit - len(found))
        if len(found) >= limit:
            return found, found[-1]
        now_s = time.monotonic()
        if now_s > until_s:
            return found, blocks[-1] << bits
        newest -= size
        size = min(size * _GROWTH, most) if now_s - began_s < _QUICK_S else 1
    return found, 0


def _newest_sqlite(plan: Plan, marks: Sequence[str], *, below: int, limit: int) -> list[int]:
    match = " OR ".join(_fts5(plan, mark) for mark in marks)
    statement = (
        "SELECT rowid FROM channels_itemsearch WHERE channels_itemsearch MATCH %s AND rowid < %s"
        " ORDER BY rowid DESC LIMIT %s"
    )
    return _rows(statement, [match, below, limit])


def _newest_postgresql(plan: Plan, marks: Sequence[str], *, below: int, limit: int) -> list[int]:
    statement, values = _postgresql(plan, marks)
    return _rows(
        f"WITH found AS MATERIALIZED ({statement}) SELECT DISTINCT item_id FROM found WHERE item_id < %s"  # noqa: S608
        " ORDER BY item_id DESC LIMIT %s",
        [*values, below, limit],
    )


def _find_sqlite(plan: Plan, marks: Sequence[str], *, from_id: int, limit: int) -> list[int]:
    match = " OR ".join(_fts5(plan, mark) for mark in marks)
    statement = (
        "SELECT rowid FROM channels_itemsearch WHERE channels_itemsearch MATCH %s AND rowid >= %s"
        " ORDER BY rowid LIMIT %s"
    )
    return _rows(statement, [match, from_id, limit])


def _fts5(plan: Plan, mark: str) -> str:
    match plan:
        case Seek(words=words, is_prefix=is_prefix):
            return quoted_words(words, mark, is_prefix=is_prefix)
        case Both(parts=parts):
            return f"({' AND '.join(_fts5(part, mark) for part in parts)})"
        case Either(parts=parts):
            return f"({' OR '.join(_fts5(part, mark) for part in parts)})"
    raise AssertionError(plan)


def _find_postgresql(plan: Plan, marks: Sequence[str], *, from_id: int, limit: int) -> list[int]:
    statement, values = _postgresql(plan, marks)
    return _rows(
        f"WITH found AS MATERIALIZED ({statement}) SELECT DISTINCT item_id FROM found WHERE item_id >= %s"  # noqa: S608
        " ORDER BY item_id LIMIT %s",
        [*values, from_id, limit],
    )


def _postgresql(plan: Plan, marks: Sequence[str]) -> tuple[str, list[Any]]:
    """One question to the index for each department; phrases that must be there are looked at in what it finds."""
    asked = [_tsquery(plan, mark) for mark in marks]
    phrases = [phrase_pattern(seek.words, is_prefix=seek.is_prefix) for seek in _needed(plan) if len(seek.words) > 1]
    looked_at = "".join(" AND folded LIKE %s" for _ in phrases)
    statement = (
        "SELECT one.item_id FROM unnest(%s::tsquery[]) asked CROSS JOIN LATERAL"  # noqa: S608
        f" (SELECT item_id FROM channels_itemsearch WHERE words @@ asked{looked_at} OFFSET 0) one"
    )
    return statement, [asked, *phrases]


def _tsquery(plan: Plan, mark: str) -> str:
    match plan:
        case Seek(words=words, is_prefix=is_prefix):
            return "&".join(mark + word for word in words) + (":*" if is_prefix else "")
        case Both(parts=parts):
            return "(" + "&".join(_tsquery(part, mark) for part in parts) + ")"
        case Either(parts=parts):
            return "(" + "|".join(_tsquery(part, mark) for part in parts) + ")"
    raise AssertionError(plan)


def _needed(plan: Plan) -> list[Seek]:
    """What must be there in any case."""
    if isinstance(plan, Seek):
        return [plan]
    if isinstance(plan, Both):
        return list(chain.from_iterable(_needed(part) for part in plan.parts))
    return []


def _rows(statement: str, values: list[Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [row[0] for row in cursor.fetchall()]
