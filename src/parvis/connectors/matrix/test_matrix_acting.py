"""Reading and acting against a homeserver in memory that cuts syncs short, forgets tokens, and refuses."""

import json
import re
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

import msgspec
import pytest

from parvis.connectors.matrix import connector
from parvis.connectors.matrix.fetch import listen
from parvis.core.connector import Can, Order, Target
from parvis.core.errors import (
    CredentialsRejected,
    FieldMissing,
    NotEncrypted,
    RateLimited,
    Refused,
    RemoteGone,
    RightMissing,
    TextTooLong,
)
from parvis.core.types import Answer, Kind, Status

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ROOM = "!r:b.example"


class Shelf:
    """One room, as a list of events; a sync token is a place in that list."""

    def __init__(self, address="https://b.example"):
        self.address, self.credentials, self.now = address, {"access_token": "t"}, NOON
        self.facts = {"user_id": "@us:b.example"}
        self.events, self.sent, self.asked = [], {}, []
        self.limit = 50
        self.epoch = "s"
        self.refusal = None
        self.token_is_over = False

    def say(self, text, **more):
        event_id = f"${len(self.events)}"
        content = {"msgtype": "m.text", "body": text, **more}
        self.put(event_id, "m.room.message", content)
        return event_id

    def edit(self, target, text):
        relation = {"rel_type": "m.replace", "event_id": target}
        return self.say(f"* {text}", **{"m.new_content": {"body": text}, "m.relates_to": relation})

    def redact(self, target):
        self.put(f"${len(self.events)}", "m.room.redaction", {"redacts": target})
        for event in self.events:
            if event["event_id"] == target:
                event["content"], event["unsigned"] = {}, {"redacted_because": {}}

    def put(self, event_id, kind, content):
        common = {"sender": "@a:b.example", "origin_server_ts": 1_795_000_000_000 + len(self.events)}
        self.events.append({"event_id": event_id, "type": kind, "content": content, **common})

    async def request(self, method, url, *, params=None, json=None, headers=None, accept_statuses=frozenset()):
        assert headers == {"authorization": "Bearer t"}
        path = unquote(urlsplit(url).path).removeprefix("/_matrix/client/v3")
        self.asked.append((method, path, params, json))
        if self.token_is_over:
            raise CredentialsRejected(host="b.example")
        if self.refusal is not None:
            return self._refused(*self.refusal, url, accept_statuses)
        if method == "GET" and path == "/sync":
            return self._sync(url, params)
        if method == "GET" and path.endswith("/messages"):
            return _answer(url, self._messages(params))
        if method == "GET" and (found := re.search(r"/event/(.*)", path)):
            return self._event(url, found[1])
        if method == "PUT":
            event_id = self.sent.setdefault(path, f"$sent{len(self.sent)}")
            return _answer(url, {"event_id": event_id})
        return _answer(url, {})

    def _refused(self, status, told, url, accept_statuses):
        answer = Answer(status=status, url=url, headers={}, body=msgspec.json.encode(told))
        if status in accept_statuses:
            return answer
        kind = RightMissing if status == 403 else Refused
        raise kind(host="b.example", detail=told.get("error", ""), answer=answer)

    def _sync(self, url, params):
        since = params.get("since", "")
        if since and not since.startswith(self.epoch):
            self.refusal, was = (400, {"errcode": "M_UNKNOWN", "error": "Invalid stream token"}), self.refusal
            try:
                return self._refused(*self.refusal, url, frozenset())
            finally:
                self.refusal = was
        start = int(since[1:]) if since else 0
        new = self.events[start:]
        first = max(start, len(self.events) - self.limit)
        timeline = {"events": self.events[first:], "limited": first > start, "prev_batch": f"{self.epoch}{first}"}
        name = {"type": "m.room.name", "state_key": "", "content": {"name": "Room"}}
        joined = (
            {ROOM: {"timeline": timeline, "state": {"events": [] if since else [name]}}} if new or not since else {}
        )
        return _answer(url, {"next_batch": f"{self.epoch}{len(self.events)}", "rooms": {"join": joined}})

    def _messages(self, params):
        last, first = int(params["from"][1:]), int(params["to"][1:])
        begin = max(first, last - int(params["limit"]))
        more = {"end": f"{self.epoch}{begin}"} if begin > first else {}
        return {"chunk": list(reversed(self.events[begin:last])), "start": params["from"], **more}

    def _event(self, url, event_id):
        found = next((event for event in self.events if event["event_id"] == event_id), None)
        if found is None:
            raise RemoteGone(host="b.example", detail="not found")
        return _answer(url, found)


def _answer(url, told):
    return Answer(status=200, url=url, headers={"content-type": "application/json"}, body=msgspec.json.encode(told))


class Desk:
    def __init__(self, shelf):
        self.shelf, self.cursor, self.items = shelf, {}, {}

    async def poll(self, *, steps=None):
        reading = connector.fetch(self.shelf, self.cursor)
        async for fetched in reading:
            self.take(fetched)
            steps = steps and steps - 1
            if steps == 0:
                await reading.aclose()
                return

    def take(self, fetched):
        self.cursor = json.loads(json.dumps(fetched.cursor))
        for payload in fetched.payloads:
            parsed = connector.parse(payload)
            assert parsed.problems == ()
            self.items.update({item.remote_id: item for item in parsed.items})

    def texts(self):
        return {item.body for item in self.items.values() if item.kind is Kind.MESSAGE}


def order(can, *, remote_id="$1", about_id=f"room:{ROOM}", kind=Kind.MESSAGE, text="", key="k", **facts):
    target = Target(remote_id=remote_id, kind=kind, about_id=about_id, facts=facts)
    return Order(key=key, can=can, target=target, text=text, written_at=NOON)


async def perform(shelf, can, **fields):
    return await connector.acts[can].perform(shelf, order(can, **fields))


async def test_first_reading_takes_the_newest_of_each_room_and_the_room_itself():
    shelf = Shelf()
    for number in range(80):
        shelf.say(f"text {number}")
    desk = Desk(shelf)
    await desk.poll()
    assert desk.texts() == {f"text {number}" for number in range(30, 80)}
    assert desk.items[f"room:{ROOM}"].title == "Room"


async def test_nothing_is_left_out_however_much_was_said_and_wherever_reading_is_cut():
    shelf = Shelf()
    shelf.say("first")
    desk = Desk(shelf)
    await desk.poll()
    for number in range(430):
        shelf.say(f"text {number}")
    await desk.poll(steps=1)
    for number in range(430, 700):
        shelf.say(f"text {number}")
    for _ in range(6):
        await desk.poll(steps=2)
    assert {f"text {number}" for number in range(700)} <= desk.texts() and desk.cursor["gaps"] == []


async def test_edits_and_redactions_within_a_gap_are_followed():
    shelf = Shelf()
    kept, gone = shelf.say("before"), shelf.say("to be taken away")
    desk = Desk(shelf)
    await desk.poll()
    shelf.edit(kept, "after")
    shelf.redact(gone)
    for number in range(120):
        shelf.say(f"text {number}")
    await desk.poll()
    assert desk.items[kept].body == "after" and desk.items[gone].status is Status.DELETED


async def test_edit_that_is_taken_back_is_read_again():
    shelf = Shelf()
    kept = shelf.say("before")
    desk = Desk(shelf)
    await desk.poll()
    edit = shelf.edit(kept, "after")
    await desk.poll()
    assert desk.items[kept].body == "after"
    shelf.redact(edit)
    await desk.poll()
    assert desk.items[kept].body == "before"


@pytest.mark.parametrize("target", ["$" + "x" * 60_000, "../../account/whoami", "no id"])
async def test_edit_of_what_is_no_message_asks_for_nothing(target):
    shelf = Shelf()
    desk = Desk(shelf)
    await desk.poll()
    shelf.edit(target, "after")
    await desk.poll()
    assert not [path for _, path, _, _ in shelf.asked if "/event/" in path]


async def test_gap_outlives_a_token_that_ended():
    shelf = Shelf()
    desk = Desk(shelf)
    shelf.say("first")
    await desk.poll()
    for number in range(200):
        shelf.say(f"text {number}")
    await desk.poll(steps=1)
    assert desk.cursor["gaps"]
    shelf.token_is_over = True
    with pytest.raises(CredentialsRejected):
        await desk.poll()
    shelf.token_is_over = False
    await desk.poll()
    assert {f"text {number}" for number in range(200)} <= desk.texts()


async def test_edit_of_what_the_account_may_not_see_is_passed_over():
    shelf = Shelf()
    desk = Desk(shelf)
    await desk.poll()
    shelf.edit("$elsewhere", "after")
    await desk.poll()
    assert desk.texts() == set()


async def test_server_that_was_set_up_anew_is_read_from_its_beginning():
    shelf = Shelf()
    shelf.say("old")
    desk = Desk(shelf)
    await desk.poll()
    shelf.epoch, shelf.events = "z", []
    shelf.put("$other", "m.room.message", {"msgtype": "m.text", "body": "new"})
    await desk.poll()
    assert {"old", "new"} <= desk.texts() and desk.cursor["since"] == "z1"


async def test_another_account_begins_anew():
    shelf = Shelf()
    shelf.say("text")
    desk = Desk(shelf)
    await desk.poll()
    shelf.facts, shelf.asked = {"user_id": "@other:b.example"}, []
    await desk.poll()
    assert "since" not in shelf.asked[0][2] and desk.cursor["me"] == "@other:b.example"


async def test_stream_says_at_once_that_it_stands_and_then_waits_at_the_server():
    shelf = Shelf()
    desk = Desk(shelf)
    stream = listen(shelf, {})
    desk.take(await anext(stream))
    shelf.say("hello")
    desk.take(await anext(stream))
    await stream.aclose()
    waits = [params["timeout"] for _, path, params, _ in shelf.asked if path == "/sync"]
    assert waits == [0, 10_000] and desk.texts() == {"hello"}


async def test_answer_names_what_it_answers_and_is_sent_once_however_often_it_is_tried():
    shelf = Shelf()
    first = await perform(shelf, Can.REPLY, remote_id="$0", text=" Merci \r\n<1> ", key="key-1", thread="$root")
    again = await perform(shelf, Can.REPLY, remote_id="$0", text="Merci \n<1>", key="key-1", thread="$root")
    assert first.remote_id == again.remote_id and len(shelf.sent) == 1
    _, path, _, content = shelf.asked[0]
    assert path == f"/rooms/{ROOM}/send/m.room.message/key-1" and content["body"] == "Merci \n<1>"
    assert content["m.relates_to"] == {
        "m.in_reply_to": {"event_id": "$0"},
        "rel_type": "m.thread",
        "event_id": "$root",
        "is_falling_back": False,
    }


async def test_answer_outside_a_thread_stays_outside():
    shelf = Shelf()
    await perform(shelf, Can.REPLY, remote_id="$0", text="Merci")
    assert shelf.asked[0][3]["m.relates_to"] == {"m.in_reply_to": {"event_id": "$0"}}


async def test_message_is_taken_away_and_an_invitation_accepted_or_declined():
    shelf = Shelf()
    done = await perform(shelf, Can.DELETE, remote_id="$0", key="key-2")
    assert done.status is Status.DELETED and shelf.asked[-1][1] == f"/rooms/{ROOM}/redact/$0/key-2"
    invitation = {"remote_id": f"invite:{ROOM}", "kind": Kind.MENTION}
    assert (await perform(shelf, Can.APPROVE, **invitation)).status is Status.PUBLISHED
    assert shelf.asked[-1][:2] == ("POST", f"/rooms/{ROOM}/join")
    assert (await perform(shelf, Can.TRASH, **invitation)).status is Status.TRASHED
    assert shelf.asked[-1][:2] == ("POST", f"/rooms/{ROOM}/leave")


async def test_declining_once_more_is_no_fault_and_a_right_that_is_missing_is_told():
    shelf = Shelf()
    shelf.refusal = (403, {"errcode": "M_FORBIDDEN", "error": "not in the room"})
    done = await perform(shelf, Can.TRASH, remote_id=f"invite:{ROOM}", kind=Kind.MENTION)
    assert done.status is Status.TRASHED
    with pytest.raises(RightMissing):
        await perform(shelf, Can.DELETE, remote_id="$0")


async def test_server_that_wants_a_pause_gets_it():
    shelf = Shelf()
    shelf.refusal = (429, {"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests", "retry_after_ms": 1500})
    with pytest.raises(RateLimited) as caught:
        await perform(shelf, Can.REPLY, text="x")
    assert caught.value.retry_after_s == 1.5


async def test_order_that_cannot_be_carried_out_is_refused_before_anything_is_sent():
    shelf = Shelf()
    for fields in ({"text": " "}, {"text": "x", "about_id": ""}, {"text": "x", "remote_id": "room:!r"}):
        with pytest.raises(FieldMissing):
            await perform(shelf, Can.REPLY, **fields)
    with pytest.raises(TextTooLong):
        await perform(shelf, Can.REPLY, text="é" * 30_000)
    with pytest.raises(FieldMissing):
        await perform(shelf, Can.APPROVE, remote_id="$1")
    assert shelf.asked == []


async def test_token_stays_here_where_the_way_is_open():
    shelf = Shelf(address="http://b.example")
    with pytest.raises(NotEncrypted):
        await connector.check(shelf)
    assert shelf.asked == []
