"""Matches as people read them: the text with what was found in it marked."""

from dataclasses import dataclass
from datetime import datetime
from html import escape

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from parvis.core.query.highlight import marks
from parvis.core.query.tree import Query
from parvis.listening.queries import MatchRow
from parvis.web.screens.inbox.lines import cut
from parvis.web.templatetags.parvis import time_element

SHOWN = 420
TITLE_LIMIT = 140
_BEFORE = 80


@dataclass(frozen=True, slots=True)
class MatchLine:
    id: int
    title: SafeString
    text: SafeString
    language: str
    author: str
    place: str
    url: str
    time: SafeString


def match_line(row: MatchRow, query: Query, *, now: datetime) -> MatchLine:
    return MatchLine(
        id=row.item_id,
        title=marked(row.title, query),
        text=marked(row.text, query, limit=SHOWN) or SafeString(escape(_("(without text)"))),
        language=row.language,
        author=row.author or _("Somebody unnamed"),
        place=row.channel,
        url=row.url if row.url.startswith(("http://", "https://")) else "",
        time=time_element(row.at, now),
    )


def marked(text: str, query: Query, *, limit: int | None = None) -> SafeString:
    """Escaped, with <mark> around what was found, from shortly before the first of it."""
    found = marks(query, text)
    begin = 0
    if limit is not None and len(text) > limit and found and found[0][1] > limit:
        begin = text.rfind(" ", 0, max(found[0][0] - _BEFORE, 1)) + 1
    end = len(text) if limit is None or len(text) - begin <= limit else _word_end(text, begin, begin + limit)
    pieces, at = [_dots(begin)], begin
    for start, stop in found:
        if start >= at and stop <= end:
            pieces += [escape(text[at:start]), "<mark>", escape(text[start:stop]), "</mark>"]
            at = stop
    pieces += [escape(text[at:end]), " …" if end < len(text) else ""]
    return SafeString("".join(pieces))


def _dots(begin: int) -> str:
    return "… " if begin else ""


def _word_end(text: str, begin: int, end: int) -> int:
    space = text.rfind(" ", begin, end)
    return space if space > begin + (end - begin) // 2 else end


def cut_title(title: str, text: str) -> str:
    """What a story is called: its founder's title, else how its text begins."""
    return title or cut(" ".join(text.split()), limit=TITLE_LIMIT) or _("(without text)")
