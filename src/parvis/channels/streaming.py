"""Following one channel's stream: opened, caught up with by reading, and then stored as it comes.

Nothing is lost and nothing doubled, whenever it breaks off. The stream is opened first; then what was
missed is read by `fetch`, while what the stream brings meanwhile waits; only then is that stored. All
of it goes through the one door (`take_in`) under the channel's lease, and a part that came both ways
changes nothing. What had come and was not stored when a process died is after the cursor, and is read
again.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from parvis.channels.intake import take_in
from parvis.channels.models import Channel, ChannelState
from parvis.channels.registry import connector_of
from parvis.channels.sessions import session_for
from parvis.channels.sync import LEASE_S as READING_LEASE_S
from parvis.channels.sync import SyncResult, in_database, note_failure, note_success, sync_channel, understood
from parvis.core.connector import Connector, Fetched
from parvis.core.errors import ParvisError
from parvis.jobs.claim import extend
from parvis.net.client import HttpClient

HEALTHY_AFTER_S = 30.0
"""A stream that stood for so long was well: the next one is opened without delay."""
READ_BESIDE_EVERY = timedelta(minutes=10)
"""Streams lose a message now and then without a word; reading finds it."""
CURSOR_EVERY = timedelta(seconds=5)
"""How often a cursor is written that moves over nothing to keep."""
MOST_STEPS_WAITING = 20
_LOOKS_A_LEASE = 6

_log = logging.getLogger("parvis.channels")


@dataclass(slots=True, kw_only=True)
class Followed:
    """How it ended."""

    step_count: int = 0
    new_count: int = 0
    stood_s: float = 0.0
    """0: it could not be opened."""
    error: ParvisError | None = None
    """Of the stream; None where the other side ended it, or it was stopped here."""
    is_unread: bool = False
    """What was missed could not be read; the channel says why, and when it is read again."""
    is_dropped: bool = False
    """The channel was another's meanwhile, was paused or changed."""


async def follow_stream(
    channel: Channel,
    client: HttpClient,
    *,
    worker: str,
    clock: Callable[[], datetime],
    lease_s: float,
    on_news: Callable[[], None] | None = None,
) -> Followed:
    """Until the stream ends, the channel is no longer ours, or the task is cancelled. Releases nothing.

    `lease_s` is how long a worker that died holds the stream, once it stands. `on_news` is called after
    each step that changed something here.
    """
    following = _Following(channel, client, worker=worker, clock=clock, lease_s=lease_s, on_news=on_news)
    try:
        await following.run()
    except ParvisError as error:
        following.done.error = error
        await following.note(error)
    return following.done


class _Following:
    def __init__(
        self,
        channel: Channel,
        client: HttpClient,
        *,
        worker: str,
        clock: Callable[[], datetime],
        lease_s: float,
        on_news: Callable[[], None] | None,
    ) -> None:
        self.channel, self.client, self.worker, self.clock, self.lease_s = channel, client, worker, clock, lease_s
        self.on_news = on_news
        self.done = Followed()
        self.connector: Connector = connector_of(channel)
        self._was = _what_matters(channel)
        self._stored_at = self._read_at = clock()
        self._steps: asyncio.Queue[tuple[Fetched, datetime]] = asyncio.Queue(MOST_STEPS_WAITING)
        self._held_until: datetime | None = None
        """When we wrote that it is due; None where a reading has written it since."""
        self._moved: dict[str, Any] = {}
        """Parts of the cursor that have moved and are not written yet."""

    async def run(self) -> None:
        if not self.connector.stream_resumes and not await self._read_missed():
            return
        session = await in_database(session_for, self.channel, self.client, now=self.clock())
        stream = cast(Callable[..., AsyncGenerator[Fetched, None]], self.connector.stream)
        async with aclosing(understood(self.channel, stream(session, dict(self.channel.cursor)))) as steps:
            pumping = asyncio.create_task(self._pump(steps), name=f"stream {self.channel.pk}")
            try:
                await self._follow(pumping)
            finally:
                pumping.cancel()
                with suppress(asyncio.CancelledError, ParvisError):
                    await pumping

    async def note(self, error: ParvisError) -> None:
        """A stream beside which the channel is read is no fault that anybody has to see: it is only slower without."""
        _log.info("stream of channel %s: %s", self.channel.pk, error.code)
        if self.connector.stream_resumes and self.done.stood_s < HEALTHY_AFTER_S:
            self.done.is_unread = True
            await in_database(note_failure, self.channel, error, now=self.clock(), worker=self.worker)

    async def _pump(self, steps: AsyncGenerator[Fetched, None]) -> None:
        """Takes from the connection while others write to the database."""
        async for fetched in steps:
            await self._steps.put((fetched, self.clock()))

    async def _follow(self, pumping: "asyncio.Task[None]") -> None:
        look_s = self.lease_s / _LOOKS_A_LEASE
        looked_at_s, began_s = 0.0, None
        while True:
            came = await self._next(pumping, wait_s=look_s)
            now_s = asyncio.get_running_loop().time()
            if came is None and pumping.done():
                await self._write_cursor()
                return pumping.result()
            if came is not None and began_s is None:
                began_s = now_s
                if not await self._opened():
                    return None
            if began_s is not None and now_s - looked_at_s >= look_s:
                looked_at_s, self.done.stood_s = now_s, max(now_s - began_s, 0.001)
                if not await self._is_still_ours():
                    return None
            if came is not None and not await self._store(*came):
                return None

    async def _next(self, pumping: "asyncio.Task[None]", *, wait_s: float) -> tuple[Fetched, datetime] | None:
        """The next step with the time at which it came; None where none came in time, or the stream has ended."""
        if not self._steps.empty():
            return self._steps.get_nowait()
        getting = asyncio.create_task(self._steps.get())
        try:
            await asyncio.wait({getting, pumping}, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
            return getting.result() if getting.done() else None
        finally:
            getting.cancel()

    async def _opened(self) -> bool:
        """What was missed until the stream stood is read once more; False where it could not be."""
        if not self.connector.stream_resumes:
            return await self._read_missed()
        now = self.clock()
        await in_database(note_success, self.channel, began_at=now, now=now, wait_s=0.0, worker=self.worker)
        return True

    async def _read_missed(self) -> bool:
        """Everything up to now, however many turns it takes."""
        self._read_at = self.clock()
        while True:
            if not await in_database(extend, self.channel, now=self.clock(), lease_s=READING_LEASE_S):
                self.done.is_dropped = True
                return False
            result: SyncResult = await sync_channel(self.channel, self.client, now=self.clock(), worker=self.worker)
            self.done.new_count += result.new_count
            self._say(result.new_count + result.changed_count)
            self.done.is_dropped, self.done.is_unread = result.is_dropped, result.error is not None
            if result.is_dropped or result.error is not None or result.is_finished:
                self._held_until = None
                return not (result.is_dropped or result.error)

    async def _is_still_ours(self) -> bool:
        """Holds the channel for longer, once what somebody asked for is read; False where it is another's, or was
        paused or changed.
        """
        is_due = self.clock() - self._read_at >= READ_BESIDE_EVERY
        while True:
            asked_for = await in_database(self._hold_on)
            self.done.is_dropped = asked_for is None
            if asked_for is None:
                return False
            if self.connector.stream_resumes or not (asked_for or is_due):
                return True
            if not await self._read_missed():
                return False
            is_due = False

    def _hold_on(self) -> bool | None:
        """None where it is not ours any more; True where somebody asks for it to be read now."""
        now = self.clock()
        until = now + timedelta(seconds=self.lease_s)
        ours = Channel.objects.filter(
            pk=self.channel.pk, leased_by=self.worker, state=ChannelState.ACTIVE, removed_at__isnull=True
        )
        row = ours.first()
        if row is None or _what_matters(row) != self._was:
            return None
        is_asked_for = _is_due(row, now) if self._held_until is None else row.next_sync_at != self._held_until
        if not ours.update(leased_until=until, next_sync_at=until, last_sync_at=now, last_success_at=now):
            return None
        self._held_until = until
        return is_asked_for

    async def _store(self, fetched: Fetched, came_at: datetime) -> bool:
        """False where the channel is no longer ours."""
        moved = {**self._moved, **fetched.cursor}
        if not fetched.payloads and came_at - self._stored_at < CURSOR_EVERY:
            self._moved = moved
            return True
        self._stored_at, self._moved = came_at, {}
        step = Fetched(payloads=fetched.payloads, cursor={**self.channel.cursor, **moved})
        taken = await in_database(take_in, self.channel, step, now=came_at, lease=self.worker)
        self.done.step_count += 1
        self.done.new_count += taken.new_count
        self.done.is_dropped = taken.is_dropped
        self._say(taken.new_count + taken.changed_count)
        return not taken.is_dropped

    def _say(self, changed_count: int) -> None:
        if changed_count and self.on_news is not None:
            self.on_news()

    async def _write_cursor(self) -> None:
        """Where the stream ended, when nothing was to be kept at its end."""
        if self._moved:
            moved = Fetched(payloads=(), cursor={**self.channel.cursor, **self._moved})
            await in_database(take_in, self.channel, moved, now=self.clock(), lease=self.worker)


def _is_due(row: Channel, now: datetime) -> bool:
    """What a reading writes is to come: somebody asked meanwhile."""
    return row.next_sync_at is not None and row.next_sync_at <= now


def _what_matters(channel: Channel) -> tuple[Any, ...]:
    """Where it leads and as whom: a stream that was opened with something else is opened anew."""
    return channel.address, bytes(channel.sealed_credentials), channel.facts
