"""A query asked of what was read of an item: of columns, of folded letters, and only where these leave it open of words."""

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from functools import partial
from typing import Any

from parvis.core.matching import Prepared, compile_query, prepare
from parvis.core.matching.folding import folded_once
from parvis.core.matching.predicates import halves_of, is_piece, piece_of
from parvis.core.query.document import LINK, Document
from parvis.core.query.homoglyphs import hard
from parvis.core.query.tree import (
    All,
    Exact,
    Field,
    Fuzzy,
    Hashtag,
    Mention,
    Near,
    Node,
    Not,
    Pattern,
    Phrase,
    Query,
    Word,
)
from parvis.core.query.tree import Any as AnyOf
from parvis.core.query.words import folded, folded_parts
from parvis.core.text.normalise import cut, folded_pair

HARD = Field("fold", "hard")
_FEW = 4
"""Words that are found sooner one by one than among all words of a text."""


class Said:
    """One item after the other: what of it is made only when something asks for it."""

    __slots__ = ("_folded", "_is_hard", "_now", "_prepared", "_zone", "row", "text", "title")

    def __init__(self, *, is_hard: bool, now: datetime, zone: tzinfo) -> None:
        self._is_hard, self._now, self._zone = is_hard, now, zone
        self.take((), "", "")

    def take(self, row: Sequence[Any], title: str, text: str) -> None:
        self.row, self.title, self.text = row, title, text
        self._folded: bytes | None = None
        self._prepared: Prepared | None = None

    @property
    def folded(self) -> bytes:
        """The words of title and text with one space or more around each, as `Prepared.folded` has them."""
        if self._folded is None:
            plain = cut(folded_pair(self.title, self.text))
            self._folded = hard(plain.decode()).encode() if self._is_hard else plain
        return self._folded

    @property
    def prepared(self) -> Prepared:
        if self._prepared is None:
            self._prepared = prepare(Document(self.text, title=self.title), now=self._now, zone=self._zone)
        return self._prepared


Asks = Callable[[Said], bool]


def asks_of(node: Node, told: Callable[[Field], Asks | None], *, is_hard: bool) -> Asks:
    """`told`: of a field that columns answer, what asks them; None for what the text answers."""
    return _Asking(told, is_hard=is_hard).of(node)


class _Asking:
    def __init__(self, told: Callable[[Field], Asks | None], *, is_hard: bool) -> None:
        self._told, self._is_hard = told, is_hard

    def of(self, node: Node) -> Asks:  # noqa: PLR0911 - one line a kind of node
        match node:
            case All(parts=parts):
                return _all([self.of(part) for part in sorted(parts, key=_is_of_text)])
            case AnyOf(parts=parts):
                return self._any(parts)
            case Not(part=part):
                inner = self.of(part)
                return lambda said: not inner(said)
            case Field("fold"):
                return lambda _said: True
            case Field("has", "link"):
                return lambda said: LINK.search(said.text) is not None
            case Field():
                return self._told(node) or self._open(node)
            case Word(text=text):
                return self._run(node, folded_once(text))
            case Phrase(parts=parts) if all(isinstance(part, Word) for part in parts):
                return self._run(node, [word for part in parts for word in folded_once(part.text)])
            case Pattern(text=text) if len(pieces := folded_parts(text)) == 1 and is_piece(pieces[0]):
                piece = self._letters(piece_of(pieces[0]))
                return lambda said: piece in said.folded
        return self._open(node)

    def _any(self, parts: Sequence[Node]) -> Asks:
        """Single words are looked for first, in one go."""
        words = [folded_once(part.text) if isinstance(part, Word) else () for part in parts]
        single = [self._word(one[0]) for one in words if len(one) == 1]
        others = [part for part, one in zip(parts, words, strict=True) if len(one) != 1]
        asks = [self.of(part) for part in sorted(others, key=_is_of_text)]

        several = frozenset(word.strip() for word in single)
        if len(single) > _FEW:
            asks.insert(0, lambda said: not several.isdisjoint(said.folded.split()))
        else:
            asks[:0] = [partial(_has, word) for word in single]

        def ask(said: Said) -> bool:
            for one in asks:  # noqa: SIM110 (asked a million times)
                if one(said):
                    return True
            return False

        return ask

    def _run(self, node: Node, words: Sequence[str]) -> Asks:
        """Words that follow each other."""
        if len(words) == 1:
            word = self._word(words[0])
            return lambda said: word in said.folded
        if not words:
            return self._compiled(node)
        needed, run, compiled = [self._word(word) for word in words], self._word(" ".join(words)), self._compiled(node)

        def ask(said: Said) -> bool:
            folded = said.folded
            if run in folded:
                return True
            return all(word in folded for word in needed) and compiled(said)

        return ask

    def _open(self, node: Node) -> Asks:
        """What letters alone do not decide: they say where it cannot be."""
        needed, compiled = self._needed(node), self._compiled(node)
        if not needed:
            return compiled

        def ask(said: Said) -> bool:
            folded = said.folded
            for letters in needed:
                if not any(one in folded for one in letters):
                    return False
            return compiled(said)

        return ask

    def _needed(self, node: Node) -> list[list[bytes]]:  # noqa: PLR0911 - the same
        """Of each at least one must be among the letters."""
        match node:
            case Near(left=left, right=right):
                return [*self._needed(left), *self._needed(right)]
            case AnyOf(parts=parts):
                each = [self._needed(part) for part in parts]
                return [[letters for needs in each for letters in needs[0]]] if all(each) else []
            case Phrase(parts=parts):
                return [need for part in parts for need in self._needed(part)]
            case Word(text=text) | Exact(text=text):
                return [[self._word(word)] for word in folded_once(text)]
            case Pattern(text=text):
                return [[self._letters(piece_of(part))] for part in folded_parts(text) if part.strip("*")]
            case Fuzzy(text=text):
                return [[self._letters(half) for half in halves_of(word)] for word in folded_once(text)]
            case Field("title", value) if "*" not in value:
                return [[self._word(word)] for word in folded_parts(value)]
            case Hashtag(text=value) | Mention(text=value) | Field("hashtag" | "mention", value):
                *whole, last = folded(value.rstrip("*")) or [""]
                end = f" {last}" if value.endswith("*") else f" {last} "
                return [*([self._word(word)] for word in whole), *([[self._letters(end)]] if last else ())]
        return []

    def _compiled(self, node: Node) -> Asks:
        holds = compile_query(Query(All((node, HARD)) if self._is_hard else node))
        return lambda said: holds(said.prepared)

    def _word(self, words: str) -> bytes:
        return self._letters(f" {words} ")

    def _letters(self, letters: str) -> bytes:
        return (hard(letters) if self._is_hard else letters).encode()


def _has(word: bytes, said: Said) -> bool:
    return word in said.folded


def _all(asks: Sequence[Asks]) -> Asks:
    def ask(said: Said) -> bool:
        for one in asks:  # noqa: SIM110 (asked a million times)
            if not one(said):
                return False
        return True

    return ask


def _is_of_text(node: Node) -> int:
    """What columns answer is asked first."""
    inner = node.part if isinstance(node, Not) else node
    return not isinstance(inner, Field) or inner.name in {"title", "hashtag", "mention", "has"}
