"""Quiet hours: a time of day, by the reader's own clock, at which nobody is to be woken."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `begins` to `ends`, over midnight where it ends earlier; none at all where both are the same."""

    begins: time
    ends: time

    def until(self, now: datetime, zone: tzinfo) -> datetime | None:
        """When they end; None where it is not quiet at this moment."""
        local = now.astimezone(zone)
        clock = local.time().replace(tzinfo=None)
        if not self._holds(clock):
            return None
        day = local.date() if clock < self.ends else local.date() + timedelta(days=1)
        end = datetime.combine(day, self.ends, tzinfo=zone).astimezone(UTC)
        if end <= now:  # the hour that a change of clocks brings twice
            end = datetime.combine(day, self.ends.replace(fold=1), tzinfo=zone).astimezone(UTC)
        return end

    def _holds(self, clock: time) -> bool:
        if self.begins <= self.ends:
            return self.begins <= clock < self.ends
        return clock >= self.begins or clock < self.ends
