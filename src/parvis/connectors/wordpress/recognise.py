"""Whether an opened address is a WordPress site, and where its API is."""

import re
from html import unescape
from urllib.parse import urljoin, urlsplit

from parvis.connectors.wordpress.decode import plain, record
from parvis.core.errors import AnswerNotUnderstood
from parvis.core.types import Answer, Recognition
from parvis.core.wording import Text

REL = "https://api.w.org/"
LINK = re.compile(r"<([^>]*)>((?:[^,\"]|\"[^\"]*\")*)")
LINK_TAG = re.compile(r"<link\b[^>]*>", re.IGNORECASE)
ATTRIBUTE = re.compile(r"([\w-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))")
SITE_NAME = re.compile(r"<meta\b[^>]*property=[\"']og:site_name[\"'][^>]*>", re.IGNORECASE)
TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
HEAD_BYTES = 300_000

OFFERS = Text(
    "Read the articles and their comments, and with an account approve, hold, refuse and answer comments.",
    "Lire les articles et leurs commentaires et, avec un compte, approuver, retenir, refuser des commentaires "
    "et y répondre.",
)


def recognise(answer: Answer) -> list[Recognition]:
    """One recognition at most: by the Link header, the <link> in the page, or the API's own answer."""
    page = answer.body[:HEAD_BYTES].decode("utf-8", "replace") if "html" in answer.content_type else ""
    api = _from_header(answer.headers.get("link", "")) or _from_page(page)
    index_name = _index_name(answer)
    if index_name is not None:
        api = answer.url
    if not api:
        return []
    address = _same_scheme(urljoin(answer.url, api), answer.url)
    shown = index_name or _page_name(page) or urlsplit(address).hostname or address
    return [Recognition(slug="wordpress", address=address, name=shown, offers=OFFERS)]


def _from_header(link: str) -> str:
    for found in LINK.finditer(link):
        if re.search(rf"rel=\"?{re.escape(REL)}\"?(?:[\s;,]|$)", found[2]):
            return found[1].strip()
    return ""


def _from_page(page: str) -> str:
    for tag in LINK_TAG.findall(page):
        attributes = _attributes(tag)
        if attributes.get("rel", "").rstrip("/") == REL.rstrip("/") and attributes.get("href"):
            return attributes["href"]
    return ""


def _attributes(tag: str) -> dict[str, str]:
    return {name.lower(): unescape(a or b or c) for name, a, b, c in ATTRIBUTE.findall(tag)}


def _index_name(answer: Answer) -> str | None:
    """The site's name where the answer is the index of such an API, else None."""
    if answer.body.lstrip()[:1] != b"{" or b"namespaces" not in answer.body:
        return None
    try:
        index = record(answer.body, host=answer.url)
    except AnswerNotUnderstood:
        return None
    namespaces = index.get("namespaces")
    is_index = isinstance(namespaces, list) and "wp/v2" in namespaces
    return plain(str(index.get("name") or "")) if is_index else None


def _page_name(page: str) -> str:
    if tag := SITE_NAME.search(page):
        return plain(_attributes(tag[0]).get("content", ""))
    return plain(found[1]) if (found := TITLE.search(page)) else ""


def _same_scheme(address: str, opened: str) -> str:
    """The address with https where the page came by https from the same host, whatever the site believes of itself."""
    api, page = urlsplit(address), urlsplit(opened)
    if api.scheme == "http" and page.scheme == "https" and api.netloc == page.netloc:
        return api._replace(scheme="https").geturl()
    return address
