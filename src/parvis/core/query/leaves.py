"""A token that looks into texts, made into a leaf: what it looks for is settled here."""

import re
from dataclasses import replace

from parvis.core.query.document import hashtag_key, mention_key
from parvis.core.query.lexer import Token, TokenKind
from parvis.core.query.tree import Exact, Fuzzy, Hashtag, Leaf, Mention, Pattern, Phrase, Word
from parvis.core.query.values import Fault, nothing_in, only_stars, shortened, signless
from parvis.core.query.words import folded, folded_parts
from parvis.core.wording import Text

SHORTEST_FUZZY = 4
_EDITS = re.compile(r"(.+)~([0-9](?:\.[0-9]+)?)", re.DOTALL)

_Part = Word | Exact | Pattern | Fuzzy


def leaf_of(token: Token) -> Leaf | Fault:
    """The leaf of a WORD, PHRASE or EXACT token, or why there is none."""
    found = _leaf(token)
    return found if isinstance(found, Fault) else replace(found, start=token.start, end=token.end)


def _leaf(token: Token) -> Leaf | Fault:
    text = token.text
    if not text.strip():
        return nothing_in(text)
    if token.kind is TokenKind.EXACT:
        return _exact(text)
    if token.kind is TokenKind.PHRASE:
        return _phrase(text)
    if text[0] in "#＃@＠":
        return _sign(text)
    if text[-1] == "~" and folded(text):
        return _one_edit_only(text[:-1])
    parts = _parts(text)
    return parts if isinstance(parts, Fault) else _joined(parts, text)


def _sign(text: str) -> Hashtag | Mention | Fault:
    is_tag = text[0] in "#＃"
    value = signless(text, "#＃" if is_tag else "@＠", hashtag_key if is_tag else mention_key)
    if isinstance(value, Fault):
        return value
    return Hashtag(value) if is_tag else Mention(value)


def _phrase(text: str) -> Leaf | Fault:
    parts: list[_Part] = []
    for piece in text.split():
        more = _parts(piece)
        if isinstance(more, Fault):
            return more
        parts += more
    return _joined(parts, text)


def _joined(parts: list[_Part], text: str) -> Leaf | Fault:
    if not parts:
        return nothing_in(text)
    return parts[0] if len(parts) == 1 else Phrase(tuple(parts))


def _parts(text: str) -> list[_Part] | Fault:
    """The leaves of one written word: none where it has neither letter nor digit, several where a star is in the last."""
    if text[0] == "=" and (len(text) == 1 or text[1] != "*"):
        found = _exact(text[1:])
        if isinstance(found, Fault):
            return [] if not folded(text[1:]) and "*" not in text else found
        return [found]
    if edits := _EDITS.fullmatch(text):
        return _fuzzy(edits)
    if "*" in text:
        return _pattern(text)
    return [Word(text)] if folded(text) else []


def _exact(text: str) -> Exact | Fault:
    if "*" in text:
        return Fault(
            Text("“=” and a star do not go together", "«\u202f=\u202f» et une étoile ne vont pas ensemble"),
            Text("Leave one of them away.", "Supprimez l’un des deux."),
        )
    return Exact(text) if folded(text) else nothing_in(text)


def _pattern(text: str) -> list[_Part] | Fault:
    words = folded_parts(text)
    if "*" in words or not words:
        return only_stars()
    if len(words) == 1:
        return [Pattern(text)]
    return [Pattern(word) if "*" in word else Word(word) for word in words]


def _one_edit_only(term: str) -> Fault:
    can_be = len(words := folded(term)) == 1 and len(words[0]) >= SHORTEST_FUZZY and "*" not in term
    return Fault(
        Text("“~” is written with the number 1", "«\u202f~\u202f» s’écrit avec le chiffre 1"),
        Text("One edit is possible: term~1.", "Une seule différence est possible\u202f: terme~1."),
        f"{term}~1" if can_be else None,
    )


def _fuzzy(edits: re.Match[str]) -> list[_Part] | Fault:
    term, number = edits.groups()
    words = folded(term)
    if number != "1":
        return _one_edit_only(term) if words else nothing_in(edits[0])
    if "*" in term or term[0] == "=":
        return Fault(
            Text(
                "“~1” goes with neither a star nor “=”",
                "«\u202f~1\u202f» ne va ni avec une étoile ni avec «\u202f=\u202f»",
            )
        )
    if len(words) != 1 or len(words[0]) < SHORTEST_FUZZY:
        return Fault(
            Text(
                "“~1” needs one word of {n} letters or more: “{term}”",
                "«\u202f~1\u202f» demande un seul mot d’au moins {n} lettres\u202f: «\u202f{term}\u202f»",
            ).format(n=SHORTEST_FUZZY, term=shortened(term)),
            None,
            f'"{term}"' if words else None,
        )
    return [Fuzzy(term)]
