"""A loop that cannot be stopped by what goes wrong in one of its turns."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from parvis.core.errors import ParvisError
from parvis.jobs.backoff import backoff_s
from parvis.jobs.faults import house_trouble, one_line

_log = logging.getLogger("parvis.worker")


class Stopping:
    """Set once the worker is asked to stop; everything that waits, waits for it too."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def __bool__(self) -> bool:
        return self._event.is_set()

    def ask(self) -> None:
        self._event.set()

    async def wait(self, timeout_s: float, *, news: asyncio.Event | None = None) -> None:
        """Sleeps, unless the worker is asked to stop, or there is news; that is forgotten with it."""
        events = [self._event, news] if news is not None else [self._event]
        waiting = [asyncio.create_task(event.wait()) for event in events]
        try:
            await asyncio.wait(waiting, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waiting:
                one.cancel()
        if news is not None:
            news.clear()


async def repeat(
    name: str,
    turn: Callable[[], Awaitable[bool]],
    *,
    every_s: float,
    stopping: Stopping,
    news: asyncio.Event | None = None,
) -> None:
    """Runs `turn` until the worker stops: again at once where it says that more waits, else after `every_s`.

    `news`: set where something waits that this process itself has just brought.
    """
    failure_count = 0
    while not stopping:
        try:
            more_waits = await turn()
        except Exception as error:  # noqa: BLE001 - the edge: the loop goes on
            failure_count += 1
            known = error if isinstance(error, ParvisError) else house_trouble(error)
            said = f"{known.code}: {known}" if known else one_line(error)
            _log.error("%s: %s", name, said)
            await stopping.wait(backoff_s(failure_count, first_s=1.0, longest_s=30.0))
            continue
        failure_count = 0
        if not more_waits:
            await stopping.wait(every_s, news=news)
