"""An entry of the trail as one line for readers."""

from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from parvis.orgs.models import AuditEntry
from parvis.web.screens.audit.words import ACTIONS, SUBJECTS

_PLACES = {"conversation": "talk", "member": "person", "channel": "channel"}


@dataclass(frozen=True, slots=True)
class Line:
    entry: AuditEntry
    who: str
    for_whom: str
    what: str
    subject: str
    url: str | None
    facts: list[tuple[str, str]]


def line_of(entry: AuditEntry) -> Line:
    return Line(
        entry=entry,
        who=_name(entry.member_id, entry.member) or "Parvis",
        for_whom=_name(entry.on_behalf_of_id, entry.on_behalf_of),
        what=str(ACTIONS.get(entry.action, entry.action)),
        subject=f"{SUBJECTS.get(entry.subject, entry.subject)} {entry.subject_key}",
        url=_address(entry),
        facts=[(_fact_name(name), words) for name, words in _facts(entry.facts) if words],
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


def _facts(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """Name and words of each; what was before and after stands as one change a name."""
    before, after = facts.get("before"), facts.get("after")
    if not isinstance(before, dict) or not isinstance(after, dict):
        return [(name, _words(value)) for name, value in facts.items()]
    changes = [(name, f"{_words(before.get(name))} → {_words(after.get(name))}") for name in {**before, **after}]
    return changes + [(name, _words(value)) for name, value in facts.items() if name not in ("before", "after")]


def _fact_name(name: str) -> str:
    known = {
        "priority": _("priority"),
        "state": _("state"),
        "status": _("state"),
        "assignee": _("assigned to member"),
        "assignee_id": _("assigned to member"),
        "snoozed_until": _("snoozed until"),
        "named": _("named members"),
        "verdict": _("verdict"),
        "reason": _("reason"),
        "label": _("label"),
        "name": _("name"),
        "role": _("role"),
    }
    return known.get(name, name.replace("_", " "))


def _words(value: Any) -> str:
    if isinstance(value, dict) and set(value) == {"before", "after"}:
        return f"{_words(value['before'])} → {_words(value['after'])}"
    if value is None:
        return "–"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_words(one)}" for name, one in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
