"""The Matrix connector and the worker's own listening against a real Synapse."""

import asyncio
import json
import signal
import time
import uuid
from datetime import UTC, datetime

import pytest
from tests.real.chat import Writer
from tests.worker.box import drop_template, make_template, opened_box, slowness, stop, wait_until

from parvis.channels.models import OPEN_EFFECT_STATES, Channel, Effect, EffectState, Item
from parvis.channels.opening import look_at, open_channel, preview
from parvis.channels.outbox import order as order_of
from parvis.connectors.matrix import connector
from parvis.core.connector import Can, Order, Target
from parvis.core.errors import CredentialsRejected, NotEncrypted, RightMissing
from parvis.core.types import Status
from parvis.inbox.models import Conversation
from parvis.net.client import HttpClient
from parvis.net.options import ClientOptions
from parvis.testing.cast import make_cast

pytestmark = pytest.mark.real


class Desk:
    """What would be stored of one account's rooms."""

    def __init__(self, client, env):
        self.client, self.env, self.cursor, self.items = client, env, {}, {}
        self.facts = {}

    def session(self, token=None, address=None):
        credentials = {"access_token": token or self.env["BRAND_TOKEN"]}
        return self.client.session(address or self.env["URL"], credentials, facts=self.facts)

    async def poll(self, *, steps=None):
        reading = connector.fetch(self.session(), self.cursor)
        async for fetched in reading:
            self.cursor = json.loads(json.dumps(fetched.cursor))
            self.take(fetched.payloads)
            steps = steps and steps - 1
            if steps == 0:
                await reading.aclose()
                return

    def take(self, payloads):
        for payload in payloads:
            parsed = connector.parse(payload)
            assert parsed.problems == ()
            self.items.update({item.remote_id: item for item in parsed.items})

    async def perform(self, can, item, text="", key=None):
        target = Target(remote_id=item.remote_id, kind=item.kind, about_id=item.about_id, facts=item.facts)
        key = key or str(uuid.uuid4())
        order = Order(key=key, can=can, target=target, text=text, written_at=datetime.now(UTC))
        return await connector.acts[can].perform(self.session(), order)


@pytest.fixture
def member(synapse):
    return Writer(synapse, "member")


@pytest.fixture
async def desk(synapse, client):
    desk = Desk(client, synapse)
    desk.facts = (await connector.check(desk.session())).facts
    return desk


@pytest.fixture
async def room(desk, member):
    """A room that the account was invited to and has joined."""
    room = member.room(f"Room {uuid.uuid4().hex[:8]}", desk.facts["user_id"], topic="Questions")
    await desk.poll()
    await desk.perform(Can.APPROVE, desk.items[f"invite:{room}"])
    await desk.poll()
    return room


async def test_account_is_told_and_a_wrong_token_too(synapse, desk):
    account = await connector.check(desk.session())
    assert account.name == f"brand ({synapse['BRAND_USER']})"
    assert account.facts.items() >= {"user_id": synapse["BRAND_USER"], "upload_bytes": "52428800"}.items()
    assert account.can == frozenset(connector.acts)
    for attempt in (connector.check(desk.session("wrong")), Desk.poll(_with_token(desk, "wrong"))):
        with pytest.raises(CredentialsRejected):
            await attempt
    with pytest.raises(NotEncrypted):
        await connector.check(desk.session(address="http://matrix.example.org"))


def _with_token(desk, token):
    other = Desk(desk.client, {**desk.env, "BRAND_TOKEN": token})
    other.facts = desk.facts
    return other


async def test_homeserver_is_recognised_by_what_it_answers(synapse, client):
    for path in ("/", "/_matrix/client/versions", "/.well-known/matrix/client", "/_matrix/client/v3/nothing"):
        answer = await client.request("GET", synapse["URL"] + path, accept_statuses=frozenset({404}))
        assert [one.address for one in connector.recognise(answer)] == [synapse["URL"]]


async def test_invitation_waits_until_somebody_accepts_it(desk, member):
    room = member.room("Salon ouvert", desk.facts["user_id"], topic="Vos questions")
    await desk.poll()
    invitation = desk.items[f"invite:{room}"]
    assert (invitation.status, invitation.title) == (Status.HELD, "Invitation · Salon ouvert")
    assert invitation.author.name == "member" and f"room:{room}" not in desk.items
    for _ in range(2):
        await desk.perform(Can.APPROVE, invitation, key="accept")
    await desk.poll()
    assert desk.items[f"invite:{room}"].status is Status.PUBLISHED
    assert desk.items[f"room:{room}"].title == "Salon ouvert" and desk.items[f"room:{room}"].body == "Vos questions"


async def test_invitation_is_declined_and_a_room_is_left(desk, member, room):
    other = member.room("Encore un", desk.facts["user_id"])
    await desk.poll()
    for _ in range(2):
        await desk.perform(Can.TRASH, desk.items[f"invite:{other}"])
    await desk.poll()
    assert desk.items[f"invite:{other}"].status is Status.DELETED and f"room:{other}" not in desk.items
    member.ask("POST", "rooms", room, "kick", user_id=desk.facts["user_id"])
    await desk.poll()
    assert desk.items[f"room:{room}"].status is Status.DELETED


async def test_life_of_a_message(desk, member, room):
    first = member.say(room, "Bonjour")
    answer = member.answer(room, first, "Une réponse")
    threaded = member.answer(room, answer, "Dans le fil", thread=first)
    await desk.poll()
    assert desk.items[first].body == "Bonjour" and desk.items[first].about_id == f"room:{room}"
    assert desk.items[first].author.name == "member"
    assert desk.items[answer].parent_id == first and desk.items[threaded].parent_id == first
    edit = member.edit(room, first, "Bonsoir")
    member.redact(room, answer)
    await desk.poll()
    assert desk.items[first].body == "Bonsoir" and desk.items[first].updated_at > desk.items[first].published_at
    assert desk.items[answer].status is Status.DELETED
    member.redact(room, edit)
    await desk.poll()
    assert desk.items[first].body == "Bonjour"


async def test_nothing_is_left_out_when_much_is_said_between_two_readings(desk, member, room):
    member.say(room, "avant")
    await desk.poll()
    for number in range(120):
        member.say(room, f"message {number}")
    await desk.poll(steps=2)
    await desk.poll()
    bodies = [item.body for item in desk.items.values() if item.about_id == f"room:{room}"]
    assert {f"message {number}" for number in range(120)} <= set(bodies)


async def test_encrypted_room_is_said_to_be_unread(desk, member):
    room = member.room("Entre nous", desk.facts["user_id"], is_encrypted=True)
    await desk.poll()
    await desk.perform(Can.APPROVE, desk.items[f"invite:{room}"])
    secret = member.send(room, {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "x"}, "m.room.encrypted")
    await desk.poll()
    told = desk.items[f"room:{room}"]
    assert told.facts == {"encrypted": True} and "ne peut pas lire" in told.body and secret not in desk.items


async def test_room_that_becomes_encrypted_says_so(desk, member, room):
    content = {"algorithm": "m.megolm.v1.aes-sha2"}
    member.ask("PUT", "rooms", room, "state", "m.room.encryption", **content)
    await desk.poll()
    assert desk.items[f"room:{room}"].facts == {"encrypted": True} and "Questions" in desk.items[f"room:{room}"].body


async def test_answer_is_given_once_in_its_thread(desk, member, room):
    first = member.say(room, "Une question ?")
    threaded = member.answer(room, first, "précisément", thread=first)
    await desk.poll()
    key = str(uuid.uuid4())
    done = [await desk.perform(Can.REPLY, desk.items[threaded], "Voilà <1> & 2", key) for _ in range(2)]
    assert done[0].remote_id == done[1].remote_id
    there = member.read(room, done[0].remote_id)["content"]
    assert there["body"] == "Voilà <1> & 2" and there["m.relates_to"]["event_id"] == first
    assert there["m.relates_to"]["m.in_reply_to"]["event_id"] == threaded
    desk.take(done[0].payloads)
    answer = desk.items[done[0].remote_id]
    assert answer.author.is_house and answer.parent_id == threaded and answer.body == "Voilà <1> & 2"


async def test_message_is_taken_away_with_the_power_for_it_and_not_without(desk, member, room):
    theirs = member.say(room, "à retirer")
    await desk.poll()
    with pytest.raises(RightMissing):
        await desk.perform(Can.DELETE, desk.items[theirs])
    done = await desk.perform(Can.REPLY, desk.items[theirs], "de nous")
    desk.take(done.payloads)
    ours = desk.items[done.remote_id]
    key = str(uuid.uuid4())
    for _ in range(2):
        assert (await desk.perform(Can.DELETE, ours, key=key)).status is Status.DELETED
    assert member.read(room, ours.remote_id)["content"] == {}
    levels = member.ask("GET", "rooms", room, "state", "m.room.power_levels")
    levels["users"] = {**levels.get("users", {}), desk.facts["user_id"]: 50}
    member.ask("PUT", "rooms", room, "state", "m.room.power_levels", **levels)
    await desk.perform(Can.DELETE, desk.items[theirs])
    await desk.poll()
    assert desk.items[theirs].status is Status.DELETED and desk.items[ours.remote_id].status is Status.DELETED


@pytest.fixture(scope="module")
def _template(tmp_path_factory):
    template = make_template(tmp_path_factory.mktemp("template"))
    yield template
    drop_template(template)


@pytest.fixture
def box(_template, tmp_path, django_db_blocker):
    with django_db_blocker.unblock(), opened_box(_template, tmp_path) as box:
        yield box


async def _recognised(env):
    async with HttpClient(ClientOptions(allowed_private_hosts=frozenset({"127.0.0.1"}))) as client:
        recognition = (await look_at(env["URL"], client))[0]
        token = {"access_token": env["BRAND_TOKEN"]}
        return recognition, token, await preview(recognition, token, client, now=datetime.now(UTC))


@pytest.fixture
def channel(box, synapse):
    """Opened as people open it."""
    people = make_cast()
    recognition, token, seen = asyncio.run(_recognised(synapse))
    assert recognition.slug == "matrix" and seen.problem_count == 0
    now = datetime.now(UTC)
    channel = open_channel(people.olive, recognition, token, department=people.news, now=now, account=seen.account)
    channel.people = people
    return channel


def joined_room(channel, member, user_id):
    """Accepted through the outbox, by a person's order and a worker."""
    room = member.room(f"Room {uuid.uuid4().hex[:8]}", user_id)
    invitations = Item.objects.filter(channel=channel, remote_id=f"invite:{room}")
    wait_until(invitations.exists, what="the invitation")
    order_of(invitations.get(), Can.APPROVE, member=channel.people.camille, now=datetime.now(UTC))
    wait_until(Item.objects.filter(channel=channel, remote_id=f"room:{room}").exists, what="the room")
    return room


@pytest.mark.slow
def test_message_is_stored_by_the_worker_within_two_seconds_and_answered(box, channel, synapse, member):
    worker = box.worker(lease_s=60)
    room = joined_room(channel, member, synapse["BRAND_USER"])
    took_s = []
    for number in range(5):
        said = member.say(room, f"Écoutez-vous ? {number}")
        began_s = time.monotonic()
        wait_until(Item.objects.filter(channel=channel, remote_id=said).exists, what="the message")
        took_s.append(time.monotonic() - began_s)
    assert sorted(took_s)[2] < 2.0 * slowness(), took_s
    item = Item.objects.get(channel=channel, remote_id=said)
    wait_until(Conversation.objects.filter(root=item).exists, what="the conversation")
    order_of(item, Can.REPLY, member=channel.people.camille, now=datetime.now(UTC), text="Oui.")
    wait_until(Item.objects.filter(channel=channel, parent=item, text="Oui.").exists, what="the answer")
    member.redact(room, said)
    wait_until(lambda: Item.objects.get(pk=item.pk).status == Status.DELETED, what="the redaction")
    stop(worker)
    assert Item.objects.filter(parent=item, text="Oui.").count() == 1
    assert Channel.objects.get(pk=channel.pk).error is None


@pytest.mark.slow
@pytest.mark.parametrize("step", ["deliver.before_call", "deliver.after_call"])
def test_answer_is_given_once_wherever_the_worker_died(step, box, channel, synapse, member):
    first = box.worker(lease_s=60)
    room = joined_room(channel, member, synapse["BRAND_USER"])
    asked = member.say(room, "Une question ?")
    wait_until(Item.objects.filter(channel=channel, remote_id=asked).exists, what="the question")
    stop(first)
    said = f"Une réponse {uuid.uuid4()}"
    item = Item.objects.get(channel=channel, remote_id=asked)
    order_of(item, Can.REPLY, member=channel.people.camille, now=datetime.now(UTC), text=said)
    assert box.worker(lease_s=20, die_at=step).wait(90) == -signal.SIGKILL
    Effect.objects.filter(state=EffectState.SENDING).update(leased_until=datetime.now(UTC))
    heir = box.worker(lease_s=60)
    wait_until(lambda: not Effect.objects.filter(state__in=OPEN_EFFECT_STATES).exists(), what="the order")
    stop(heir)
    assert [event["content"].get("body") for event in member.history(room)].count(said) == 1
    assert Effect.objects.get(can="reply").state == EffectState.DONE
