"""Tasks of a room: what, who, until when, and who did it."""

from datetime import datetime

from django.db import transaction

from parvis.core.errors import BadInput
from parvis.core.wording import Text
from parvis.listening.crisis.log import open_room_to, write_by_desk
from parvis.listening.models import CrisisRoom, LogKind, RoomTask
from parvis.listening.wanted import line_from
from parvis.orgs.models import Member
from parvis.orgs.rights import Action

LONGEST_TASK = 300


@transaction.atomic
def add_task(
    room: CrisisRoom,
    member: Member,
    what: str,
    *,
    now: datetime,
    to: Member | None = None,
    due_at: datetime | None = None,
) -> RoomTask:
    """For somebody who sees the room, or for whoever takes it. Raises NotAllowed, FieldMissing, BadInput, Conflict."""
    current = open_room_to(room, member)
    if to is not None and not CrisisRoom.objects.where_may(to, Action.SEE).filter(pk=room.pk).exists():
        raise BadInput(
            detail=Text("{name} does not see this room", "{name} ne voit pas cette cellule").format(name=to.name)
        )
    task = RoomTask.objects.create(
        room=current, what=line_from(what, field=Text("task", "tâche"), limit=LONGEST_TASK), member=to, due_at=due_at,
        created_by=member, created_at=now,
    )  # fmt: skip
    facts = {"task": task.pk, "to": to.name if to is not None else None}
    write_by_desk(current, member, LogKind.TASK, now=now, text=task.what, facts=facts)
    return task


def finish_task(task: RoomTask, member: Member, *, now: datetime) -> bool:
    """Whether it was still to be done. Raises NotAllowed, Conflict."""
    return _tick(task, member, LogKind.TASK_DONE, now=now)


def reopen_task(task: RoomTask, member: Member, *, now: datetime) -> bool:
    """Whether it had been done. Raises NotAllowed, Conflict."""
    return _tick(task, member, LogKind.TASK_AGAIN, now=now)


@transaction.atomic
def _tick(task: RoomTask, member: Member, kind: LogKind, *, now: datetime) -> bool:
    current = open_room_to(task.room, member)
    is_done = kind == LogKind.TASK_DONE
    values = {"done_by": member, "done_at": now} if is_done else {"done_by": None, "done_at": None}
    if not RoomTask.objects.filter(pk=task.pk, done_at__isnull=is_done).update(**values):
        return False
    write_by_desk(current, member, kind, now=now, text=task.what, facts={"task": task.pk})
    return True
