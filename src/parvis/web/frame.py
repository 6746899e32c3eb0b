"""What stands around every page: the rail, the department in view, the person's own choices."""

from collections.abc import Iterable
from functools import cached_property
from hashlib import sha256
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import get_language

from parvis.inbox.notes import unseen_mentions
from parvis.listening.crisis.queries import OpenRoom
from parvis.orgs.access import reach_of
from parvis.orgs.models import Department, Member
from parvis.orgs.rights import Action
from parvis.publishing.commenting import unseen_post_mentions
from parvis.web import rail
from parvis.web.words import key_words, script_words

AVATAR_TINTS = 6
MENTIONS_KEPT_S = 15
PLACES_ON_A_BAR = 4


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
    def bar(self) -> set[str]:
        """Names of the places that a phone's bar shows; the others stand under “More”."""
        return {entry.place.name for entry in self._everywhere[:PLACES_ON_A_BAR]}

    @property
    def beyond_bar(self) -> list[rail.Entry]:
        return self._everywhere[PLACES_ON_A_BAR:]

    @property
    def is_beyond_bar(self) -> bool:
        return any(entry.is_here for entry in self.beyond_bar)

    @property
    def _everywhere(self) -> list[rail.Entry]:
        return [*self.desk, *self.house_places]

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
    def crises(self) -> list[OpenRoom]:
        """The crisis rooms that are open and concern the member: they stand on every page."""
        rooms: list[OpenRoom] = self.request.crises  # type: ignore[attr-defined]
        return rooms

    @property
    def sees_house(self) -> bool:
        return reach_of(self.member).departments(Action.SEE) is None

    @cached_property
    def mention_count(self) -> int:
        key = mention_key(self.member)
        found = cache.get(key)
        if found is None:
            in_notes, in_posts = unseen_mentions(self.member), unseen_post_mentions(self.member)
            found = in_notes.order_by().values_list("pk").union(in_posts.order_by().values_list("pk"), all=True).count()
            cache.set(key, found, MENTIONS_KEPT_S)
        return int(found)

    @cached_property
    def preferences(self) -> dict[str, Any]:
        kept: dict[str, Any] = self.member.preferences
        return kept

    @property
    def next_opens(self) -> bool:
        return bool(self.preferences.get("next_opens", True))

    @cached_property
    def key(self) -> str:
        """Everything that the rail and the top bar show: the same key, the same pieces."""
        member, department = self.member, self.request.department  # type: ignore[attr-defined]
        house = self.request.house  # type: ignore[attr-defined]
        shown = (
            (member.pk, member.name, member.email, member.theme, member.density, sorted(member.preferences.items())),
            (get_language(), house and (house.name, house.is_demo), department and department.pk),
            [(one.pk, one.name) for one in self.departments],
            [(entry.place.name, entry.is_here) for entry in (*self._everywhere, *self.new)],
            (self.sees_house, self.mention_count),
        )
        return sha256(repr(shown).encode()).hexdigest()

    @property
    def keys(self) -> list[tuple[str, str]]:
        return key_words()

    @property
    def script_words(self) -> dict[str, str]:
        return script_words()
