"""The notices loop: what people are to be told leaves, by mail or by Apprise, one reader never waiting for another."""

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from parvis.core.errors import ParvisError
from parvis.jobs.faults import one_line
from parvis.jobs.thread import DatabaseThread
from parvis.orgs.models import RouteKind
from parvis.orgs.notices.apprise import send_by_apprise
from parvis.orgs.notices.delivery import Parcel, claim_due, record_failure, record_sent
from parvis.orgs.notices.mail import send_by_mail

_log = logging.getLogger("parvis.notices")

MOST_AT_ONCE = 4


class Notifying:
    """One worker's notices under way."""

    def __init__(self, *, worker: str, clock: Callable[[], datetime], in_database: DatabaseThread) -> None:
        self.worker, self.clock, self.in_database = worker, clock, in_database
        self._sendings: set[asyncio.Task[None]] = set()

    async def turn(self) -> bool:
        """Begins what is due; never waits for the network."""
        free = MOST_AT_ONCE - len(self._sendings)
        if not free:
            return False
        parcels = await self.in_database(claim_due, worker=self.worker, now=self.clock(), limit=free)
        for parcel in parcels:
            task = asyncio.create_task(self._send(parcel), name=f"notice {parcel.key}")
            self._sendings.add(task)
            task.add_done_callback(self._sendings.discard)
        return False

    async def finish(self) -> None:
        """Waits for all that were begun."""
        if self._sendings:
            await asyncio.wait(self._sendings)

    async def abandon(self) -> None:
        """Breaks them off: what has not left is sent once its lease is over."""
        for task in self._sendings:
            task.cancel()
        await asyncio.gather(*self._sendings, return_exceptions=True)

    async def _send(self, parcel: Parcel) -> None:
        try:
            await send(parcel)
        except ParvisError as error:
            _log.warning("notice %s did not leave: %s", parcel.key, error.code)
            await self.in_database(record_failure, parcel, error, now=self.clock())
        except Exception as error:  # noqa: BLE001 - one notice's fault stops no other
            _log.error("notice %s: %s", parcel.key, one_line(error))
            known = ParvisError(detail=type(error).__name__)
            await self.in_database(record_failure, parcel, known, now=self.clock())
        else:
            await self.in_database(record_sent, parcel, now=self.clock())


async def send(parcel: Parcel) -> None:
    """Raises ParvisError with why it did not leave."""
    if parcel.kind == RouteKind.APPRISE:
        await send_by_apprise(parcel.address, title=parcel.title, text=parcel.text)
        return
    await in_thread(lambda: send_by_mail(parcel.address, title=parcel.title, text=parcel.text, key=parcel.key))


async def in_thread(work: Callable[[], None]) -> None:
    """In a thread that the end of the program does not wait for: a mail server may be slow."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def settle(error: Exception | None) -> None:
        if not done.done():
            done.set_exception(error) if error is not None else done.set_result(None)

    def run() -> None:
        found: Exception | None = None
        try:
            work()
        except Exception as error:  # noqa: BLE001 - carried over to who waits
            found = error
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, found)

    threading.Thread(target=run, name="mail", daemon=True).start()
    await done
