"""What a platform says about the length of a text: dated data, declared by its connector."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from parvis.core.measuring.links import Links


class Unit(StrEnum):
    """In what a limit is told."""

    CHARACTERS = "characters"
    """Unicode code points."""
    UTF16 = "utf16"
    """UTF-16 code units: an emoji is two or more."""
    GRAPHEMES = "graphemes"
    """What a reader takes for one sign (UAX 29)."""
    BYTES = "bytes"
    """In UTF-8."""
    WEIGHTED = "weighted"
    """By the rules' own weights."""
    HASHTAGS = "hashtags"
    MENTIONS = "mentions"
    LINKS = "links"
    """Different ones."""

    @property
    def counts_things(self) -> bool:
        """Whether it counts what is in a text, and not the text."""
        return self in {Unit.HASHTAGS, Unit.MENTIONS, Unit.LINKS}


class TextPart(StrEnum):
    """Which text of a post a limit is about."""

    TEXT = "text"
    """The post itself; the description where the post is a film."""
    TITLE = "title"
    CAPTION = "caption"
    """The post itself where media stand above it."""
    ALT = "alt"
    """What a picture shows, for who does not see it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLimit:
    """One limit, from where it is known and since when."""

    unit: Unit
    most: int | None
    """None: there is no limit."""
    source: str
    checked_on: date
    applies_to: TextPart = TextPart.TEXT
    fact: str = ""
    """The channel's fact that tells another limit."""
    note: str = ""
    """Where sources disagree, and what was taken."""

    def most_for(self, facts: Mapping[str, str]) -> int | None:
        return number_in(facts, self.fact) or self.most


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What each character weighs where they do not all weigh the same."""

    light: tuple[tuple[int, int], ...]
    """First and last code point of those that weigh one; all others weigh two, and so does an emoji as a whole."""

    def weight_of(self, character: str) -> int:
        code = ord(character)
        return 1 if any(first <= code <= last for first, last in self.light) else 2


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRules:
    """How one platform counts. The first limit of a part is the one that people see as a counter."""

    limits: tuple[TextLimit, ...]
    links: Links | None = None
    """None: a link is text like any other."""
    shortens_mentions: bool = False
    """Whether of @name@server only @name counts."""
    escaped: str = ""
    """Characters that travel with a backslash before them, which counts."""
    emoji_in_bytes: bool = False
    """Whether an emoji counts as its bytes in UTF-8 where all else counts as characters."""
    weights: Weights | None = None
    composes: bool = False
    """Whether the platform composes (NFC) before it counts."""
    strips: bool = False
    """Whether white space around the text is taken away before it is counted."""
    warning_counts: bool = False
    """Whether a content warning counts with the text."""

    def limits_of(self, part: TextPart) -> tuple[TextLimit, ...]:
        """Those of the part; a caption without any of its own has those of a text."""
        own = tuple(limit for limit in self.limits if limit.applies_to is part)
        return own if own or part is not TextPart.CAPTION else self.limits_of(TextPart.TEXT)


def number_in(facts: Mapping[str, str], name: str) -> int | None:
    """What a channel's fact tells, or None where it tells nothing."""
    told = facts.get(name, "") if name else ""
    return int(told) if told.isascii() and told.isdigit() and int(told) > 0 else None
