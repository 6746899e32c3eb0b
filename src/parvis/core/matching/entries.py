"""One saved query as the matcher keeps it: from what it is found, and what is asked only then."""

from collections.abc import Collection, Hashable, Sequence
from sys import intern
from typing import Generic, NamedTuple, TypeVar

from parvis.core.matching.compiling import Compiler, cost_of
from parvis.core.matching.frequency import Frequencies
from parvis.core.matching.literals import ALWAYS, Literals, is_word
from parvis.core.matching.needs import Needs, Weighed, share_first
from parvis.core.matching.plain import Asked, Reading
from parvis.core.matching.predicates import AllOf, Predicate, Run, Stars
from parvis.core.matching.prepared import Prepared
from parvis.core.query.tree import All, Node, Not

Key = TypeVar("Key", bound=Hashable)
Kept = tuple[str, ...]
"""Literals; each is one object for all queries."""
_TOO_COMMON = 0.4
"""Share of documents: a check that so many pass is not worth asking for early."""
_MOST_CHECKS = 2
"""Needs of parts that are asked before the parts themselves."""
_INLINE = 4
"""Literals of which a set lies in one piece of memory; of more, a tuple takes a fifth of it."""


class Choice(NamedTuple):
    """One literal, one run of words or one pattern must be there."""

    words: Kept
    runs: tuple[Kept, ...]
    patterns: tuple[bytes | Stars, ...]

    def holds(self, found: set[str], of: Prepared) -> bool:
        words, runs, patterns = self
        if not found.isdisjoint(words):
            return True
        for run in runs:
            if found.issuperset(run) and of.has_run(run):
                return True
        if patterns:
            text = of.sought
            for one in patterns:
                if one in text if type(one) is bytes else one.holds(of):  # type: ignore[union-attr]
                    return True
        return False


class Rest:
    """Parts that are more than words. They are made into a predicate when they are first asked: most never are."""

    __slots__ = ("_parts", "_predicate")

    def __init__(self, parts: list[Node]) -> None:
        self._parts: Sequence[Node] = tuple(parts)
        self._predicate: Predicate | None = None

    def holds(self, of: Prepared) -> bool:
        if self._predicate is None:
            compiler = Compiler(is_hard=of.is_hard)
            made = sorted(map(compiler.predicate_of, self._parts), key=cost_of)
            self._predicate, self._parts = made[0] if len(made) == 1 else AllOf(tuple(made)), ()
        return self._predicate.holds(of)


class More(NamedTuple):
    """What is asked of a document that has a literal of the anchor and one of the check."""

    groups: tuple[Kept, ...]
    """Of each one literal must be there."""
    without: Kept
    """None of these."""
    choices: tuple[Choice, ...]
    rest: Rest | None

    def holds(self, found: set[str], of: Prepared) -> bool:
        """`found`: the literals that the document has."""
        groups, without, choices, rest = self
        for group in groups:
            if found.isdisjoint(group):
                return False
        if without and not found.isdisjoint(without):
            return False
        for choice in choices:
            if not choice.holds(found, of):
                return False
        return rest is None or rest.holds(of)


class Entry(Generic[Key]):
    """One query. A document that has none of the anchor cannot match, nor one that has none of the check."""

    __slots__ = ("anchor", "check", "key", "more", "order", "others")

    def __init__(self, key: Key, order: int) -> None:
        self.key = key
        self.order = order
        self.anchor = _ALL
        self.check: Collection[str] = _NO_CHECK
        self.more: More | None = None
        self.others: Kept = ()
        """Pieces and values that were taken for it."""


_ALL: Kept = (ALWAYS,)
_NO_CHECK = frozenset(_ALL)


class Making:
    """Makes entries of queries."""

    def __init__(self, frequencies: Frequencies, literals: Literals, *, is_hard: bool) -> None:
        self._needs = Needs(frequencies, is_hard=is_hard)
        self._plain = Reading(is_hard=is_hard).plain
        self._literals = literals

    def entry_of(self, key: Key, order: int, root: Node | None) -> Entry[Key]:
        entry = Entry(key, order)
        wanted: list[Weighed] = []
        checks: list[Weighed] = []
        without: list[str] = []
        choices: list[Choice] = []
        rest: list[Node] = []
        used: list[str] = []
        for part in () if root is None else root.parts if isinstance(root, All) else (root,):
            is_not = type(part) is Not
            read = self._plain(part.part if is_not else part)  # type: ignore[union-attr]
            if read is None or (is_not and read[2]):
                checks += self._needs.of(part)
                rest.append(part)
                continue
            words, tokens, asked = read
            self._literals.add_words(words)
            used += tokens
            if is_not:
                without += words
                without += tokens
            elif asked:
                checks += self._needs.of_plain(words, tokens, asked)
                choices.append(self._choice(words + tokens, asked))
            else:
                wanted += self._needs.of_plain(words, tokens, asked)
        groups = self._early(entry, wanted, checks, used)
        if groups or without or choices or rest:
            entry.more = More(groups, _kept(without), tuple(choices), Rest(rest) if rest else None)
        if used:
            entry.others = tuple(used)
            self._literals.take(used)
        return entry

    def _early(
        self, entry: Entry[Key], wanted: list[Weighed], checks: list[Weighed], used: list[str]
    ) -> tuple[Kept, ...]:
        """Gives the entry the rarest need to be found by and the next as its check; the others are what is left.

        Pieces and values among them are added to `used`.
        """
        if checks:
            best = min(wanted + checks, key=share_first)
            checks.sort(key=share_first)
            early = [one for one in checks if one is not best and one[0] < _TOO_COMMON and all(map(is_word, one[1]))]
            del early[_MOST_CHECKS:]
            for _, need in (best, *early):
                self._announce(need, used)
            wanted = [one for one in (*wanted, *early) if one is not best]
            wanted.sort(key=share_first)
        elif wanted:
            if len(wanted) > 1:
                wanted.sort(key=share_first)
            best = wanted.pop(0)
        else:
            return ()
        entry.anchor = _kept(best[1])
        if not wanted:
            return ()
        first = wanted[0][1]
        entry.check = frozenset(map(intern, first)) if len(first) <= _INLINE else _kept(first)
        return tuple([_kept(need) for _, need in wanted[1:]])

    def _announce(self, need: Sequence[str], used: list[str]) -> None:
        words: list[str] = []
        for one in need:
            (words if is_word(one) else used).append(one)
        self._literals.add_words(words)

    def _choice(self, words: list[str], asked: list[Asked]) -> Choice:
        runs = []
        patterns: list[bytes | Stars] = []
        for one in asked:
            if isinstance(one, Run):
                self._literals.add_words(one.words)
                runs.append(tuple(map(intern, one.words)))
            else:
                patterns.append(_begin_of(one) or one)
        return Choice(_kept(words), tuple(runs), tuple(patterns))


def _kept(literals: Sequence[str]) -> Kept:
    return tuple(dict.fromkeys(map(intern, literals)))


def _begin_of(pattern: Stars) -> bytes | None:
    """Of one that is the begin of a word: to look for it, words need not be cut, and one space or several are alike."""
    return pattern.piece.encode() if pattern.is_piece and pattern.piece[0] == " " else None
