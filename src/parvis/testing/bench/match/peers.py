"""Other ways to match documents with saved queries, each asked the same queries as truly as it can say them.

All are given folded words, so that they find the same as Parvis; folding counts in their time too.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from parvis.core.matching import compile_query, prepare
from parvis.core.matching.fields import values_of
from parvis.core.query.document import Document
from parvis.core.query.tree import Query
from parvis.core.text.normalise import words_of
from parvis.testing.bench.match.documents import FIRST_DAY
from parvis.testing.bench.match.translation import Translation


@dataclass(frozen=True, slots=True)
class Folded:
    """A document as the peers take it."""

    title: list[str]
    text: list[str]
    values: dict[str, set[str]]
    followers: int


def folded_of(document: Document) -> Folded:
    prepared = prepare(document, now=FIRST_DAY, zone=FIRST_DAY.tzinfo)  # type: ignore[arg-type]
    values = {name: values_of(name, prepared) - {""} for name in ("lang", "platform", "site", "hashtag")}
    return Folded(words_of(document.title), words_of(document.text), values, int(document.followers or 0))


class Peer(Protocol):
    name: str
    batch: int
    """Documents that it is given at once."""
    lost: dict[str, int]

    def match(self, documents: Sequence[Document]) -> int:
        """How many pairs it found."""
        ...

    def cpu_s(self) -> float:
        """CPU time so far, of all processes that work for it."""
        ...


class Loop:
    """Each compiled query asked of each document, one after the other."""

    name = "loop"
    batch = 1

    def __init__(self, queries: Sequence[Query], *, now: datetime) -> None:
        self.lost: dict[str, int] = {}
        self.now = now
        self._asked = [compile_query(query) for query in queries]

    def match(self, documents: Sequence[Document]) -> int:
        found = 0
        for document in documents:
            prepared = prepare(document, now=self.now, zone=self.now.tzinfo)  # type: ignore[arg-type]
            found += sum(asked(prepared) for asked in self._asked)
        return found

    def cpu_s(self) -> float:
        return time.process_time()


class Mokaccino:
    name = "mokaccino"
    batch = 1

    def __init__(self, queries: Sequence[Query], *, now: datetime) -> None:
        from mokaccino import Document as Values
        from mokaccino import Percolator
        from mokaccino import Query as Asked

        self._values, self._query = Values, Asked
        self._percolator = Percolator()
        translation = Translation[Any](self)
        for query in queries:
            made = translation.of(query)
            if made is not None:
                self._percolator.add_query(made)
        self.lost = {**translation.lost, "phrases and NEAR as AND": 1}

    def word(self, word: str) -> Any:
        return self._query.from_kv("word", word)

    def phrase(self, words: Sequence[str]) -> Any:
        return self._query.from_and([self.word(word) for word in words])

    def prefix(self, letters: str) -> Any:
        return self._query.from_kprefix("word", letters)

    def pattern(self, pattern: str) -> None:
        return None

    def near(self, left: str, right: str, distance: int) -> Any:
        return self.phrase((left, right))

    def value(self, name: str, value: str) -> Any:
        return self._query.from_kv(name, value)

    def more_than(self, name: str, number: int) -> Any:
        return self._query.from_kgt(name, number)

    def all_of(self, parts: Sequence[Any], unwanted: Sequence[Any]) -> Any:
        turned = [self._query.from_not(part) for part in unwanted]
        return self._query.from_and([*parts, *turned]) if len(parts) + len(turned) > 1 else parts[0]

    def any_of(self, parts: Sequence[Any]) -> Any:
        return self._query.from_or(parts) if len(parts) > 1 else parts[0]

    def match(self, documents: Sequence[Document]) -> int:
        return sum(len(self._percolator.percolate_list(self._of(folded_of(document)))) for document in documents)

    def _of(self, folded: Folded) -> Any:
        values = self._values()
        for word in {*folded.title, *folded.text}:
            values.add_value("word", word)
        for word in folded.title:
            values.add_value("title", word)
        for name, several in folded.values.items():
            for value in several:
                values.add_value(name, value)
        values.add_value("followers", str(folded.followers))
        return values

    def cpu_s(self) -> float:
        return time.process_time()


def rate_of(peer: Peer, documents: Sequence[Document], *, most_s: float) -> float:
    """Documents per CPU second, batch after batch, until `most_s` of CPU time is spent or all were given."""
    spent, given = 0.0, 0
    while spent < most_s and given < len(documents):
        batch = documents[given : given + peer.batch]
        began = peer.cpu_s()
        peer.match(batch)
        spent += peer.cpu_s() - began
        given += len(batch)
    return given / spent
