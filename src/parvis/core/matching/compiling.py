"""A query's tree made into a predicate, once, so that asking it of a document walks no tree and folds no word."""

from collections.abc import Callable

from parvis.core.matching.fields import field_predicate
from parvis.core.matching.folding import folded_once
from parvis.core.matching.near import NearBy
from parvis.core.matching.predicates import (
    AllOf,
    AnyOf,
    AnyPlace,
    AnyWord,
    Follow,
    NotOf,
    OneEdit,
    OneWord,
    Placed,
    Predicate,
    Run,
    Signed,
    Stars,
    Written,
)
from parvis.core.matching.prepared import Prepared
from parvis.core.query.document import hashtag_key, mention_key
from parvis.core.query.homoglyphs import hard
from parvis.core.query.places import written_words
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
    Query,
    Word,
)
from parvis.core.query.words import folded_parts


def compile_query(query: Query) -> Callable[[Prepared], bool]:
    """Whether a prepared document is what the query asks for."""
    if query.root is None:
        return AllOf(()).holds
    is_hard = is_hard_query(query.root)
    predicate = Compiler(is_hard=is_hard).predicate_of(query.root)
    return (lambda of: predicate.holds(of.hard)) if is_hard else predicate.holds


def is_hard_query(root: Node) -> bool:
    parts = root.parts if isinstance(root, All) else (root,)
    for part in parts:  # noqa: SIM110 (asked of each query that comes)
        if isinstance(part, Field) and part.name == "fold":
            return True
    return False


class Compiler:
    """`is_hard`: what it makes is asked of `Prepared.hard`."""

    def __init__(self, *, is_hard: bool = False) -> None:
        self.is_hard = is_hard

    def predicate_of(self, node: Node) -> Predicate:
        if isinstance(node, Any):
            return self._any(node.parts)
        if isinstance(node, All):
            return AllOf(tuple(sorted(map(self.predicate_of, node.parts), key=cost_of)))
        if isinstance(node, Not):
            return NotOf(self.predicate_of(node.part))
        if isinstance(node, Field):
            return self._field(node)
        return self._placed(node)

    def _field(self, field: Field) -> Predicate:
        if field.name == "hashtag":
            return self._leaf(Hashtag(field.value))
        if field.name == "mention":
            return self._leaf(Mention(field.value))
        return field_predicate(field.name, field.value, is_hard=self.is_hard)

    def _any(self, parts: tuple[Node, ...]) -> Predicate:
        words, others = self._words_among(parts)
        made = [*words, *sorted((self.predicate_of(part) for part in others), key=cost_of)]
        return made[0] if len(made) == 1 else AnyOf(tuple(made))

    def _placed(self, node: Node) -> Placed:
        """Of what has a place in the text; a part of an OR that has none is left out."""
        match node:
            case Near(left, right, distance, is_ordered):
                return NearBy(self._placed(left), self._placed(right), distance, is_ordered=is_ordered)
            case Any(parts):
                words, others = self._words_among(parts)
                return AnyPlace((*words, *map(self._placed, others)))
            case All() | Not() | Field():
                return AnyPlace(())
            case _:
                return self._leaf(node)

    def _words_among(self, parts: tuple[Node, ...]) -> tuple[list[Placed], list[Node]]:
        """Single words as one predicate, and what is more than a word."""
        words: dict[str, None] = {}
        others: list[Node] = []
        for part in parts:
            word = self.word_of(part)
            if word is None:
                others.append(part)
            else:
                words[word] = None
        if not words:
            return [], others
        return [AnyWord(tuple(words)) if len(words) > 1 else OneWord(*words)], others

    def word_of(self, node: Node) -> str | None:
        """The folded word of a leaf that asks for one word and nothing else."""
        if isinstance(node, Word):
            words = folded_once(node.text)
            if len(words) == 1:
                return hard(words[0]) if self.is_hard else words[0]
        return None

    def _leaf(self, leaf: Node) -> Placed:  # noqa: PLR0911 (one for each kind)
        match leaf:
            case Phrase():
                return self._following(leaf)
            case Word(text):
                return self._words([self._mode(word) for word in folded_once(text)])
            case Pattern(text):
                return self._pattern([self._mode(part) for part in folded_parts(text)])
            case Exact(text):
                wanted = written_words(text)
                return Written(tuple(self._mode(word) for word, _ in wanted), tuple(letters for _, letters in wanted))
            case Fuzzy(text):
                return _following([(1, OneEdit(self._mode(word))) for word in folded_once(text)])
            case Hashtag(text):
                return Signed("tags", self._mode(hashtag_key(text.rstrip("*"))), is_open=text.endswith("*"))
            case Mention(text):
                return Signed("handles", self._mode(mention_key(text.rstrip("*"))), is_open=text.endswith("*"))
        raise TypeError(leaf)

    def _words(self, words: list[str]) -> Placed:
        return OneWord(words[0]) if len(words) == 1 else Run(tuple(words))

    def _pattern(self, parts: list[str]) -> Placed:
        return _following([(1, Stars(part) if "*" in part else OneWord(part)) for part in parts])

    def _following(self, phrase: Phrase) -> Placed:
        """Words next to each other are looked for as one run."""
        made: list[tuple[int, Placed]] = []
        run: list[str] = []
        for part in phrase.parts:
            if isinstance(part, Word):
                run += (self._mode(word) for word in folded_once(part.text))
                continue
            if run:
                made.append((len(run), self._words(run)))
                run = []
            made.append((_length(part), self._leaf(part)))
        if run:
            made.append((len(run), self._words(run)))
        return _following(made)

    def _mode(self, word: str) -> str:
        return hard(word) if self.is_hard else word


def _following(made: list[tuple[int, Placed]]) -> Placed:
    """Parts with the number of their words."""
    if len(made) == 1:
        return made[0][1]
    parts: list[tuple[int, Placed]] = []
    length = 0
    for count, part in made:
        parts.append((length, part))
        length += count
    return Follow(tuple(sorted(parts, key=lambda part: cost_of(part[1]))), length)


def _length(part: Exact | Pattern | Fuzzy) -> int:
    return len(folded_parts(part.text) if isinstance(part, Pattern) else folded_once(part.text))


_COSTS = {OneWord: 0, AnyWord: 0, Run: 2, Stars: 3, Signed: 4, NearBy: 6, Follow: 6, OneEdit: 7, Written: 8}


def cost_of(predicate: Predicate) -> int:
    """What is cheap to ask, and says no most often, is asked first."""
    if isinstance(predicate, NotOf):
        return cost_of(predicate.part) + 1
    return _COSTS.get(type(predicate), 5)
