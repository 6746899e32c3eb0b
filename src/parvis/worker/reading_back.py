"""The loop that looks at what is out: each post read again when it is due, a few at a time, and told where it is gone."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from parvis.channels.registry import connector_of
from parvis.channels.sessions import session_for
from parvis.core.connector import Looked
from parvis.core.errors import ParvisError, TimedOut
from parvis.jobs.faults import one_line
from parvis.jobs.thread import DatabaseThread
from parvis.net.client import HttpClient
from parvis.publishing.editing import release_edits
from parvis.publishing.reading_back import Look, claim_looks, notice_gone, record_look, record_look_failed

LOOK_EVERY_S = 2.0
MOST_AT_ONCE = 4
CALL_S = 30.0
GONE_EVERY = 15
"""Looks between two at what reading a channel has shown to be gone."""

_log = logging.getLogger("parvis.publish")


class ReadingBack:
    """One worker's looks."""

    def __init__(
        self, client: HttpClient, *, worker: str, clock: Callable[[], datetime], in_database: DatabaseThread
    ) -> None:
        self.client, self.worker, self.clock, self.in_database = client, worker, clock, in_database
        self._turns = 0

    async def turn(self) -> bool:
        """True where more is due at once."""
        await self.in_database(release_edits, now=self.clock())
        if self._turns % GONE_EVERY == 0:
            await self.in_database(notice_gone, now=self.clock())
        self._turns += 1
        looks = await self.in_database(claim_looks, worker=self.worker, now=self.clock(), limit=MOST_AT_ONCE)
        await asyncio.gather(*(self._look(one) for one in looks))
        return len(looks) == MOST_AT_ONCE

    async def _look(self, look: Look) -> None:
        try:
            looked = await self._called(look)
        except ParvisError as error:
            await self.in_database(record_look_failed, look, error, now=self.clock())
        except Exception as error:  # noqa: BLE001 - one post's fault stops no other
            _log.error("publication %s could not be read back: %s", look.publication.pk, one_line(error))
            known = ParvisError(detail=type(error).__name__)
            await self.in_database(record_look_failed, look, known, now=self.clock())
        else:
            await self.in_database(record_look, look, looked, now=self.clock())

    async def _called(self, look: Look) -> Looked | None:
        read = connector_of(look.channel).look
        if read is None or look.target is None:
            return None
        session = await self.in_database(session_for, look.channel, self.client, now=self.clock())
        try:
            async with asyncio.timeout(CALL_S):
                return await read(session, look.target)
        except TimeoutError:
            raise TimedOut(host=look.channel.name, limit_s=CALL_S) from None
