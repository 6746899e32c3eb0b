"""Reading the rooms of an account by /sync, which gives all that came since a token.

Where more came than one sync holds, the server says so (`limited`), and the stretch in between is read
backwards, page by page, and kept in the cursor until it is whole. What a sync holds of an edit is the new
text alone, so the message that it changes is asked for; the same where an edit is taken back.

Messages in encrypted rooms cannot be read: Parvis holds no keys. Each such room is an item of its own that says so.
"""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec

from parvis.connectors.matrix.homeserver import Homeserver, own_id
from parvis.connectors.matrix.rooms import Gap, Progress, Room, edited_id, events_in, is_event_id, redacted_id
from parvis.core.connector import Fetched, Session
from parvis.core.errors import AnswerNotUnderstood, CredentialsRejected, Refused
from parvis.core.types import Answer, Payload

FIRST_MESSAGES = 50
"""Of each room at the first reading, and at most in one sync."""
PAGE = 100
LISTEN_S = 10
"""How long the server holds a question open: under the 15 s that a silent answer may last."""
MESSAGE_TYPES = ["m.room.message", "m.sticker", "m.room.redaction"]
ROOM_TYPES = ["m.room.member", "m.room.name", "m.room.topic", "m.room.canonical_alias", "m.room.encryption"]
_PAGE_FILTER: dict[str, Any] = {
    "types": MESSAGE_TYPES,
    "lazy_load_members": True,
    "include_redundant_members": True,
}


def sync_filter(*, is_first: bool) -> str:
    """What a sync is to hold. From the second one on also who comes and goes: Synapse tells of a room
    that the account has left only where the event of its leaving passes the filter.
    """
    members = {"lazy_load_members": True, "include_redundant_members": True}
    nothing: dict[str, Any] = {"types": []}
    room = {
        "include_leave": not is_first,
        "ephemeral": nothing,
        "account_data": nothing,
        "state": {"types": ROOM_TYPES, **members},
        "timeline": {"types": MESSAGE_TYPES + ROOM_TYPES[is_first:], "limit": FIRST_MESSAGES, **members},
    }
    return json.dumps({"presence": nothing, "account_data": nothing, "room": room}, separators=(",", ":"))


async def fetch(session: Session, cursor: Mapping[str, Any]) -> AsyncIterator[Fetched]:
    """What came since the last reading, and what gaps were left: until a sync brings nothing more.

    The answer to a token may be an older one out of the server's cache (Synapse keeps it for two minutes).
    """
    reading = await _reading(session, cursor)
    while reading.has_more:
        async for fetched in reading.steps(wait_s=0):
            yield fetched


async def listen(session: Session, cursor: Mapping[str, Any]) -> AsyncIterator[Fetched]:
    """The same without end: the server answers as soon as something is said."""
    reading = await _reading(session, cursor)
    async for fetched in reading.steps(wait_s=0):
        yield fetched
    while True:
        async for fetched in reading.steps(wait_s=LISTEN_S):
            yield fetched


async def _reading(session: Session, cursor: Mapping[str, Any]) -> "Reading":
    server = Homeserver(session)
    me = await own_id(server)
    progress = msgspec.convert(dict(cursor), Progress)
    return Reading(server, progress if progress.me in ("", me) else Progress(), me=me)


class Reading:
    """One run over the account's rooms."""

    def __init__(self, server: Homeserver, progress: Progress, *, me: str) -> None:
        self.server = server
        self.progress = progress
        self.me = progress.me = me
        self.has_more = True
        """False: the last sync brought nothing."""
        self._rooms_before: set[str] = set()

    async def steps(self, *, wait_s: int) -> AsyncIterator[Fetched]:
        async for fetched in self._fill_gaps():
            yield fetched
        yield await self._sync(wait_s if self.progress.since else 0)
        async for fetched in self._fill_gaps():
            yield fetched

    async def _sync(self, wait_s: int) -> Fetched:
        answer = await self._asked_sync(wait_s)
        told = self.server.object_in(answer)
        if not isinstance(told.get("next_batch"), str):
            raise AnswerNotUnderstood(host=self.server.host, detail="no next_batch", answer=answer)
        joined = _rooms(told, "join")
        payloads = [self._payload("sync", answer.body)] if joined or _rooms(told, "invite") else []
        payloads += self._rooms_told(told)
        for room_id, room in joined.items():
            payloads += await self._changes_in(events_in(room, "timeline"), room_id)
        self._note_gaps(joined)
        self.progress.since = told["next_batch"]
        self.has_more = bool(payloads)
        return self._fetched(payloads)

    async def _asked_sync(self, wait_s: int) -> Answer:
        """From the beginning where the server does not know the token any more (it was set up anew)."""
        since = self.progress.since
        asked: dict[str, str | int] = {"filter": sync_filter(is_first=not since), "timeout": wait_s * 1000}
        asked["set_presence"] = "offline"  # nobody is there to answer at once
        try:
            return await self.server.ask("GET", ("sync",), params={**asked, "since": since} if since else asked)
        except Refused as error:
            if not since or error.answer is None or error.answer.status != 400:
                raise
        self.progress.since, self.progress.gaps = "", []
        return await self._asked_sync(0)

    async def _fill_gaps(self) -> AsyncIterator[Fetched]:
        while self.progress.gaps:
            yield await self._fill_next()

    async def _fill_next(self) -> Fetched:
        """One page of a gap, backwards; a room that was left meanwhile has no more to tell."""
        gap = self.progress.gaps[0]
        asked: dict[str, str | int] = {"dir": "b", "from": gap.start, "to": gap.end, "limit": PAGE}
        asked["filter"] = json.dumps(_PAGE_FILTER, separators=(",", ":"))
        try:
            answer = await self.server.ask("GET", ("rooms", gap.room, "messages"), params=asked)
        except CredentialsRejected:
            raise  # the gap is read once there is a new token
        except Refused:
            del self.progress.gaps[0]
            return self._fetched([])
        told = self.server.object_in(answer)
        events = [event for event in told.get("chunk") or [] if isinstance(event, dict)]
        payloads = [self._payload("messages", answer.body, room=gap.room)] if events else []
        payloads += await self._changes_in(list(reversed(events)), gap.room)
        if events and told.get("end") and told["end"] != gap.start:
            gap.start = str(told["end"])
        else:
            del self.progress.gaps[0]
        return self._fetched(payloads)

    def _note_gaps(self, joined: Mapping[str, Mapping[str, Any]]) -> None:
        """None at the first reading, which takes the newest of each room, nor in a room that was joined just now."""
        if not self.progress.since:
            return
        for room_id, room in joined.items():
            timeline = room.get("timeline") or {}
            if timeline.get("limited") and timeline.get("prev_batch") and room_id in self._rooms_before:
                gap = Gap(room=room_id, start=str(timeline["prev_batch"]), end=self.progress.since)
                self.progress.gaps.append(gap)

    def _rooms_told(self, told: Mapping[str, Any]) -> list[Payload]:
        """Our own note of the rooms that are new or have changed, that were left, and of invitations that are over."""
        progress, joined, left = self.progress, _rooms(told, "join"), _rooms(told, "leave")
        self._rooms_before = set(progress.rooms)
        news = [
            room_id
            for room_id, room in joined.items()
            if progress.rooms.setdefault(room_id, Room()).learn(room) or room_id not in self._rooms_before
        ]
        accepted = [room_id for room_id in progress.invites if room_id in joined]
        withdrawn = [room_id for room_id in progress.invites if room_id in left]
        gone = [room_id for room_id in left if progress.rooms.pop(room_id, None) is not None]
        invited = {*progress.invites, *_rooms(told, "invite")} - {*accepted, *withdrawn}
        progress.invites = sorted(invited)
        note = {
            "rooms": {room_id: msgspec.to_builtins(progress.rooms[room_id]) for room_id in news},
            "left": gone,
            "accepted": accepted,
            "withdrawn": withdrawn,
        }
        return [self._payload("rooms", msgspec.json.encode(note))] if any(note.values()) else []

    async def _changes_in(self, events: list[Mapping[str, Any]], room_id: str) -> list[Payload]:
        """The messages that edits, and edits taken back, are about: each as it is now."""
        targets: dict[str, Mapping[str, Any] | None] = {}
        for event in events:
            if event.get("type") == "m.room.message" and is_event_id(target := edited_id(event)):
                targets[target] = event
                self.progress.remember_edit(event, room_id, target)
            elif (undone := self.progress.edits.pop(redacted_id(event), None)) is not None:
                targets[undone[1]] = None
        payloads = [await self._event_now(room_id, target, edit) for target, edit in targets.items()]
        return [payload for payload in payloads if payload is not None]

    async def _event_now(self, room_id: str, event_id: str, edit: Mapping[str, Any] | None) -> Payload | None:
        """One message with its last edit; None where the account may not see it."""
        try:
            event = await self.server.read("rooms", room_id, "event", event_id)
        except CredentialsRejected:
            raise
        except Refused:
            return None
        told = {"event": event, "edit": edit}
        return self._payload("edited", msgspec.json.encode(told), room=room_id)

    def _payload(self, endpoint: str, body: bytes, *, room: str = "") -> Payload:
        facts = {"user_id": self.me, **({"room": room} if room else {})}
        url = self.server.session.address
        return Payload(endpoint=endpoint, url=url, body=body, content_type="application/json", facts=facts)

    def _fetched(self, payloads: list[Payload]) -> Fetched:
        return Fetched(payloads=tuple(payloads), cursor=msgspec.to_builtins(self.progress))


def _rooms(told: Mapping[str, Any], part: str) -> Mapping[str, Mapping[str, Any]]:
    rooms = told.get("rooms")
    found = rooms.get(part) if isinstance(rooms, dict) else None
    return {key: room for key, room in found.items() if isinstance(room, dict)} if isinstance(found, dict) else {}
