"""Streams that are kept open, each under its channel's lease: two workers never hold the same one.

A channel that has a stream is claimed like any other when it is due. Where the stream cannot be opened,
or breaks off, the channel is let go and read at its interval, until the stream is tried again.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from parvis.channels.models import Channel
from parvis.channels.registry import is_streamed
from parvis.jobs.backoff import backoff_s
from parvis.jobs.claim import release
from parvis.jobs.faults import one_line
from parvis.jobs.thread import DatabaseThread
from parvis.net.client import HttpClient

if TYPE_CHECKING:
    from parvis.channels.streaming import Followed

_log = logging.getLogger("parvis.listen")

STREAM_LEASE_S = 30.0
"""A worker that died holds its streams for so long, and no longer."""
MOST_STREAMS = 200
FIRST_RETRY_S = 1.0
LONGEST_RETRY_S = 300.0
_AFTER_FAULT = timedelta(minutes=5)


def no_news() -> None:
    """Nobody waits for what is stored."""


class Listening:
    """One worker's streams. `on_news` is called where one of them brought something."""

    def __init__(
        self,
        client: HttpClient,
        *,
        worker: str,
        clock: Callable[[], datetime],
        in_database: DatabaseThread,
        lease_s: float = STREAM_LEASE_S,
        on_news: Callable[[], None] = no_news,
    ) -> None:
        self.client, self.worker, self.clock, self.in_database = client, worker, clock, in_database
        self.lease_s, self.on_news = lease_s, on_news
        self._streams: dict[asyncio.Task[None], Channel] = {}
        self._failures: dict[int, int] = {}
        """By channel: streams in a row that could not be opened, or soon broke off."""
        self._not_before: dict[int, datetime] = {}

    def takes(self, channel: Channel) -> bool:
        """Whether it is to be followed now, rather than read."""
        if len(self._streams) >= MOST_STREAMS or not is_streamed(channel):
            return False
        return self.clock() >= self._not_before.get(channel.pk, datetime.min.replace(tzinfo=self.clock().tzinfo))

    def follow(self, channel: Channel) -> None:
        """Begins, with a channel that this worker has claimed; lets it go at the end."""
        task = asyncio.create_task(self._follow(channel), name=f"listening to channel {channel.pk}")
        self._streams[task] = channel
        task.add_done_callback(lambda _: self._streams.pop(task, None))

    async def abandon(self) -> None:
        """Breaks all streams off and lets their channels go: what had come and is not stored is read again."""
        held = dict(self._streams)
        for task in held:
            task.cancel()
        await asyncio.gather(*held, return_exceptions=True)
        for channel in held.values():
            await self.in_database(release, channel, next_sync_at=self.clock())

    async def _follow(self, channel: Channel) -> None:
        from parvis.channels.streaming import follow_stream  # parsers weigh much: not before the first stream

        try:
            followed = await follow_stream(
                channel,
                self.client,
                worker=self.worker,
                clock=self.clock,
                lease_s=self.lease_s,
                on_news=self.on_news,
            )
        except Exception as error:  # noqa: BLE001 - one channel's fault stops no other
            _log.error("stream of channel %s: %s", channel.pk, one_line(error))
            await self.in_database(release, channel, next_sync_at=self.clock() + _AFTER_FAULT)
        else:
            await self.in_database(self._let_go, channel, followed)

    def _let_go(self, channel: Channel, followed: "Followed") -> None:
        now = self.clock()
        if followed.is_dropped:
            release(channel, next_sync_at=now)  # paused, changed, or another's by now: then nothing is written
        elif followed.is_unread:
            release(channel)
        else:
            wait_s = self._wait_s(channel, followed)
            self._not_before[channel.pk] = now + timedelta(seconds=wait_s)
            release(channel, next_sync_at=now + timedelta(seconds=min(wait_s, channel.interval_s)))

    def _wait_s(self, channel: Channel, followed: "Followed") -> float:
        """Until the stream is tried again; the channel is read meanwhile."""
        from parvis.channels.streaming import HEALTHY_AFTER_S

        is_well = followed.stood_s >= HEALTHY_AFTER_S
        failures = 0 if is_well else self._failures.get(channel.pk, 0) + 1
        self._failures[channel.pk] = failures
        asked_s = followed.error.retry_after_s if followed.error is not None and not is_well else None
        # A minute is what an error says for want of knowing better.
        longer_s = asked_s if asked_s is not None and asked_s > 60.0 else None
        return backoff_s(failures, retry_after_s=longer_s, first_s=FIRST_RETRY_S, longest_s=LONGEST_RETRY_S)
