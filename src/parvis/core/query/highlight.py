"""Which words of a text made a query true, for the screen."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from parvis.core.query.document import GAP, Document, hashtags_in, mentions_in
from parvis.core.query.naive import Evaluation, is_hard
from parvis.core.query.places import places_of
from parvis.core.query.tree import All, Any, Field, Hashtag, Leaf, Mention, Near, Node, Not, Query

LONGEST = 20_000
"""Characters of a text that are looked at."""
_MOST_PLACES = 500
"""Of one term beside a NEAR; more are not marked."""

Range = tuple[int, int]


def marks(query: Query, text: str) -> list[Range]:
    """Ranges (start, end) of characters, in their order and not overlapping.

    Words that are left out by NOT are never marked, those of a NEAR only where they are near. What one
    side of an OR needs together is marked where all of its words are there; what stands in fields counts as there.
    """
    if query.root is None or not text:
        return []
    return _merged(_Marker(text[:LONGEST], is_hard=is_hard(query)).of(query.root).ranges)


@dataclass(frozen=True, slots=True)
class _Marked:
    is_there: bool
    ranges: frozenset[Range] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class _Placed:
    """Where something stands: its first and last word, and what it is made of."""

    first: int
    last: int
    range: Range | None = None
    parts: "tuple[_Placed, ...]" = ()


@dataclass
class _Marker:
    text: str
    is_hard: bool
    evaluation: Evaluation = field(init=False)

    def __post_init__(self) -> None:
        never = datetime.min.replace(tzinfo=UTC)
        self.evaluation = Evaluation(Document(self.text), now=never, zone=UTC, is_hard=self.is_hard)
        self.places = places_of(self.text)
        signs = (*hashtags_in(self.text), *mentions_in(self.text))
        self.sign_ends = {sign.start + 1: sign.end for sign in signs}

    def of(self, node: Node, *, is_choice: bool = False) -> _Marked:
        if isinstance(node, Not | Field):
            return _Marked(is_there=True)
        if isinstance(node, All):
            parts = [self.of(part, is_choice=is_choice) for part in node.parts]
            is_there = all(part.is_there for part in parts)
            return _Marked(is_there) if is_choice and not is_there else _union(parts, is_there=is_there)
        if isinstance(node, Any):
            parts = [self.of(part, is_choice=True) for part in node.parts]
            return _union(parts, is_there=any(part.is_there for part in parts))
        placed = self._placed(node)
        return _Marked(bool(placed), frozenset(_ranges_of(placed)))

    def _placed(self, node: Node) -> list[_Placed]:
        if isinstance(node, Any):
            return [one for part in node.parts for one in self._placed(part)]
        if isinstance(node, Near):
            return self._near(node)
        assert not isinstance(node, All | Not | Field)
        spans = sorted(self.evaluation.spans(node))
        return [_Placed(first, last, self._range(node, first, last)) for first, last in spans]

    def _near(self, near: Near) -> list[_Placed]:
        lefts, rights = (self._placed(side)[:_MOST_PLACES] for side in (near.left, near.right))
        found = _followed(lefts, rights, near.distance)
        if not near.is_ordered:
            found += _followed(rights, lefts, near.distance)
        return found[:_MOST_PLACES]

    def _range(self, leaf: Leaf, first: int, last: int) -> Range:
        start, end = self.places[first - GAP].start, self.places[last - GAP].end
        if isinstance(leaf, Hashtag | Mention):
            return start - 1, self.sign_ends.get(start, end)
        return start, end


def _followed(earlier: list[_Placed], later: list[_Placed], distance: int) -> list[_Placed]:
    by_first = defaultdict(list)
    for one in later:
        by_first[one.first].append(one)
    found = []
    for one in earlier:
        for first in range(one.last + 1, one.last + distance + 1):
            found += [_Placed(one.first, other.last, parts=(one, other)) for other in by_first.get(first, ())]
        if len(found) >= _MOST_PLACES:
            break
    return found


def _ranges_of(placed: Iterable[_Placed]) -> Iterator[Range]:
    waiting, seen = list(placed), set[_Placed]()
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting += one.parts
            if one.range is not None:
                yield one.range


def _union(parts: Iterable[_Marked], *, is_there: bool) -> _Marked:
    return _Marked(is_there, frozenset().union(*(part.ranges for part in parts)))


def _merged(ranges: Iterable[Range]) -> list[Range]:
    merged: list[Range] = []
    for start, end in sorted(ranges):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
