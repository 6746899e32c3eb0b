"""The time in tests: always the same Monday, unless a test moves it."""

from datetime import UTC, datetime, timedelta

MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)


def later(now: datetime = MONDAY, **span: float) -> datetime:
    """`later(hours=2)`, `later(now, seconds=11)`."""
    return now + timedelta(**span)
