"""Tree to text: parsing what is printed gives an equal tree. And the chips that a screen shows of it."""

from dataclasses import dataclass

from parvis.core.query.fields import NAMES
from parvis.core.query.lexer import QUOTES
from parvis.core.query.tree import Query, Term, TermKind

_OPERATORS = frozenset({"AND", "ET", "NOT", "SAUF", "OR", "OU", "NEAR", "ONEAR", "PROCHE"})


def print_query(query: Query) -> str:
    return " ".join(print_term(term) for term in query.terms)


def print_term(term: Term) -> str:
    if term.kind is TermKind.FIELD:
        written = f"{term.name}:{_bare_or_quoted(term.value)}"
    elif term.kind is TermKind.PHRASE:
        written = _quoted(term.value)
    else:
        written = term.value
    return f"-{written}" if term.is_negated else written


def quote_value(value: str) -> str:
    """A name as it may stand behind a field."""
    return _bare_or_quoted(" ".join(value.split()))


@dataclass(frozen=True, slots=True)
class Chip:
    """One term on the screen. `without` is the query when the chip is taken away."""

    name: str
    """Of the field; "" for words and phrases."""
    value: str
    is_negated: bool
    text: str
    without: str


def chips_of(query: Query) -> list[Chip]:
    return [
        Chip(
            name=term.name,
            value=term.value,
            is_negated=term.is_negated,
            text=print_term(term),
            without=print_query(Query(query.terms[:at] + query.terms[at + 1 :])),
        )
        for at, term in enumerate(query.terms)
    ]


def with_field(query: Query, name: str, value: str | None) -> str:
    """The query with a field set to one value, or (None) without it: for menus that filter."""
    assert name in NAMES
    kept = tuple(term for term in query.terms if term.name != name)
    if value is not None:
        kept = (*kept, Term(TermKind.FIELD, value, name))
    return print_query(Query(kept))


def _bare_or_quoted(value: str) -> str:
    needs_quotes = any(sign.isspace() or sign in '()"' for sign in value) or value[:1] in QUOTES
    return _quoted(value) if needs_quotes else value


def _quoted(value: str) -> str:
    """Between the first pair of quotation marks whose closing one is not in the value."""
    for opening, closing in QUOTES.items():
        if closing not in value:
            return f"{opening}{value}{closing}"
    return '"' + value.replace('"', "") + '"'
