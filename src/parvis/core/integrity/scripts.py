"""What scripts write into a page: markup in their strings, also where it is encoded."""

import base64
import binascii
import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple
from urllib.parse import unquote

from parvis.core.integrity.hosts import host_of
from parvis.core.integrity.links import Link, Zone
from parvis.core.integrity.tree import Tree

_DATA_TYPES = ("json", "template", "x-", "html", "importmap", "speculationrules", "text/plain", "ractive", "xml")
_SINK = re.compile(
    r"document\s*\.\s*write|(?:inner|outer)HTML|insertAdjacentHTML|\.\s*(?:append(?:Child)?|prepend|insertBefore|html|"
    r"before|after|appendTo|replaceWith)\s*\(|createContextualFragment|\[\s*[\"'](?:write|innerHTML)",
)
_HIDES = re.compile(
    r"display[\"'\]]*\s*[:=,]\s*\\?[\"']?\s*none|visibility[\"'\]]*\s*[:=,]\s*\\?[\"']?\s*hidden|"
    r"(?:left|top|right|bottom|indent|margin\w*)[\"'\]]*\s*[:=,]\s*\\?[\"']?\s*-\s*\d{3,}|"
    r"opacity[\"'\]]*\s*[:=,]\s*\\?[\"']?\s*0(?![.\d]*[1-9])|font-?size[\"'\]]*\s*[:=,]\s*\\?[\"']?\s*0|"
    r"(?:height|width)[\"'\]]*\s*[:=,]\s*\\?[\"']?\s*[01](?:px|;|\\?[\"'])|\.\s*hide\s*\(|\.hidden\s*=\s*(?:true|!0)|"
    r"rect\s*\(\s*0",
    re.IGNORECASE,
)
_ANCHOR = re.compile(
    r"<a\b(?P<before>[^<>]{0,400}?)\bhref\s*=\s*(?:\"(?P<double>[^\"<>]{1,2000})\"|'(?P<single>[^'<>]{1,2000})'|"
    r"(?P<bare>https?://[^\s\"'<>]{1,2000}))(?P<rest>[^<>]{0,400})>(?P<text>.{0,400}?)(?:</a|<a\b|$)",
    re.IGNORECASE | re.DOTALL,
)
_MADE_ANCHOR = re.compile(r"createElement\s*\(\s*[\"']a[\"']\s*\)", re.IGNORECASE)
_SET_HREF = re.compile(r"(?:\.\s*href\s*=|setAttribute\s*\(\s*[\"']href[\"']\s*,)\s*[\"'](https?:[^\"']{4,2000})[\"']")
_SET_TEXT = re.compile(r"\.\s*(?:innerHTML|innerText|textContent|text)\s*=\s*[\"']([^\"']{1,400})[\"']")
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}|(\n)|(.))", re.DOTALL)
_JOINED = re.compile(r"([\"'])\s*\+\s*\1")
_CODES = re.compile(r"fromCharCode\s*\(\s*((?:(?:0x)?[0-9a-fA-F]{2,5}\s*,\s*){5,}(?:0x)?[0-9a-fA-F]{2,5})\s*\)")
_BASE64 = re.compile(r"[\"']([A-Za-z0-9+/]{32,}={0,2})[\"']")
_PERCENT = re.compile(r"[\"']((?:[^\"'%]{0,20}%u?[0-9A-Fa-f]{2,4}){8,}[^\"']*)[\"']")
_HEX = re.compile(r"(?:\\x[0-9A-Fa-f]{2}){8,}|(?:\\u00[0-9A-Fa-f]{2}){8,}")
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "b": "", "f": "", "v": "", "0": ""}
_LONGEST_DECODED = 200_000
_MOST_STRINGS = 50


class Script(NamedTuple):
    """`text` with its escapes resolved; `hidden` what it holds in an encoding."""

    start: int
    raw: str
    text: str
    hidden: str
    writes: bool
    hides: bool


def scripts_of(tree: Tree) -> Iterator[Script]:
    """The scripts written in the page itself."""
    for chunk in tree.texts:
        within = chunk.within
        if within is None or within.tag != "script" or len(chunk.text) < 20:
            continue
        kind = within.get("type").lower()
        if any(sort in kind for sort in _DATA_TYPES):
            continue
        yield script_of(chunk.text, chunk.start)


def script_of(raw: str, start: int = 0) -> Script:
    hidden = " ".join(_encoded_in(raw))
    needs_text = "href" in raw or "\\x" in raw or "\\u00" in raw
    text = _unescaped(raw) if needs_text and len(raw) <= 2_000_000 else raw
    if needs_text and ("'+" in text or '"+' in text or "' +" in text or '" +' in text):
        text = _JOINED.sub("", text)
    whole = f"{text} {hidden}" if hidden else text
    return Script(start, raw, text, hidden, _SINK.search(whole) is not None, _HIDES.search(whole) is not None)


def written_links(script: Script) -> Iterator[tuple[Link, bool]]:
    """Links in what a script writes, and whether they were encoded there."""
    for text, is_encoded in ((script.text, False), (script.hidden, True)):
        if "href" not in text:
            continue
        for found in _ANCHOR.finditer(text):
            href = found["double"] or found["single"] or found["bare"] or ""
            yield from (
                (link, is_encoded)
                for link in _link(href.strip(), found["text"], found["before"] + found["rest"], script.start)
            )
        if _MADE_ANCHOR.search(text):
            texts = [found[1] for found in _SET_TEXT.finditer(text)]
            for number, found in enumerate(_SET_HREF.finditer(text)):
                said = texts[number] if number < len(texts) else ""
                yield from ((link, is_encoded) for link in _link(found[1], said, "", script.start))


def _link(href: str, text: str, others: str, start: int) -> Iterator[Link]:
    url = unescape(href)
    host = host_of(url)
    if host:
        said = " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())
        rel = re.search(r"rel\s*=\s*[\"']?([\w ]+)", others)
        title = re.search(r"title\s*=\s*[\"']([^\"']*)", others)
        yield Link(
            href,
            url,
            host,
            said,
            title[1] if title else "",
            rel[1] if rel else "",
            start,
            Zone.WRITTEN,
            has_image="<img" in text,
        )


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPE.sub(_sign, text)


def _sign(match: re.Match[str]) -> str:
    two, four, many, line, other = match.groups()
    code = two or four or many
    if code:
        number = int(code, 16)
        return chr(number) if number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF else "\ufffd"
    return "" if line else _CONTROLS.get(other, other)


def _encoded_in(raw: str) -> Iterator[str]:
    """Decoded strings that hold markup, addresses or further script."""
    for decoded in _decoded(raw):
        plain = decoded[:_LONGEST_DECODED]
        if re.search(r"<\s*(?:a|div|span|script|iframe|style)\b|https?:|//|location|document|href", plain):
            yield _unescaped(plain)


def _decoded(raw: str) -> Iterator[str]:
    if "fromCharCode" in raw:
        for codes in _CODES.findall(raw)[:_MOST_STRINGS]:
            numbers = (
                int(code, 16 if "x" in code.lower() else 10) for code in re.findall(r"0x[0-9a-fA-F]+|\d+", codes)
            )
            yield "".join(chr(number) for number in numbers if 0 < number < 0xD800)
    if "atob" in raw or "decode" in raw.lower():
        for found in _BASE64.findall(raw)[:_MOST_STRINGS]:
            try:
                yield base64.b64decode(found + "=" * (-len(found) % 4)).decode("utf-8", "replace")
            except (binascii.Error, ValueError):
                continue
    if "unescape" in raw or "decodeURI" in raw:
        for found in _PERCENT.findall(raw)[:_MOST_STRINGS]:
            yield unquote(re.sub(r"%u([0-9A-Fa-f]{4})", lambda code: chr(int(code[1], 16)), found), errors="replace")
    if "\\x" in raw or "\\u00" in raw:
        for found in _HEX.findall(raw)[:_MOST_STRINGS]:
            yield _unescaped(found)
