"""What a full-text index can say of a query: a plan that finds every document for which it holds, and some more.

The database reads the plan, and the compiled query then looks at what it found; so the two always agree.
"""

from dataclasses import dataclass

from parvis.core.query.tree import (
    All,
    Any,
    Exact,
    Field,
    Fuzzy,
    Hashtag,
    Leaf,
    Mention,
    Near,
    Node,
    Not,
    Pattern,
    Phrase,
    Query,
    Word,
)
from parvis.core.query.words import folded, folded_parts


@dataclass(frozen=True, slots=True)
class Everything:
    """The index cannot narrow it."""


@dataclass(frozen=True, slots=True)
class Seek:
    """These words, one after the other; the last may be the beginning of one."""

    words: tuple[str, ...]
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class Both:
    parts: tuple["Plan", ...]


@dataclass(frozen=True, slots=True)
class Either:
    parts: tuple["Plan", ...]


Plan = Everything | Seek | Both | Either

DEEPEST = 16
"""Parentheses in each other; a full-text index reads no more than some thirty."""


def plan_of(query: Query) -> Plan:
    if query.root is None or _is_hard(query.root):
        return Everything()  # folded hard, words are not those of the index
    return _shallow(_plan(query.root), DEEPEST)


def seeks_of(plan: Plan) -> int:
    """How many words and phrases the index is asked for."""
    return sum(map(seeks_of, plan.parts)) if isinstance(plan, Both | Either) else 1


def _shallow(plan: Plan, levels: int) -> Plan:
    """What lies deeper is left out: it would only have narrowed what is found."""
    if not isinstance(plan, Both | Either):
        return plan
    if not levels:
        return Everything()
    parts = [_shallow(part, levels - 1) for part in plan.parts]
    return _both(parts) if isinstance(plan, Both) else _either(parts)


def _plan(node: Node) -> Plan:
    match node:
        case All(parts=parts):
            return _both([_plan(part) for part in parts])
        case Any(parts=parts):
            return _either([_plan(part) for part in parts])
        case Near(left=left, right=right):
            return _both([_plan(left), _plan(right)])
        case Not() | Field():
            return _field(node) if isinstance(node, Field) else Everything()
        case _:
            return _leaf(node)


def _leaf(node: Leaf) -> Plan:
    match node:
        case Phrase(parts=parts):
            if all(isinstance(part, Word | Exact) for part in parts):
                return _seek([word for part in parts for word in folded(part.text)])
            return _both([_leaf(part) for part in parts])
        case Pattern(text=text):
            return _pattern(text)
        case Hashtag(text=text) | Mention(text=text):
            return _sign(text)
        case Fuzzy():
            return Everything()
        case _:
            return _seek(folded(node.text))


def _pattern(text: str) -> Plan:
    """Words before one with a star in it, and the beginning of that where the star stands at its end."""
    parts = folded_parts(text)
    plans: list[Plan] = []
    for part in parts:
        head, star, tail = part.partition("*")
        if not star:
            plans.append(_seek([part]))
        elif (head and not tail) or head:
            plans.append(Seek((head,), is_prefix=True))
    return _both(plans)


def _sign(text: str) -> Plan:
    """A hashtag or handle, whole or its beginning, by the words in it."""
    words = tuple(folded(text.rstrip("*")))
    return Seek(words, is_prefix=text.endswith("*")) if words else Everything()


def _field(node: Field) -> Plan:
    """A title and the signs in a text are in the index; what else is known of an item is not."""
    if node.name in {"hashtag", "mention"}:
        return _sign(node.value)
    if node.name == "title" and not any(sign in node.value for sign in "*~="):
        return _seek(folded(node.value))
    return Everything()


def _seek(words: list[str]) -> Plan:
    return Seek(tuple(words)) if words else Everything()


def _both(parts: list[Plan]) -> Plan:
    narrow = [part for part in dict.fromkeys(parts) if not isinstance(part, Everything)]
    if not narrow:
        return Everything()
    return narrow[0] if len(narrow) == 1 else Both(tuple(narrow))


def _either(parts: list[Plan]) -> Plan:
    if any(isinstance(part, Everything) for part in parts):
        return Everything()
    distinct = tuple(dict.fromkeys(parts))
    return distinct[0] if len(distinct) == 1 else Either(distinct)


def _is_hard(root: Node) -> bool:
    parts = root.parts if isinstance(root, All) else (root,)
    return any(isinstance(part, Field) and part.name == "fold" and part.value == "hard" for part in parts)
