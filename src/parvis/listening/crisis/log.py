"""The running log of a room: entries by people and by the desk itself; written once, never changed.

The audit trail, which cannot be edited, holds the hash of every entry: `changed_entries` finds
what somebody changed behind the desk's back.
"""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from parvis.channels.models import Item
from parvis.core.errors import Conflict
from parvis.core.wording import Text
from parvis.jobs.live import tell
from parvis.listening.copying import copy_of
from parvis.listening.models import CrisisRoom, LogEntry, LogKind, RoomState
from parvis.listening.wanted import locked, maybe_text, text_from
from parvis.orgs.access import must
from parvis.orgs.audit import record
from parvis.orgs.models import AuditEntry, Member
from parvis.orgs.rights import Action

LONGEST_ENTRY = 5_000
_ACTION = "room.log"


@transaction.atomic
def write_entry(room: CrisisRoom, member: Member, text: str, *, now: datetime) -> LogEntry:
    """Raises NotAllowed, FieldMissing, TextTooLong, Conflict where the room was ended."""
    current = open_room_to(room, member)
    text = text_from(text, field=Text("entry", "entrée"), limit=LONGEST_ENTRY)
    return _write(current, member, LogKind.ENTRY, now=now, text=text)


@transaction.atomic
def log_item(room: CrisisRoom, member: Member, item: Item, *, now: datetime, text: str = "") -> LogEntry:
    """A text that was found, copied as it stands. Raises as `write_entry`."""
    current = open_room_to(room, member)
    must(member, Action.SEE, item)
    copied = copy_of(item)
    facts = {
        "title": copied.title, "text": copied.text, "author": copied.author, "place": copied.place, "url": copied.url,
        "language": copied.language, "hash": copied.hash,
        "said_at": copied.said_at.isoformat() if copied.said_at else None,
    }  # fmt: skip
    return _write(
        current, member, LogKind.ITEM, now=now, text=maybe_text(text, limit=LONGEST_ENTRY), facts=facts,
        item_key=item.pk, department_id=item.department_id,
    )  # fmt: skip


def write_by_desk(
    room: CrisisRoom,
    member: Member | None,
    kind: LogKind,
    *,
    now: datetime,
    text: str = "",
    facts: dict[str, Any] | None = None,
    department_id: int | None = None,
) -> LogEntry:
    """What the desk did, in the transaction in which it did it; `member`: at whose wish."""
    return _write(room, member, kind, now=now, text=text, facts=facts, department_id=department_id)


def open_room_to(room: CrisisRoom, member: Member, action: str = Action.NOTE) -> CrisisRoom:
    """The room, held until the transaction ends. Raises NotAllowed; Conflict where it was ended."""
    must_in(room, member, action)
    current: CrisisRoom = locked(CrisisRoom.objects.all(), room.pk)
    if current.state != RoomState.OPEN:
        raise Conflict(
            who=Text("Somebody", "Quelqu’un"), detail=Text("this room was ended", "cette cellule a pris fin")
        )
    return current


def must_in(room: CrisisRoom, member: Member, action: str) -> None:
    """In one of the room's departments is enough. Raises NotAllowed."""
    if not CrisisRoom.objects.where_may(member, action).filter(pk=room.pk).exists():
        must(member, action)


def tell_room(room: CrisisRoom, *, now: datetime, kind: str = "room", facts: dict[str, Any] | None = None) -> None:
    """Pages of everybody whom the room concerns look again; one event for each department."""
    keys: list[int | None] = [None] if room.is_house else list(room.departments.values_list("pk", flat=True))
    for key in keys:
        tell(kind, now=now, department_id=key, subject_id=room.pk, facts=facts)


def hash_of(entry: LogEntry) -> str:
    """SHA-256 over what the entry says."""
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    said = [entry.room_id, at, entry.member_id, str(entry.kind), entry.text, entry.facts, entry.item_key]
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def changed_entries(room: CrisisRoom) -> list[int]:
    """Ids of entries that are other than the audit trail knows them, gone, or unknown to it; in order."""
    trail = AuditEntry.objects.filter(subject="room", subject_key=str(room.pk), action=_ACTION)
    known = {facts["entry"]: facts["hash"] for facts in trail.values_list("facts", flat=True)}
    there = {entry.pk: hash_of(entry) for entry in LogEntry.objects.filter(room=room)}
    return sorted(key for key in known.keys() | there.keys() if known.get(key) != there.get(key))


def _write(
    room: CrisisRoom,
    member: Member | None,
    kind: LogKind,
    *,
    now: datetime,
    text: str = "",
    facts: dict[str, Any] | None = None,
    item_key: int | None = None,
    department_id: int | None = None,
) -> LogEntry:
    entry = LogEntry(
        room=room, at=now, member=member, kind=kind, text=text, facts=facts or {}, item_key=item_key,
        department_id=department_id,
    )  # fmt: skip
    entry.hash = hash_of(entry)
    entry.save()
    record(
        member, _ACTION, subject="room", subject_key=room.pk, now=now,
        department_id=only_department(room), facts={"name": room.name, "entry": entry.pk, "hash": entry.hash},
    )  # fmt: skip
    tell_room(room, now=now)
    return entry


def only_department(room: CrisisRoom) -> int | None:
    """Whose trail tells of the room; None, the house's, where it concerns several."""
    if room.is_house:
        return None
    keys = list(room.departments.values_list("pk", flat=True)[:2])
    return keys[0] if len(keys) == 1 else None
