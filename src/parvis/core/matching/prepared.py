"""A document made ready to be asked many questions: each view of it is worked out once, when it is first wanted."""

from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Any

from parvis.core.matching.signs import Sign, handles_of, tags_of
from parvis.core.query.document import GAP, Document
from parvis.core.query.homoglyphs import hard
from parvis.core.query.places import written_words
from parvis.core.text.normalise import BAR, cut, folded_pair


class Prepared:
    """What has no value in `__init__` is made by `_MAKERS` when it is first asked for."""

    __slots__ = (
        "_positions", "bar", "document", "folded", "handles", "hard", "is_hard", "joined", "letters", "now",
        "sought", "tags", "uncut_words", "values", "vocabulary", "words", "zone",
    )  # fmt: skip
    sought: bytes
    """The words of the title, BAR, the words of the text, in UTF-8: with one space or more around each.

    Words longer than LONGEST_WORD are not cut yet, which makes no difference to who looks for shorter ones.
    """
    uncut_words: list[str]
    """The same one by one, BAR among them."""
    folded: bytes
    """As `sought`, with each word cut."""
    words: list[str]
    """The same one by one."""
    bar: int
    """Where BAR stands in `words`."""
    vocabulary: set[str]
    joined: str
    """The words with exactly one space around each: what phrases are looked for in."""
    letters: list[str]
    """As `words`, but as they are written: for exact leaves."""
    tags: list[Sign]
    handles: list[Sign]
    hard: "Prepared"
    """The same after `fold:hard`."""

    def __init__(self, document: Document, *, now: datetime, zone: tzinfo, hard_folded: str | None = None) -> None:
        self.document = document
        self.now = now
        self.zone = zone
        self.is_hard = hard_folded is not None
        if hard_folded is None:
            self.sought = folded_pair(document.title, document.text)
        else:
            self.sought = hard_folded.encode()
        self.values: dict[str, set[str]] = {}
        """Of fields by name, as `values_of` finds them."""
        self._positions: dict[str, list[int]] = {}

    def __getattr__(self, name: str) -> Any:
        maker = _MAKERS.get(name)
        if maker is None:
            raise AttributeError(name)
        value = maker(self)
        setattr(self, name, value)
        return value

    def mode(self, word: str) -> str:
        return hard(word) if self.is_hard else word

    def positions(self, word: str) -> list[int]:
        """Where a folded word stands: title words from 0, text words behind a gap."""
        found = self._positions.get(word)
        if found is None:
            found = self._positions[word] = [self.position_of(at) for at in self.indexes(word)]
        return found

    def has_run(self, run: tuple[str, ...]) -> bool:
        """Whether words follow each other, none of them as long as LONGEST_WORD."""
        words, count, at = self.uncut_words, len(run), -1
        for _ in range(words.count(run[0])):
            at = words.index(run[0], at + 1)
            if tuple(words[at : at + count]) == run:
                return True
        return False

    def position_of(self, at: int) -> int:
        """Of the word at an index of `words`."""
        return at if at < self.bar else at + GAP

    def indexes(self, word: str) -> list[int]:
        """Where a folded word stands in `words`."""
        words = self.words
        found = []
        at = -1
        for _ in range(words.count(word)):
            at = words.index(word, at + 1)
            found.append(at)
        return found


def prepare(document: Document, *, now: datetime, zone: tzinfo) -> Prepared:
    return Prepared(document, now=now, zone=zone)


def _words(prepared: Prepared) -> list[str]:
    is_cut = prepared.folded is not prepared.sought
    return prepared.folded.decode().split() if is_cut else prepared.uncut_words


def _letters(prepared: Prepared) -> list[str]:
    title, text = (
        [letters for _, letters in written_words(one)] for one in (prepared.document.title, prepared.document.text)
    )
    return [*title, BAR, *text]


def _hard(prepared: Prepared) -> Prepared:
    return Prepared(prepared.document, now=prepared.now, zone=prepared.zone, hard_folded=hard(prepared.folded.decode()))


_MAKERS: dict[str, Callable[[Prepared], Any]] = {
    "folded": lambda prepared: cut(prepared.sought),
    "uncut_words": lambda prepared: prepared.sought.decode().split(),
    "words": _words,
    "bar": lambda prepared: prepared.words.index(BAR),
    "vocabulary": lambda prepared: set(prepared.words),
    "joined": lambda prepared: f" {' '.join(prepared.words)} ",
    "letters": _letters,
    "hard": _hard,
    "tags": lambda prepared: tags_of(prepared.document, prepared.mode),
    "handles": lambda prepared: handles_of(prepared.document, prepared.mode),
}
