"""HTML from outside, made safe to show: once, on the way out, never in the database.

Two profiles, each with one reused cleaner: what a comment may hold, and what an article may hold.
"""

import html as html_of_python
import re
from enum import StrEnum

from parvis.core.text.cleaners import ARTICLE_CLEANER, COMMENT_CLEANER, SOURCE, Cleaner, base
from parvis.core.text.plain import plain_text


class Profile(StrEnum):
    """How much markup may stay."""

    COMMENT = "comment"
    ARTICLE = "article"


MAX_CHARS = 400_000
"""A longer text is cut there: nobody reads on, and cleaning it would hold up everybody else."""
MAX_DEPTH = 500
"""Deeper nesting is shown as plain text, as each level makes cleaning slower; browsers stop at 512."""

MAX_REFERENCES = 20_000
"""A text with more of them is shown as plain text too, for the same reason."""

# Text without a tag, without a reference and without a sign that a browser's parser rewrites.
_PLAIN = re.compile(r"[^<>&\0\r\xa0]*\Z").match
# Markup of these tags alone comes out of the cleaner as it went in. All else is cleaned until it stays the
# same: what browsers move about (tables), the line feed they swallow after <pre>, and whatever the cleaner
# takes away (without its <button>, a <p> stands inside another <p>).
_STEADY_TAGS = "p|a|b|br|i|em|strong|li|ul|ol|span|blockquote|abbr|cite|code"
_UNSTEADY_COMMENT = re.compile(rf"<(?!/?(?:{_STEADY_TAGS})[\s/>])", re.IGNORECASE).search
_UNSTEADY_ARTICLE = re.compile(
    rf"<(?!/?(?:{_STEADY_TAGS}|img|h[2-6]|div|figure|figcaption)[\s/>])", re.IGNORECASE
).search
_MAX_ROUNDS = 8
_SHORT_CHARS = 3 * MAX_DEPTH
"""Too short to nest too deeply or to hold too many references."""
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
_OFTEN_LEFT_OPEN = frozenset(
    {"p", "li", "dt", "dd", "br", "img", "hr", "wbr", "col", "input", "tr", "td", "th", "source", "meta", "link"}
)


def clean_html(html: str, *, profile: Profile, base_url: str = "") -> str:
    """The safe part of a piece of HTML; cleaning it again changes nothing.

    Links keep http, https, mailto and tel, and say nofollow. Relative ones are resolved against
    `base_url`, or dropped where there is none.
    """
    if _PLAIN(html) and len(html) <= MAX_CHARS:
        return html
    base.url = base_url
    is_comment = profile is Profile.COMMENT
    cleaner = COMMENT_CLEANER if is_comment else ARTICLE_CLEANER
    if len(html) >= _SHORT_CHARS:
        return _cleaned_long(html, cleaner)
    safe = cleaner.clean_links(html)
    if (_UNSTEADY_COMMENT if is_comment else _UNSTEADY_ARTICLE)(html) is None and SOURCE not in safe:
        return safe
    return _settled(cleaner.clean_sources(safe), cleaner)


def _cleaned_long(html: str, cleaner: Cleaner) -> str:
    if len(html) > MAX_CHARS:
        html = _cut(html)
    if _is_too_much(html):
        return _in_plain(html)
    safe = cleaner.clean(html)
    unsteady = _UNSTEADY_COMMENT if cleaner is COMMENT_CLEANER else _UNSTEADY_ARTICLE
    if unsteady(html) is None and len(safe) <= MAX_CHARS and not _is_too_much(safe):
        return safe
    return _settled(safe, cleaner)


def plain_as_html(text: str) -> str:
    """Plain text as HTML that says the same: signs escaped, paragraphs and lines kept."""
    lines = html_of_python.escape(text.replace("\0", "\ufffd"), quote=False).splitlines()
    return "<br>".join(lines)


def _settled(safe: str, cleaner: Cleaner) -> str:
    """Cleaned until nothing changes any more, since a browser's parser rewrites odd markup each time it reads it."""
    for _ in range(_MAX_ROUNDS):
        if _is_too_much(safe):
            break
        again = cleaner.clean(_cut(safe) if len(safe) > MAX_CHARS else safe)
        if again == safe:
            return safe
        safe = again
    return _in_plain(safe)


def _is_too_much(html: str) -> bool:
    """True where cleaning would take time out of all proportion: very deep, or made of references."""
    if html.count("&") > MAX_REFERENCES:
        return True
    return html.count("<") > MAX_DEPTH and _depth(html) > MAX_DEPTH


def _in_plain(html: str) -> str:
    """The words alone; escaping makes a text up to five times as long."""
    return plain_as_html(plain_text(html)[: MAX_CHARS // 5])


def _cut(html: str) -> str:
    """About the first MAX_CHARS characters, without a tag half written."""
    room = MAX_CHARS - MAX_CHARS // 10
    end = html.rfind("<", room - 1000, room)
    return html[: end if end > 0 else room]


def _depth(html: str) -> int:
    """About how deeply the elements nest."""
    depth = deepest = 0
    for closes, name in _TAG.findall(html):
        if name.lower() in _OFTEN_LEFT_OPEN:
            continue
        depth += -1 if closes else 1
        deepest = max(deepest, depth)
        depth = max(depth, 0)
    return deepest
