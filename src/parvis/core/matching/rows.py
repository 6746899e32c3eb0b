"""Which queries a document may match: those of which it has one literal of each of two kinds."""

from collections.abc import Sequence
from itertools import chain
from typing import Generic

from parvis.core.matching.entries import Entry, Key

_LONG = 64
"""Queries; longer rows grow in place."""


class Rows(Generic[Key]):
    """Under each literal that queries start from lie these queries, each with its check."""

    def __init__(self) -> None:
        self._rows: dict[str, Sequence[Entry[Key]]] = {}
        self._starts: set[str] = set()
        """The same literals: a set is asked for many at once."""

    def add(self, entry: Entry[Key]) -> None:
        rows = self._rows
        for start in entry.anchor:
            row = rows.get(start)
            if row is None:
                rows[start] = (entry,)
                self._starts.add(start)
            elif isinstance(row, list):
                row.append(entry)
            elif len(row) < _LONG:
                rows[start] = (*row, entry)
            else:
                rows[start] = [*row, entry]

    def remove(self, entry: Entry[Key]) -> None:
        for start in entry.anchor:
            row = self._rows[start]
            if len(row) == 1:
                del self._rows[start]
                self._starts.remove(start)
            elif isinstance(row, list):
                row.remove(entry)
            else:
                self._rows[start] = tuple([one for one in row if one is not entry])

    def candidates(self, found: set[str]) -> set[Entry[Key]]:
        """The queries that can match a document that has these literals."""
        rows, is_without = self._rows, found.isdisjoint
        below = chain.from_iterable([rows[start] for start in found & self._starts])
        return {entry for entry in below if not is_without(entry.check)}
