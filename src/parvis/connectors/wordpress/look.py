"""One article of the house read again, with how many comments it has."""

from parvis.connectors.wordpress.publish import SHOWN, payload_of
from parvis.connectors.wordpress.site import Site
from parvis.core.connector import Looked, Session, Target
from parvis.core.errors import FieldMissing, Refused, RemoteGone
from parvis.core.types import Answer


async def look(session: Session, target: Target) -> Looked:
    kind, _, number = target.remote_id.partition(":")
    if kind != "post" or not number.isdigit():
        raise FieldMissing(field="post")
    site = Site(session)
    route, answer = await _article(site, number)
    numbers = {"replies": count} if (count := await _comment_count(site, number)) is not None else {}
    return Looked(payloads=(payload_of(site, answer, route),), numbers=numbers)


async def _article(site: Site, number: str) -> tuple[str, Answer]:
    """Posts and pages share one count, and nobody says which it is."""
    try:
        return "posts", await site.read(f"wp/v2/posts/{number}", params=SHOWN)
    except RemoteGone:
        return "pages", await site.read(f"wp/v2/pages/{number}", params=SHOWN)


async def _comment_count(site: Site, number: str) -> int | None:
    """Those that everybody sees."""
    try:
        answer = await site.read("wp/v2/comments", params={"post": number, "per_page": 1, "_fields": "id"})
    except Refused:
        return None
    told = answer.headers.get("x-wp-total", "")
    return int(told) if told.isdigit() else None
