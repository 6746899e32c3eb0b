"""The Ghost connector on a real site: what is written there is read, and what is decided here is done there."""

import asyncio
import contextlib
import importlib
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from tests.real.ghostly import Keeper
from tests.real.relay import Relay

from parvis.channels.opening import look_at
from parvis.connectors.ghost import connector
from parvis.core.connector import Can, Order, Target
from parvis.core.errors import Conflict, CredentialsRejected, FieldMissing, RemoteError, RemoteGone, RightMissing
from parvis.core.types import Kind, Status
from parvis.net.client import HttpClient
from parvis.net.options import ClientOptions
from parvis.net.session import ChannelSession

pytestmark = [pytest.mark.real, pytest.mark.slow]

EMAIL = "desk@example.test"


@pytest.fixture
def keeper(ghost):
    return Keeper(ghost)


@pytest.fixture
def house(keeper):
    return keeper.member(EMAIL, "The house")


@pytest.fixture
def anna(keeper):
    return keeper.member("anna@example.test", "Anna")


class Desk:
    """Reads as the desk does: poll after poll, with the cursor of the one before, and keeps what it saw last."""

    def __init__(self, ghost, client, *, address=None, **facts):
        self.ghost, self.client, self.facts = ghost, client, facts
        self.address = address or f"{ghost['URL']}/"
        self.cursor, self.items, self.steps = {}, {}, 0
        self.later = timedelta()

    def session(self, **credentials):
        given = {"key": self.ghost["ADMIN_API_KEY"], **credentials}
        now = datetime.now(UTC) + self.later
        return ChannelSession(
            client=self.client, address=self.address, credentials=given, facts=self.facts, now=now
        )  # fmt: skip

    async def poll(self, *, most_steps=None):
        """How many payloads came."""
        count = steps = 0
        async for fetched in connector.fetch(self.session(), self.cursor):
            for payload in fetched.payloads:
                parsed = connector.parse(payload)
                assert parsed.problems == ()
                for item in parsed.items:
                    kept = self.items.get(item.remote_id)
                    is_status_only = kept is not None and item.facts.get("status_only")
                    self.items[item.remote_id] = (kept[0], item.status) if is_status_only else (item, item.status)
                count += 1
            self.cursor = fetched.cursor
            steps += 1
            if steps == most_steps:
                break
        return count

    async def read_all(self):
        for _ in range(3):
            await self.poll()

    def status(self, remote_id):
        return self.items[remote_id][1] if remote_id in self.items else None


@pytest.fixture
def desk(ghost, client):
    return Desk(ghost, client)


async def test_site_is_recognised_by_its_page_and_by_its_api(ghost, keeper):
    async with HttpClient(ClientOptions(allowed_private_hosts=frozenset({"127.0.0.1"}))) as client:
        for place in ("", "coming-soon/", "ghost/api/admin/site/"):
            first = (await look_at(f"{ghost['URL']}/{place}", client))[0]
            assert (first.slug, first.address, first.name) == ("ghost", f"{ghost['URL']}/", "Test site")


async def test_check_tells_whose_site_it_is_and_what_may_be_done(desk, house):
    account = await connector.check(desk.session())
    assert account.name == "Test site" and account.can == frozenset(connector.acts) - {Can.REPLY}
    assert "default-newsletter=Test site" in account.facts["newsletters"] and account.facts["version"].startswith("6.")
    answering = await connector.check(desk.session(member=EMAIL.upper()))
    assert answering.can == frozenset(connector.acts) and answering.facts["member_id"] == house["id"]
    with pytest.raises(FieldMissing):
        await connector.check(desk.session(member="nobody'or'@example.test"))


@pytest.mark.parametrize("key", ["", "abc", "6b03eacaa4b33a0ec0de2600:" + "ab" * 32])
async def test_wrong_key_is_told_as_such(desk, key):
    with pytest.raises(CredentialsRejected):
        await connector.check(desk.session(key=key))


async def test_key_with_another_secret_is_told_as_such(desk, ghost):
    number = ghost["ADMIN_API_KEY"].partition(":")[0]
    with pytest.raises(CredentialsRejected):
        await connector.check(desk.session(key=f"{number}:{'ab' * 32}"))


async def test_clocks_that_disagree_are_named(desk, monkeypatch):
    monkeypatch.setattr("parvis.connectors.ghost.site.time.time", lambda: datetime.now(UTC).timestamp() - 3_600)
    with pytest.raises(RemoteError, match="clock"):
        await connector.check(desk.session())


async def test_articles_and_comments_are_read_with_who_and_where(desk, keeper, anna, house):
    desk.facts["member_id"] = house["id"]
    post = keeper.post(
        "L’été & <em>nous</em>",
        "<p>Bonjour &amp; merci</p>",
        feature_image=f"{desk.address}a.png",
        feature_image_alt="Un lac",
    )
    first = keeper.comment(anna, "<p>Erste Zeile<br>zweite &amp; mehr</p>", post_id=post["id"])
    second = keeper.comment(house, "<p>Merci</p>", parent_id=first["id"])
    third = keeper.comment(anna, "<p>Bitte</p>", parent_id=first["id"], in_reply_to_id=second["id"])
    await desk.read_all()
    article, _ = desk.items[f"post:{post['id']}"]
    assert (article.kind, article.title, article.status) == (Kind.ARTICLE, "L’été & <em>nous</em>", Status.PUBLISHED)
    assert article.media[0].alt == "Un lac" and article.author.is_house and article.published_at.tzinfo is UTC
    one, two, three = (desk.items[f"comment:{row['id']}"][0] for row in (first, second, third))
    assert one.author.name == "Anna" and not one.author.is_house and two.author.is_house
    assert one.about_id == two.about_id == article.remote_id and one.parent_id == ""
    assert (two.parent_id, three.parent_id) == (one.remote_id, two.remote_id)
    assert one.url == f"{post['url']}#ghost-comments-{first['id']}" and "zweite" in one.body
    assert "example.test" not in repr(one)
    about = [item for item, _ in desk.items.values() if item.kind is Kind.PAGE]
    assert "About this site" in {item.title for item in about}


async def test_what_changes_there_is_read_at_the_next_poll(desk, keeper, anna):
    post = keeper.post("First title")
    comments = [keeper.comment(anna, f"<p>No. {number}</p>", post_id=post["id"]) for number in range(4)]
    draft, doomed = keeper.post("A draft", status="draft"), keeper.post("Doomed")
    await desk.read_all()
    hidden, deleted, answered, shown = (f"comment:{row['id']}" for row in comments)
    assert desk.status(f"post:{draft['id']}") is Status.HELD and desk.status(hidden) is Status.PUBLISHED
    await asyncio.sleep(1.1)
    keeper.change("posts", post, title="Second title")
    keeper.change("posts", draft, status="published")
    keeper.ask("DELETE", f"posts/{doomed['id']}/")
    keeper.set_status(comments[0]["id"], "hidden")
    keeper.set_status(comments[1]["id"], "deleted")
    keeper.comment(anna, "<p>Answer</p>", parent_id=comments[2]["id"])
    keeper.set_status(comments[2]["id"], "deleted")
    new = keeper.comment(anna, "<p>New</p>", post_id=post["id"])
    await desk.poll()
    assert desk.items[f"post:{post['id']}"][0].title == "Second title"
    assert desk.status(f"post:{draft['id']}") is Status.PUBLISHED
    assert desk.status(hidden) is Status.HELD and desk.status(shown) is Status.PUBLISHED
    assert desk.status(deleted) is Status.DELETED and desk.status(answered) is Status.DELETED
    assert desk.status(f"comment:{new['id']}") is Status.PUBLISHED
    desk.later = timedelta(minutes=11)
    await desk.poll()
    assert desk.status(f"post:{doomed['id']}") is Status.DELETED


async def test_quiet_site_brings_nothing_twice(desk, keeper, anna):
    keeper.comment(anna, "<p>Once</p>", post_id=keeper.post("Quiet")["id"])
    await desk.read_all()
    assert await desk.poll() == 0
    desk.later = timedelta(minutes=11)
    assert await desk.poll() > 0  # in case something else was heard elsewhere meanwhile


async def test_reading_that_breaks_off_goes_on_where_it_was(ghost, client, keeper, anna, monkeypatch):
    """In pages of three, a few steps at a time; one answer of each run is lost."""
    monkeypatch.setattr(importlib.import_module("parvis.connectors.ghost.fetch"), "PAGE", 3)
    post = keeper.post("Long")
    wanted = [keeper.comment(anna, f"<p>No. {number}</p>", post_id=post["id"])["id"] for number in range(7)]
    with Relay(ghost["URL"]) as relay:
        desk = Desk(ghost, client, address=f"{relay.url}/")
        while not {f"comment:{one}" for one in wanted} <= set(desk.items):
            relay.fail("GET", "/comments/", "broken before")
            with contextlib.suppress(RemoteError):
                await desk.poll(most_steps=4)
            relay._faults.clear()
            await desk.poll(most_steps=4)
            assert len(relay.asked) < 2_000
    keeper.set_status(wanted[0], "hidden")
    desk.address = f"{ghost['URL']}/"
    for _ in range(60):
        await desk.poll()
        if desk.status(f"comment:{wanted[0]}") is Status.HELD:
            break
    assert desk.status(f"comment:{wanted[0]}") is Status.HELD


async def test_first_look_shows_the_newest(desk, keeper, anna):
    comment = keeper.comment(anna, "<p>The newest</p>", post_id=keeper.post("Look")["id"])
    items = [
        item
        async for step in connector.newest(desk.session())
        for one in step.payloads
        for item in connector.parse(one).items
    ]
    assert items[0].remote_id == f"comment:{comment['id']}" and {item.kind for item in items} >= {
        Kind.ARTICLE,
        Kind.PAGE,
    }


def order(can, number, text="", key=None, written_at=None):
    return Order(
        key=key or str(uuid.uuid4()),
        can=can,
        target=Target(remote_id=f"comment:{number}", kind=Kind.COMMENT),
        text=text,
        written_at=written_at or datetime.now(UTC),
    )


async def test_comment_is_hidden_shown_and_deleted_and_twice_is_once(desk, keeper, anna):
    number = keeper.comment(anna, "<p>x</p>", post_id=keeper.post("Acts")["id"])["id"]

    def there():
        return keeper.ask("GET", f"comments/{number}/")["comments"][0]["status"]

    for can, told in ((Can.HOLD, "hidden"), (Can.APPROVE, "published"), (Can.DELETE, "deleted")):
        for _ in range(2):
            done = await connector.acts[can].perform(desk.session(), order(can, number))
            assert there() == told and done.status is connector.acts[can].leads_to
    gone = order(Can.DELETE, "f" * 24)
    assert (await connector.acts[Can.DELETE].perform(desk.session(), gone)).status is Status.DELETED
    with pytest.raises(RemoteGone):
        await connector.acts[Can.HOLD].perform(desk.session(), order(Can.HOLD, "f" * 24))


async def test_comment_is_answered_once_in_the_name_of_the_house(desk, keeper, anna, house):
    desk.facts["member_id"] = house["id"]
    post = keeper.post("Answers")
    root = keeper.comment(anna, "<p>Question?</p>", post_id=post["id"])
    act = connector.acts[Can.REPLY]
    asked = order(Can.REPLY, root["id"], "Merci « beaucoup » & 1 < 2\nhttps://example.org/a?x=1&y=2\n\n<b>")
    assert await act.settle.find(desk.session(), asked) is None
    done = await act.perform(desk.session(), asked)
    found = await act.settle.find(desk.session(), asked)
    assert found is not None and found.remote_id == done.remote_id and found.url == done.url
    (item,) = connector.parse(done.payloads[0]).items
    assert item.remote_id == done.remote_id and item.author.is_house and item.parent_id == f"comment:{root['id']}"
    assert "&lt;b&gt;" in item.body and "1 &lt; 2" in item.body and item.about_id == f"post:{post['id']}"
    assert connector.parse(found.payloads[0]).items[0].parent_id == item.parent_id
    nested = order(Can.REPLY, item.remote_id.partition(":")[2], "Encore")
    below = await act.perform(desk.session(), nested)
    assert connector.parse(below.payloads[0]).items[0].parent_id == item.remote_id
    assert await act.settle.find(desk.session(), order(Can.REPLY, root["id"], "Other words")) is None
    later = order(Can.REPLY, root["id"], asked.text, written_at=datetime.now(UTC) + timedelta(hours=1))
    assert await act.settle.find(desk.session(), later) is None


async def test_answer_wants_a_member_and_a_comment_that_is_shown(desk, keeper, anna, house):
    root = keeper.comment(anna, "<p>Question?</p>", post_id=keeper.post("Refused")["id"])
    with pytest.raises(RightMissing, match="member"):
        await connector.acts[Can.REPLY].perform(desk.session(), order(Can.REPLY, root["id"], "x"))
    desk.facts["member_id"] = house["id"]
    keeper.set_status(root["id"], "hidden")
    with pytest.raises(Conflict):
        await connector.acts[Can.REPLY].perform(desk.session(), order(Can.REPLY, root["id"], "x"))
