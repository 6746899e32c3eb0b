"""Which of the things that a file or a room gathers a reader sees: those of their own departments."""

from parvis.orgs.access import reach_of
from parvis.orgs.models import Member
from parvis.orgs.rights import Action

Seen = frozenset[int] | None
"""Ids of departments; None: all of them."""


def seen_by(member: Member) -> Seen:
    return reach_of(member).departments(Action.SEE)


def sees(seen: Seen, department_id: int | None) -> bool:
    """A thing of the whole house (None) is seen with the whole house alone."""
    return seen is None or department_id in seen
