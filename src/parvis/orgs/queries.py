"""What screens read about people, departments and the audit trail."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from parvis.orgs.access import Scoped, may, reach_of
from parvis.orgs.giving import may_give
from parvis.orgs.models import AuditEntry, Department, Link, LinkPurpose, Member, Membership
from parvis.orgs.rights import RIGHTS, Action


@dataclass(slots=True)
class PersonRow:
    """A member as the list of people shows them to somebody."""

    member: Member
    roles: list[Membership]
    """Those that the reader manages."""
    can_deactivate: bool = False


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """`since` and `until` are moments, `until` exclusive."""

    member_id: int | None = None
    action: str = ""
    subject: str = ""
    subject_key: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditPage:
    entries: list[AuditEntry]
    next_before: int | None
    """Cursor of the older page; None: this is the last one."""
    filter: AuditFilter = field(default_factory=AuditFilter)


def departments_of(member: Member) -> list[Department]:
    """The open departments that the member sees, in the house's order."""
    return list(Department.objects.visible_to(member).filter(closed_at=None))


def departments_where(member: Member, action: str) -> list[Department]:
    """The open departments where the member may do it."""
    return list(Department.objects.where_may(member, action).filter(closed_at=None))


def every_department() -> list[Department]:
    """Open and closed, for who changes the house."""
    return list(Department.objects.all())


def department_for(member: Member, department_id: int, *, action: str) -> Department | None:
    """None where it does not exist or the member may not do it there."""
    found: Department | None = Department.objects.where_may(member, action).filter(pk=department_id).first()
    return found


def colleagues(member: Member, *, department_id: int | None = None, action: str = Action.SEE) -> QuerySet[Member]:
    """Active people who may do it, in one department, or in any that the member sees; by name."""
    roles = [role for role, rights in RIGHTS.items() if action in rights]
    held = Membership.objects.filter(member=OuterRef("pk"), role__in=roles)
    if department_id is not None:
        held = held.filter(Q(department=None) | Q(department_id=department_id))
    elif not may(member, Action.SEE):
        seen = Department.objects.visible_to(member).values("pk")
        held = held.filter(Q(department=None) | Q(department__in=seen))
    return Member.objects.filter(Q(is_owner=True) | Exists(held), is_active=True)


def people_known_to(member: Member) -> QuerySet[Member]:
    """Who has or had a desk where the member sees something: the names that they may meet there."""
    visible = reach_of(member).departments(Action.SEE)
    if visible is None:
        return Member.objects.all()
    near = Membership.objects.filter(Q(department=None) | Q(department_id__in=sorted(visible)), member=OuterRef("pk"))
    return Member.objects.filter(Q(is_owner=True) | Q(pk=member.pk) | Exists(near))


def people_managed_by(member: Member, *, words: str = "") -> list[PersonRow]:
    """The people of the departments where the member manages them; everybody, for who manages the whole house."""
    managed = Membership.objects.where_may(member, Action.MANAGE_PEOPLE)
    people = Member.objects.all()
    if not may(member, Action.MANAGE_PEOPLE):
        people = people.filter(Exists(managed.filter(member=OuterRef("pk"))))
    if words:
        people = people.filter(Q(name__icontains=words) | Q(email__icontains=words))
    rows = {person.pk: PersonRow(person, []) for person in people.order_by("-is_active", "name")}
    held: dict[int, list[Membership]] = {}
    for membership in Membership.objects.filter(member__in=rows).select_related("department"):
        held.setdefault(membership.member_id, []).append(membership)
    shown = set(managed.values_list("pk", flat=True))
    for key, row in rows.items():
        every = sorted(held.get(key, []), key=_house_first)
        row.roles = [membership for membership in every if membership.pk in shown]
        row.can_deactivate = key != member.pk and _reaches_all(member, row.member, every)
    return list(rows.values())


def person_managed_by(member: Member, person_id: int) -> PersonRow | None:
    """None where there is nobody, or nobody whom the member manages."""
    return next((row for row in people_managed_by(member) if row.member.pk == person_id), None)


def invitations_managed_by(member: Member) -> QuerySet[Link]:
    """Those that were neither used nor withdrawn, newest first; expired ones too."""
    links: Scoped = Link.objects.where_may(member, Action.MANAGE_PEOPLE)
    waiting = links.filter(purpose=LinkPurpose.INVITATION, used_at=None, withdrawn_at=None)
    return waiting.select_related("department", "created_by").order_by("-id")


def member_by_email(email: str) -> Member | None:
    return Member.objects.filter(email=email.strip().lower()).first()


def member_names(ids: Collection[int]) -> dict[int, str]:
    """Of people named in something that the reader may read."""
    return dict(Member.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}


def department_names(ids: Collection[int]) -> dict[int, str]:
    """The closed ones too; of departments named in something that the reader may read."""
    return dict(Department.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}


def audit_page(member: Member, wanted: AuditFilter, *, before: int | None = None, limit: int = 50) -> AuditPage:
    """Newest first, by keyset: any page as quick as the first."""
    found = AuditEntry.objects.where_may(member, Action.SEE_AUDIT)
    exact = {
        "member_id": wanted.member_id,
        "action": wanted.action or None,
        "subject": wanted.subject or None,
        "subject_key": wanted.subject_key or None,
        "at__gte": wanted.since,
        "at__lt": wanted.until,
        "id__lt": before,
    }
    found = found.filter(**{name: value for name, value in exact.items() if value is not None})
    entries = list(found.select_related("member", "on_behalf_of", "department").order_by("-id")[: limit + 1])
    more = len(entries) > limit
    return AuditPage(entries[:limit], entries[limit - 1].pk if more else None, wanted)


def audit_end() -> tuple[int, str]:
    """Where the trail ends: the last entry and its hash; 0 and "" while there is none."""
    return AuditEntry.objects.order_by("-id").values_list("id", "hash").first() or (0, "")


def audit_holds(entry_id: int, written: str) -> bool:
    """Whether an end that somebody noted is still part of the trail."""
    return AuditEntry.objects.filter(id=entry_id, hash=written).exists()


def audit_people(member: Member) -> QuerySet[Member]:
    """Whom the member may filter the trail by: everybody with the whole house, else people of their departments."""
    if may(member, Action.SEE_AUDIT):
        return Member.objects.all()
    reach = Membership.objects.where_may(member, Action.SEE_AUDIT).filter(member=OuterRef("pk"))
    return Member.objects.filter(Exists(reach))


def _house_first(membership: Membership) -> tuple[int, int, str]:
    department = membership.department
    return (0, 0, "") if department is None else (1, department.position, department.name)


def _reaches_all(member: Member, person: Member, held: list[Membership]) -> bool:
    if person.is_owner:
        return member.is_owner
    if not held:
        return may(member, Action.MANAGE_PEOPLE)
    return all(may_give(member, membership.role, membership.department_id) for membership in held)
