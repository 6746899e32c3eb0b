"""The words and files in a message's content."""

import re
from collections.abc import Mapping
from typing import Any

from parvis.core.types import MediaRecord

HTML = "org.matrix.custom.html"
FILES = frozenset({"m.image", "m.file", "m.audio", "m.video"})
_QUOTED_HTML = re.compile(r"\A\s*<mx-reply>.*?</mx-reply>", re.DOTALL | re.IGNORECASE)
_QUOTED_LINES = re.compile(r"\A(?:> [^\n]*\n)+\n?")
_PLACE = re.compile(r"\Amxc://([^/\s]+)/([^/\s?#]+)\Z")


def body_of(content: Mapping[str, Any]) -> tuple[str, bool]:
    """The text, and whether it is HTML; without the quotation that older clients put before an answer."""
    marked = content.get("formatted_body")
    if content.get("format") == HTML and isinstance(marked, str):
        return _QUOTED_HTML.sub("", marked).strip(), True
    told = content.get("body")
    text = told if isinstance(told, str) else ""
    if _is_answer(content):
        text = _QUOTED_LINES.sub("", text)
    return text.strip(), False


def media_of(content: Mapping[str, Any], address: str) -> tuple[MediaRecord, ...]:
    """A file that was sent; files in encrypted rooms have no plain `url`. Opening it takes a signed-in account."""
    url = content.get("url")
    if content.get("msgtype", "m.image") not in FILES or not isinstance(url, str) or not (found := _PLACE.match(url)):
        return ()
    told = content.get("info")
    info = told if isinstance(told, dict) else {}
    size = info.get("size")
    return (
        MediaRecord(
            url=f"{address.rstrip('/')}/_matrix/client/v1/media/download/{found[1]}/{found[2]}",
            kind=str(info.get("mimetype") or ""),
            alt=str(content.get("body") or ""),
            size_bytes=size if isinstance(size, int) and not isinstance(size, bool) else None,
        ),
    )


def _is_answer(content: Mapping[str, Any]) -> bool:
    relation = content.get("m.relates_to")
    return isinstance(relation, dict) and "m.in_reply_to" in relation
