"""A crisis room is opened by one switch, which pauses what is scheduled; ending it takes the pause away."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from parvis.core.errors import BadInput
from parvis.core.wording import Text
from parvis.listening.crisis.log import must_in, only_department, open_room_to, tell_room, write_by_desk
from parvis.listening.models import CrisisRoom, LogKind, ReputationFile, RoomState, SavedQuery, Story
from parvis.listening.wanted import line_from, locked, maybe_text, must_be_newest, text_from
from parvis.orgs.access import must, reach_of
from parvis.orgs.audit import record
from parvis.orgs.crisis import pause, unpause
from parvis.orgs.models import Department, Member
from parvis.orgs.rights import Action

LONGEST_NAME = 80
LONGEST_WHY = 2_000
_CHOSEN = {SavedQuery: "queries", Story: "stories", ReputationFile: "files"}
_WHAT = {SavedQuery: "query", Story: "story", ReputationFile: "file"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Debrief:
    happened: str
    worked: str = ""
    failed: str = ""
    changes: str = ""


def open_room(
    member: Member, *, name: str, why: str, departments: Sequence[Department] | None, now: datetime
) -> CrisisRoom:
    """From this moment nothing scheduled leaves for the departments; None: for no department of the house.

    Raises NotAllowed where the member may not for one of them, FieldMissing, TextTooLong, BadInput without any.
    """
    if departments is not None and not departments:
        raise BadInput(detail=Text("no department was chosen", "aucun département n’est choisi"))
    for department in departments if departments is not None else [None]:
        must(member, Action.CRISIS, department)
    room = CrisisRoom(
        name=line_from(name, field=Text("name", "nom"), limit=LONGEST_NAME),
        why=text_from(why, field=Text("why", "pourquoi"), limit=LONGEST_WHY),
        is_house=departments is None,
        opened_by=member,
        opened_at=now,
    )
    with transaction.atomic():
        room.save()
        room.departments.set(departments or [])
        pause(departments, member, room_key=room.pk, now=now)
        _note(room, member, "room.open", now=now)
        write_by_desk(room, member, LogKind.OPENED, now=now, text=room.why)
        write_by_desk(room, member, LogKind.PAUSED, now=now, facts=_places(departments))
    return room


def end_room(room: CrisisRoom, member: Member, debrief: Debrief, *, now: datetime, revision: int | None = None) -> None:
    """Ends the room with its debrief and takes its pauses away, all in one transaction.

    What came due meanwhile stays held back until a person decides. `revision`: of the debrief that the
    member saw. Raises NotAllowed, FieldMissing where it does not say what happened, Conflict.
    """
    must_lead(room, member)
    text_from(debrief.happened, field=Text("what happened", "ce qui s’est passé"))
    with transaction.atomic():
        current = open_room_to(room, member, Action.CRISIS)
        must_be_newest(current.revision, revision)
        departments = None if current.is_house else list(current.departments.all())
        unpause(member, room_key=current.pk, now=now)
        write_by_desk(current, member, LogKind.RESUMED, now=now, facts=_places(departments))
        write_by_desk(current, member, LogKind.ENDED, now=now)
        current.state, current.ended_by, current.ended_at = RoomState.ENDED, member, now
        _write_debrief(current, debrief)
        _note(current, member, "room.end", now=now)
    room.refresh_from_db()


def save_debrief(
    room: CrisisRoom, member: Member, debrief: Debrief, *, now: datetime, revision: int | None = None
) -> None:
    """Begun while the room is open, completed after it. Raises NotAllowed, Conflict, TextTooLong.

    An ended room keeps saying what happened: FieldMissing otherwise.
    """
    must_in(room, member, Action.CRISIS)
    with transaction.atomic():
        current = locked(CrisisRoom.objects.all(), room.pk)
        must_be_newest(current.revision, revision)
        if current.state == RoomState.ENDED:
            text_from(debrief.happened, field=Text("what happened", "ce qui s’est passé"))
        _write_debrief(current, debrief)
        _note(current, member, "room.debrief", now=now)
    room.refresh_from_db()


def choose(
    room: CrisisRoom, member: Member, thing: SavedQuery | Story | ReputationFile, *, name: str, now: datetime
) -> bool:
    """Puts a query, a story or a file onto the room's screen; whether it was new there.

    The caller has found the thing among those that the member sees. Raises NotAllowed, Conflict.
    """
    with transaction.atomic():
        current = open_room_to(room, member)
        chosen = getattr(current, _CHOSEN[type(thing)])
        if chosen.filter(pk=thing.pk).exists():
            return False
        chosen.add(thing)
        _log_choice(current, member, LogKind.LINKED, thing, name=name, now=now)
    return True


def drop(
    room: CrisisRoom, member: Member, thing: SavedQuery | Story | ReputationFile, *, name: str, now: datetime
) -> bool:
    """Takes it off the screen again; whether it was there. Raises NotAllowed, Conflict."""
    with transaction.atomic():
        current = open_room_to(room, member)
        chosen = getattr(current, _CHOSEN[type(thing)])
        if not chosen.filter(pk=thing.pk).exists():
            return False
        chosen.remove(thing)
        _log_choice(current, member, LogKind.UNLINKED, thing, name=name, now=now)
    return True


def may_lead(member: Member, department_ids: Collection[int]) -> bool:
    """Whether the member may open or end a room for all of these departments; none: for the whole house."""
    reach = reach_of(member)
    return all(reach.covers(Action.CRISIS, key) for key in department_ids or (None,))


def must_lead(room: CrisisRoom, member: Member) -> None:
    """Who ends a room ends the pause of each of its departments. Raises NotAllowed."""
    for department in [None] if room.is_house else room.departments.all():
        must(member, Action.CRISIS, department)


def _write_debrief(room: CrisisRoom, debrief: Debrief) -> None:
    room.happened, room.worked = maybe_text(debrief.happened), maybe_text(debrief.worked)
    room.failed, room.changes = maybe_text(debrief.failed), maybe_text(debrief.changes)
    room.revision += 1
    room.save()


def _log_choice(
    room: CrisisRoom,
    member: Member,
    kind: LogKind,
    thing: SavedQuery | Story | ReputationFile,
    *,
    name: str,
    now: datetime,
) -> None:
    write_by_desk(
        room, member, kind, now=now, text=name, facts={"what": _WHAT[type(thing)], "key": thing.pk},
        department_id=thing.department_id,
    )  # fmt: skip


def _places(departments: Sequence[Department] | None) -> dict[str, Any]:
    """By name as they are called at this moment; none: the whole house."""
    return {"departments": [one.name for one in departments or []]}


def _note(room: CrisisRoom, member: Member, action: str, *, now: datetime) -> None:
    record(
        member, action, subject="room", subject_key=room.pk, now=now, department_id=only_department(room),
        facts={"name": room.name},
    )  # fmt: skip
    tell_room(room, now=now)
