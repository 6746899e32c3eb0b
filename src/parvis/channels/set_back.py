"""After a clock that was ahead is right again, nothing waits for the hour to come that it had told.

That something is due in the future is ordinary; that something was done there is not, and what was
planned from there is brought back.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from parvis.channels.models import Attempt, Channel, Effect, EffectState

SLACK = timedelta(minutes=15)
"""More than clocks of machines that are looked after differ, and than anything is under way."""
_AT_ONCE = 500


def bring_back(now: datetime) -> int:
    """Channels and orders that were dated by such a clock; how many."""
    return _channels(now) + _sending(now) + _orders(now)


def is_to_come(at: datetime, now: datetime) -> bool:
    """Whether something was done later than it can have been."""
    return at > now + SLACK


def _channels(now: datetime) -> int:
    ahead = Channel.objects.filter(last_sync_at__gt=now + SLACK, removed_at__isnull=True)
    ahead.filter(last_success_at__gt=now).update(last_success_at=now)
    return ahead.filter(next_sync_at__isnull=False).update(next_sync_at=now, last_sync_at=now)


def _sending(now: datetime) -> int:
    """Channels whose pace goes on from a call that is yet to come."""
    to_come = Attempt.objects.filter(effect__channel=OuterRef("pk"), started_at__gt=now + SLACK)
    return Channel.objects.filter(next_send_at__gt=now + SLACK).filter(Exists(to_come)).update(next_send_at=None)


def _orders(now: datetime) -> int:
    """An order that was never tried keeps its time to be taken back; any other is tried again at once."""
    waiting = Effect.objects.filter(
        state__in=[EffectState.WAITING, EffectState.UNSURE], next_try_at__gt=now + SLACK
    ).order_by("next_try_at")
    last = Attempt.objects.filter(effect=OuterRef("pk")).order_by("-number").values("started_at")[:1]
    rows = waiting.annotate(last_at=Subquery(last)).values_list("pk", "created_at", "next_try_at", "last_at")
    return sum(_bring_back(waiting, row, now) for row in rows[:_AT_ONCE])


def _bring_back(waiting: QuerySet[Any], row: tuple[int, datetime, datetime, datetime | None], now: datetime) -> int:
    key, created_at, next_try_at, last_at = row
    planned_at = last_at or created_at
    if not is_to_come(planned_at, now):
        return 0
    wait = timedelta() if last_at else max(next_try_at - created_at, timedelta())
    return waiting.order_by().filter(pk=key, next_try_at=next_try_at).update(next_try_at=now + wait)
