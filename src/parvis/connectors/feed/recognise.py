"""Feeds in an address that somebody pasted: the address is one itself, or its page names some."""

import codecs
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from parvis.connectors.feed.entries import kind_of
from parvis.connectors.feed.fetch import name_of
from parvis.connectors.feed.hints import is_feed
from parvis.connectors.feed.parse import read_feed
from parvis.core.errors import AnswerNotUnderstood
from parvis.core.types import Answer, Kind, Payload, Recognition
from parvis.core.wording import Text

SLUG = "feed"
_TYPES = frozenset(
    {"application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml"}
    | {"text/rss+xml", "text/atom+xml"}
)
_JSON = "application/json"
_ENDINGS = (
    *("/feed", "/rss", "/atom", "/feed.xml", "/rss.xml", "/atom.xml", "/index.xml", "/index.rdf", "/feed.json"),
    *(".rss", ".atom", ".rdf"),
)
_MAX_BYTES = 1_000_000
_MAX_FOUND = 20
_ARTICLES = Text("Parvis reads what is published there.", "Parvis lit ce qui y est publié.")
_COMMENTS = Text("Parvis reads the comments written there.", "Parvis lit les commentaires qui y sont écrits.")


def recognise(answer: Answer) -> list[Recognition]:
    """A platform of its own is surer than a feed, and a feed that was opened surer than one a page names."""
    if is_feed(answer.body):
        return _itself(answer)
    return _named_in_page(answer) if b"<" in answer.body[:4096] else []


def _itself(answer: Answer) -> list[Recognition]:
    payload = Payload(
        endpoint="feed", url=answer.url, body=answer.body, content_type=answer.headers.get("content-type", "")
    )
    try:
        feed = read_feed(payload)
    except AnswerNotUnderstood:
        return []
    is_comments = any(item.kind is Kind.COMMENT for item in feed.items[:1])
    offers = _COMMENTS if is_comments else _ARTICLES
    return [Recognition(slug=SLUG, address=answer.url, name=name_of(feed, answer.url), offers=offers, certainty=0.9)]


def _named_in_page(answer: Answer) -> list[Recognition]:
    page = _Page(answer.url)
    page.feed(answer.body[:_MAX_BYTES].decode(_charset(answer), "replace"))
    found: dict[str, Recognition] = {}
    for address, name, certainty in (*page.named, *page.linked):
        title = " ".join((name or page.title).split())[:200] or urlsplit(address).hostname or address
        is_comments = kind_of(title, address) is Kind.COMMENT
        found.setdefault(
            address,
            Recognition(
                slug=SLUG,
                address=address,
                name=title,
                offers=_COMMENTS if is_comments else _ARTICLES,
                certainty=certainty - 0.05 if is_comments else certainty,
            ),
        )
    return list(found.values())[:_MAX_FOUND]


def _charset(answer: Answer) -> str:
    told = answer.headers.get("content-type", "").lower().partition("charset=")[2].split(";")[0].strip("\"' ")
    try:
        return codecs.lookup(told).name if told else "utf-8"
    except LookupError:
        return "utf-8"


class _Page(HTMLParser):
    """The feeds that a page declares in its head, and those that it links to."""

    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.base = url
        self.title = ""
        self.named: list[tuple[str, str, float]] = []
        self.linked: list[tuple[str, str, float]] = []
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in reversed(attrs)}
        if tag == "title":
            self._in_title = not self.title
        elif tag == "base" and told.get("href"):
            self.base = self._absolute(told["href"]) or self.base
        elif tag == "link":
            self._see_link(told)
        elif tag == "a":
            self._see_anchor(told)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in {"title", "head", "body"}:
            self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data[:300]

    def _see_link(self, told: dict[str, str]) -> None:
        kind = told.get("type", "").split(";")[0].strip().lower()
        relations = told.get("rel", "").lower().split()
        is_feed_type = kind in _TYPES or (kind == _JSON and "feed" in told.get("href", "").lower())
        if ("alternate" in relations or "feed" in relations) and is_feed_type:
            self._add(self.named, told, 0.6)

    def _see_anchor(self, told: dict[str, str]) -> None:
        href = told.get("href", "")
        path = href.split("#")[0].split("?")[0].rstrip("/").lower()
        if told.get("type", "").lower() in _TYPES or path.endswith(_ENDINGS):
            self._add(self.linked, told, 0.4)

    def _add(self, found: list[tuple[str, str, float]], told: dict[str, str], certainty: float) -> None:
        address = self._absolute(told.get("href", ""))
        if address:
            found.append((address, told.get("title", ""), certainty))

    def _absolute(self, href: str) -> str:
        """Resolved; Apple's feed: addresses mean http."""
        href = href.strip()
        if href.lower().startswith("feed:"):
            href = href[5:] if "://" in href[5:14] else "http:" + href[5:]
        try:
            address = urljoin(self.base, href).split("#")[0] if href else ""
        except ValueError:
            return ""
        return address if address.startswith(("http://", "https://")) else ""
