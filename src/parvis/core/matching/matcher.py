"""Many saved queries against each arriving document."""

import gc
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from typing import Generic

from parvis.core.matching.anchors import Anchors
from parvis.core.matching.compiling import Compiler, is_hard_query
from parvis.core.matching.entries import Entry, Key, entry_of
from parvis.core.matching.frequency import Frequencies
from parvis.core.matching.needs import Needs
from parvis.core.matching.prepared import Prepared
from parvis.core.query.document import Document
from parvis.core.query.tree import Query

_LEARNT_FROM = 32
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

    def match(self, document: Document, *, now: datetime | None = None) -> list[Key]:
        """The keys of the queries that ask for it, in the order in which they were added. `now` is for `since:`."""
        of = Prepared(document, now=now or datetime.now(UTC), zone=self.zone)
        found = self._plain.matching(of)
        if self._hard.entries:
            found |= self._hard.matching(of.hard)
        self._seen += 1
        if self._seen % _LEARNT_FROM == 0:
            self.frequencies.learn(of.vocabulary)
        return [entry.key for entry in sorted(found, key=_order)]

    def _side_of(self, query: Query) -> "_Side[Key]":
        return self._hard if query.root is not None and is_hard_query(query.root) else self._plain


def _order(entry: Entry[Key]) -> int:
    return entry.order


class _Side(Generic[Key]):
    """The queries that compare words as they are folded, or those after `fold:hard`."""

    def __init__(self, frequencies: Frequencies, *, is_hard: bool) -> None:
        self.entries: dict[Key, Entry[Key]] = {}
        self._anchors = Anchors[Key]()
        self._needs = Needs(frequencies, is_hard=is_hard)
        self._compiler = Compiler(is_hard=is_hard)

    def add(self, key: Key, query: Query, *, order: int) -> None:
        entry = entry_of(key, order, query.root, needs=self._needs, compiler=self._compiler)
        self.entries[key] = entry
        self._anchors.add(entry)

    def remove(self, key: Key) -> Entry[Key]:
        entry = self.entries.pop(key)
        self._anchors.remove(entry)
        return entry

    def matching(self, of: Prepared) -> set[Entry[Key]]:
        seen = self._anchors.seen_in(of)
        is_without = seen.isdisjoint
        found: set[Entry[Key]] = set()
        for entry in self._anchors.candidates(of, seen):
            for group in entry.groups:
                if is_without(group):
                    break
            else:
                if entry.rest is None or entry.rest.holds(of):
                    found.add(entry)
        return found
