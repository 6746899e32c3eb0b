"""Queues are set up: their name, what they serve, their slots."""

import datetime as dt
from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction

from parvis.channels.models import Channel
from parvis.core.errors import BadInput, FieldMissing, NotAllowed
from parvis.core.wording import Text
from parvis.orgs.access import may, must
from parvis.orgs.audit import record
from parvis.orgs.models import Department, Member
from parvis.orgs.rights import Action
from parvis.publishing.models import Pillar, Queue, Slot, WhenFreed
from parvis.publishing.times import moment_or_after

MOST_SLOTS = 200


@transaction.atomic
def save_queue(
    department: Department,
    member: Member,
    *,
    name: str,
    zone: str,
    now: datetime,
    queue: Queue | None = None,
    channels: Iterable[Channel] = (),
    when_freed: str = WhenFreed.LEAVE,
) -> Queue:
    """A new one, or `queue` changed; what is planned already keeps its time. Raises NotAllowed, BadInput."""
    must(member, Action.PUBLISH, department)
    if queue is not None:
        must(member, Action.PUBLISH, queue)
    name = checked_name(name)
    if when_freed not in WhenFreed.values:
        raise BadInput(detail=Text("there is no such rule", "cette règle n’existe pas"))
    moment_or_after(now.replace(tzinfo=None), zone)
    chosen = list(channels)
    if any(not may(member, Action.SEE, channel) for channel in chosen):
        raise NotAllowed(action=str(Action.PUBLISH.label))
    saved = queue or Queue(department=department, created_by=member, created_at=now)
    saved.name, saved.zone, saved.when_freed = name, zone, when_freed
    try:
        with transaction.atomic():
            saved.save()
    except IntegrityError:
        raise BadInput(detail=Text("there is a queue of this name", "une file porte déjà ce nom")) from None
    saved.channels.set(chosen)
    _note(saved, member, "queue.save", now=now)
    return saved


@transaction.atomic
def close_queue(queue: Queue, member: Member, *, now: datetime) -> None:
    """It takes nothing more; what is planned keeps its time. Raises NotAllowed."""
    must(member, Action.PUBLISH, queue)
    queue.closed_at = now
    queue.save(update_fields=["closed_at"])
    _note(queue, member, "queue.close", now=now)


@transaction.atomic
def add_slot(
    queue: Queue, member: Member, *, weekday: int, time: dt.time, now: datetime, pillar: Pillar | None = None
) -> Slot:
    """Raises NotAllowed, BadInput where there is one at that time."""
    must(member, Action.PUBLISH, queue)
    if not 0 <= weekday <= 6:
        raise FieldMissing(field=Text("day of the week", "jour de la semaine"))
    if pillar is not None and pillar.department_id != queue.department_id:
        raise BadInput(detail=Text("this pillar is another department’s", "ce pilier est celui d’un autre département"))
    if queue.slots.count() >= MOST_SLOTS:
        raise BadInput(detail=Text("a queue has 200 slots at most", "une file a 200 créneaux au plus"))
    try:
        with transaction.atomic():
            slot: Slot = Slot.objects.create(
                queue=queue, weekday=weekday, time=time.replace(second=0, microsecond=0, tzinfo=None), pillar=pillar
            )
    except IntegrityError:
        raise BadInput(detail=Text("there is a slot at that time", "il y a déjà un créneau à cette heure")) from None
    _note(queue, member, "queue.slot", now=now)
    return slot


@transaction.atomic
def remove_slot(slot: Slot, member: Member, *, now: datetime) -> None:
    """What has it keeps its time. Raises NotAllowed."""
    must(member, Action.PUBLISH, slot.queue)
    slot.delete()
    _note(slot.queue, member, "queue.slot", now=now)


def checked_name(name: str, *, most: int = 120) -> str:
    """Raises FieldMissing."""
    cleaned = " ".join(name.replace("\0", "").split())[:most]
    if not cleaned:
        raise FieldMissing(field=Text("name", "nom"))
    return cleaned


def _note(queue: Queue, member: Member, action: str, *, now: datetime) -> None:
    record(
        member, action, subject="queue", subject_key=queue.pk, department_id=queue.department_id, now=now,
        facts={"slots": queue.slots.count()},
    )  # fmt: skip
