"""What a department asks for before something of it leaves, and who may give it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from parvis.core.errors import BadInput
from parvis.core.wording import Text
from parvis.orgs.access import Reach, may, must
from parvis.orgs.audit import record
from parvis.orgs.models import Department, Member, Membership
from parvis.orgs.naming import who_sees
from parvis.orgs.rights import Action, Role
from parvis.orgs.wanted import email_from
from parvis.publishing.models import ApprovalKind, ApprovalRule

MOST_STEPS = 8
MOST_VOTES = 20
LONGEST_EXPIRY_H = 24 * 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """So many of these people. Neither role nor people: whoever may approve posts."""

    name: str = ""
    role: str = ""
    members: tuple[int, ...] = ()
    guests: tuple[str, ...] = ()
    """Mail addresses of people without an account."""
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    kind: str
    steps: tuple[Step, ...]
    expires_h: int | None
    asks_each_time: bool = False
    """What comes again is approved anew though nothing of it was changed."""


NO_RULE = Rule(kind=ApprovalKind.NONE, steps=(), expires_h=None)


def rule_of(department_id: int) -> Rule:
    return rules_of([department_id])[department_id]


def rules_of(department_ids: Collection[int]) -> dict[int, Rule]:
    rows = ApprovalRule.objects.filter(department__in=department_ids)
    written = {
        row.department_id: Rule(
            kind=row.kind, steps=steps_from(row.steps), expires_h=row.expires_h, asks_each_time=row.asks_each_time
        )
        for row in rows
    }
    return {key: written.get(key, NO_RULE) for key in department_ids}


def steps_from(written: Sequence[Mapping[str, Any]]) -> tuple[Step, ...]:
    return tuple(
        Step(
            name=one["name"], role=one["role"], members=tuple(one["members"]), guests=tuple(one["guests"]),
            count=one["count"],
        )
        for one in written
    )  # fmt: skip


def as_written(steps: Sequence[Step]) -> list[dict[str, Any]]:
    return [{**asdict(step), "members": list(step.members), "guests": list(step.guests)} for step in steps]


@transaction.atomic
def set_rule(
    department: Department,
    member: Member,
    kind: str,
    *,
    now: datetime,
    steps: Sequence[Step] = (),
    expires_h: int | None = None,
    asks_each_time: bool = False,
) -> ApprovalRule:
    """From now on; what was asked for before goes by the rule of then. Raises NotAllowed, BadInput."""
    must(member, Action.MANAGE_PEOPLE, department)
    wanted = _checked(kind, steps, department)
    if expires_h is not None and not 1 <= expires_h <= LONGEST_EXPIRY_H:
        raise BadInput(
            detail=Text("a request lasts from an hour to 90 days", "une demande dure d’une heure à 90 jours")
        )
    rule, _ = ApprovalRule.objects.update_or_create(
        department=department,
        defaults={
            "kind": kind, "steps": as_written(wanted), "expires_h": expires_h, "asks_each_time": asks_each_time,
            "changed_by": member, "changed_at": now,
        },
    )  # fmt: skip
    record(
        member, "approval.rule", subject="department", subject_key=department.pk, department_id=department.pk, now=now,
        facts={"kind": kind, "steps": len(wanted), "expires_h": expires_h, "each_time": asks_each_time},
    )  # fmt: skip
    return rule


Roles = Sequence[tuple[int | None, str]]
"""Of one member: (department, role) each; None: in the whole house."""
People = Sequence[tuple[Member, Roles]]


def may_stand(step: Step, department_id: int, member: Member, *, roles: Roles | None = None) -> bool:
    """Whether the step counts this member's word. `roles`: read before, by who asks for many steps."""
    if not may(member, Action.SEE, _Place(department_id)):
        return False
    return _stands(step, department_id, member, roles_of(member) if roles is None else roles)


def roles_of(member: Member) -> Roles:
    return list(member.memberships.values_list("department_id", "role"))


def everybody() -> People:
    """Who is active, with their roles: read once by who asks for many steps. Two questions."""
    held: dict[int, list[tuple[int | None, str]]] = {}
    rows = Membership.objects.filter(member__is_active=True).order_by("pk")
    for key, place, role in rows.values_list("member_id", "department_id", "role"):
        held.setdefault(key, []).append((place, role))
    return [(member, held.get(member.pk, [])) for member in Member.objects.filter(is_active=True)]


def who_may_stand(step: Step, department_id: int, *, people: People | None = None) -> list[Member]:
    return [
        member
        for member, roles in (everybody() if people is None else people)
        if Reach(member, roles=roles).covers(Action.SEE, department_id) and _stands(step, department_id, member, roles)
    ]


def _stands(step: Step, department_id: int, member: Member, roles: Roles) -> bool:
    if not step.role and not step.members:
        return step.guests == () and Reach(member, roles=roles).covers(Action.APPROVE_POSTS, department_id)
    if member.pk in step.members:
        return True
    there = {role for place, role in roles if place in (None, department_id)}
    return bool(step.role) and (member.is_owner or step.role in there)


@dataclass(frozen=True, slots=True)
class _Place:
    department_id: int


def _checked(kind: str, steps: Sequence[Step], department: Department) -> list[Step]:
    if kind not in ApprovalKind.values:
        raise BadInput(
            detail=Text("there is no rule “{name}”", "il n’y a pas de règle «\u202f{name}\u202f»").format(name=kind)
        )
    if kind == ApprovalKind.NONE:
        return []
    wanted = list(steps) or [Step()]
    if len(wanted) > (MOST_STEPS if kind == ApprovalKind.IN_ORDER else 1):
        raise BadInput(detail=Text("this rule has fewer steps", "cette règle compte moins d’étapes"))
    return [_checked_step(step, kind, department) for step in wanted]


def _checked_step(step: Step, kind: str, department: Department) -> Step:
    if step.role and step.role not in Role.values:
        raise BadInput(detail=Text("there is no such role", "ce rôle n’existe pas"))
    count = 1 if kind in (ApprovalKind.ONE, ApprovalKind.FOUR_EYES) else step.count
    if not 1 <= count <= MOST_VOTES:
        raise BadInput(detail=Text("a step asks for one person or more", "une étape demande au moins une personne"))
    known = {member.pk for member in who_sees(department.pk)}
    if set(step.members) - known:
        raise BadInput(
            detail=Text("somebody named does not see this department", "une personne nommée ne voit pas ce département")
        )
    guests = tuple(dict.fromkeys(email_from(mail) for mail in step.guests))
    members = tuple(dict.fromkeys(step.members))
    if not step.role and (members or guests) and len(members) + len(guests) < count:
        raise BadInput(
            detail=Text(
                "the step names fewer people than it asks for", "l’étape nomme moins de personnes qu’elle n’en demande"
            )
        )
    return Step(name=step.name.strip()[:80], role=step.role, members=members, guests=guests, count=count)
