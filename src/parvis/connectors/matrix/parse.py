"""What was read of a homeserver as plain records. Pure: the same payload always gives the same.

A message is an item by its event id, of kind message; a room is "room:ID", which messages are about; an
invitation is "invite:ID", of kind mention and held until somebody accepts it.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, ParamSpec

import msgspec

from parvis.connectors.matrix.bodies import body_of, media_of
from parvis.connectors.matrix.rooms import edited_id, events_in, redacted_id, relation_of
from parvis.core.errors import AnswerNotUnderstood
from parvis.core.types import ItemRecord, Kind, Parsed, Payload, Problem, ProfileRecord, Status
from parvis.core.wording import Text

NOT_MATRIX = Text("no events of Matrix", "pas d’événements de Matrix")
ENCRYPTED = (
    "This room is encrypted: Parvis cannot read what is said in it.\n"
    "Ce salon est chiffré\u202f: Parvis ne peut pas lire ce qui s’y dit."
)
"""In both languages, since an item has no reader of its own."""
P = ParamSpec("P")
_Event = Mapping[str, Any]
_Names = Mapping[str, Mapping[str, Any]]


def parse(payload: Payload) -> Parsed:
    """Raises AnswerNotUnderstood where the payload as a whole makes no sense; one bad event is a Problem."""
    told = _decoded(payload)
    reading = _Parsing(payload)
    _READERS.get(payload.endpoint, _read_sync)(reading, told)
    return Parsed(items=tuple(reading.items.values()), problems=tuple(reading.problems))


def _decoded(payload: Payload) -> dict[str, Any]:
    try:
        told = msgspec.json.decode(payload.body)
    except (ValueError, RecursionError) as error:
        raise AnswerNotUnderstood(host=payload.url, detail=NOT_MATRIX) from error
    if not isinstance(told, dict) or not _SHAPES & told.keys():
        raise AnswerNotUnderstood(host=payload.url, detail=NOT_MATRIX)
    return told


class _Parsing:
    """The records of one payload; of an id that is told twice the later one counts."""

    def __init__(self, payload: Payload) -> None:
        self.payload = payload
        self.me = payload.facts.get("user_id", "")
        self.items: dict[str, ItemRecord] = {}
        self.problems: list[Problem] = []

    def attempt(self, where: str, read: Callable[P, ItemRecord | None], *arguments: P.args, **named: P.kwargs) -> None:
        try:
            item = read(*arguments, **named)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError) as error:
            self.problems.append(Problem(where=where, detail=f"{type(error).__name__}: {error}"))
            return
        if item is not None:
            self.keep(item)

    def keep(self, item: ItemRecord) -> None:
        self.items.pop(item.remote_id, None)
        self.items[item.remote_id] = item

    def message(self, event: _Event, room_id: str, names: _Names, *, edit: _Event | None = None) -> ItemRecord | None:
        """One event as an item; None where it is nothing that somebody said."""
        event_id = str(event["event_id"])
        if target := redacted_id(event):
            return _gone(target)
        if event.get("type") not in ("m.room.message", "m.sticker") or edited_id(event):
            return None
        if "redacted_because" in (event.get("unsigned") or {}) or not event["content"]:
            return _gone(event_id)
        edit = _valid_edit(event, edit or _bundled_edit(event))
        content = edit["content"]["m.new_content"] if edit else event["content"]
        body, is_html = body_of(content)
        return ItemRecord(
            remote_id=event_id,
            kind=Kind.MESSAGE,
            body=body,
            body_is_html=is_html,
            author=self.author(str(event["sender"]), names),
            url=_link(room_id, event_id),
            parent_id=_parent(event),
            about_id=f"room:{room_id}",
            published_at=_moment(event["origin_server_ts"]),
            updated_at=_moment(edit["origin_server_ts"]) if edit else None,
            media=media_of(content, self.payload.url),
            facts=_facts(event, content),
        )

    def author(self, sender: str, names: _Names) -> ProfileRecord:
        """Without a name where none came along: then the one that is known stays."""
        told = names.get(sender)
        bare = sender.partition(":")[0].removeprefix("@")
        return ProfileRecord(
            remote_id=sender,
            name="" if told is None else str(told.get("displayname") or bare),
            handle=sender,
            url=f"https://matrix.to/#/{sender}",
            is_house=sender == self.me,
        )


def _read_sync(reading: _Parsing, told: _Event) -> None:
    rooms = told.get("rooms") or {}
    for room_id, room in _each(rooms, "join"):
        names = _names([*events_in(room, "state"), *events_in(room, "timeline")])
        for place, event in enumerate(events_in(room, "timeline")):
            _read_event(reading, event, room_id, names, f"{room_id}[{place}]")
    for room_id, room in _each(rooms, "invite"):
        reading.attempt(f"invite {room_id}", _invitation, reading, room_id, room)


def _read_event(reading: _Parsing, event: _Event, room_id: str, names: _Names, where: str) -> None:
    reading.attempt(where, reading.message, event, room_id, names)


def _read_messages(reading: _Parsing, told: _Event) -> None:
    """A page of a room's history; it came backwards."""
    room_id = reading.payload.facts.get("room", "")
    names = _names(event for event in told.get("state") or [] if isinstance(event, dict))
    chunk = told.get("chunk")
    events = [event for event in chunk if isinstance(event, dict)] if isinstance(chunk, list) else []
    for place, event in reversed(list(enumerate(events))):
        _read_event(reading, event, room_id or str(event.get("room_id", "")), names, f"chunk[{place}]")


def _read_edited(reading: _Parsing, told: _Event) -> None:
    """A message that was asked for since it was edited, with the edit that was seen (None: one was taken back)."""
    event, edit = told.get("event"), told.get("edit")
    if isinstance(event, dict):
        room_id = reading.payload.facts.get("room") or str(event.get("room_id", ""))
        reading.attempt("event", reading.message, event, room_id, {}, edit=edit)


def _read_rooms(reading: _Parsing, told: _Event) -> None:
    for room_id, room in _each(told, "rooms"):
        reading.attempt(room_id, _room, room_id, room)
    for name, prefix, status in (
        ("left", "room:", Status.DELETED),
        ("withdrawn", "invite:", Status.DELETED),
        ("accepted", "invite:", Status.PUBLISHED),
    ):
        for room_id in told.get(name) or []:
            kind = Kind.PAGE if prefix == "room:" else Kind.MENTION
            remote_id = f"{prefix}{room_id}"
            reading.keep(ItemRecord(remote_id=remote_id, kind=kind, status=status, facts={"status_only": True}))


_READERS: Mapping[str, Callable[[_Parsing, _Event], None]] = {
    "sync": _read_sync,
    "messages": _read_messages,
    "edited": _read_edited,
    "rooms": _read_rooms,
}
_SHAPES = frozenset({"next_batch", "chunk", "event", "rooms"})


def _room(room_id: str, room: _Event) -> ItemRecord:
    is_encrypted = bool(room.get("is_encrypted"))
    topic = str(room.get("topic") or "")
    others = ", ".join(str(one) for one in room.get("members") or [])
    return ItemRecord(
        remote_id=f"room:{room_id}",
        kind=Kind.PAGE,
        title=str(room.get("name") or room.get("alias") or others or room_id),
        body=f"{ENCRYPTED}\n\n{topic}".strip() if is_encrypted else topic,
        url=_link(room_id),
        facts={"encrypted": True} if is_encrypted else {},
    )


def _invitation(reading: _Parsing, room_id: str, room: _Event) -> ItemRecord:
    events = events_in(room, "invite_state")
    state = {event.get("type"): event.get("content") or {} for event in events if event.get("state_key") == ""}
    ours = [event for event in events if event.get("type") == "m.room.member" and event.get("state_key") == reading.me]
    sender = str(ours[0].get("sender") or "") if ours else ""
    name = str((state.get("m.room.name") or {}).get("name") or "")
    name = name or str((state.get("m.room.canonical_alias") or {}).get("alias") or room_id)
    reason = str((ours[0].get("content") or {}).get("reason") or "") if ours else ""
    topic = str((state.get("m.room.topic") or {}).get("topic") or "")
    notice = ENCRYPTED if "m.room.encryption" in state else ""
    return ItemRecord(
        remote_id=f"invite:{room_id}",
        kind=Kind.MENTION,
        title=f"Invitation · {name}",
        body="\n\n".join(part for part in (reason, topic, notice) if part) or name,
        author=reading.author(sender, _names(events)) if sender else None,
        url=_link(room_id),
        about_id=f"room:{room_id}",
        status=Status.HELD,
        facts={"invitation": True},
    )


def _gone(event_id: str) -> ItemRecord:
    """All but the status is as it was."""
    return ItemRecord(remote_id=event_id, kind=Kind.MESSAGE, status=Status.DELETED, facts={"status_only": True})


def _bundled_edit(event: _Event) -> _Event | None:
    relations = (event.get("unsigned") or {}).get("m.relations") or {}
    edit = relations.get("m.replace")
    return edit if isinstance(edit, dict) else None


def _valid_edit(event: _Event, edit: _Event | None) -> _Event | None:
    """The edit where it is one: by the same person, and with new words (Matrix 1.15, 11.26.2)."""
    if edit is None or edit.get("sender") != event.get("sender"):
        return None
    content = edit.get("content")
    return edit if isinstance(content, dict) and isinstance(content.get("m.new_content"), dict) else None


def _parent(event: _Event) -> str:
    """What is answered; in a thread without a real answer, the thread's first message."""
    relation = relation_of(event)
    answered = relation.get("m.in_reply_to")
    answered_id = str(answered.get("event_id") or "") if isinstance(answered, dict) else ""
    if relation.get("rel_type") == "m.thread" and (relation.get("is_falling_back") or not answered_id):
        return str(relation.get("event_id") or "")
    return answered_id


def _facts(event: _Event, content: _Event) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    relation = relation_of(event)
    if relation.get("rel_type") == "m.thread":
        facts["thread"] = str(relation.get("event_id") or "")
    kind = str(content.get("msgtype") or event.get("type"))
    if kind != "m.text":
        facts["type"] = kind
    return facts


def _names(events: Any) -> dict[str, Mapping[str, Any]]:
    """Display names by user, from the member events that came along."""
    members = (event for event in events if event.get("type") == "m.room.member")
    return {
        str(event.get("state_key")): event["content"] for event in members if isinstance(event.get("content"), dict)
    }


def _each(told: Any, part: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    found = told.get(part) if isinstance(told, dict) else None
    for key, value in (found if isinstance(found, dict) else {}).items():
        if isinstance(value, dict):
            yield key, value


def _link(room_id: str, event_id: str = "") -> str:
    return f"https://matrix.to/#/{room_id}" + (f"/{event_id}" if event_id else "")


def _moment(told: Any) -> datetime | None:
    """The sender's server says it, so it may be anything: nobody hides a message behind an impossible time."""
    if isinstance(told, bool) or not isinstance(told, int | float):
        raise TypeError(f"{told!r} is no time")
    try:
        return datetime.fromtimestamp(told / 1000, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None
