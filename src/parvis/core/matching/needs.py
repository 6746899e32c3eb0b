"""What a text must contain for a query to hold: from this a document finds its queries.

A need is several literals of which one at least must be there. A query has no need where it can hold for a text
that has nothing in particular (only NOT, `spam:>0.5`, `url:`).
"""

from collections.abc import Sequence
from operator import itemgetter

from parvis.core.matching.fields import found_by
from parvis.core.matching.folding import folded_once, starred
from parvis.core.matching.frequency import Frequencies, share_of_letters, share_of_value
from parvis.core.matching.literals import token
from parvis.core.matching.predicates import Run, Stars, halves_of, piece_of
from parvis.core.query.document import hashtag_key, mention_key
from parvis.core.query.homoglyphs import hard
from parvis.core.query.tree import (
    All,
    Any,
    Exact,
    Field,
    Fuzzy,
    Hashtag,
    Mention,
    Near,
    Node,
    Not,
    Pattern,
    Phrase,
    Word,
)
from parvis.core.query.words import folded_parts

MOST_KEPT = 4
"""Needs of one node that are looked at further: the rarest."""


Need = Sequence[str]
"""Literals: folded words, letters within words (`cli*`, `*mat*`), values of fields (`lang:fr`)."""
Weighed = tuple[float, Need]
"""With the share of documents in which one of its literals is expected; sums may pass 1."""
share_first = itemgetter(0)


class Needs:
    """Works out the needs of queries, rarest first, by how often words are met."""

    def __init__(self, frequencies: Frequencies, *, is_hard: bool = False) -> None:
        self.share_of = frequencies.share_of
        self.share_of_any = frequencies.share_of_any
        self.is_hard = is_hard

    def of(self, node: Node) -> list[Weighed]:
        if isinstance(node, Any):
            return self._of_any(node.parts)
        if isinstance(node, All):
            return _best([need for part in node.parts for need in self.of(part)])
        if isinstance(node, Near):
            return _best([*self.of(node.left), *self.of(node.right)])
        if isinstance(node, Not):
            return []
        return _best([self._weighed(need) for need in self._of_leaf(node)])

    def of_plain(self, words: list[str], tokens: list[str], asked: Sequence[Run | Stars]) -> list[Weighed]:
        """Of one of several words, values, runs of words and letters within words."""
        if not (asked or tokens):
            return [(self.share_of_any(words), words)]
        if not (words or tokens) and len(asked) == 1 and isinstance(asked[0], Run):
            return [(self.share_of(word), (word,)) for word in asked[0].words]
        of_asked = [min(one.words, key=self.share_of) if isinstance(one, Run) else starred(one.piece) for one in asked]
        others: list[str] = [*tokens, *of_asked]
        return [(self.share_of_any(words) + sum(map(self._share, others)), [*words, *others])]

    def _of_any(self, parts: Sequence[Node]) -> list[Weighed]:
        """The rarest of each branch together, then the second of each."""
        return [
            (sum(map(share_first, each)), tuple(dict.fromkeys([literal for _, need in each for literal in need])))
            for each in zip(*map(self.of, parts), strict=False)
        ]

    def _of_leaf(self, leaf: Node) -> list[Need]:  # noqa: PLR0911 (one for each kind)
        """Of a leaf or a field."""
        if isinstance(leaf, Word):
            return [(word,) for word in self._words(leaf.text)]
        match leaf:
            case Phrase(parts):
                return [need for part in parts for need in self._of_leaf(part)]
            case Exact(text):
                return [(word,) for word in self._words(text)]
            case Pattern(text) | Field("title", text):
                words = map(self._mode, folded_parts(text))
                return [(starred(piece_of(word)),) if "*" in word else (word,) for word in words]
            case Fuzzy(text):
                return [tuple(map(starred, halves_of(word))) for word in self._words(text)]
            case Hashtag(text) | Field("hashtag", text):
                return [(self._sign("hashtag", text, hashtag_key(text.rstrip("*"))),)]
            case Mention(text) | Field("mention", text):
                return [(self._sign("mention", text, mention_key(text.rstrip("*"))),)]
            case Field(name, value):
                key = found_by(name, value, is_hard=self.is_hard)
                return [(token(*key),)] if key else []
        return []

    def _words(self, text: str) -> Sequence[str]:
        words = folded_once(text)
        return [hard(word) for word in words] if self.is_hard else words

    def _sign(self, name: str, text: str, key: str) -> str:
        return token(name, "" if text.endswith("*") else self._mode(key))

    def _mode(self, word: str) -> str:
        return hard(word) if self.is_hard else word

    def _weighed(self, need: Need) -> Weighed:
        if len(need) == 1:
            return self._share(need[0]), need
        return sum(map(self._share, need)), need

    def _share(self, literal: str) -> float:
        name, colon, value = literal.partition(":")
        if colon:
            return share_of_value(name, value)
        return share_of_letters(literal) if "*" in literal else self.share_of(literal)


def _best(needs: list[Weighed]) -> list[Weighed]:
    if len(needs) > 1:
        needs.sort(key=share_first)
    return needs[:MOST_KEPT]
