"""Words that injected links are made of, in many languages; what they are is data, in words.txt."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

_FILE = Path(__file__).with_name("words.txt")
_SPACELESS = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\u1100-\u11ff\uac00-\ud7af]"
)
_BETWEEN = re.compile(r"[\W_]+")
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe", "’": "'", "ё": "е"})
LONGEST_CHARS = 400
"""An anchor's text behind it tells nothing new."""


class Entry(NamedTuple):
    subject: str
    is_strong: bool
    is_open: bool
    """Any ending may follow."""
    is_open_before: bool


class Told(NamedTuple):
    """What a text tells: of which subject, and how plainly (0 nothing, 1 hardly, 2 a word, 3 a phrase)."""

    subject: str
    strength: int


NOTHING = Told("", 0)


def folded(text: str) -> str:
    """Small letters without accents, and one space for whatever is no letter and no digit."""
    if text.isascii():
        return _BETWEEN.sub(" ", text.lower()).strip()
    text = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    text = "".join(sign for sign in text if not unicodedata.combining(sign))
    return _BETWEEN.sub(" ", text).strip()


@lru_cache(maxsize=4096)
def told_by(text: str) -> Told:
    """Of one anchor, title or slug."""
    strong: dict[str, int] = {}
    weak: dict[str, set[str]] = {}
    for entry, word in _found(folded(text[:LONGEST_CHARS])):
        if entry.is_strong:
            strength = 3 if " " in word or _SPACELESS.search(word) else 2
            strong[entry.subject] = max(strong.get(entry.subject, 0), strength)
        else:
            weak.setdefault(entry.subject, set()).add(word)
    if strong:
        subject = max(strong, key=strong.__getitem__)
        is_joined = strong[subject] == 2 and len(weak.get(subject, ())) > 0
        return Told(subject, 3 if is_joined else strong[subject])
    if weak:
        subject = max(weak, key=lambda name: len(weak[name]))
        return Told(subject, 2 if len(weak[subject]) > 1 else 1)
    return NOTHING


def subjects_in(text: str) -> dict[str, int]:
    """How many strong words of each subject a longer text holds."""
    counts: dict[str, int] = {}
    for entry, _ in _found(folded(text)):
        if entry.is_strong:
            counts[entry.subject] = counts.get(entry.subject, 0) + 1
    return counts


def _found(text: str) -> Iterator[tuple[Entry, str]]:
    automaton, entries, words = _automaton()
    for number, start, end in automaton.find_matches_as_indexes(text, overlapping=True):
        entry, word = entries[number], words[number]
        if not _SPACELESS.search(word):
            if start and text[start - 1] != " " and not entry.is_open_before:
                continue
            if end < len(text) and text[end] != " " and not entry.is_open:
                continue
        yield entry, word


@cache
def _automaton() -> tuple[Any, list[Entry], list[str]]:
    from ahocorasick_rs import AhoCorasick

    known: dict[str, Entry] = {}
    for entry, word in _read():
        if word not in known or entry.is_strong > known[word].is_strong:
            known[word] = entry
    return AhoCorasick(list(known)), list(known.values()), list(known)


def _read() -> Iterator[tuple[Entry, str]]:
    subject = ""
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            subject = line.strip("[]")
        elif line and not line.startswith("#"):
            strength, _, listed = line.partition(":")
            for written in listed.split(","):
                word = folded(written)
                if word:
                    bare = written.strip()
                    yield Entry(subject, strength == "strong", bare.endswith("*"), bare.startswith("*")), word
