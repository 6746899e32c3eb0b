"""The days of a calendar with what stands on them: each hour of a day that has 23, 24 or 25."""

from calendar import Calendar
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from parvis.publishing.agenda import Happens, days_touched
from parvis.web.screens.publish.calendar_entries import Shown

_A_DAY = timedelta(days=1)
_HOURS = 24
_FULL_DAY_MINUTES = _HOURS * 60


@dataclass(slots=True)
class Hour:
    """One wall hour of a day."""

    hour: int
    name: str
    note: str = ""
    """What the clock does in it."""
    is_gap: bool = False
    shown: list[Shown] = field(default_factory=list)
    events: list[Happens] = field(default_factory=list)


@dataclass(slots=True)
class Day:
    day: date
    name: str
    is_other: bool = False
    """Of another month than the one that is looked at."""
    is_today: bool = False
    is_past: bool = False
    note: str = ""
    """Of a day that has not 24 hours."""
    holidays: list[str] = field(default_factory=list)
    events: list[Happens] = field(default_factory=list)
    """Of a week's day only those that last the whole day."""
    shown: list[Shown] = field(default_factory=list)
    more_count: int = 0
    """Posts that do not stand here for want of room."""
    more_events: int = 0
    hours: list[Hour] = field(default_factory=list)

    @property
    def is_free(self) -> bool:
        return not (self.shown or self.events or self.holidays)


class Sheet:
    """What is to be laid on days, by day."""

    def __init__(
        self, shown: Iterable[Shown], events: Iterable[Happens], holidays: dict[date, list[str]], *, place: ZoneInfo
    ) -> None:
        self.place = place
        self.holidays = holidays
        self.shown: dict[date, list[Shown]] = defaultdict(list)
        for one in shown:
            self.shown[one.local.date()].append(one)
        self.events: dict[date, list[Happens]] = defaultdict(list)
        for event in events:
            first, last = days_touched(event, place)
            for number in range(min((last - first).days, 400) + 1):
                self.events[first + number * _A_DAY].append(event)

    def day(self, day: date, *, today: date, month: int | None = None, most: int = 0, most_events: int = 0) -> Day:
        """`most`: so many posts at most, 0: all."""
        shown, events = self.shown.get(day, []), self.events.get(day, [])
        return Day(
            day=day, name=date_format(day, "l j F"), is_other=month is not None and day.month != month,
            is_today=day == today, is_past=day < today, note=_length_words(day, self.place),
            holidays=self.holidays.get(day, []),
            events=events[:most_events] if most_events else events, shown=shown[:most] if most else shown,
            more_count=max(len(shown) - most, 0) if most else 0,
            more_events=max(len(events) - most_events, 0) if most_events else 0,
        )  # fmt: skip

    def day_by_hours(self, day: date, *, today: date, most: int) -> Day:
        """Its posts and shorter events in the hours; an hour holds `most` posts."""
        found = self.day(day, today=today)
        hours = _hours(day, self.place)
        whole: list[Happens] = []
        for event in found.events:
            starts = event.starts_at.astimezone(self.place)
            if event.is_all_day or starts.date() != day:
                whole.append(event)
            else:
                hours[starts.hour].events.append(event)
        for one in found.shown:
            hours[one.local.hour].shown.append(one)
        for hour in hours:
            found.more_count += max(len(hour.shown) - most, 0)
            hour.shown = hour.shown[:most]
        found.events, found.hours = whole, hours
        return found


def weeks_of(first: date) -> list[list[date]]:
    """Of a month, from Monday on."""
    return Calendar().monthdatescalendar(first.year, first.month)


def days_between(first: date, after: date) -> list[date]:
    return [first + number * _A_DAY for number in range((after - first).days)]


def midnight(day: date, place: ZoneInfo) -> datetime:
    """When the day begins there, in UTC."""
    return datetime.combine(day, time(), tzinfo=place).astimezone(UTC)


def minutes_of(day: date, place: ZoneInfo) -> int:
    """1380 on the day on which summer time begins, 1500 on the one on which it ends, in most places."""
    return int((midnight(day + _A_DAY, place) - midnight(day, place)).total_seconds() // 60)


def _length_words(day: date, place: ZoneInfo) -> str:
    minutes = minutes_of(day, place)
    if minutes == _FULL_DAY_MINUTES:
        return ""
    hours = minutes // 60
    return ngettext("{n} hour: the clock changes", "{n} hours: the clock changes", hours).format(n=hours)


def _hours(day: date, place: ZoneInfo) -> list[Hour]:
    found = [Hour(hour, f"{hour:02}:00") for hour in range(_HOURS)]
    if minutes_of(day, place) == _FULL_DAY_MINUTES:
        return found
    for one in found:
        starts = datetime.combine(day, time(one.hour))
        wall = starts.replace(tzinfo=place)
        if wall.astimezone(UTC).astimezone(place).replace(tzinfo=None) != starts:
            one.is_gap, one.note = True, _("the clock jumps over it")
        elif wall.utcoffset() != starts.replace(tzinfo=place, fold=1).utcoffset():
            one.note = _("comes twice")
    return found
