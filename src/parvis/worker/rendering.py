"""The rendering loop: files that have arrived are looked into, and forms of them are made, each in a process of its own.

Films, pictures and arrivals each have a lane, so that a picture never waits for a film. While a process works,
its rows are held; where they are lost, it is ended.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from parvis.assets import arriving, renditions
from parvis.assets.machine import work_on
from parvis.assets.models import Upload
from parvis.assets.renditions import Work
from parvis.assets.store import making_folder
from parvis.core.errors import FileNotWorkedOn, HouseError, LeaseLost, ParvisError
from parvis.jobs.claim import extend
from parvis.jobs.faults import house_trouble, one_line
from parvis.jobs.models import Leased
from parvis.jobs.thread import DatabaseThread

LOOK_EVERY_S = 1.0
TICK_S = 2.0
"""Between two words of how far it is, and two renewals of the lease."""
_log = logging.getLogger("parvis.rendering")


class Rendering:
    """One worker's processes under way; any number of workers share the rows."""

    def __init__(
        self,
        *,
        worker: str,
        clock: Callable[[], datetime],
        in_database: DatabaseThread,
        lease_s: float = renditions.LEASE_S,
    ) -> None:
        self.worker, self.clock, self.in_database, self.lease_s = worker, clock, in_database, lease_s
        self.news = asyncio.Event()
        """A lane is free."""
        self._under_way: dict[str, asyncio.Task[None]] = {}

    async def turn(self) -> bool:
        """Begins what waits in lanes that are free; never waits for a process."""
        await self._begin("arrivals", arriving.claim_arrived, self._take_in)
        await self._begin("pictures", renditions.claim_pictures, self._render)
        await self._begin("films", renditions.claim_films, self._render)
        return False

    async def exhaust(self) -> None:
        """Until nothing waits any more."""
        while True:
            await self.turn()
            if not self._under_way:
                return
            await asyncio.wait(self._under_way.values())

    async def abandon(self) -> None:
        """Ends the processes; what they were at goes back to whoever looks next."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _begin(
        self, lane: str, claim: Callable[..., Work | Upload | None], work: Callable[..., Awaitable[None]]
    ) -> None:
        if lane in self._under_way:
            return
        found = await self.in_database(claim, worker=self.worker, now=self.clock(), lease_s=self.lease_s)
        if found is None:
            return
        task = asyncio.create_task(self._safely(lane, work(found)), name=f"rendering {lane}")
        self._under_way[lane] = task

    async def _safely(self, lane: str, work: Awaitable[None]) -> None:
        """What goes wrong in one leaves the lane to the next; its rows are free once their lease is over."""
        try:
            await work
        except LeaseLost:
            _log.warning("%s: another worker has taken it over", lane)
        except Exception as error:  # noqa: BLE001 - the edge: the worker goes on
            known = error if isinstance(error, ParvisError) else house_trouble(error)
            _log.error("%s: %s", lane, f"{known.code}: {known}" if known else one_line(error))
        finally:
            del self._under_way[lane]
            self.news.set()

    async def _take_in(self, upload: Upload) -> None:
        try:
            with making_folder() as folder:
                task = arriving.task_of(upload, folder)
                found = await self._watched([upload], task, limit_s=arriving.LIMIT_S)
                await self.in_database(arriving.become, upload, found, folder, now=self.clock())
        except ParvisError as error:
            _log.warning("upload %s: %s", upload.pk, error.code)
            await self.in_database(arriving.set_back, upload, error, now=self.clock())

    async def _render(self, work: Work) -> None:
        rows = work.rows
        try:
            with making_folder() as folder:
                task = await self.in_database(work.task, folder)
                found = await self._watched(rows, task, limit_s=work.limit_s)
                for made in found["made"]:
                    await self.in_database(renditions.record_made, work.row(made["name"]), made, now=self.clock())
            for key, facts in found["failed"].items():
                await self.in_database(renditions.fail, work.row(key), facts, now=self.clock())
        except asyncio.CancelledError:
            await self.in_database(renditions.put_back, rows, now=self.clock(), counts=False, wait=timedelta(0))
            raise
        except LeaseLost:
            raise
        except HouseError as error:
            _log.warning("renditions of %s wait: %s", work.blob.sha256[:12], error.code)
            await self.in_database(
                renditions.put_back, rows, now=self.clock(), counts=False, wait=renditions.HOUSE_WAIT
            )
        except FileNotWorkedOn as error:
            _log.warning("renditions of %s: %s", work.blob.sha256[:12], error)
            await self.in_database(renditions.try_later, rows, error, now=self.clock())
        except ParvisError as error:
            for row in rows:
                await self.in_database(renditions.fail, row, error.facts, now=self.clock())

    async def _watched(self, rows: Sequence[Leased], task: Mapping[str, Any], *, limit_s: float) -> dict[str, Any]:
        """Held and told of while the process works. Raises LeaseLost, and what `work_on` does."""
        shares = [0.0]
        process = asyncio.create_task(work_on(task, limit_s=limit_s, on_progress=shares.append))
        told = 0.0
        try:
            while not (await asyncio.wait([process], timeout=min(TICK_S, self.lease_s / 3)))[0]:
                if not await self.in_database(self._hold, rows):
                    raise LeaseLost
                if shares[-1] != told:
                    told = shares[-1]
                    await self.in_database(renditions.note_share, rows, told, now=self.clock())
            return process.result()
        finally:
            process.cancel()
            await asyncio.gather(process, return_exceptions=True)

    def _hold(self, rows: Sequence[Leased]) -> bool:
        return all(extend(row, now=self.clock(), lease_s=self.lease_s) for row in rows)
