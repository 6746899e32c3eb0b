"""The list under a tree: items that the full-text index leads to, or conversations looked through one after the other.

Either way the tree decides, a page is bounded in time, and where it ends before its time is full it says so.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, TypeVar

from django.db import connection

from parvis.channels.candidates import newest_candidates
from parvis.channels.search import all_departments
from parvis.inbox import cursors
from parvis.inbox.documents import Reader
from parvis.inbox.filters import Filter
from parvis.inbox.trees import Tree
from parvis.inbox.ways import Place, conditions_of, read_page, ways_of
from parvis.jobs.rows import among

PAGE_S = 0.4
"""That a page may look for; what is there by then is shown."""
WORK_S, MOST_WORK_S = 2.0, 8.0
"""The same for work on all that is found, and where it has found nothing by then."""
COUNT_S = 0.05
_FIRST, _GROWTH, _MOST = 500, 4, 3200
"""Candidates that are read from the index at once."""
_ASKED_AT_ONCE = 100
_THREADS_AT_ONCE = 40
_FASTER, _LEAST_AT_ONCE, _MOST_AT_ONCE = 4, 8, 512
_QUICK_S = 0.05
_WALKED = 400
OF_THREAD = {
    "sqlite": "inbox_conversation c",
    "postgresql": "LATERAL (SELECT * FROM inbox_conversation WHERE root_id = COALESCE(i.root_id, i.id) OFFSET 0) c",
}
"""OFFSET 0: PostgreSQL would rather read all conversations that pass the rest, which takes five times as long."""
_T = TypeVar("_T")


@dataclass(slots=True)
class Looked:
    hits: dict[int, int] = field(default_factory=dict)
    """{conversation: its newest item that is found}, in the order of the list."""
    next: str | None = None
    """Where to go on; None where everything was looked at."""
    count: int = 0
    """Items, or conversations where nothing leads to items, that were looked at."""

    def is_partial(self, limit: int) -> bool:
        return self.next is not None and len(self.hits) < limit


def look(found: Filter, *, now: datetime, after: str | None, limit: int, most_s: float | None = None) -> Looked:
    """`most_s`: how long it may look; `PAGE_S` where nothing is said."""
    tree = found.tree
    assert tree is not None
    looked = Looked()
    if found.is_empty or limit < 1:
        return looked
    looking = _Seeking if tree.is_sought else _Walking
    looking(
        found,
        tree,
        now=now,
        limit=limit,
        until_s=time.monotonic() + (PAGE_S if most_s is None else most_s),
        looked=looked,
    ).look(after)
    return looked


class _Looking:
    def __init__(self, found: Filter, tree: Tree, *, now: datetime, limit: int, until_s: float, looked: Looked) -> None:
        self.found, self.tree, self.limit, self.until_s, self.looked = found, tree, limit, until_s, looked
        self.at_once = _ASKED_AT_ONCE if tree.is_sought else _THREADS_AT_ONCE
        self.reader = Reader(tree.fields, now=now)

    @property
    def is_over(self) -> bool:
        return time.monotonic() > self.until_s

    def chunks(self, values: Sequence[_T]) -> Iterator[Sequence[_T]]:
        """More and more at once, as long as that is quick: a page that is soon full reads little, another asks little."""
        start = 0
        while start < len(values):
            began_s, size = time.monotonic(), self.at_once
            yield values[start : start + size]
            start += size
            is_quick = time.monotonic() - began_s < _QUICK_S
            self.at_once = min(size * _FASTER, _MOST_AT_ONCE) if is_quick else max(size // 2, _LEAST_AT_ONCE)


@dataclass(frozen=True, slots=True)
class _Candidate:
    conversation_id: int
    root_id: int
    item_id: int
    answers: tuple[bool, ...]


class _Seeking(_Looking):
    """Item by item as the index has them, newest first; a cursor is the item id below which to go on."""

    def look(self, after: str | None) -> None:
        start = cursors.read_number(after)
        departments = all_departments() if self.found.departments is None else list(self.found.departments)
        below, size = start, _FIRST
        while below != 0:
            ids, reached = newest_candidates(self.tree.plan, departments, below=below, limit=size, until_s=self.until_s)
            for some in self.chunks(ids):
                going_on = self._take(some, start)
                if going_on is not None:
                    is_all = reached == 0 and going_on == ids[-1]
                    self.looked.next = None if is_all else cursors.write_number(going_on)
                    return
            below, size = reached, min(size * _GROWTH, _MOST)
            if below and self.is_over:
                self.looked.next = cursors.write_number(below)
                return

    def _take(self, ids: Sequence[int], start: int | None) -> int | None:
        """The id below which the next page begins; None where this one has room."""
        self.looked.count += len(ids)
        hits = self.looked.hits
        holding = [one for one in self._holding(ids) if one.conversation_id not in hits]
        earlier = self._shown_earlier(holding, start) if start is not None and holding else set()
        for one in holding:
            if one.conversation_id in hits or one.conversation_id in earlier:
                continue
            if len(hits) == self.limit:
                return one.item_id + 1
            hits[one.conversation_id] = one.item_id
        return ids[-1] if self.is_over or len(hits) == self.limit else None

    def _holding(self, ids: Sequence[int]) -> Iterator[_Candidate]:
        """Those that are found, newest first; of one conversation the newest alone has to be."""
        candidates = _candidates(self.found, self.tree, ids)
        asked = [one for one in candidates if callable(self.tree.given(one.answers))]
        pieces = self.reader.by_id([one.item_id for one in asked])
        done: set[int] = set(self.looked.hits)
        for one in candidates:
            if one.conversation_id in done:
                continue
            asks = self.tree.given(one.answers)
            piece = pieces.get(one.item_id)
            if (piece is not None and asks(piece.prepared)) if callable(asks) else asks:
                done.add(one.conversation_id)
                yield one

    def _shown_earlier(self, holding: Sequence[_Candidate], start: int) -> set[int]:
        """Conversations that an earlier page has shown, for a newer item of theirs that is found."""
        by_root = {one.root_id: one for one in holding}
        shown = set()
        for piece in self.reader.of_threads(list(by_root), since_id=start):
            one = by_root[piece.root_id]
            asks = self.tree.given(one.answers)
            if one.conversation_id not in shown and (asks(piece.prepared) if callable(asks) else asks):
                shown.add(one.conversation_id)
        return shown


class _Walking(_Looking):
    """Conversation by conversation in the order of the list; a cursor is the place after which to go on."""

    def look(self, after: str | None) -> None:
        place = cursors.read_place(after)
        [way] = ways_of([self.found])
        while True:
            rows = read_page(way, limit=_WALKED + 1, after=place)
            last = rows[-1][0] if len(rows) <= _WALKED and rows else None
            for some in self.chunks(rows[:_WALKED]):
                if self._take(some, last):
                    return
            if len(rows) <= _WALKED:
                return
            place = Place(rows[_WALKED - 1][1], rows[_WALKED - 1][0])

    def _take(self, rows: Sequence[tuple[int, datetime]], last: int | None) -> bool:
        """Whether the page ends here. `last`: the very last conversation of the list, once it is known."""
        holding, hits = self._holding([key for key, _ in rows]), self.looked.hits
        for key, at in rows:
            if key in holding:
                hits[key] = holding[key]
            self.looked.count += 1
            self.looked.next = None if key == last else cursors.write_place(Place(at, key))
            if len(hits) == self.limit:
                return True
        return self.is_over

    def _holding(self, keys: Sequence[int]) -> dict[int, int]:
        """{conversation: its newest item that is found}, of these conversations."""
        held: dict[int, int] = {}
        open_roots: dict[int, tuple[int, Callable[..., bool]]] = {}
        for one in _conversations(self.tree, keys):
            asks = self.tree.given(one.answers)
            if callable(asks):
                open_roots[one.root_id] = (one.conversation_id, asks)
            elif asks:
                held[one.conversation_id] = one.item_id
        for root_id, pieces in groupby(
            sorted(self.reader.of_threads(list(open_roots)), key=lambda piece: (piece.root_id, -piece.item_id)),
            key=lambda piece: piece.root_id,
        ):
            key, asks = open_roots[root_id]
            newest = next((piece.item_id for piece in pieces if asks(piece.prepared)), None)
            if newest is not None:
                held[key] = newest
        return held


def _candidates(found: Filter, tree: Tree, item_ids: Sequence[int]) -> list[_Candidate]:
    """The items whose conversation passes what is asked of all of them, newest first."""
    if not item_ids:
        return []
    of_items, params = among(item_ids)
    conditions = conditions_of(found)
    where = "".join(f" AND ({clause.sql})" for clause in conditions)
    return _read(
        tree,
        "i.id",
        f"channels_item i CROSS JOIN {OF_THREAD[connection.vendor]}"
        f" WHERE i.id {of_items} AND c.root_id = COALESCE(i.root_id, i.id){where} ORDER BY i.id DESC",
        [*params, *(value for clause in conditions for value in clause.params)],
    )


def _conversations(tree: Tree, keys: Sequence[int]) -> list[_Candidate]:
    of_them, params = among(keys)
    return _read(tree, "c.last_item_id", f"inbox_conversation c WHERE c.id {of_them}", params)


def _read(tree: Tree, item: str, rest: str, params: Sequence[Any]) -> list[_Candidate]:
    answers = "".join(f", ({clause.sql})" for clause in tree.asked)
    given = [value for clause in tree.asked for value in clause.params]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT c.id, c.root_id, {item}{answers} FROM {rest}", [*given, *params])  # noqa: S608
        rows = cursor.fetchall()
    return [_Candidate(key, root_id, item_id, tuple(map(bool, said))) for key, root_id, item_id, *said in rows]
