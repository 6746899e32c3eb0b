"""One post read again: as an item, with what people did with it; gone only when its own server says so."""

import json
from pathlib import Path

import pytest

from parvis.connectors.bluesky import connector
from parvis.connectors.bluesky.look import look, numbers_in
from parvis.connectors.bluesky.service import _signed_in
from parvis.connectors.bluesky.test_bluesky_publishing import DID, Server
from parvis.core.connector import Target
from parvis.core.errors import AnswerNotUnderstood, RemoteGone
from parvis.core.types import Kind

URI = f"at://{DID}/app.bsky.feed.post/3kabc"
FEED = json.loads((Path(__file__).parent / "answers" / "posts.json").read_text())


@pytest.fixture(autouse=True)
def _signed_out():
    yield
    _signed_in.clear()


def shown():
    """A post as a view shows it."""
    body = FEED.get("body", FEED)
    body = json.loads(body) if isinstance(body, str) else body
    return body["posts"][0]


async def test_post_becomes_an_item_and_its_figures_are_told():
    post = {**shown(), "likeCount": 5, "repostCount": 1, "replyCount": 0, "quoteCount": 2}
    looked = await look(Server({"posts": [post]}), Target(remote_id=post["uri"], kind=Kind.ARTICLE))
    assert looked.numbers == {"likes": 5, "boosts": 1, "replies": 0, "quotes": 2}
    [item] = connector.parse(looked.payloads[0]).items
    assert item.remote_id == post["uri"]
    assert numbers_in({"likeCount": "5"}) == {}


async def test_view_that_lags_makes_nothing_gone():
    looked = await look(Server({"posts": []}, {"uri": URI, "value": {}}), Target(remote_id=URI, kind=Kind.ARTICLE))
    assert (looked.payloads, looked.numbers) == ((), {})


async def test_gone_is_what_its_own_server_says():
    gone = RemoteGone(host="pds.example", detail="Could not locate record")
    with pytest.raises(RemoteGone):
        await look(Server({"posts": []}, gone), Target(remote_id=URI, kind=Kind.ARTICLE))
    with pytest.raises(AnswerNotUnderstood):
        await look(Server({"nothing": 1}), Target(remote_id=URI, kind=Kind.ARTICLE))
