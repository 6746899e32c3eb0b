"""What a query is asked about: one document, and how one is read from a line of JSON."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from parvis.core.errors import BadInput
from parvis.core.query.words import folded
from parvis.core.text.normalise import LONGEST_WORD
from parvis.core.wording import Text

GAP = 1000
"""Positions between the last word of the title and the first of the text: no phrase and no NEAR crosses it."""


def _all_of(*categories: str) -> str:
    codes = (*range(0xA0, 0x2100), *range(0xA000, 0xAC00), 0xFEFF, *range(0xFFF9, 0xFFFC))
    return "".join(chr(code) for code in codes if unicodedata.category(chr(code)) in categories)


_BEFORE = rf"\w{_all_of('Mn', 'Mc', 'Me')}"
"""Letters, digits and combining marks. Invisible characters often stand before a sign, and change nothing there."""
_W = rf"{_BEFORE}{_all_of('Cf')}"
"""What folding takes as part of a word: all that has no width too."""
HASHTAG = re.compile(rf"(?<![{_BEFORE}/&])[#＃](\w[{_W}]*)")
"""Group 1 is the tag."""
MENTION = re.compile(rf"(?<![{_BEFORE}])[@＠](\w[{_W}.\-]*(?:@\w[{_W}.\-]*)?)")
"""Group 1 is the handle, with its host where it has one; dots and hyphens at its end are not its own."""
LINK = re.compile(r"https?://|\bwww\.", re.IGNORECASE)
_SEPARATORS = re.compile(r"([.\-@])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """None and "" are "not known", which no field finds; names may be given with their numbers beside them."""

    text: str = field(kw_only=False)
    title: str = ""
    author: str = ""
    handle: str = ""
    url: str = ""
    lang: str = ""
    """BCP 47 tag."""
    channel: tuple[str, ...] = ()
    department: tuple[str, ...] = ()
    kind: str = ""
    platform: str = ""
    hashtags: tuple[str, ...] = ()
    """Besides those in title and text; with or without their sign."""
    mentions: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    state: str = ""
    assignee: tuple[str, ...] | None = None
    """None: not known; (): nobody."""
    story: tuple[str, ...] = ()
    priority: str = ""
    followers: float | None = None
    reach: float | None = None
    spam: float | None = None
    toxicity: float | None = None
    sentiment: float | None = None
    published_at: datetime | None = None
    """Aware."""
    is_unanswered: bool | None = None
    is_reply: bool | None = None
    is_held: bool | None = None
    is_mine: bool | None = None
    has_link: bool | None = None
    """None: looked up in the text."""
    has_media: bool | None = None

    @property
    def holds_link(self) -> bool:
        return LINK.search(self.text) is not None if self.has_link is None else self.has_link


@dataclass(frozen=True, slots=True)
class Sign:
    """A hashtag or a mention in a text, from its sign to its end. `text` goes without the sign."""

    text: str
    start: int
    end: int


def hashtags_in(text: str) -> Iterator[Sign]:
    for found in HASHTAG.finditer(text):
        yield Sign(found[1], found.start(), found.end())


def mentions_in(text: str) -> Iterator[Sign]:
    for found in MENTION.finditer(text):
        handle = found[1].rstrip(".-")
        yield Sign(handle, found.start(), found.start() + 1 + len(handle))


def hashtag_key(tag: str) -> str:
    """What two spellings of a hashtag share; "" where nothing is left. `Covid_19` gives covid_19."""
    name = tag.lstrip("#＃")
    if name.isascii() and name.isalnum():
        return name[:LONGEST_WORD].lower()
    return "_".join(folded(name))


def mention_key(handle: str) -> str:
    """What two spellings of a handle share: its words folded, its dots, hyphens and host kept."""
    parts = _SEPARATORS.split(handle.lstrip("@＠").rstrip(".-"))
    return "".join(part if part in {".", "-", "@"} else "_".join(folded(part)) for part in parts)


def mention_keys(handle: str) -> frozenset[str]:
    """The whole handle and the part before its host: `@rts@social.ch` is found by both."""
    key = mention_key(handle)
    return frozenset({key, key.partition("@")[0]} - {""})


def document_of(line: Mapping[str, Any]) -> Document:
    """Unknown keys are left aside, null is as if not there. Raises BadInput naming the key that has a wrong type."""
    given = {name: _READERS[name](name, line[name]) for name in _READERS if line.get(name) is not None}
    return Document(**{"text": "", **given})


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise _wrong(name, Text("a text", "un texte"))
    return value


def _names(name: str, value: object) -> tuple[str, ...]:
    values = value if isinstance(value, list | tuple) else [value]
    if not all(isinstance(one, str) or (isinstance(one, int) and not isinstance(one, bool)) for one in values):
        raise _wrong(name, Text("a name, a number or a list of them", "un nom, un numéro ou une liste"))
    return tuple(str(one) for one in values)


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise _wrong(name, Text("a number", "un nombre"))
    return value


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise _wrong(name, Text("true or false", "true ou false"))
    return value


def _moment(name: str, value: object) -> datetime:
    if isinstance(value, datetime):
        moment = value
    else:
        try:
            moment = datetime.fromisoformat(_text(name, value))
        except ValueError as error:
            raise _wrong(
                name, Text("a time such as 2026-11-16T08:00:00Z", "une date comme 2026-11-16T08:00:00Z")
            ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _wrong(name: str, wanted: Text) -> BadInput:
    detail = Text("“{name}” is to be {wanted}", "«\u202f{name}\u202f» doit être {wanted}")
    return BadInput(detail=detail.format(name=name, wanted=wanted))


_LISTS = frozenset({"channel", "department", "hashtags", "mentions", "labels", "assignee", "story"})
_NUMBERS = frozenset({"followers", "reach", "spam", "toxicity", "sentiment"})


def _reader(name: str) -> Callable[[str, object], Any]:
    if name in _LISTS:
        return _names
    if name in _NUMBERS:
        return _number
    if name.startswith(("is_", "has_")):
        return _flag
    return _moment if name == "published_at" else _text


_READERS = {one.name: _reader(one.name) for one in fields(Document)}
