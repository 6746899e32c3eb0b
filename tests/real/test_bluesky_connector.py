"""The Bluesky connector on a real network: profile, search, mentions, answers, and the firehose in real workers."""

import asyncio
import json
import signal
import time
import uuid
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest
from tests.real.record_bluesky import Network
from tests.worker.box import drop_template, make_template, opened_box, slowness, stop, wait_until
from tests.worker.test_streams import LAUNCHER

from parvis.channels.models import Channel, Envelope, Item
from parvis.connectors.bluesky import connector
from parvis.connectors.bluesky.service import _signed_in
from parvis.core.connector import Can, Order, Target
from parvis.core.errors import CredentialsRejected, RemoteGone, RightMissing
from parvis.core.types import Kind, Status
from parvis.net import ChannelSession, ClientOptions, HttpClient
from parvis.testing.cast import make_cast
from parvis.testing.factories import make_channel

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture
def network(bluesky):
    return Network(bluesky)


@pytest.fixture
async def client():
    async with HttpClient(ClientOptions(allowed_private_hosts=frozenset({"127.0.0.1", "localhost"}))) as opened:
        yield opened


@pytest.fixture
def session_of(bluesky, client):
    def make(source, *, who="", address="", **facts):
        credentials = {"identifier": bluesky[f"{who}_HANDLE"], "app_password": bluesky["PASSWORD"]} if who else {}
        return ChannelSession(
            client=client,
            address=address or f"{bluesky['PDS']}/",
            credentials=credentials,
            facts={"source": source, "view": bluesky["APPVIEW"], **facts},
            now=datetime.now(UTC),
        )

    return make


class Desk:
    """What the desk would have stored: the newest record of each id, and the cursor."""

    def __init__(self, session):
        self.session, self.cursor, self.items, self.problems = session, {}, {}, []

    async def read(self):
        async with aclosing(connector.fetch(self.session, self.cursor)) as reading:
            async for fetched in reading:
                self.cursor = json.loads(json.dumps(fetched.cursor))
                for parsed in map(connector.parse, fetched.payloads):
                    self.problems += parsed.problems
                    self.items |= {item.remote_id: item for item in parsed.items}
        return self


async def eventually(desk, holds):
    """The view lags the server by a second or so."""
    for _ in range(720):
        await desk.read()
        if holds():
            return
        await asyncio.sleep(0.25)
    raise AssertionError("it did not come true")


def order(can, item, text="", key=None):
    target = Target(remote_id=item.remote_id, kind=item.kind, facts=item.facts)
    return Order(key=key or str(uuid.uuid4()), can=can, target=target, text=text, written_at=datetime.now(UTC))


async def recognised(client, address):
    return connector.recognise(await client.request("GET", address, accept_statuses=frozenset({400, 426, 501})))


async def test_server_offers_an_account_and_its_firehose(bluesky, client):
    found = await recognised(client, f"{bluesky['PDS']}/")
    assert [one.facts["source"] for one in found] == ["account", "firehose"]
    assert await recognised(client, f"{bluesky['APPVIEW']}/") == []
    view = f"{bluesky['APPVIEW']}/xrpc/app.bsky.feed"
    (feed,) = await recognised(client, f"{view}.getAuthorFeed?actor=alice.test")
    assert (feed.facts["actor"], feed.facts["view"]) == ("alice.test", bluesky["APPVIEW"])
    (search,) = await recognised(client, f"{view}.searchPosts?q=parvis")
    assert (search.facts["words"], search.facts["view"]) == ("parvis", bluesky["APPVIEW"])


async def test_check_tells_who_we_are(bluesky, session_of):
    account = await connector.check(session_of("account", who="BRAND"))
    assert account.name == "@acme-shop.test" and account.facts["did"] == bluesky["BRAND_DID"]
    assert account.can == frozenset(connector.acts)
    feed = await connector.check(session_of("feed", actor="alice.test"))
    assert feed.facts["actor"] == bluesky["MEMBER_DID"] and feed.can == frozenset()
    assert (await connector.check(session_of("firehose"))).can == frozenset()
    with pytest.raises(RemoteGone):
        await connector.check(session_of("feed", actor="nobody.test"))
    with pytest.raises(CredentialsRejected):
        await connector.check(session_of("account"))


async def test_wrong_password_is_refused_in_words(bluesky, session_of):
    session = session_of("account", who="BRAND")
    wrong = ChannelSession(
        client=session.client,
        address=session.address,
        credentials={**session.credentials, "app_password": "wrong"},
        facts=session.facts,
        now=session.now,
    )
    with pytest.raises(CredentialsRejected):
        await connector.check(wrong)


async def test_sign_in_is_asked_for_once_and_again_when_the_server_forgot_it(session_of):
    session = session_of("account", who="BRAND")
    await connector.check(session)
    (key,) = [key for key, who in _signed_in.items() if who.handle == "acme-shop.test"]
    before = _signed_in[key]
    await Desk(session).read()
    assert _signed_in[key] is before
    _signed_in[key] = type(before)(before.did, before.handle, "forgotten", before.refresh, before.good_until)
    assert (await Desk(session).read()).problems == []
    after = _signed_in[key]
    past = datetime.now(UTC) - timedelta(minutes=1)
    _signed_in[key] = type(after)(after.did, after.handle, after.access, after.refresh, past)
    await Desk(session).read()
    assert _signed_in[key].good_until > datetime.now(UTC)


async def test_profile_is_read_with_changes_and_deletions(network, bluesky, session_of):
    first, second = network.post("MEMBER", "one"), network.post("MEMBER", "two")
    desk = Desk(session_of("feed", actor=bluesky["MEMBER_DID"]))
    await eventually(desk, lambda: {first["uri"], second["uri"]} <= desk.items.keys())
    network.delete("MEMBER", first["uri"])
    await eventually(desk, lambda: desk.items[first["uri"]].status is Status.DELETED)
    assert desk.items[second["uri"]].status is Status.PUBLISHED and desk.problems == []


async def test_search_finds_what_the_view_finds(network, session_of):
    word = f"word{uuid.uuid4().hex[:8]}"
    post = network.post("MEMBER", f"about {word}")
    desk = Desk(session_of("search", words=word))
    await eventually(desk, lambda: set(desk.items) == {post["uri"]})


async def test_account_hears_answers_and_mentions_and_answers_once(network, bluesky, session_of):
    own = network.post("BRAND", "Our programme")
    answer = network.post("MEMBER", "When does it begin?", reply={"root": own, "parent": own})
    text = "ask @acme-shop.test"
    facet = network.mention(text, "@acme-shop.test", bluesky["BRAND_DID"])
    mention = network.post("MEMBER", text, facets=[facet])
    session = session_of("account", who="BRAND")
    desk = Desk(session)
    await eventually(desk, lambda: {own["uri"], answer["uri"], mention["uri"]} <= desk.items.keys())
    assert desk.items[own["uri"]].author.is_house
    said, named = desk.items[answer["uri"]], desk.items[mention["uri"]]
    assert (said.kind, said.about_id, named.kind) == (Kind.COMMENT, own["uri"], Kind.MENTION)

    given = order(Can.REPLY, said, "At eight. https://example.org #tonight")
    act = connector.acts[Can.REPLY].perform
    done, again = await act(session, given), await act(session, given)
    assert done.remote_id == again.remote_id and done.remote_id.startswith(f"at://{bluesky['BRAND_DID']}/")
    await eventually(desk, lambda: done.remote_id in desk.items)
    ours = [item for item in desk.items.values() if item.parent_id == answer["uri"]]
    assert [item.about_id for item in ours] == [own["uri"]]
    assert 'href="https://example.org"' in ours[0].body and ours[0].facts["tags"] == ["tonight"]

    with pytest.raises(RightMissing):
        await connector.acts[Can.DELETE].perform(session, order(Can.DELETE, said))
    gone = order(Can.DELETE, ours[0])
    assert await connector.acts[Can.DELETE].settle.find(session, gone) is None
    await connector.acts[Can.DELETE].perform(session, gone)
    assert (await connector.acts[Can.DELETE].settle.find(session, gone)).status is Status.DELETED


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
def firehose(box, bluesky):
    """A source on the network, of which the worker's sieve keeps what says "parvis"."""
    address = f"{bluesky['PDS']}/xrpc/com.atproto.sync.subscribeRepos"
    now = datetime.now(UTC)
    return make_channel(
        make_cast().news,
        connector="bluesky",
        address=address,
        facts={"source": "firehose"},
        opens_conversations=[],
        next_sync_at=now,
    )


def is_listening():
    wait_until(lambda: Channel.objects.get().cursor.get("seq") or Channel.objects.get().last_success_at, what="it")


def test_post_on_the_network_is_stored_within_two_seconds(firehose, box, network):
    worker = box.worker(lease_s=2.0, launcher=LAUNCHER)
    is_listening()
    took_s = []
    for number in range(5):
        network.post("MODERATOR", f"nobody looks for this, {number}")
        began_s = time.monotonic()
        uri = network.post("MEMBER", f"parvis is named, {number}")["uri"]
        wait_until(lambda: Item.objects.filter(remote_id=uri).exists(), what="the post")  # noqa: B023
        took_s.append(time.monotonic() - began_s)
    assert max(took_s) < 2.0 * slowness(), took_s
    assert (Item.objects.count(), Envelope.objects.count()) == (5, 5)
    assert Item.objects.first().profile.remote_id.startswith("did:plc:")
    network.put("MEMBER", uri, "parvis is named otherwise")
    wait_until(lambda: Item.objects.get(remote_id=uri).text == "parvis is named otherwise", what="the change")
    network.delete("MEMBER", uri)
    wait_until(lambda: Item.objects.get(remote_id=uri).status == "deleted", what="the deletion")
    assert stop(worker) < 5 * slowness()


def test_what_was_posted_while_nobody_listened_is_caught_up_with(firehose, box, network):
    first = box.worker(lease_s=2.0, launcher=LAUNCHER)
    is_listening()
    before = network.post("MEMBER", "parvis, before")["uri"]
    wait_until(lambda: Item.objects.filter(remote_id=before).exists(), what="the first")
    first.send_signal(signal.SIGKILL)
    first.wait(90)
    missed = [network.post("MEMBER", f"parvis, missed {number}")["uri"] for number in range(10)]
    box.worker(lease_s=2.0, launcher=LAUNCHER)
    after = network.post("MEMBER", "parvis, after")["uri"]
    wait_until(lambda: Item.objects.count() >= 12, what="all of them")
    assert set(Item.objects.values_list("remote_id", flat=True)) == {before, *missed, after}


def test_cursor_of_a_network_that_was_set_up_anew_is_forgotten(firehose, box, network):
    Channel.objects.update(cursor={"seq": 10_000_000})
    box.worker(lease_s=2.0, launcher=LAUNCHER)
    wait_until(lambda: Channel.objects.get().cursor.get("seq") != 10_000_000, what="the cursor")
    wait_until(lambda: Channel.objects.get().error is None and Channel.objects.get().leased_by, what="the stream")
    deadline = time.monotonic() + 60
    while not Item.objects.exists() and time.monotonic() < deadline:
        network.post("MEMBER", "parvis, once more")
        time.sleep(1)
    assert Item.objects.exists()
