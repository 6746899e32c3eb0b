"""Finds which of many words and pieces of words stand in a text: in one pass with ahocorasick_rs, or one by one."""

from collections.abc import Iterable, Sequence

from parvis.core.matching.folding import bare

try:
    from ahocorasick_rs import AhoCorasick, Implementation
except ImportError:  # no wheel for this machine: slower, the same answers
    AhoCorasick = None  # type: ignore[assignment,misc]

HAS_AUTOMATON = AhoCorasick is not None
_FEW = 4
"""So many pieces are looked for one by one more quickly than by an automaton."""
_SMALL = 2_000
"""Pieces whose quickest automaton is built in 10 ms and takes 3 MB; of more, a smaller one misses the cache less."""
_FRESH_SHARE = 0.05
"""Of all pieces: so many may be newer than the automaton before it is built again."""


class Automaton:
    """Which of some literals stand in a folded text."""

    __slots__ = ("_automaton", "_literals")

    def __init__(self, literals: Iterable[str]) -> None:
        self._literals: Sequence[str] = list(literals)
        self._automaton = _built(list(map(bare, self._literals))) if len(self._literals) > _FEW else None

    def found_in(self, text: str) -> set[str]:
        literals = self._literals
        if self._automaton is None:
            return {literal for literal in literals if bare(literal) in text}
        return {literals[found[0]] for found in self._automaton.find_matches_as_indexes(text, overlapping=True)}


def _built(pieces: Sequence[str]) -> "AhoCorasick | None":
    if not HAS_AUTOMATON:
        return None
    way = Implementation.DFA if len(pieces) < _SMALL else Implementation.ContiguousNFA
    return AhoCorasick(pieces, store_patterns=False, implementation=way)


class Pieces:
    """Starred literals. The automaton is built anew only after many changes."""

    def __init__(self) -> None:
        self._all: set[str] = set()
        self._fresh: set[str] = set()
        """Those that the automaton does not know."""
        self._automaton = Automaton(())

    def __len__(self) -> int:
        return len(self._all)

    def add(self, literal: str) -> None:
        self._all.add(literal)
        self._fresh.add(literal)

    def discard(self, literal: str) -> None:
        """The automaton goes on to find what is no more, which does no harm."""
        self._all.discard(literal)
        self._fresh.discard(literal)

    def found_in(self, text: str) -> set[str]:
        if len(self._fresh) > _FEW + len(self._all) * _FRESH_SHARE:
            self._automaton = Automaton(self._all)
            self._fresh = set()
        found = self._automaton.found_in(text)
        found.update(literal for literal in self._fresh if bare(literal) in text)
        return found
