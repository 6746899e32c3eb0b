"""The elements of a page with their parents, without moving anything, and the marks of where a page begins and ends."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html import unescape

from parvis.core.integrity.scanning import RAW, attributes_of, pieces_of

_VOID = frozenset(
    {"area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "keygen", "link",
     "meta", "param", "source", "track", "wbr"}
)  # fmt: skip
_CLOSES = {
    "li": {"li"}, "dt": {"dt", "dd"}, "dd": {"dt", "dd"}, "option": {"option"}, "tr": {"tr", "td", "th"},
    "td": {"td", "th"}, "th": {"td", "th"}, "a": {"a"},
}  # fmt: skip
"""What an element ends where it stands directly inside it."""
_ENDS_P = frozenset(
    {"address", "article", "aside", "blockquote", "div", "dl", "fieldset", "figure", "footer", "form", "h1", "h2",
     "h3", "h4", "h5", "h6", "header", "hr", "main", "nav", "ol", "p", "pre", "section", "table", "ul"}
)  # fmt: skip
_CELLS = frozenset({"td", "th", "table", "caption"})
_TABLE_PARTS = frozenset({"table", "tr", "td", "th", "tbody", "thead", "tfoot", "caption", "html", "body"})


@dataclass(slots=True, eq=False)
class Element:
    """`end` is where its end tag stands, or where the source ends."""

    tag: str
    parent: "Element | None"
    start: int
    inside: str
    open_end: int
    end: int = -1
    words: dict[str, str] | None = None

    @property
    def attributes(self) -> dict[str, str]:
        """Values as written."""
        if self.words is None:
            self.words = attributes_of(self.inside)
        return self.words

    def get(self, name: str) -> str:
        """A value with its references resolved; empty where there is none."""
        value = self.attributes.get(name, "")
        return unescape(value) if "&" in value else value

    def line_up(self) -> Iterator["Element"]:
        """Itself and what it stands in."""
        element: Element | None = self
        while element is not None:
            yield element
            element = element.parent


@dataclass(slots=True)
class Chunk:
    """A text or a comment, and what it stands in."""

    text: str
    start: int
    within: Element | None


@dataclass
class Tree:
    source: str
    elements: list[Element] = field(default_factory=list)
    texts: list[Chunk] = field(default_factory=list)
    comments: list[Chunk] = field(default_factory=list)
    begins_at: int | None = None
    """Where the doctype stands, or the first <html>, <head> or <body>; None for a piece of a page."""
    body_at: int | None = None
    head_end_at: int | None = None
    body_end_at: int | None = None
    html_end_at: int | None = None
    """The last ones; None where the source has no such end tag."""

    def named(self, *tags: str) -> list[Element]:
        """All elements of these tags in the order of the source."""
        return [element for tag in tags for element in self._by_tag.get(tag, ())]

    @cached_property
    def _by_tag(self) -> dict[str, list[Element]]:
        found: dict[str, list[Element]] = {}
        for element in self.elements:
            found.setdefault(element.tag, []).append(element)
        return found

    @cached_property
    def text_starts(self) -> list[int]:
        return [chunk.start for chunk in self.texts]


def tree_of(source: str) -> Tree:
    """In time that grows with the length of the source, whatever it holds."""
    return _Growing(source).grown()


class _Growing:
    def __init__(self, source: str) -> None:
        self.tree = Tree(source)
        self.stack: list[Element] = []
        self.open_at: dict[str, list[int]] = {}
        """Where in the stack the open elements of each tag stand, so that no end tag has to look for its own."""
        self.cells: list[int] = []

    def grown(self) -> Tree:
        for piece in pieces_of(self.tree.source):
            if piece.name == "":
                within = self.stack[-1] if self.stack else None
                self.tree.texts.append(Chunk(piece.inside, piece.start, within))
            elif piece.name == "!":
                self.tree.comments.append(Chunk(piece.inside, piece.start, self.stack[-1] if self.stack else None))
            elif piece.name == "?":
                if piece.inside[:7].lower() == "doctype" and self.tree.begins_at is None:
                    self.tree.begins_at = piece.start
            elif piece.is_end:
                self._end(piece.name, piece.start)
            else:
                self._begin(piece.name, piece.inside, piece.start, piece.end)
        for element in self.stack:
            element.end = len(self.tree.source)
        return self.tree

    def _begin(self, name: str, inside: str, start: int, end: int) -> None:
        tree = self.tree
        if name in {"html", "head", "body"}:
            tree.begins_at = start if tree.begins_at is None else tree.begins_at
            if name == "body":
                tree.body_at = start if tree.body_at is None else tree.body_at
                tree.body_end_at = None
            if name == "html":
                tree.html_end_at = None
        if self.stack:
            self._close_before(name, start)
        element = Element(name, self.stack[-1] if self.stack else None, start, inside, end)
        tree.elements.append(element)
        if name in _VOID or (inside.endswith("/") and name not in RAW and self._is_foreign()):
            element.end = end
            return
        place = len(self.stack)
        self.stack.append(element)
        self.open_at.setdefault(name, []).append(place)
        if name in _CELLS:
            self.cells.append(place)

    def _is_foreign(self) -> bool:
        """Inside a drawing a slash ends an element, elsewhere not."""
        return bool(self.open_at.get("svg") or self.open_at.get("math"))

    def _close_before(self, name: str, start: int) -> None:
        last = self.stack[-1].tag
        if name in _ENDS_P and last == "p":
            self._pop(start)
            return
        closed = _CLOSES.get(name)
        while closed and self.stack and self.stack[-1].tag in closed:
            self._pop(start)

    def _end(self, name: str, start: int) -> None:
        tree = self.tree
        if name == "html":
            tree.html_end_at = start
        elif name == "body":
            tree.body_end_at = start
        elif name == "head":
            tree.head_end_at = start
        places = self.open_at.get(name)
        if name in {"html", "body"} or not places:
            return
        if name not in _TABLE_PARTS and self.cells and self.cells[-1] > places[-1]:
            return  # an end tag inside a table's cell ends nothing outside of it
        while self._pop(start).tag != name:
            pass

    def _pop(self, end: int) -> Element:
        element = self.stack.pop()
        element.end = end
        self.open_at[element.tag].pop()
        if self.cells and self.cells[-1] == len(self.stack):
            self.cells.pop()
        return element
