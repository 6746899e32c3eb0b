"""Whether an opened address is on a MediaWiki, and what of it can be read: by the page's own EditURI and generator."""

import json
import re
from html import unescape
from urllib.parse import urljoin, urlsplit

from parvis.connectors.mediawiki.scope import SLUG, Scope, scope_of
from parvis.core.types import Answer, Recognition
from parvis.core.wording import Text
from parvis.net.page import plain

HEAD_BYTES = 300_000
CATEGORY_NAMESPACE = 14
TAG = re.compile(r"<(?:link|meta)\b[^<>]{0,2000}>", re.IGNORECASE)
ATTRIBUTE = re.compile(r"([\w-]{1,40})\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))")
CONFIG = re.compile(r'"(wgPageName|wgNamespaceNumber|wgArticleId|wgIsMainPage)":("(?:[^"\\]|\\.){0,1000}"|[\w-]+)')
JSON_SIGNS = (b'"batchcomplete"', b'"query"', b'"docref"', b'"compare"', b'"servedby"')

ALL = Text("Read what is written on the whole wiki.", "Lire ce qui s’écrit sur tout le wiki.")
PAGE = Text("Read what is changed on this page.", "Lire ce qui change sur cette page.")
CATEGORY = Text(
    "Read what is changed on the pages of this category.", "Lire ce qui change sur les pages de cette catégorie."
)


def recognise(answer: Answer) -> list[Recognition]:
    """The page or category that was opened, and the wiki as a whole."""
    asked = _asked_api(answer)
    if asked is not None:
        return [_recognition(asked, _site_name(_page(answer), answer), 1.0)]
    page = _page(answer)
    tags = [_attributes(tag) for tag in TAG.findall(page)]
    api = _api(tags)
    if not api:
        return []
    whole = Scope(_same_scheme(urljoin(answer.url, api), answer.url))
    name = _site_name(page, answer)
    narrow = _narrow(page, whole.api)
    found = [_recognition(narrow, name, 0.95)] if narrow is not None else []
    return [*found, _recognition(whole, name, 0.9 if found else 0.95)]


def _asked_api(answer: Answer) -> Scope | None:
    """The scope of an API address, where what it answered is MediaWiki's."""
    if not urlsplit(answer.url).path.endswith("/api.php"):
        return None
    start = answer.body[:HEAD_BYTES].lstrip()
    is_json = start[:1] == b"{" and any(sign in start for sign in JSON_SIGNS)
    is_help = start[:1] == b"<" and b"MediaWiki API" in start
    return scope_of(answer.url) if is_json or is_help or "mediawiki-api-error" in answer.headers else None


def _page(answer: Answer) -> str:
    return answer.body[:HEAD_BYTES].decode("utf-8", "replace") if answer.body.lstrip()[:1] == b"<" else ""


def _attributes(tag: str) -> dict[str, str]:
    return {name.lower(): unescape(a or b or c) for name, a, b, c in ATTRIBUTE.findall(tag)}


def _api(tags: list[dict[str, str]]) -> str:
    """From `<link rel="EditURI" href="…/api.php?action=rsd">`; WordPress has an EditURI too, of another name."""
    for tag in tags:
        href = tag.get("href", "")
        if tag.get("rel", "").lower() == "edituri" and "/api.php" in href:
            return href.split("?")[0]
    return ""


def _narrow(page: str, api: str) -> Scope | None:
    told = {name: json.loads(value) for name, value in CONFIG.findall(page) if _is_json(value)}
    title = str(told.get("wgPageName") or "").replace("_", " ")
    namespace = told.get("wgNamespaceNumber")
    if not title or told.get("wgIsMainPage") or not isinstance(namespace, int) or namespace < 0:
        return None
    if namespace == CATEGORY_NAMESPACE:
        return Scope(api, category=title)
    return Scope(api, title=title) if told.get("wgArticleId") else None


def _is_json(value: str) -> bool:
    try:
        json.loads(value)
    except ValueError:
        return False
    return True


def _site_name(page: str, answer: Answer) -> str:
    """The name under which the wiki offers its search ("Name (en)"), else its host."""
    for tag in TAG.findall(page):
        attributes = _attributes(tag)
        if attributes.get("type") == "application/opensearchdescription+xml" and attributes.get("title"):
            return re.sub(r"\s*\([\w-]{2,15}\)$", "", plain(attributes["title"]))
    return urlsplit(answer.url).hostname or answer.url


def _recognition(scope: Scope, site: str, certainty: float) -> Recognition:
    narrow = scope.title or scope.category
    offers = PAGE if scope.title else CATEGORY if scope.category else ALL
    name = f"{narrow} – {site}" if narrow else site
    return Recognition(slug=SLUG, address=scope.address, name=name[:200], offers=offers, certainty=certainty)


def _same_scheme(address: str, opened: str) -> str:
    """The address with https where the page came by https from the same host, whatever the wiki believes of itself."""
    api, page = urlsplit(address), urlsplit(opened)
    if api.scheme == "http" and page.scheme == "https" and api.netloc == page.netloc:
        return api._replace(scheme="https").geturl()
    return address
