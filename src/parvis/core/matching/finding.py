"""Which of many words and pieces of words stand in a text: in one pass with ahocorasick_rs, or one by one."""

from collections.abc import Callable, Iterable, Sequence

from parvis.core.matching.folding import bare
from parvis.core.matching.prepared import Prepared
from parvis.core.text.normalise import LONGEST_WORD

try:
    from ahocorasick_rs import BytesAhoCorasick, Implementation
except ImportError:  # no wheel for this machine: slower, the same answers
    BytesAhoCorasick = None  # type: ignore[assignment,misc]

HAS_AUTOMATON = BytesAhoCorasick is not None
_MOST_SCANNED = 8_000
"""Words: of more, look-ups word by word are quicker than a pass over the letters."""
_WORDS_WORTH = 32
"""Words that an automaton takes in, in the time that a document loses where they are looked up."""
_PIECES_WORTH = 4
"""Documents of which each piece costs as much as to take it into an automaton."""
_FEW = 4
"""So many pieces are looked for one by one as quickly."""
_SMALL = 2_000
"""Literals whose quickest automaton takes 3 MB; of more, a smaller one misses the cache less."""

Scan = Callable[[bytes], list[int]]


def _scan_of(literals: Iterable[str]) -> Scan:
    """Gives the hashes of all literals that stand in a folded text."""
    known = list(literals)
    way = Implementation.DFA if len(known) < _SMALL else Implementation.ContiguousNFA
    find = BytesAhoCorasick([bare(one).encode() for one in known], implementation=way).find_matches_as_indexes
    hashes = list(map(hash, known))
    return lambda text: [hashes[found[0]] for found in find(text, overlapping=True)]


class Words:
    """Folded words, by their hashes.

    Of few words an automaton is built once to part texts has cost as much as that: so whoever changes queries all day
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

    def found_in(self, of: Prepared) -> set[int]:
        if self._scan is None and self._few is not None:
            self._lost += 1
            if self._lost * _WORDS_WORTH > len(self._few):
                self.settle()
        if self._scan is not None:
            return set(self._scan(of.folded if self._has_long else of.sought))
        return set(map(hash, of.words if self._has_long else of.uncut_words))

    def settle(self) -> None:
        self._lost = 0
        if self._few and self._scan is None:
            self._scan = _scan_of(self._few)


class PiecesOfWords:
    """Starred pieces, by their hashes."""

    def __init__(self) -> None:
        self._uses: dict[str, int] = {}
        self._letters: dict[bytes, int] = {}
        """Hashes by what has to stand in the text."""
        self._scan: Scan | None = None
        self._lost = 0

    def __len__(self) -> int:
        return len(self._uses)

    def add(self, piece: str) -> None:
        if piece not in self._uses:
            self._uses[piece] = 0
            self._letters[bare(piece).encode()] = hash(piece)
            self._scan = None
        self._uses[piece] += 1

    def remove(self, piece: str) -> None:
        self._uses[piece] -= 1
        if not self._uses[piece]:
            del self._uses[piece]
            del self._letters[bare(piece).encode()]
            self._scan = None

    def found_in(self, of: Prepared) -> Iterable[int]:
        if self._scan is None:
            self._lost += 1
            if self._lost > _PIECES_WORTH:
                self.settle()
        text = of.folded
        if self._scan is not None:
            return self._scan(text)
        return [number for letters, number in self._letters.items() if letters in text]

    def settle(self) -> None:
        self._lost = 0
        if HAS_AUTOMATON and len(self._uses) > _FEW and self._scan is None:
            self._scan = _scan_of(self._uses)
