"""Cuts a query into tokens: operators, parentheses, words, “phrases”, fields with their value."""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from parvis.core.query.faults import wrong
from parvis.core.wording import Text

QUOTES = {'"': '"', "“": "”", "«": "»", "„": "“"}
"""Typed and typographic ones; each opening one with what closes it."""
LONGEST = 20_000
"""Characters of a whole query."""
FARTHEST = 100
"""The largest n of NEAR/n."""
_NEAR = re.compile(r"(NEAR|ONEAR|PROCHE)(?:/(.*))?", re.DOTALL)
_NEARS = frozenset({"NEAR", "ONEAR", "PROCHE"})
_PLAIN = re.compile(r"\w+(?=[\s()]|\Z)")
"""A word that ends where white space or a parenthesis stands: most of what is written."""
_SOMETHING = re.compile(r"\S")
_BARE = re.compile(r'[^\s()"]*')
_DIGITS = re.compile(r"[0-9]{1,9}")


class TokenKind(StrEnum):
    AND = "and"
    OR = "or"
    NOT = "not"
    NEAR = "near"
    OPEN = "open"
    CLOSE = "close"
    WORD = "word"
    PHRASE = "phrase"
    EXACT = "exact"
    FIELD = "field"
    GROUP = "group"
    """A field with several values: `name:(`."""
    NOTHING = "nothing"
    """What an importer could not carry over; never in our own language."""
    MUST = "must"
    """The + of Lucene; never in our own language."""


OPERATORS = {
    "AND": TokenKind.AND, "ET": TokenKind.AND, "OR": TokenKind.OR, "OU": TokenKind.OR,
    "NOT": TokenKind.NOT, "SAUF": TokenKind.NOT,
}  # fmt: skip


class Token(NamedTuple):
    """`text` is what stands there, without quotation marks; of a field its value."""

    kind: TokenKind
    text: str
    start: int
    end: int
    name: str = ""
    distance: int = 0
    is_ordered: bool = False


def tokens_of(text: str) -> Iterator[Token]:
    """Raises QueryNotUnderstood, with the place and the repair."""
    check_length(text)
    at = 0
    while found := _SOMETHING.search(text, at):
        token = _token_at(text, found.start())
        yield token
        at = token.end


def check_length(text: str) -> None:
    if len(text) > LONGEST:
        raise wrong(
            text,
            LONGEST,
            len(text),
            Text("it has more than {n} characters", "elle dépasse {n} signes").format(n=LONGEST),
        )


def is_operator(word: str) -> bool:
    """Whether a bare word would be read as an operator; in quotation marks it would not."""
    return word in OPERATORS or _NEAR.fullmatch(word) is not None


def field_name_end(text: str, at: int) -> int | None:
    """Where the name of a field ends whose colon follows; None where no field begins."""
    if ":" not in text[at : _word_end(text, at)]:
        return None
    end = at
    while end < len(text) and (text[end].isalpha() or text[end] == "_"):
        end += 1
    is_field = end > at and text[end : end + 1] == ":" and text[end + 1 : end + 3] != "//"
    return end if is_field else None


def _token_at(text: str, at: int) -> Token:
    plain = _PLAIN.match(text, at)
    if plain and (word := plain[0]) not in _NEARS:
        return Token(OPERATORS.get(word, TokenKind.WORD), word, at, plain.end())
    sign = text[at]
    if sign == "-" and (at == 0 or text[at - 1].isspace() or text[at - 1] in "()"):
        return _minus(text, at)
    if sign in "()":
        return Token(TokenKind.OPEN if sign == "(" else TokenKind.CLOSE, sign, at, at + 1)
    if sign in QUOTES:
        value, end = _quoted(text, at)
        _refuse_slop(text, at, end, value)
        return Token(TokenKind.PHRASE, value, at, end)
    if sign == "=" and at + 1 < len(text) and text[at + 1] in QUOTES:
        value, end = _quoted(text, at + 1)
        return Token(TokenKind.EXACT, value, at, end)
    return _field(text, at) or _word(text, at)


def _minus(text: str, at: int) -> Token:
    following = text[at + 1 : at + 2]
    if following == "-":
        raise wrong(text, at + 1, at + 2, Text("a term is turned round twice", "un terme est nié deux fois"))
    if not following or following.isspace():
        rest = text[at + 1 :].lstrip()
        raise wrong(
            text,
            at,
            at + 1,
            Text("nothing follows “-”", "rien ne suit «\u202f-\u202f»")
            if not rest
            else Text("a hyphen stands alone", "un tiret est tout seul"),
            repair=Text(
                "Write the hyphen right before what is not wanted, or leave it away.",
                "Écrivez le tiret juste avant ce qui n’est pas voulu, ou supprimez-le.",
            ),
        )
    return Token(TokenKind.NOT, "-", at, at + 1)


def _field(text: str, at: int) -> Token | None:
    name_end = field_name_end(text, at)
    if name_end is None:
        return None
    name, begin = text[at:name_end], name_end + 1
    opening = text[begin : begin + 1]
    if opening == "(":
        return Token(TokenKind.GROUP, text[at : begin + 1], at, begin + 1, name)
    if opening and opening in QUOTES:
        value, end = _quoted(text, begin)
    else:
        end = _word_end(text, begin)
        value = text[begin:end]
    return Token(TokenKind.FIELD, value, at, end, name)


def _word(text: str, at: int) -> Token:
    end = _word_end(text, at)
    word = text[at:end]
    if word in OPERATORS:
        return Token(OPERATORS[word], word, at, end)
    if found := _NEAR.fullmatch(word):
        return _near(text, at, end, found)
    return Token(TokenKind.WORD, word, at, end)


def _near(text: str, at: int, end: int, found: re.Match[str]) -> Token:
    name, number = found.groups()
    if number and _DIGITS.fullmatch(number) and 1 <= int(number) <= FARTHEST:
        return Token(TokenKind.NEAR, found[0], at, end, distance=int(number), is_ordered=name == "ONEAR")
    spaced = re.match(r"\s+([0-9]{1,2})(?=[\s(\"])", text[end:]) if not number else None
    if spaced and int(spaced[1]):
        mended, until = f"{name}/{int(spaced[1])}", end + spaced.end()
    elif number and _DIGITS.fullmatch(number):
        mended, until = f"{name}/{min(max(int(number), 1), FARTHEST)}", end
    else:
        mended, until = f"{name}/5", end
    detail = Text("{name} needs a number from 1 to {most}", "{name} demande un nombre de 1 à {most}")
    raise wrong(
        text,
        at,
        until,
        detail.format(name=name, most=FARTHEST),
        repair=Text("{name} needs a number: {mended}", "{name} demande un nombre\u202f: {mended}").format(
            name=name, mended=mended
        ),
        mended=mended,
    )


def _word_end(text: str, at: int) -> int:
    found = _BARE.match(text, at)
    return at if found is None else found.end()


def _quoted(text: str, at: int) -> tuple[str, int]:
    closing = QUOTES[text[at]]
    end = text.find(closing, at + 1)
    if end < 0:
        raise wrong(
            text,
            at,
            len(text),
            Text("this quotation mark is never closed", "ce guillemet n’est jamais fermé"),
            repair=Text("Close the quotation mark.", "Fermez le guillemet."),
            mended=text[at:] + closing,
        )
    return " ".join(text[at + 1 : end].split()), end + 1


def _refuse_slop(text: str, at: int, end: int, value: str) -> None:
    """`"a b"~5` is how others write NEAR."""
    found = re.match(r"~([0-9]{1,9})", text[end:])
    words = value.split()
    if not found or len(words) < 2:
        return
    near = f" NEAR/{min(max(int(found[1]), 1), FARTHEST)} "
    raise wrong(
        text,
        at,
        end + found.end(),
        Text("a distance behind a phrase is written with NEAR", "une distance après une expression s’écrit avec NEAR"),
        mended=f"({near.join(words)})" if len(words) <= 20 else None,
    )
