"""One post of the account read again, with what people did with it."""

from collections.abc import Mapping
from typing import Any

from parvis.connectors.bluesky.acts import record_at
from parvis.connectors.bluesky.parse import parts_of
from parvis.connectors.bluesky.service import Service, decoded
from parvis.core.connector import Looked, Session, Target
from parvis.core.errors import AnswerNotUnderstood, RemoteGone
from parvis.core.types import Payload
from parvis.core.wording import Text

NUMBERS: Mapping[str, str] = {
    "likes": "likeCount", "boosts": "repostCount", "replies": "replyCount", "quotes": "quoteCount",
}  # fmt: skip
"""Of app.bsky.feed.defs#postView (@atproto/api 0.20.44, read 2026-11)."""
_GONE = Text("this post is not there", "cette publication n’y est pas")


async def look(session: Session, target: Target) -> Looked:
    """What a view has not seen yet it does not show: the server itself is asked before it is called gone."""
    service = Service(session)
    did, rkey = parts_of(target.remote_id)
    answer = await service.get("app.bsky.feed.getPosts", {"uris": [target.remote_id]})
    rows = decoded(answer).get("posts")
    if not isinstance(rows, list):
        raise AnswerNotUnderstood(host=service.host, detail="no list of posts", answer=answer)
    shown = [row for row in rows if isinstance(row, dict) and row.get("uri") == target.remote_id]
    if not shown:
        if await record_at(service, did, rkey) is None:
            raise RemoteGone(host=service.host, detail=_GONE, answer=answer)
        return Looked(payloads=())
    payload = Payload(
        endpoint="posts", url=answer.url, body=answer.body, content_type=answer.content_type,
        facts={"did": did},
    )  # fmt: skip
    return Looked(payloads=(payload,), numbers=numbers_in(shown[0]))


def numbers_in(post: Mapping[str, Any]) -> dict[str, int]:
    found = {name: post.get(field) for name, field in NUMBERS.items()}
    return {name: value for name, value in found.items() if type(value) is int and value >= 0}
