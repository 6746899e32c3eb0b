"""Who asks: the member of a request with their roles, the house, its departments and the last live event, in one query.

Every page needs all of them, and on PostgreSQL each query of its own costs as much as a part of the page.
"""

import json
from dataclasses import dataclass
from typing import Any, TypeVar

from allauth.account.auth_backends import AuthenticationBackend
from django.db import connection
from django.db.models.expressions import RawSQL

from parvis.orgs.access import Reach, reach_of
from parvis.orgs.models import Department, House, Member
from parvis.orgs.rights import Action

_AROUND = """{object}(
'house', (SELECT {object}({house}) FROM orgs_house ORDER BY id LIMIT 1),
'departments', (SELECT {gather}({array}({department})) FROM
    (SELECT * FROM orgs_department WHERE closed_at IS NULL ORDER BY position, name) AS open_departments),
'roles', (SELECT {gather}({array}(department_id, role)) FROM orgs_membership WHERE member_id = orgs_member.id),
'event', (SELECT MAX(id) FROM jobs_liveevent)){text}"""
Row = TypeVar("Row", House, Department)
_HOUSE = ("id", "name", "zone", "language", "is_demo", "options")
_DEPARTMENT = ("id", "name", "position")
_WORDS = {
    "sqlite": {"object": "json_object", "array": "json_array", "gather": "json_group_array", "text": ""},
    "postgresql": {"object": "json_build_object", "array": "json_build_array", "gather": "json_agg", "text": "::text"},
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request finds around its member. `created_at` of the rows is read where it is asked for."""

    member: Member
    house: House | None
    departments: list[Department]
    """Open ones that the member sees, in the house's order."""
    last_event_id: int


class Backend(AuthenticationBackend):
    """Sign-in as allauth does it; whoever is signed in already comes with everything that `asked_by` gives."""

    def get_user(self, user_id: int) -> Member | None:
        member = Member.objects.annotate(around=RawSQL(_sql(), ())).filter(pk=user_id).first()  # noqa: S611 (no words from outside)
        return member if member is not None and self.user_can_authenticate(member) else None


def asked_by(member: Member) -> Asked:
    """Costs no query where the member came through `Backend`."""
    read = getattr(member, "around", None)  # of the row that `Backend` read
    if read is None:
        read = Member.objects.annotate(around=RawSQL(_sql(), ())).values_list("around", flat=True).get(pk=member.pk)  # noqa: S611
    else:
        del member.around  # type: ignore[attr-defined]
    around = json.loads(read)
    member._reach = Reach(member, roles=around["roles"] or [])  # type: ignore[attr-defined]  # noqa: SLF001
    seen = reach_of(member).departments(Action.SEE)
    every = [_row(Department, _DEPARTMENT, values) for values in around["departments"] or []]
    return Asked(
        member=member,
        house=_house(around["house"]),
        departments=[one for one in every if seen is None or one.pk in seen],
        last_event_id=around["event"] or 0,
    )


def _sql() -> str:
    is_sqlite = connection.vendor == "sqlite"
    shown = [(name, f"json({name})" if is_sqlite and name == "options" else name) for name in _HOUSE]
    house = ", ".join(f"'{name}', {column}" for name, column in shown)
    return _AROUND.format(house=house, department=", ".join(_DEPARTMENT), **_WORDS[connection.vendor])


def _house(values: dict[str, Any] | None) -> House | None:
    if values is None:
        return None
    values["is_demo"] = bool(values["is_demo"])  # SQLite has 0 and 1
    return _row(House, _HOUSE, [values[name] for name in _HOUSE])


def _row(model: type[Row], names: tuple[str, ...], values: list[Any]) -> Row:
    return model.from_db(connection.alias, names, values)
