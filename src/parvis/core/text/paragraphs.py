"""What people write here as plain text, as the HTML of an article: for platforms that publish pages."""

import re
from collections.abc import Callable, Mapping
from html import escape

from parvis.core.measuring.links import Links, Span, find_links

_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_WEB = Links(length=None)
_UNSENDABLE = re.compile(r"[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
"""What no JSON and no page carries."""

Named = Callable[[str], Mapping[Span, tuple[str, str]]]
"""Of a paragraph, what is a link besides its addresses: where it leads, and the words that are shown."""


def paragraphs(text: str, *, named: Named | None = None) -> list[str]:
    """The inside of each <p>: everything escaped, lines kept, addresses as links."""
    clean = sendable(text).replace("\r\n", "\n").strip()
    return [_inline(part.strip(), named) for part in _BLANK_LINES.split(clean) if part.strip()]


def sendable(text: str) -> str:
    return _UNSENDABLE.sub("", text)


def link_to(address: str, shown: str = "") -> str:
    address = escape(sendable(address).strip())
    return f'<a href="{address}">{escape(sendable(shown)) or address}</a>'


def _inline(paragraph: str, named: Named | None) -> str:
    """Of two links that overlap the first stands."""
    links = {span: (paragraph[span.start : span.end], "") for span in find_links(paragraph, _WEB)}
    links.update(named(paragraph) if named else {})
    pieces, place = [], 0
    for span, (address, shown) in sorted(links.items()):
        if span.start >= place:
            pieces += [escape(paragraph[place : span.start], quote=False), link_to(address, shown)]
            place = span.end
    pieces.append(escape(paragraph[place:], quote=False))
    return "".join(pieces).replace("\n", "<br>")
