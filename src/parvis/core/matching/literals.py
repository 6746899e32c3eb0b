"""The words, pieces of words and values that queries look for; and which of them a document has."""

from collections.abc import Iterable, Sequence

from parvis.core.matching.fields import has_values, values_of
from parvis.core.matching.finding import PiecesOfWords, Words
from parvis.core.matching.prepared import Prepared
from parvis.core.text.normalise import BAR

ALWAYS = BAR
"""What every document has."""


def token(name: str, value: str) -> str:
    """The literal of a field's value; "" any value. No word and no piece has a colon."""
    return f"{name}:{value}"


def is_word(literal: str) -> bool:
    return ":" not in literal and "*" not in literal


class Literals:
    def __init__(self) -> None:
        self._words = Words()
        self._pieces = PiecesOfWords()
        self._names: dict[str, int] = {}
        """Of fields of which values are asked for: by how many."""

    def add_words(self, words: Sequence[str]) -> None:
        self._words.add_all(words)

    def take(self, others: Iterable[str]) -> None:
        """Pieces and values are found from now on, until `let_go` was called as often."""
        for one in others:
            name, colon, _ = one.partition(":")
            if colon:
                self._names[name] = self._names.get(name, 0) + 1
            else:
                self._pieces.add(one)
                self._words.add_all((one,))

    def let_go(self, others: Iterable[str]) -> None:
        for one in others:
            name, colon, _ = one.partition(":")
            if not colon:
                self._pieces.remove(one)
            elif self._names[name] == 1:
                del self._names[name]
            else:
                self._names[name] -= 1

    def found_in(self, of: Prepared) -> set[str]:
        """What a document has, ALWAYS among it, and words that nobody asks for."""
        found = self._words.found_in(of, self._pieces)
        for name in self._names:
            if has_values(name, of) and (values := values_of(name, of)):
                found.update([token(name, value) for value in values])
        return found

    def settle(self) -> None:
        """Does now what the first documents after many changes would wait for."""
        self._words.settle()
        self._pieces.settle()
