"""Who may do and see what: `may(member, action, thing)` and `.visible_to(member)`, and nothing else."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self

from django.db import models

from parvis.core.errors import NotAllowed
from parvis.orgs.rights import RIGHTS, Action

if TYPE_CHECKING:
    from parvis.orgs.models import Member


class Reach:
    """Where a member may do each thing, worked out once a request from their roles: (department, role) each."""

    def __init__(self, member: "Member", *, roles: Iterable[Sequence[Any]] | None = None) -> None:
        self.is_owner = member.is_owner
        self._house: frozenset[str] = frozenset()
        self._departments: dict[int, frozenset[str]] = {}
        held = member.memberships.values_list("department_id", "role") if roles is None else roles
        for department_id, role in held:
            rights = RIGHTS.get(role, frozenset())
            if department_id is None:
                self._house = rights
            else:
                self._departments[department_id] = rights

    @property
    def fingerprint(self) -> tuple[object, ...]:
        """The same where the same may be done and seen."""
        return (
            self.is_owner,
            sorted(self._house),
            sorted((key, sorted(may)) for key, may in self._departments.items()),
        )

    def rights(self, department_id: int | None) -> frozenset[str]:
        """All that may be done there; `department_id` None: in the house as a whole."""
        if self.is_owner:
            return frozenset(Action)
        if department_id is None:
            return self._house
        return self._house | self._departments.get(department_id, frozenset())

    def covers(self, action: str, department_id: int | None) -> bool:
        """`department_id` None asks for the house as a whole."""
        if self.is_owner or action in self._house:
            return True
        return department_id is not None and action in self._departments.get(department_id, frozenset())

    def departments(self, action: str) -> frozenset[int] | None:
        """Ids of the departments where the action is allowed; None: everywhere."""
        if self.is_owner or action in self._house:
            return None
        return frozenset(key for key, rights in self._departments.items() if action in rights)

    def anywhere(self, action: str) -> bool:
        reach = self.departments(action)
        return reach is None or bool(reach)


def reach_of(member: "Member") -> Reach:
    """The member's reach, read once for each loaded row of them; `forget_reach` after a change of role."""
    if not hasattr(member, "_reach"):
        member._reach = Reach(member)  # type: ignore[attr-defined]  # noqa: SLF001
    reach: Reach = member._reach  # type: ignore[attr-defined]  # noqa: SLF001
    return reach


def forget_reach(*members: "Member") -> None:
    """The next question about these members reads their roles again."""
    for member in members:
        member.__dict__.pop("_reach", None)


def may(member: "Member", action: str, thing: object | None = None) -> bool:
    """Whether the member may do it to the thing (anything with a `department_id`), or None: to the house."""
    if not member.is_active:
        return False
    return reach_of(member).covers(action, _department_of(thing))


def must(member: "Member", action: str, thing: object | None = None) -> None:
    """Raises NotAllowed unless `may`."""
    if not may(member, action, thing):
        raise NotAllowed(action=str(Action(action).label))


def _department_of(thing: object | None) -> int | None:
    if thing is None:
        return None
    if thing.__class__.__name__ == "Department":
        return thing.id  # type: ignore[attr-defined,no-any-return]
    return thing.department_id  # type: ignore[attr-defined,no-any-return]


class Scoped(models.QuerySet[Any]):
    """Rows that belong to a department. `department_path` is where, from the row: "department_id" by default."""

    department_path = "department_id"

    def visible_to(self, member: "Member") -> Self:
        """Rows of the departments that the member may see; those of no department only with the whole house."""
        return self.where_may(member, Action.SEE)

    def where_may(self, member: "Member", action: str) -> Self:
        if not member.is_active:
            return self.none()
        reach = reach_of(member).departments(action)
        if reach is None:
            return self
        return self.filter(**{f"{self.department_path}__in": sorted(reach)})


def department_ids(member: "Member", action: str = Action.SEE) -> Iterable[int] | None:
    """Ids of the departments where the member may do it; None: everywhere."""
    return reach_of(member).departments(action)


class ScopedById(Scoped):
    """The departments themselves."""

    department_path = "id"
