"""How long a text is on a platform: each sign weighed in each unit that has a limit there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from parvis.core.measuring.graphemes import clusters, read
from parvis.core.measuring.links import (
    ANY_LINK,
    Span,
    find_fediverse_mentions,
    find_hashtags,
    find_links,
    find_mentions,
)
from parvis.core.measuring.rules import TextLimit, TextPart, TextRules, Unit, number_in
from parvis.core.measuring.sizes import sizer

_STRIPPED = "\t\n\v\f\r \0"


class Piece(NamedTuple):
    """What is never cut for counting, a sign or a link, and its size for each limit of the measure."""

    start: int
    end: int
    sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """A text against one limit."""

    limit: TextLimit
    length: int
    most: int | None
    """As the channel tells it, else as the platform does; None: no limit."""

    @property
    def left(self) -> int | None:
        """How much more there may be; below zero where it is too long, None without a limit."""
        return None if self.most is None else self.most - self.length

    @property
    def is_over(self) -> bool:
        return self.most is not None and self.length > self.most


@dataclass(frozen=True, slots=True)
class Measured:
    """A text against all limits; `length`, `most` and `left` are those of the platform's own counter."""

    units: tuple[Counted, ...]
    too_long: tuple[Span, ...]
    """Where it goes over, in characters of the text as it was given."""

    @property
    def length(self) -> int:
        return self.units[0].length

    @property
    def most(self) -> int | None:
        return self.units[0].most

    @property
    def left(self) -> int | None:
        return self.units[0].left

    @property
    def is_over(self) -> bool:
        return any(counted.is_over for counted in self.units)


@dataclass(frozen=True, slots=True)
class Measure:
    """The rules of a platform for one part of a post on one channel."""

    rules: TextRules
    facts: Mapping[str, str] = field(default_factory=dict)
    """The channel's: what its server tells goes before what the platform says."""
    part: TextPart = TextPart.TEXT

    @property
    def limits(self) -> tuple[TextLimit, ...]:
        """At least one."""
        return self.rules.limits_of(self.part) or (_without_limit(self.rules, self.part),)

    @property
    def most(self) -> tuple[int | None, ...]:
        """For each limit."""
        return tuple(limit.most_for(self.facts) for limit in self.limits)

    def __call__(self, text: str, *, warning: str = "") -> Measured:
        """`warning`: the content warning above it, which counts on some platforms."""
        pieces = self.weigh(text)
        before = self._warning_sizes(warning)
        lengths = [before[index] + sum(piece.sizes[index] for piece in pieces) for index in range(len(before))]
        units = tuple(
            Counted(limit, length, most) for limit, length, most in zip(self.limits, lengths, self.most, strict=True)
        )
        return Measured(units, tuple(self._too_long(pieces, before)))

    def weigh(self, text: str) -> list[Piece]:
        """One after the other, with the sizes that add up to the text's; what is stripped weighs nothing."""
        first, last = _kept(text) if self.rules.strips else (0, len(text))
        reading = read(text[first:last], composes=self.rules.composes)
        nothing = (0,) * len(self.limits)
        pieces = [Piece(0, first, nothing)] if first else []
        place = 0
        for end, sizes in self._sized(reading.counted):
            pieces.append(Piece(first + reading.place(place), first + reading.place(end), sizes))
            place = end
        if last < len(text):
            pieces.append(Piece(last, len(text), nothing))
        return pieces

    def _sized(self, counted: str) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Where each piece ends, and its sizes."""
        sizers = [sizer(limit.unit, self.rules) for limit in self.limits]
        things = [_things(limit.unit, self.rules, counted) for limit in self.limits]
        starts = sorted({start for found in things for start in found}, reverse=True)
        known: dict[str, tuple[int, ...]] = {}
        end = 0
        for written, read_as in self._cut(counted):
            end += len(written)
            sizes = known.get(read_as)
            if sizes is None:
                sizes = known[read_as] = tuple(size(read_as) for size in sizers)
            while starts and starts[-1] < end:
                start = starts.pop()
                sizes = tuple(size + (start in found) for size, found in zip(sizes, things, strict=True))
            yield end, sizes

    def _cut(self, counted: str) -> Iterator[tuple[str, str]]:
        """Each piece as it is written, and what is counted in its place."""
        place = 0
        for span, instead in self._replaced(counted):
            yield from ((cluster, cluster) for cluster in clusters(counted[place : span.start]))
            yield counted[span.start : span.end], instead
            place = span.end
        yield from ((cluster, cluster) for cluster in clusters(counted[place:]))

    def _replaced(self, counted: str) -> Iterator[tuple[Span, str]]:
        """What counts otherwise than it is written: links, mentions. In order; what overlaps the one before is text."""
        found: list[tuple[Span, str]] = []
        links = self.rules.links
        if links is not None and links.length is not None:
            instead = "x" * (number_in(self.facts, links.fact) or links.length)
            found += [(span, instead) for span in find_links(counted, links)]
        if self.rules.shortens_mentions:
            found += [
                (Span(one.start, one.end), counted[one.start : one.local_end])
                for one in find_fediverse_mentions(counted)
            ]
        end = 0
        for span, instead in sorted(found):
            if span.start >= end:
                yield span, instead
                end = span.end

    def _warning_sizes(self, warning: str) -> list[int]:
        if not warning or not self.rules.warning_counts:
            return [0] * len(self.limits)
        return [sizer(limit.unit, self.rules)(warning) for limit in self.limits]

    def _too_long(self, pieces: list[Piece], before: list[int]) -> Iterator[Span]:
        """From the first sign too many to the end; for things that are counted, each one too many."""
        tail: int | None = None
        for index, (limit, most) in enumerate(zip(self.limits, self.most, strict=True)):
            length = before[index]
            for piece in pieces:
                length += piece.sizes[index]
                if most is None or length <= most or not piece.sizes[index]:
                    continue
                if limit.unit.counts_things:
                    yield Span(piece.start, piece.end)
                    continue
                tail = piece.start if tail is None else min(tail, piece.start)
                break
        if tail is not None:
            yield Span(tail, pieces[-1].end)


def _things(unit: Unit, rules: TextRules, counted: str) -> frozenset[int]:
    """Where the things begin that a limit counts."""
    match unit:
        case Unit.HASHTAGS:
            return frozenset(span.start for span in find_hashtags(counted))
        case Unit.MENTIONS:
            return frozenset(span.start for span in find_mentions(counted))
        case Unit.LINKS:
            spans = find_links(counted, rules.links or ANY_LINK)
            return frozenset({counted[span.start : span.end]: span.start for span in reversed(spans)}.values())
        case _:
            return frozenset()


def _kept(text: str) -> tuple[int, int]:
    """Where the text begins and ends without the white space around it."""
    kept = text.strip(_STRIPPED)
    first = len(text) - len(text.lstrip(_STRIPPED)) if kept else len(text)
    return first, first + len(kept)


def _without_limit(rules: TextRules, part: TextPart) -> TextLimit:
    first = rules.limits[0]
    return TextLimit(unit=first.unit, most=None, source=first.source, checked_on=first.checked_on, applies_to=part)
