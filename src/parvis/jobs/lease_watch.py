"""Leases that end later than any lease may: taken while a clock was ahead, by a worker that may be gone.

No clock can tell how old such a lease is, so each worker tells it by its own stopwatch, as the leader
election of Kubernetes does: one that was not renewed for as long as the longest lease is over.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

LONGEST = timedelta(minutes=10)
"""No lease is taken for longer."""


class LeaseWatch:
    """What one worker has seen of such leases so far, in one set of rows."""

    def __init__(self, stopwatch: Callable[[], float] = time.monotonic) -> None:
        self._stopwatch = stopwatch
        self._seen: dict[Any, tuple[datetime, float]] = {}

    def look(self, rows: QuerySet[Any], *, now: datetime) -> int:
        """Ends those that were watched for long enough; how many. To be called now and then, always for the same rows."""
        far = rows.filter(leased_until__gt=now + LONGEST)
        held = dict(far.values_list("pk", "leased_until"))
        now_s = self._stopwatch()
        self._seen = {
            key: self._seen[key] if self._seen.get(key, (None,))[0] == until else (until, now_s)
            for key, until in held.items()
        }
        over = [key for key, (_, since_s) in self._seen.items() if now_s - since_s > LONGEST.total_seconds()]
        return sum(far.filter(pk=key, leased_until=held[key]).update(leased_until=now) for key in over)
