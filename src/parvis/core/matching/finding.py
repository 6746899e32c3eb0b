"""Which of many words and pieces of words stand in a text: in one pass with ahocorasick_rs, or one by one."""

from collections.abc import Callable, Iterable, Sequence

from parvis.core.matching.folding import bare
from parvis.core.matching.prepared import Prepared
from parvis.core.text.normalise import BAR, LONGEST_WORD

try:
    from ahocorasick_rs import BytesAhoCorasick, Implementation
except ImportError:  # no wheel for this machine: slower, the same answers
    BytesAhoCorasick = None  # type: ignore[assignment,misc]

HAS_AUTOMATON = BytesAhoCorasick is not None
_MOST_SCANNED = 8_000
"""Words: of more, look-ups word by word are quicker than a pass over the letters."""
_WORDS_WORTH = 32
"""Words that an automaton takes in, in the time that a document loses where they are looked up."""
_FEW = 4
"""So many pieces are looked for one by one as quickly."""
_SMALL = 2_000
"""Literals whose quickest automaton takes 3 MB; of more, a smaller one misses the cache less."""

Scan = Callable[[bytes], list[str]]


def _scan_of(literals: Iterable[str]) -> Scan:
    """Gives all literals that stand in a folded text, some of them several times."""
    known = list(literals)
    way = Implementation.DFA if len(known) < _SMALL else Implementation.ContiguousNFA
    find = BytesAhoCorasick([bare(one).encode() for one in known], implementation=way).find_matches_as_indexes
    return lambda text: [known[found[0]] for found in find(text, overlapping=True)]


class Words:
    """Folded words, and the pieces that are looked for together with them.

    Of few an automaton is built once to part texts has cost as much as that: so whoever changes queries all day
    and whoever changes none pay little. Of many, all words of a text are given: that is quicker than to ask which of
    them queries look for.
    """

    def __init__(self) -> None:
        self._few: set[str] | None = set() if HAS_AUTOMATON else None
        """All that were ever asked for; None: many."""
        self._has_long = False
        """Whether one is as long as a word can be: such stand for longer ones too."""
        self._scan: Scan | None = None
        self._lost = 0
        """Documents that were parted since the automaton was built."""

    def add_all(self, words: Sequence[str]) -> None:
        if not self._has_long and LONGEST_WORD in map(len, words):
            self._has_long = True
        if self._few is not None and not self._few.issuperset(words):
            self._few.update(words)
            self._scan = None
            if len(self._few) > _MOST_SCANNED:
                self._few = None

    def found_in(self, of: Prepared, pieces: "PiecesOfWords") -> set[str]:
        """BAR among them. Of many words, those too that nobody asks for."""
        if self._scan is None and self._few is not None:
            self._lost += 1
            if self._lost * _WORDS_WORTH > len(self._few):
                self.settle()
        if self._scan is not None:
            found = set(self._scan(of.folded if self._has_long else of.sought))
            found.add(BAR)
            return found
        found = set(of.words if self._has_long else of.uncut_words)
        if pieces:
            found.update(pieces.found_in(of))
        return found

    def settle(self) -> None:
        self._lost = 0
        if self._few and self._scan is None:
            self._scan = _scan_of(self._few)


class PiecesOfWords:
    """Letters within words.

    Those that came since the automaton was built are looked for one by one, until that has cost as much as to build it
    anew. Those that went meanwhile are still found, which harms nobody.
    """

    def __init__(self) -> None:
        self._uses: dict[str, int] = {}
        self._new: dict[bytes, str] = {}
        """By what has to stand in the text, of what the automaton does not know."""
        self._built: frozenset[str] = frozenset()
        self._scan: Scan | None = None
        self._lost = 0
        """Pieces that were looked for one by one since."""

    def __len__(self) -> int:
        return len(self._uses)

    def add(self, piece: str) -> None:
        if piece not in self._uses:
            self._uses[piece] = 0
            if piece not in self._built:
                self._new[bare(piece).encode()] = piece
        self._uses[piece] += 1

    def remove(self, piece: str) -> None:
        self._uses[piece] -= 1
        if not self._uses[piece]:
            del self._uses[piece]
            self._new.pop(bare(piece).encode(), None)

    def found_in(self, of: Prepared) -> list[str]:
        self._lost += len(self._new)
        if self._lost > len(self._uses):
            self.settle()
        text = of.sought
        found = self._scan(text) if self._scan is not None else []
        if self._new:
            found += [piece for letters, piece in self._new.items() if letters in text]
        return found

    def settle(self) -> None:
        self._lost = 0
        if HAS_AUTOMATON and len(self._new) > _FEW:
            self._built = frozenset(self._uses)
            self._scan = _scan_of(self._built)
            self._new.clear()
