"""What a calendar was asked for: which view, from which day, on whose clock, and which posts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from parvis.orgs.models import Department, House
from parvis.publishing.agenda import Wanted
from parvis.publishing.calendars import FIRST_YEAR, LAST_YEAR, options_of
from parvis.publishing.models import PublicationState
from parvis.web.asked import asked_number

VIEWS = ("month", "week", "departments", "list")
_BY_WEEK = ("week", "departments")
_FILTERS = ("channel", "campaign", "pillar", "state", "person")
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Clock:
    """A wall on which times can be read."""

    zone: str
    label: str

    @property
    def city(self) -> str:
        return self.zone.rpartition("/")[2].replace("_", " ")


@dataclass(frozen=True)
class Asked:
    view: str
    day: date
    since: date | None
    """The first day of a list that goes on."""
    today: date
    clocks: tuple[Clock, ...]
    """The reader's first, then those of the house and the audience where they are others."""
    clock: Clock
    """On which the calendar is drawn."""
    filters: Mapping[str, str]

    @cached_property
    def place(self) -> ZoneInfo:
        return ZoneInfo(self.clock.zone)

    @cached_property
    def first(self) -> date:
        """The first day of what is looked at: of a month its own, not its week's."""
        if self.view in _BY_WEEK:
            return self.day - timedelta(days=self.day.weekday())
        return self.day.replace(day=1)

    @cached_property
    def after(self) -> date:
        """The first day that is no longer looked at."""
        if self.view in _BY_WEEK:
            return self.first + timedelta(days=7)
        return (self.first + timedelta(days=31)).replace(day=1)

    @property
    def is_now(self) -> bool:
        return self.first <= self.today < self.after

    def wanted(self, department: Department | None) -> Wanted:
        state = self.filters.get("state", "")
        numbers = {f"{name}_id": asked_number(self.filters.get(name, "")) for name in _FILTERS if name != "state"}
        return Wanted(department=department, state=state if state in PublicationState.values else "", **numbers)

    def url(self, **changes: Any) -> str:
        """The same with something else; None takes it out."""
        kept = {"view": self.view, "day": self.day.isoformat(), **self.filters}
        if self.clock != self.clocks[0]:
            kept["zone"] = self.clock.zone
        kept |= changes
        return f"{reverse('publish-calendar')}?{urlencode({key: str(one) for key, one in kept.items() if one})}"

    @property
    def before_url(self) -> str:
        return self.url(day=self.first - _A_DAY if self.view not in _BY_WEEK else self.first - timedelta(days=7))

    @property
    def after_url(self) -> str:
        return self.url(day=self.after)

    def without(self, name: str) -> "Asked":
        return replace(self, filters={key: one for key, one in self.filters.items() if key != name})


def asked_of(request: Any) -> Asked:
    """From the address; what means nothing there is as if it were not said."""
    clocks = clocks_for(request.house)
    zone = request.GET.get("zone", "")
    clock = next((one for one in clocks if one.zone == zone), clocks[0])
    today = request.now.astimezone(ZoneInfo(clock.zone)).date()
    view = request.GET.get("view", "")
    return Asked(
        view=view if view in VIEWS else VIEWS[0],
        day=_day(request.GET.get("day", "") or f"{request.GET.get('month', '')}-01", today) or today,
        since=_day(request.GET.get("from", ""), None),
        today=today,
        clocks=clocks,
        clock=clock,
        filters={name: request.GET[name][:40] for name in _FILTERS if request.GET.get(name)},
    )


def clocks_for(house: House | None) -> tuple[Clock, ...]:
    """Of the reader, the house and its audience; each zone once."""
    own = str(timezone.get_current_timezone())
    found = {own: _("yours")}
    if house is not None:
        found.setdefault(house.zone, _("the house’s"))
        audience = options_of(house).audience_zone
        if audience:
            found.setdefault(audience, _("the audience’s"))
    return tuple(Clock(zone, label) for zone, label in found.items())


def _day(written: str, otherwise: date | None) -> date | None:
    try:
        found = datetime.strptime(written, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return otherwise
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else otherwise
