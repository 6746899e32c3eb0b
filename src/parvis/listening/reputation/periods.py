"""Periods of whole days in somebody's zone, and the hours of UTC that they are."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise

MOST_DAYS = 400
_HOUR = timedelta(hours=1)
_DAYS_IN_HOURS = 2
"""So short a period is drawn by the hour."""
_DAYS_IN_DAYS = 35


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of a period: what was published from `begins` on and before `ends`."""

    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Period:
    """Both days belong to it. A day of 23 or 25 hours is one day."""

    first: date
    last: date
    zone: tzinfo

    @property
    def day_count(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def begins(self) -> datetime:
        return day_begins(self.first, self.zone)

    @property
    def ends(self) -> datetime:
        return day_begins(self.last + timedelta(days=1), self.zone)

    @property
    def before(self) -> "Period":
        """The equally many days before; after whole weeks each weekday meets its like."""
        return Period(self.first - timedelta(days=self.day_count), self.first - timedelta(days=1), self.zone)

    def days(self) -> list[Cell]:
        begins = [day_begins(self.first + timedelta(days=number), self.zone) for number in range(self.day_count + 1)]
        return [Cell(one, after) for one, after in pairwise(begins)]

    def bars(self) -> list[Cell]:
        """As a chart draws it: hours, days or weeks; the last week may be short."""
        if self.day_count <= _DAYS_IN_HOURS:
            hours = round((self.ends - self.begins) / _HOUR)
            return [Cell(self.begins + _HOUR * number, self.begins + _HOUR * (number + 1)) for number in range(hours)]
        days = self.days()
        if self.day_count <= _DAYS_IN_DAYS:
            return days
        weeks = [days[start : start + 7] for start in range(0, len(days), 7)]
        return [Cell(week[0].begins, week[-1].ends) for week in weeks]


def day_begins(day: date, zone: tzinfo) -> datetime:
    """In UTC, at a full hour: where a zone is off by half an hour, a day begins with the next one."""
    at = datetime.combine(day, time(), zone).astimezone(UTC)
    cut = at.replace(minute=0, second=0, microsecond=0)
    return cut if cut == at else cut + _HOUR


def last_days(count: int, *, now: datetime, zone: tzinfo) -> Period:
    """Whole days, up to yesterday."""
    yesterday = now.astimezone(zone).date() - timedelta(days=1)
    return Period(yesterday - timedelta(days=count - 1), yesterday, zone)


def own_days(first: date, last: date, *, zone: tzinfo) -> Period | None:
    """None where they are in the wrong order, too many, or where no calendar reaches."""
    period = Period(first, last, zone)
    if not 1 <= period.day_count <= MOST_DAYS or not 1970 < first.year <= last.year < 9000:
        return None
    return period
