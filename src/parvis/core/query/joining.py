"""How nodes are joined: groups are flattened, and NEAR is handed down to what has a place in the text."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from parvis.core.query.tree import All, Any, Field, Near, Node, Not, Phrase


@dataclass(frozen=True, slots=True)
class Sized:
    """A node with what counts against the limits: levels of nesting and leaves."""

    node: Node
    depth: int = 0
    leaves: int = 1


def leaf_count(node: Node) -> int:
    return len(node.parts) if isinstance(node, Phrase) else 1


def all_of(parts: Sequence[Sized], *, start: int, end: int) -> Sized:
    """One node that is true when each part is; nested groups of the same kind become one."""
    return _joined(All, parts, start=start, end=end)


def any_of(parts: Sequence[Sized], *, start: int, end: int) -> Sized:
    return _joined(Any, parts, start=start, end=end)


def not_of(part: Sized, *, start: int) -> Sized:
    return Sized(Not(part.node, start=start, end=part.node.end), part.depth + 1, part.leaves)


def _joined(kind: type[All] | type[Any], parts: Sequence[Sized], *, start: int, end: int) -> Sized:
    if len(parts) == 1:
        return parts[0]
    flat: list[Node] = []
    for part in parts:
        flat += part.node.parts if isinstance(part.node, kind) else (part.node,)
    depth = max(part.depth if isinstance(part.node, kind) else part.depth + 1 for part in parts)
    return Sized(kind(tuple(flat), start=start, end=end), depth, sum(part.leaves for part in parts))


def placeless(node: Node) -> Node | None:
    """The first NOT or field in a side of NEAR, which has no place in the text; None where there is none."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Not | Field):
            return one
        if isinstance(one, All | Any):
            waiting += reversed(one.parts)
    return None


def near_size(left: Sized, right: Sized) -> int:
    """How many leaves `near_of` would give."""
    lefts, rights = _products(left.node), _products(right.node)
    return left.leaves * rights + right.leaves * lefts


def near_of(left: Sized, right: Sized, distance: int, *, is_ordered: bool) -> Sized:
    """Left near right. A group joined by AND is handed down: (a AND b) NEAR c is a NEAR c AND b NEAR c."""
    return measure(_spread(left.node, right.node, distance, is_ordered=is_ordered))


def _spread(left: Node, right: Node, distance: int, *, is_ordered: bool) -> Node:
    start, end = left.start, right.end
    side = left if _is_spread(left) else right
    if not _is_spread(side):
        return Near(left, right, distance, is_ordered, start=start, end=end)
    assert isinstance(side, All | Any)
    nears: list[Sized] = []
    for part in _halves(side):
        pair = (part, right) if side is left else (left, part)
        nears.append(Sized(_spread(*pair, distance, is_ordered=is_ordered)))
    return _joined(type(side), nears, start=start, end=end).node


def _is_spread(side: Node) -> bool:
    return isinstance(side, All) or (isinstance(side, Any) and any(isinstance(part, All) for part in side.parts))


def _halves(side: All | Any) -> Iterator[Node]:
    """The parts of a group; of an OR group those that have a place stay together."""
    if isinstance(side, All):
        yield from side.parts
        return
    placed = tuple(part for part in side.parts if not isinstance(part, All))
    if placed:
        yield placed[0] if len(placed) == 1 else Any(placed, start=side.start, end=side.end)
    yield from (part for part in side.parts if isinstance(part, All))


def _products(node: Node) -> int:
    """Into how many NEARs a side is spread."""
    count, waiting = 0, [node]
    while waiting:
        one = waiting.pop()
        if _is_spread(one):
            assert isinstance(one, All | Any)
            waiting += _halves(one)
        else:
            count += 1
    return count


def measure(node: Node) -> Sized:
    """Its depth and leaves, counted without recursion."""
    deepest, leaves = 0, 0
    waiting: list[tuple[Node, int]] = [(node, 0)]
    while waiting:
        one, depth = waiting.pop()
        deepest = max(deepest, depth)
        below = tuple(children(one))
        leaves += 0 if below else leaf_count(one)
        waiting += ((part, depth + 1) for part in below)
    return Sized(node, deepest, leaves)


def children(node: Node) -> Iterable[Node]:
    """What stands below a node; nothing below leaves and fields."""
    if isinstance(node, All | Any):
        return node.parts
    if isinstance(node, Near):
        return (node.left, node.right)
    return (node.part,) if isinstance(node, Not) else ()


def nodes_of(root: Node | None) -> Iterator[Node]:
    """Every node, each before those below it, in the order of the text."""
    waiting = [] if root is None else [root]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += reversed(tuple(children(one)))
