"""Queues: the next free slot, for one post each, and what becomes of a slot that was freed.

An entry says which post has which slot, but what is true is the post: one that is no longer planned for the slot's
moment has freed it. Locks: the queue, then posts.
"""

import logging
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction

from parvis.core.errors import BadInput, NothingToDo, ParvisError
from parvis.core.wording import Text
from parvis.orgs.access import must
from parvis.orgs.audit import record
from parvis.orgs.models import Member
from parvis.orgs.rights import Action
from parvis.publishing.changing import note_post
from parvis.publishing.holding import hold, resume
from parvis.publishing.models import HeldBy, Post, PostState, Publication, Queue, QueueEntry, WhenFreed
from parvis.publishing.planning import Planned, plan
from parvis.publishing.rescheduling import reschedule
from parvis.publishing.times import moment_or_after, wall_of

_log = logging.getLogger("parvis.publish")

LEAD = timedelta(minutes=5)
"""Nearer slots are nobody's: what would leave so soon is planned by hand."""
WEEKS_AHEAD = 104
_FREED = (PostState.DRAFT, PostState.REVIEW, PostState.READY, PostState.CANCELLED)
_MOVABLE = (PostState.PLANNED, PostState.HELD)


@dataclass(frozen=True, slots=True)
class SlotMoment:
    """A slot on a certain day."""

    at: datetime
    local: datetime
    """Naive, on the queue's wall."""
    pillar_id: int | None
    is_shifted: bool
    """The clock jumps over the slot's time that day: it is the first moment after."""

    def takes(self, post: Post) -> bool:
        return self.pillar_id is None or self.pillar_id == post.pillar_id


@dataclass(frozen=True, slots=True)
class NextSlot:
    moment: SlotMoment
    entry: QueueEntry | None
    """What fills it."""


def slot_moments(queue: Queue, *, start: datetime) -> Iterator[SlotMoment]:
    """In the order of time, the first at or after `start`; none twice, also where the clock jumps."""
    by_weekday: dict[int, list[tuple[object, int | None]]] = {}
    for weekday, time, pillar_id in queue.slots.order_by("time").values_list("weekday", "time", "pillar_id"):
        by_weekday.setdefault(weekday, []).append((time, pillar_id))
    if not by_weekday:
        return
    day = wall_of(start, queue.zone).date()
    last_at = start - timedelta(microseconds=1)
    for _ in range(WEEKS_AHEAD * 7):
        moments = []
        for time, pillar_id in by_weekday.get(day.weekday(), ()):
            moment, is_shifted = moment_or_after(datetime.combine(day, time), queue.zone)  # type: ignore[arg-type]
            local = datetime.fromisoformat(moment.local)
            moments.append(SlotMoment(moment.at, local, pillar_id, is_shifted))
        for one in sorted(moments, key=lambda one: (one.at, one.is_shifted)):
            if one.at > last_at:
                last_at = one.at
                yield one
        day += timedelta(days=1)


def next_slots(queue: Queue, *, now: datetime, count: int = 10) -> list[NextSlot]:
    """The caller has checked that the queue may be seen."""
    taken = {entry.due_at: entry for entry in entries_of(queue, now=now)}
    return [NextSlot(one, taken.get(one.at)) for one in islice(slot_moments(queue, start=now), count)]


def entries_of(queue: Queue, *, now: datetime) -> list[QueueEntry]:
    """What has a slot that is still to come, the soonest first."""
    rows = QueueEntry.objects.filter(queue=queue, due_at__gte=now).select_related("post__department", "queued_by")
    return [entry for entry in rows.order_by("due_at") if has_slot(entry)]


def has_slot(entry: QueueEntry) -> bool:
    return entry.post.due_at == entry.due_at and entry.post.state not in _FREED


def next_free(queue: Queue, *, start: datetime, until: datetime, now: datetime) -> Iterator[SlotMoment]:
    """Slots that nothing has, from `start` until `until`."""
    taken = {entry.due_at for entry in entries_of(queue, now=now)}
    for moment in slot_moments(queue, start=start):
        if moment.at > until:
            return
        if moment.at not in taken:
            yield moment


@transaction.atomic
def queue_post(
    post: Post,
    queue: Queue,
    member: Member,
    *,
    now: datetime,
    at_front: bool = False,
    not_before: datetime | None = None,
) -> Planned:
    """In the next free slot that takes it; `at_front`: in the first, and those before it come one later.

    Raises BadInput where the queue is off, closed, without a slot or not for the post's channels, and as `plan` does.
    """
    must(member, Action.PUBLISH, queue)
    current = locked_queue(queue.pk)
    post.refresh_from_db()
    _must_take(current, post)
    entries = [entry for entry in entries_of(current, now=now) if entry.post_id != post.pk]
    own = QueueEntry(queue=current, post=post, queued_by=member, queued_at=now)
    if at_front:
        movable = _movable(entries, now=now)
        arranged = _arranged(current, [own, *movable], _fixed(entries, movable), now=now)
    else:
        start = max(now, not_before - LEAD) if not_before is not None else now
        arranged = _arranged(current, [own], {entry.due_at for entry in entries}, now=start)
    slot = next((moment for entry, moment in arranged if entry is own), None)
    if slot is None:
        raise BadInput(detail=_NO_SLOT)
    QueueEntry.objects.filter(post=post).delete()
    _apply(current, [(entry, one) for entry, one in arranged if entry is not own], member, now=now)
    _write(own, slot)
    planned = plan(post, member, due_local=slot.local, zone=current.zone, now=now)
    note_post(post, member, "queue.take", now=now, facts={"queue": current.pk, "at_front": at_front})
    return planned


def _must_take(queue: Queue, post: Post) -> None:
    if queue.closed_at is not None:
        raise BadInput(detail=Text("this queue is closed", "cette file est fermée"))
    if not queue.is_on:
        raise BadInput(detail=Text("this queue is paused", "cette file est en pause"))
    if queue.department_id != post.department_id:
        raise BadInput(detail=Text("this queue is another department’s", "cette file est celle d’un autre département"))
    served = set(queue.channels.values_list("pk", flat=True))
    wanted = set(post.variants.filter(is_on=True).values_list("channel_id", flat=True))
    if served and wanted - served:
        raise BadInput(
            detail=Text("this queue does not serve all of its channels", "cette file ne dessert pas tous ses canaux")
        )


@transaction.atomic
def move_in_queue(entry: QueueEntry, member: Member, *, by: int, now: datetime) -> None:
    """One place sooner (-1) or later (1): both posts change places. Raises NotAllowed, NothingToDo at the end of it."""
    queue = locked_queue(entry.queue_id)
    must(member, Action.PUBLISH, queue)
    rows = _movable(entries_of(queue, now=now), now=now)
    here = next((place for place, one in enumerate(rows) if one.pk == entry.pk), None)
    if here is None:
        raise NothingToDo
    moments = _moments_of(queue, rows, now=now)
    places = range(here + 1, len(rows)) if by > 0 else range(here - 1, -1, -1)
    for place in places:
        if moments[place].takes(rows[here].post) and moments[here].takes(rows[place].post):
            _apply(queue, [(rows[here], moments[place]), (rows[place], moments[here])], member, now=now)
            return
    raise NothingToDo


@transaction.atomic
def shuffle_queue(queue: Queue, member: Member, *, now: datetime, chance: random.Random | None = None) -> int:
    """What waits in it takes its slots in another order; how many have moved. Raises NotAllowed."""
    current = locked_queue(queue.pk)
    must(member, Action.PUBLISH, current)
    rows = _movable(entries_of(current, now=now), now=now)
    moments = _moments_of(current, rows, now=now)
    mixed = list(rows)
    (chance or random.SystemRandom()).shuffle(mixed)
    pairs: list[tuple[QueueEntry, SlotMoment]] = []
    for moment in sorted(moments, key=lambda one: one.pillar_id is None):  # the choosy ones first
        entry = next((one for one in mixed if moment.takes(one.post)), None)
        if entry is None:
            raise NothingToDo
        mixed.remove(entry)
        pairs.append((entry, moment))
    return _apply(current, pairs, member, now=now)


@transaction.atomic
def switch_queue(queue: Queue, member: Member, *, is_on: bool, now: datetime) -> int:
    """Off: what waits in it is held. On: it takes the next slots and goes on. How many posts that were.

    What a person held themselves stays held. Raises NotAllowed.
    """
    current = locked_queue(queue.pk)
    must(member, Action.PUBLISH, current)
    if current.is_on == is_on:
        return 0
    current.is_on = queue.is_on = is_on
    current.save(update_fields=["is_on"])
    count = _go_on(current, member, now=now) if is_on else _stop(current, member, now=now)
    record(
        member, "queue.on" if is_on else "queue.off", subject="queue", subject_key=current.pk, now=now,
        department_id=current.department_id, facts={"posts": count},
    )  # fmt: skip
    return count


def tend_queues(*, now: datetime, limit: int = 100) -> int:
    """Fills freed slots where the queue's rule says so; how many posts have moved. For the worker."""
    rows = Queue.objects.filter(is_on=True, closed_at__isnull=True, when_freed=WhenFreed.FILL)
    keys = rows.filter(entries__due_at__gte=now).distinct().order_by("pk").values_list("pk", flat=True)
    count = 0
    for key in list(keys[:limit]):
        try:
            count += _tend(key, now=now)
        except ParvisError as error:  # who queued it may do so no more, or it is leaving: all of it stays as it is
            _log.info("queue %s is not filled: %s", key, error.code)
    return count


@transaction.atomic
def _tend(key: int, *, now: datetime) -> int:
    queue = locked_queue(key)
    entries = entries_of(queue, now=now)
    movable = _movable(entries, now=now)
    movable.sort(key=lambda entry: (entry.post.state == PostState.HELD, entry.due_at))
    arranged = _arranged(queue, movable, _fixed(entries, movable), now=now)
    if len(arranged) < len(movable):
        return 0
    return _apply(queue, arranged, None, now=now)


def locked_queue(key: int) -> Queue:
    """As it is now, held until the transaction ends."""
    found: Queue = Queue.objects.select_for_update(no_key=True).get(pk=key)
    return found


def _movable(entries: Sequence[QueueEntry], *, now: datetime) -> list[QueueEntry]:
    """Without those that are about to leave, and those that a crisis holds."""
    found = [one for one in entries if one.post.state in _MOVABLE and one.due_at >= now + LEAD]
    held = Publication.objects.filter(post__in=[one.post_id for one in found], held_by=HeldBy.CRISIS)
    in_crisis = set(held.values_list("post_id", flat=True))
    return [one for one in found if one.post_id not in in_crisis]


def _fixed(entries: Iterable[QueueEntry], movable: Sequence[QueueEntry]) -> set[datetime]:
    keys = {entry.pk for entry in movable}
    return {entry.due_at for entry in entries if entry.pk not in keys}


def _arranged(
    queue: Queue, entries: Sequence[QueueEntry], fixed: set[datetime], *, now: datetime
) -> list[tuple[QueueEntry, SlotMoment]]:
    """Each in the first slot that takes it, in their order; fewer where the slots do not suffice."""
    left, found = list(entries), []
    for moment in slot_moments(queue, start=now + LEAD):
        if not left:
            break
        entry = None if moment.at in fixed else next((one for one in left if moment.takes(one.post)), None)
        if entry is not None:
            left.remove(entry)
            found.append((entry, moment))
    return found


def _moments_of(queue: Queue, entries: Sequence[QueueEntry], *, now: datetime) -> list[SlotMoment]:
    """The slots that they have; one whose slot is gone keeps its time."""
    if not entries:
        return []
    last_at = entries[-1].due_at
    known: dict[datetime, SlotMoment] = {}
    for moment in slot_moments(queue, start=now):
        if moment.at > last_at:
            break
        known[moment.at] = moment
    return [
        known.get(one.due_at) or SlotMoment(one.due_at, wall_of(one.due_at, queue.zone), None, False) for one in entries
    ]


def _apply(
    queue: Queue, pairs: Sequence[tuple[QueueEntry, SlotMoment]], member: Member | None, *, now: datetime
) -> int:
    """Those that change their slot are given another time; in the name of who queued them, where nobody acts."""
    moved = [(entry, moment) for entry, moment in pairs if entry.due_at != moment.at]
    QueueEntry.objects.filter(pk__in=[entry.pk for entry, _moment in moved]).delete()
    for entry, moment in moved:
        _write(entry, moment)
        reschedule(entry.post, member or entry.queued_by, due_local=moment.local, zone=queue.zone, now=now)
        note_post(entry.post, member, "queue.move", now=now, facts={"queue": queue.pk, "due": moment.at.isoformat()})
    return len(moved)


def _write(entry: QueueEntry, moment: SlotMoment) -> None:
    """What had the slot before and has freed it is forgotten."""
    QueueEntry.objects.filter(queue_id=entry.queue_id, due_at=moment.at).delete()
    entry.pk, entry.due_at = None, moment.at
    entry.save(force_insert=True)


def _stop(queue: Queue, member: Member, *, now: datetime) -> int:
    count = 0
    for entry in entries_of(queue, now=now):
        if entry.post.state != PostState.PLANNED:
            continue
        try:
            hold(entry.post, member, now=now)
        except ParvisError:  # it is leaving at this moment
            continue
        count += QueueEntry.objects.filter(pk=entry.pk).update(is_paused=True)
    return count


def _go_on(queue: Queue, member: Member, *, now: datetime) -> int:
    rows = QueueEntry.objects.filter(queue=queue, is_paused=True).select_related("post__department", "queued_by")
    waiting = [entry for entry in rows.order_by("due_at") if entry.post.state == PostState.HELD]
    rows.update(is_paused=False)
    keys = {entry.pk for entry in waiting}
    fixed = {entry.due_at for entry in entries_of(queue, now=now) if entry.pk not in keys}
    for entry in waiting:
        entry.is_paused = False
    count = 0
    arranged = _arranged(queue, waiting, fixed, now=now)
    QueueEntry.objects.filter(pk__in=[entry.pk for entry, _moment in arranged]).delete()
    for entry, moment in arranged:
        try:
            with transaction.atomic():
                _write(entry, moment)
                reschedule(entry.post, member, due_local=moment.local, zone=queue.zone, now=now)
                resume(entry.post, member, now=now)
        except ParvisError:  # a crisis holds it, or a part of it has left
            continue
        count += 1
    return count


_NO_SLOT = Text("this queue has no slot that is free for it", "cette file n’a pas de créneau libre pour ce contenu")
