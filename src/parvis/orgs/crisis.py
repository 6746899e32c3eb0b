"""A crisis pauses what is scheduled: every sender that acts by the clock asks `may_leave` before it sends.

What a person orders (an answer, a decision) is not scheduled and leaves as ever. What came due while
its department was paused does not leave by itself afterwards: it waits until somebody decides.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from parvis.core.errors import BadInput, Conflict
from parvis.core.wording import Text
from parvis.orgs.access import Scoped, must
from parvis.orgs.audit import Fact, record, record_many
from parvis.orgs.models import CrisisPause, Department, HeldBack, HeldDecision, House, Member
from parvis.orgs.rights import Action

_TITLE_LIMIT = 200
_MARK = "is_in_crisis"


def is_paused(department: Department | int, *, now: datetime) -> bool:
    """Whether nothing scheduled may leave for the department."""
    key = department if isinstance(department, int) else department.pk
    return _pauses(now).filter(Q(department=key) | Q(department__isnull=True)).exists()


def paused_departments(*, now: datetime) -> frozenset[int]:
    """Ids of the departments for which nothing scheduled may leave."""
    here = _pauses(now).filter(Q(department=OuterRef("pk")) | Q(department__isnull=True))
    return frozenset(Department.objects.filter(Exists(here)).values_list("id", flat=True))


def may_leave(department_id: int, *, kind: str, key: object, title: str, due_at: datetime, now: datetime) -> bool:
    """For every scheduled sender, in the transaction that claims what is due: whether it may be sent.

    During a pause it is written down as held back, and stays so until a person decides; `False`
    also after they decided to drop it.
    """
    held = HeldBack.objects.filter(kind=kind, key=str(key)).order_by("-id").first()
    if held is not None and held.decision != HeldDecision.RELEASE:
        return False
    if not is_paused(department_id, now=now):
        return True
    HeldBack.objects.get_or_create(
        kind=kind, key=str(key), decision=HeldDecision.NONE,
        defaults={"department_id": department_id, "title": title[:_TITLE_LIMIT], "due_at": due_at, "held_at": now},
    )  # fmt: skip
    return False


@transaction.atomic
def pause(departments: Sequence[Department] | None, member: Member, *, room_key: int, now: datetime) -> None:
    """From now on nothing scheduled leaves for them; None: for no department. Raises NotAllowed."""
    for department in departments if departments is not None else [None]:
        must(member, Action.CRISIS, department)
        CrisisPause.objects.create(department=department, room_key=room_key, begun_at=now, begun_by=member)
    _mark_house()
    _record(member, "crisis.pause", departments, room_key=room_key, now=now)


@transaction.atomic
def unpause(member: Member, *, room_key: int, now: datetime) -> None:
    """Ends the pauses of a room; a department that another room pauses stays paused. Raises NotAllowed."""
    pauses = list(CrisisPause.objects.select_for_update(of=("self",)).filter(room_key=room_key, ended_at=None))
    names = Department.objects.in_bulk([one.department_id for one in pauses if one.department_id])
    departments = [names[one.department_id] for one in pauses if one.department_id]
    if not pauses:
        return
    for one in departments or (None,):
        must(member, Action.CRISIS, one)
    CrisisPause.objects.filter(pk__in=[one.pk for one in pauses]).update(ended_at=now, ended_by=member)
    _mark_house()
    _record(member, "crisis.resume", departments or None, room_key=room_key, now=now)


def is_in_crisis(house: House) -> bool:
    """Whether anything at all is paused: every page asks, and the house is read for each anyway."""
    return bool(house.options.get(_MARK))


def held_since(department_ids: Iterable[int] | None, *, since: datetime, until: datetime | None = None) -> Scoped:
    """What was held back for these departments (None: for any) in that time, in the order in which it was due."""
    rows: Scoped = HeldBack.objects.filter(held_at__gte=since).select_related("department", "decided_by")
    if until is not None:
        rows = rows.filter(held_at__lte=until)
    if department_ids is not None:
        rows = rows.filter(department_id__in=list(department_ids))
    return rows.order_by("due_at", "id")


@transaction.atomic
def decide_held(held: HeldBack, member: Member, decision: HeldDecision, *, now: datetime) -> None:
    """Lets it leave after all, or not at all.

    Raises NotAllowed; Conflict where somebody has decided; BadInput where it should leave and its department is paused.
    """
    must(member, Action.CRISIS, held)
    current = HeldBack.objects.select_for_update(of=("self",)).get(pk=held.pk)
    if current.decision:
        raise Conflict(
            who=Text("Somebody", "Quelqu’un"),
            detail=Text("it is decided already what becomes of this", "le sort de cet envoi est déjà décidé"),
        )
    if decision == HeldDecision.RELEASE and is_paused(current.department_id, now=now):
        raise BadInput(
            detail=Text(
                "nothing leaves while its department is paused", "rien ne part tant que son département est en pause"
            )
        )
    current.decision, current.decided_by, current.decided_at = decision, member, now
    current.save(update_fields=["decision", "decided_by", "decided_at"])
    record(
        member, f"held.{decision}", subject="held", subject_key=current.pk, department_id=current.department_id,
        now=now, facts={"kind": current.kind, "key": current.key, "name": current.title},
    )  # fmt: skip


def held_for(member: Member, key: int) -> HeldBack | None:
    """None where there is none that the member sees."""
    found: HeldBack | None = HeldBack.objects.visible_to(member).filter(pk=key).first()
    return found


def _mark_house() -> None:
    """Before the trail is written: whoever changes the house takes them in this order too."""
    house = House.objects.select_for_update().order_by("id").first()
    if house is not None:
        house.options[_MARK] = CrisisPause.objects.filter(ended_at=None).exists()
        house.save(update_fields=["options"])


def _pauses(now: datetime) -> QuerySet[CrisisPause]:
    rows: QuerySet[CrisisPause] = CrisisPause.objects.filter(begun_at__lte=now)
    return rows.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=now))


def _record(
    member: Member, action: str, departments: Sequence[Department] | None, *, room_key: int, now: datetime
) -> None:
    """One entry for each department: each one's trail tells of its own pause."""
    batch = uuid.uuid4()
    record_many(
        [
            Fact(
                member=member, action=action, subject="room", subject_key=room_key, now=now, batch=batch,
                department_id=one.pk if one is not None else None,
            )
            for one in (departments if departments is not None else [None])
        ]
    )  # fmt: skip
