"""A long text as a thread: cut where it breathes, every part within the limit, none much shorter than the others."""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise
from typing import Literal, NamedTuple

import regex

from parvis.core.measuring.breaks import Level, find_breaks, grapheme_breaks
from parvis.core.measuring.links import Span, find_unbreakable
from parvis.core.measuring.measure import Measure

Numbering = Literal["1/n"]

_MANUAL_BREAK = regex.compile(r"^[^\S\r\n]*---[^\S\r\n]*(?:\r\n|\r|\n|$)", regex.MULTILINE)
_NUMBER = "\n\n{number}/{count}"
"""On a line of its own: within a line of Arabic or after a year it would be misread."""
_PRICES = {
    Level.PARAGRAPH: 0.0,
    Level.LINE: 0.05,
    Level.SENTENCE: 0.1,
    Level.CLAUSE: 0.8,
    Level.WORD: 1.6,
    Level.GRAPHEME: 20.0,
}
"""What a break costs beside one part more, which costs 1."""
_PART_PRICE = 1.0
_UNEVEN_PRICE = 0.8
_STUB_PRICE = 3.0
_STUB_SHARE = 0.15
"""Of what a part may hold: what is shorter is better joined to its neighbour."""
_LONG_SHARE = 0.2
"""Of what a part may hold: words are looked at only within what is longer without a better break."""


_MOST_SPARE = 64


class _Plan(NamedTuple):
    text: str
    places: list[int]
    levels: list[Level]
    sums: list[tuple[int, ...]]
    """Of the sizes of all before each place."""
    ends: list[tuple[int, ...]]
    """The same without the white space before the place, with which no part ends."""
    room: tuple[int | None, ...]


def split_thread(text: str, measure: Measure, *, numbering: Numbering | None = None) -> list[str]:
    """The parts in order, without white space around them; [] for an empty text.

    With "1/n" each of several parts ends with its number. A line of three hyphens is kept as a break.
    A part is over the limit only where it is one single link, mention, hashtag or sign that is.
    """
    spans = thread_spans(text, measure, numbering=numbering)
    parts = [text[span.start : span.end] for span in spans]
    return _numbered(parts) if numbering and len(parts) > 1 else parts


def thread_spans(text: str, measure: Measure, *, numbering: Numbering | None = None) -> list[Span]:
    """Where each part stands in the text: between them is nothing but white space and lines of three hyphens."""
    sections = [section for section in _sections(text) if section.start < section.end]
    spans = [span for section in sections for span in _split(text, section, measure, "")]
    if numbering is None or len(spans) <= 1:
        return spans
    for digits in range(len(str(len(spans))), 6):
        longest = _NUMBER.format(number="9" * digits, count="9" * digits)
        spans = [span for section in sections for span in _split(text, section, measure, longest)]
        if len(spans) < 10**digits:
            break
    return spans


def _numbered(parts: list[str]) -> list[str]:
    return [part + _NUMBER.format(number=number, count=len(parts)) for number, part in enumerate(parts, 1)]


def _sections(text: str) -> Iterator[Span]:
    start = 0
    for found in _MANUAL_BREAK.finditer(text):
        yield _trimmed(text, start, found.start())
        start = found.end()
    yield _trimmed(text, start, len(text))


def _trimmed(text: str, start: int, end: int) -> Span:
    """Without the white space at either end; marks on a space keep it."""
    part = text[start:end]
    lead = len(part) - len(part.lstrip())
    if 0 < lead < len(part) and regex.match(r"\p{M}|\u200d", part[lead]):
        lead -= 1
    return Span(start + lead, max(start + lead, start + len(part.rstrip())))


def _split(text: str, section: Span, measure: Measure, suffix: str) -> list[Span]:
    """Cut by the sums of sizes; where a part alone turns out longer than its share of the whole, with less room."""
    spare = 0
    while True:
        spans = _best(_plan(text, section, measure, suffix, spare))
        over = [span for span in spans if measure(text[span.start : span.end] + suffix).is_over]
        if spare > _MOST_SPARE or all(_is_one(text, span) for span in over):
            return spans
        spare = max(1, spare * 2)


def _is_one(text: str, span: Span) -> bool:
    """Whether it is a single thing that cannot be cut."""
    return not grapheme_breaks(text, span.start, span.end, find_unbreakable(text))


def _plan(text: str, section: Span, measure: Measure, suffix: str, spare: int) -> _Plan:
    part = text[section.start : section.end]
    suffix_sizes = tuple(counted.length for counted in measure(suffix).units)
    room = tuple(
        None if most is None else max(1, most - size - spare)
        for most, size in zip(measure.most, suffix_sizes, strict=True)
    )
    pieces = measure.weigh(part)
    at = {0: (0,) * len(room)}
    total = at[0]
    for piece in pieces:
        total = tuple(map(int.__add__, total, piece.sizes))
        at[piece.end] = total
    breaks = {place: level for place, level in find_breaks(part).items() if place in at}
    chosen = _chosen(part, breaks, at, room)
    places = sorted({0, len(part), *chosen})
    levels = [chosen.get(place, Level.PARAGRAPH) for place in places]
    ends = [at.get(len(part[:place].rstrip()), at[place]) for place in places]
    shifted = [place + section.start for place in places]
    return _Plan(text, shifted, levels, [at[place] for place in places], ends, room)


def _chosen(
    part: str, breaks: dict[int, Level], at: dict[int, tuple[int, ...]], room: tuple[int | None, ...]
) -> dict[int, Level]:
    """All good breaks, words where they are needed, and signs within words that are too long for a part."""
    chosen = {place: level for place, level in breaks.items() if level <= Level.CLAUSE}
    words = sorted(place for place, level in breaks.items() if level is Level.WORD)
    edges = sorted({0, len(part), *chosen})
    for start, end in pairwise(edges):
        if _share(at[start], at[end], room) > _LONG_SHARE:
            first, last = bisect_left(words, start), bisect_left(words, end)
            chosen.update(dict.fromkeys(words[first:last], Level.WORD))
    whole: list[Span] | None = None
    for start, end in pairwise(sorted({0, len(part), *chosen})):
        if _share(at[start], at[end], room) > 1:
            whole = find_unbreakable(part) if whole is None else whole
            inner = [place for place in grapheme_breaks(part, start, end, whole) if place in at]
            chosen.update(dict.fromkeys(inner, Level.GRAPHEME))
    return chosen


def _share(before: tuple[int, ...], after: tuple[int, ...], room: tuple[int | None, ...]) -> float:
    """How full a part between would be: 1 is full, by the limit that is the tightest."""
    return max(
        ((end - start) / most for start, end, most in zip(before, after, room, strict=True) if most is not None),
        default=0.0,
    )


def _best(plan: _Plan) -> list[Span]:
    """The cheapest way through the places: few parts, good breaks, none nearly empty."""
    total = _share(plan.sums[0], plan.ends[-1], plan.room)
    if total <= 1:
        return [_trimmed(plan.text, plan.places[0], plan.places[-1])]
    costs, origins = [0.0], [0]
    for last in range(1, len(plan.places)):
        best, origin = float("inf"), last - 1
        for first in range(last - 1, -1, -1):
            share = _share(plan.sums[first], plan.ends[last], plan.room)
            if share > 1 and first < last - 1:
                break
            cost = costs[first] + _price(share) + (_PRICES[plan.levels[last]] if last < len(plan.places) - 1 else 0)
            if cost < best:
                best, origin = cost, first
        costs.append(best)
        origins.append(origin)
    return list(_spans(plan, origins))


def _price(share: float) -> float:
    stub = _STUB_PRICE * (1 - share / _STUB_SHARE) if share < _STUB_SHARE else 0.0
    return _PART_PRICE + _UNEVEN_PRICE * (1 - min(share, 1.0)) ** 2 + stub


def _spans(plan: _Plan, origins: list[int]) -> list[Span]:
    cuts = [len(origins) - 1]
    while cuts[-1] > 0:
        cuts.append(origins[cuts[-1]])
    places = [plan.places[cut] for cut in reversed(cuts)]
    spans = (_trimmed(plan.text, start, end) for start, end in pairwise(places))
    return [span for span in spans if span.start < span.end]
