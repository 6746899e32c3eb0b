"""The alerts loop: rules look at what was counted, calls go out to others where nobody has answered."""

from collections.abc import Callable
from datetime import datetime

from parvis.jobs.thread import DatabaseThread
from parvis.listening.alerts.waiting import something_is_due

LOOK_EVERY_S = 5.0


class Alerting:
    """One worker's looks; any number of workers share the rules."""

    def __init__(self, *, worker: str, clock: Callable[[], datetime], in_database: DatabaseThread) -> None:
        self.worker, self.clock, self.in_database = worker, clock, in_database

    async def turn(self) -> bool:
        """Whether more rules wait."""
        return await self.in_database(self._look)

    def _look(self) -> bool:
        """What rules are made of is not loaded before one of them is due."""
        now = self.clock()
        if not something_is_due(now=now):
            return False
        from parvis.listening.alerts.answering import end_stale, escalate_due
        from parvis.listening.alerts.looking import look_at_due_rules

        more_waits = look_at_due_rules(worker=self.worker, now=now)
        escalate_due(now=now)
        end_stale(now=now)
        return more_waits
