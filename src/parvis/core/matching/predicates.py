"""What a query is compiled to: small objects that say whether a prepared document holds them.

They are kept by the hundred thousand, so they are slotted, share their words, and keep nothing of a document.
"""

from collections.abc import Iterable, Iterator
from typing import Literal, Protocol

from parvis.core.matching.prepared import Prepared
from parvis.core.matching.signs import Sign
from parvis.core.query.words import is_one_edit, pattern_holds

Spans = dict[int, int]
"""First position to the bits of (last - first) of each span that begins there: 1 is one word, 0b100 three words."""


class Predicate(Protocol):
    def holds(self, of: Prepared) -> bool: ...


class Placed(Predicate, Protocol):
    """What has places in the text, and so may be a side of NEAR."""

    def spans(self, of: Prepared) -> Spans: ...


def merged(several: Iterable[Spans]) -> Spans:
    found: Spans = {}
    for spans in several:
        for first, lengths in spans.items():
            found[first] = found.get(first, 0) | lengths
    return found


def _places_of(words: Iterable[str], of: Prepared) -> Spans:
    return {at: 1 for word in words for at in of.positions(word)}


class OneWord:
    __slots__ = ("word",)

    def __init__(self, word: str) -> None:
        self.word = word

    def holds(self, of: Prepared) -> bool:
        return self.word in of.vocabulary

    def spans(self, of: Prepared) -> Spans:
        return dict.fromkeys(of.positions(self.word), 1)


class Run:
    """Words that follow each other."""

    __slots__ = ("text", "words")

    def __init__(self, words: tuple[str, ...]) -> None:
        self.words = words
        self.text = f" {' '.join(words)} "

    def holds(self, of: Prepared) -> bool:
        return of.vocabulary.issuperset(self.words) and self.text in of.joined

    def spans(self, of: Prepared) -> Spans:
        if not self.holds(of):
            return {}
        starts = set(of.positions(self.words[0]))
        for offset, word in enumerate(self.words[1:], 1):
            starts &= {at - offset for at in of.positions(word)}
        return dict.fromkeys(starts, 1 << len(self.words) - 1)


class Stars:
    """A word with stars in it."""

    __slots__ = ("is_piece", "pattern", "piece")

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.piece = piece_of(pattern)
        self.is_piece = is_piece(pattern)

    def holds(self, of: Prepared) -> bool:
        if self.is_piece:
            return self.piece in of.joined
        return any(pattern_holds(self.pattern, word) for word in _words_with(self.piece, of.joined))

    def spans(self, of: Prepared) -> Spans:
        fitting = {word for word in _words_with(self.piece, of.joined) if pattern_holds(self.pattern, word)}
        return _places_of(fitting, of)


def _words_with(piece: str, joined: str) -> Iterator[str]:
    """The words that a piece stands in, from left to right."""
    at = joined.find(piece)
    while at >= 0:
        begin = at + 1 if piece[0] == " " else joined.rfind(" ", 0, at) + 1
        end = at + len(piece) - 1 if piece[-1] == " " else joined.find(" ", at + len(piece))
        yield joined[begin:end]
        at = joined.find(piece, end)


def piece_of(pattern: str) -> str:
    """The longest letters that the text must contain for a folded pattern to hold, with the space at a word's end."""
    return max(f" {pattern} ".split("*"), key=lambda piece: (len(piece.strip()), len(piece)))


def is_piece(pattern: str) -> bool:
    """Whether the stars are only at its ends, so that `piece_of` says all."""
    return "*" not in pattern.strip("*")


class OneEdit:
    """A word with one letter more, less or other. One half of it at least stands in the text as it is."""

    __slots__ = ("word",)

    def __init__(self, word: str) -> None:
        self.word = word

    def _fitting(self, of: Prepared) -> set[str]:
        near = {word for half in halves_of(self.word) for word in _words_with(half, of.joined)}
        return {word for word in near if is_one_edit(self.word, word)}

    def holds(self, of: Prepared) -> bool:
        return bool(self._fitting(of))

    def spans(self, of: Prepared) -> Spans:
        return _places_of(self._fitting(of), of)


def halves_of(word: str) -> tuple[str, str]:
    """Begin and end of a word, with the space at its edge: one edit touches one of them only."""
    half = len(word) // 2
    return f" {word[:half]}", f"{word[half:]} "


class Written:
    """Words with the letters that they are written with."""

    __slots__ = ("letters", "words")

    def __init__(self, words: tuple[str, ...], letters: tuple[str, ...]) -> None:
        self.words = words
        self.letters = letters

    def holds(self, of: Prepared) -> bool:
        return of.vocabulary.issuperset(self.words) and bool(self.spans(of))

    def spans(self, of: Prepared) -> Spans:
        words, letters = list(self.words), list(self.letters)
        length = len(words)
        found: Spans = {}
        for start in of.indexes(self.words[0]):
            is_same = of.words[start : start + length] == words and of.letters[start : start + length] == letters
            if is_same and of.position_of(start + length - 1) == of.position_of(start) + length - 1:
                found[of.position_of(start)] = 1 << length - 1
        return found


class Signed:
    """A hashtag or a mention."""

    __slots__ = ("is_open", "key", "kind")

    def __init__(self, kind: Literal["tags", "handles"], key: str, *, is_open: bool) -> None:
        self.kind = kind
        self.key = key
        self.is_open = is_open
        """Whether it is only the beginning."""

    def _found(self, of: Prepared) -> list[Sign]:
        signs: list[Sign] = of.tags if self.kind == "tags" else of.handles
        if self.is_open:
            return [sign for sign in signs if any(key.startswith(self.key) for key in sign.keys)]
        return [sign for sign in signs if self.key in sign.keys]

    def holds(self, of: Prepared) -> bool:
        return bool(self._found(of))

    def spans(self, of: Prepared) -> Spans:
        found: Spans = {}
        for sign in self._found(of):
            place = sign.place(of.document, bar=of.bar)
            if place:
                first, last = place
                found[first] = found.get(first, 0) | 1 << last - first
        return found


class Follow:
    """Parts that follow each other, of which one at least is more than words."""

    __slots__ = ("length", "parts")

    def __init__(self, parts: tuple[tuple[int, Placed], ...], length: int) -> None:
        """Each part with how many words stand before it; `length` counts all words."""
        self.parts = parts
        self.length = length

    def spans(self, of: Prepared) -> Spans:
        starts: set[int] | None = None
        for offset, part in self.parts:
            found = {first - offset for first in part.spans(of)}
            starts = found if starts is None else starts & found
            if not starts:
                return {}
        return dict.fromkeys(starts or (), 1 << self.length - 1)

    def holds(self, of: Prepared) -> bool:
        return bool(self.spans(of))


class AllOf:
    __slots__ = ("parts",)

    def __init__(self, parts: tuple[Predicate, ...]) -> None:
        self.parts = parts

    def holds(self, of: Prepared) -> bool:
        for part in self.parts:  # noqa: SIM110 (a generator costs more than what it asks)
            if not part.holds(of):
                return False
        return True


class AnyOf:
    __slots__ = ("parts",)

    def __init__(self, parts: tuple[Predicate, ...]) -> None:
        self.parts = parts

    def holds(self, of: Prepared) -> bool:
        for part in self.parts:  # noqa: SIM110 (as above)
            if part.holds(of):
                return True
        return False


class AnyPlace:
    """Any of several things that have places."""

    __slots__ = ("parts",)

    def __init__(self, parts: tuple[Placed, ...]) -> None:
        self.parts = parts

    def holds(self, of: Prepared) -> bool:
        return any(part.holds(of) for part in self.parts)

    def spans(self, of: Prepared) -> Spans:
        return merged(part.spans(of) for part in self.parts)


class AnyWord:
    """One of several words."""

    __slots__ = ("words",)

    def __init__(self, words: tuple[str, ...]) -> None:
        self.words = words

    def holds(self, of: Prepared) -> bool:
        return not of.vocabulary.isdisjoint(self.words)

    def spans(self, of: Prepared) -> Spans:
        return _places_of(self.words, of)


class NotOf:
    __slots__ = ("part",)

    def __init__(self, part: Predicate) -> None:
        self.part = part

    def holds(self, of: Prepared) -> bool:
        return not self.part.holds(of)
