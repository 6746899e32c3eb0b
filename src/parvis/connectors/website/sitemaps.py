"""Sitemaps of every kind (sitemaps.org): lists of pages, of other sitemaps, of news; XML, feeds, plain text; packed or not.

Hostile ones are bounded: what they unpack to, the pages they name, and they may declare no entities.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from xml.parsers import expat

from parvis.net.inflate import DamagedBody, inflater_for

MOST_BYTES = 50_000_000
"""The standard's own limit, unpacked."""
MOST_EXPANSION = 400
MOST_ENTRIES = 50_000
_EXPANSION_FROM_BYTES = 1_000_000
_LONGEST_URL = 2048
_LONGEST_TEXT = 2000
_ENTRIES = frozenset({"url", "sitemap", "item", "entry"})
_FIELDS = {
    "loc": "url",
    "lastmod": "changed",
    "publication_date": "published",
    "title": "title",
    "language": "language",
    "link": "url",
    "pubDate": "published",
    "updated": "changed",
    "published": "published",
}
_WITHIN = frozenset({"url", "sitemap", "item", "entry", "news"})


@dataclass(slots=True)
class Listed:
    """A page, or another sitemap, as a sitemap names it."""

    url: str = ""
    changed: str = ""
    published: str = ""
    title: str = ""
    language: str = ""

    @property
    def changed_at(self) -> datetime | None:
        return moment_of(self.changed) or moment_of(self.published)


@dataclass(slots=True)
class Sitemap:
    pages: list[Listed] = field(default_factory=list)
    sitemaps: list[Listed] = field(default_factory=list)


class NoSitemap(ValueError):
    """It is something else, or a trap."""


def read_sitemap(body: bytes) -> Sitemap:
    """Raises NoSitemap. What breaks off gives what came before."""
    body = unpacked(body)
    start = body[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise NoSitemap("empty")
    if start.startswith((b"http://", b"https://")):
        return _from_text(body)
    if not start.startswith(b"<") or b"<html" in start.lower():
        raise NoSitemap("neither XML nor a list of addresses")
    return _from_xml(body)


def unpacked(body: bytes) -> bytes:
    """Raises NoSitemap on a bomb."""
    if not body.startswith(b"\x1f\x8b"):
        return body[:MOST_BYTES]
    inflater, pieces, size_bytes = inflater_for("gzip"), [], 0
    try:
        for piece in inflater.feed(body):
            size_bytes += len(piece)
            if size_bytes > MOST_BYTES or size_bytes > max(_EXPANSION_FROM_BYTES, len(body) * MOST_EXPANSION):
                raise NoSitemap("it unpacks without end")
            pieces.append(piece)
    except DamagedBody:
        if not pieces:
            raise NoSitemap("damaged") from None
    return b"".join(pieces)


def _from_text(body: bytes) -> Sitemap:
    lines = body.decode("utf-8-sig", "replace").split("\n", MOST_ENTRIES + 1)[:MOST_ENTRIES]
    urls = (line.strip()[: _LONGEST_URL + 1] for line in lines)
    return Sitemap(pages=[Listed(url=url) for url in urls if _is_address(url)])


def _from_xml(body: bytes) -> Sitemap:
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.EntityDeclHandler = reader.refuse
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        if not reader.has_entries:
            raise NoSitemap(str(error)) from error
    except _Enough:
        pass
    if not reader.is_sitemap:
        raise NoSitemap("other XML")
    return reader.found


class _Enough(Exception):
    pass


class _Reader:
    def __init__(self) -> None:
        self.found = Sitemap()
        self.is_sitemap = False
        self._path: list[str] = []
        self._entry: Listed | None = None
        self._field = ""
        self._told = ""

    @property
    def has_entries(self) -> bool:
        return bool(self.found.pages or self.found.sitemaps)

    def refuse(self, *_: object) -> None:
        raise NoSitemap("it declares entities")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if not self._path:
            self.is_sitemap = name in {"urlset", "sitemapindex", "rss", "feed", "RDF"}
        if len(self._path) > 50:
            raise NoSitemap("nested without end")
        if name in _ENTRIES and self._entry is None:
            self._entry = Listed()
        elif self._entry is not None and self._path[-1] in _WITHIN:
            self._begin_field(tag, name, attributes)
        self._path.append(name)

    def _begin_field(self, tag: str, name: str, attributes: dict[str, str]) -> None:
        """Fields of pictures and films within a page are not its own."""
        prefix = tag.rpartition(":")[0]
        self._field = _FIELDS.get(name, "") if prefix in {"", "news", "n", "sm"} else ""
        self._told = ""
        assert self._entry is not None
        if name == "link" and attributes.get("href") and attributes.get("rel", "alternate") == "alternate":
            self._entry.url = self._entry.url or attributes["href"][:_LONGEST_URL]

    def text(self, data: str) -> None:
        if self._field and len(self._told) < _LONGEST_TEXT:
            self._told += data[:_LONGEST_TEXT]

    def end(self, _tag: str) -> None:
        name = self._path.pop()
        if self._entry is None:
            return
        if self._field:
            if self._told.strip():
                setattr(self._entry, self._field, self._told.strip())
            self._field = ""
        elif name in _ENTRIES and not any(one in _ENTRIES for one in self._path):
            self._keep(self._entry, name)
            self._entry = None

    def _keep(self, entry: Listed, name: str) -> None:
        if _is_address(entry.url):
            (self.found.sitemaps if name == "sitemap" else self.found.pages).append(entry)
        if len(self.found.pages) + len(self.found.sitemaps) >= MOST_ENTRIES:
            raise _Enough


def _is_address(url: str) -> bool:
    return url.startswith(("http://", "https://")) and len(url) <= _LONGEST_URL and not re.search(r"\s", url)


def moment_of(told: str) -> datetime | None:
    """W3C or mail dates, in UTC to the second; without a zone it is taken as UTC."""
    told = told.strip()[:64]
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(told)
            aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return aware.astimezone(UTC).replace(microsecond=0)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None
