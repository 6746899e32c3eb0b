"""What a page says about itself for programs: JSON-LD, meta tags, its canonical address, its language."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

from parvis.connectors.website.links import is_within, tidy
from parvis.connectors.website.sitemaps import moment_of

_LONGEST_JSON = 300_000
_MOST_OBJECTS = 500
_ARTICLE = re.compile(r"(?:Article|Posting|Report|Review|Recipe|WebPage)\Z")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,3}\Z")
_PUBLISHED = (
    "article:published_time",
    "datepublished",
    "date",
    "dc.date",
    "dcterms.created",
    "publish-date",
    "pubdate",
)
_DATED_PATH = re.compile(r"/((?:19|20)\d\d)[/-](\d\d)[/-](\d\d)(?=[/-])")
_CHANGED = ("article:modified_time", "datemodified", "og:updated_time", "last-modified", "dcterms.modified")


@dataclass(slots=True)
class Told:
    title: str = ""
    author: str = ""
    published_at: datetime | None = None
    changed_at: datetime | None = None
    language: str = ""
    url: str = ""
    """Canonical, on the same site."""
    image: str = ""


def metadata_of(html: str, url: str) -> Told:
    head = _Head()
    head.feed(html)
    thing = next(_articles(head.json), {})
    meta = head.meta
    published = next((meta[name] for name in _PUBLISHED if name in meta), "")
    changed = next((meta[name] for name in _CHANGED if name in meta), "")
    canonical = tidy(head.canonical, url) if head.canonical else ""
    return Told(
        title=_line(_text(thing.get("headline")) or meta.get("og:title", "") or head.title),
        author=_line(_names(thing.get("author")) or meta.get("author", "") or meta.get("dc.creator", ""))[:200],
        published_at=moment_of(_text(thing.get("datePublished")))
        or moment_of(published)
        or moment_of(head.time)
        or _in_address(url),
        changed_at=moment_of(_text(thing.get("dateModified"))) or moment_of(changed),
        language=_language(_text(thing.get("inLanguage")), head.language, meta.get("og:locale", "")),
        url=canonical if canonical and is_within(canonical, url) else "",
        image=meta.get("og:image", "") if meta.get("og:image", "").startswith(("http://", "https://")) else "",
    )


class _Head(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.meta: dict[str, str] = {}
        self.json: list[str] = []
        self.title = self.canonical = self.language = self.time = ""
        self._within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self._within = ""
        if tag == "meta":
            name = (told.get("property") or told.get("name") or told.get("itemprop") or "").lower()
            if name and told.get("content") and len(self.meta) < 200:
                self.meta.setdefault(name, told["content"][:2000])
        elif tag == "link" and "canonical" in told.get("rel", "").lower().split():
            self.canonical = self.canonical or told.get("href", "")
        elif tag == "html":
            self.language = told.get("lang", "") or told.get("xml:lang", "")
        elif tag == "time" and not self.time:
            self.time = told.get("datetime", "")
        elif tag == "title" and not self.title:
            self._within = "title"
        elif tag == "script" and told.get("type", "").lower() == "application/ld+json":
            self._within = "json"
            self.json.append("")

    def handle_endtag(self, _tag: str) -> None:
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within == "title":
            self.title += data[:500]
        elif self._within == "json" and len(self.json) <= 20:
            self.json[-1] += data[:_LONGEST_JSON]


def _articles(blocks: list[str]) -> Iterator[dict[str, Any]]:
    """What describes an article, the surest kinds first."""
    found = [thing for block in blocks[:20] for thing in _things(block)]
    kinds = [(thing, _kinds(thing)) for thing in found]
    yield from (thing for thing, names in kinds if any(_ARTICLE.search(name) and name != "WebPage" for name in names))
    yield from (thing for thing, names in kinds if "WebPage" in names and "datePublished" in thing)


def _things(block: str) -> Iterator[dict[str, Any]]:
    try:
        waiting: list[Any] = [json.loads(block.strip().rstrip(";"), strict=False)]
    except (ValueError, RecursionError):
        return
    count = 0
    while waiting and count < _MOST_OBJECTS:
        thing = waiting.pop(0)
        count += 1
        if isinstance(thing, dict):
            yield thing
            waiting += [thing[name] for name in ("@graph", "mainEntity", "mainEntityOfPage") if name in thing]
        elif isinstance(thing, list):
            waiting += thing[:_MOST_OBJECTS]


def _kinds(thing: dict[str, Any]) -> list[str]:
    told = thing.get("@type")
    return [one for one in (told if isinstance(told, list) else [told]) if isinstance(one, str)]


def _in_address(url: str) -> datetime | None:
    """The day that many sites write into a page's address."""
    found = _DATED_PATH.search(url)
    return moment_of("-".join(found.groups())) if found else None


def _names(author: Any) -> str:
    people = author if isinstance(author, list) else [author]
    names = [one.get("name") if isinstance(one, dict) else one for one in people[:10]]
    return ", ".join(_text(name) for name in names if _text(name))


def _text(told: Any) -> str:
    return told[:2000] if isinstance(told, str) else ""


def _line(told: str) -> str:
    return " ".join(told.split())[:500]


def _language(*told: str) -> str:
    tags = (one.strip().replace("_", "-") for one in told)
    return next((tag for tag in tags if _LANGUAGE.match(tag)), "")
