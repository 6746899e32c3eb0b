"""What changes in the house's people: departments, roles, owners, leaving, own choices."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from parvis.core.errors import BadInput, Conflict, LastOwner, NotAllowed
from parvis.core.wording import Text
from parvis.orgs import audit
from parvis.orgs.access import forget_reach, must
from parvis.orgs.factors import end_sessions
from parvis.orgs.giving import must_give
from parvis.orgs.models import Department, Link, Member, Membership
from parvis.orgs.rights import Action, Role
from parvis.orgs.wanted import DENSITIES, THEMES, language_from, name_from, one_of, zone_from

_DEPARTMENT = Text("the name of the department", "le nom du département")


def create_department(member: Member, *, name: str, now: datetime) -> Department:
    must(member, Action.MANAGE_HOUSE)
    name = name_from(name, field=_DEPARTMENT)
    position = Department.objects.count()
    with _unique_name(name), transaction.atomic():
        department = Department.objects.create(name=name, position=position, created_at=now)
        _record_department(member, "department.create", department, now=now)
    return department


def rename_department(department: Department, member: Member, *, name: str, now: datetime) -> None:
    must(member, Action.MANAGE_HOUSE)
    name = name_from(name, field=_DEPARTMENT)
    before = department.name
    with _unique_name(name), transaction.atomic():
        Department.objects.filter(pk=department.pk).update(name=name)
        _record_department(member, "department.rename", department, now=now, facts={"before": before, "after": name})
    department.name = name


def order_departments(member: Member, ids: Sequence[int], *, now: datetime) -> None:
    """Puts the departments in this order; those not named keep theirs, behind."""
    must(member, Action.MANAGE_HOUSE)
    with transaction.atomic():
        known = list(Department.objects.select_for_update().values_list("id", flat=True))
        wanted = [key for key in dict.fromkeys(ids) if key in known]
        wanted += [key for key in known if key not in wanted]
        for position, key in enumerate(wanted):
            Department.objects.filter(pk=key).update(position=position)
        audit.record(
            member,
            "department.order",
            subject="house",
            subject_key=1,
            now=now,
            facts={"before": known, "after": wanted},
        )


def close_department(department: Department, member: Member, *, now: datetime) -> None:
    """Nothing new begins there; what is there stays readable. Its invitations are withdrawn. The last open one stays."""
    must(member, Action.MANAGE_HOUSE)
    with transaction.atomic():
        still_open = list(Department.objects.select_for_update().filter(closed_at=None).values_list("id", flat=True))
        if department.pk not in still_open:
            return
        if len(still_open) == 1:
            raise BadInput(
                detail=Text("the house needs one open department", "la maison a besoin d’un département ouvert")
            )
        Department.objects.filter(pk=department.pk).update(closed_at=now)
        Link.objects.filter(department=department, used_at=None, withdrawn_at=None).update(withdrawn_at=now)
        _record_department(member, "department.close", department, now=now)
    department.closed_at = now


def reopen_department(department: Department, member: Member, *, now: datetime) -> None:
    must(member, Action.MANAGE_HOUSE)
    with transaction.atomic():
        if Department.objects.filter(pk=department.pk, closed_at__isnull=False).update(closed_at=None):
            _record_department(member, "department.reopen", department, now=now)
    department.closed_at = None


def give_role(person: Member, member: Member, *, role: str, department: Department | None, now: datetime) -> Membership:
    """Gives or changes the person's role there; `department` None: in the whole house."""
    role = one_of(role, tuple(Role.values))
    department_id = department.pk if department else None
    must_give(member, role, department_id)
    with transaction.atomic():
        _lock(person)
        held: Membership | None = person.memberships.filter(department=department).first()
        if held is not None:
            if held.role == role:
                return held
            must_give(member, held.role, department_id)
        membership, _ = Membership.objects.update_or_create(
            member=person,
            department=department,
            defaults={"role": role},
            create_defaults={"role": role, "created_at": now},
        )
        facts = {"before": held.role if held else None, "after": role}
        _record_member(member, "role.give", person, now=now, department_id=department_id, facts=facts)
    forget_reach(person, member)
    return membership


def take_role(person: Member, member: Member, *, department: Department | None, now: datetime) -> None:
    """Takes the role that the person has there; nothing where they have none."""
    department_id = department.pk if department else None
    with transaction.atomic():
        _lock(person)
        held = person.memberships.filter(department=department).first()
        if held is None:
            must_give(member, Role.CONTRIBUTOR, department_id)
            return
        must_give(member, held.role, department_id)
        held.delete()
        facts = {"before": held.role, "after": None}
        _record_member(member, "role.take", person, now=now, department_id=department_id, facts=facts)
    forget_reach(person, member)


def make_owner(person: Member, member: Member, *, now: datetime) -> None:
    _must_be_owner(member)
    if not person.is_active:
        raise NotAllowed(action=str(Action.MANAGE_PEOPLE.label))
    with transaction.atomic():
        if Member.objects.filter(pk=person.pk, is_owner=False).update(is_owner=True):
            _record_member(member, "owner.make", person, now=now)
    person.is_owner = True
    forget_reach(person, member)


def drop_owner(person: Member, member: Member, *, now: datetime) -> None:
    """Raises LastOwner: a house always has one."""
    _must_be_owner(member)
    with transaction.atomic():
        _must_leave_an_owner(person)
        if Member.objects.filter(pk=person.pk, is_owner=True).update(is_owner=False):
            _record_member(member, "owner.drop", person, now=now)
    person.is_owner = False
    forget_reach(person, member)


def deactivate_member(person: Member, member: Member, *, now: datetime) -> None:
    """They can no longer sign in and their sessions end at once; what they did stays theirs. Not oneself."""
    _must_reach_all_of(person, member)
    if person.pk == member.pk:
        raise BadInput(detail=Text("nobody can deactivate themselves", "on ne peut pas se désactiver soi-même"))
    with transaction.atomic():
        if person.is_owner:
            _must_leave_an_owner(person)
        if Member.objects.filter(pk=person.pk, is_active=True).update(is_active=False):
            _record_member(member, "member.deactivate", person, now=now)
        Link.objects.filter(member=person, used_at=None, withdrawn_at=None).update(withdrawn_at=now)
        end_sessions(person)
    person.is_active = False
    forget_reach(person)


def reactivate_member(person: Member, member: Member, *, now: datetime) -> None:
    _must_reach_all_of(person, member)
    with transaction.atomic():
        if Member.objects.filter(pk=person.pk, is_active=False).update(is_active=True):
            _record_member(member, "member.reactivate", person, now=now)
    person.is_active = True
    forget_reach(person)


def change_account(
    member: Member, *, name: str, language: str, zone: str, theme: str, density: str, now: datetime
) -> None:
    """One's own name and look; an empty language or zone means the house's own."""
    wanted = {
        "name": name_from(name, field=Text("your name", "votre nom")),
        "language": language_from(language) if language else "",
        "zone": zone_from(zone) if zone else "",
        "theme": one_of(theme, THEMES),
        "density": one_of(density, DENSITIES),
    }
    changed = sorted(key for key, value in wanted.items() if getattr(member, key) != value)
    if not changed:
        return
    with transaction.atomic():
        Member.objects.filter(pk=member.pk).update(**wanted)
        if "name" in changed:
            _record_member(member, "member.rename", member, now=now)
    for key, value in wanted.items():
        setattr(member, key, value)


def set_preference(member: Member, key: str, value: Any) -> None:
    """A small choice of the person's own, which nobody else needs to know of; None forgets it."""
    with transaction.atomic():
        kept = dict(Member.objects.select_for_update().values_list("preferences", flat=True).get(pk=member.pk))
        if value is None:
            kept.pop(key, None)
        else:
            kept[key] = value
        Member.objects.filter(pk=member.pk).update(preferences=kept)
    member.preferences = kept


class _unique_name:  # noqa: N801
    """Turns the database's word for a name that is taken into ours."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and issubclass(kind, IntegrityError):
            who = Text("Somebody", "Quelqu’un")
            detail = Text(f"there is a department “{self.name}” already", f"il y a déjà un département « {self.name} »")
            raise Conflict(who=who, detail=detail) from None


def _lock(person: Member) -> None:
    """Two who change the same person's roles do it one after the other."""
    Member.objects.select_for_update().get(pk=person.pk)


def _must_be_owner(member: Member) -> None:
    if not (member.is_owner and member.is_active):
        raise NotAllowed(action=Text("name owners", "nommer des propriétaires"))


def _must_leave_an_owner(person: Member) -> None:
    owners = Member.objects.select_for_update().filter(is_owner=True, is_active=True)
    keys = set(owners.values_list("pk", flat=True))
    if keys == {person.pk}:
        raise LastOwner(name=person.name)


def _must_reach_all_of(person: Member, member: Member) -> None:
    """Everything that the person may do must be within what one may give."""
    if person.is_owner:
        _must_be_owner(member)
        return
    held = list(person.memberships.values_list("role", "department_id"))
    if not held:
        must(member, Action.MANAGE_PEOPLE)
    for role, department_id in held:
        must_give(member, role, department_id)


def _record_department(
    member: Member, action: str, department: Department, *, now: datetime, facts: dict[str, Any] | None = None
) -> None:
    audit.record(
        member,
        action,
        subject="department",
        subject_key=department.pk,
        now=now,
        department_id=department.pk,
        facts=facts,
    )


def _record_member(
    member: Member,
    action: str,
    person: Member,
    *,
    now: datetime,
    department_id: int | None = None,
    facts: dict[str, Any] | None = None,
) -> None:
    audit.record(
        member, action, subject="member", subject_key=person.pk, now=now, department_id=department_id, facts=facts
    )
