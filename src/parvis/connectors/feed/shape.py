"""Whether a feed is of the ordinary kind that the quick reader reads as well as the thorough one.

The quick reader (fastfeedparser) takes the first element of a local name whatever its namespace, knows
no xml:base, no types of Atom's titles and guesses at dates. So its word is taken only for well-formed
UTF-8 documents without a DOCTYPE, made of elements about which the two readers agree. One pass of expat
tells; the rest goes to feedparser.
"""

import re
from dataclasses import dataclass
from xml.parsers.expat import ExpatError, ParserCreate

ATOM = "http://www.w3.org/2005/Atom"
THREADING = "http://purl.org/syndication/thread/1.0"

_PREFIX_OF = {
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    ATOM: "atom",
    "http://search.yahoo.com/mrss/": "media",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    THREADING: "thr",
    "http://purl.org/rss/1.0/": "rss",
    "http://purl.org/atom/ns#": "atom03",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://www.w3.org/1999/xhtml": "xhtml",
}
_NAMESPACE_OF = {prefix: uri for uri, prefix in _PREFIX_OF.items()}

# What may stand in an item of RSS without a prefix, and what of it may stand there once only.
_RSS_PLAIN = frozenset(
    {"title", "link", "guid", "pubDate", "description", "author", "category", "comments", "enclosure", "source"}
)
_RSS_ONCE = ("title", "link", "guid", "pubDate", "description", "content:encoded")
_RSS_AUTHORS = ("author", "dc:creator", "itunes:author")
_RSS_READ_PREFIXED = frozenset({"content:encoded", "dc:creator", "itunes:author", "media:content", "media:thumbnail"})
_ATOM_PLAIN = frozenset(
    {"id", "title", "link", "published", "updated", "author", "name", "uri", "email", "summary", "content"}
    | {"category", "rights"}
)
_ATOM_ONCE = ("id", "title", "published", "updated", "author", "name", "uri", "email", "summary", "content")
# Local names that one of the readers takes for its own whatever stands before the colon.
_TAKEN = frozenset(
    {"guid", "id", "title", "description", "summary", "link", "pubdate", "published", "issued", "date", "created"}
    | {"lastbuilddate", "updated", "modified", "author", "creator", "content", "encoded", "enclosure", "body"}
    | {"subtitle", "fullitem", "source", "item", "entry", "name", "email", "uri", "url", "language"}
)
_MAX_TAGS = 2_000_000
_TIME = rb"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d"
_RSS_DATE = re.compile(
    rb"<pubDate>\s*(?:[A-Z][a-z]{2}, )?(?:0?[1-9]|[12]\d|3[01]) [A-Z][a-z]{2} \d{4} "
    + _TIME
    + rb" (?:[+-]\d{4}|GMT|UTC|UT)\s*</pubDate>"
)
# Days that exist in any year: where one does not, the quick reader takes another date of the entry instead.
_DAY = rb"(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
_ATOM_DATE = re.compile(
    rb"<(?:published|updated)>\s*\d{4}-"
    + _DAY
    + rb"T"
    + _TIME
    + rb"(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)\s*</(?:published|updated)>"
)

Attributes = dict[str, str]


class _NotOrdinaryError(Exception):
    """Raised within expat's callbacks to end the pass."""


@dataclass(slots=True)
class Shape:
    """The elements of an ordinary feed."""

    is_atom: bool
    entries: list[tuple[str, ...]]
    """For each entry the names of its elements, in the order of the document."""
    attributes: list[list[tuple[str, Attributes]]]
    """For each entry of an Atom feed the elements that have attributes; empty for RSS."""
    language: str
    """xml:lang of the root."""


@dataclass(slots=True)
class _Elements:
    """Every element of a document in its order, and those that have attributes with their place."""

    names: list[str]
    marked: list[tuple[int, Attributes]]


def _elements(body: bytes) -> _Elements | None:
    """None where the document is not well-formed, has a DOCTYPE or another encoding than UTF-8."""
    names: list[str] = []
    marked: list[tuple[int, Attributes]] = []

    def start(name: str, attributes: Attributes) -> None:
        if attributes:
            marked.append((len(names), attributes))
        names.append(name)

    parser = ParserCreate()
    parser.XmlDeclHandler = _declaration
    parser.StartDoctypeDeclHandler = _doctype
    parser.StartElementHandler = start
    try:
        parser.Parse(body, True)
    except (ExpatError, _NotOrdinaryError, ValueError):
        return None
    return _Elements(names, marked)


def _declaration(_version: str, encoding: str | None, _standalone: int) -> None:
    if encoding is not None and encoding.lower() not in {"utf-8", "utf8", "us-ascii"}:
        raise _NotOrdinaryError


def _doctype(*_: object) -> None:
    raise _NotOrdinaryError


def ordinary_shape(body: bytes) -> Shape | None:
    """None where the document must be read thoroughly."""
    if body.startswith((b"\xfe\xff", b"\xff\xfe", b"\0")) or body.count(b"<") > _MAX_TAGS:
        return None
    seen = _elements(body)
    if seen is None:
        return None
    if seen.names[0] == "rss":
        return _rss_shape(seen, body)
    return _atom_shape(seen, body) if seen.names[0] == "feed" else None


def _rss_shape(seen: _Elements, body: bytes) -> Shape | None:
    root = _root_attributes(seen)
    if root is None or "xmlns" in root or seen.names[1:2] != ["channel"]:
        return None
    starts = _places(seen.names, "item")
    entries = _slices(seen.names, starts)
    if not all(map(_is_ordinary_rss_item, set(entries))):
        return None
    if len(_RSS_DATE.findall(body)) != seen.names.count("pubDate"):
        return None
    return Shape(is_atom=False, entries=entries, attributes=[], language=root.get("xml:lang", ""))


def _atom_shape(seen: _Elements, body: bytes) -> Shape | None:
    root = _root_attributes(seen)
    if root is None or root.get("xmlns") != ATOM:
        return None
    starts = _places(seen.names, "entry")
    entries = _slices(seen.names, starts)
    if not all(map(_is_ordinary_atom_entry, set(entries))):
        return None
    if len(_ATOM_DATE.findall(body)) != seen.names.count("published") + seen.names.count("updated"):
        return None
    attributes = _attributes_by_entry(seen, starts)
    return Shape(is_atom=True, entries=entries, attributes=attributes, language=root.get("xml:lang", ""))


def _root_attributes(seen: _Elements) -> Attributes | None:
    """Those of the root; None where namespaces, bases or languages are declared in an unusual way."""
    has_root = bool(seen.marked) and seen.marked[0][0] == 0
    root = seen.marked[0][1] if has_root else {}
    below = seen.marked[1:] if has_root else seen.marked
    names = set[str]().union(*[attributes for _, attributes in below])
    if "xml:base" in root or any(name.startswith("xml") for name in names):
        return None
    for name, uri in root.items():
        if name.startswith("xmlns:"):
            prefix = name[6:]
            if _PREFIX_OF.get(uri, prefix) != prefix or _NAMESPACE_OF.get(prefix, uri) != uri:
                return None
    return root


def _places(names: list[str], wanted: str) -> list[int]:
    found: list[int] = []
    place = -1
    for _ in range(names.count(wanted)):
        place = names.index(wanted, place + 1)
        found.append(place)
    return found


def _slices(names: list[str], starts: list[int]) -> list[tuple[str, ...]]:
    ends = [*starts[1:], len(names)] if starts else []
    return [tuple(names[start + 1 : end]) for start, end in zip(starts, ends, strict=True)]


def _attributes_by_entry(seen: _Elements, starts: list[int]) -> list[list[tuple[str, Attributes]]]:
    found: list[list[tuple[str, Attributes]]] = [[] for _ in starts]
    entry = -1
    for place, attributes in seen.marked:
        while entry + 1 < len(starts) and place >= starts[entry + 1]:
            entry += 1
        if entry >= 0:
            found[entry].append((seen.names[place], attributes))
    return found


def _is_ordinary_rss_item(names: tuple[str, ...]) -> bool:
    if "link" not in names or any(names.count(name) > 1 for name in _RSS_ONCE):
        return False
    if sum(names.count(name) for name in _RSS_AUTHORS) > 1:
        return False
    return all(_is_harmless(name, names[:place], _RSS_PLAIN, _RSS_READ_PREFIXED) for place, name in enumerate(names))


def _is_ordinary_atom_entry(names: tuple[str, ...]) -> bool:
    if "id" not in names or "link" not in names or any(names.count(name) > 1 for name in _ATOM_ONCE):
        return False
    if names.count("name") != names.count("author"):
        return False
    return all(_is_harmless(name, (), _ATOM_PLAIN, frozenset({"media:content"})) for name in names)


def _is_harmless(name: str, before: tuple[str, ...], plain: frozenset[str], read: frozenset[str]) -> bool:
    """True where the readers agree on this element or neither looks at it."""
    prefix, colon, local = name.rpartition(":")
    if not colon:
        return name in plain
    if name in read or local.lower() not in _TAKEN:
        return True
    return prefix == "media" and local in before
