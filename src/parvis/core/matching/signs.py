"""Hashtags and mentions of a document, with where they stand."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from parvis.core.query.document import GAP, HASHTAG, MENTION, Document, hashtag_key, mention_keys
from parvis.core.text.normalise import words_of


class Sign(NamedTuple):
    keys: frozenset[str]
    """What it is found by."""
    name: str = ""
    is_in_title: bool = False
    start: int | None = None
    """Of the sign, in characters; None where only the document's list names it."""

    def place(self, document: Document, *, bar: int) -> tuple[int, int] | None:
        """First and last position of its words; None where it has none. `bar`: see `Prepared`."""
        length = 0 if self.start is None else len(words_of(self.name))
        if not length:
            return None
        text, first = (document.title, 0) if self.is_in_title else (document.text, bar + 1 + GAP)
        begin = first + len(words_of(text[: self.start]))
        return begin, begin + length - 1


def tags_of(document: Document, mode: Callable[[str], str]) -> list[Sign]:
    if not has_tags(document):
        return []

    def keys(tag: str) -> frozenset[str]:
        return frozenset({mode(hashtag_key(tag))} - {""})

    return [*_written(document, HASHTAG, "#＃", keys), *(Sign(keys(tag)) for tag in document.hashtags)]


def handles_of(document: Document, mode: Callable[[str], str]) -> list[Sign]:
    if not has_handles(document):
        return []

    def keys(handle: str) -> frozenset[str]:
        return frozenset(map(mode, mention_keys(handle)))

    return [*_written(document, MENTION, "@＠", keys), *(Sign(keys(handle)) for handle in document.mentions)]


def has_tags(document: Document) -> bool:
    """Or may have some: whether a sign is there."""
    return bool(document.hashtags) or _stands_in(document, "#", "＃")


def has_handles(document: Document) -> bool:
    return bool(document.mentions) or _stands_in(document, "@", "＠")


def _stands_in(document: Document, sign: str, wide: str) -> bool:
    """Most documents have no such sign, and are not looked at further."""
    title, text = document.title, document.text
    return sign in text or sign in title or wide in text or wide in title


def _written(
    document: Document, pattern: re.Pattern[str], signs: str, keys: Callable[[str], frozenset[str]]
) -> Iterator[Sign]:
    """Those in title and text."""
    for text, is_in_title in ((document.title, True), (document.text, False)):
        if signs[0] in text or signs[1] in text:
            for start, found in _found_in(text, pattern, signs):
                name = found.rstrip(".-")
                yield Sign(keys(name), name, is_in_title, start)


def _found_in(text: str, pattern: re.Pattern[str], signs: str) -> Iterator[tuple[int, str]]:
    end = 0
    for start in sorted(at for sign in signs for at in _places(text, sign)):
        found = pattern.match(text, start) if start >= end else None
        if found:
            end = found.end()
            yield start, found[1]


def _places(text: str, sign: str) -> Iterator[int]:
    at = text.find(sign)
    while at >= 0:
        yield at
        at = text.find(sign, at + 1)
