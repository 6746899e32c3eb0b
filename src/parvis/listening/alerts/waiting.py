"""Whether any alert needs a look: asked every few seconds, so it loads nothing."""

from datetime import datetime
from typing import Any

from django.db.models import F, Q

from parvis.listening.models import AlertEpisode, AlertSign, AlertWatch, QueryState


def due_watches(now: datetime) -> Any:
    """Of rules that are on, of queries that listen: the query has found something since, or an hour is over."""
    changed = ~Q(seen_count=F("rule__query__match_count"))
    rows = AlertWatch.objects.filter(changed | Q(next_look_at__lte=now), rule__is_on=True)
    return rows.filter(rule__query__state=QueryState.ON)


def due_calls(now: datetime) -> Any:
    """Events that nobody has acknowledged in time."""
    return AlertEpisode.objects.filter(escalate_at__lte=now, acknowledged_at__isnull=True, escalated_at__isnull=True)


def stale_signs(*, never_calm_since: datetime) -> Any:
    """What can no longer end by itself: its rule or query is off or gone, or nothing can be told of it."""
    off = Q(rule__isnull=True) | Q(rule__is_on=False) | ~Q(query__state=QueryState.ON)
    return AlertSign.objects.filter(is_over=False).filter(
        off | Q(last_hour__lt=never_calm_since, calm_since__isnull=True)
    )


def something_is_due(*, now: datetime) -> bool:
    return due_watches(now).exists() or due_calls(now).exists() or AlertSign.objects.filter(is_over=False).exists()
