"""The Mastodon connector against mastodon-mock: a stand-in by others, which is not Mastodon and proves nothing of it."""

import json
import signal
import time
import uuid
from contextlib import aclosing
from datetime import UTC, datetime

import pytest
from tests.real.record_mastodon import Instance
from tests.worker.box import drop_template, make_template, opened_box, slowness, stop, wait_until
from tests.worker.test_streams import LAUNCHER

from parvis.channels.models import Channel, Item
from parvis.channels.vault import seal
from parvis.connectors.mastodon import connector
from parvis.core.connector import Can, Order, Target
from parvis.core.errors import CredentialsRejected, RemoteGone, RightMissing, TextTooLong
from parvis.core.types import Kind, Status
from parvis.net import ChannelSession
from parvis.testing.cast import make_cast
from parvis.testing.factories import make_channel

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture
def instance(mastodon):
    return Instance(mastodon)


@pytest.fixture
def session_of(mastodon, client):
    def make(source, *, who="", **facts):
        return ChannelSession(
            client=client,
            address=f"{mastodon['URL']}/",
            credentials={"token": mastodon[f"{who}_TOKEN"]} if who else {},
            facts={"source": source, **facts},
            now=datetime.now(UTC),
        )

    return make


@pytest.fixture
def house(instance, session_of):
    own = instance.account("BRAND")["id"]
    return session_of("mentions", who="BRAND", account_id=own, signed_in="1")


class Desk:
    """What the desk would have stored, and the cursor."""

    def __init__(self, session):
        self.session, self.cursor, self.items, self.problems, self.steps = session, {}, {}, [], 0

    async def read(self):
        async with aclosing(connector.fetch(self.session, self.cursor)) as reading:
            async for fetched in reading:
                self.cursor = json.loads(json.dumps(fetched.cursor))
                self.steps += 1
                self.take(fetched.payloads)
        return self

    def take(self, payloads):
        for parsed in map(connector.parse, payloads):
            self.problems += parsed.problems
            self.items |= {item.remote_id: item for item in parsed.items}


def key(status):
    return f"status:{status['id']}"


def order(can, item, text="", key=None):
    target = Target(remote_id=item.remote_id, kind=item.kind, facts=item.facts)
    return Order(key=key or str(uuid.uuid4()), can=can, target=target, text=text, written_at=datetime.now(UTC))


async def test_instance_is_recognised(mastodon, client):
    found = connector.recognise(await client.request("GET", f"{mastodon['URL']}/api/v2/instance"))
    assert [one.facts["source"] for one in found] == ["mentions", "public", "public"]
    page = await client.request("GET", f"{mastodon['URL']}/@member", accept_statuses=frozenset({404}))
    assert [one.facts["source"] for one in connector.recognise(page)] == ["account", "mentions"]


async def test_check_tells_who_we_are(session_of):
    account = await connector.check(session_of("mentions", who="BRAND"))
    assert account.name == "@brand" and account.can == frozenset(connector.acts)
    assert (account.facts["signed_in"], account.facts["max_characters"]) == ("1", "500")
    assert (await connector.check(session_of("public"))).can == frozenset()
    named = await connector.check(session_of("account", acct="member"))
    assert named.facts["account_id"] and "signed_in" not in named.facts
    with pytest.raises(CredentialsRejected):
        await connector.check(session_of("mentions"))
    with pytest.raises(RemoteGone):
        await connector.check(session_of("account", acct="nobody"))


async def test_long_timeline_is_read_from_where_it_stopped(instance, session_of):
    desk = await Desk(session_of("public")).read()
    posted = [key(instance.post("MEMBER", f"number {number}")) for number in range(95)]
    await desk.read()
    assert set(posted) <= desk.items.keys() and desk.problems == []
    steps = desk.steps
    await desk.read()
    assert desk.steps == steps + 1


async def test_changes_and_deletions_are_found_in_the_newest_page(instance, session_of):
    kept, gone = instance.post("MEMBER", "first words"), instance.post("MEMBER", "said too soon")
    desk = await Desk(session_of("public")).read()
    instance.edit("MEMBER", kept["id"], "other words")
    instance.delete("MEMBER", gone["id"])
    await desk.read()
    assert "other words" in desk.items[key(kept)].body and desk.items[key(kept)].updated_at is not None
    assert desk.items[key(gone)].status is Status.DELETED


async def test_hashtag_and_account_bring_their_own_posts_alone(instance, session_of):
    tag = f"tag{uuid.uuid4().hex[:8]}"
    with_tag, without = instance.post("MEMBER", f"about #{tag}"), instance.post("TROLL", "about nothing")
    desk = await Desk(session_of("tag", tag=tag)).read()
    assert set(desk.items) == {key(with_tag)}
    troll = await Desk(session_of("account", account_id=instance.account("TROLL")["id"])).read()
    assert key(without) in troll.items and key(with_tag) not in troll.items


async def test_account_hears_what_is_said_to_it_and_answers_once(instance, house):
    own = instance.post("BRAND", "Our programme")
    answer = instance.post("MEMBER", "@brand when?", in_reply_to_id=own["id"], spoiler_text="time")
    direct = instance.post("TROLL", "@brand psst", visibility="direct")
    desk = await Desk(house).read()
    said, hidden = desk.items[key(answer)], desk.items[key(direct)]
    assert desk.items[key(own)].author.is_house and said.parent_id == key(own)
    assert (said.kind, hidden.kind, said.title) == (Kind.COMMENT, Kind.MESSAGE, "time")

    act = connector.acts[Can.REPLY]
    given = order(Can.REPLY, said, "At eight: https://example.org/long")
    assert await act.settle.find(house, given) is None
    done, again = await act.perform(house, given), await act.perform(house, given)
    assert done.remote_id == again.remote_id
    found = await act.settle.find(house, given)
    assert found.remote_id == done.remote_id
    assert await act.settle.find(house, order(Can.REPLY, said, "At nine")) is None
    (ours,) = connector.parse(done.payloads[0]).items
    assert (ours.parent_id, ours.title, "@member" in ours.body) == (key(answer), "time", True)
    private = connector.parse((await act.perform(house, order(Can.REPLY, hidden, "Psst"))).payloads[0]).items[0]
    assert private.facts["visibility"] == "direct"
    with pytest.raises(TextTooLong):
        await act.perform(house, order(Can.REPLY, said, "x" * 501))


async def test_own_post_is_deleted_and_no_other(instance, house):
    own, other = instance.post("BRAND", "said too soon"), instance.post("MEMBER", "@brand mine")
    desk = await Desk(house).read()
    act = connector.acts[Can.DELETE]
    with pytest.raises(RightMissing):
        await act.perform(house, order(Can.DELETE, desk.items[key(other)]))
    gone = order(Can.DELETE, desk.items[key(own)])
    assert await act.settle.find(house, gone) is None
    assert (await act.perform(house, gone)).status is Status.DELETED
    assert not instance.is_there(own["id"]) and instance.is_there(other["id"])
    assert (await act.settle.find(house, gone)).status is Status.DELETED
    assert (await act.perform(house, gone)).status is Status.DELETED


@pytest.fixture(scope="module")
def _template(tmp_path_factory):
    template = make_template(tmp_path_factory.mktemp("template"))
    yield template
    drop_template(template)


@pytest.fixture
def box(_template, tmp_path, django_db_blocker):
    with django_db_blocker.unblock(), opened_box(_template, tmp_path) as box:
        yield box


@pytest.fixture
def open_channel(box, mastodon, instance):
    def make(source, **facts):
        return make_channel(
            make_cast().news,
            connector="mastodon",
            address=f"{mastodon['URL']}/",
            facts={"source": source, "signed_in": "1", "streaming": mastodon["URL"], **facts},
            sealed_credentials=seal({"token": mastodon["BRAND_TOKEN"]}),
            interval_s=60,
            next_sync_at=datetime.now(UTC),
        )

    return make


def is_listening():
    """The stream stands once the lease is that of a stream."""
    wait_until(
        lambda: (row := Channel.objects.get()).leased_until and row.next_sync_at == row.leased_until, what="the stream"
    )


def seconds_until_stored(write):
    posted = key(write())
    began_s = time.monotonic()
    wait_until(lambda: Item.objects.filter(remote_id=posted).exists(), what="the post")
    return time.monotonic() - began_s


@pytest.mark.parametrize(
    ("source", "facts", "text"),
    [
        ("public", {"scope": "local"}, "for all"),
        ("tag", {"tag": "parvis"}, "about #parvis"),
        ("mentions", {}, "@brand hey"),
    ],
)
def test_post_is_stored_within_two_seconds(open_channel, box, instance, source, facts, text):
    own = {"account_id": instance.account("BRAND")["id"]} if source == "mentions" else {}
    open_channel(source, **facts, **own)
    worker = box.worker(lease_s=3.0, launcher=LAUNCHER)
    is_listening()
    took_s = [seconds_until_stored(lambda: instance.post("MEMBER", f"{text} {uuid.uuid4()}")) for _ in range(4)]
    assert max(took_s) < 2.0 * slowness(), took_s
    assert stop(worker) < 5 * slowness()


def test_changes_and_deletions_come_by_the_stream(open_channel, box, instance):
    open_channel("public", scope="local")
    box.worker(lease_s=3.0, launcher=LAUNCHER)
    is_listening()
    number = instance.post("MEMBER", "first words")["id"]
    item = Item.objects.filter(remote_id=f"status:{number}")
    wait_until(item.exists, what="the post")
    instance.edit("MEMBER", number, "other words")
    wait_until(lambda: item.get().text == "other words", what="the change")
    instance.delete("MEMBER", number)
    wait_until(lambda: item.get().status == "deleted", what="the deletion")


def test_what_was_posted_while_the_worker_was_dead_is_caught_up_with(open_channel, box, instance):
    open_channel("public", scope="local")
    first = box.worker(lease_s=2.0, launcher=LAUNCHER)
    is_listening()
    seconds_until_stored(lambda: instance.post("MEMBER", "before"))
    first.send_signal(signal.SIGKILL)
    first.wait(90)
    missed = [key(instance.post("MEMBER", f"missed {number}")) for number in range(60)]
    box.worker(lease_s=2.0, launcher=LAUNCHER)
    wait_until(lambda: Item.objects.filter(remote_id__in=missed).count() == 60, what="all of them")
    assert seconds_until_stored(lambda: instance.post("MEMBER", "after")) < 20
