"""The collect loop: channels whose reading is due are read, several at once."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from parvis.channels.models import Channel, ChannelState
from parvis.jobs.claim import claim, release
from parvis.jobs.faults import one_line
from parvis.jobs.thread import DatabaseThread
from parvis.net.client import HttpClient
from parvis.worker.listen import Listening, no_news

_log = logging.getLogger("parvis.collect")

LEASE_S = 300.0
MOST_AT_ONCE = 8
_AFTER_FAULT = timedelta(minutes=5)


class Collecting:
    """One worker's readings under way. With `listening`, channels that have a stream are followed instead."""

    def __init__(
        self,
        client: HttpClient,
        *,
        worker: str,
        clock: Callable[[], datetime],
        in_database: DatabaseThread,
        listening: Listening | None = None,
        on_news: Callable[[], None] = no_news,
    ) -> None:
        self.listening, self.on_news = listening, on_news
        self.client, self.worker, self.clock, self.in_database = client, worker, clock, in_database
        self._readings: set[asyncio.Task[None]] = set()

    async def turn(self) -> bool:
        """Begins what is due; never waits for the network."""
        free = MOST_AT_ONCE - len(self._readings)
        for channel in await self.in_database(self._claim, free) if free else []:
            if self.listening is not None and self.listening.takes(channel):
                self.listening.follow(channel)
                continue
            task = asyncio.create_task(self._read(channel), name=f"channel {channel.pk}")
            self._readings.add(task)
            task.add_done_callback(self._readings.discard)
        return False

    async def finish(self) -> None:
        """Waits for all readings that were begun."""
        if self._readings:
            await asyncio.wait(self._readings)

    async def abandon(self) -> None:
        """Breaks readings off: what was stored stays, the cursor stands where it was, the rest is read again."""
        for task in self._readings:
            task.cancel()
        await asyncio.gather(*self._readings, return_exceptions=True)

    def _claim(self, limit: int) -> list[Channel]:
        now = self.clock()
        due = Channel.objects.filter(state=ChannelState.ACTIVE, removed_at__isnull=True, next_sync_at__lte=now)
        return claim(due.order_by("next_sync_at"), worker=self.worker, now=now, lease_s=LEASE_S, limit=limit)

    async def _read(self, channel: Channel) -> None:
        from parvis.channels.sync import sync_channel  # parsers weigh much: not before the first reading

        try:
            result = await sync_channel(channel, self.client, now=self.clock(), worker=self.worker)
        except Exception as error:  # noqa: BLE001 - one channel's fault stops no other
            _log.error("channel %s: %s", channel.pk, one_line(error))
            await self.in_database(self._set_aside, channel)
        else:
            await self.in_database(release, channel)
            if result.new_count or result.changed_count:
                self.on_news()

    def _set_aside(self, channel: Channel) -> None:
        """A fault of ours, such as in a connector: the channel is read again in a few minutes."""
        release(channel, next_sync_at=self.clock() + _AFTER_FAULT)
