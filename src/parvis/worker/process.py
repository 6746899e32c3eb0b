"""One worker process: its loops, its clock, its way to the database, and its end."""

import asyncio
import importlib
import logging
import os
import pkgutil
import signal
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from secrets import token_hex

import parvis.flows
from parvis.channels.delivery import LEASE_S, Delivery
from parvis.channels.sessions import http_client
from parvis.flows.route import route_new_items
from parvis.jobs.thread import DatabaseThread
from parvis.jobs.work import run_jobs
from parvis.net.client import HttpClient
from parvis.worker import keeping
from parvis.worker.collect import Collecting
from parvis.worker.loops import Stopping, repeat

_log = logging.getLogger("parvis.worker")

STOP_WITHIN_S = 4.0
_DELIVER_EVERY_S = 0.7
_LOOK_EVERY_S = 1.0
_WAKE_EVERY_S = 5.0
_RARE_EVERY = timedelta(minutes=1)
_ITEMS_A_TURN = 1000


def utc_now() -> datetime:
    return datetime.now(UTC)


def worker_name() -> str:
    """Of this process alone, whatever machine it is on and whatever ran there before."""
    return f"{socket.gethostname()[:30]}-{os.getpid()}-{token_hex(4)}"


def load_job_kinds() -> None:
    """Every module of the flows, so that each kind of job is registered."""
    for found in pkgutil.walk_packages(parvis.flows.__path__, f"{parvis.flows.__name__}."):
        importlib.import_module(found.name)


class Worker:
    """Delivery has a thread of its own for the database, so that long work never delays it."""

    def __init__(self, *, lease_s: float = LEASE_S, clock: Callable[[], datetime] = utc_now) -> None:
        self.name = worker_name()
        self.clock = clock
        self.lease_s = lease_s
        self.started_at = clock()
        self._rare_at = self.started_at + _RARE_EVERY
        self.stopping = Stopping()
        self.quick = DatabaseThread()
        self.steady = DatabaseThread()

    async def run(self) -> None:
        """Until SIGTERM or SIGINT; then within five seconds."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stopping.ask)
        async with http_client() as client:
            delivery, collecting = self._delivery(client), self._collecting(client)
            await asyncio.gather(
                repeat("deliver", lambda: self._deliver(delivery), every_s=0, stopping=self.stopping),
                repeat("collect", collecting.turn, every_s=_LOOK_EVERY_S, stopping=self.stopping),
                repeat("route and jobs", self._work, every_s=_LOOK_EVERY_S, stopping=self.stopping),
                repeat("keep", self._keep, every_s=_WAKE_EVERY_S, stopping=self.stopping),
            )
            await asyncio.gather(delivery.drain(STOP_WITHIN_S), collecting.abandon())
        await self.quick(keeping.say_goodbye, self.name)
        await self._close()

    async def run_once(self) -> None:
        """All that is due now, and no more."""
        async with http_client() as client:
            delivery, collecting = self._delivery(client), self._collecting(client)
            await collecting.turn()
            await collecting.finish()
            while await self._work():
                pass
            while await delivery.turn() or delivery.is_busy:
                await delivery.wait(_DELIVER_EVERY_S)
            await self._work()
            await self._keep()
        await self.quick(keeping.say_goodbye, self.name)
        await self._close()

    def _delivery(self, client: HttpClient) -> Delivery:
        return Delivery(client, worker=self.name, clock=self.clock, in_database=self.quick, lease_s=self.lease_s)

    def _collecting(self, client: HttpClient) -> Collecting:
        return Collecting(client, worker=self.name, clock=self.clock, in_database=self.steady)

    async def _deliver(self, delivery: Delivery) -> bool:
        await delivery.turn()
        await delivery.wait(_DELIVER_EVERY_S)
        return True

    async def _work(self) -> bool:
        routed = await self.steady(route_new_items, now=self.clock(), limit=_ITEMS_A_TURN)
        jobs = await self.steady(run_jobs, self.name, self.clock(), limit=1, load=load_job_kinds)
        return bool(routed or jobs)

    async def _keep(self) -> bool:
        now = self.clock()
        await self.quick(keeping.beat, self.name, started_at=self.started_at, now=now)
        await self.steady(keeping.wake_snoozed, now)
        if now >= self._rare_at:
            self._rare_at = now + _RARE_EVERY
            for forget in keeping.RARE:
                await self.steady(forget, now)
        return False

    async def _close(self) -> None:
        await self.quick.aclose()
        await self.steady.aclose()


def run_worker(*, once: bool, lease_s: float = LEASE_S) -> None:
    """Blocks until the worker is asked to stop."""

    async def work() -> None:
        worker = Worker(lease_s=lease_s)
        _log.info("worker %s begins", worker.name)
        await (worker.run_once() if once else worker.run())
        _log.info("worker %s has ended", worker.name)

    asyncio.run(work())
