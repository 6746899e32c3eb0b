"""Who may give which role where: only what one may do oneself, and only where one manages people."""

from parvis.core.errors import NotAllowed
from parvis.orgs.access import reach_of
from parvis.orgs.models import Department, Member
from parvis.orgs.rights import RIGHTS, Action, Role


def may_give(member: Member, role: str, department_id: int | None) -> bool:
    """Giving, changing and taking alike: a role that can do more than oneself is out of reach."""
    if not member.is_active:
        return False
    own = reach_of(member).rights(department_id)
    return Action.MANAGE_PEOPLE in own and RIGHTS.get(role, frozenset()) <= own


def must_give(member: Member, role: str, department_id: int | None) -> None:
    """Raises NotAllowed unless `may_give`."""
    if not may_give(member, role, department_id):
        raise NotAllowed(action=str(Action.MANAGE_PEOPLE.label))


def roles_to_give(member: Member, department: Department | None) -> list[Role]:
    """From the most to the least far-reaching."""
    return [role for role in Role if may_give(member, role, department.pk if department else None)]
