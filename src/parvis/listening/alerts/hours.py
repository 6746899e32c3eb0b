"""Hours as rules look at them: what was counted in each."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt

from parvis.core.counting import Tone
from parvis.listening.models import HourCount

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Seen:
    """What an hour holds."""

    count: int = 0
    tone_count: int = 0
    tone_sum: float = 0.0
    tone_square_sum: float = 0.0

    @property
    def tone(self) -> Tone | None:
        """None where no two items have one."""
        if self.tone_count < 2:
            return None
        mean = self.tone_sum / self.tone_count
        variance = max(self.tone_square_sum - self.tone_count * mean**2, 0.0) / (self.tone_count - 1)
        return Tone(mean, sqrt(variance / self.tone_count), self.tone_count)


NOTHING_SEEN = Seen()
_COUNTED = ("query_id", "hour", "count", "tone_count", "tone_sum", "tone_square_sum")
Hours = Mapping[datetime, Seen]


def hours_of(
    query_ids: Iterable[int], *, since: datetime, until: datetime | None = None
) -> dict[int, dict[datetime, Seen]]:
    """By query and hour; hours without an item are not there."""
    rows = HourCount.objects.filter(query_id__in=list(query_ids), hour__gte=since)
    rows = rows if until is None else rows.filter(hour__lt=until)
    found: dict[int, dict[datetime, Seen]] = defaultdict(dict)
    for key, hour, count, tone_count, tone_sum, squares in rows.values_list(*_COUNTED):
        found[key][hour] = Seen(count, tone_count, tone_sum, squares)
    return found


def first_hour_of(query_id: int, *, since: datetime) -> datetime | None:
    return (
        HourCount.objects.filter(query_id=query_id, hour__gte=since)
        .order_by("hour")
        .values_list("hour", flat=True)
        .first()
    )


def each_hour(since: datetime, until: datetime) -> Iterator[datetime]:
    """`until` exclusive."""
    while since < until:
        yield since
        since += HOUR
