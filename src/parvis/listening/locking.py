"""Matches, stories and their counts are written by one transaction at a time."""

from django.db import connection

_LOCK = 7_261_005
"""PostgreSQL's advisory lock."""


def lock_matches() -> None:
    """Whoever writes them in this transaction is alone until it ends; SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
