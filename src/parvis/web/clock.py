"""The only place where the web reads the clock; a test that needs a fixed day replaces it."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)
