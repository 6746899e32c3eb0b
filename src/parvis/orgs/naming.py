"""People who are named in what colleagues write to each other, by an @ before their name."""

import re
from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q

from parvis.core.query.values import name_key
from parvis.orgs.models import Member, Membership
from parvis.orgs.rights import RIGHTS, Action

_AT = re.compile(r"(?<!\w)@")


def who_sees(department_id: int) -> list[Member]:
    """Active people who may see what is the department's: they can be named there, and be given things."""
    roles = [role for role, rights in RIGHTS.items() if Action.SEE in rights]
    there = Q(department__isnull=True) | Q(department=department_id)
    held = Membership.objects.filter(there, member=OuterRef("pk"), role__in=roles)
    return list(Member.objects.filter(Q(is_owner=True) | Exists(held), is_active=True))


def named_in(text: str, people: Iterable[Member]) -> list[Member]:
    """Whoever stands behind an @, by whole name or by first name where only one bears it; the longest name counts."""
    names = _names(people)
    folded = "".join(name_key(sign) or " " for sign in text)
    found: dict[int, Member] = {}
    for sign in _AT.finditer(folded):
        rest = folded[sign.end() :]
        for name, person in names:
            if rest.startswith(name) and not rest[len(name) : len(name) + 1].isalnum():
                found[person.pk] = person
                break
    return list(found.values())


def _names(people: Iterable[Member]) -> list[tuple[str, Member]]:
    """Longest first."""
    whole = {name_key(person.name): person for person in people}
    firsts: dict[str, list[Member]] = {}
    for name, person in whole.items():
        firsts.setdefault(name.split(" ")[0], []).append(person)
    alone = {name: bearers[0] for name, bearers in firsts.items() if len(bearers) == 1}
    return sorted({**alone, **whole}.items(), key=lambda pair: -len(pair[0]))
