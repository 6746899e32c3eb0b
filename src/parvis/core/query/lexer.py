"""Cuts a query into tokens: words, phrases, fields with their value, and what stands before them."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from parvis.core.errors import QueryNotUnderstood
from parvis.core.wording import Text

QUOTES = {'"': '"', "“": "”", "«": "»", "„": "“"}
"""Typed and typographic ones; each opening one with what closes it."""
LIMIT = 1000
"""Characters of a whole query."""


class TokenKind(StrEnum):
    WORD = "word"
    PHRASE = "phrase"
    FIELD = "field"
    MINUS = "minus"
    OPEN = "open"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Token:
    kind: TokenKind
    text: str
    start: int
    end: int
    name: str = ""


def tokens_of(text: str) -> Iterator[Token]:
    """Raises QueryNotUnderstood at a quotation mark that nothing closes."""
    if len(text) > LIMIT:
        raise QueryNotUnderstood(
            start=LIMIT,
            end=len(text),
            detail=Text("it has more than {n} characters", "elle dépasse {n} signes").format(n=LIMIT),
        )
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        token = _token_at(text, at)
        yield token
        at = token.end


def _token_at(text: str, at: int) -> Token:
    sign = text[at]
    if sign == "-":
        return Token(TokenKind.MINUS, sign, at, at + 1)
    if sign in "()":
        return Token(TokenKind.OPEN if sign == "(" else TokenKind.CLOSE, sign, at, at + 1)
    if sign in QUOTES:
        value, end = _quoted(text, at)
        return Token(TokenKind.PHRASE, value, at, end)
    return _word_or_field(text, at)


def _word_or_field(text: str, at: int) -> Token:
    name_end = at
    while name_end < len(text) and (text[name_end].isalpha() or text[name_end] == "_"):
        name_end += 1
    is_field = name_end > at and text[name_end : name_end + 1] == ":" and text[name_end + 1 : name_end + 3] != "//"
    if not is_field:
        end = _word_end(text, at)
        return Token(TokenKind.WORD, text[at:end], at, end)
    name = text[at:name_end].lower()
    begin = name_end + 1
    if text[begin : begin + 1] in QUOTES and begin < len(text):
        value, end = _quoted(text, begin)
    else:
        end = _word_end(text, begin)
        value = text[begin:end]
    return Token(TokenKind.FIELD, value, at, end, name)


def _word_end(text: str, at: int) -> int:
    while at < len(text) and not text[at].isspace() and text[at] not in '()"':
        at += 1
    return at


def _quoted(text: str, at: int) -> tuple[str, int]:
    closing = QUOTES[text[at]]
    end = text.find(closing, at + 1)
    if end < 0:
        raise QueryNotUnderstood(
            start=at,
            end=len(text),
            detail=Text("this quotation mark is never closed", "ce guillemet n’est jamais fermé"),
            repair=Text("Close the quotation mark.", "Fermez le guillemet."),
            repaired=text + closing,
        )
    return " ".join(text[at + 1 : end].split()), end + 1
