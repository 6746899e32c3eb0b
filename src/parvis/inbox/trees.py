"""A query that asks something of items, made ready for the inbox: what SQL answers apart from what the tree decides.

The rule: a query finds a conversation when it holds for one of its items at least. To that item's words,
title, address, hashtags, mentions, story, numbers, is:reply and has:media, the whole tree is asked; what is
asked of the conversation (see `clauses`) is the same for each of its items. So `redevance -radio` is one item
with the one and without the other, and `-radio` alone a conversation with an item that has no such word,
while `-author:"Sophie Müller"` is one in which nobody of that name wrote.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from parvis.core.matching import Prepared, compile_query
from parvis.core.query.joining import children, nodes_of
from parvis.core.query.plan import Everything, Plan, plan_of
from parvis.core.query.tree import All, Field, Node, Not, Query
from parvis.core.query.tree import Any as AnyOf
from parvis.inbox.clauses import Asking, Clause, clause_of_tree, is_of_conversation

MOST_LEVELS = 6
"""Of conditions in each other that SQL is given at once."""
_ASKED = ""
"""The name of a field that stands for the answer of so many a clause: no field of the language has it."""

Asked = bool | Callable[[Prepared], bool]
"""An answer, or what is to be asked of each item."""


@dataclass(frozen=True)
class Tree:
    """What is left of a query when all that SQL can answer is a yes or a no for each conversation."""

    root: Node
    asked: tuple[Clause, ...]
    """Each gives one yes or no."""
    plan: Plan
    fields: frozenset[str] = field(default=frozenset())
    """That are asked of items."""

    @property
    def is_sought(self) -> bool:
        """Whether the full-text index leads to it; else conversations are looked through, one after the other."""
        return not isinstance(self.plan, Everything)

    @cached_property
    def _compiled(self) -> dict[tuple[bool, ...], Asked]:
        return {}

    def given(self, answers: tuple[bool, ...]) -> Asked:
        """What is left to ask of the items of a conversation with these answers."""
        found = self._compiled.get(answers)
        if found is None:
            rest = _given(self.root, answers)
            found = rest if isinstance(rest, bool) else compile_query(Query(rest))
            self._compiled[answers] = found
        return found


def is_of_items(node: Node) -> bool:
    """Whether some of it is asked of items. `fold:hard` alone asks nothing."""
    return any(
        not children(one) and not (isinstance(one, Field) and (one.name == "fold" or is_of_conversation(one)))
        for one in nodes_of(node)
    )


def levels_of(node: Node) -> int:
    """How many conditions stand in each other; SQL reads only so many."""
    return 1 + max(map(levels_of, children(node)), default=0)


def tree_of(parts: Sequence[Node], asking: Asking) -> Tree:
    """Of parts that are wanted together. Raises QueryNotUnderstood where one names what is not there."""
    root = parts[0] if len(parts) == 1 else All(tuple(parts))
    splitting = _Splitting(asking)
    split = splitting.split(root)
    fields = {one.name for one in nodes_of(root) if isinstance(one, Field) and not is_of_conversation(one)}
    flags = {f"{one.name}:{one.value}" for one in nodes_of(root) if isinstance(one, Field)}
    return Tree(split, tuple(splitting.asked), plan_of(Query(split)), frozenset(fields | flags))


class _Splitting:
    """Numbers each greatest part that is asked of the conversation alone."""

    def __init__(self, asking: Asking) -> None:
        self.asking = asking
        self.asked: dict[Clause, int] = {}

    def split(self, node: Node) -> Node:
        if _is_askable(node):
            return self._number(node)
        if isinstance(node, Not):
            return Not(self.split(node.part))
        if isinstance(node, All | AnyOf):
            kind = type(node)
            own = tuple(part for part in node.parts if _is_askable(part))
            rest = tuple(self.split(part) for part in node.parts if not _is_askable(part))
            asked = (self._number(own[0] if len(own) == 1 else kind(own)),) if own else ()
            parts = (*asked, *rest)
            return parts[0] if len(parts) == 1 else kind(parts)
        return node

    def _number(self, node: Node) -> Field:
        clause = clause_of_tree(self.asking, node)
        return Field(_ASKED, str(self.asked.setdefault(clause, len(self.asked))))


def _is_askable(node: Node) -> bool:
    leaves = [one for one in nodes_of(node) if not children(one)]
    is_of_it = all(isinstance(one, Field) and one.name != _ASKED and is_of_conversation(one) for one in leaves)
    return is_of_it and levels_of(node) <= MOST_LEVELS


def _given(node: Node, answers: Sequence[bool]) -> bool | Node:
    if isinstance(node, Field) and node.name == _ASKED:
        return answers[int(node.value)]
    if isinstance(node, Not):
        inner = _given(node.part, answers)
        return not inner if isinstance(inner, bool) else Not(inner)
    if isinstance(node, All | AnyOf):
        return _given_group(node, answers)
    return node


def _given_group(node: All | AnyOf, answers: Sequence[bool]) -> bool | Node:
    """An answer that decides the group ends it; the other answers say nothing."""
    decides = isinstance(node, AnyOf)
    open_parts: list[Node] = []
    for part in node.parts:
        inner = _given(part, answers)
        if inner is decides:
            return decides
        if not isinstance(inner, bool):
            open_parts.append(inner)
    asking = [part for part in open_parts if not (isinstance(part, Field) and part.name == "fold")]
    if not asking:
        return not decides
    return open_parts[0] if len(open_parts) == 1 else type(node)(tuple(open_parts))
