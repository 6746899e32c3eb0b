"""The time on the wall of a place, and when that is: over both changes of summer time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from parvis.core.errors import BadInput, NoSuchTime
from parvis.core.wording import Text

_MINUTE = timedelta(minutes=1)
_WRITTEN = "%Y-%m-%d %H:%M"
_FIRST_YEAR, _LAST_YEAR = 1900, 9000
"""Beyond, no clock can be worked out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    at: datetime
    """UTC."""
    local: str
    """ISO 8601, as the wall shows it."""
    zone: str
    is_twice: bool
    """The wall shows this time twice on that day: it is the first."""


def moment_of(due_local: datetime, zone: str) -> Moment:
    """When a clock on the wall there shows `due_local` (naive).

    Raises BadInput on an unknown zone; NoSuchTime, with the nearest before and after, where the clock jumps over it.
    """
    place = _place(zone)
    wall = due_local.replace(tzinfo=None, microsecond=0, fold=0)
    if not _FIRST_YEAR <= wall.year <= _LAST_YEAR:
        raise BadInput(detail=Text("this time is years away", "ce moment est à des années d’ici"))
    first, second = (wall.replace(tzinfo=place, fold=fold) for fold in (0, 1))
    at = first.astimezone(UTC)
    if at.astimezone(place).replace(tzinfo=None, fold=0) != wall:
        before, after = _around(wall, place)
        raise NoSuchTime(time=_said(wall), zone=zone, before=_said(before), after=_said(after))
    return Moment(at=at, local=wall.isoformat(), zone=zone, is_twice=first.utcoffset() != second.utcoffset())


def moment_or_after(due_local: datetime, zone: str) -> tuple[Moment, bool]:
    """The same, but where the clock jumps over that time the first moment after; whether it did. Raises BadInput."""
    try:
        return moment_of(due_local, zone), False
    except NoSuchTime:
        _before, after = _around(due_local.replace(tzinfo=None, microsecond=0, fold=0), _place(zone))
        return moment_of(after, zone), True


def wall_of(at: datetime, zone: str) -> datetime:
    """What the wall shows then, naive."""
    return at.astimezone(_place(zone)).replace(tzinfo=None, microsecond=0, fold=0)


def _around(wall: datetime, place: ZoneInfo) -> tuple[datetime, datetime]:
    """The last minute that there is before a gap, and the first moment after it."""
    shown_before, shown_after = (wall.replace(tzinfo=place, fold=fold).utcoffset() for fold in (0, 1))
    assert shown_before is not None and shown_after is not None
    gap = shown_after - shown_before
    first = wall.replace(second=0)
    while _exists(first - _MINUTE, place) is False:
        first -= _MINUTE
    return first - _MINUTE, first + gap


def _exists(wall: datetime, place: ZoneInfo) -> bool:
    return wall.replace(tzinfo=place).astimezone(UTC).astimezone(place).replace(tzinfo=None, fold=0) == wall


def _place(zone: str) -> ZoneInfo:
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput(
            detail=Text("there is no time zone “{zone}”", "il n’y a pas de fuseau «\u202f{zone}\u202f»").format(
                zone=zone
            )
        ) from None


def _said(wall: datetime) -> str:
    return wall.strftime(_WRITTEN)
