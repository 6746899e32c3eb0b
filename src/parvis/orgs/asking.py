"""Who asks: the member of a request with their roles, the house, its departments and the last live event, in one query.

Every page needs all of them, and on PostgreSQL each query of its own costs as much as a part of the page.
The session comes with them (`parvis.orgs.sessions`), where this process knows whose it was at the last page.
"""

import json
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar
from weakref import ref

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.sessions.backends.base import SessionBase
from django.db import connection
from django.db.models.expressions import RawSQL

from parvis.jobs.rows import as_param
from parvis.orgs.access import Reach, reach_of
from parvis.orgs.models import Department, House, Member
from parvis.orgs.rights import Action

_AROUND = """{object}(
'house', (SELECT {object}({house}) FROM orgs_house ORDER BY id LIMIT 1),
'departments', (SELECT {gather}({array}({department})) FROM
    (SELECT * FROM orgs_department WHERE closed_at IS NULL ORDER BY position, name) AS open_departments),
'roles', (SELECT {gather}({array}(department_id, role)) FROM orgs_membership WHERE member_id = orgs_member.id),
'event', (SELECT MAX(id) FROM jobs_liveevent)){text}"""
_SESSION = "(SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s)"
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
        member, _ = _taken_with_session(user_id) or _read(user_id, None)
        return member if member is not None and self.user_can_authenticate(member) else None


def read_with_session(session: SessionBase, member_id: int, *, now: datetime) -> str | None:
    """What the session holds, sealed as it is; None where it is over, or where no such member is there any more.

    The member is kept for `Backend`, which asks for them next: once, and no longer than the request has the session.
    """
    member, kept = _read(member_id, (session.session_key or "", as_param(now)))
    _with_session.set((ref(session), member))
    return kept


def forget_read() -> None:
    """Nobody was read with the session that is about to be loaded."""
    _with_session.set(None)


def _taken_with_session(member_id: int) -> tuple[Member, None] | None:
    session, member = _with_session.get() or (None, None)
    forget_read()
    is_fresh = session is not None and session() is not None
    return (member, None) if is_fresh and member is not None and member.pk == member_id else None


_with_session: ContextVar[tuple[ref[SessionBase], Member | None] | None] = ContextVar("read with session", default=None)


def _read(member_id: int, session: tuple[str, Any] | None) -> tuple[Member | None, str | None]:
    sql, names, convert = _statement(connection.vendor, session is not None)
    with connection.cursor() as cursor:
        cursor.execute(sql, [*(session or ()), member_id])
        row = cursor.fetchone()
    if row is None:
        return None, None
    values = convert(row)
    member = Member.from_db(connection.alias, names, values[: len(names)])
    member.around, *kept = values[len(names) :]  # type: ignore[attr-defined]
    return member, kept[0] if kept else None


@lru_cache
def _statement(_vendor: str, with_session: bool) -> tuple[str, list[str], Callable[[Sequence[Any]], list[Any]]]:
    """SQL of Django's own making, the fields that it gives, and what makes their values of a row: made once."""
    found = Member.objects.annotate(around=RawSQL(_sql(), ()))  # noqa: S611 (no words from outside)
    if with_session:
        found = found.annotate(session=RawSQL(_SESSION, ("", "")))  # noqa: S611
    compiler = found.filter(pk=0).order_by().query.get_compiler(connection=connection)
    sql, _ = compiler.as_sql()
    converters = compiler.get_converters([column for column, _, _ in compiler.select])
    names = [field.attname for field in Member._meta.concrete_fields]  # noqa: SLF001

    def convert(row: Sequence[Any]) -> list[Any]:
        [values] = compiler.apply_converters([row], converters)
        return list(values)

    return sql, names, convert


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
