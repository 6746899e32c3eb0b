"""The part of the language that is a plain list of terms, all wanted: what the inbox can look up today."""

from dataclasses import dataclass, field
from enum import StrEnum

from parvis.core.query import tree
from parvis.core.query.printer import print_leaf, print_node
from parvis.core.query.tree import All, Field, Not, Pattern, Phrase, Word


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


def flat_of(query: tree.Query) -> Query | None:
    """The terms of a query that is an AND of words, phrases, beginnings* and fields, each perhaps negated; else None."""
    root = query.root
    parts = () if root is None else root.parts if isinstance(root, All) else (root,)
    terms = [_term(part) for part in parts]
    found = tuple(term for term in terms if term is not None)
    return Query(found) if len(found) == len(terms) else None


def print_terms(query: Query) -> str:
    """As it may be typed."""
    return " ".join(print_term(term) for term in query.terms)


def print_term(term: Term) -> str:
    node = Field(term.name, term.value) if term.kind is TermKind.FIELD else None
    written = print_node(node) if node else f'"{term.value}"' if term.kind is TermKind.PHRASE else term.value
    return f"-{written}" if term.is_negated else written


def _term(node: tree.Node) -> Term | None:
    part = node.part if isinstance(node, Not) else node
    is_negated = isinstance(node, Not)
    if isinstance(part, Field):
        return Term(TermKind.FIELD, part.value, part.name, is_negated, node.start, node.end)
    if isinstance(part, Word) or (isinstance(part, Pattern) and _is_beginning(part)):
        return Term(TermKind.WORD, part.text, "", is_negated, node.start, node.end)
    if isinstance(part, Phrase) and all(isinstance(one, Word) for one in part.parts[:-1]):
        last = part.parts[-1]
        if isinstance(last, Word) or _is_beginning(last):
            return Term(TermKind.PHRASE, print_leaf(part)[1:-1], "", is_negated, node.start, node.end)
    return None


def _is_beginning(node: tree.Node) -> bool:
    return isinstance(node, Pattern) and node.text.endswith("*") and "*" not in node.text[:-1]
