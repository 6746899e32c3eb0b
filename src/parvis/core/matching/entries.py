"""One saved query as the matcher keeps it: from what it is found, and what is asked only then."""

from array import array
from collections.abc import Hashable, Sequence
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from parvis.core.matching.compiling import Compiler, cost_of
from parvis.core.matching.frequency import Frequencies
from parvis.core.matching.literals import ALWAYS, Literals
from parvis.core.matching.needs import Literal, Need, Needs, Token, Weighed, share_first
from parvis.core.matching.plain import Asked, Reading
from parvis.core.matching.predicates import AllOf, Predicate, Run
from parvis.core.matching.prepared import Prepared
from parvis.core.query.tree import All, Node, Not

Key = TypeVar("Key", bound=Hashable)
Numbers: TypeAlias = "array[int]"
"""In one piece of memory each."""
_TOO_COMMON = 0.4
"""Share of documents: a check that so many pass is not worth asking for early."""
_MOST_CHECKS = 2
"""Needs of parts that are asked before the parts themselves."""


class Letters(NamedTuple):
    """What is looked for in the text itself: words that follow each other, or letters."""

    numbers: Numbers
    """Of the words: where one is missing, nothing is looked for."""
    words: list[str]
    letters: bytes
    """Where there are no words."""

    def stand_in(self, of: Prepared) -> bool:
        if not self.words:  # where a word begins, it makes no difference that long ones were not cut
            return self.letters in (of.sought if self.letters.startswith(b" ") else of.folded)
        first, *others = self.words
        words, at, count = of.uncut_words, -1, len(self.words)
        for _ in range(words.count(first)):
            at = words.index(first, at + 1)
            if words[at + 1 : at + count] == others:
                return True
        return False


class Choice(NamedTuple):
    """One of these must be there."""

    numbers: Numbers
    letters: tuple[Letters, ...]


class More(NamedTuple):
    """What is asked of a document that has a literal of the anchor and one of the check."""

    groups: tuple[Numbers, ...]
    """Of each one literal must be there."""
    without: Numbers
    """None of these."""
    choices: tuple[Choice, ...]
    rest: Predicate | None


class Entry(Generic[Key]):
    """One query. `anchor`: a document that has none of these literals cannot match, nor one that has none of the
    check, which lies beside it in `Rows`; eight bytes each.
    """

    __slots__ = ("anchor", "key", "more", "order", "others")

    def __init__(self, key: Key, order: int, *, anchor: bytes, others: tuple[Literal, ...], more: More | None) -> None:
        self.key = key
        self.order = order
        self.anchor = anchor
        self.others = others
        """Pieces and values that were taken for it."""
        self.more = more


_ALL = array("q", [ALWAYS])


class Making:
    """Makes entries of queries."""

    def __init__(self, frequencies: Frequencies, literals: Literals, *, is_hard: bool) -> None:
        self._needs = Needs(frequencies, is_hard=is_hard)
        self._compiler = Compiler(is_hard=is_hard)
        self._reading = Reading(is_hard=is_hard)
        self._literals = literals

    def entry_of(self, key: Key, order: int, root: Node | None) -> tuple[Entry[Key], Numbers]:
        """With its check."""
        wanted: list[Weighed] = []
        checks: list[Weighed] = []
        without = array("q")
        choices: list[Choice] = []
        others: list[Predicate] = []
        used: list[Literal] = []
        parts = () if root is None else root.parts if isinstance(root, All) else (root,)
        for part in parts:
            kind = type(part)
            read = self._reading.plain(part.part if kind is Not else part)  # type: ignore[union-attr]
            if read is None or (kind is Not and read[2]):
                checks += self._needs.of(part)
                others.append(self._compiler.predicate_of(part))
                continue
            words, tokens, asked = read
            if kind is Not:
                without += self._literals.numbers_of(words, tokens)
                used += tokens
            elif asked:
                checks += self._needs.of_plain(words, tokens, asked)
                choices.append(Choice(self._literals.numbers_of(words, tokens), tuple(map(self._letters, asked))))
                used += tokens
            else:
                wanted += self._needs.of_plain(words, tokens, asked)
        anchor, groups = self._early(wanted, checks, used)
        check = groups.pop(0) if groups else _ALL
        if groups or without or choices or others:
            more = More(tuple(groups), without, tuple(choices), _all_of(others))
        else:
            more = None
        self._literals.take(used)
        return Entry(key, order, anchor=anchor.tobytes(), others=tuple(used), more=more), check

    def _early(
        self, wanted: list[Weighed], checks: list[Weighed], used: list[Literal]
    ) -> tuple[Numbers, list[Numbers]]:
        """The rarest, and what is asked next, in this order. Pieces and values among them are added to `used`."""
        best = min(wanted + checks, key=share_first, default=None) if checks else None
        if checks:
            checks.sort(key=share_first)
            early = [one for one in checks if one is not best and one[0] < _TOO_COMMON and _is_found_early(one[1])]
            wanted += early[:_MOST_CHECKS]
        if not wanted and best is None:
            return _ALL, []
        if len(wanted) > 1:
            wanted.sort(key=share_first)
        best = best or wanted[0]
        return self._numbers(best[1], used), [self._numbers(one[1], used) for one in wanted if one is not best]

    def _numbers(self, need: Need, used: list[Literal]) -> Numbers:
        others = [one for one in need if isinstance(one, Token) or "*" in one]
        if not others:
            return self._literals.numbers_of(need)  # type: ignore[arg-type]
        used += others
        return self._literals.numbers_of([one for one in need if one not in others], others)  # type: ignore[misc]

    def _letters(self, asked: Asked) -> Letters:
        if isinstance(asked, Run):
            return Letters(self._literals.numbers_of(asked.words), list(asked.words), b"")
        return Letters(array("q"), [], asked.piece.encode())


def _is_found_early(need: Sequence[Literal]) -> bool:
    """Whether to look for it costs next to nothing."""
    return all(isinstance(literal, str) and "*" not in literal for literal in need)


def _all_of(parts: list[Predicate]) -> Predicate | None:
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else AllOf(tuple(sorted(parts, key=cost_of)))
