"""An entry of the trail as one line for readers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from parvis.orgs.models import AuditEntry
from parvis.web.screens.audit.facts import phrases_of, subject_of
from parvis.web.screens.audit.names import Names, names_in
from parvis.web.screens.audit.words import ACTIONS, SUBJECTS

_PLACES = {"conversation": "talk", "member": "person", "channel": "channel", "file": "file", "room": "room"}


@dataclass(frozen=True, slots=True)
class Line:
    entry: AuditEntry
    who: str
    for_whom: str
    what: str
    subject: SafeString
    url: str | None
    department: str
    phrases: list[SafeString]


def lines_of(entries: Sequence[AuditEntry]) -> list[Line]:
    names = names_in(entries)
    return [_line(entry, names) for entry in entries]


def _line(entry: AuditEntry, names: Names) -> Line:
    department = entry.department if entry.subject != "department" else None  # named already
    return Line(
        entry=entry,
        who=_name(entry.member_id, entry.member) or "Parvis",
        for_whom=_name(entry.on_behalf_of_id, entry.on_behalf_of),
        what=str(ACTIONS.get(entry.action, entry.action)),
        subject=subject_of(entry, SUBJECTS, names),
        url=_address(entry),
        department=department.name if department else "",
        phrases=phrases_of(entry, names),
    )


def _name(member_id: int | None, member: Any) -> str:
    """Rows of the trail outlive what they point at."""
    if member_id is None:
        return ""
    return member.name if member is not None else _("member {id}").format(id=member_id)


def _address(entry: AuditEntry) -> str | None:
    name = _PLACES.get(entry.subject)
    if name is None or not entry.subject_key.isdecimal():
        return None
    try:
        return reverse(name, args=[int(entry.subject_key)])
    except NoReverseMatch:
        return None
