"""What the WordPress connector does is done in a real WordPress, once, and WordPress itself says so."""

import urllib.request
import uuid
from datetime import UTC, datetime

import pytest

from parvis.connectors.wordpress import connector
from parvis.core.connector import Can, Order, Target
from parvis.core.errors import RateLimited, Refused, RemoteGone, RightMissing
from parvis.core.types import Kind, Status

pytestmark = pytest.mark.real


def order(can, number, text="", key=None):
    return Order(
        key=key or str(uuid.uuid4()),
        can=can,
        target=Target(remote_id=f"comment:{number}", kind=Kind.COMMENT),
        text=text,
        written_at=datetime.now(UTC),
    )


@pytest.mark.parametrize(
    ("can", "written", "read_back", "status"),
    [
        (Can.APPROVE, "hold", "approved", Status.PUBLISHED),
        (Can.HOLD, "approve", "hold", Status.HELD),
        (Can.SPAM, "hold", "spam", Status.SPAM),
        (Can.TRASH, "hold", "trash", Status.TRASHED),
        (Can.APPROVE, "trash", "approved", Status.PUBLISHED),
        (Can.APPROVE, "spam", "approved", Status.PUBLISHED),
        (Can.HOLD, "trash", "hold", Status.HELD),
    ],
)
async def test_act_is_done_in_wordpress_and_settled_by_reading_back(admin, moderator, can, written, read_back, status):
    act, number = connector.acts[can], admin.comment(admin.post(), "Du & <b>moi</b>", written, author_user_agent="Mine")
    asked = order(can, number)
    assert await act.settle.find(moderator, asked) is None
    done = await act.perform(moderator, asked)
    after = admin.read(number)
    assert after["status"] == read_back and after["author_user_agent"] == "Mine"
    assert done.status is status
    assert (await act.settle.find(moderator, asked)).status is status
    assert (await act.perform(moderator, asked)).status is status
    for payload in done.payloads:
        (item,) = connector.parse(payload).items
        assert (item.remote_id, item.status) == (f"comment:{number}", status)


async def test_deleting_is_done_once_and_settled_by_its_absence(admin, moderator):
    act, number = connector.acts[Can.DELETE], admin.comment(admin.post())
    asked = order(Can.DELETE, number)
    assert await act.settle.find(moderator, asked) is None
    assert (await act.perform(moderator, asked)).status is Status.DELETED
    with pytest.raises(urllib.error.HTTPError, match="404"):
        admin.read(number)
    assert (await act.settle.find(moderator, asked)).status is Status.DELETED
    assert (await act.perform(moderator, asked)).status is Status.DELETED
    with pytest.raises(RemoteGone):
        await connector.acts[Can.APPROVE].perform(moderator, order(Can.APPROVE, number))


async def test_reply_is_written_once_whatever_was_lost(admin, moderator):
    act, parent = connector.acts[Can.REPLY], admin.comment(admin.post(), status="approve")
    asked = order(Can.REPLY, parent, "“Merci” – 1 < 2 & so on\n\nhttps://example.org/a?b=1&c=2")
    assert await act.settle.find(moderator, asked) is None
    done = await act.perform(moderator, asked)
    number = done.remote_id.removeprefix("comment:")
    written = admin.read(number)
    assert written["parent"] == parent and written["status"] == "approved" and written["author"] == 2
    assert written["author_user_agent"].endswith(f"effect {asked.key}")
    assert "1 &lt; 2" in written["content"]["raw"]
    (item,) = connector.parse(done.payloads[0]).items
    assert (item.remote_id, item.parent_id, item.facts["effect"]) == (done.remote_id, f"comment:{parent}", asked.key)
    found = await act.settle.find(moderator, asked)
    assert (found.remote_id, found.url) == (done.remote_id, done.url)
    assert (await act.perform(moderator, asked)).remote_id == done.remote_id
    children = admin("GET", f"comments?parent={parent}&status=any")
    assert len(children) == 1


async def test_two_replies_with_the_same_words_are_told_apart(admin, moderator):
    act, parent = connector.acts[Can.REPLY], admin.comment(admin.post(), status="approve")
    first, second = order(Can.REPLY, parent, "Merci !"), order(Can.REPLY, parent, "Merci !")
    await act.perform(moderator, first)
    assert await act.settle.find(moderator, second) is None
    with pytest.raises(Refused, match="same words"):
        await act.perform(moderator, second)


async def test_reply_to_what_cannot_be_answered_says_why(admin, moderator):
    act, post = connector.acts[Can.REPLY], admin.post()
    trashed, closed = admin.comment(post, status="trash"), admin.comment(post, status="approve")
    with pytest.raises(Exception, match="in the trash or among spam"):
        await act.perform(moderator, order(Can.REPLY, trashed, "x"))
    admin("POST", f"posts/{post}", comment_status="closed")
    with pytest.raises(Refused, match="comments are closed"):
        await act.perform(moderator, order(Can.REPLY, closed, "x"))
    with pytest.raises(RemoteGone):
        await act.perform(moderator, order(Can.REPLY, 99999999, "x"))


async def test_author_may_answer_but_not_moderate(admin, wordpress, session_of):
    account = await connector.check(session_of(wordpress.author))
    session = session_of(wordpress.author, facts=account.facts)
    number = admin.comment(admin.post(), status="approve")
    with pytest.raises(RightMissing):
        await connector.acts[Can.HOLD].perform(session, order(Can.HOLD, number))
    with pytest.raises(RightMissing):
        await connector.acts[Can.TRASH].perform(session, order(Can.TRASH, number))
    assert admin.read(number)["status"] == "approved"
    asked = order(Can.REPLY, number, "L’auteur répond — “ainsi”")
    act = connector.acts[Can.REPLY]
    assert await act.settle.find(session, asked) is None
    try:
        done = await act.perform(session, asked)
    except RateLimited as error:
        pytest.skip(f"WordPress takes one comment in {error.retry_after_s} s, and another test has just written one")
    assert (await act.settle.find(session, asked)).remote_id == done.remote_id
