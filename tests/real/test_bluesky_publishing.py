"""Posts in parts on a real network: the account's own server is asked what came to be."""

import signal
import time
import uuid
from datetime import UTC, datetime

import pytest
from tests.real.publishing import deliver, deliver_all, hurry, order_post, parts_of, picture, states
from tests.real.record_bluesky import Network
from tests.real.relay import Relay
from tests.worker.box import drop_template, make_template, opened_box, stop, wait_until

from parvis.channels.chains import order_parts
from parvis.channels.models import OPEN_EFFECT_STATES, Channel, ChannelState, Effect, EffectState
from parvis.channels.vault import seal
from parvis.connectors.bluesky import connector
from parvis.connectors.bluesky.service import _signed_in
from parvis.core.connector import Can
from parvis.core.post import Content, Medium, Part
from parvis.testing.cast import make_cast
from parvis.testing.factories import make_channel

pytestmark = [pytest.mark.real, pytest.mark.slow]
POST = "app.bsky.feed.post"
GATE = "app.bsky.feed.threadgate"
POSTGATE = "app.bsky.feed.postgate"
POSTING = ("POST", r"com\.atproto\.repo\.createRecord$")
UPLOADING = ("POST", r"com\.atproto\.repo\.uploadBlob$")


@pytest.fixture(autouse=True)
def _signed_out():
    """Other tests ask for sign-ins of their own."""
    yield
    _signed_in.clear()


@pytest.fixture
def network(bluesky):
    return Network(bluesky)


@pytest.fixture
def relay(bluesky):
    with Relay(bluesky["PDS"]) as running:
        yield running


def channel_at(url, bluesky, department):
    return make_channel(
        department,
        connector="bluesky",
        address=f"{url}/",
        facts={"source": "account", "did": bluesky["BRAND_DID"], "handle": bluesky["BRAND_HANDLE"]},
        sealed_credentials=seal({"identifier": bluesky["BRAND_HANDLE"], "app_password": bluesky["PASSWORD"]}),
        can=[can.value for can in connector.acts],
    )


@pytest.fixture
def channel(db, relay, bluesky, tmp_path, settings):
    settings.DATA_DIR = tmp_path
    return channel_at(relay.url, bluesky, make_cast().news)


def records(network, collection=POST):
    """Of the brand, with their addresses, oldest first."""
    told, cursor = [], ""
    while True:
        asked = f"repo={network.did('BRAND')}&collection={collection}&limit=100&cursor={cursor}"
        page = network.call("GET", f"com.atproto.repo.listRecords?{asked}")
        told += page["records"]
        cursor = page.get("cursor") or ""
        if not cursor:
            return told[::-1]


def said_there(network, mark):
    return [row for row in records(network) if mark in row["value"]["text"]]


def marked():
    return f"mark{uuid.uuid4().hex[:10]}"


def shown_by(text, facets):
    """What each facet stands on, by its bytes, and what it leads to."""
    raw = text.encode()
    return {
        raw[one["index"]["byteStart"] : one["index"]["byteEnd"]].decode(): one["features"][0]
        for one in facets
    }  # fmt: skip


def test_post_arrives_with_pictures_alt_texts_and_facets(channel, network, bluesky, tmp_path):
    mark = marked()
    text = f"Été 👩‍👩‍👧 avec @alice.test et @nobody.test : https://example.org/é?a=1 #musée {mark}"
    content = Content(
        text=text,
        language="fr",
        media=(picture(tmp_path, alt="Un lac « bleu »"), picture(tmp_path, alt="", shade=20)),
        options={"languages": ["en", "de", "it"], "tags": "parvis, #annexe", "label": "graphic-media"},
    )
    content_fitting = Content(**{**as_fields(content), "options": {**content.options, "languages": ["en", "de"]}})
    assert [fault.code for fault in connector.publishing.faults(content, {})] == ["too_many_languages"]
    parts = deliver_all(order_post(channel, content_fitting))
    assert set(states(parts).values()) == {EffectState.DONE}
    (there,) = said_there(network, mark)
    value = there["value"]
    shown = shown_by(value["text"], value["facets"])
    assert shown["@alice.test"]["did"] == bluesky["MEMBER_DID"] and "@nobody.test" not in shown
    assert (
        shown["https://example.org/é?a=1"]["uri"] == "https://example.org/é?a=1" and shown["#musée"]["tag"] == "musée"
    )
    assert (value["langs"], value["tags"]) == (["fr", "en", "de"], ["parvis", "annexe"])
    assert value["labels"]["values"] == [{"val": "graphic-media"}]
    images = value["embed"]["images"]
    assert [one["alt"] for one in images] == ["Un lac « bleu »", ""]
    assert images[0]["aspectRatio"] == {"width": 40, "height": 30} and images[0]["image"]["mimeType"] == "image/png"
    post = parts["post"]
    assert post.result_remote_id == there["uri"] and post.result_facts["cid"] == there["cid"]
    assert datetime.fromisoformat(value["createdAt"]) == post.created_at.replace(
        microsecond=post.created_at.microsecond // 1000 * 1000
    )


def as_fields(content):
    return {name: getattr(content, name) for name in content.__struct_fields__}


def test_link_becomes_a_card_with_its_picture(channel, network, tmp_path):
    mark = marked()
    thumb = picture(tmp_path)
    card = {
        "title": "Le programme", "description": "De la semaine",
        "thumb": {"path": thumb.path, "name": thumb.name, "mime": thumb.mime, "size_bytes": thumb.size_bytes},
    }  # fmt: skip
    parts = deliver_all(order_post(channel, Content(text=mark, link="https://example.org/p", options={"card": card})))
    assert list(parts) == ["thumb", "post"]
    (there,) = said_there(network, mark)
    external = there["value"]["embed"]["external"]
    assert (external["uri"], external["title"], external["description"]) == (
        "https://example.org/p", "Le programme", "De la semaine",
    )  # fmt: skip
    assert external["thumb"]["size"] == thumb.size_bytes


def test_film_arrives_as_a_film(channel, network, tmp_path):
    mark = marked()
    (tmp_path / "film.mp4").write_bytes(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0" * 4_000)
    film = Medium(
        path="film.mp4", name="film.mp4", mime="video/mp4", size_bytes=4_024, width=1080, height=1920, alt="Un film"
    )
    parts = deliver_all(order_post(channel, Content(text=mark, media=(film,))))
    assert set(states(parts).values()) == {EffectState.DONE}
    (there,) = said_there(network, mark)
    embed = there["value"]["embed"]
    assert (embed["$type"], embed["alt"], embed["video"]["mimeType"]) == (
        "app.bsky.embed.video",
        "Un film",
        "video/mp4",
    )
    assert embed["aspectRatio"] == {"width": 1080, "height": 1920}


def test_thread_gate_and_first_comment_hang_on_the_post(channel, network):
    mark = marked()
    content = Content(
        text=f"One {mark}", thread=(f"Two {mark}", f"Three {mark}"), comment=f"Aside {mark}",
        options={"replies": "mentioned", "no_quotes": True},
    )  # fmt: skip
    parts = deliver_all(order_post(channel, content))
    assert set(states(parts).values()) == {EffectState.DONE}
    told = {row["value"]["text"].partition(" ")[0]: row for row in said_there(network, mark)}
    assert len(said_there(network, mark)) == 4
    ref = {name: {"uri": row["uri"], "cid": row["cid"]} for name, row in told.items()}
    assert told["Two"]["value"]["reply"] == {"root": ref["One"], "parent": ref["One"]}
    assert told["Three"]["value"]["reply"] == {"root": ref["One"], "parent": ref["Two"]}
    assert told["Aside"]["value"]["reply"] == {"root": ref["One"], "parent": ref["One"]}
    times = [told[name]["value"]["createdAt"] for name in ("One", "Two", "Three", "Aside")]
    assert times == sorted(set(times))
    (gate,) = [row for row in records(network, GATE) if row["value"]["post"] == ref["One"]["uri"]]
    assert gate["uri"].rpartition("/")[2] == ref["One"]["uri"].rpartition("/")[2]
    assert [rule["$type"] for rule in gate["value"]["allow"]] == [f"{GATE}#mentionRule"]
    (closed,) = [row for row in records(network, POSTGATE) if row["value"]["post"] == ref["One"]["uri"]]
    assert [rule["$type"] for rule in closed["value"]["embeddingRules"]] == [f"{POSTGATE}#disableRule"]


@pytest.mark.parametrize("how", ["broken before", "limited", "broken after", "cut after", "silent after", "late"])
def test_whatever_goes_wrong_it_is_posted_once(channel, relay, network, tmp_path, how):
    mark = marked()
    content = Content(text=f"One {mark}", media=(picture(tmp_path, alt="Un lac"),), thread=(f"Two {mark}",))
    relay.fail(*POSTING, how)
    relay.fail(*UPLOADING, how)
    chain = order_post(channel, content)
    deliver_all(chain)
    relay.fail(*POSTING, how)
    other = deliver_all(order_post(channel, Content(text=f"Another {mark}", options={"replies": "nobody"})))
    assert set(states(parts_of(chain)).values()) | set(states(other).values()) == {EffectState.DONE}
    if how == "late":
        time.sleep(2.5)
    assert sorted(row["value"]["text"] for row in said_there(network, mark)) == sorted(
        [f"One {mark}", f"Two {mark}", f"Another {mark}"]
    )


def test_second_record_with_the_same_key_is_the_first(channel, relay, network):
    """The server does not take a key twice; the answer is what is there."""
    mark = marked()
    relay.fail(*POSTING, "cut after")
    chain = order_post(channel, Content(text=mark))
    deliver()
    assert states(parts_of(chain)) == {"post": EffectState.UNSURE}
    (there,) = said_there(network, mark)
    hurry()
    deliver()
    assert relay.count(*POSTING) == 2 and len(said_there(network, mark)) == 1
    post = parts_of(chain)["post"]
    assert (post.state, post.result_remote_id, post.result_facts["cid"]) == (
        EffectState.DONE,
        there["uri"],
        there["cid"],
    )


def test_passing_fault_of_the_sign_in_disconnects_nothing(channel, relay, network):
    mark = marked()
    _signed_in.clear()
    relay.fail("POST", "createSession", "broken before")
    relay.fail("POST", "createSession", "limited")
    parts = deliver_all(order_post(channel, Content(text=mark)))
    assert states(parts) == {"post": EffectState.DONE} and len(said_there(network, mark)) == 1
    assert Channel.objects.get().state == ChannelState.ACTIVE


def test_server_that_forgot_the_sign_in_gets_the_file_all_the_same(channel, relay, network, tmp_path):
    mark = marked()
    deliver_all(order_post(channel, Content(text=f"before {mark}")))
    for key, known in list(_signed_in.items()):
        forgotten = known.access[:-4] + "abcd"
        _signed_in[key] = type(known)(known.did, known.handle, forgotten, known.refresh, known.good_until)
    content = Content(text=f"after {mark}", media=(picture(tmp_path, alt="Un lac"),))
    parts = deliver_all(order_post(channel, content))
    assert set(states(parts).values()) == {EffectState.DONE} and relay.count(*UPLOADING) == 2


def test_post_is_taken_down(channel, network):
    mark = marked()
    chain = order_post(channel, Content(text=f"One {mark}", thread=(f"Two {mark}",)))
    deliver_all(chain)
    now = datetime.now(UTC)
    again = [
        Part(name=f"withdraw:{number}", can=Can.WITHDRAW, body={"of": of}, step=9)
        for number, of in enumerate(["post:2", "post", "post"])
    ]
    order_parts(channel, again, chain=chain, member=None, now=now, due_at=now)
    assert set(states(deliver_all(chain)).values()) == {EffectState.DONE}
    assert said_there(network, mark) == []


def test_what_the_server_refuses_comes_back_in_words(channel, network, tmp_path):
    content = Content(text="x" * 301)
    chain = order_post(channel, content)
    deliver()
    post = parts_of(chain)["post"]
    assert post.state == EffectState.NEEDS_PERSON and "300" in post.error["en"]


@pytest.fixture(scope="module")
def _template(tmp_path_factory):
    template = make_template(tmp_path_factory.mktemp("template"))
    yield template
    drop_template(template)


@pytest.fixture
def box(_template, tmp_path, django_db_blocker):
    with django_db_blocker.unblock(), opened_box(_template, tmp_path) as box:
        yield box


@pytest.mark.parametrize(
    ("step", "has_picture"),
    [("deliver.after_call", False), ("deliver.after_call", True)],
)
def test_worker_killed_at_a_step_posts_everything_once(step, has_picture, box, relay, bluesky, network):
    channel = channel_at(relay.url, bluesky, make_cast().news)
    mark = marked()
    media = (picture(box.data, alt="Un lac"),) if has_picture else ()
    chain = order_post(channel, Content(text=f"One {mark}", media=media, thread=(f"Two {mark}",)))
    doomed = box.worker(die_at=step)
    wait_until(lambda: hurry() or doomed.poll() is not None, what="its death")
    assert doomed.returncode == -signal.SIGKILL
    heir = box.worker()
    wait_until(lambda: hurry() or all_done(chain), what="all parts done")
    stop(heir)
    assert len(said_there(network, mark)) == 2
    assert set(Effect.objects.filter(chain=chain).values_list("state", flat=True)) == {EffectState.DONE}


def all_done(chain):
    return not Effect.objects.filter(chain=chain, state__in=OPEN_EFFECT_STATES).exists()
