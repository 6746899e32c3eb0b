"""The planning loop: occurrences of repeats, freed slots of queues, and what is said again get their posts and times."""

from collections.abc import Callable
from datetime import datetime

from parvis.jobs.thread import DatabaseThread
from parvis.publishing.evergreen import run_evergreen
from parvis.publishing.importing import plan_approved_rows
from parvis.publishing.queueing import tend_queues
from parvis.publishing.repeating import make_repeats

LOOK_EVERY_S = 20.0


class Preparing:
    """One worker's looks; any number of workers share the rows, and each thing is made once."""

    def __init__(self, *, clock: Callable[[], datetime], in_database: DatabaseThread) -> None:
        self.clock, self.in_database = clock, in_database

    async def turn(self) -> bool:
        """Whether something was made: then more may wait."""
        count = 0
        for work in (make_repeats, plan_approved_rows, tend_queues, run_evergreen):
            count += await self.in_database(work, now=self.clock())
        return count > 0
