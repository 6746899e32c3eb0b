"""Which saved queries a document may match, by what stands in it: one look-up a word, or one pass over its letters."""

from array import array
from collections.abc import Iterator, Set
from itertools import chain
from typing import Generic

from parvis.core.matching.entries import Entry, Key
from parvis.core.matching.fields import values_of
from parvis.core.matching.needs import Literal, Need
from parvis.core.matching.pieces import HAS_AUTOMATON, Automaton, Pieces
from parvis.core.matching.prepared import Prepared

_MOST_SCANNED = 8_000
"""Words that all queries ask for early: of more, look-ups word by word are quicker than a pass over the letters."""
_CALM = 32
"""Documents without a new query after which the automaton of the words is built: 10 ms at most."""


class Posting(Generic[Key]):
    """The queries under one anchor.

    Most of them lack a word that they need besides. To touch each of them, strewn over memory, costs far more than
    to compare; so the words of the first group of each lie here in one row, which is asked at once.
    """

    __slots__ = ("_always", "_entries", "_owners", "_words")

    def __init__(self) -> None:
        self._always: list[Entry[Key]] | None = None
        """Those that have no group."""
        self._entries: list[Entry[Key]] = []
        self._words: list[str] = []
        self._owners = array("I")
        """Of each word the number of its entry."""

    def __len__(self) -> int:
        return len(self._entries) + len(self._always or ())

    def add(self, entry: Entry[Key]) -> None:
        if entry.groups:
            self._words += entry.groups[0]
            self._owners.extend([len(self._entries)] * len(entry.groups[0]))
            self._entries.append(entry)
        elif self._always is None:
            self._always = [entry]
        else:
            self._always.append(entry)

    def remove(self, entry: Entry[Key]) -> None:
        if not entry.groups:
            assert self._always
            self._always.remove(entry)
            return
        kept = [one for one in self._entries if one is not entry]
        self._entries, self._words, self._owners = [], [], array("I")
        for one in kept:
            self.add(one)

    def entries(self) -> Iterator[Entry[Key]]:
        yield from self._entries
        yield from self._always or ()

    def candidates(self, seen: Set[str]) -> list[Entry[Key]]:
        """Those that can match."""
        found = self._always[:] if self._always else []
        if seen.isdisjoint(self._words):
            return found
        flags = bytes(map(seen.__contains__, self._words))
        at, last = flags.find(1), -1
        while at >= 0:
            owner = self._owners[at]
            if owner != last:
                found.append(self._entries[owner])
                last = owner
            at = flags.find(1, at + 1)
        return found


class Anchors(Generic[Key]):
    def __init__(self) -> None:
        self._words: dict[str, Posting[Key]] = {}
        self._known: set[str] = set()
        """The same words: a set is asked for several at once."""
        self._pieces = Pieces()
        """Those of `_known` that are letters within words."""
        self._values: dict[str, dict[str, Posting[Key]]] = {}
        self._everywhere = Posting[Key]()
        self._scan: Automaton | None = None
        """Of all words that are asked for early, where they are few."""
        self._calm = 0
        """Documents since a query was added."""

    def add(self, entry: Entry[Key]) -> None:
        for posting in self._postings(entry.anchor):
            posting.add(entry)
        self._scan = None
        self._calm = 0

    def remove(self, entry: Entry[Key]) -> None:
        """What the automaton still looks for does no harm."""
        for posting in self._postings(entry.anchor):
            posting.remove(entry)
        for literal in entry.anchor:
            self._forget_empty(literal)

    def seen_in(self, of: Prepared) -> Set[str]:
        """Of what queries ask for early that which the document has, and perhaps others of its words."""
        scan = self._scan or self._new_scan()
        if scan:
            return scan.found_in(of.folded)
        return of.vocabulary | self._pieces.found_in(of.folded) if self._pieces else of.vocabulary

    def candidates(self, of: Prepared, seen: Set[str]) -> list[Entry[Key]]:
        """All that can match, some of them more than once. `seen`: what `seen_in` gave."""
        postings = [self._words[word] for word in seen & self._known]
        for name, by_value in self._values.items():
            postings += [by_value[value] for value in values_of(name, of) if value in by_value]
        if self._everywhere:
            postings.append(self._everywhere)
        return list(chain.from_iterable([posting.candidates(seen) for posting in postings]))

    def _new_scan(self) -> Automaton | None:
        """Once queries have not come for a while, and where their words are few."""
        self._calm += 1
        if self._calm == _CALM and HAS_AUTOMATON and len(self._known) <= _MOST_SCANNED:
            asked = self._known.union(*(group for entry in self._all() for group in entry.groups))
            if len(asked) <= _MOST_SCANNED:
                self._scan = Automaton(asked)
        return self._scan

    def _all(self) -> Iterator[Entry[Key]]:
        of_values = chain.from_iterable(by_value.values() for by_value in self._values.values())
        for posting in chain(self._words.values(), of_values, [self._everywhere]):
            yield from posting.entries()

    def _postings(self, anchor: Need) -> Iterator[Posting[Key]]:
        """Those of each literal, made where there are none yet."""
        for literal in anchor:
            if isinstance(literal, str):
                posting = self._words.get(literal)
                if posting is None:
                    posting = self._words[literal] = Posting()
                    self._known.add(literal)
                    if "*" in literal:
                        self._pieces.add(literal)
                yield posting
            else:
                yield self._values.setdefault(literal.name, {}).setdefault(literal.value, Posting())
        if not anchor:
            yield self._everywhere

    def _forget_empty(self, literal: Literal) -> None:
        if isinstance(literal, str):
            if not self._words[literal]:
                del self._words[literal]
                self._known.remove(literal)
                self._pieces.discard(literal)
            return
        by_value = self._values[literal.name]
        if not by_value[literal.value]:
            del by_value[literal.value]
        if not by_value:
            del self._values[literal.name]
