"""Many saved queries against each arriving document."""

import gc
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from operator import attrgetter
from typing import Generic

from parvis.core.matching.compiling import is_hard_query
from parvis.core.matching.entries import Entry, Key, Making
from parvis.core.matching.frequency import Frequencies
from parvis.core.matching.literals import Literals
from parvis.core.matching.prepared import Prepared
from parvis.core.matching.rows import Rows
from parvis.core.query.document import Document
from parvis.core.query.tree import Query

_LEARNT_FROM = 128
"""One document in so many teaches how often words are met."""


class Matcher(Generic[Key]):
    """Queries are added, changed and removed at any time; what `match` answers is right at once."""

    def __init__(self, *, zone: tzinfo = UTC, frequencies: Frequencies | None = None) -> None:
        """`zone`: where the days of `date:` begin. `frequencies`: what is known of the texts to come; it goes on
        learning, for the queries that are added later.
        """
        self.zone = zone
        self.frequencies = frequencies or Frequencies()
        self._added = 0
        self._seen = 0
        frequencies = self.frequencies
        self._plain = _Side[Key](frequencies, is_hard=False)
        self._hard = _Side[Key](frequencies, is_hard=True)

    def __len__(self) -> int:
        return len(self._plain.entries) + len(self._hard.entries)

    def __contains__(self, key: Key) -> bool:
        return key in self._plain.entries or key in self._hard.entries

    def add(self, key: Key, query: Query) -> None:
        """Raises ValueError where the key is there already."""
        if key in self:
            raise ValueError(key)
        self._added += 1
        self._side_of(query).add(key, query, order=self._added)

    def add_many(self, queries: Iterable[tuple[Key, Query]]) -> None:
        """As `add` for each. The collector rests meanwhile: it would look a third of the time for garbage in vain."""
        is_on = gc.isenabled()
        gc.disable()
        try:
            for key, query in queries:
                self.add(key, query)
        finally:
            if is_on:
                gc.enable()

    def remove(self, key: Key) -> int:
        """Raises KeyError where there is no such key. Gives its place, for `change`."""
        side = self._hard if key in self._hard.entries else self._plain
        return side.remove(key).order

    def change(self, key: Key, query: Query) -> None:
        """The query keeps its place among the others. Raises KeyError where there is no such key."""
        order = self.remove(key)
        self._side_of(query).add(key, query, order=order)

    def settle(self) -> None:
        """Does now what the first documents after many changes would have to wait for."""
        self._plain.literals.settle()
        self._hard.literals.settle()

    def match(self, document: Document, *, now: datetime | None = None) -> list[Key]:
        """The keys of the queries that ask for it, in the order in which they were added. `now` is for `since:`."""
        of = Prepared(document, now=now or datetime.now(UTC), zone=self.zone)
        found = self._plain.matching(of)
        if self._hard.entries:
            found += self._hard.matching(of.hard)
        self._seen += 1
        if self._seen % _LEARNT_FROM == 0:
            self.frequencies.learn(of.vocabulary)
        if len(found) > 1:
            found.sort(key=_order)
        return [entry.key for entry in found]

    def _side_of(self, query: Query) -> "_Side[Key]":
        return self._hard if query.root is not None and is_hard_query(query.root) else self._plain


_order = attrgetter("order")


class _Side(Generic[Key]):
    """The queries that compare words as they are folded, or those after `fold:hard`."""

    def __init__(self, frequencies: Frequencies, *, is_hard: bool) -> None:
        self.entries: dict[Key, Entry[Key]] = {}
        self.literals = Literals()
        self._rows = Rows[Key]()
        self._making = Making(frequencies, self.literals, is_hard=is_hard)

    def add(self, key: Key, query: Query, *, order: int) -> None:
        entry = self.entries[key] = self._making.entry_of(key, order, query.root)
        self._rows.add(entry)

    def remove(self, key: Key) -> Entry[Key]:
        entry = self.entries.pop(key)
        self._rows.remove(entry)
        self.literals.let_go(entry.others)
        return entry

    def matching(self, of: Prepared) -> list[Entry[Key]]:
        found = self.literals.found_in(of)
        return [entry for entry in self._rows.candidates(found) if entry.more is None or entry.more.holds(found, of)]
