"""Publishing in a room of a homeserver in memory: one that knows a transaction id again, as real ones do."""

import re
import uuid
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec
import pytest

from parvis.connectors.matrix import connector, saying
from parvis.connectors.matrix.publish import find_published
from parvis.core.connector import NO_TARGET, Can, Earlier, File, Order, Target
from parvis.core.errors import FieldMissing, RateLimited, Refused, RemoteGone, RightMissing
from parvis.core.post import Content, Medium, Poll
from parvis.core.types import Answer, Kind

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ROOM = "!r:b.example"
ANNA = "@anna:b.example"
FACTS = {"user_id": "@us:b.example", "room": ROOM}
FIXED = {
    "account/whoami": {"user_id": FACTS["user_id"]},
    "joined_rooms": {"joined_rooms": [ROOM, "!nameless:b.example"]},
    f"rooms/{ROOM}/state/m.room.canonical_alias/": {"alias": "#salon:b.example"},
    "directory/room/#salon:b.example": {"room_id": ROOM},
    "/_matrix/client/v1/media/config": {"m.upload.size": 1000},
}


class House:
    """One homeserver with one room, and the session that speaks to it."""

    address, credentials, facts, now = "https://b.example", {"access_token": "t"}, FACTS, NOON

    def __init__(self, *, is_encrypted=False, is_member=True, levels=None):
        self.is_encrypted, self.is_member, self.levels = is_encrypted, is_member, levels
        self.events, self.uploads, self.transactions = [], [], {}
        self.pause_ms = None

    async def request(self, method, url, *, params=None, json=None, headers=None, accept_statuses=frozenset()):
        assert headers == {"authorization": "Bearer t"}
        path = unquote(urlsplit(url).path).removeprefix("/_matrix/client/v3/")
        if self.pause_ms and method == "PUT":
            return answer(url, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": self.pause_ms}, 429)
        if path in FIXED:
            return answer(url, FIXED[path])
        return self.in_room(url, path, json)

    def in_room(self, url, path, json):
        if path.startswith(f"rooms/{ROOM}/state/"):
            return self.state(url, path.partition("/state/")[2])
        if found := re.fullmatch(f"rooms/{ROOM}/send/([^/]+)/(.+)", path):
            return self.send(url, found[1], found[2], json)
        if found := re.fullmatch(f"rooms/{ROOM}/redact/([^/]+)/(.+)", path):
            self.events = [one for one in self.events if one["event_id"] != found[1]]
            return answer(url, {"event_id": "$redaction"})
        if found := re.fullmatch(f"rooms/{ROOM}/event/(.+)", path):
            return answer(url, next(one for one in self.events if one["event_id"] == found[1]))
        if path == f"rooms/{ROOM}/messages":
            return answer(url, {"chunk": list(reversed(self.events))})
        raise RemoteGone(host="b.example", detail="not found")

    async def upload(self, method, url, *, file, field, data=None, headers, params, accept_statuses):
        assert (field, params) == (None, {"filename": file.name})
        self.uploads.append(file)
        return answer(url, {"content_uri": f"mxc://b.example/{len(self.uploads)}"})

    def state(self, url, what):
        if not self.is_member:
            raise RightMissing(host="b.example", detail="not in room")
        known = {f"m.room.member/{ANNA}": {"membership": "join", "displayname": "Anna <b>"}}
        if self.is_encrypted:
            known["m.room.encryption/"] = {"algorithm": "m.megolm.v1.aes-sha2"}
        if self.levels:
            known["m.room.power_levels/"] = self.levels
        if what not in known:
            raise RemoteGone(host="b.example", detail="not found")
        return answer(url, known[what])

    def send(self, url, kind, transaction, content):
        if transaction not in self.transactions:
            event_id = f"${len(self.transactions)}"
            self.transactions[transaction] = event_id
            at_ms = round(NOON.timestamp() * 1000)
            event = {"event_id": event_id, "type": kind, "content": content, "sender": FACTS["user_id"]}
            self.events.append({**event, "origin_server_ts": at_ms})
        return answer(url, {"event_id": self.transactions[transaction]})


def answer(url, told, status=200):
    return Answer(status=status, url=url, headers={}, body=msgspec.json.encode(told))


def order(can, body, **more):
    more = {"target": NO_TARGET, "key": str(uuid.uuid4()), "written_at": NOON, **more}
    return Order(can=can, body=body, **more)


async def perform(house, can, body, **more):
    return await connector.acts[can].perform(house, order(can, body, **more))


def medium(mime="image/png", **more):
    fields = {"path": "a/b.png", "name": "b.png", "mime": mime, "size_bytes": 900, "width": 40, "height": 30}
    return Medium(**{**fields, **more})


async def publish_all(house, content, facts=FACTS):
    """Each part in turn; the contents of the room afterwards."""
    earlier = {}
    for part in connector.publishing.parts(content, facts):
        told = part.body.get("file")
        file = File(**{**told, "path": Path(told["path"])}) if told else None
        done = await perform(house, part.can, part.body, earlier=earlier, file=file)
        earlier[part.name] = Earlier(remote_id=done.remote_id, url=done.url, facts=done.facts)
    return [event["content"] for event in house.events]


def codes(facts=FACTS, **content):
    return [fault.code for fault in connector.publishing.faults(Content(**content), facts)]


async def test_words_go_with_paragraphs_links_and_those_who_are_named():
    (said,) = await publish_all(
        House(), Content(text=f"Bonjour {ANNA} <3\r\n\r\nVoir", link="https://example.org/?a&b")
    )
    assert said["body"] == f"Bonjour {ANNA} <3\n\nVoir\n\nhttps://example.org/?a&b"
    assert said["formatted_body"] == (
        '<p>Bonjour <a href="https://matrix.to/#/@anna:b.example">Anna &lt;b&gt;</a> &lt;3</p><p>Voir</p>'
        '<p><a href="https://example.org/?a&amp;b">https://example.org/?a&amp;b</a></p>'
    )
    assert said["m.mentions"] == {"user_ids": [ANNA]}


async def test_nobody_is_called_who_is_not_there_and_the_room_only_when_it_is_wanted():
    house = House()
    said = await publish_all(house, Content(text="@room @otto:b.example, écrivez à a@b.example"))
    assert said[0]["m.mentions"] == {} and "matrix.to" not in said[0]["formatted_body"]
    said = await publish_all(house, Content(text="À tous", options={"everybody": True}))
    assert said[1]["m.mentions"] == {"room": True}


async def test_files_follow_the_words_with_their_descriptions():
    content = Content(
        text="Ce soir",
        media=(medium(alt="Un lac"), medium("video/mp4", name="v.mp4", duration_s=2.5), medium("audio/ogg", name="a.ogg")),
    )  # fmt: skip
    words, picture, film, sound = await publish_all(House(), content)
    assert (words["msgtype"], picture["msgtype"], film["msgtype"], sound["msgtype"]) == (
        "m.text", "m.image", "m.video", "m.audio",
    )  # fmt: skip
    assert (picture["body"], picture["filename"], picture["url"]) == ("Un lac", "b.png", "mxc://b.example/1")
    assert picture["info"] == {"mimetype": "image/png", "size": 900, "w": 40, "h": 30}
    assert (film["body"], film["info"]["duration"]) == ("v.mp4", 2500)


async def test_caption_stands_below_a_file_with_its_description_after_it():
    media = (medium(alt="Un lac", caption="Le lac, ce soir"), medium(caption="Sans autre"), medium())
    both, caption, bare = await publish_all(House(), Content(media=media))
    assert (both["body"], both["filename"]) == ("Le lac, ce soir\n[Un lac]", "b.png")
    assert (caption["body"], bare["body"]) == ("Sans autre", "b.png")


async def test_file_alone_is_the_post_itself():
    parts = connector.publishing.parts(Content(media=(medium(), medium())), FACTS)
    assert [part.name for part in parts] == ["media:1", "media:2", "post", "post:file1"]


async def test_thread_follows_on_and_the_first_comment_answers():
    house = House()
    one, two, three, aside = await publish_all(
        house, Content(text="Un", thread=("Deux", " ", "Trois"), comment="À part")
    )
    assert "m.relates_to" not in one
    assert two["m.relates_to"] == {
        "rel_type": "m.thread", "event_id": "$0", "m.in_reply_to": {"event_id": "$0"}, "is_falling_back": True,
    }  # fmt: skip
    assert three["m.relates_to"]["m.in_reply_to"] == {"event_id": "$1"}
    assert aside["m.relates_to"] == {**two["m.relates_to"], "is_falling_back": False}


async def test_poll_asks_what_the_text_says():
    house = House()
    (asked,) = await publish_all(house, Content(text="D’accord ?", poll=Poll(choices=("Oui", "Non"), is_multiple=True)))
    start = asked[saying.POLL]
    assert house.events[0]["type"] == saying.POLL and start["max_selections"] == 2
    assert [one["org.matrix.msc1767.text"] for one in start["answers"]] == ["Oui", "Non"]
    assert start["question"]["body"] == "D’accord ?"


async def test_same_order_is_one_message_however_often_it_is_tried():
    house = House()
    given = order(Can.PUBLISH, {"room": ROOM, "text": "Une fois"})
    tries = [await connector.acts[Can.PUBLISH].perform(house, given) for _ in range(3)]
    assert len({done.remote_id for done in tries}) == 1 and len(house.events) == 1


async def test_message_is_found_by_its_key_where_the_server_has_forgotten_the_transaction():
    house = House()
    given = order(Can.PUBLISH, {"room": ROOM, "text": "Une fois"})
    assert await find_published(house, given) is None
    sent = await connector.acts[Can.PUBLISH].perform(house, given)
    await perform(house, Can.PUBLISH, {"room": ROOM, "text": "Une fois"})
    house.transactions.clear()
    found = await find_published(house, given)
    assert found.remote_id == sent.remote_id and found.facts == {"room": ROOM}
    (item,) = connector.parse(found.payloads[0]).items
    assert (item.body, item.remote_id, item.author.is_house) == ("Une fois", sent.remote_id, True)


async def test_nothing_is_said_in_an_encrypted_room_or_where_the_account_is_not():
    for house, error, words in (
        (House(is_encrypted=True), Refused, "keys"),
        (House(is_member=False), RightMissing, "invite"),
    ):
        with pytest.raises(error, match=words):
            await perform(house, Can.PUBLISH, {"room": ROOM, "text": "x"})
        assert house.events == []


async def test_pause_that_the_server_asks_for_is_kept():
    house = House()
    house.pause_ms = 4500
    with pytest.raises(RateLimited) as caught:
        await perform(house, Can.PUBLISH, {"room": ROOM, "text": "x"})
    assert caught.value.retry_after_s == 4.5 and not caught.value.maybe_done


async def test_words_are_changed_and_nobody_is_called_twice():
    house = House()
    await publish_all(house, Content(text=f"Bonjour {ANNA}"))
    earlier = {"post": Earlier(remote_id="$0", facts={"room": ROOM})}
    await perform(house, Can.EDIT, {"room": ROOM, "text": f"Bonsoir {ANNA}"}, earlier=earlier)
    change = house.events[1]["content"]
    assert change["m.relates_to"] == {"rel_type": "m.replace", "event_id": "$0"}
    assert (change["body"], change["m.new_content"]["body"]) == (f"* Bonsoir {ANNA}", f"Bonsoir {ANNA}")
    assert change["m.mentions"] == {} and change["m.new_content"]["m.mentions"] == {"user_ids": [ANNA]}


async def test_files_description_is_changed_and_the_file_stays():
    house = House()
    await publish_all(house, Content(media=(medium(alt="Un lac"),)))
    target = Target(remote_id="$0", kind=Kind.MESSAGE, about_id=f"room:{ROOM}")
    body = connector.publishing.parts(Content(media=(medium(alt="Le lac Léman"),)), FACTS)[1].body
    await perform(house, Can.EDIT, body, target=target)
    new = house.events[1]["content"]["m.new_content"]
    assert (new["body"], new["url"], new["msgtype"]) == ("Le lac Léman", "mxc://b.example/1", "m.image")


async def test_message_is_taken_away_again():
    house = House()
    await publish_all(house, Content(text="Oups"))
    earlier = {"post": Earlier(remote_id="$0", facts={"room": ROOM})}
    await perform(house, Can.WITHDRAW, {}, earlier=earlier)
    assert house.events == []
    with pytest.raises(FieldMissing):
        await perform(house, Can.WITHDRAW, {"of": "post:2"}, earlier=earlier)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({"text": "x"}, []),
        ({}, ["empty"]),
        ({"media": (medium(),)}, []),
        ({"text": "x", "media": (medium("image/x-photoshop"),)}, ["media_kind"]),
        ({"text": "x", "media": (medium(size_bytes=60_000_000),)}, ["media_size"]),
        ({"text": "x", "media": (medium(),) * 11}, ["too_many_media"]),
        ({"text": "x", "options": {"room": "salon"}}, ["room"]),
        ({"text": "x", "options": {"room": "#salon"}}, ["room"]),
        ({"text": "x\n" * 15_000 + "x"}, []),
        ({"text": "\n".join("x" * 24_000)[:47_000]}, ["too_large"]),
        ({"text": "\n".join("x" * 40_000)}, []),  # counted by the text rules
        ({"text": "x", "poll": Poll(choices=("a",))}, ["poll_choices", "poll_open"]),
        ({"poll": Poll(choices=("a", "a"))}, ["empty", "poll_question", "poll_same", "poll_open"]),
    ],
)
def test_what_a_room_would_refuse_is_known_before(content, found):
    assert codes(**content) == found
    assert codes(facts={}, text="x") == ["room"]


@pytest.mark.parametrize("sign", ["x", "é", '"', "\n", "<", "👩‍👩‍👧", "\\"])
def test_whatever_a_text_is_made_of_its_message_stays_within_the_servers_limit(sign):
    text = sign * (47_900 // len(sign.encode()))
    if not codes(text=f"a{text}a"):
        assert saying.size_of(saying.words(saying.tidy(f"a{text}a"), {})) <= saying.MOST_CONTENT_BYTES


def test_markup_is_left_out_before_words_are():
    text = "<&>\n\n" * 5_000
    said = saying.words(text, {})
    assert said["body"] == text and "formatted_body" not in said
    assert unescape(saying.words("<&>", {})["formatted_body"]) == "<&>"


async def test_room_is_known_by_its_id_from_the_day_on_that_it_is_given():
    house = House(levels={"events_default": 0})
    house.credentials = {"access_token": "t", "room": "#salon:b.example"}
    account = await connector.check(house)
    assert account.facts == {
        "user_id": "@us:b.example", "upload_bytes": "1000", "room": ROOM, "rooms": "#salon:b.example",
    }  # fmt: skip
    assert codes({**account.facts}, text="x", media=(medium(size_bytes=1001),)) == ["media_size"]


@pytest.mark.parametrize(
    ("house", "room", "words"),
    [
        (House(is_encrypted=True), ROOM, "encrypted"),
        (House(is_member=False), ROOM, "invite"),
        (House(levels={"events": {"m.room.message": 50}, "users": {"@us:b.example": 10}}), ROOM, "power"),
        (House(), "#nobody:b.example", "no room"),
    ],
)
async def test_room_in_which_nothing_could_be_posted_is_told_before_the_channel_is_opened(house, room, words):
    house.credentials = {"access_token": "t", "room": room}
    with pytest.raises(Refused, match=words):
        await connector.check(house)
