"""The words of a piece of HTML, without its markup: for lists, search and notices.

What comes out is text, not HTML: whoever shows it escapes it as any other text.
"""

import re
from html import unescape

_UNSEEN = re.compile(
    r"<(script|style|template|noscript|textarea|iframe|svg|math|title)\b[^<>]*>.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_UNSEEN_START = re.compile(r"<(?:!--|script|style|template|noscript|textarea|iframe|svg|math|title)", re.IGNORECASE)
_BREAK = re.compile(
    r"</?(?:address|article|aside|blockquote|br|caption|dd|details|div|dl|dt|fieldset|figcaption|figure|footer|form|"
    r"h[1-6]|header|hr|li|main|nav|ol|p|pre|section|summary|table|tbody|tfoot|thead|tr|ul)(?:[\s/][^<>]*)?(?:>|\Z)",
    re.IGNORECASE,
)
_CELL = re.compile(r"</?t[dh](?:[\s/][^<>]*)?>", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z/!?][^<>]*(?:>|\Z)")
_SPACES = re.compile(r"[ \t\f\v\r\xa0]+")
_LINES = re.compile(r" ?\n[ \n]*")
# Control characters, and the signs that turn the direction of all that follows, in our own words too.
_HARMFUL = re.compile(r"[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]")


def plain_text(html: str) -> str:
    """The text of a piece of HTML: a line for each block, references decoded, white space squeezed."""
    if "<" in html:
        html = _without_tags(html)
    elif "\n" in html:
        html = html.replace("\n", " ")
    if "&" in html:
        html = unescape(html)
    return squeezed(html)


def squeezed(text: str) -> str:
    """Plain text with its white space squeezed and nothing in it that could mislead a reader's eye."""
    if not text.isprintable():
        text = _HARMFUL.sub("", text)
        if "\u2028" in text or "\u2029" in text:
            text = text.replace("\u2028", "\n").replace("\u2029", "\n")
    text = _SPACES.sub(" ", text)
    return (_LINES.sub("\n", text) if "\n" in text else text).strip()


def _without_tags(html: str) -> str:
    if _UNSEEN_START.search(html):
        html = _UNSEEN.sub(" ", html)
    html = html.replace("\n", " ")
    html = _BREAK.sub("\n", html)
    if "<" not in html:
        return html
    return _TAG.sub("", _CELL.sub(" ", html))
