"""A query put into another engine's language, as truly as it can say it."""

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from parvis.core.query.tree import All, Any, Field, Hashtag, Near, Node, Not, Pattern, Phrase, Query, Word
from parvis.core.query.words import folded, folded_parts

Q = TypeVar("Q")


class Target(Protocol[Q]):
    """What an engine can say of the kinds of terms that the bench's queries have; None: it cannot."""

    name: str

    def word(self, word: str) -> Q: ...
    def phrase(self, words: Sequence[str]) -> Q | None: ...
    def prefix(self, letters: str) -> Q | None: ...
    def pattern(self, pattern: str) -> Q | None: ...
    def near(self, left: str, right: str, distance: int) -> Q | None: ...
    def value(self, name: str, value: str) -> Q | None: ...
    def more_than(self, name: str, number: int) -> Q | None: ...
    def all_of(self, parts: Sequence[Q], unwanted: Sequence[Q]) -> Q: ...
    def any_of(self, parts: Sequence[Q]) -> Q: ...


class Translation(Generic[Q]):
    """`lost`: how many terms of each kind the engine could not say; they were left out."""

    def __init__(self, target: Target[Q]) -> None:
        self.target = target
        self.lost: dict[str, int] = {}

    def of(self, query: Query) -> Q | None:
        assert query.root is not None
        root = query.root
        parts = root.parts if isinstance(root, All) else (root,)
        unwanted = [made for part in parts if isinstance(part, Not) and (made := self._part(part.part)) is not None]
        wanted = [made for part in parts if not isinstance(part, Not) and (made := self._part(part)) is not None]
        return self.target.all_of(wanted, unwanted) if wanted else None

    def _part(self, node: Node) -> Q | None:
        if isinstance(node, Any):
            parts = [made for part in node.parts if (made := self._part(part)) is not None]
            return self.target.any_of(parts) if parts else None
        made = self._term(node)
        if made is None:
            kind = f"{type(node).__name__} {node.name}" if isinstance(node, Field) else type(node).__name__
            self.lost[kind] = self.lost.get(kind, 0) + 1
        return made

    def _term(self, node: Node) -> Q | None:  # noqa: PLR0911 (one for each kind)
        match node:
            case Word(text):
                return self._words(folded(text))
            case Phrase(parts):
                return self._words([word for part in parts for word in folded(part.text)])
            case Pattern(text):
                [pattern] = folded_parts(text)
                is_prefix = pattern.index("*") == len(pattern) - 1
                return self.target.prefix(pattern[:-1]) if is_prefix else self.target.pattern(pattern)
            case Near(Word(left), Word(right), distance):
                return self.target.near(folded(left)[0], folded(right)[0], distance)
            case Hashtag(text):
                return self.target.value("hashtag", "_".join(folded(text)))
            case Field("followers", value):
                return self.target.more_than("followers", int(value.removeprefix(">")))
            case Field("title", value):
                return self.target.value("title", folded(value)[0])
            case Field(name, value):
                return self.target.value(name, value)
        return None

    def _words(self, words: list[str]) -> Q | None:
        return self.target.word(words[0]) if len(words) == 1 else self.target.phrase(words)
