"""Tree to text: parsing what is printed gives an equal tree. And the chips that a screen shows of it."""

from dataclasses import dataclass

from parvis.core.errors import QueryNotUnderstood
from parvis.core.query.fields import NAMES
from parvis.core.query.leaves import leaf_of
from parvis.core.query.lexer import QUOTES, TokenKind, tokens_of
from parvis.core.query.tree import (
    All,
    Any,
    Exact,
    Field,
    Fuzzy,
    Hashtag,
    Leaf,
    Mention,
    Near,
    Node,
    Not,
    Phrase,
    Query,
)


def print_query(query: Query) -> str:
    return "" if query.root is None else print_node(query.root)


def print_node(node: Node) -> str:
    if isinstance(node, All):
        return " ".join(_grouped(part, Any, Near) for part in node.parts)
    if isinstance(node, Any):
        return _values(node) or " OR ".join(_grouped(part, All) for part in node.parts)
    if isinstance(node, Near):
        name = "ONEAR" if node.is_ordered else "NEAR"
        return f"{_grouped(node.left, Any)} {name}/{node.distance} {_grouped(node.right, Any, Near)}"
    if isinstance(node, Not):
        return (
            f"NOT {print_node(node.part)}" if isinstance(node.part, Not) else f"-{_grouped(node.part, All, Any, Near)}"
        )
    if isinstance(node, Field):
        return f"{node.name}:{_value(node.value)}"
    return print_leaf(node)


def print_leaf(leaf: Leaf) -> str:
    if isinstance(leaf, Hashtag):
        return f"#{leaf.text}"
    if isinstance(leaf, Mention):
        return f"@{leaf.text}"
    if isinstance(leaf, Phrase):
        return _quoted(" ".join(_bare(part) for part in leaf.parts))
    written = _bare(leaf)
    if _reads_as(written, leaf):
        return written
    return f"={_quoted(leaf.text)}" if isinstance(leaf, Exact) else _quoted(written)


def quote_value(value: str) -> str:
    """A name as it may stand behind a field."""
    return _value(" ".join(value.split()))


def _grouped(node: Node, *kinds: type[All] | type[Any] | type[Near]) -> str:
    """In parentheses where it is of one of the kinds that would otherwise fall apart."""
    written = print_node(node)
    if isinstance(node, Any) and _values(node):
        return written
    return f"({written})" if isinstance(node, kinds) else written


def _values(node: Any) -> str:
    """`lang:(fr OR de)`; "" where it is not one field with several values."""
    names = {part.name if isinstance(part, Field) else "" for part in node.parts}
    [name, *others] = names
    if others or not name:
        return ""
    values = [_value_in_group(part.value) for part in node.parts if isinstance(part, Field)]
    return f"{name}:({' OR '.join(values)})"


def _value(value: str) -> str:
    needs_quotes = any(sign.isspace() or sign in '()"' for sign in value) or value[:1] in QUOTES
    return _quoted(value) if needs_quotes else value


def _value_in_group(value: str) -> str:
    try:
        tokens = list(tokens_of(value))
    except QueryNotUnderstood:
        return _quoted(value)
    is_one = len(tokens) == 1 and tokens[0].kind is TokenKind.WORD and tokens[0].text == value
    return value if is_one else _quoted(value)


def _bare(leaf: Leaf) -> str:
    assert not isinstance(leaf, Hashtag | Mention | Phrase)
    if isinstance(leaf, Exact):
        return f"={leaf.text}"
    return f"{leaf.text}~1" if isinstance(leaf, Fuzzy) else leaf.text


def _reads_as(written: str, leaf: Leaf) -> bool:
    """Whether it needs no quotation marks."""
    try:
        tokens = list(tokens_of(written))
    except QueryNotUnderstood:
        return False
    return len(tokens) == 1 and tokens[0].kind is TokenKind.WORD and leaf_of(tokens[0]) == leaf


def _quoted(value: str) -> str:
    """Between the first pair of quotation marks whose closing one is not in the value."""
    for opening, closing in QUOTES.items():
        if closing not in value:
            return f"{opening}{value}{closing}"
    return '"' + value.replace('"', "") + '"'


@dataclass(frozen=True, slots=True)
class Chip:
    """One term on the screen. `without` is the query when the chip is taken away."""

    name: str
    """Of the field; "" for all others."""
    value: str
    """Of the field, else what is looked for, as it is written."""
    is_negated: bool
    text: str
    without: str


def chips_of(query: Query, *, most: int | None = None) -> list[Chip]:
    """One chip for each of what is wanted together, up to `most`."""
    parts = _parts(query)
    if len(parts) < 3:
        others = [print_query(_query_of(parts[:at] + parts[at + 1 :])) for at in range(len(parts))]
        return [_chip(part, without) for part, without in zip(parts, others, strict=True)]
    printed = [_grouped(part, Any, Near) for part in parts]
    return [_chip(part, " ".join(printed[:at] + printed[at + 1 :])) for at, part in enumerate(parts[:most])]


def with_field(query: Query, name: str, value: str | None) -> str:
    """The query with a field set to one value, or (None) without it: for menus that filter."""
    assert name in NAMES
    kept = tuple(part for part in _parts(query) if not _is_of(part, name))
    if value is not None:
        kept = (*kept, Field(name, value))
    return print_query(_query_of(kept))


def _chip(part: Node, without: str) -> Chip:
    node = part.part if isinstance(part, Not) else part
    return Chip(
        name=node.name if isinstance(node, Field) else "",
        value=node.value if isinstance(node, Field) else _unquoted(node),
        is_negated=isinstance(part, Not),
        text=print_node(part),
        without=without,
    )


def _unquoted(node: Node) -> str:
    written = print_node(node)
    is_quoted = isinstance(node, Phrase) or (written[0] in QUOTES and not isinstance(node, All | Any | Near))
    return written[1:-1] if is_quoted else written


def _is_of(part: Node, name: str) -> bool:
    """Whether it says something about one field and nothing else."""
    if isinstance(part, Not):
        return _is_of(part.part, name)
    if isinstance(part, Any | All):
        return all(_is_of(one, name) for one in part.parts)
    return isinstance(part, Field) and part.name == name


def _parts(query: Query) -> tuple[Node, ...]:
    root = query.root
    return () if root is None else root.parts if isinstance(root, All) else (root,)


def _query_of(parts: tuple[Node, ...]) -> Query:
    if len(parts) < 2:
        return Query(parts[0] if parts else None)
    return Query(All(parts))
