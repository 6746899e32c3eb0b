"""Text to tree. Everything is joined by AND; `-` or NOT turns the next term round.

A true subset of the whole language: what it accepts means the same there.
"""

from collections.abc import Iterable
from datetime import date
from difflib import get_close_matches

from parvis.core.errors import QueryNotUnderstood
from parvis.core.query.fields import CLOSED, DATES, NAMES, SINCE
from parvis.core.query.lexer import Token, TokenKind, tokens_of
from parvis.core.query.tree import Query, Term, TermKind
from parvis.core.wording import Text

_JOINS = frozenset({"AND", "ET"})
_TURNS = frozenset({"NOT", "SAUF"})
_OTHER_OPERATORS = frozenset({"OR", "OU", "NEAR", "ONEAR", "PROCHE"})


def parse_query(text: str) -> Query:
    """Raises QueryNotUnderstood with the place, a sentence and, where there is one, the repair."""
    terms: list[Term] = []
    turned: Token | None = None
    for token in tokens_of(text):
        if _is_word(token, _JOINS):
            continue
        if token.kind is TokenKind.MINUS or _is_word(token, _TURNS):
            _only_once(text, turned, token)
            turned = token
            continue
        terms.append(_term(text, token, turned))
        turned = None
    if turned is not None:
        raise _wrong(text, turned, Text("nothing follows “{word}”", "rien ne suit « {word} »").format(word=turned.text))
    return Query(tuple(terms))


def _only_once(text: str, turned: Token | None, token: Token) -> None:
    if turned is not None:
        raise _wrong(text, token, Text("a term is turned round twice", "un terme est nié deux fois"))


def _is_word(token: Token, words: frozenset[str]) -> bool:
    return token.kind is TokenKind.WORD and token.text in words


def _term(text: str, token: Token, turned: Token | None) -> Term:
    if token.kind in {TokenKind.OPEN, TokenKind.CLOSE} or _is_word(token, _OTHER_OPERATORS):
        raise _wrong(
            text,
            token,
            Text("“{word}” is not possible in a filter", "« {word} » n’est pas possible dans un filtre").format(
                word=token.text
            ),
            repair=Text(
                "Everything is joined by AND here; put a word that is meant as such between quotation marks.",
                "Tout est relié par ET ici ; mettez entre guillemets un mot à prendre comme tel.",
            ),
        )
    value = _checked(text, token) if token.kind is TokenKind.FIELD else token.text
    if not value:
        raise _wrong(text, token, Text("it is empty", "elle est vide"))
    start = turned.start if turned else token.start
    return Term(TermKind(token.kind.value), value, token.name, turned is not None, start, token.end)


def _checked(text: str, token: Token) -> str:
    if token.name not in NAMES:
        raise _wrong(
            text,
            token,
            Text("there is no field “{name}”", "il n’y a pas de champ « {name} »").format(name=token.name),
            candidates=((name, f"{name}:{token.text}") for name in get_close_matches(token.name, NAMES, 1, 0.6)),
            repair=Text("The fields are: {names}.", "Les champs sont : {names}.").format(names=", ".join(NAMES)),
        )
    if not token.text:
        raise _wrong(
            text,
            token,
            Text("a value is missing after “{name}:”", "il manque une valeur après « {name}: »").format(
                name=token.name
            ),
            repair=_offer(CLOSED.get(token.name, ())),
        )
    if token.name in CLOSED:
        return _one_of(text, token, CLOSED[token.name])
    if token.name in {"since", "date"}:
        return _span(text, token)
    return token.text


def _one_of(text: str, token: Token, choices: tuple[str, ...]) -> str:
    value = token.text.lower()
    if value in choices:
        return value
    raise _wrong(
        text,
        token,
        Text("“{name}:” does not know “{value}”", "« {name}: » ne connaît pas « {value} »").format(
            name=token.name, value=token.text
        ),
        candidates=((near, f"{token.name}:{near}") for near in get_close_matches(value, choices, 1, 0.6)),
        repair=_offer(choices),
    )


def _span(text: str, token: Token) -> str:
    pattern = SINCE if token.name == "since" else DATES
    found = pattern.fullmatch(token.text.lower())
    if found and (token.name == "since" or _are_days(found.groups())):
        return token.text.lower()
    repair = (
        Text("Write since:7d (h, d, w, m, y).", "Écrivez since:7d (h, d, w, m, y).")
        if token.name == "since"
        else Text("Write date:2026-11-01..2026-11-22.", "Écrivez date:2026-11-01..2026-11-22.")
    )
    raise _wrong(
        text,
        token,
        Text("“{value}” is not a time", "« {value} » n’est pas une durée ou une date").format(value=token.text),
        repair=repair,
    )


def _are_days(days: tuple[str | None, ...]) -> bool:
    try:
        found = [date.fromisoformat(day) for day in days if day]
    except ValueError:
        return False
    return found == sorted(found) and all(1900 <= day.year <= 2200 for day in found)


def _offer(choices: tuple[str, ...]) -> Text | None:
    if not choices:
        return None
    return Text("Possible are: {names}.", "Sont possibles : {names}.").format(names=", ".join(choices))


def _wrong(
    text: str,
    token: Token,
    detail: Text,
    *,
    repair: Text | None = None,
    candidates: Iterable[tuple[str, str]] = (),
) -> QueryNotUnderstood:
    repaired = None
    for near, mended in candidates:
        repair = Text("Did you mean “{near}”?", "Vouliez-vous dire « {near} » ?").format(near=near)
        repaired = text[: token.start] + mended + text[token.end :]
    return QueryNotUnderstood(start=token.start, end=token.end, detail=detail, repair=repair, repaired=repaired)
