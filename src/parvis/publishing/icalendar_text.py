"""Writes iCalendar (RFC 5545): lines folded at 75 bytes, texts escaped, times in UTC.

Ours, and not the library's that reads calendars of others: little of its work is needed, a thousand
events are written in a tenth of its time, and web processes are spared its 9 MB.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

_FOLDED_AT_BYTES = 75
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})
_CONTROLS = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One VEVENT. Of whole days, `starts_at` and `ends_at` are midnights of UTC."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    title: str
    made_at: datetime
    changed_at: datetime
    sequence: int
    is_all_day: bool = False
    status: str = "CONFIRMED"
    """CONFIRMED, TENTATIVE, CANCELLED."""
    text: str = ""
    url: str = ""
    category: str = ""


def calendar_text(name: str, entries: Iterable[Entry], *, zone: str) -> bytes:
    """The whole calendar. `zone`: in which it is best looked at."""
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Parvis//Publishing//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
        f"NAME:{escaped(name)}", f"X-WR-CALNAME:{escaped(name)}", f"X-WR-TIMEZONE:{zone}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H",
    ]  # fmt: skip
    for entry in entries:
        lines += _lines(entry)
    lines.append("END:VCALENDAR")
    return "".join(folded(line) for line in lines).encode()


def escaped(text: str) -> str:
    """A TEXT value, RFC 5545 §3.3.11; line ends of any kind are one."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS).translate(_ESCAPED)


def folded(line: str) -> str:
    """With its end; never cut within a character."""
    if len(line) * 4 <= _FOLDED_AT_BYTES or len(line.encode()) <= _FOLDED_AT_BYTES:
        return f"{line}\r\n"
    return "\r\n ".join(_pieces(line)) + "\r\n"


def _pieces(line: str) -> Iterator[str]:
    """The blank that begins each piece but the first counts too."""
    start, size = 0, 0
    for place, sign in enumerate(line):
        width = len(sign.encode())
        if size + width > _FOLDED_AT_BYTES:
            yield line[start:place]
            start, size = place, 1
        size += width
    yield line[start:]


def _lines(entry: Entry) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{entry.uid}"
    yield f"DTSTAMP:{_stamp(entry.changed_at)}"
    yield f"CREATED:{_stamp(entry.made_at)}"
    yield f"LAST-MODIFIED:{_stamp(entry.changed_at)}"
    yield f"SEQUENCE:{entry.sequence}"
    if entry.is_all_day:
        yield f"DTSTART;VALUE=DATE:{_day(entry.starts_at.astimezone(UTC).date())}"
        yield f"DTEND;VALUE=DATE:{_day(entry.ends_at.astimezone(UTC).date())}"
    else:
        yield f"DTSTART:{_stamp(entry.starts_at)}"
        if entry.ends_at > entry.starts_at:
            yield f"DTEND:{_stamp(entry.ends_at)}"
    yield f"SUMMARY:{escaped(entry.title)}"
    for name, value in (("DESCRIPTION", entry.text), ("CATEGORIES", entry.category)):
        if value:
            yield f"{name}:{escaped(value)}"
    if entry.url:
        yield f"URL:{entry.url}"
    yield f"STATUS:{entry.status}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _day(day: date) -> str:
    return day.strftime("%Y%m%d")
