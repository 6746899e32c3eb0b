"""How fast orders leave for one channel, whichever worker sends them: evenly, with one second's worth at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

MOST_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many may leave now, and from when the next one may if `used` of them do."""

    count: int
    anchor: datetime
    interval: timedelta

    def next_after(self, used: int) -> datetime:
        return self.anchor + used * self.interval


def allowance(next_send_at: datetime | None, *, requests_per_minute: float, now: datetime) -> Allowance:
    """What is not used within a second is lost: a pause earns no burst after it."""
    interval = timedelta(seconds=60 / requests_per_minute)
    at_once = max(1, min(MOST_AT_ONCE, int(requests_per_minute / 60)))
    earliest = now - (at_once - 1) * interval
    anchor = max(next_send_at or earliest, earliest)
    count = 0 if anchor > now else 1 + (now - anchor) // interval
    return Allowance(min(count, at_once), anchor, interval)
