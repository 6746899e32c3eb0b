"""Where one can go: what exists in this installation and what the member may use."""

from dataclasses import dataclass
from functools import cache

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from parvis.orgs.access import reach_of
from parvis.orgs.models import Member
from parvis.orgs.rights import Action


@dataclass(frozen=True, slots=True)
class Place:
    """One entry. `key` goes there after `g`; `action` is the right that opens it, anywhere in the house."""

    name: str
    icon: str
    label: Promise
    key: str
    action: str = Action.SEE
    also: tuple[str, ...] = ()
    """Other screens that belong to it, by name."""


DESK = (
    Place("today", "home", _("Today"), "t"),
    Place("inbox", "inbox", _("Inbox"), "i"),
    Place("moderation", "shield-check", _("Moderation"), "m", Action.DECIDE),
    Place("publish", "send", _("Publish"), "w", Action.DRAFT, also=("assets",)),
    Place("listen", "ear", _("Listen"), "l"),
)
HOUSE = (
    Place("channels", "plug-connected", _("Channels"), "c", Action.SEE_CHANNELS),
    Place("people", "users", _("People"), "p", Action.MANAGE_PEOPLE),
    Place("audit", "history", _("Audit"), "a", Action.SEE_AUDIT),
    Place("settings", "settings", _("Settings"), "s", Action.MANAGE_HOUSE),
)
NEW = (
    Place("channel-new", "plug-connected", _("Channel"), "", Action.MANAGE_CHANNELS),
    Place("people-invite", "user-plus", _("Invitation"), "", Action.MANAGE_PEOPLE),
    Place("post-new", "send", _("Post"), "", Action.DRAFT),
    Place("query-new", "ear", _("Query"), "", Action.LISTEN),
)


@dataclass(frozen=True, slots=True)
class Entry:
    place: Place
    url: str
    is_here: bool


@cache
def address_of(name: str) -> str | None:
    """None while this installation has no such screen."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return None


def entries(places: tuple[Place, ...], member: Member, path: str) -> list[Entry]:
    reach = reach_of(member)
    found = []
    for place in places:
        url = address_of(place.name)
        if url is not None and reach.anywhere(place.action):
            within = (url, *filter(None, map(address_of, place.also)))
            found.append(Entry(place, url, path == url or any(one != "/" and path.startswith(one) for one in within)))
    return found
