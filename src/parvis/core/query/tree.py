"""What a query means: a tree of leaves that look into texts, fields, and what joins them.

`start` and `end` say where a node stands in the written text; they do not count for equality.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Word(Placed):
    """Folded; what folds to several words is the phrase of them."""

    text: str


@dataclass(frozen=True, slots=True)
class Exact(Placed):
    """`=Été`: case and accents count."""

    text: str


@dataclass(frozen=True, slots=True)
class Pattern(Placed):
    """`prefix*`, `*suffix`, `mid*dle`: each star stands for any letters of one folded word, or none."""

    text: str


@dataclass(frozen=True, slots=True)
class Fuzzy(Placed):
    """`term~1`: one letter more, less or other."""

    text: str


@dataclass(frozen=True, slots=True)
class Hashtag(Placed):
    text: str
    """Without its sign; may end in a star."""


@dataclass(frozen=True, slots=True)
class Mention(Placed):
    text: str
    """Without its sign; may end in a star."""


@dataclass(frozen=True, slots=True)
class Phrase(Placed):
    """Leaves whose words follow each other."""

    parts: tuple[Word | Exact | Pattern | Fuzzy, ...]


@dataclass(frozen=True, slots=True)
class Near(Placed):
    left: "Node"
    right: "Node"
    distance: int
    """In words; neighbours are 1 apart."""
    is_ordered: bool = False


@dataclass(frozen=True, slots=True)
class Field(Placed):
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Not(Placed):
    part: "Node"


@dataclass(frozen=True, slots=True)
class All(Placed):
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Any(Placed):
    parts: tuple["Node", ...]


Leaf = Word | Exact | Pattern | Fuzzy | Hashtag | Mention | Phrase
Node = Leaf | Near | Field | Not | All | Any


@dataclass(frozen=True, slots=True)
class Query:
    root: Node | None = None
    """None: everything."""
