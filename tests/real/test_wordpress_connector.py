"""The WordPress connector reads a real WordPress through the real HTTP client."""

import http.client
import json
import random
import uuid
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit

import pytest

from parvis.connectors.wordpress import connector
from parvis.core.connector import Can, Order, Target
from parvis.core.errors import CredentialsRejected, NotEncrypted
from parvis.core.types import Answer, Kind, Status
from parvis.net.session import ChannelSession

pytestmark = pytest.mark.real


class Desk:
    """What the desk would have stored: the newest record of each id, and the cursor."""

    def __init__(self, session):
        self.session = session
        self.cursor = {}
        self.items = {}
        self.problems = []

    async def read(self, *, steps=None, later_s=0):
        session = ChannelSession(
            client=self.session.client,
            address=self.session.address,
            credentials=self.session.credentials,
            facts=self.session.facts,
            now=self.session.now + timedelta(seconds=later_s),
        )
        done = 0
        async with aclosing(connector.fetch(session, self.cursor)) as reading:
            async for fetched in reading:
                self.take(fetched.payloads)
                self.cursor = json.loads(json.dumps(fetched.cursor))
                done += 1
                if steps and done >= steps:
                    return

    def take(self, payloads):
        for payload in payloads:
            parsed = connector.parse(payload)
            self.problems += parsed.problems
            for item in parsed.items:
                self.items[item.remote_id] = item

    def status(self, number):
        return self.items[f"comment:{number}"].status


def order(can, number, text="", key=None):
    return Order(
        key=key or str(uuid.uuid4()),
        can=can,
        target=Target(remote_id=f"comment:{number}", kind=Kind.COMMENT),
        text=text,
        written_at=datetime.now(UTC),
    )


async def test_check_tells_who_we_are_and_what_we_may_do(wordpress, session_of):
    account = await connector.check(session_of(wordpress.admin))
    assert account.name == "admin" and account.can == frozenset(connector.acts)
    assert account.facts["site_name"] == "Test site" and account.facts["user_id"] == "1"
    assert {"1", "2", "3"} <= set(account.facts["house_user_ids"].split(","))
    editor = await connector.check(session_of(wordpress.editor))
    assert editor.can == frozenset(connector.acts)
    author = await connector.check(session_of(wordpress.author))
    assert author.can == {Can.REPLY, Can.UPLOAD, Can.PUBLISH, Can.EDIT, Can.WITHDRAW}
    visitor = await connector.check(session_of(wordpress.visitor))
    assert visitor.can == frozenset()


async def test_spaces_in_the_application_password_do_not_matter(wordpress, session_of):
    name, password = wordpress.editor
    spaced = " ".join(password[i : i + 4] for i in range(0, 24, 4))
    assert (await connector.check(session_of((name, spaced)))).name == "editor"


async def test_wrong_password_is_told_as_such_everywhere(wordpress, session_of):
    session = session_of(("admin", "not the password"))
    with pytest.raises(CredentialsRejected):
        await connector.check(session)
    revoked = session_of(("admin", "revoked"), facts={"reads_all": "posts,pages,comments", "user_id": "1"})
    with pytest.raises(CredentialsRejected):
        await Desk(revoked).read()
    with pytest.raises(CredentialsRejected):
        await connector.acts[Can.APPROVE].perform(revoked, order(Can.APPROVE, 1))


async def test_password_is_not_sent_in_the_open(session_of):
    with pytest.raises(NotEncrypted):
        await connector.check(session_of(("admin", "x"), address="http://example.org/wp-json/"))


async def test_site_is_recognised_from_its_page_its_article_and_its_api(wordpress, client):
    for address in (wordpress.url, wordpress.root, f"{wordpress.url}/?p=1"):
        answer = await client.request("GET", address)
        (found,) = connector.recognise(answer)
        assert found.address == wordpress.root
        without = Answer(status=200, url=answer.url, headers={"content-type": answer.content_type}, body=answer.body)
        assert connector.recognise(without)[0].address == wordpress.root


async def test_site_without_pretty_permalinks_is_read(wordpress, session_of):
    address = f"{wordpress.url}/index.php?rest_route=/"
    account = await connector.check(session_of(wordpress.editor, address=address))
    desk = Desk(session_of(wordpress.editor, address=address, facts=account.facts))
    await desk.read(steps=1)
    assert "post:1" in desk.items


async def test_everything_is_imported_in_every_status(admin, moderator):
    post = admin.post("Über “uns” & <i>alle</i>")
    draft = admin("POST", "posts", title="Draft", content="x", status="draft")["id"]
    page = admin("POST", "pages", title="A page", content="x", status="publish")["id"]
    held = admin.comment(post, "first line\nsecond <b>line</b>\n\nnext")
    ids = {status: admin.comment(post, status=status) for status in ("approve", "spam", "trash")}
    child = admin.comment(post, parent=ids["approve"], status="approve")
    own = admin("POST", "comments", post=post, content=f"we answer {uuid.uuid4()}", parent=held)["id"]
    desk = Desk(moderator)
    await desk.read()
    assert desk.problems == []
    article = desk.items[f"post:{post}"]
    assert (article.kind, article.title, article.status) == (Kind.ARTICLE, "Über “uns” & alle", Status.PUBLISHED)
    assert article.author.name == "admin" and article.author.is_house
    assert desk.items[f"post:{draft}"].status is Status.HELD and desk.items[f"post:{draft}"].published_at is None
    assert desk.items[f"post:{page}"].kind is Kind.PAGE
    comment = desk.items[f"comment:{held}"]
    assert comment.status is Status.HELD and comment.about_id == f"post:{post}"
    assert comment.body == "<p>first line<br>\nsecond <b>line</b></p>\n<p>next</p>"
    assert comment.author.remote_id.startswith("mail:") and "anna@" not in repr(desk.items[f"comment:{held}"])
    assert [desk.status(ids[s]) for s in ids] == [Status.PUBLISHED, Status.SPAM, Status.TRASHED]
    assert desk.items[f"comment:{child}"].parent_id == f"comment:{ids['approve']}"
    assert desk.items[f"comment:{own}"].author.is_house and desk.items[f"comment:{own}"].author.remote_id == "user:1"


async def test_import_goes_on_where_it_was_cut_off(admin, moderator):
    post = admin.post()
    number = admin.comment(post)
    whole, cut = Desk(moderator), Desk(moderator)
    await whole.read()
    for _ in range(20):
        await cut.read(steps=1)
    known = {key for key in whole.items if int(key.split(":")[1]) <= number}
    assert {key: cut.items[key] for key in known} == {key: whole.items[key] for key in known}


async def test_poll_sees_new_comments_whatever_their_date_and_status(admin, moderator):
    post = admin.post()
    desk = Desk(moderator)
    await desk.read()
    old = admin.comment(post, date_gmt="2011-03-04T05:06:07")
    spam = admin.comment(post, status="spam")
    await desk.read()
    assert desk.status(old) is Status.HELD and desk.items[f"comment:{old}"].published_at.year == 2011
    assert desk.status(spam) is Status.SPAM


async def test_poll_sees_what_others_decide_and_delete(admin, moderator):
    post = admin.post()
    decided, deleted, edited, back = (admin.comment(post) for _ in range(4))
    desk = Desk(moderator)
    await desk.read()
    await desk.read()
    admin("POST", f"comments/{decided}", status="approve")
    admin("DELETE", f"comments/{deleted}?force=true")
    admin("POST", f"comments/{edited}", content="other words")
    admin("DELETE", f"comments/{back}")
    await desk.read()
    assert desk.status(decided) is Status.PUBLISHED and desk.status(deleted) is Status.DELETED
    assert desk.items[f"comment:{edited}"].body == "<p>other words</p>" and desk.status(back) is Status.TRASHED
    admin("POST", f"comments/{back}", status="hold")
    await desk.read()
    assert desk.status(back) is Status.HELD


async def test_sweep_finds_what_changed_far_back(admin, moderator):
    post = admin.post()
    spammed, deleted = admin.comment(post, status="approve"), admin.comment(post, status="approve")
    for _ in range(55):
        admin.comment(post, status="approve")
    desk = Desk(moderator)
    await desk.read()
    await desk.read()
    admin("POST", f"comments/{spammed}", status="spam")
    admin("DELETE", f"comments/{deleted}?force=true")
    for poll in range(1, 8):
        await desk.read(later_s=60 * poll)
    assert desk.status(spammed) is Status.SPAM and desk.status(deleted) is Status.DELETED
    assert sum(item.status is Status.DELETED for item in desk.items.values()) >= 1


async def test_poll_sees_posts_edited_trashed_backdated_and_deleted(admin, moderator):
    edited, trashed, deleted = admin.post("Before"), admin.post("Away"), admin.post("Gone")
    desk = Desk(moderator)
    await desk.read()
    admin("POST", f"posts/{edited}", title="After")
    admin("DELETE", f"posts/{trashed}")
    admin("DELETE", f"posts/{deleted}?force=true")
    backdated = admin.post("Old", date_gmt="2012-01-01T00:00:00")
    await desk.read()
    assert desk.items[f"post:{edited}"].title == "After"
    assert desk.items[f"post:{trashed}"].status is Status.TRASHED
    assert desk.items[f"post:{deleted}"].status is Status.DELETED
    assert desk.items[f"post:{backdated}"].published_at.year == 2012


async def test_scheduled_post_and_new_post_hide_no_edit(admin, moderator):
    edited = admin.post("Before")
    for _ in range(12):
        admin.post("Later than the edited one")
    admin("POST", "posts", title="To come", content="x", status="future", date_gmt="2031-01-01T00:00:00")
    desk = Desk(moderator)
    await desk.read()
    await desk.read()
    admin("POST", f"posts/{edited}", title="After")
    admin.post("New")
    await desk.read(later_s=60)
    assert desk.items[f"post:{edited}"].title == "After"


async def test_public_reading_shows_what_the_public_sees_and_nothing_more(admin, session_of):
    post = admin.post()
    public, held = admin.comment(post, status="approve"), admin.comment(post)
    account = await connector.check(session_of())
    assert account.can == frozenset() and account.name == "Test site"
    desk = Desk(session_of(facts=account.facts))
    await desk.read()
    assert desk.status(public) is Status.PUBLISHED and f"comment:{held}" not in desk.items
    assert "<p>" in desk.items[f"comment:{public}"].body
    admin("POST", f"comments/{held}", status="approve")
    await desk.read()
    assert desk.status(held) is Status.PUBLISHED
    admin("POST", f"comments/{public}", status="hold")
    await desk.read()
    assert desk.status(public) is Status.DELETED


def _send_form(site, fields):
    """From a loopback address of its own: WordPress takes one comment in 15 s from each."""
    host = urlsplit(site.url).netloc
    source = f"127.{random.randrange(1, 255)}.{random.randrange(255)}.{random.randrange(2, 255)}"
    connection = http.client.HTTPConnection(host, timeout=30, source_address=(source, 0))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/wp-comments-post.php", urlencode(fields), headers)
    assert connection.getresponse().status == 302
    connection.close()


async def test_comment_by_the_public_form_comes_in(wordpress, admin, moderator):
    desk = Desk(moderator)
    post, text = admin.post(), f"from the form {uuid.uuid4()}"
    await desk.read()
    fields = {
        "comment_post_ID": post,
        "comment": text,
        "author": "Léa",
        "email": f"{uuid.uuid4()}@example.test",
        "submit": "x",
    }
    _send_form(wordpress, fields)
    await desk.read()
    (item,) = [one for one in desk.items.values() if text in one.body]
    assert item.status is Status.HELD and item.author.name == "Léa" and not item.author.is_house
