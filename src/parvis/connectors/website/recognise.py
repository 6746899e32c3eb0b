"""Whether an opened address is a page of a site that could be read without a feed."""

from urllib.parse import urlsplit

from parvis.connectors.website.links import read_page
from parvis.core.types import Answer, Recognition
from parvis.core.wording import Text

SLUG = "website"
LEAST_LINKS = 3
CERTAINTY = 0.1
_OFFERS = Text(
    "Parvis reads new pages by the site’s own map, politely, as it offers no feed.",
    "Parvis lit les nouvelles pages d’après le plan du site, poliment, faute de flux.",
)


def recognise(answer: Answer) -> list[Recognition]:
    """The least sure of all; nothing where the page names a feed, which is better for both sides."""
    if answer.status != 200 or b"<" not in answer.body[:4096] or "xml" in answer.content_type.removesuffix("xhtml+xml"):
        return []
    page = read_page(answer.body, answer.url)
    if page.has_feed or len(page.links) < LEAST_LINKS:
        return []
    name = " ".join((page.site_name or page.title).split())[:200] or urlsplit(answer.url).netloc
    return [Recognition(slug=SLUG, address=answer.url, name=name, offers=_OFFERS, certainty=CERTAINTY)]
