"""Text to tree, without recursion: a stack of open parentheses, each with what was read in it.

Binding, tightest first: field and leaf, NOT and -, NEAR and ONEAR (left to right), AND (also unwritten), OR.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from parvis.core.errors import QueryNotUnderstood
from parvis.core.query.faults import wrong, wrong_value
from parvis.core.query.fields import BY_NAME, FIELDS, NAMES, FieldKind
from parvis.core.query.joining import (
    Sized,
    all_of,
    any_of,
    leaf_count,
    near_of,
    near_size,
    nodes_of,
    not_of,
    placeless,
)
from parvis.core.query.leaves import leaf_of
from parvis.core.query.lexer import Token, TokenKind, check_length, tokens_of
from parvis.core.query.tree import All, Exact, Field, Node, Query, Word
from parvis.core.query.values import Fault, normal_value
from parvis.core.query.words import folded
from parvis.core.text.normalise import plain_word
from parvis.core.wording import Text

DEEPEST = 100
"""Parentheses, NOTs and NEARs in each other."""
MOST_LEAVES = 2000


def parse_query(text: str) -> Query:
    """Raises QueryNotUnderstood with the place, a sentence and, where there is one, the repair."""
    return Parser(text).read(tokens_of(text))


@dataclass(slots=True)
class Frame:
    """An open parenthesis, or the query itself, and what was read in it. None stands for what was left out."""

    opened: Token | None = None
    kind: FieldKind | None = None
    """Of the field whose values stand here."""
    lists: list[list[Sized | None]] = field(default_factory=lambda: [[]])
    """Joined by OR, each of what is joined by AND."""
    nots: list[Token] = field(default_factory=list)
    waiting: Token | None = None
    """An AND, OR or NEAR whose right side is to come."""
    near: Token | None = None

    @property
    def dangling(self) -> Token | None:
        return self.nots[-1] if self.nots else self.waiting

    @property
    def is_empty(self) -> bool:
        return not any(self.lists)


class Parser:
    """Reads the tokens of one text. An importer overrides `fault`, to note what is wrong and go on."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.frames = [Frame()]
        self.leaves = 0
        self.has_modes = False
        """Whether a field was read that is of the whole query."""

    def read(self, tokens: Iterable[Token]) -> Query:
        check_length(self.text)
        for token in tokens:
            self._take(token)
        while len(self.frames) > 1:
            self._leave_unclosed()
        found = self._finish(self.frames[0], start=0, end=len(self.text))
        root = None if found is None else found.node
        if self.has_modes:
            self._check_modes(root)
        return Query(root)

    def fault(self, fault: QueryNotUnderstood) -> None:
        """Something is wrong; an importer that returns reads on without it."""
        raise fault

    def _take(self, token: Token) -> None:
        frame = self.frames[-1]
        if token.kind is TokenKind.WORD:
            self._operand(frame, self._plain(frame, token) or self._leaf(frame, token), end=token.end)
            return
        match token.kind:
            case TokenKind.AND | TokenKind.OR:
                self._join(frame, token)
            case TokenKind.NEAR:
                self._join_near(frame, token)
            case TokenKind.NOT:
                self._negate(frame, token)
            case TokenKind.OPEN | TokenKind.GROUP:
                self._open(frame, token)
            case TokenKind.CLOSE:
                self._close(token)
            case _:
                self._operand(frame, self._leaf(frame, token), end=token.end)

    def _join(self, frame: Frame, token: Token) -> None:
        if not self._has_left(frame, token):
            return
        frame.waiting = token
        if token.kind is TokenKind.OR:
            frame.lists.append([])

    def _join_near(self, frame: Frame, token: Token) -> None:
        if frame.kind is not None:
            self._wrong(token, Text("{name} cannot stand behind a field", "{name} ne peut pas suivre un champ"))
        elif self._has_left(frame, token):
            frame.waiting = frame.near = token

    def _has_left(self, frame: Frame, token: Token) -> bool:
        if frame.dangling is None and frame.lists[-1]:
            return True
        before = frame.dangling
        detail = (
            Text("nothing stands before “{name}”", "rien ne précède «\u202f{name}\u202f»")
            if before is None
            else Text(
                "nothing stands between “{before}” and “{name}”",
                "rien entre «\u202f{before}\u202f» et «\u202f{name}\u202f»",
            ).format(before=before.text)
        )
        self._wrong(token, detail, repair=_AS_WORD, is_left_away=True)
        return False

    def _negate(self, frame: Frame, token: Token) -> None:
        if frame.near is not None:
            self._wrong(token, _NOT_NEAR, repair=_NOT_NEAR_REPAIR)
            frame.near = frame.waiting = None
        if len(frame.nots) >= DEEPEST:
            raise self._too_deep(token.start, token.end)
        frame.nots.append(token)

    def _open(self, frame: Frame, token: Token) -> None:
        kind = frame.kind
        if len(self.frames) > DEEPEST:
            raise self._too_deep(token.start, token.end)
        if token.kind is TokenKind.GROUP:
            if kind is not None:
                self._wrong(token, _FIELD_IN_FIELD)
            kind = self._kind(token)
            if frame.near is not None:
                self._wrong(token, _FIELD_NEAR)
        self.frames.append(Frame(opened=token, kind=kind))

    def _close(self, token: Token) -> None:
        if len(self.frames) == 1:
            detail = Text("no parenthesis was opened before this one", "aucune parenthèse n’est ouverte avant celle-ci")
            self._wrong(token, detail, is_left_away=True)
            return
        self._leave(token.end)

    def _leave_unclosed(self) -> None:
        opened = self.frames[-1].opened
        assert opened
        rest = self.text[opened.start :]
        self.fault(
            wrong(
                self.text, opened.start, opened.end,
                Text("this parenthesis is never closed", "cette parenthèse n’est jamais fermée"),
                repair=Text("Close the parenthesis.", "Fermez la parenthèse."),
                repaired=f"{self.text[: opened.start]}{rest}{')' * (len(self.frames) - 1)}",
            )
        )  # fmt: skip
        self._leave(len(self.text))

    def _leave(self, end: int) -> None:
        """The innermost parenthesis is over; what it holds is an operand of the one around it."""
        frame = self.frames.pop()
        assert frame.opened
        if frame.is_empty and frame.dangling is None:
            detail = Text("nothing stands between these parentheses", "rien ne se trouve entre ces parenthèses")
            self.fault(wrong(self.text, frame.opened.start, end, detail))
        found = self._finish(frame, start=frame.opened.start, end=end)
        self._operand(self.frames[-1], found, end=end)

    def _finish(self, frame: Frame, *, start: int, end: int) -> Sized | None:
        if frame.dangling is not None:
            token = frame.dangling
            self._wrong(
                token,
                Text("nothing follows “{name}”", "rien ne suit «\u202f{name}\u202f»"),
                repair=_AS_WORD if token.text != "-" else None,
                is_left_away=True,
            )
        return self.joined(frame, start=start, end=end)

    def joined(self, frame: Frame, *, start: int, end: int) -> Sized | None:
        """What was read in one parenthesis, as one node."""
        lists = [[one for one in parts if one is not None] for parts in frame.lists]
        ways = [all_of(parts, start=parts[0].node.start, end=parts[-1].node.end) for parts in lists if parts]
        if not ways:
            return None
        return self._bounded(any_of(ways, start=start, end=end), start, end)

    def _operand(self, frame: Frame, found: Sized | None, *, end: int) -> None:
        while frame.nots:
            turned = frame.nots.pop()
            if found is not None:
                found = self._bounded(not_of(found, start=turned.start), turned.start, end)
        if frame.near is not None:
            found = self._near(frame.near, frame.lists[-1].pop(), found)
        frame.near = frame.waiting = None
        frame.lists[-1].append(found)

    def _near(self, token: Token, left: Sized | None, right: Sized | None) -> Sized | None:
        if left is None or right is None:
            return left or right
        for side in (left, right):
            bad = placeless(side.node)
            if bad is not None:
                is_field = isinstance(bad, Field)
                self.fault(
                    wrong(
                        self.text, bad.start, bad.end, (_FIELD_NEAR if is_field else _NOT_NEAR).format(name=token.text),
                        repair=None if is_field else _NOT_NEAR_REPAIR,
                    )
                )  # fmt: skip
                return all_of([left, right], start=left.node.start, end=right.node.end)
        self._count(near_size(left, right) - left.leaves - right.leaves, token.start, token.end)
        near = near_of(left, right, token.distance, is_ordered=token.is_ordered)
        return self._bounded(near, left.node.start, right.node.end)

    def _plain(self, frame: Frame, token: Token) -> Sized | None:
        """Of letters and digits alone, which is what most leaves are: the same as `_leaf`, sooner."""
        if frame.kind is not None or not token.text.isalnum() or not plain_word(token.text):
            return None
        self._count(1, token.start, token.end)
        return Sized(Word(token.text, start=token.start, end=token.end))

    def _leaf(self, frame: Frame, token: Token) -> Sized | None:
        if token.kind is TokenKind.NOTHING:
            return None
        is_field = token.kind is TokenKind.FIELD
        kind = self._kind(token) if is_field else frame.kind
        if is_field and frame.kind is not None:
            self._wrong(token, _FIELD_IN_FIELD)
            return None
        if is_field and frame.near is not None:
            self._wrong(token, _FIELD_NEAR.format(name=frame.near.text))
            return None
        if is_field and kind is None:
            return None
        found = leaf_of(token) if kind is None else self._field(kind, token)
        if isinstance(found, Fault):
            before = f"{kind.name}:" if is_field and kind else ""
            self.fault(wrong_value(self.text, token.start, token.end, found, before=before))
            return None
        self._count(max(leaf_count(found), _word_count(found)), token.start, token.end)
        return Sized(found, 0, leaf_count(found))

    def _field(self, kind: FieldKind, token: Token) -> Node | Fault:
        if token.kind is TokenKind.EXACT:
            return Fault(
                Text("“=” cannot stand behind a field", "«\u202f=\u202f» ne peut pas suivre un champ"),
                None,
                f'"{token.text}"',
            )
        self.has_modes |= kind.name == "fold"
        value = normal_value(kind, token.text)
        return value if isinstance(value, Fault) else Field(kind.name, value, start=token.start, end=token.end)

    def _kind(self, token: Token) -> FieldKind | None:
        name = token.name.lower()
        found = BY_NAME.get(name)
        if found is None:
            self.fault(self._unknown_field(token, name))
        return found

    def _unknown_field(self, token: Token, name: str) -> QueryNotUnderstood:
        rest = self.text[token.start + len(token.name) : token.end]
        near = [one.name for one in FIELDS if name in one.also] or get_close_matches(name[:40], NAMES, 1, 0.6)
        detail = Text("there is no field “{name}”", "il n’y a pas de champ «\u202f{name}\u202f»").format(name=name[:40])
        repair, mended = (
            Text("The fields are: {names}.", "Les champs sont\u202f: {names}.").format(names=", ".join(NAMES)),
            None,
        )
        if token.name in {"NEAR", "ONEAR", "PROCHE"}:
            mended = f"{token.name}/{rest[1:] if rest[1:].isdecimal() else 5}"
            repair = Text("Write {mended}.", "Écrivez {mended}.").format(mended=mended)
        elif near:
            mended = near[0] + rest
            repair = Text("Did you mean “{near}”?", "Vouliez-vous dire «\u202f{near}\u202f»\u202f?").format(
                near=near[0]
            )
        elif token.kind is TokenKind.FIELD and '"' not in rest:
            mended = f'"{token.name}{rest}"'
        return wrong(self.text, token.start, token.end, detail, repair=repair, mended=mended)

    def _check_modes(self, root: Node | None) -> None:
        """`fold:` is of the whole query: it stands alone or beside the others, never below OR or NOT."""
        at_top = root.parts if isinstance(root, All) else (root,)
        for node in nodes_of(root):
            if isinstance(node, Field) and node.name == "fold" and not any(node is one for one in at_top):
                detail = Text("“fold:” is of the whole query", "«\u202ffold:\u202f» vaut pour toute la requête")
                repair = Text("Write it once, outside parentheses.", "Écrivez-le une fois, hors parenthèses.")
                self.fault(wrong(self.text, node.start, node.end, detail, repair=repair))

    def _wrong(self, token: Token, detail: Text, *, repair: Text | None = None, is_left_away: bool = False) -> None:
        mended = "" if is_left_away else None
        name = token.text or token.name
        self.fault(wrong(self.text, token.start, token.end, detail.format(name=name), repair=repair, mended=mended))

    def _count(self, more: int, start: int, end: int) -> None:
        self.leaves += more
        if self.leaves > MOST_LEAVES:
            detail = Text("it looks for more than {n} things", "elle cherche plus de {n} choses").format(n=MOST_LEAVES)
            raise wrong(self.text, start, end, detail)

    def _bounded(self, found: Sized, start: int, end: int) -> Sized:
        if found.depth > DEEPEST:
            raise self._too_deep(start, end)
        return found

    def _too_deep(self, start: int, end: int) -> QueryNotUnderstood:
        detail = Text("it is nested more than {n} deep", "elle est imbriquée sur plus de {n} niveaux").format(n=DEEPEST)
        return wrong(self.text, start, end, detail)


def _word_count(node: Node) -> int:
    return len(folded(node.text)) if isinstance(node, Word | Exact) else 1


_AS_WORD = Text(
    "Leave it away, or put it between quotation marks if it is meant as a word.",
    "Supprimez-le, ou mettez-le entre guillemets si c’est un mot.",
)
_NOT_NEAR = Text("NOT cannot stand beside NEAR", "SAUF ne peut pas être à côté de PROCHE")
_NOT_NEAR_REPAIR = Text(
    "Write a NEAR/5 b, and -c beside it.",
    "Écrivez a PROCHE/5 b, et -c à côté.",
)
_FIELD_NEAR = Text("a field cannot stand beside NEAR", "un champ ne peut pas être à côté de PROCHE")
_FIELD_IN_FIELD = Text("a field stands inside another one", "un champ se trouve dans un autre")
