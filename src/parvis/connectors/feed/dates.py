"""Times as feeds tell them, made aware and UTC; None where the feed told none that exists."""

from datetime import UTC, datetime
from time import struct_time


def from_struct(told: object) -> datetime | None:
    """From feedparser's nine numbers, which are UTC already."""
    if not isinstance(told, struct_time | tuple) or len(told) < 6:
        return None
    year, month, day, hour, minute, second = told[:6]
    try:
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except (ValueError, OverflowError, TypeError):
        return None


def from_iso(told: object) -> datetime | None:
    """From an ISO 8601 text; without a zone it is taken as UTC, as there is nothing better to take it as."""
    if not isinstance(told, str):
        return None
    try:
        moment = datetime.fromisoformat(told.strip())
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        return None


def moment_of(told: str | None) -> datetime | None:
    """From the quick reader's ISO 8601, which is UTC already; of fractions of a second nothing is kept."""
    if told is None:
        return None
    moment = datetime.fromisoformat(told)
    return moment.replace(microsecond=0) if moment.microsecond else moment
