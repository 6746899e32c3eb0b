"""What is remembered of the rooms of an account between two readings."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct, field

LONGEST_ID_BYTES = 255
MOST_EDITS = 300
"""Edits that are remembered, so that taking one back can be followed."""


class Room(Struct):
    """A room that the account has joined."""

    name: str = ""
    topic: str = ""
    alias: str = ""
    members: list[str] = field(default_factory=list)
    """Who else is there, as far as the server says so for rooms without a name."""
    is_encrypted: bool = False

    def learn(self, told: Mapping[str, Any]) -> bool:
        """Takes in one room of a sync; whether anything of this changed."""
        before = (self.name, self.topic, self.alias, tuple(self.members), self.is_encrypted)
        for event in state_events(told):
            self._learn_event(event)
        summary = told.get("summary")
        heroes = summary.get("m.heroes") if isinstance(summary, dict) else None
        if isinstance(heroes, list):
            self.members = [str(one) for one in heroes[:5]]
        return before != (self.name, self.topic, self.alias, tuple(self.members), self.is_encrypted)

    def _learn_event(self, event: Mapping[str, Any]) -> None:
        content = event.get("content")
        if not isinstance(content, dict) or event.get("state_key", "") != "":
            return  # of the room itself, and of nobody in it
        match event.get("type"):
            case "m.room.name":
                self.name = str(content.get("name") or "")
            case "m.room.topic":
                self.topic = str(content.get("topic") or "")
            case "m.room.canonical_alias":
                self.alias = str(content.get("alias") or "")
            case "m.room.encryption":
                self.is_encrypted = True


class Gap(Struct):
    """A stretch of a room's history that one sync was too short for, read backwards."""

    room: str
    start: str
    """Where to go on, backwards."""
    end: str
    """The sync token up to which everything is known."""


class Progress(Struct):
    """The cursor."""

    me: str = ""
    """Whose rooms these are."""
    since: str = ""
    rooms: dict[str, Room] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    invites: list[str] = field(default_factory=list)
    edits: dict[str, list[str]] = field(default_factory=dict)
    """edit's event id: [room id, id of the event that it changes]."""

    def remember_edit(self, event: Mapping[str, Any], room_id: str, target: str) -> None:
        self.edits[str(event["event_id"])] = [room_id, target]
        while len(self.edits) > MOST_EDITS:
            del self.edits[next(iter(self.edits))]


def state_events(told: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """State of a room in a sync: as it was before the timeline, then what changed within it."""
    before = events_in(told, "state")
    return [*before, *(event for event in events_in(told, "timeline") if "state_key" in event)]


def events_in(told: Mapping[str, Any], part: str) -> list[Mapping[str, Any]]:
    section = told.get(part)
    events = section.get("events") if isinstance(section, dict) else None
    return [event for event in events if isinstance(event, dict)] if isinstance(events, list) else []


def edited_id(event: Mapping[str, Any]) -> str:
    """The id of the message that this one replaces, "" where it is no edit."""
    relation = relation_of(event)
    return str(relation.get("event_id") or "") if relation.get("rel_type") == "m.replace" else ""


def relation_of(event: Mapping[str, Any]) -> Mapping[str, Any]:
    content = event.get("content")
    relation = content.get("m.relates_to") if isinstance(content, dict) else None
    return relation if isinstance(relation, dict) else {}


def is_event_id(told: str) -> bool:
    """Whoever writes an edit says what it changes: only what may be an id is asked for (spec 1.15, Size limits)."""
    return told.startswith("$") and len(told.encode()) <= LONGEST_ID_BYTES


def redacted_id(event: Mapping[str, Any]) -> str:
    """The id of the event that a redaction takes away: in its content since room version 11, beside it before."""
    content = event.get("content")
    told = (content.get("redacts") if isinstance(content, dict) else None) or event.get("redacts")
    return str(told or "") if event.get("type") == "m.room.redaction" else ""
