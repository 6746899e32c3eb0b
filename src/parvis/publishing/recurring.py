"""When something comes again: the rule in the wall time of a place, and the moment of each occurrence.

Days that a month does not have are passed over (RFC 5545). Where the clock jumps over the time on a day, the
occurrence is at the first moment after; where it is shown twice, at the first of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from parvis.core.errors import BadInput
from parvis.core.wording import Text
from parvis.publishing.models import Every
from parvis.publishing.times import moment_of, moment_or_after

MOST_INTERVAL = 99
MOST_COUNT = 2000
FIRST_YEAR, LAST_YEAR = 2000, 2100
_LONGEST = timedelta(days=3650)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    every: str
    starts_on: date
    time: time
    zone: str
    interval: int = 1
    weekdays: Sequence[int] = ()
    month_day: int | None = None
    nth: int | None = None
    until: date | None = None
    count: int | None = None
    exceptions: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Time:
    """One occurrence."""

    local: datetime
    """By the rule, naive: the wall may not show it."""
    at: datetime
    shown: datetime
    """What the wall shows then."""
    clock: str
    """Nothing, "shifted" or "twice"."""


def checked_rule(rule: Rule) -> Rule:
    """Raises BadInput where it makes no sense, or never comes."""
    if not FIRST_YEAR <= rule.starts_on.year <= LAST_YEAR:
        raise BadInput(detail=Text("it begins in another century", "il commence dans un autre siècle"))
    if rule.every not in Every.values or not 1 <= rule.interval <= MOST_INTERVAL:
        raise BadInput(detail=_NO_RULE)
    if any(not 0 <= day <= 6 for day in rule.weekdays) or (rule.every == Every.WEEK and not rule.weekdays):
        raise BadInput(detail=Text("choose the days of the week", "choisissez les jours de la semaine"))
    if rule.every == Every.MONTH_DAY and (rule.month_day is None or rule.month_day not in {-1, *range(1, 32)}):
        raise BadInput(detail=Text("choose the day of the month", "choisissez le jour du mois"))
    if rule.every == Every.MONTH_WEEKDAY and (rule.nth not in {-1, 1, 2, 3, 4} or len(rule.weekdays) != 1):
        raise BadInput(detail=Text("choose which day of the month", "choisissez quel jour du mois"))
    if rule.count is not None and not 1 <= rule.count <= MOST_COUNT:
        raise BadInput(detail=Text("it comes from once to 2,000 times", "il revient d’une à 2\u202f000 fois"))
    if rule.until is not None and rule.until < rule.starts_on:
        raise BadInput(detail=Text("it ends before it begins", "il finit avant de commencer"))
    moment_or_after(datetime.combine(rule.starts_on, rule.time), rule.zone)
    if next(walls(rule), None) is None:
        raise BadInput(detail=Text("this never comes", "cela n’arrive jamais"))
    return rule


def walls(rule: Rule, *, after: datetime | None = None) -> Iterator[datetime]:
    """Wall times by the rule, without its exceptions; those after `after` only. They count all the same."""
    from dateutil import rrule  # type: ignore[import-untyped]  # weighs much

    start = datetime.combine(rule.starts_on, rule.time)
    days = [rrule.weekday(day) for day in sorted(set(rule.weekdays))]
    chosen = {
        Every.DAY: {"freq": rrule.DAILY},
        Every.WEEK: {"freq": rrule.WEEKLY, "byweekday": days, "wkst": rrule.MO},
        Every.MONTH_DAY: {"freq": rrule.MONTHLY, "bymonthday": rule.month_day},
        Every.MONTH_WEEKDAY: {"freq": rrule.MONTHLY, "byweekday": [day(rule.nth) for day in days]},
    }[Every(rule.every)]
    until = datetime.combine(rule.until or min(date.max, rule.starts_on + 2 * _LONGEST), time.max)
    limits = {"count": rule.count} if rule.count is not None else {"until": until}
    excepted = set(rule.exceptions)
    for wall in rrule.rrule(dtstart=start, interval=rule.interval, **limits, **chosen):
        if wall > until:
            return
        if (after is None or wall > after) and wall.date().isoformat() not in excepted:
            yield wall


def times(rule: Rule, *, after: datetime | None = None) -> Iterator[Time]:
    return (time_of(wall, rule.zone) for wall in walls(rule, after=after))


def time_of(wall: datetime, zone: str) -> Time:
    moment, is_shifted = moment_or_after(wall, zone)
    clock = "shifted" if is_shifted else ("twice" if moment.is_twice else "")
    return Time(wall, moment.at, datetime.fromisoformat(moment.local), clock)


def times_ahead(rule: Rule, *, now: datetime, count: int) -> list[Time]:
    """The next ones from now on."""
    start = moment_of(datetime.combine(rule.starts_on, time(12)), rule.zone).at
    after = None if start > now else now.replace(tzinfo=None) - timedelta(days=2)
    found: list[Time] = []
    for one in times(rule, after=after):
        if one.at >= now:
            found.append(one)
        if len(found) == count:
            break
    return found


_NO_RULE = Text("there is no such rule", "cette règle n’existe pas")
