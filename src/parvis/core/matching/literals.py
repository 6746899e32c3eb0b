"""The words, pieces of words and values that queries look for; and which of them a document has.

Each goes by its hash, of 61 bits and with a key of this process: a number that can be compared without touching the
word, of which a hundred thousand lie strewn over memory. That two words share one is not to be expected in the
lifetime of any desk.
"""

from array import array
from collections.abc import Iterable, Sequence

from parvis.core.matching.fields import values_of
from parvis.core.matching.finding import PiecesOfWords, Words
from parvis.core.matching.needs import Literal, Token
from parvis.core.matching.prepared import Prepared

ALWAYS = hash("always there: |")
"""The number of what every document has."""


class Literals:
    def __init__(self) -> None:
        self._words = Words()
        self._pieces = PiecesOfWords()
        self._names: dict[str, int] = {}
        """Of fields of which values are asked for: by how many."""

    def numbers_of(self, words: Sequence[str], others: Iterable[Literal] = ()) -> "array[int]":
        """`others`: pieces and values, which have to be announced by `take`."""
        numbers = array("q", map(hash, words))
        self._words.add_all(words)
        if others:
            numbers.extend(map(hash, others))
        return numbers

    def take(self, others: Iterable[Literal]) -> None:
        """Pieces and values are found from now on, until `let_go` was called as often."""
        for one in others:
            if isinstance(one, Token):
                self._names[one.name] = self._names.get(one.name, 0) + 1
            else:
                self._pieces.add(one)

    def let_go(self, others: Iterable[Literal]) -> None:
        for one in others:
            if not isinstance(one, Token):
                self._pieces.remove(one)
            elif self._names[one.name] == 1:
                del self._names[one.name]
            else:
                self._names[one.name] -= 1

    def found_in(self, of: Prepared) -> set[int]:
        """The numbers of what a document has; among them those of words that nobody asks for."""
        found = self._words.found_in(of)
        if self._pieces:
            found.update(self._pieces.found_in(of))
        for name in self._names:
            values = values_of(name, of)
            if values:
                found.update([hash(Token(name, value)) for value in values])
        found.add(ALWAYS)
        return found

    def settle(self) -> None:
        """Does now what the first documents after many changes would wait for."""
        self._words.settle()
        self._pieces.settle()
