"""Whether an opened address is a Ghost site, and where its API is."""

import json
import re
from html import unescape
from urllib.parse import urljoin, urlsplit

from parvis.core.types import Answer, Recognition
from parvis.core.wording import Text

HEAD_BYTES = 400_000
_GENERATOR = re.compile(r"<meta\b[^>]*\bname=[\"']generator[\"'][^>]*\bcontent=[\"']Ghost\b", re.IGNORECASE)
_API = re.compile(r"\bdata-api=[\"']([^\"']+?)ghost/api/content/?[\"']", re.IGNORECASE)
_NAME = re.compile(r"<meta\b[^>]*\bproperty=[\"']og:site_name[\"'][^>]*\bcontent=[\"']([^\"']*)[\"']", re.IGNORECASE)
_SITE = "/ghost/api/admin/site"

OFFERS = Text(
    "Read the articles and the comments of members, hide and answer comments, and publish articles.",
    "Lire les articles et les commentaires des membres, masquer des commentaires et y répondre, publier des articles.",
)


def recognise(answer: Answer) -> list[Recognition]:
    """One at most: by the page's own words, or by what the Admin API says to everybody."""
    found = _from_api(answer) or _from_page(answer)
    if found is None:
        return []
    address, name = found
    return [Recognition(slug="ghost", address=address, name=name or urlsplit(address).hostname or "", offers=OFFERS)]


def _from_api(answer: Answer) -> tuple[str, str] | None:
    before, at, _after = answer.url.partition(_SITE)
    if not at:
        return None
    try:
        site = json.loads(answer.body)["site"]
        return f"{before}/", str(site["title"] or "") if site["version"] else ""
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _from_page(answer: Answer) -> tuple[str, str] | None:
    if "html" not in answer.content_type:
        return None
    page = answer.body[:HEAD_BYTES].decode("utf-8", "replace")
    if not _GENERATOR.search(page):
        return None
    told = _API.search(page)
    try:
        api = urljoin(answer.url, unescape(told[1]) if told else "/")
        parts = urlsplit(api)
    except ValueError:
        return None
    if (
        parts.scheme == "http"
        and urlsplit(answer.url).scheme == "https"
        and parts.netloc == urlsplit(answer.url).netloc
    ):
        api = parts._replace(scheme="https").geturl()
    name = _NAME.search(page)
    return api, unescape(name[1]).strip() if name else ""
