"""Whether a post of an instance says what an order was to say, whatever the instance has made of it.

It turns a text into HTML: addresses become links, partly hidden or shown shortened, a mention loses its
server once its account is known, white space is squeezed. What is left and compared are letters, figures
and pictorial signs. An address counts with its letters, so that two posts with two links are two.
"""

import re
import unicodedata
from html import unescape
from typing import Any
from urllib.parse import unquote

from parvis.core.text.plain import plain_text

_ANCHOR = re.compile(r"<a\b([^<>]*)>(.*?)</a\s*>", re.IGNORECASE | re.DOTALL)
_PICTURE = re.compile(r"""<img\b[^<>]*?\balt\s*=\s*(?:"([^"]*)"|'([^']*)')[^<>]*>""", re.IGNORECASE)
_HREF = re.compile(r"""\bhref\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_NAMING = re.compile(r"""\b(?:mention|hashtag)\b|\brel\s*=\s*["']?tag\b""", re.IGNORECASE)
_REMOTE_MENTION = re.compile(r"(?<![\w/])@([\w.-]+)@[\w.-]+\w")


def text_of(html: str) -> str:
    """Links by their whole address, mentions and hashtags as they are shown, an instance's own emoji as they are typed."""
    typed = _PICTURE.sub(lambda picture: picture[1] or picture[2] or "", html)
    return plain_text(_ANCHOR.sub(_shown, typed))


def _shown(anchor: re.Match[str]) -> str:
    href = _HREF.search(anchor[1])
    if href is None or _NAMING.search(anchor[1]):
        return anchor[2]
    return f" {href[1] or href[2] or ''} "


def essence(text: str) -> str:
    """Of a plain text, what no instance changes."""
    bare = _REMOTE_MENTION.sub(r"@\1", unquote(unescape(text)))
    return "".join(sign for sign in unicodedata.normalize("NFC", bare).casefold() if _counts(sign))


def _counts(sign: str) -> bool:
    if sign.isalnum():
        return True
    return not sign.isascii() and unicodedata.category(sign)[0] in "SM" and sign != "\ufe0f"


def says(status: dict[str, Any], *, text: str, warning: str) -> bool:
    told = text_of(str(status.get("content") or ""))
    return essence(told) == essence(text) and essence(str(status.get("spoiler_text") or "")) == essence(warning)
