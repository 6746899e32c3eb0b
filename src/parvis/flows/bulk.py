"""One act on many conversations: on a selection, or on all that a filter finds. Up to 1,000 at once, more as a job."""

import time
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Count

from parvis.channels.models import Effect, EffectState
from parvis.core.errors import BadInput, NotAllowed, NothingToDo
from parvis.core.wording import Text
from parvis.flows.decide import decide_conversations
from parvis.inbox import services
from parvis.inbox.models import Conversation
from parvis.inbox.queries import count_all, ids_after
from parvis.jobs.models import Job
from parvis.jobs.turns import size_for
from parvis.jobs.work import advance, job_kind, start_job
from parvis.moderation.models import Reason, Verdict
from parvis.orgs.models import Department, Member
from parvis.orgs.queries import colleagues, department_for
from parvis.orgs.rights import Action

AT_ONCE = 1000
CHUNK = 500
"""Conversations of a step of a job, at most; how many it is shows from how long the last ones took."""
_FIRST, _LEAST = 100, 20
KIND = "bulk"
MOST_PROBLEMS = 100
"""Kept with a job, to show."""


class Act(StrEnum):
    """What can be done with many. The value that some need is in `value`."""

    APPROVE = "approve"
    HOLD = "hold"
    REFUSE = "refuse"
    SPAM = "spam"
    DELETE = "delete"
    OPEN = "open"
    WAITING = "waiting"
    DONE = "done"
    SNOOZE = "snooze"
    """value: until when, ISO 8601."""
    ASSIGN = "assign"
    """value: id of a member, "" for nobody."""
    MOVE = "move"
    """value: id of a department."""
    PRIORITY = "priority"
    """value: -1 to 2."""
    LABEL = "label"
    UNLABEL = "unlabel"
    """value: the label's name."""


@dataclass(frozen=True, slots=True)
class BulkDone:
    """`batch` takes it back; `job` is set where the work goes on in the background."""

    batch: uuid.UUID
    count: int = 0
    """Conversations on which it was done."""
    skipped: list[tuple[int, Text]] = field(default_factory=list)
    """(item id, why)"""
    job: Job | None = None


def act_on(
    member: Member,
    act: str,
    *,
    now: datetime,
    ids: Collection[int] | None = None,
    filter_text: str | None = None,
    department: Department | None = None,
    value: str = "",
    reason: Reason | None = None,
    note: str = "",
) -> BulkDone:
    """Either `ids` or `filter_text` (all that it finds, in the department in view) says on which.

    Raises NotAllowed, BadInput, NothingToDo, QueryNotUnderstood.
    """
    act = _known(act)
    batch = uuid.uuid4()
    how = {"value": value, "reason": reason.pk if reason is not None else None, "note": note}
    if ids is not None:
        chosen = list(
            Conversation.objects.visible_to(member)
            .filter(pk__in=list(ids)[: 50 * AT_ONCE])
            .values_list("id", flat=True)
        )
        rest = None
    elif filter_text is not None:
        chosen, rest = ids_after(member, filter_text, now=now, department=department, cursor=None, limit=AT_ONCE)
    else:
        raise NothingToDo
    if not chosen:
        raise NothingToDo
    if len(chosen) <= AT_ONCE and rest is None:
        return _apply(member, act, chosen, now=now, batch=batch, how=how)
    _try_one(member, act, chosen[0], now=now, how=how)
    where: dict[str, Any] = {"ids": chosen} if ids is not None else {"filter": filter_text}
    total = len(chosen) if ids is not None else count_all(member, filter_text or "", now=now, department=department)
    params = {"act": str(act), "batch": str(batch), "department": department.pk if department else None, **how, **where}
    job = start_job(KIND, member_id=member.pk, params=params, now=now, total_count=total)
    return BulkDone(batch, job=job)


def batch_progress(batch: uuid.UUID, member: Member) -> dict[str, int]:
    """What the platforms have made of a batch so far: orders by state, and their `total`."""
    effects = Effect.objects.visible_to(member).filter(batch=batch)
    counts = dict(effects.order_by().values_list("state").annotate(n=Count("pk")))
    return {**{str(state): counts.get(state, 0) for state in EffectState}, "total": sum(counts.values())}


@job_kind(KIND)
def step(job: Job, *, now: datetime) -> bool:
    """One chunk, with its place in the list, in one transaction."""
    assert job.member_key is not None
    member = Member.objects.get(pk=job.member_key)
    if not member.is_active:
        raise NotAllowed(action=str(job.params["act"]))
    size = min(job.cursor.get("size", _FIRST), CHUNK)
    ids, cursor, is_last = _next_chunk(job, member, size)
    begun_s = time.monotonic()
    with transaction.atomic():
        skipped: list[tuple[int, Text]] = []
        done = 0
        if ids:
            skipped, done = _apply_chunk(job, member, ids, now=now)
        problems = [[key, why.en, why.fr] for key, why in skipped]
        kept = [*job.result.get("problems", []), *problems][:MOST_PROBLEMS]
        result = {"batch": job.params["batch"], "changed": job.result.get("changed", 0) + done, "problems": kept}
        cursor["size"] = size_for(size, time.monotonic() - begun_s, least=_LEAST, most=CHUNK)
        advance(job, cursor=cursor, done=len(ids), problems=len(skipped), result=result)
    return is_last


def _next_chunk(job: Job, member: Member, size: int) -> tuple[list[int], dict[str, Any], bool]:
    if "ids" in job.params:
        start = job.cursor.get("at", 0)
        ids = job.params["ids"][start : start + size]
        return list(ids), {"at": start + size}, start + size >= len(job.params["ids"])
    department_id = job.params["department"]
    department = Department.objects.get(pk=department_id) if department_id is not None else None
    # The list is read as it stood when the work was ordered: its `now` is the order's.
    ids, after = ids_after(
        member,
        job.params["filter"],
        now=job.created_at,
        department=department,
        cursor=job.cursor.get("after"),
        limit=size,
    )
    return ids, {"after": after}, after is None


def _apply_chunk(job: Job, member: Member, ids: Sequence[int], *, now: datetime) -> tuple[list[tuple[int, Text]], int]:
    visible = list(Conversation.objects.visible_to(member).filter(pk__in=ids).values_list("id", flat=True))
    try:
        with transaction.atomic():
            batch = uuid.UUID(job.params["batch"])
            done = _apply(member, Act(job.params["act"]), visible, now=now, batch=batch, how=job.params)
    except NothingToDo:
        return [], 0
    return done.skipped, done.count


def _try_one(member: Member, act: Act, key: int, *, now: datetime, how: Mapping[str, Any]) -> None:
    """What is not allowed or makes no sense is said at once, not by a job that fails."""
    with transaction.atomic():
        try:
            _apply(member, act, [key], now=now, batch=uuid.uuid4(), how=how)
        except NothingToDo:
            return
        finally:
            transaction.set_rollback(True)


def _apply(
    member: Member, act: Act, ids: Sequence[int], *, now: datetime, batch: uuid.UUID, how: Mapping[str, Any]
) -> BulkDone:
    if act in _VERDICTS:
        reason = Reason.objects.get(pk=how["reason"]) if how["reason"] is not None else None
        done = decide_conversations(
            ids, member, _VERDICTS[act], now=now, reason=reason, note=str(how["note"]), batch=batch
        )
        items_done = len(done.item_ids)
        return BulkDone(batch, items_done, done.skipped)
    with transaction.atomic():
        changed = _CHANGES[act](ids, member, str(how["value"]), now, batch)
    return BulkDone(batch, len(changed.ids))


def _known(act: str) -> Act:
    try:
        return Act(act)
    except ValueError:
        raise BadInput(
            detail=Text("there is no act “{act}”", "il n’y a pas d’action « {act} »").format(act=act)
        ) from None


def _snooze(ids: Sequence[int], member: Member, value: str, now: datetime, batch: uuid.UUID) -> services.Changed:
    return services.snooze_many(ids, member, until=_moment(value), now=now, batch=batch)


def _moment(value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadInput(detail=Text("“{value}” is not a time", "« {value} » n’est pas un moment").format(value=value))
    return moment


def _assign(ids: Sequence[int], member: Member, value: str, now: datetime, batch: uuid.UUID) -> services.Changed:
    to = None if value == "" else colleagues(member).filter(pk=_number(value)).first()
    if value and to is None:
        raise NothingToDo
    return services.assign_many(ids, member, to=to, now=now, batch=batch)


def _move(ids: Sequence[int], member: Member, value: str, now: datetime, batch: uuid.UUID) -> services.Changed:
    to = department_for(member, _number(value), action=Action.SEE)
    if to is None:
        raise NothingToDo
    return services.move_many(ids, member, to=to, now=now, batch=batch)


def _number(value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise BadInput(
            detail=Text("“{value}” is not a number", "« {value} » n’est pas un nombre").format(value=value)
        ) from None


_VERDICTS = {
    Act.APPROVE: Verdict.APPROVE,
    Act.HOLD: Verdict.HOLD,
    Act.REFUSE: Verdict.REFUSE,
    Act.SPAM: Verdict.SPAM,
    Act.DELETE: Verdict.DELETE,
}
_Change = Callable[[Sequence[int], Member, str, datetime, uuid.UUID], services.Changed]
_CHANGES: dict[Act, _Change] = {
    Act.OPEN: lambda ids, member, _, now, batch: services.set_state_many(ids, member, "open", now=now, batch=batch),
    Act.WAITING: lambda ids, member, _, now, batch: services.set_state_many(
        ids, member, "waiting", now=now, batch=batch
    ),
    Act.DONE: lambda ids, member, _, now, batch: services.set_state_many(ids, member, "done", now=now, batch=batch),
    Act.SNOOZE: _snooze,
    Act.ASSIGN: _assign,
    Act.MOVE: _move,
    Act.PRIORITY: lambda ids, member, value, now, batch: services.set_priority_many(
        ids, member, _number(value), now=now, batch=batch
    ),
    Act.LABEL: lambda ids, member, value, now, batch: services.add_label_many(ids, member, value, now=now, batch=batch),
    Act.UNLABEL: lambda ids, member, value, now, batch: services.remove_label_many(
        ids, member, value, now=now, batch=batch
    ),
}
