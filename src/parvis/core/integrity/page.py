"""A page as it came: its source, and how to read its bytes."""

import codecs
import re
from dataclasses import dataclass

LONGEST_PAGE_CHARS = 6_000_000
"""What stands behind is not read: no page for people is that long."""

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]+)", re.IGNORECASE)
_HEAD_BYTES = 4096
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_READ_AS = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "ascii": "cp1252", "us-ascii": "cp1252"}
"""Browsers read these names so."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a site. `styles` are the texts of its style sheets where somebody has read them."""

    source: str
    styles: tuple[str, ...] = ()

    @classmethod
    def of_bytes(cls, body: bytes, *, content_type: str = "", styles: tuple[str, ...] = ()) -> "Page":
        """Never fails: bytes that mean nothing in the page's encoding become replacement characters."""
        return cls(decoded(body, content_type=content_type), styles)


def decoded(body: bytes, *, content_type: str = "") -> str:
    """By byte order mark, then by header, then by what the page says, else UTF-8 where it is, else Western."""
    for bom, encoding in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(encoding, "replace")
    named = _CHARSET.search(content_type.encode("ascii", "ignore")) or _CHARSET.search(body[:_HEAD_BYTES])
    said = _known(named[1].decode("ascii")) if named else None
    if said in {None, "utf-8", "cp1252"}:
        try:
            return body.decode()
        except UnicodeDecodeError as error:
            # One broken sign does not make another encoding of a page that says it is UTF-8.
            is_utf8 = said == "utf-8" or (said is None and error.start > len(body) // 2)
            return body.decode("utf-8" if is_utf8 else "cp1252", "replace")
    return body.decode(said or "utf-8", "replace")


def _known(name: str) -> str | None:
    name = _READ_AS.get(name.lower(), name)
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    if not getattr(found, "_is_text_encoding", True):
        return None  # “rot13” and the like make no text out of bytes
    # A page whose meta element can be read at all is not in UTF-16, whatever it says.
    return (
        "utf-8" if found.name.startswith(("utf-16", "utf-32", "utf-7", "idna", "punycode", "unicode")) else found.name
    )
