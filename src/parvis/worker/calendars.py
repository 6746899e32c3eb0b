"""The calendars loop: calendars of somebody else are fetched through the guard, and read in a process of their own."""

import asyncio
import json
import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from parvis.core.errors import BadInput, FileNotUnderstood, ParvisError
from parvis.core.wording import Text
from parvis.jobs.faults import one_line
from parvis.jobs.thread import DatabaseThread
from parvis.net.client import HttpClient
from parvis.publishing.calendar_feeds import (
    AROUND,
    MOST_BYTES,
    TOO_LARGE,
    Look,
    claim_due_feeds,
    keep_failure,
    keep_reading,
    keep_unchanged,
)
from parvis.publishing.calendar_reading import NO_CALENDAR, NO_CALENDAR_STATUS, Reading, as_read

LOOK_EVERY_S = 5.0
READ_WITHIN_S = 40.0
MOST_AT_ONCE = 2

_log = logging.getLogger("parvis.calendars")


class Calendars:
    """One worker's looks; any number of workers share the feeds."""

    def __init__(
        self, client: HttpClient, *, worker: str, clock: Callable[[], datetime], in_database: DatabaseThread
    ) -> None:
        self.client, self.worker, self.clock, self.in_database = client, worker, clock, in_database

    async def turn(self) -> bool:
        """Whether more may wait."""
        looks = await self.in_database(claim_due_feeds, worker=self.worker, now=self.clock(), limit=MOST_AT_ONCE)
        await asyncio.gather(*(self._look(look) for look in looks))
        return len(looks) == MOST_AT_ONCE

    async def _look(self, look: Look) -> None:
        try:
            fetched = await self._fetched(look)
            if fetched is None:
                await self.in_database(keep_unchanged, look.feed, now=self.clock())
                return
            body, etag = fetched
            reading = await read_apart(body, now=self.clock(), zone=look.zone)
        except ParvisError as error:
            await self.in_database(keep_failure, look.feed, error, now=self.clock())
        except Exception as error:  # noqa: BLE001 - one calendar's fault stops no other
            _log.error("calendar %s: %s", look.feed.pk, one_line(error))
            known = ParvisError(detail=type(error).__name__)
            await self.in_database(keep_failure, look.feed, known, now=self.clock())
        else:
            await self.in_database(keep_reading, look.feed, reading, body=body, etag=etag, now=self.clock())

    async def _fetched(self, look: Look) -> tuple[bytes, str] | None:
        """Its bytes and their tag; None where nothing is to be worked out anew."""
        if not look.address:
            return look.body, ""
        headers = {"accept": "text/calendar, */*;q=0.5"}
        if look.etag:
            headers["if-none-match"] = look.etag
        answer = await self.client.request("GET", look.address, headers=headers)
        if answer.status == 304:
            return (look.body, look.etag) if look.is_stale else None
        if len(answer.body) > MOST_BYTES:
            raise BadInput(detail=TOO_LARGE)
        if answer.body == look.body and not look.is_stale:
            return None
        return answer.body, answer.headers.get("etag", "")


async def read_apart(body: bytes, *, now: datetime, zone: str) -> Reading:
    """In a child that is ended where it takes too long. Raises FileNotUnderstood."""
    command = ("-m", "parvis.publishing.calendar_reading", now.isoformat(), str(AROUND.days), zone)
    child = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(READ_WITHIN_S):
            told, _nothing = await child.communicate(body)
    except TimeoutError:
        raise FileNotUnderstood(name="iCalendar", detail=_TOO_LONG) from None
    finally:
        with suppress(ProcessLookupError):
            child.kill()
    if child.returncode == 0:
        return as_read(json.loads(told))
    raise FileNotUnderstood(
        name="iCalendar", detail=NO_CALENDAR if child.returncode == NO_CALENDAR_STATUS else _TOO_LONG
    )


_TOO_LONG = Text("working out its repeats takes too long", "le calcul de ses répétitions prend trop de temps")
