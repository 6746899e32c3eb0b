"""Reads a calendar of somebody else (RFC 5545) in a process of its own: `python -m parvis.publishing.calendar_reading`.

A rule that repeats without end, or never, can keep a reader busy for hours, and the libraries weigh 10 MB:
a child that may be ended at any time costs the worker neither. It imports no Django.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from parvis.core.errors import FileNotUnderstood
from parvis.core.wording import Text

MOST_EVENTS = 5000
LONGEST_TITLE = 200
_OFTEN = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})
NO_CALENDAR_STATUS = 3
_CPU_S = 20
_MEMORY_BYTES = 1_000_000_000
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Of whole days, midnights of UTC stand for the days themselves; `ends_at` is not in it any more."""

    title: str
    starts_at: datetime
    ends_at: datetime
    is_all_day: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    events: tuple[Happening, ...]
    left_out_count: int
    """What repeats more than daily, could not be read, or is beyond the most that are kept."""


def read_calendar(body: bytes, *, now: datetime, around: timedelta, zone: str) -> Reading:
    """What happens within `around` of now, each repeat by itself. `zone`: of times that name none.

    Raises FileNotUnderstood.
    """
    import recurring_ical_events  # type: ignore[import-untyped]
    from icalendar import Calendar

    try:
        calendars = Calendar.from_ical(body, multiple=True)
    except (ValueError, KeyError, IndexError, UnicodeDecodeError) as error:
        raise FileNotUnderstood(name="iCalendar", detail=NO_CALENDAR) from error
    if not any(one.name == "VCALENDAR" for one in calendars):
        raise FileNotUnderstood(name="iCalendar", detail=NO_CALENDAR)
    found: list[Happening] = []
    left_out = 0
    for calendar in calendars:
        left_out += _without_often(calendar)
        events = recurring_ical_events.of(calendar, skip_bad_series=True).between(now - around, now + around)
        for event in events:
            happening = _happening(event, ZoneInfo(zone))
            if happening is not None:
                found.append(happening)
    found.sort(key=lambda one: abs(one.starts_at - now))
    kept = sorted(found[:MOST_EVENTS], key=lambda one: (one.starts_at, one.title))
    return Reading(events=tuple(kept), left_out_count=left_out + len(found) - len(kept))


def _without_often(calendar: Any) -> int:
    """Takes out what repeats within the day: nobody reads 86,400 events; how many were taken out."""
    often = [one for one in calendar.subcomponents if one.name == "VEVENT" and _is_often(one)]
    calendar.subcomponents = [one for one in calendar.subcomponents if one not in often]
    return len(often)


def _is_often(event: Any) -> bool:
    rules = event.get("RRULE", [])
    rules = rules if isinstance(rules, list) else [rules]
    for rule in rules:
        frequency = {str(one).upper() for one in rule.get("FREQ", [])}
        if frequency & _OFTEN or any(rule.get(name) for name in ("BYHOUR", "BYMINUTE", "BYSECOND")):
            return True
    return False


def _happening(event: Any, zone: ZoneInfo) -> Happening | None:
    """None for what was called off, or has no time."""
    if str(event.get("STATUS", "")).upper() == "CANCELLED" or "DTSTART" not in event:
        return None
    starts = event["DTSTART"].dt
    ends = event["DTEND"].dt if "DTEND" in event else None
    is_all_day = not isinstance(starts, datetime)
    starts_at = _moment(starts, zone)
    if ends is None or isinstance(ends, datetime) == is_all_day:
        ends_at = starts_at + (_A_DAY if is_all_day else timedelta())
    else:
        ends_at = max(_moment(ends, zone), starts_at + (_A_DAY if is_all_day else timedelta()))
    return Happening(title=_title(event), starts_at=starts_at, ends_at=ends_at, is_all_day=is_all_day)


def _moment(written: date, zone: ZoneInfo) -> datetime:
    if not isinstance(written, datetime):
        return datetime.combine(written, time(), tzinfo=UTC)
    return (written if written.tzinfo is not None else written.replace(tzinfo=zone)).astimezone(UTC)


def _title(event: Any) -> str:
    written = "".join(sign if sign.isprintable() else " " for sign in str(event.get("SUMMARY", "")))
    return " ".join(written.split())[:LONGEST_TITLE] or "–"


def as_written(reading: Reading) -> dict[str, Any]:
    """For JSON."""
    events = [[one.title, one.starts_at.isoformat(), one.ends_at.isoformat(), one.is_all_day] for one in reading.events]
    return {"events": events, "left_out": reading.left_out_count}


def as_read(written: dict[str, Any]) -> Reading:
    return Reading(events=tuple(_events(written["events"])), left_out_count=written["left_out"])


def _events(written: list[Any]) -> Iterator[Happening]:
    for title, starts, ends, is_all_day in written:
        yield Happening(
            title=title, starts_at=datetime.fromisoformat(starts), ends_at=datetime.fromisoformat(ends),
            is_all_day=is_all_day,
        )  # fmt: skip


def main() -> int:
    """The calendar on standard input; now, days around and zone as arguments. 0: JSON; 3: it is no calendar."""
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    now, days, zone = datetime.fromisoformat(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    try:
        reading = read_calendar(sys.stdin.buffer.read(), now=now, around=timedelta(days=days), zone=zone)
    except FileNotUnderstood:
        return NO_CALENDAR_STATUS
    sys.stdout.write(json.dumps(as_written(reading)))
    return 0


NO_CALENDAR = Text("it is no calendar (iCalendar)", "ce n’est pas un calendrier (iCalendar)")

if __name__ == "__main__":
    sys.exit(main())
