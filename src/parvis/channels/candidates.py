"""Items that a query's plan cannot exclude, read from the full-text index block by block of their ids.

What is found holds every item that the query finds, and some more: the compiled query decides. Without
a word to seek, every item of the block is a candidate.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from django.db import connection

from parvis.channels.models import Item
from parvis.channels.search import BLOCK_BITS, mark_of, phrase_pattern, quoted_words
from parvis.core.query.plan import Both, Either, Everything, Plan, Seek


def newest_block() -> int:
    """The block that the highest id lies in; -1 where there is no item."""
    newest = Item.objects.order_by("-id").values_list("id", flat=True).first()
    return -1 if newest is None else newest >> BLOCK_BITS[connection.vendor]


def ids_of_block(block: int) -> range:
    bits = BLOCK_BITS[connection.vendor]
    return range(block << bits, (block + 1) << bits)


def candidates(plan: Plan, block: int, department_ids: Sequence[int]) -> list[int]:
    """Ids in the block that the plan cannot exclude, in order."""
    if isinstance(plan, Everything):
        span = ids_of_block(block)
        rows = Item.objects.filter(id__gte=span.start, id__lt=span.stop, department_id__in=department_ids)
        return list(rows.order_by("id").values_list("id", flat=True))
    marks = [mark_of(block, department) for department in department_ids]
    if not marks:
        return []
    return sorted(_find_sqlite(plan, marks) if connection.vendor == "sqlite" else _find_postgresql(plan, marks))


def _find_sqlite(plan: Plan, marks: Sequence[str]) -> list[int]:
    match = " OR ".join(_fts5(plan, mark) for mark in marks)
    return _ids("SELECT rowid FROM channels_itemsearch WHERE channels_itemsearch MATCH %s", [match])


def _fts5(plan: Plan, mark: str) -> str:
    match plan:
        case Seek(words=words, is_prefix=is_prefix):
            return quoted_words(words, mark, is_prefix=is_prefix)
        case Both(parts=parts):
            return f"({' AND '.join(_fts5(part, mark) for part in parts)})"
        case Either(parts=parts):
            return f"({' OR '.join(_fts5(part, mark) for part in parts)})"
    raise AssertionError(plan)


def _find_postgresql(plan: Plan, marks: Sequence[str]) -> list[int]:
    """One question to the index for each department; phrases that must be there are looked at in what it finds."""
    asked = [_tsquery(plan, mark) for mark in marks]
    phrases = [phrase_pattern(seek.words, is_prefix=seek.is_prefix) for seek in _needed(plan) if len(seek.words) > 1]
    looked_at = "".join(" AND folded LIKE %s" for _ in phrases)
    return _ids(
        "SELECT one.item_id FROM unnest(%s::tsquery[]) asked CROSS JOIN LATERAL"  # noqa: S608
        f" (SELECT item_id FROM channels_itemsearch WHERE words @@ asked{looked_at} OFFSET 0) one",
        [asked, *phrases],
    )


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


def _ids(statement: str, values: list[Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list({row[0] for row in cursor.fetchall()})
