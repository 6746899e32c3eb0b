"""The names of people, departments and channels that entries of the trail hold by number; three readings a page."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from parvis.inbox.lookups import channel_names
from parvis.orgs.models import AuditEntry
from parvis.orgs.queries import department_names, member_names

_PEOPLE = frozenset({"member", "invited_by", "named", "assignee", "assignee_id", "owner_id"})
_DEPARTMENTS = frozenset({"department", "department_id"})


@dataclass(frozen=True, slots=True)
class Names:
    people: Mapping[int, str]
    departments: Mapping[int, str]
    channels: Mapping[int, str]

    def person(self, key: Any) -> str:
        """Rows of the trail outlive what they point at."""
        return self.people.get(key) or _("member {id}").format(id=key)

    def department(self, key: Any) -> str:
        return self.departments.get(key) or _("department {id}").format(id=key)

    def channel(self, key: Any) -> str:
        return self.channels.get(key) or str(key)


def names_in(entries: Iterable[AuditEntry]) -> Names:
    people: set[int] = set()
    departments: set[int] = set()
    channels: set[int] = set()
    by_subject = {"member": people, "department": departments, "channel": channels}
    for entry in entries:
        if entry.subject in by_subject and entry.subject_key.isdecimal():
            by_subject[entry.subject].add(int(entry.subject_key))
        for name, key in _numbers(entry.facts):
            if name in _DEPARTMENTS or entry.action == "department.order":
                departments.add(key)
            elif name in _PEOPLE or entry.action == "query.give":
                people.add(key)
    return Names(member_names(people), department_names(departments), channel_names(channels))


def _numbers(facts: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Every whole number with the name that it bears."""
    for name, value in facts.items():
        if isinstance(value, dict):
            yield from _numbers(value)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, int) and not isinstance(one, bool):
                yield name, one
