"""What stands around every page: the rail, the department in view, the person's own choices."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest

from parvis.inbox.notes import unseen_mentions
from parvis.orgs.access import reach_of
from parvis.orgs.models import Department, Member
from parvis.orgs.rights import Action
from parvis.web import rail
from parvis.web.words import script_words

AVATAR_TINTS = 6
MENTIONS_KEPT_S = 15


def department_in_view(member: Member, departments: Iterable[Department]) -> Department | None:
    """The one that the person chose, as long as they still see it; None: everything they see. Lazy `departments` stay so."""
    chosen = member.preferences.get("department")
    if chosen is None:
        return None
    return next((department for department in departments if department.id == chosen), None)


def initials(name: str) -> str:
    words = [word for word in name.split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"


def tint(key: int) -> int:
    """Which of the avatar's quiet colours; the same for the same person."""
    return key % AVATAR_TINTS


def mention_key(member: Member) -> str:
    """Under which the count on the bell is kept for a moment; whoever opens a conversation drops it."""
    return f"mentions:{member.pk}"


class Frame:
    """Read only as far as a template asks: a fragment costs nothing of it."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def member(self) -> Member:
        member: Member = self.request.member  # type: ignore[attr-defined]
        return member

    @cached_property
    def desk(self) -> list[rail.Entry]:
        return rail.entries(rail.DESK, self.member, self.request.path)

    @cached_property
    def house_places(self) -> list[rail.Entry]:
        return rail.entries(rail.HOUSE, self.member, self.request.path)

    @cached_property
    def new(self) -> list[rail.Entry]:
        return rail.entries(rail.NEW, self.member, self.request.path)

    @cached_property
    def account_url(self) -> str | None:
        return rail.address_of("account")

    @cached_property
    def departments(self) -> list[Department]:
        departments: list[Department] = self.request.departments  # type: ignore[attr-defined]
        return departments

    @property
    def sees_house(self) -> bool:
        return reach_of(self.member).departments(Action.SEE) is None

    @cached_property
    def mention_count(self) -> int:
        key = mention_key(self.member)
        found = cache.get(key)
        if found is None:
            found = unseen_mentions(self.member).count()
            cache.set(key, found, MENTIONS_KEPT_S)
        return int(found)

    @cached_property
    def preferences(self) -> dict[str, Any]:
        return self.member.preferences

    @property
    def next_opens(self) -> bool:
        return bool(self.preferences.get("next_opens", True))

    @property
    def script_words(self) -> dict[str, str]:
        return script_words()
