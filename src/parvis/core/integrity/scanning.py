"""The source of a page cut into tags, texts and comments, as a browser would, and where each of them stands.

Nothing is repaired or moved: where a link stands in the source is what this package is about.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

RAW = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"})
"""What they hold is text, up to their end tag; where there is none, it is read as if they were not there."""


class Piece(NamedTuple):
    """`name` is the tag's, in small letters; `!` for a comment, `?` for a declaration, empty for text.

    `inside` is a tag's attributes as written, a comment's text or the text itself.
    """

    name: str
    is_end: bool
    inside: str
    start: int
    end: int


_TAG = re.compile(r"<(/?)([A-Za-z][^\s/>]*+)((?:[^>=]++|=\s*+(?:\"[^\"]*+\"|'[^']*+')?)*+)>")
_PLAIN_TAG = re.compile(r"<(/?)([A-Za-z][^\s/>]*+)([^>]*+)>")
_ODD_TAGS_MOST = 20
"""Tags whose quotes never close cost a walk to the end of the page each; afterwards quotes are not looked at."""
_ENDS = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in RAW}
_ATTRIBUTE = re.compile(r"[\s/]*+([^\s/>=][^\s/>=]*+)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s>]++)))?")


def pieces_of(source: str) -> Iterator[Piece]:
    """In the order of the source."""
    at, written_to, odd_count = 0, 0, 0
    last_end = source.rfind(">")
    endless: set[str] = set()
    while (at := source.find("<", at)) != -1 and at < last_end:
        following = source[at + 1 : at + 2]
        if following in {"!", "?"}:
            piece = _declaration(source, at)
        else:
            found = (_TAG if odd_count < _ODD_TAGS_MOST else _PLAIN_TAG).match(source, at)
            if found is None and (following == "/" or following.isalpha()):
                odd_count += 1
                found = _PLAIN_TAG.match(source, at)
            if found is None:
                at += 1
                continue
            slash, name, inside = found.groups()
            piece = Piece(name.lower(), slash == "/", inside, at, found.end())
        if written_to < at:
            yield Piece("", False, source[written_to:at], written_to, at)
        yield piece
        at = written_to = piece.end
        if piece.name in RAW and not piece.is_end and piece.name not in endless:
            end_tag = _ENDS[piece.name].search(source, at)
            if end_tag is None:
                endless.add(piece.name)
                continue
            if at < end_tag.start():
                yield Piece("", False, source[at : end_tag.start()], at, end_tag.start())
            at = written_to = end_tag.start()
    if written_to < len(source):
        yield Piece("", False, source[written_to:], written_to, len(source))


def attributes_of(inside: str) -> dict[str, str]:
    """Values as written, with their references; the first of two of the same name counts."""
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(inside):
        name, *values = match.groups()
        found.setdefault(name.lower(), next((value for value in values if value is not None), ""))
    return found


def _declaration(source: str, at: int) -> Piece:
    if source.startswith("<!--", at):
        end = source.find("-->", at + 4 if not source.startswith("<!-->", at) else at + 2)
        if end == -1:
            return Piece("!", False, source[at + 4 :], at, len(source))
        return Piece("!", False, source[at + 4 : end], at, end + 3)
    end = source.find(">", at)
    end = len(source) if end == -1 else end + 1
    return Piece("?", False, source[at + 2 : end - 1], at, end)
