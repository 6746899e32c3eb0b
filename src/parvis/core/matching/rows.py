"""Which queries a document may match: those of which it has one literal of each of two kinds.

Under each literal that a query starts from lie the literals of which it needs one besides, each with the query's
number: in rows of bytes, because to touch a hundred thousand objects strewn over memory costs far more than to
compare their numbers.
"""

from array import array
from itertools import compress

_LONG = 4_096
"""Bytes; longer rows grow in place."""


class Rows:
    def __init__(self) -> None:
        self._rows: dict[int, bytes | bytearray] = {}
        """By the number of a literal: pairs of a literal's number and a query's, eight bytes each."""
        self._starts: set[int] = set()
        """The same literals: a set is asked for several at once."""

    def add(self, query: int, starts: bytes, needed: "array[int]") -> None:
        """`starts`: as in `Entry`."""
        pairs = array("q", [number for literal in needed for number in (literal, query)]).tobytes()
        rows = self._rows
        for start in array("q", starts):
            row = rows.get(start)
            if row is None:
                rows[start] = pairs
                self._starts.add(start)
            elif len(row) < _LONG or isinstance(row, bytearray):
                row += pairs
                rows[start] = row
            else:
                rows[start] = bytearray(row + pairs)

    def remove(self, query: int, starts: bytes) -> None:
        for start in set(array("q", starts)):
            row = array("q", self._rows[start])
            pairs = zip(row[::2], row[1::2], strict=True)
            kept = array("q", [number for pair in pairs if pair[1] != query for number in pair])
            if kept:
                self._rows[start] = kept.tobytes()
            else:
                del self._rows[start]
                self._starts.remove(start)

    def candidates(self, found: set[int]) -> set[int]:
        """The numbers of the queries that can match a document that has these literals."""
        rows = self._rows
        pairs = array("q", b"".join([rows[number] for number in found & self._starts]))
        return set(compress(pairs[1::2], map(found.__contains__, pairs[::2])))
