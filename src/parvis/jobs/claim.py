"""Claiming rows: one worker at a time holds a row, for the time of a lease, and a lease that ran out is anybody's."""

from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import connections, transaction
from django.db.models import Q, QuerySet

from parvis.jobs.models import Leased

Row = TypeVar("Row", bound=Leased)


def is_free(now: datetime) -> Q:
    """Nobody holds the row, or their lease ran out."""
    return Q(leased_until__isnull=True) | Q(leased_until__lte=now)


def claim(queryset: QuerySet[Row], *, worker: str, now: datetime, lease_s: float, limit: int) -> list[Row]:
    """Up to `limit` free rows of the queryset, in its order, now held by `worker`.

    What is locked by somebody else at this moment is passed over, never waited for. Nothing is
    written, and no transaction opened, where nothing is free.
    """
    free = queryset.filter(is_free(now))
    if limit < 1 or not free.exists():
        return []
    until = now + timedelta(seconds=lease_s)
    with transaction.atomic(using=queryset.db):
        rows = list(_locking(free)[:limit])
        queryset.model._default_manager.filter(pk__in=[row.pk for row in rows]).update(  # noqa: SLF001
            leased_by=worker, leased_until=until
        )
    for row in rows:
        row.leased_by, row.leased_until = worker, until
    return rows


def release(row: Leased, **changes: Any) -> bool:
    """Lets the row go, changing more of it at once; False where the lease was lost: then nothing is written."""
    changed = _held(row).update(leased_by="", leased_until=None, **changes)
    if changed:
        row.leased_by, row.leased_until = "", None
        for name, value in changes.items():
            setattr(row, name, value)
    return bool(changed)


def extend(row: Leased, *, now: datetime, lease_s: float) -> bool:
    """Holds the row for longer; False where somebody else has taken it."""
    until = now + timedelta(seconds=lease_s)
    changed = _held(row).update(leased_until=until)
    if changed:
        row.leased_until = until
    return bool(changed)


def _held(row: Leased) -> QuerySet[Leased]:
    manager = type(row)._default_manager  # noqa: SLF001
    return manager.filter(pk=row.pk, leased_by=row.leased_by).exclude(leased_by="")


def _locking(queryset: QuerySet[Row]) -> QuerySet[Row]:
    """SQLite has one writer at a time and needs no lock on rows: its transactions are IMMEDIATE."""
    if not connections[queryset.db].features.has_select_for_update_skip_locked:
        return queryset
    return queryset.select_for_update(skip_locked=True, of=("self",), no_key=True)
