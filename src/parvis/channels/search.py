"""Full text of items: the same folded words on SQLite (FTS5) and PostgreSQL (GIN), newest first.

Each word is stored with a mark in front of it: the block of item ids that the item lies in, and its
department. So a search reads the newest block first and stops once a page is full (a frequent word
costs no more than its hits in one block), prefixes stay cheap, and what stands in departments that
the reader does not see is never touched.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from parvis.channels.models import Item
from parvis.core.text.normalise import words_of
from parvis.orgs.models import Department

BLOCK_BITS = {"sqlite": 17, "postgresql": 15}
"""Ids in a block, as a power of two. Smaller: frequent words cost less, words that are nowhere cost more."""
_GROWTH = 8
"""After the newest block alone, each query reads at most so many times more blocks than the one before."""
_MARGIN = 1.3
MOST_WORDS = 20_000
"""Of one item; what follows is not found."""
MOST_TERMS = 16
"""That are looked up at once."""
_PIECE = re.compile(r'["“”«»]([^"“”«»]*)["“”«»]?|(\S+)')
_ROWS_A_QUERY = 500


@dataclass(frozen=True, slots=True)
class SearchRow:
    """What an item is found by."""

    item_id: int
    department_id: int
    words: Sequence[str]


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or several that follow each other; the last may be the beginning of one."""

    words: tuple[str, ...]
    is_prefix: bool = False


def search_words(*texts: str) -> list[str]:
    """The words of an item, from its title, text and author; a phrase never reaches from one into the next."""
    return [word for text in texts if text for word in (*words_of(text), _GAP)][:-1][:MOST_WORDS]


def indexed_text(title: str, text: str) -> str:
    """As much of a text as the index holds, for who reads the text itself and is to find the same."""
    room = MOST_WORDS - _RESERVED_WORDS
    if len(title) + len(text) <= room:
        return text
    room -= len(words_of(title))
    if len(words_of(text)) <= room:
        return text
    low, high = 0, len(text)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if len(words_of(text[:middle])) <= room else (low, middle)
    return text[:low].rsplit(None, 1)[0]


_RESERVED_WORDS = 300
"""For the author's name, which the index holds too."""
_GAP = "\ue000"
"""Between two texts of one item: no word that can be asked for, so that no phrase reaches over it."""


def terms_of(written: str) -> list[Term]:
    """What somebody asks for: words, “phrases” and beginnings*; whatever else is there is read as words."""
    terms = []
    for phrase, word in _PIECE.findall(written):
        words = tuple(words_of(phrase or word))
        if words:
            terms.append(Term(words, is_prefix=(phrase or word).rstrip().endswith("*")))
    return list(dict.fromkeys(terms))[:MOST_TERMS]


def item_ids_matching(
    words: str, *, department_ids: Iterable[int] | None, before_id: int | None = None, limit: int = 50
) -> list[int]:
    """The same as `item_ids_with`, of what somebody typed."""
    return item_ids_with(terms_of(words), department_ids=department_ids, before_id=before_id, limit=limit)


def item_ids_with(
    terms: Sequence[Term], *, department_ids: Iterable[int] | None, before_id: int | None = None, limit: int = 50
) -> list[int]:
    """Ids of the items in which all of it is found, newest first, below `before_id`.

    `department_ids` None: all of the house. Empty where nothing is asked for.
    """
    return ItemSearch(terms, department_ids=department_ids, before_id=before_id).older(limit)


class ItemSearch:
    """Read on from where it stands, newest first, as far as it is wanted."""

    def __init__(
        self, terms: Sequence[Term], *, department_ids: Iterable[int] | None, before_id: int | None = None
    ) -> None:
        self._terms = terms
        self._departments = all_departments() if department_ids is None else sorted(set(department_ids))
        last_id = newest_id() if terms and self._departments else 0
        self._below = last_id + 1 if before_id is None else min(before_id, last_id + 1)
        """Ids from here on are read already."""
        self._block_count = 1
        """That are read at once: more, where they hold little."""

    def older(self, limit: int) -> list[int]:
        """The next ids; fewer than `limit` where there are no more."""
        found: list[int] = []
        while self._terms and self._departments and self._below > 1 and len(found) < limit:
            newest = (self._below - 1) >> _block_bits()
            oldest = max(newest - self._block_count + 1, 0)
            missing = limit - len(found)
            blocks = range(newest, oldest - 1, -1)
            hits = _find(self._terms, self._departments, blocks, below=self._below, limit=missing)
            found += hits
            is_full = len(hits) == missing  # then these blocks may hold more
            self._below = hits[-1] if is_full else oldest << _block_bits()
            self._block_count = _next_size(self._block_count, hit_count=len(hits), missing_count=missing - len(hits))
        return found


def add_rows(rows: Sequence[SearchRow]) -> None:
    """Makes items findable that were not before."""
    if not rows:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(
                "INSERT INTO channels_itemsearch(rowid, words) VALUES (%s, %s)",
                [(row.item_id, _marked(row)) for row in rows],
            )
            return
        with cursor.copy("COPY channels_itemsearch (item_id, words, folded) FROM STDIN") as copy:
            for row in rows:
                copy.write_row((row.item_id, _marked(row), f" {' '.join(row.words)} "))


def replace_rows(rows: Sequence[SearchRow]) -> None:
    """The same for items that may have been findable by other words."""
    if not rows:
        return
    key = "rowid" if connection.vendor == "sqlite" else "item_id"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(
            f"DELETE FROM channels_itemsearch WHERE {key} = %s",  # noqa: S608
            [(row.item_id,) for row in rows],
        )
        add_rows(rows)


def move_items(item_ids: Iterable[int], department_id: int) -> int:
    """Puts items into another department, for searches and listening too; how many were elsewhere before."""
    moved = 0
    ids = sorted(set(item_ids))
    for start in range(0, len(ids), _ROWS_A_QUERY):
        with transaction.atomic():
            there = Item.objects.filter(id__in=ids[start : start + _ROWS_A_QUERY]).exclude(department_id=department_id)
            rows = [replace(row, department_id=department_id) for row in _search_rows(there)]
            replace_rows(rows)
            Item.objects.filter(id__in=[row.item_id for row in rows]).update(
                department_id=department_id, is_heard=False
            )
            moved += len(rows)
    return moved


def fold_again(after_id: int) -> int | None:
    """Writes anew what some items are found by, and gives the last one's id; None where none follows `after_id`.

    For a house whose texts were folded by rules that have changed since. One short transaction a call.
    """
    with transaction.atomic():
        rows = _search_rows(Item.objects.filter(id__gt=after_id).order_by("id")[:_ROWS_A_QUERY])
        replace_rows(rows)
    return rows[-1].item_id if rows else None


def _search_rows(items: QuerySet[Item]) -> list[SearchRow]:
    return [
        SearchRow(key, department_id, search_words(title, text, name or ""))
        for key, department_id, title, text, name in items.values_list(
            "id", "department_id", "title", "text", "profile__name"
        )
    ]


def _block_bits() -> int:
    return BLOCK_BITS[connection.vendor]


def mark_of(block: int, department_id: int) -> str:
    """Letters and digits only, so that every tokenizer sees one word; two numbers end at an x each."""
    return f"{block}x{department_id}x"


def _marked(row: SearchRow) -> str:
    mark = mark_of(row.item_id >> _block_bits(), row.department_id)
    return f"{mark}{f' {mark}'.join(row.words)}" if row.words else ""


def all_departments() -> list[int]:
    return list(Department.objects.order_by("id").values_list("id", flat=True))


def newest_id() -> int:
    """The highest id of an item; 0 where there is none."""
    return Item.objects.order_by("-id").values_list("id", flat=True).first() or 0


def _next_size(size: int, *, hit_count: int, missing_count: int) -> int:
    """Blocks to read next: as many as seem to be needed, and soon very many where nothing is found."""
    needed = ceil(size * missing_count / hit_count * _MARGIN) if hit_count else size * _GROWTH
    return max(1, min(needed, size * _GROWTH))


def _find(terms: Sequence[Term], departments: list[int], blocks: range, *, below: int, limit: int) -> list[int]:
    find: Callable[..., list[int]] = _find_sqlite if connection.vendor == "sqlite" else _find_postgresql
    marks = [mark_of(block, department) for block in blocks for department in departments]
    return find(terms, marks, below=below, limit=limit)


def _find_sqlite(terms: Sequence[Term], marks: list[str], *, below: int, limit: int) -> list[int]:
    match = " OR ".join("(" + " AND ".join(_fts5_term(term, mark) for term in terms) + ")" for mark in marks)
    return _ids(
        "SELECT rowid FROM channels_itemsearch WHERE channels_itemsearch MATCH %s AND rowid < %s"
        " ORDER BY rowid DESC LIMIT %s",
        [match, below, limit],
    )


def _fts5_term(term: Term, mark: str) -> str:
    return quoted_words(term.words, mark, is_prefix=term.is_prefix)


def quoted_words(words: Sequence[str], mark: str, *, is_prefix: bool) -> str:
    """Of an FTS5 question: the marked words, one after the other."""
    marked = " ".join(mark + word for word in words)
    return f'"{marked}" *' if is_prefix else f'"{marked}"'


def _find_postgresql(terms: Sequence[Term], marks: list[str], *, below: int, limit: int) -> list[int]:
    """The index gives the rows with all words; phrases are looked at in those alone.

    One question to the index for a single word; for several, one for each mark, since GIN holds every
    row that it meets against every word of a question. MATERIALIZED and OFFSET 0, since the planner
    cannot know how rare a marked word is and would walk the table.
    """
    asked = ["&".join(_tsquery_term(term, mark) for term in terms) for mark in marks]
    if sum(len(term.words) for term in terms) == 1:
        asked = ["|".join(asked)]
    phrases = [_like(term) for term in terms if len(term.words) > 1]
    looked_at = "".join(" AND folded LIKE %s" for _ in phrases)
    return _ids(
        "WITH found AS MATERIALIZED (SELECT one.item_id FROM unnest(%s::tsquery[]) asked CROSS JOIN LATERAL"  # noqa: S608
        f" (SELECT item_id FROM channels_itemsearch WHERE words @@ asked{looked_at} OFFSET 0) one)"
        " SELECT item_id FROM found WHERE item_id < %s ORDER BY item_id DESC LIMIT %s",
        [asked, *phrases, below, limit],
    )


def _tsquery_term(term: Term, mark: str) -> str:
    words = [mark + word for word in term.words]
    return "&".join(words) + (":*" if term.is_prefix else "")


def _like(term: Term) -> str:
    return phrase_pattern(term.words, is_prefix=term.is_prefix)


def phrase_pattern(words: Sequence[str], *, is_prefix: bool) -> str:
    """A LIKE pattern on PostgreSQL's `folded`: words hold letters and digits only."""
    return f"% {' '.join(words)}{'' if is_prefix else ' '}%"


def _ids(statement: str, values: list[Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [row[0] for row in cursor.fetchall()]
