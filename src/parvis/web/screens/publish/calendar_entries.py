"""Posts and events as a calendar shows them, as HTML, written here and not by the template engine: a page has hundreds.

Every value from outside goes through `escape`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from django.templatetags.static import static
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from parvis.publishing.agenda import Happens, Slotted
from parvis.publishing.models import PublicationState
from parvis.web.screens.publish.calendar_asked import Clock
from parvis.web.screens.publish.words import Look, look_of_publication

_URGENCY = ("harm", "waits", "act", "done", "")
_MOVABLE = frozenset({PublicationState.PLANNED, PublicationState.HELD})
_SHORT = 70
_LONG = 30


@dataclass(frozen=True, slots=True)
class Shown:
    """A post at one time, as the reader sees it."""

    slotted: Slotted
    local: datetime
    """On the wall of the calendar, naive."""
    time: str
    clocks: str
    """The other walls: “03:00 New York”."""
    city: str
    """Where the calendar's own clock is."""
    look: Look
    channels: str
    department: str
    may_move: bool


class Showing:
    """Makes posts ready to be shown: what repeats is worked out once."""

    def __init__(
        self,
        clock: Clock,
        others: Collection[Clock],
        *,
        channels: Mapping[int, str],
        audiences: Mapping[int, str],
        departments: Mapping[int, str],
        may_move: Collection[int] | None,
    ) -> None:
        """`channels`: names; `audiences`: zones of those channels that have one; `may_move`: departments; None: all."""
        self.clock, self.place = clock, ZoneInfo(clock.zone)
        self.others = [one for one in others if one.zone != clock.zone]
        self.channels, self.audiences, self.departments, self.may_move = channels, audiences, departments, may_move

    def shown(self, one: Slotted) -> Shown:
        local = one.due_at.astimezone(self.place)
        may_move = self.may_move is None or one.department_id in self.may_move
        return Shown(
            slotted=one,
            local=local.replace(tzinfo=None, fold=0),
            time=self._time(local),
            clocks=self._clocks(one, local),
            city=self.clock.city,
            look=min((look_of_publication(state) for _, state in one.places), key=_urgency),
            channels=", ".join(self.channels[key] for key, _ in one.places),
            department=self.departments.get(one.department_id, ""),
            may_move=may_move and any(state in _MOVABLE for _, state in one.places),
        )

    def _time(self, local: datetime) -> str:
        """With the zone's short name in the hour that comes twice."""
        is_twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
        return f"{local:%H:%M} {local.tzname()}" if is_twice else f"{local:%H:%M}"

    def _clocks(self, one: Slotted, local: datetime) -> str:
        zones = {clock.zone: clock.city for clock in self.others}
        audiences = {zone for key, _state in one.places if (zone := self.audiences.get(key))}
        for zone in sorted(audiences):
            zones[zone] = Clock(zone, "").city
        if one.local and one.zone:
            zones.setdefault(one.zone, Clock(one.zone, "").city)
        zones.pop(self.clock.zone, None)
        said = []
        for zone, city in zones.items():
            there = one.due_at.astimezone(ZoneInfo(zone))
            day = "" if there.date() == local.date() else f"{date_format(there.date(), 'D')} "
            planned = _(" (planned there)") if one.local and zone == one.zone else ""
            whose = _("for the audience ({city})").format(city=city) if zone in audiences else city
            said.append(f"{day}{there:%H:%M} {whose}{planned}")
        return " · ".join(said)


def entry_html(one: Shown) -> SafeString:
    """For a cell: icon, time, title; the whole title, the other clocks and the channels on hover and focus."""
    title = one.slotted.title.strip()
    clocks = f"{one.time} {one.city} · {one.clocks}" if one.clocks else ""
    more = " · ".join(part for part in (title if len(title) > _LONG else "", clocks, one.channels) if part)
    return SafeString(
        f"<li><a {_attributes(one)}><span class=entry-words>{_icon(one.look)} <b class=entry-time>{one.time}</b> "
        f"<bdi>{escape(_short(title))}</bdi></span><span class=entry-more dir=auto>{escape(more)}</span></a></li>"
    )


def line_html(one: Shown) -> SafeString:
    """For a list: everything at once."""
    slotted = one.slotted
    quiet = " · ".join(escape(part) for part in (one.clocks, one.channels, one.department) if part)
    language = f' lang="{escape(slotted.language)}"' if slotted.language else ""
    return SafeString(
        f"<li><a {_attributes(one)}>{_icon(one.look)}<b class=entry-time>{one.time}</b><span class=entry-words>"
        f"<span dir=auto{language}>{escape(_short(slotted.title))}</span><span class=quiet>{escape(str(one.look.label))} · "
        f"{quiet}</span></span></a></li>"
    )


def event_html(one: Happens, place: ZoneInfo, *, is_timed: bool) -> SafeString:
    """Own ones lead to themselves; those from elsewhere say whose they are."""
    clock = (
        f"<b class=entry-time>{one.starts_at.astimezone(place):%H:%M}</b> " if is_timed and not one.is_all_day else ""
    )
    source = f" <span class=quiet>{escape(one.source)}</span>" if one.source else ""
    words = f"<span class=event-words>{clock}<bdi>{escape(_short(one.title))}</bdi>{source}</span>"
    kind = f"event c-{escape(one.colour)}"
    if one.key is not None:
        note = f"<span class=entry-more dir=auto>{escape(one.note[:200])}</span>" if one.note else ""
        return SafeString(
            f'<li><a class="{kind}" href="{reverse("calendar-event", args=[one.key])}">{words}{note}</a></li>'
        )
    return SafeString(f'<li><span class="{kind}">{words}</span></li>')


def _attributes(one: Shown) -> str:
    slotted = one.slotted
    moves = f' data-post={slotted.post_id} data-seen="{slotted.due_at.isoformat()}"' if one.may_move else ""
    return f'class=entry href="{reverse("post", args=[slotted.post_id])}"{moves}'


def _icon(look: Look) -> str:
    label, tone = escape(str(look.label)), f" tone-{look.tone}" if look.tone else ""
    return (
        f'<svg class="icon{tone}" role=img aria-label="{label}"><use href="{static("icons.svg")}#{look.icon}"/></svg>'
    )


def _short(title: str) -> str:
    title = title.strip() or _("Post")
    return title if len(title) <= _SHORT else f"{title[:_SHORT].rstrip()}…"


def _urgency(look: Look) -> int:
    return _URGENCY.index(look.tone)
