"""What a damaged or hostile feed may cost: feedparser grows quadratically slow on odd markup, so that is cut first.

feedparser and expat load nothing from outside. What their entities unfold to is bounded here.
"""

import re

MAX_BYTES = 6_000_000
"""feedparser reads some 2 MB a second: what comes after this is left, and told as a problem."""
MAX_ENTRIES = 10_000
MAX_DEPTH = 1_000
"""Elements within one another, in one entry."""

_WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "cp037")
_ENTITY = re.compile(rb"<!ENTITY\b[^>]{0,4096}>?")
_SHORT_ENTITY = re.compile(rb"<!ENTITY\s+\w+\s+(?:\"[^\"<%&]{0,64}\"|\"&#\w{1,8};\"|'[^'<%&]{0,64}')\s*>\Z")
_LONG_TAG = re.compile(rb"<[A-Za-z/][^<>]{8192,}>?")
_STRAY = re.compile(rb"<(?:(?![A-Za-z/!?])|(?=[A-Za-z/!?][^<>]*(?:<|\Z))(?!!\[CDATA\[|!--|!DOCTYPE))")
_MAX_STRAY = 500
"""Brackets that open no tag: more of them, and they are read as the signs that they are."""
_KEYWORD_TAG = re.compile(rb"</?(?:[\w.-]+:)?(?:category|subject|keywords|tags)\b[^<>]*>", re.IGNORECASE)
_MAX_KEYWORDS = 2_000
"""feedparser compares each with all before; they are not kept anyway."""
_WORD_SIGNS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.+-"
_NOT_IN_WORDS = bytes(sign if sign in _WORD_SIGNS else 32 for sign in range(256))
_LONG_WORD = re.compile(rb"(?<![\w.+-])([\w.+-]{500})[\w.+-]+", re.ASCII)
_MAX_WORD_WORK = 400_000_000
"""Sum of the squares of the longest words: what feedparser's search for an e-mail may cost."""
_TAG = re.compile(rb"<(/?)([A-Za-z][^\s/<>]*)[^<>]*?(/?)>")
_ENTRY_NAMES = frozenset({b"item", b"entry", b"rss:item", b"atom:entry"})
_VOID = frozenset(
    {b"p", b"li", b"br", b"img", b"hr", b"wbr", b"input", b"source", b"meta", b"param", b"area", b"col", b"embed"}
    | {b"dt", b"dd", b"td", b"th", b"tr", b"track", b"base", b"option"}
)


def is_wide_bomb(body: bytes) -> bool:
    """True for entities declared in an encoding that the bounds below cannot read."""
    return _is_wide(body) and any("<!ENTITY".encode(encoding) in body for encoding in _WIDE)


def bounded(body: bytes) -> tuple[bytes, str]:
    """What feedparser may be given, and why it is less than there was ("" where nothing was left out)."""
    if _is_wide(body):
        return body[:MAX_BYTES], "it is too long" if len(body) > MAX_BYTES else ""
    body = body.replace(b"\0", b"")
    if b"<!ENTITY" in body:
        body = _ENTITY.sub(lambda found: found[0] if _SHORT_ENTITY.match(found[0]) else b"", body)
    reason = ""
    if len(body) > MAX_BYTES:
        body, reason = _first_entries(body), f"only its first {MAX_BYTES // 1_000_000} MB were read"
    body = _without_excess(body)
    end = _end_of_the_readable(body)
    return (body, reason) if end is None else (body[:end], "the rest is nested too deeply or has too many entries")


def _without_excess(body: bytes) -> bytes:
    """Without what is there in numbers that no feed has, each of which makes feedparser quadratically slow."""
    body = _LONG_TAG.sub(b"", body)
    if len(_STRAY.findall(body)) > _MAX_STRAY:
        body = _STRAY.sub(b"&lt;", body)
    if len(_KEYWORD_TAG.findall(body)) > _MAX_KEYWORDS:
        body = _KEYWORD_TAG.sub(b"", body)
    long_words = (len(word) for word in body.translate(_NOT_IN_WORDS).split() if len(word) > 500)
    if sum(length * length for length in long_words) > _MAX_WORD_WORK:
        body = _LONG_WORD.sub(rb"\1", body)
    return body


def _is_wide(body: bytes) -> bool:
    """True for UTF-16, UTF-32 and EBCDIC."""
    return b"\0" in body[:64] or body.startswith(b"\x4c\x6f\xa7\x94")


def _first_entries(body: bytes) -> bytes:
    end = max(body.rfind(b"</item>", 0, MAX_BYTES), body.rfind(b"</entry>", 0, MAX_BYTES))
    return body[: body.find(b">", end) + 1] if end > 0 else body[:MAX_BYTES]


def _end_of_the_readable(body: bytes) -> int | None:
    """Where the first entry starts that nests too deeply, or is one too many; None where there is no such entry."""
    if body.count(b"<") < MAX_DEPTH:
        return None
    depth = entry_start = entries = 0
    for found in _TAG.finditer(body):
        closes, name, is_empty = found.groups()
        if name in _ENTRY_NAMES and not closes:
            depth, entry_start, entries = 0, found.start(), entries + 1
        elif name.lower() not in _VOID and not is_empty:
            depth = max(depth - 1, 0) if closes else depth + 1
        if depth > MAX_DEPTH or entries > MAX_ENTRIES:
            return entry_start
    return None
