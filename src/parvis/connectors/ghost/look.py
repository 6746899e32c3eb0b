"""One article of the house read again, with how many comments it has."""

import json

from parvis.connectors.ghost.publish import WITH
from parvis.connectors.ghost.site import Site, quoted
from parvis.core.connector import Looked, Session, Target
from parvis.core.errors import FieldMissing, Refused, RemoteGone
from parvis.core.types import Answer, Payload


async def look(session: Session, target: Target) -> Looked:
    kind, _, number = target.remote_id.partition(":")
    if kind != "post" or not number.isalnum():
        raise FieldMissing(field="post")
    site = Site(session)
    route, answer = await _article(site, number)
    payload = Payload(endpoint=route, url=answer.url, body=answer.body, content_type=answer.content_type)
    count = await _comment_count(site, number)
    return Looked(payloads=(payload,), numbers={} if count is None else {"replies": count})


async def _article(site: Site, number: str) -> tuple[str, Answer]:
    """Its number does not say whether it is a post or a page."""
    try:
        return "posts", await site.read(f"posts/{number}/", params=WITH)
    except RemoteGone:
        return "pages", await site.read(f"pages/{number}/", params=WITH)


async def _comment_count(site: Site, number: str) -> int | None:
    asked: dict[str, str | int] = {"filter": f"post_id:{quoted(number)}+status:published", "limit": 1}
    try:
        told = json.loads((await site.read("comments/", params=asked)).body)["meta"]["pagination"]["total"]
    except (Refused, ValueError, KeyError, TypeError):
        return None
    return told if type(told) is int else None
