"""Where a page leads: the links within its own site, and whether it names a feed."""

import re
from collections.abc import Iterable
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

MOST_BYTES = 1_000_000
MOST_LINKS = 500
_TRACKING = re.compile(r"(?:utm_\w+|fbclid|gclid|mc_[ce]id|at_\w+|xtor|igshid|ref|cmpid)\Z", re.IGNORECASE)
_FILES = re.compile(
    r"\.(?:jpe?g|png|gif|webp|svg|ico|css|js|json|xml|rss|atom|pdf|zip|gz|mp[34]|webm|m4a|docx?|xlsx?|pptx?|woff2?)\Z",
    re.IGNORECASE,
)
_FEED_TYPES = frozenset(
    {"application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml", "text/rss+xml"}
)
_OWN_DATE = re.compile(r"/(?:19|20)\d\d[/-]\d{1,2}(?:[/-]|\b)")
_NUMBER = re.compile(r"\d{4,}")


class Page(HTMLParser):
    """One page's title, its links in order, and what it says of feeds."""

    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.url = self._base = url
        self.title = ""
        self.site_name = ""
        self.has_feed = False
        self.links: dict[str, None] = {}
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "a" and len(self.links) < MOST_LINKS:
            link = tidy(told.get("href", ""), self._base)
            if link and is_within(link, self.url):
                self.links.setdefault(link)
        elif tag == "base" and told.get("href"):
            self._base = _joined(self._base, told["href"]) or self._base
        elif tag == "link":
            self._see_link(told)
        elif tag == "meta" and told.get("property", "").lower() == "og:site_name":
            self.site_name = told.get("content", "")[:200]
        self._in_title = tag == "title" and not self.title

    def handle_endtag(self, tag: str) -> None:
        self._in_title = self._in_title and tag != "title"

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data[:300]

    def _see_link(self, told: dict[str, str]) -> None:
        kind = told.get("type", "").split(";", 1)[0].strip().lower()
        relations = told.get("rel", "").lower().split()
        self.has_feed = self.has_feed or ("alternate" in relations and kind in _FEED_TYPES)


def read_page(body: bytes, url: str) -> Page:
    page = Page(url)
    page.feed(body[:MOST_BYTES].decode("utf-8", "replace"))
    return page


def tidy(href: str, base: str = "") -> str:
    """An absolute address without what only tells where a reader came from; "" where it is none of a page."""
    told = _joined(base, href.strip()) if base else href.strip()
    try:
        parts = urlsplit(told)
        query = [
            (name, value)
            for name, value in parse_qsl(parts.query, keep_blank_values=True, max_num_fields=50)
            if not _TRACKING.match(name)
        ]
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.netloc or _FILES.search(parts.path) or len(told) > 2048:
        return ""
    kept = parts.query if len(query) == parts.query.count("&") + bool(parts.query) else urlencode(query)
    return urlunsplit((parts.scheme, parts.netloc.lower(), parts.path or "/", kept, ""))


def _joined(base: str, href: str) -> str:
    try:
        return urljoin(base, href)
    except ValueError:
        return ""


def is_within(url: str, home: str) -> bool:
    """On the same host, with or without www."""
    return _bare_host(url) == _bare_host(home)


def _bare_host(url: str) -> str:
    return urlsplit(url).netloc.lower().removeprefix("www.").removesuffix(":443")


def likely_articles(links: Iterable[str], home: str) -> list[str]:
    """Those whose address looks like one of a single article, not of a section."""
    own = urlsplit(home).path.rstrip("/")
    return [
        link for link in links if (urlsplit(link).path.rstrip("/") != own or urlsplit(link).query) and _is_likely(link)
    ]


def _is_likely(link: str) -> bool:
    parts = urlsplit(link)
    last = parts.path.rstrip("/").rpartition("/")[2]
    has_words = last.count("-") + last.count("_") >= 2
    return bool(has_words or _OWN_DATE.search(parts.path) or _NUMBER.search(last) or _NUMBER.search(parts.query))
