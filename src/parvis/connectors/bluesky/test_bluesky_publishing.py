"""Publishing to an account's own server, on answers recorded from a real network."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.connectors.bluesky import connector, publish
from parvis.connectors.bluesky.acts import moment_of, record_key
from parvis.connectors.bluesky.publishing import GATES
from parvis.connectors.bluesky.richtext import handles_in, written_facets
from parvis.connectors.bluesky.service import _signed_in
from parvis.core.connector import NO_TARGET, Can, Earlier, File, Order
from parvis.core.errors import FieldMissing, RemoteBroken, RightMissing, Unreachable
from parvis.core.post import Content, Medium, Poll
from parvis.core.types import Answer

FOLDER = Path(__file__).parent
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DID = "did:plc:banfsuwio3ybiclw3c5wthn2"
POST = f"at://{DID}/app.bsky.feed.post"


def page(name):
    return json.loads((FOLDER / "pages" / f"{name}.json").read_text())


@pytest.fixture(autouse=True)
def _signed_out():
    yield
    _signed_in.clear()


class Server:
    """Signs in, resolves one handle, and otherwise answers from a list; an error is raised."""

    address, facts, now = "https://pds.example/", {"source": "account", "did": DID}, NOON
    credentials = {"identifier": "acme-shop.test", "app_password": "abcd"}

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    async def request(self, method, url, *, params=None, json=None, headers=None, accept_statuses=frozenset()):
        if url.endswith("createSession"):
            return self.said(url, {"did": DID, "handle": "acme-shop.test", "accessJwt": "a", "refreshJwt": "r"})
        if "resolveHandle" in url:
            known = url.endswith("handle=alice.test")
            return self.said(
                url, {"did": "did:plc:alice"} if known else {"error": "x", "message": "no"}, 200 if known else 400
            )
        return self.next(url, json)

    async def upload(self, method, url, *, file, field, headers=None, accept_statuses=frozenset(), **_):
        assert field is None and headers["authorization"] == "Bearer a"
        return self.next(url, file)

    def next(self, url, asked):
        self.asked.append((url.partition("/xrpc/")[2].partition("?")[0], asked))
        told = self.answers.pop(0)
        if isinstance(told, Exception):
            raise told
        return self.said(url, told)

    def said(self, url, body, status=200):
        return Answer(status=status, url=url, headers={}, body=msgspec.json.encode(body))


def order(body, can=Can.PUBLISH, **more):
    return Order(key="9f0c", can=can, target=NO_TARGET, body=body, written_at=NOON, **more)


def medium(mime="image/png", **more):
    fields = {"path": "a/b.png", "name": "b.png", "mime": mime, "size_bytes": 1000, "width": 40, "height": 30}
    return Medium(**{**fields, **more})


def parts(**content):
    return {part.name: part for part in connector.publishing.parts(Content(**content), {})}


def codes(**content):
    return [fault.code for fault in connector.publishing.faults(Content(**content), {})]


def test_parts_come_in_the_order_in_which_they_hang_on_each_other():
    found = parts(
        text="One", media=(medium(alt="Un lac"),), thread=("Two", "Three"), comment="Aside", language="fr",
        options={"replies": "nobody"},
    )  # fmt: skip
    assert [(part.name, part.step) for part in found.values()] == [
        ("media:1", 1), ("post", 2), ("gate", 3), ("post:2", 3), ("post:3", 4), ("comment", 5),
    ]  # fmt: skip
    assert found["gate"].body == {"gate": []}
    assert found["post:3"].body == {"text": "Three", "langs": ["fr"], "answers": "post:2", "place": 2}


def test_link_is_a_card_unless_files_take_its_place():
    assert parts(text="Words", link="https://example.org/a")["post"].body["card"]["uri"] == "https://example.org/a"
    with_file = parts(text="Words", link="https://example.org/a", media=(medium(),))["post"].body
    assert "card" not in with_file and with_file["text"] == "Words\n\nhttps://example.org/a"
    assert codes(text="x" * 290, link="https://example.org/a", media=(medium(),)) == ["too_long_with_link"]
    assert codes(text="x" * 301, link="https://example.org/a", media=(medium(),)) == []  # counted with the text itself


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({"text": "Words"}, []),
        ({}, ["empty"]),
        ({"link": "https://example.org"}, []),
        ({"media": (medium(),) * 5}, ["too_many_media"]),
        ({"media": (medium("video/mp4"), medium())}, ["mixed_media"]),
        ({"media": (medium("image/gif"),)}, ["media_kind"]),
        ({"media": (medium(size_bytes=2_000_001),)}, ["media_size"]),
        ({"media": (medium("video/mp4", size_bytes=2_000_001, duration_s=181),)}, ["media_duration"]),
        ({"text": "x", "warning": "CW", "poll": Poll(choices=("a", "b"))}, ["warning", "poll"]),
        ({"text": "x", "language": "fr", "options": {"languages": ["en", "de", "it"]}}, ["too_many_languages"]),
        ({"text": "x", "options": {"tags": list("abcdefghi")}}, ["too_many_tags"]),
        ({"text": "x", "options": {"tags": "#" + "x" * 65}}, ["tag_too_long"]),
    ],
)
def test_what_a_server_would_refuse_is_known_before(content, found):
    assert codes(**content) == found


def test_every_gate_that_is_offered_is_known():
    (option,) = [one for one in connector.publishing.options if one.name == "replies"]
    assert {name for name, _ in option.choices} == {"", *GATES}


@pytest.mark.parametrize(
    ("text", "handles"),
    [
        ("@Alice.test, (@bob.example.org) and @carol", ["alice.test", "bob.example.org"]),
        ("mail anna@example.org or @anna@instance.example", []),
        ("https://example.org/@alice.test.", []),
        ("@alice.test @ALICE.test", ["alice.test"]),
    ],
)
def test_handles_are_known_as_people_write_them(text, handles):
    assert handles_in(text) == handles


@given(st.text(max_size=30), st.text(max_size=30))
def test_mentions_stand_where_their_bytes_are(before, after):
    text = f"{before} @alice.test {after}".replace("\ud800", "")
    if not text.isprintable():
        return
    found = [one for one in written_facets(text, {"alice.test": "did:plc:alice"}) if "did" in one["features"][0]]
    raw = text.encode()
    assert found and all(
        raw[one["index"]["byteStart"] : one["index"]["byteEnd"]].decode().lower() == "@alice.test" for one in found
    )


async def test_post_has_facets_in_bytes_and_the_time_at_which_it_was_ordered():
    server = Server(page("created"))
    given_order = order({"text": "Été @alice.test @nobody.test #un", "langs": ["fr"], "label": "nudity", "tags": ["x"]})
    done = await publish.publish(server, given_order)
    method, sent = server.asked[0]
    assert method == "com.atproto.repo.createRecord" and sent["rkey"] == record_key(given_order)
    assert re.fullmatch("[234567a-j][2-7a-z]{12}", sent["rkey"])
    record = sent["record"]
    assert (record["createdAt"], record["langs"]) == ("2026-11-23T12:00:00.000Z", ["fr"])
    assert [(one["index"]["byteStart"], one["features"][0]["$type"][-7:]) for one in record["facets"]] == [
        (6, "mention"), (31, "cet#tag"),
    ]  # fmt: skip
    assert record["labels"]["values"] == [{"val": "nudity"}]
    assert (done.remote_id, done.facts["cid"]) == (page("created")["uri"], page("created")["cid"])


BLOB = page("blob")["blob"]
EARLIER = {
    "media:1": Earlier(remote_id="blob:1", facts={"blob": BLOB}),
    "thumb": Earlier(remote_id="blob:2", facts={"blob": BLOB}),
    "post": Earlier(remote_id=f"{POST}/3kroot", facts={"cid": "bafyroot"}),
    "post:2": Earlier(remote_id=f"{POST}/3ktwo", facts={"cid": "bafytwo"}),
}


@pytest.mark.parametrize(("mime", "kind", "name"), [("image/png", "images", "image"), ("video/mp4", "video", "video")])
async def test_file_is_shown_with_its_alt_text_and_ratio(mime, kind, name):
    server = Server(page("created"))
    body = parts(text="x", media=(medium(mime, alt="Un lac"),))["post"].body
    await publish.publish(server, order(body, earlier=EARLIER))
    embed = server.asked[0][1]["record"]["embed"]
    shown = embed["images"][0] if kind == "images" else embed
    assert embed["$type"] == f"app.bsky.embed.{kind}" and shown[name] == BLOB
    assert (shown["alt"], shown["aspectRatio"]) == ("Un lac", {"width": 40, "height": 30})


async def test_card_shows_what_was_found_of_its_page():
    server = Server(page("created"))
    thumb = {"path": "a", "name": "a.png", "mime": "image/png", "size_bytes": 9}
    card = {"title": "T", "description": "D", "thumb": thumb}
    found = parts(text="x", link="https://example.org", options={"card": card})
    assert found["thumb"].body == {"file": thumb}
    await publish.publish(server, order(found["post"].body, earlier=EARLIER))
    external = server.asked[0][1]["record"]["embed"]["external"]
    assert external == {"uri": "https://example.org", "title": "T", "description": "D", "thumb": BLOB}


async def test_thread_hangs_on_its_root_and_on_the_part_before():
    server = Server(page("created"))
    body = parts(text="1", thread=("2", "3"))["post:3"].body
    await publish.publish(server, order(body, earlier=EARLIER))
    record = server.asked[0][1]["record"]
    assert record["reply"] == {
        "root": {"uri": f"{POST}/3kroot", "cid": "bafyroot"}, "parent": {"uri": f"{POST}/3ktwo", "cid": "bafytwo"},
    }  # fmt: skip
    assert record["createdAt"] == "2026-11-23T12:00:00.002Z"
    with pytest.raises(FieldMissing):
        await publish.publish(Server(), order(body))


def taken():
    return RemoteBroken(host="pds.example", status=page("taken")["status"], maybe_done=True)


async def test_key_that_is_taken_by_the_same_post_is_that_post():
    there = page("record")
    there["value"] |= {"text": "Words", "createdAt": moment_of(NOON)}
    server = Server(taken(), there)
    done = await publish.publish(server, order({"text": "Words"}))
    assert (done.remote_id, done.facts["cid"]) == (there["uri"], there["cid"])
    assert [method for method, _ in server.asked] == ["com.atproto.repo.createRecord", "com.atproto.repo.getRecord"]


@pytest.mark.parametrize("change", [{"text": "Other words"}, {"createdAt": "2026-11-23T11:59:59.000Z"}])
async def test_key_that_is_taken_by_another_post_is_a_fault(change):
    there = page("record")
    there["value"] |= {"text": "Words", "createdAt": moment_of(NOON), **change}
    with pytest.raises(RemoteBroken):
        await publish.publish(Server(taken(), there), order({"text": "Words"}))


async def test_fault_while_a_handle_is_looked_up_sends_nothing():
    class Failing(Server):
        async def request(self, method, url, **more):
            if "resolveHandle" in url:
                raise Unreachable(host="pds.example", detail="no")
            return await super().request(method, url, **more)

    server = Failing()
    with pytest.raises(Unreachable) as caught:
        await publish.publish(server, order({"text": "@alice.test"}))
    assert server.asked == [] and not caught.value.maybe_done


async def test_gate_stands_under_the_key_of_its_post():
    server = Server({"uri": "at://x/y/z", "cid": "c"})
    await publish.publish(server, order({"gate": ["mentionRule"]}, earlier=EARLIER))
    method, sent = server.asked[0]
    assert (method, sent["rkey"], sent["record"]["post"]) == ("com.atproto.repo.putRecord", "3kroot", f"{POST}/3kroot")
    assert sent["record"]["allow"] == [{"$type": "app.bsky.feed.threadgate#mentionRule"}]


async def test_quotes_are_closed_under_the_key_of_the_post():
    body = parts(text="One", options={"no_quotes": True})["quotegate"].body
    server = Server({"uri": "at://x/y/z", "cid": "c"})
    await publish.publish(server, order(body, earlier=EARLIER))
    _, sent = server.asked[0]
    assert (sent["collection"], sent["rkey"]) == ("app.bsky.feed.postgate", "3kroot")
    assert sent["record"]["embeddingRules"] == [{"$type": "app.bsky.feed.postgate#disableRule"}]


async def test_file_gives_its_blob():
    file = File(path=Path("/nowhere"), mime="image/png", size_bytes=9, name="b.png")
    done = await publish.upload(Server(page("blob")), order({}, Can.UPLOAD, file=file))
    assert done.facts == {"blob": BLOB}


async def test_only_own_posts_are_taken_down():
    server = Server({})
    done = await publish.withdraw(server, order({"of": "post:2"}, Can.WITHDRAW, earlier=EARLIER))
    assert server.asked[0][1]["rkey"] == "3ktwo" and done.status.value == "deleted"
    other = {"post": Earlier(remote_id="at://did:plc:other/app.bsky.feed.post/3k")}
    with pytest.raises(RightMissing):
        await publish.withdraw(Server(), order({}, Can.WITHDRAW, earlier=other))
