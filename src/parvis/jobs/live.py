"""What open pages are told: rows written with the change itself, read in order, kept for an hour."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from parvis.jobs.models import LiveEvent

KEPT_FOR = timedelta(hours=1)
_GAP_FOR = timedelta(seconds=3)
"""How long a missing number may still be a transaction that has yet to commit."""


def tell(
    kind: str,
    *,
    now: datetime,
    department_id: int | None = None,
    member_id: int | None = None,
    subject_id: int | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """One event, in the current transaction: conversation, presence, effect, channel, job, note."""
    LiveEvent.objects.create(
        at=now,
        kind=kind,
        department_key=department_id,
        member_key=member_id,
        subject_key=subject_id,
        facts=dict(facts or {}),
    )


def tell_many(kind: str, about: Iterable[tuple[int | None, int, Mapping[str, Any]]], *, now: datetime) -> None:
    """The same for many at once: (department id, subject id, facts) each."""
    LiveEvent.objects.bulk_create(
        LiveEvent(at=now, kind=kind, department_key=department_id, subject_key=subject_id, facts=dict(facts))
        for department_id, subject_id, facts in about
    )


def events_after(last_id: int, *, limit: int = 200, now: datetime | None = None) -> list[LiveEvent]:
    """The events after `last_id`, oldest first.

    PostgreSQL numbers rows before they are committed, so a lower number may appear after a higher one.
    With `now` the reading stops before a gap for three seconds, so that nobody reads past such a row.
    """
    events = list(LiveEvent.objects.filter(id__gt=last_id).order_by("id")[:limit])
    if now is None:
        return events
    return events[: _count_settled(events, last_id=last_id, now=now)]


def _count_settled(events: list[LiveEvent], *, last_id: int, now: datetime) -> int:
    expected = last_id + 1
    for count, event in enumerate(events):
        if event.id != expected and event.at > now - _GAP_FOR:
            return count
        expected = event.id + 1
    return len(events)


def last_event_id() -> int:
    """Where a page that has just been opened begins to listen; 0 where nothing was ever told."""
    return LiveEvent.objects.order_by("-id").values_list("id", flat=True).first() or 0


def prune(now: datetime) -> int:
    """Forgets what is older than an hour; gives how many events that were."""
    count, _ = LiveEvent.objects.filter(at__lt=now - KEPT_FOR).delete()
    return count
