"""Queries of other tools, read into ours, with a report of what could not be carried over."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from parvis.core.errors import QueryNotUnderstood
from parvis.core.query.dialects import MANNERS, Dialect
from parvis.core.query.faults import wrong
from parvis.core.query.foreign import COMMENT, ForeignLexer, Note
from parvis.core.query.lexer import Token, TokenKind, check_length
from parvis.core.query.parser import DEEPEST, MOST_LEAVES, Parser
from parvis.core.query.printer import print_query
from parvis.core.query.tree import Query
from parvis.core.wording import Text

MOST_NOTES = 500
"""Of what is wrong in one query; one with more is none."""

MOST_TOKENS = 3 * MOST_LEAVES
"""Words, operators and parentheses."""

__all__ = ["Dialect", "Imported", "Note", "import_query"]


@dataclass(frozen=True, slots=True)
class Imported:
    query: Query
    printed: str
    """The query in our language; "" where nothing could be carried over."""
    notes: tuple[Note, ...]
    """In the order of the text."""


def import_query(text: str, *, dialect: Dialect) -> Imported:
    """Raises QueryNotUnderstood only where it is too long, too deep, too large, or wrong all over."""
    check_length(text)
    lexer = ForeignLexer(text, MANNERS[dialect])
    tokens: Sequence[Token] = list(_counted(text, lexer))
    if lexer.manner.is_lucene:
        tokens = _with_lucene_joins(tokens, lexer)
    reader = _Reader(text)
    query = reader.read(_without_holes(tokens))
    notes = dict.fromkeys(sorted([*lexer.notes, *reader.notes], key=lambda note: (note.start, note.end)))
    return Imported(query, print_query(query), tuple(notes))


def _counted(text: str, lexer: ForeignLexer) -> Iterator[Token]:
    """The tokens, as long as they may still become a query."""
    for number, token in enumerate(lexer.tokens()):
        if number > MOST_TOKENS or len(lexer.notes) > MOST_NOTES:
            detail = Text("it is too long, or wrong all over", "elle est trop longue, ou fausse de toutes parts")
            raise wrong(text, token.start, token.end, detail)
        yield token


class _Reader(Parser):
    """Notes what is wrong, and reads on without it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.notes: list[Note] = []

    def fault(self, fault: QueryNotUnderstood) -> None:
        if len(self.notes) == MOST_NOTES:
            raise fault
        detail = fault.places["detail"]
        assert isinstance(detail, Text)
        start, end = sorted((fault.start, fault.end))  # operands may have changed places
        self.notes.append(Note(start, end, detail))


def _without_holes(tokens: Iterable[Token]) -> Iterator[Token]:
    """Comments stand where no operand is: they go away before anything is joined."""
    return (token for token in tokens if token.kind is not TokenKind.NOTHING or token.text != COMMENT)


_JOINING = frozenset({TokenKind.AND, TokenKind.OR, TokenKind.NEAR})


@dataclass(slots=True)
class _Clause:
    """One operand with the operator and the signs that stand before it."""

    join: Token | None
    signs: list[Token]
    tokens: list[Token]

    @property
    def is_required(self) -> bool:
        return any(sign.kind is TokenKind.MUST for sign in self.signs)

    @property
    def nots(self) -> list[Token]:
        return [sign for sign in self.signs if sign.kind is TokenKind.NOT]


@dataclass(slots=True)
class _Level:
    """An open parenthesis of a Lucene query, or the query itself."""

    opened: Token | None = None
    clauses: list[_Clause] = field(default_factory=list)
    join: Token | None = None
    signs: list[Token] = field(default_factory=list)

    def add(self, tokens: list[Token]) -> None:
        self.clauses.append(_Clause(self.join, self.signs, tokens))
        self.join, self.signs = None, []

    def rest(self) -> list[Token]:
        """Operators behind which nothing came: the parser says so."""
        dangling = [self.join] if self.join else []
        return dangling + [sign for sign in self.signs if sign.kind is TokenKind.NOT]


def _with_lucene_joins(tokens: Sequence[Token], lexer: ForeignLexer) -> Sequence[Token]:
    """The operators that Lucene leaves unwritten: neighbours are joined by OR, + is wanted, - is not.

    Where it is nested too deep all stays as it is: the parser says so.
    """
    levels = [_Level()]
    for token in tokens:
        level = levels[-1]
        if token.kind in {TokenKind.OPEN, TokenKind.GROUP}:
            levels.append(_Level(opened=token))
            if len(levels) > DEEPEST + 1:
                return tokens
        elif token.kind is TokenKind.CLOSE and level.opened is not None:
            levels.pop()
            levels[-1].add([level.opened, *_joined(level, lexer), token])
        elif token.kind is TokenKind.CLOSE and level.clauses:
            level.clauses[-1].tokens.append(token)
        elif token.kind in _JOINING:
            if level.join is not None:
                level.add([])
            level.join = token
        elif token.kind in {TokenKind.NOT, TokenKind.MUST}:
            level.signs.append(token)
        else:
            level.add([token])
    while len(levels) > 1:
        level = levels.pop()
        assert level.opened is not None
        levels[-1].add([level.opened, *_joined(level, lexer)])
    return _joined(levels[0], lexer)


def _joined(level: _Level, lexer: ForeignLexer) -> list[Token]:
    has_required = any(clause.is_required for clause in level.clauses)
    wanted: list[Token] = []
    unwanted: list[Token] = []
    is_implied = False
    for number, clause in enumerate(level.clauses):
        start = clause.tokens[0].start if clause.tokens else 0
        if clause.join is not None:
            wanted += [clause.join, *clause.nots, *clause.tokens]
        elif clause.nots and len(level.clauses) > 1 and not _goes_on(level, number):
            unwanted += [Token(TokenKind.AND, "AND", start, start), *clause.nots, *clause.tokens]
        elif has_required and not clause.is_required and not _goes_on(level, number):
            end = clause.tokens[-1].end
            lexer.note(start, end, _ONLY_RANKS)
        else:
            kind = TokenKind.AND if has_required else TokenKind.OR
            is_implied |= bool(wanted) and not has_required
            wanted += [Token(kind, kind.name, start, start)] * bool(wanted) + [*clause.nots, *clause.tokens]
    if is_implied:
        of_all = [token for clause in level.clauses for token in clause.tokens]
        lexer.note(min(token.start for token in of_all), max(token.end for token in of_all), _IMPLIED)
    if unwanted and wanted:
        start, end = unwanted[0].start, unwanted[-1].end
        wanted = [Token(TokenKind.OPEN, "(", start, start), *wanted, Token(TokenKind.CLOSE, ")", end, end)]
    elif unwanted:
        unwanted = unwanted[1:]
    return [*wanted, *unwanted, *level.rest()]


def _goes_on(level: _Level, number: int) -> bool:
    """Whether an operator follows the clause."""
    return number + 1 < len(level.clauses) and level.clauses[number + 1].join is not None


_ONLY_RANKS = Text(
    "beside what + asks for, this only changed the order in Lucene; it was left out",
    "à côté de ce que demande +, ceci ne changeait que l’ordre dans Lucene\u202f; laissé de côté",
)
_IMPLIED = Text(
    "words beside each other are joined by OR, as Lucene does",
    "les mots côte à côte sont reliés par OU, comme le fait Lucene",
)
