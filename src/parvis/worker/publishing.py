"""The publishing loops: what is due is released at its second, and publications follow what became of their parts."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from parvis.jobs.thread import DatabaseThread
from parvis.jobs.turns import Turns
from parvis.publishing.approving import expire_requests
from parvis.publishing.following import follow
from parvis.publishing.releasing import next_due_at, release_due
from parvis.publishing.repeating import drop_missed

LOOK_EVERY_S = 1.0
FOLLOW_PACE_S = 0.3
"""After one that found something: what moves meanwhile is followed together."""
HELD_BY_OTHERS_S = 0.1
"""Until what was due, and in somebody else's hands, is looked at again."""
EXPIRE_EVERY = 30
"""Looks between two at requests for approval that have expired."""

MISSED_AT_ONCE = 200


class Publishing:
    """One worker's looks; any number of workers share the posts. `on_release`: delivery has something to do at once."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        in_database: DatabaseThread,
        on_release: Callable[[], None],
    ) -> None:
        self.clock, self.in_database, self.on_release = clock, in_database, on_release
        self.due = asyncio.Event()
        """Something is due now."""
        self.moved = asyncio.Event()
        """Delivery has recorded something."""
        self._releasing, self._following = Turns(), Turns()
        self._alarm: asyncio.TimerHandle | None = None
        self._looks = 0

    async def release(self) -> bool:
        """Never waits for the network; wakes again by itself at the next due time."""
        count, due_at = await self.in_database(self._release)
        if count:
            self.on_release()
            self.moved.set()
        self._set_alarm(due_at)
        return False

    async def follow(self) -> bool:
        if await self.in_database(self._follow):
            await asyncio.sleep(FOLLOW_PACE_S)
        return False

    def stop(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()

    def _release(self) -> tuple[int, datetime | None]:
        while drop_missed(now=self.clock(), limit=MISSED_AT_ONCE) == MISSED_AT_ONCE:
            pass
        count = self._releasing.run(release_due, self.clock)
        return count, next_due_at()

    def _follow(self) -> int:
        self._looks += 1
        if self._looks % EXPIRE_EVERY == 0:
            expire_requests(now=self.clock())
        return self._following.run(follow, self.clock)

    def _set_alarm(self, due_at: datetime | None) -> None:
        """Until the next look a wait of its own is short enough; what is sooner rings."""
        self.stop()
        if due_at is None:
            return
        wait_s = (due_at - self.clock()).total_seconds()
        if wait_s < LOOK_EVERY_S:
            again_s = wait_s if wait_s > 0 else HELD_BY_OTHERS_S
            self._alarm = asyncio.get_running_loop().call_later(again_s, self.due.set)
