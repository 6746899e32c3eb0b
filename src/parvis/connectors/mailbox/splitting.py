"""One mail as the entries that it brings, where a recogniser knows its structure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

from parvis.connectors.mailbox.mail import Mail
from parvis.connectors.mailbox.recognisers import WRAPPERS, Dispatches, LinkList, Redirect, recogniser_for
from parvis.core.text.markup import tidied

MOST_ENTRIES = 200
_LONGEST_HEADLINE = 300
_LEAST_BODY = 40
_LONGEST_SNIPPET = 4000
_MOST_WRAPPERS = 4
_TAGS = {"a", "table", "tbody", "tr", "td", "li", "ul", "ol", "hr", "div", "span", "p", "br"}
_ATTRIBUTES = {"a": {"href", "itemprop"}, **{tag: {"itemprop"} for tag in _TAGS - {"a"}}}
_URL = re.compile(r"https?://[^\s<>\"')\]]{4,2000}")


@dataclass(slots=True)
class Entry:
    title: str = ""
    url: str = ""
    text: str = ""
    source: str = ""
    """Who published it, where the mail tells."""


def split(mail: Mail) -> tuple[str, list[Entry]]:
    """The recogniser's name and the entries; none where the mail is one thing."""
    found = recogniser_for(mail.sender_address)
    match found:
        case LinkList():
            entries = linked_entries(mail.html, found.via) if mail.html else []
            return (found.name, entries) if entries else ("", [])
        case Dispatches():
            entries = dispatches(mail.plain, found)
            return (found.name, entries) if len(entries) >= found.least else ("", [])
    return "", []


def linked_entries(html: str, via: Iterable[Redirect]) -> list[Entry]:
    """One entry a page, in order: its title is the longest of the words that lead to it."""
    reader = _Links(tuple(via))
    reader.feed(tidied(html, tags=_TAGS, attributes=_ATTRIBUTES))
    reader.close()
    merged: dict[str, Entry] = {}
    for entry in reader.entries:
        first = merged.setdefault(entry.url, entry)
        if first is not entry:
            first.title = max(first.title, entry.title, key=len)
            first.text, first.source = first.text or entry.text, first.source or entry.source
    return [entry for entry in merged.values() if entry.title][:MOST_ENTRIES]


def unwrapped(url: str, via: Iterable[Redirect]) -> str | None:
    """Where a link really leads; None where it does not pass through any of `via`."""
    for _ in range(_MOST_WRAPPERS):
        inner = _through(url, via)
        if inner is not None:
            return inner
        url = _through(url, WRAPPERS) or ""
    return None


def _through(url: str, redirects: Iterable[Redirect]) -> str | None:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        told = parse_qs(parts.query, max_num_fields=40)
    except ValueError:
        return None
    for one in redirects:
        if (host == one.host or host.endswith(f".{one.host}")) and parts.path.rstrip("/") == one.path.rstrip("/"):
            inner = told.get(one.parameter, [""])[0].strip()
            if inner.lower().startswith(("http://", "https://")):
                return inner
    return None


class _Links(HTMLParser):
    """Words within a link that counts are its title; those after it, up to the next link, its text."""

    def __init__(self, via: tuple[Redirect, ...]) -> None:
        super().__init__(convert_charrefs=True)
        self.entries: list[Entry] = []
        self._via = via
        self._goes_to = ""
        """title, text, source or nowhere."""
        self._ignored = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag in {"script", "style", "title"}:
            self._ignored += 1
        elif tag == "a" and told.get("href"):
            self._begin_link(told["href"])
        elif self.entries and self._goes_to != "title":
            if tag in {"tr", "li", "hr"}:
                self._goes_to = ""
            self._follow_microdata(told.get("itemprop", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style", "title"}:
            self._ignored = max(self._ignored - 1, 0)
        elif tag == "a" and self._goes_to == "title":
            self._goes_to = "text"

    def handle_data(self, data: str) -> None:
        if self._ignored or not self._goes_to or not self.entries:
            return
        entry = self.entries[-1]
        told = " ".join((getattr(entry, self._goes_to) + data).split(" "))
        setattr(entry, self._goes_to, told[:_LONGEST_SNIPPET])

    def close(self) -> None:
        super().close()
        for entry in self.entries:
            entry.title, entry.text, entry.source = (
                " ".join(told.split()) for told in (entry.title, entry.text, entry.source)
            )

    def _begin_link(self, href: str) -> None:
        url = unwrapped(href, self._via)
        self._goes_to = ""
        if url and len(self.entries) < MOST_ENTRIES * 3:
            self.entries.append(Entry(url=url))
            self._goes_to = "title"

    def _follow_microdata(self, itemprop: str) -> None:
        if itemprop == "publisher":
            self._goes_to = "source"
        elif itemprop == "description":
            self._goes_to = "text"


@dataclass(slots=True)
class _Block:
    lines: list[str] = field(default_factory=list)


def dispatches(text: str, how: Dispatches) -> list[Entry]:
    """What stands between the rules, where it has a headline and something to say."""
    blocks = [_Block()]
    for line in text.splitlines():
        if how.between.fullmatch(line) and line.strip():
            blocks.append(_Block())
        else:
            blocks[-1].lines.append(line)
    found = (_dispatch(block.lines) for block in blocks[: MOST_ENTRIES * 2])
    return [entry for entry in found if entry is not None][:MOST_ENTRIES]


def _dispatch(lines: list[str]) -> Entry | None:
    """None for a letterhead, a table of contents or a foot."""
    told = "\n".join(lines).strip("\n")
    headline, _, rest = told.partition("\n")
    body = rest.strip()
    if not headline.strip() or len(headline) > _LONGEST_HEADLINE or len(body) < _LEAST_BODY:
        return None
    link = _URL.search(body)
    return Entry(title=" ".join(headline.split()), text=body, url=link[0].rstrip(".,;") if link else "")
