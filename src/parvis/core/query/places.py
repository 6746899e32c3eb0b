"""Where each folded word stands in a text, and with which letters it is written.

Folding changes lengths (œ, ½, full-width, zero-width), so each character is followed through it on its own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from unicodedata import category, normalize

from parvis.core.query.words import folded
from parvis.core.text.normalise import LONGEST_WORD, words_of

_ASCII_WORD = re.compile(r"[A-Za-z0-9]+")
_RUN = re.compile(r"(?:[^\x00-\x7f\u00a0«»’‘“”„…–—\u2009\u202f]|[A-Za-z0-9])+")
"""What stands between signs that always part words."""
_SIMPLE = re.compile("[A-Za-z0-9À-ÖØ-öø-ɏ]+")
"""Letters that no neighbour changes: mostly one word, without a look at each."""
_JOINS_BACK = re.compile("[\u1160-\u11ff\ud7b0-\ud7fb\uff9e-\uffdc]")
"""Vowels and final consonants of Hangul, and half-width signs, which become one with what stands before."""
_SHAPES_KEPT = 8192


@dataclass(frozen=True, slots=True)
class Place:
    """A folded word, and the characters that it was made of. In scripts without spaces places overlap."""

    word: str
    start: int
    end: int


def places_of(text: str) -> list[Place]:
    """One for each of `words_of`, in the same order."""
    if text.isascii():
        return [
            Place(found[0].lower()[:LONGEST_WORD], found.start(), found.end()) for found in _ASCII_WORD.finditer(text)
        ]
    found: list[Place] = []
    for run in _RUN.finditer(text):
        piece, start = run[0], run.start()
        if piece.isascii():
            found.append(Place(piece.lower()[:LONGEST_WORD], start, run.end()))
            continue
        words = folded(piece) if _SIMPLE.fullmatch(piece) else []
        if len(words) == 1:
            found.append(Place(words[0], start, run.end()))
        else:
            found += (Place(one.word, one.start + start, one.end + start) for one in _Walk().through(piece))
    return found


def letters_of(text: str, place: Place) -> str:
    """How a word is written: case and accents as they are, in one form of Unicode, without what has no width."""
    written = text[place.start : place.end]
    if not written.isalnum():
        written = "".join(sign for sign in written if category(sign) != "Cf")
    return normalize("NFC", written)


def written_words(text: str) -> list[tuple[str, str]]:
    """(folded, as written) of each word: what an exact leaf compares."""
    return [(place.word, letters_of(text, place)) for place in places_of(text)]


@dataclass(slots=True)
class _Letters:
    """Folded letters that belong together, from one place to another."""

    text: str
    start: int
    end: int


class _Walk:
    def __init__(self) -> None:
        self.found: list[Place] = []
        self.word: _Letters | None = None
        self.run: list[_Letters] = []
        """Letters of a script without spaces, one by one."""

    def through(self, text: str) -> list[Place]:
        for start, end in _clusters(text):
            for sign in normalize("NFKC", text[start:end]):
                self._take(sign, start, end)
        self._end_word()
        self._end_run()
        return self.found

    def _take(self, sign: str, start: int, end: int) -> None:
        pieces, is_spaceless = _shape(sign)
        if is_spaceless:
            self._end_word()
            self.run.append(_Letters(pieces[0], start, end))
            return
        if pieces != ("",):
            self._end_run()
        for at, piece in enumerate(pieces):
            if at:
                self._end_word()
            if piece:
                self._grow(piece, start, end)
        if pieces == ("",) and self.word:  # a mark or what has no width: it goes with the word that it stands in
            self.word.end = max(self.word.end, end) if category(sign)[0] == "M" else self.word.end

    def _grow(self, piece: str, start: int, end: int) -> None:
        if self.word is None:
            self.word = _Letters(piece, start, end)
        else:
            self.word.text += piece
            self.word.end = end

    def _end_word(self) -> None:
        if self.word is not None:
            self.found.append(Place(self.word.text[:LONGEST_WORD], self.word.start, self.word.end))
            self.word = None

    def _end_run(self) -> None:
        run, self.run = self.run, []
        if len(run) == 1:
            self.found.append(Place(run[0].text, run[0].start, run[0].end))
        for one, other in pairwise(run):
            self.found.append(Place(one.text + other.text, one.start, other.end))


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    """Characters with what Unicode composes them with."""
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or not (category(text[at])[0] == "M" or _JOINS_BACK.match(text[at])):
            yield start, at
            start = at


@lru_cache(_SHAPES_KEPT)
def _shape(sign: str) -> tuple[tuple[str, ...], bool]:
    """What a character folds to, cut where words end in it, and whether its script goes without spaces.

    ("a",): it continues a word. ("", ""): it ends one. ("",): it is as if it were not there.
    """
    alone, between = folded(sign), words_of(f"x{sign}x")
    if len(between) == 1:
        return (between[0][1:-1],), False
    first, *middle, last = between
    if len(alone) == 1 and middle == alone and folded(sign * 2) == [alone[0] * 2]:
        return (alone[0],), True
    return (first[1:], *middle, last[:-1]), False
