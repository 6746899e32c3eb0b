"""NEAR: where one thing stands at most so many words from another.

Places are kept as spans: first position to the bits of (last - first) of all spans that begin there. However many
a text has of them, and however deep NEARs stand in each other, the work stays bounded by its words.
"""

from parvis.core.matching.predicates import Placed, Spans, merged
from parvis.core.matching.prepared import Prepared


class NearBy:
    __slots__ = ("distance", "is_ordered", "left", "right")

    def __init__(self, left: Placed, right: Placed, distance: int, *, is_ordered: bool) -> None:
        self.left = left
        self.right = right
        self.distance = distance
        self.is_ordered = is_ordered

    def holds(self, of: Prepared) -> bool:
        left = self.left.spans(of)
        if not left:
            return False
        right = self.right.spans(of)
        if not right:
            return False
        return _any_after(left, right, self.distance) or (
            not self.is_ordered and _any_after(right, left, self.distance)
        )

    def spans(self, of: Prepared) -> Spans:
        left, right = self.left.spans(of), self.right.spans(of)
        if not left or not right:
            return {}
        found = _after(left, right, self.distance)
        return found if self.is_ordered else merged((found, _after(right, left, self.distance)))


def _any_after(earlier: Spans, later: Spans, distance: int) -> bool:
    if len(earlier) == len(later) == 1:
        [(first, lengths)] = earlier.items()
        [begin] = later
        return begin > first and bool(_reach(lengths, distance) >> (begin - first) & 1)
    begins = _bits(later)
    return any(_reach(lengths, distance) & (begins >> first) for first, lengths in earlier.items())


def _after(earlier: Spans, later: Spans, distance: int) -> Spans:
    """The spans from the beginning of an earlier one to the end of a later one that begins within reach."""
    begins = _bits(later)
    are_words = set(later.values()) == {1}
    found: Spans = {}
    for first, lengths in earlier.items():
        near = _reach(lengths, distance) & (begins >> first)
        joined = near if are_words else 0
        while near and not are_words:
            lowest = near & -near
            offset = lowest.bit_length() - 1
            joined |= later[first + offset] << offset
            near ^= lowest
        if joined:
            found[first] = joined
    return found


def _reach(lengths: int, distance: int) -> int:
    """The bits of `lengths`, each moved by 1 to `distance` places."""
    width = 1
    while width < distance:
        step = min(width, distance - width)
        lengths |= lengths << step
        width += step
    return lengths << 1


def _bits(spans: Spans) -> int:
    bits = 0
    for first in spans:
        bits |= 1 << first
    return bits
