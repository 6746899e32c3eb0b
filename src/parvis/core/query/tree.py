"""What a query means: terms that must all hold."""

from dataclasses import dataclass, field
from enum import StrEnum


class TermKind(StrEnum):
    WORD = "word"
    PHRASE = "phrase"
    FIELD = "field"


@dataclass(frozen=True, slots=True)
class Term:
    """One condition. `start` and `end` are where it stands in the text; they do not count for equality."""

    kind: TermKind
    value: str
    name: str = ""
    """Of the field, lower case; "" for words and phrases."""
    is_negated: bool = False
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Query:
    terms: tuple[Term, ...] = ()

    @property
    def has_words(self) -> bool:
        """Whether it looks into texts."""
        return any(term.kind is not TermKind.FIELD for term in self.terms)

    def fields(self, name: str) -> tuple[Term, ...]:
        return tuple(term for term in self.terms if term.name == name)
