"""What a query costs to keep: cheap where each way to be true has something that can be looked up."""

from dataclasses import dataclass
from enum import StrEnum

from parvis.core.query.fields import BY_NAME, Value
from parvis.core.query.printer import print_node
from parvis.core.query.tree import All, Any, Field, Fuzzy, Hashtag, Mention, Near, Node, Not, Pattern, Phrase, Query
from parvis.core.query.values import shortened
from parvis.core.query.words import folded_parts
from parvis.core.wording import Text

SHORTEST_BEGINNING = 2
"""Letters before the first star from which words can be looked up."""
_LOOKED_UP = frozenset({Value.NAME, Value.CHOICE, Value.LANGUAGE, Value.HOST, Value.TAG, Value.HANDLE})


class Ease(StrEnum):
    CHEAP = "cheap"
    SLOW = "slow"
    """It is right, but every item has to be looked at."""
    REFUSED = "refused"
    """It finds everything."""


@dataclass(frozen=True, slots=True)
class Cost:
    kind: Ease
    reason: Text | None = None
    """None where it is cheap."""


def cost_of(query: Query) -> Cost:
    root = query.root
    if root is None or (isinstance(root, Field) and root.name == "fold"):
        return Cost(
            Ease.REFUSED, Text("it asks for nothing and finds everything", "elle ne demande rien et trouve tout")
        )
    bare = _unanchored(root)
    return Cost(Ease.CHEAP) if bare is None else Cost(Ease.SLOW, _reason(bare))


def _unanchored(node: Node) -> Node | None:
    """What may alone make it true and cannot be looked up; None where there is no such thing."""
    if isinstance(node, Any):
        return next((bare for bare in map(_unanchored, node.parts) if bare is not None), None)
    if isinstance(node, All | Near | Phrase):
        parts = (node.left, node.right) if isinstance(node, Near) else node.parts
        bares = [_unanchored(part) for part in parts]
        return None if None in bares else _plainest(bares)
    if isinstance(node, Not | Fuzzy):
        return node
    if isinstance(node, Pattern | Hashtag | Mention):
        return None if _has_beginning(node.text) else node
    if isinstance(node, Field):
        return None if _is_looked_up(node) else node
    return None


def _plainest(bares: list[Node | None]) -> Node | None:
    """Where several are to blame, rather one that says what must be there."""
    saying = [bare for bare in bares if not (isinstance(bare, Field) and bare.name == "fold")]
    return next((bare for bare in saying if not isinstance(bare, Not)), saying[0])


def _has_beginning(text: str) -> bool:
    """Whether some word of it can be looked up, whole or by its first letters."""
    return any("*" not in part or len(part.partition("*")[0]) >= SHORTEST_BEGINNING for part in folded_parts(text))


def _is_looked_up(field: Field) -> bool:
    kind = BY_NAME[field.name].value
    if kind is Value.WORDS:
        return _has_beginning(field.value)
    return kind in _LOOKED_UP and field.name != "fold"


def _reason(bare: Node) -> Text:
    if isinstance(bare, Not):
        return Text(
            "it only says what must not be there; add a word that must be",
            "elle ne dit que ce qui ne doit pas y être\u202f; ajoutez un mot qui doit y être",
        )
    written = shortened(print_node(bare))
    if isinstance(bare, Pattern | Hashtag | Mention) or (
        isinstance(bare, Field) and BY_NAME[bare.name].value is Value.WORDS
    ):
        return Text(
            "“{term}” can only be found by looking at every word; begin with two letters or add a word beside it",
            "«\u202f{term}\u202f» ne se trouve qu’en regardant chaque mot\u202f; commencez par deux lettres ou ajoutez un mot",
        ).format(term=written)
    if isinstance(bare, Fuzzy):
        return Text(
            "“{term}” has to be compared with every word; add a word beside it",
            "«\u202f{term}\u202f» doit être comparé à chaque mot\u202f; ajoutez un mot à côté",
        ).format(term=written)
    return Text(
        "“{term}” has to be asked of every item; add a word or a name beside it",
        "«\u202f{term}\u202f» doit être vérifié pour chaque élément\u202f; ajoutez un mot ou un nom à côté",
    ).format(term=written)
