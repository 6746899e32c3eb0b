"""What a change added, out of MediaWiki's own table of differences, and the words of wikitext without its signs."""

import re
from html import unescape
from html.parser import HTMLParser

from parvis.core.text.markup import tidied

BETWEEN = " … "
LONGEST = 20_000
"""Characters of one change that are kept."""

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,500}>")
_INLINE = re.compile(
    r"</?(?:abbr|b|bdi|big|cite|code|del|em|font|i|ins|kbd|mark|nowiki|q|s|small|span|strong|sub|sup|u|var)\b[^<>]{0,500}>",
    re.IGNORECASE,
)
_TEMPLATE = re.compile(r"\{\{([^{}]*)\}\}")
_LINK = re.compile(r"\[\[(?:[^\[\]|]*\|)*([^\[\]|]+)\|?\]\]")
_OUTWARD = re.compile(r"\[((?:https?:)?//[^\s\[\]]++)\s++([^\[\]]++)\]")
_QUOTES = re.compile(r"'{2,5}")
_HEADING = re.compile(r"^=[^\n]*=[ \t]*$", re.MULTILINE)
_TABLE_LINE = re.compile(r"^[ \t]*(?:\{\||\|\}|\|-).*$\n?", re.MULTILINE)
_CELL = re.compile(r"^[ \t]*[|!][ \t]*|\|\||!!", re.MULTILINE)
_BULLET = re.compile(r"^[*#:;]+[ \t]*", re.MULTILINE)
_TAGS = {"table", "tbody", "tr", "td", "ins", "del", "a", "div", "span"}
_ATTRIBUTES = {tag: {"class"} for tag in _TAGS}
_SPACES = re.compile(r"[ \t]{2,}")
_EDGES = re.compile(r" *\n *")
_LINES = re.compile(r"\n{3,}")


def added_text(table: str) -> str:
    """Lines that are new as a whole, and of changed lines the words that came in; "" where nothing did."""
    reader = _Table()
    reader.feed(tidied(f"<table>{table}</table>", tags=_TAGS, attributes=_ATTRIBUTES))
    reader.close()
    reader.end_row()
    return plain_wikitext("\n".join(reader.added))[:LONGEST]


class _Table(HTMLParser):
    """Rows of four cells: a mark and the line before, a mark and the line after. Changed words stand in <ins>."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.added: list[str] = []
        self._is_added = self._was_there = self._in_insert = False
        self._line = ""
        self._inserted: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        classes = (dict(attrs).get("class") or "").split()
        if tag == "tr":
            self.end_row()
        elif tag == "td":
            self._is_added = "diff-addedline" in classes
            self._was_there = self._was_there or "diff-deletedline" in classes
        elif tag == "ins" and self._is_added:
            self._in_insert = True
            self._inserted.append("")
        if any(name.startswith("mw-diff-movedpara") for name in classes):
            self._was_there = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "ins":
            self._in_insert = False
        elif tag == "td":
            self._is_added = self._in_insert = False

    def handle_data(self, data: str) -> None:
        if not self._is_added:
            return
        self._line += data
        if self._in_insert:
            self._inserted[-1] += data

    def end_row(self) -> None:
        parts = [part.strip() for part in (self._inserted if self._was_there else [self._line])]
        told = BETWEEN.join(part for part in parts if any(letter.isalnum() for letter in part))
        if told:
            self.added.append(told)
        self._line, self._inserted, self._was_there = "", [], False
        self._is_added = self._in_insert = False


def plain_wikitext(text: str) -> str:
    """The words of wikitext for reading and searching: links by their label, templates by their values."""
    text = _COMMENT.sub("", text)
    for _ in range(6):
        text, count = _TEMPLATE.subn(_values, text)
        if not count:
            break
    text = _LINK.sub(r"\1", text)
    text = _LINK.sub(r"\1", text)  # a picture's caption may hold links of its own
    text = _OUTWARD.sub(r"\2 \1", text)
    text = _HEADING.sub(lambda line: line[0].strip("= \t"), _TABLE_LINE.sub("", text))
    text = _BULLET.sub("", _CELL.sub(" ", text))
    text = unescape(_TAG.sub(" ", _INLINE.sub("", _QUOTES.sub("", text))))
    return _LINES.sub("\n\n", _EDGES.sub("\n", _SPACES.sub(" ", text))).strip()


def _values(template: re.Match[str]) -> str:
    parts = [part.partition("=")[2] or part for part in template[1].split("|")[1:]]
    return " ".join(part.strip() for part in parts if part.strip())
