"""One saved query as the matcher keeps it: what must be there first, and what is asked only then."""

from collections.abc import Hashable
from typing import Generic, TypeVar

from parvis.core.matching.compiling import Compiler, cost_of
from parvis.core.matching.needs import Need, Needs, Weighed, share_first
from parvis.core.matching.predicates import AllOf, Predicate
from parvis.core.query.tree import All, Any, Node

Key = TypeVar("Key", bound=Hashable)
Group = tuple[str, ...]
_TOO_COMMON = 0.4
"""Share of documents: a check that so many pass is not worth asking for early."""
_MOST_CHECKS = 2
"""Needs of parts that are asked before the parts themselves."""


class Entry(Generic[Key]):
    """`anchor`: a document without any of these cannot match; empty: it is asked of every document.
    `groups`: of each of these words at least one must be there; asked first, as it costs least.
    `rest`: what else must hold; None: nothing.
    """

    __slots__ = ("anchor", "groups", "key", "order", "rest")

    def __init__(
        self, key: Key, order: int, *, anchor: Need, groups: tuple[Group, ...], rest: Predicate | None
    ) -> None:
        self.key = key
        self.order = order
        self.anchor = anchor
        self.groups = groups
        self.rest = rest


def entry_of(key: Key, order: int, root: Node | None, *, needs: Needs, compiler: Compiler) -> Entry[Key]:
    if root is None:
        return Entry(key, order, anchor=(), groups=(), rest=None)
    words: list[Weighed] = []
    checks: list[Weighed] = []
    others: list[Predicate] = []
    for part in root.parts if isinstance(root, All) else (root,):
        group = _words_of(part, compiler)
        if group:
            words.append(needs.of_words(group))
        else:
            checks += needs.of(part)
            others.append(compiler.predicate_of(part))
    best = min(words + checks, key=share_first, default=None)
    if checks:
        checks.sort(key=share_first)
        early = [one for one in checks if one is not best and one[0] < _TOO_COMMON and _is_of_words(one[1])]
        words += early[:_MOST_CHECKS]
    words.sort(key=share_first)
    groups = tuple([one[1] for one in words if one is not best])
    return Entry(key, order, anchor=best[1] if best else (), groups=groups, rest=_all_of(others))  # type: ignore[arg-type]


def _words_of(part: Node, compiler: Compiler) -> Group | None:
    """Of a part that asks for one of several single words, and nothing else."""
    if not isinstance(part, Any):
        word = compiler.word_of(part)
        return None if word is None else (word,)
    words: dict[str, None] = {}
    for one in part.parts:
        word = compiler.word_of(one)
        if word is None:
            return None
        words[word] = None
    return tuple(words)


def _is_of_words(need: Need) -> bool:
    return all(isinstance(literal, str) and "*" not in literal for literal in need)


def _all_of(parts: list[Predicate]) -> Predicate | None:
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else AllOf(tuple(sorted(parts, key=cost_of)))
