"""Posts in the rooms of a real Synapse: they arrive whole, once, whatever breaks on the way; changed and taken away."""

import signal
import urllib.parse
import urllib.request
import uuid
from datetime import UTC, datetime

import msgspec
import pytest
from tests.real.chat import Writer
from tests.real.publishing import deliver, deliver_all, hurry, order_post, parts_of, picture, states
from tests.real.relay import Relay
from tests.worker.box import drop_template, make_template, opened_box, stop, wait_until

from parvis.channels.chains import order_parts
from parvis.channels.models import OPEN_EFFECT_STATES, Attempt, Effect, EffectState, Item
from parvis.channels.vault import seal
from parvis.connectors.matrix import connector, saying
from parvis.connectors.matrix.publishing import LONGEST_BYTES
from parvis.core.connector import NO_TARGET, Can, Order
from parvis.core.errors import Refused, RightMissing
from parvis.core.post import Content, Part, Poll
from parvis.core.types import Status
from parvis.testing.cast import make_cast
from parvis.testing.factories import make_channel

pytestmark = [pytest.mark.real, pytest.mark.slow]
SENDING = ("PUT", r"/send/m\.room\.message/")
UPLOADING = ("POST", r"/media/v3/upload")


@pytest.fixture
def brand(synapse):
    return Writer(synapse, "brand")


@pytest.fixture
def member(synapse):
    return Writer(synapse, "member")


@pytest.fixture
def room(member, brand):
    return room_of(member, brand)


def room_of(member, brand, **fields):
    room = member.room(f"Room {uuid.uuid4().hex[:8]}", brand.user_id, **fields)
    brand.ask("POST", "rooms", room, "join")
    return room


@pytest.fixture
def relay(synapse):
    with Relay(synapse["URL"]) as running:
        yield running


def channel_at(url, brand, room, department):
    return make_channel(
        department,
        connector="matrix",
        address=url,
        facts={"user_id": brand.user_id, "room": room},
        sealed_credentials=seal({"access_token": brand.token}),
        can=[can.value for can in connector.acts],
    )


@pytest.fixture
def channel(db, relay, brand, room, tmp_path, settings):
    settings.DATA_DIR = tmp_path
    return channel_at(relay.url, brand, room, make_cast().news)


def said_in(member, room, mark=""):
    """What stands in the room, oldest first, as one of its members reads it."""
    rows = [event for event in reversed(member.history(room)) if event["type"] in ("m.room.message", saying.POLL)]
    return [event for event in rows if mark in msgspec.json.encode(event["content"]).decode()]


def marked():
    return f"mark{uuid.uuid4().hex[:10]}"


def test_post_arrives_with_its_picture_its_links_and_who_is_named(channel, member, room, tmp_path):
    mark = marked()
    text = f"Ce soir à vingt heures 👩‍👩‍👧 <i>{mark}</i> avec {member.user_id}.\n\nVenez !"
    content = Content(
        text=text, link="https://example.org/a/programme?x=1&y=2", media=(picture(tmp_path, alt="Un lac « bleu »"),)
    )
    parts = deliver_all(order_post(channel, content))
    assert list(parts) == ["media:1", "post", "post:file1"] and set(states(parts).values()) == {EffectState.DONE}
    words, shown = [event["content"] for event in said_in(member, room)]
    assert words["body"] == f"{text}\n\n{content.link}"
    assert f'<a href="https://matrix.to/#/{member.user_id}">member</a>.' in words["formatted_body"]
    assert '<a href="https://example.org/a/programme?x=1&amp;y=2">' in words["formatted_body"]
    assert "&lt;i&gt;" in words["formatted_body"] and words["m.mentions"] == {"user_ids": [member.user_id]}
    assert (shown["msgtype"], shown["body"], shown["filename"]) == ("m.image", "Un lac « bleu »", "lake.png")
    assert size_there(member, shown["url"]) == shown["info"]["size"] == content.media[0].size_bytes
    item = Item.objects.get(remote_id=parts["post"].result_remote_id)
    assert item.url == parts["post"].result_url and mark in item.text
    assert Item.objects.get(remote_id=parts["post:file1"].result_remote_id).media[0]["alt"] == "Un lac « bleu »"


def size_there(member, address):
    path = address.removeprefix("mxc://")
    request = urllib.request.Request(
        f"{member.url}/_matrix/client/v1/media/download/{path}", headers={"Authorization": f"Bearer {member.token}"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return len(answer.read())


def test_thread_and_first_comment_hang_on_the_post(channel, member, room):
    deliver_all(order_post(channel, Content(text="Un", thread=("Deux", "Trois"), comment="À part")))
    one, two, three, aside = said_in(member, room)
    for event in (two, three, aside):
        assert event["content"]["m.relates_to"]["event_id"] == one["event_id"]
    assert three["content"]["m.relates_to"]["m.in_reply_to"]["event_id"] == two["event_id"]
    assert [event["content"]["body"] for event in (one, two, three, aside)] == ["Un", "Deux", "Trois", "À part"]
    assert member.read(room, one["event_id"])["unsigned"]["m.relations"]["m.thread"]["count"] == 3


def test_poll_is_taken_by_the_server(channel, member, room):
    poll = Poll(choices=("Oui", "Non"), is_multiple=True)
    parts = deliver_all(order_post(channel, Content(text="D’accord ?", poll=poll)))
    (there,) = said_in(member, room)
    assert there["content"][saying.POLL]["max_selections"] == 2 and states(parts) == {"post": EffectState.DONE}


HOW = ["broken before", "limited", "cut after", "late", "broken after", "silent after"]


@pytest.mark.parametrize("how", HOW)
def test_whatever_goes_wrong_it_is_said_once(channel, relay, member, room, tmp_path, how):
    relay.fail(*SENDING, how)
    relay.fail(*UPLOADING, how)
    content = Content(text="Une fois", media=(picture(tmp_path, alt="Un lac"),), thread=("Et encore",))
    parts = deliver_all(order_post(channel, content))
    assert set(states(parts).values()) == {EffectState.DONE}
    assert [event["content"]["body"] for event in said_in(member, room)] == ["Une fois", "Un lac", "Et encore"]


@pytest.fixture(scope="module")
def other_token(synapse):
    """Of the same account, from another sign-in: the server allows only a few of them."""
    brand = Writer(synapse, "brand")
    identifier = {"type": "m.id.user", "user": brand.user_id}
    password = {"type": "m.login.password", "identifier": identifier, "password": synapse["PASSWORD"]}
    return brand.ask("POST", "login", **password)["access_token"]


@pytest.mark.parametrize("how", ["cut after", "silent after", "broken after"])
def test_post_is_found_again_by_another_token_for_which_no_transaction_is_known(
    channel, relay, member, other_token, room, how
):
    relay.fail(*SENDING, how)
    chain = order_post(channel, Content(text="Une fois"))
    deliver()
    assert states(parts_of(chain)) == {"post": EffectState.UNSURE}
    channel.sealed_credentials = seal({"access_token": other_token})
    channel.save()
    parts = deliver_all(chain)
    assert states(parts) == {"post": EffectState.DONE} and len(said_in(member, room)) == 1
    assert set(Attempt.objects.filter(effect=parts["post"]).values_list("outcome", flat=True)) >= {"found_done"}
    assert relay.count(*SENDING) == 1


async def test_same_transaction_is_the_same_event(synapse, client, brand, member, room):
    session = client.session(synapse["URL"], {"access_token": brand.token}, facts={"user_id": brand.user_id})
    given = Order(
        key=str(uuid.uuid4()), can=Can.PUBLISH, target=NO_TARGET, body={"room": room, "text": "Une fois"},
        written_at=datetime.now(UTC),
    )  # fmt: skip
    tries = [await connector.acts[Can.PUBLISH].perform(session, given) for _ in range(3)]
    assert len({done.remote_id for done in tries}) == 1 and len(said_in(member, room)) == 1


@pytest.fixture
def limited(synapse, brand):
    """The brand may write as little as where nobody has set a server's limits any higher."""
    place = f"{synapse['URL']}/_synapse/admin/v1/users/{urllib.parse.quote(brand.user_id)}/override_ratelimit"
    head = {"Authorization": f"Bearer {synapse['ADMIN_TOKEN']}"}
    body = msgspec.json.encode({"messages_per_second": 1, "burst_count": 3})
    urllib.request.urlopen(urllib.request.Request(place, body, head, method="POST"), timeout=30).close()
    yield
    urllib.request.urlopen(urllib.request.Request(place, None, head, method="DELETE"), timeout=30).close()


def test_ten_posts_at_once_all_arrive_though_the_server_takes_three(channel, limited, member, room):
    chains = [order_post(channel, Content(text=f"Numéro {number}")) for number in range(10)]
    limits_met = 0

    def all_sent():
        nonlocal limits_met
        hurry_orders()
        deliver()
        errors = Effect.objects.filter(chain__in=chains).exclude(error=None).values_list("error__code", flat=True)
        limits_met += sum(code == "rate_limited" for code in errors)
        return not Effect.objects.filter(chain__in=chains, state__in=OPEN_EFFECT_STATES).exists()

    wait_until(all_sent, what="all posts sent")
    bodies = [event["content"]["body"] for event in said_in(member, room)]
    assert sorted(bodies) == sorted(f"Numéro {number}" for number in range(10)) and limits_met > 0
    assert all(states(parts_of(chain)) == {"post": EffectState.DONE} for chain in chains)


def hurry_orders():
    """Without the desk's own pace, which is slower than this server: what the server asks for is kept."""
    for channel in {effect.channel for effect in Effect.objects.select_related("channel")}:
        waits = Effect.objects.filter(channel=channel, error__code="rate_limited", state=EffectState.WAITING).exists()
        if not waits:
            type(channel).objects.filter(pk=channel.pk).update(next_send_at=None)


def test_post_is_changed_and_taken_away(channel, member, room, tmp_path):
    content = Content(text="D’abord", media=(picture(tmp_path, alt="Un lac"),), thread=("Ensuite",))
    chain = order_post(channel, content)
    parts = deliver_all(chain)
    changed = {part.name: part.body for part in connector.publishing.parts(Content(text="Autrement"), channel.facts)}
    order_part(channel, "edit:1", Can.EDIT, changed["post"], chain)
    assert deliver_all(chain)["edit:1"].state == EffectState.DONE
    there = member.read(room, parts["post"].result_remote_id)
    assert there["unsigned"]["m.relations"]["m.replace"]["content"]["m.new_content"]["body"] == "Autrement"
    assert Item.objects.get(remote_id=parts["post"].result_remote_id).text == "Autrement"
    for name in ("post:2", "post:file1", "post"):
        order_part(channel, f"withdraw:{name}", Can.WITHDRAW, {"of": name}, chain)
    assert set(states(deliver_all(chain)).values()) == {EffectState.DONE}
    for name in ("post", "post:file1", "post:2"):
        assert "redacted_because" in member.read(room, parts[name].result_remote_id)["unsigned"]


def order_part(channel, name, can, body, chain):
    now = datetime.now(UTC)
    order_parts(channel, [Part(name=name, can=can, body=body, step=9)], chain=chain, member=None, now=now, due_at=now)


def test_nothing_is_said_in_an_encrypted_room(channel, member, brand):
    closed = room_of(member, brand, is_encrypted=True)
    chain = order_post(channel, Content(text="Pas ici", options={"room": closed}))
    (post,) = deliver_all(chain).values()
    assert post.state == EffectState.NEEDS_PERSON and "encrypted" in post.error["en"] and "chiffré" in post.error["fr"]
    assert said_in(member, closed) == []


def test_room_is_meant_by_its_name_too(channel, member, brand):
    name = f"salon-{uuid.uuid4().hex[:8]}"
    room = room_of(member, brand, room_alias_name=name)
    alias = f"#{name}:{member.user_id.partition(':')[2]}"
    (post,) = deliver_all(order_post(channel, Content(text="Ici", options={"room": alias}))).values()
    assert post.result_facts == {"room": room} and len(said_in(member, room)) == 1


async def test_rooms_to_choose_from_are_known_by_their_names(synapse, client):
    admin = Writer(synapse, "admin")  # who is in few rooms
    name = f"annonces-{uuid.uuid4().hex[:8]}"
    admin.room("Annonces", room_alias_name=name)
    session = client.session(synapse["URL"], {"access_token": admin.token}, facts={})
    assert f"#{name}:example.test" in (await connector.check(session)).facts["rooms"].split("\n")


@pytest.mark.parametrize("sign", ["x", "é", '"', "👩‍👩‍👧"])
def test_longest_text_is_taken(channel, member, room, sign):
    text = sign * ((LONGEST_BYTES if sign != '"' else 29_000) // len(sign.encode()))
    (post,) = deliver_all(order_post(channel, Content(text=text))).values()
    assert post.state == EffectState.DONE
    (there,) = said_in(member, room)
    assert there["content"]["body"] == text


async def test_check_says_what_is_wrong_with_the_room(synapse, client, brand, member, room):
    def session(named):
        return client.session(synapse["URL"], {"access_token": brand.token, "room": named}, facts={})

    facts = (await connector.check(session(room))).facts
    assert facts.items() >= {"user_id": brand.user_id, "room": room, "upload_bytes": "52428800"}.items()
    quiet = room_of(member, brand, power_level_content_override={"events_default": 50})
    for named, error, words in (
        (room_of(member, brand, is_encrypted=True), Refused, "encrypted"),
        (member.room("Not ours"), RightMissing, "invite"),
        (quiet, RightMissing, "power"),
        ("#nothing:example.test", Refused, "no room"),
    ):
        with pytest.raises(error, match=words):
            await connector.check(session(named))


def test_what_was_published_is_read_by_the_next_reading_as_the_same_item(channel, member, room, brand):
    parts = deliver_all(order_post(channel, Content(text="Une fois")))
    member.answer(room, parts["post"].result_remote_id, "Une réponse")
    item = Item.objects.get(remote_id=parts["post"].result_remote_id)
    assert item.status == Status.PUBLISHED and item.about_remote_id == f"room:{room}"


@pytest.fixture(scope="module")
def _template(tmp_path_factory):
    template = make_template(tmp_path_factory.mktemp("template"))
    yield template
    drop_template(template)


@pytest.fixture
def box(_template, tmp_path, django_db_blocker):
    with django_db_blocker.unblock(), opened_box(_template, tmp_path) as box:
        yield box


@pytest.mark.parametrize("step", ["deliver.after_call", "deliver.after_finding"])
def test_worker_killed_at_a_step_says_everything_once(step, box, relay, brand, member, room):
    channel = channel_at(relay.url, brand, room, make_cast().news)
    media = (picture(box.data, alt="Un lac"),)
    chain = order_post(channel, Content(text="Une fois", media=media, thread=("Et encore",)))
    if "finding" in step:
        relay.fail(*SENDING, "cut after")
    doomed = box.worker(die_at=step)
    wait_until(lambda: hurry() or doomed.poll() is not None, what="its death")
    assert doomed.returncode == -signal.SIGKILL
    heir = box.worker()
    wait_until(lambda: hurry() or all_done(chain), what="all parts done")
    stop(heir)
    assert [event["content"]["body"] for event in said_in(member, room)] == ["Une fois", "Un lac", "Et encore"]


def all_done(chain):
    return not Effect.objects.filter(chain=chain, state__in=OPEN_EFFECT_STATES).exists()
