"""One worker process: its loops, its clock, its way to the database, and its end."""

import asyncio
import importlib
import logging
import os
import pkgutil
import signal
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, partial
from secrets import token_hex
from typing import TYPE_CHECKING

import parvis.flows
from parvis.channels.delivery import LEASE_S, Delivery
from parvis.channels.sessions import http_client
from parvis.channels.sieve import offer_sieve
from parvis.flows.route import route_new_items
from parvis.jobs.thread import DatabaseThread
from parvis.jobs.turns import Turns
from parvis.jobs.work import run_jobs
from parvis.listening.waiting import something_waits
from parvis.net.client import HttpClient
from parvis.worker import keeping
from parvis.worker.alerts import LOOK_EVERY_S as ALERTS_EVERY_S
from parvis.worker.alerts import Alerting
from parvis.worker.calendars import LOOK_EVERY_S as CALENDARS_EVERY_S
from parvis.worker.calendars import Calendars
from parvis.worker.collect import Collecting
from parvis.worker.letters import LOOK_EVERY_S as LETTERS_EVERY_S
from parvis.worker.letters import Lettering
from parvis.worker.listen import STREAM_LEASE_S, Listening
from parvis.worker.loops import Stopping, repeat
from parvis.worker.notices import Notifying
from parvis.worker.preparing import LOOK_EVERY_S as PREPARE_EVERY_S
from parvis.worker.preparing import Preparing
from parvis.worker.publishing import LOOK_EVERY_S as PUBLISH_EVERY_S
from parvis.worker.publishing import Publishing
from parvis.worker.reading_back import LOOK_EVERY_S as READ_BACK_EVERY_S
from parvis.worker.reading_back import ReadingBack
from parvis.worker.rendering import LOOK_EVERY_S as RENDER_EVERY_S
from parvis.worker.rendering import Rendering

if TYPE_CHECKING:
    from parvis.channels.models import Channel
    from parvis.core.types import ItemRecord
    from parvis.listening.ears import Ears
    from parvis.listening.sieving import Sieve

_log = logging.getLogger("parvis.worker")

STOP_WITHIN_S = 4.0
_DELIVER_EVERY_S = 0.7
_LOOK_EVERY_S = 1.0
_NOTIFY_EVERY_S = 2.0
_WAKE_EVERY_S = 5.0
_RARE_EVERY_S = 60.0


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
    """Delivery has a thread of its own for the database, and so has publishing: neither delays the other."""

    def __init__(
        self,
        *,
        lease_s: float = LEASE_S,
        stream_lease_s: float = STREAM_LEASE_S,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.name = worker_name()
        self.clock = clock
        self.lease_s = lease_s
        self.stream_lease_s = stream_lease_s
        self.started_at = clock()
        self._routing, self._hearing = Turns(), Turns()
        self._ears: Ears | None = None
        self._rare_at_s = time.monotonic() + _RARE_EVERY_S
        self.stopping = Stopping()
        self._news = asyncio.Event()
        """Something was stored that is to be routed and heard: an open page shows it within two seconds."""
        self._released = asyncio.Event()
        """Publications became orders: delivery looks at once."""
        self.quick = DatabaseThread()
        self.posts = DatabaseThread()
        self.steady = DatabaseThread()

    async def run(self) -> None:
        """Until SIGTERM or SIGINT; then within five seconds."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stopping.ask)
        async with http_client() as client:
            listening = self._listening(client)
            delivery, collecting = self._delivery(client, watches=True), self._collecting(client, listening)
            alerting, notifying, publishing = self._alerting(), self._notifying(), self._publishing()
            rendering = self._rendering()
            await asyncio.gather(
                repeat("deliver", lambda: self._deliver(delivery, publishing), every_s=0, stopping=self.stopping),
                repeat(
                    "release", publishing.release, every_s=PUBLISH_EVERY_S, stopping=self.stopping, news=publishing.due
                ),
                repeat(
                    "follow", publishing.follow, every_s=PUBLISH_EVERY_S, stopping=self.stopping, news=publishing.moved
                ),
                repeat("collect", collecting.turn, every_s=_LOOK_EVERY_S, stopping=self.stopping),
                repeat("route and jobs", self._work, every_s=_LOOK_EVERY_S, stopping=self.stopping, news=self._news),
                repeat("alerts", alerting.turn, every_s=ALERTS_EVERY_S, stopping=self.stopping),
                repeat("notices", notifying.turn, every_s=_NOTIFY_EVERY_S, stopping=self.stopping),
                repeat("letters", self._lettering().turn, every_s=LETTERS_EVERY_S, stopping=self.stopping),
                repeat("read back", self._reading_back(client).turn, every_s=READ_BACK_EVERY_S, stopping=self.stopping),
                repeat("calendars", self._calendars(client).turn, every_s=CALENDARS_EVERY_S, stopping=self.stopping),
                repeat("render", rendering.turn, every_s=RENDER_EVERY_S, stopping=self.stopping, news=rendering.news),
                repeat("plan ahead", self._preparing().turn, every_s=PREPARE_EVERY_S, stopping=self.stopping),
                repeat("keep", self._keep, every_s=_WAKE_EVERY_S, stopping=self.stopping),
            )
            publishing.stop()
            await asyncio.gather(
                delivery.drain(STOP_WITHIN_S),
                collecting.abandon(),
                listening.abandon(),
                notifying.abandon(),
                rendering.abandon(),
            )
        await self.quick(keeping.say_goodbye, self.name)
        await self._close()

    async def run_once(self) -> None:
        """All that is due now, and no more."""
        async with http_client() as client:
            delivery, collecting = self._delivery(client), self._collecting(client)
            alerting, notifying, publishing = self._alerting(), self._notifying(), self._publishing()
            await collecting.turn()
            await collecting.finish()
            while await self._work():
                pass
            await self._rendering().exhaust()
            while await self._preparing().turn():
                pass
            await publishing.release()
            while await delivery.turn() or delivery.is_busy:
                await delivery.wait(_DELIVER_EVERY_S)
            await publishing.follow()
            publishing.stop()
            reading_back = self._reading_back(client)
            while await reading_back.turn():
                pass
            await self._lettering().turn()
            await self._work()
            while await alerting.turn():
                pass
            await notifying.turn()
            await notifying.finish()
            while await self._calendars(client).turn():
                pass
            await self._keep()
        await self.quick(keeping.say_goodbye, self.name)
        await self._close()

    def _delivery(self, client: HttpClient, *, watches: bool = False) -> Delivery:
        return Delivery(
            client, worker=self.name, clock=self.clock, in_database=self.quick, lease_s=self.lease_s, watches=watches
        )

    def _collecting(self, client: HttpClient, listening: Listening | None = None) -> Collecting:
        return Collecting(
            client,
            worker=self.name,
            clock=self.clock,
            in_database=self.steady,
            listening=listening,
            on_news=self._news.set,
        )

    def _listening(self, client: HttpClient) -> Listening:
        return Listening(
            client,
            worker=self.name,
            clock=self.clock,
            in_database=self.steady,
            lease_s=self.stream_lease_s,
            on_news=self._news.set,
        )

    def _alerting(self) -> Alerting:
        return Alerting(worker=self.name, clock=self.clock, in_database=self.steady)

    def _notifying(self) -> Notifying:
        return Notifying(worker=self.name, clock=self.clock, in_database=self.quick)

    def _calendars(self, client: HttpClient) -> Calendars:
        return Calendars(client, worker=self.name, clock=self.clock, in_database=self.steady)

    def _publishing(self) -> Publishing:
        return Publishing(clock=self.clock, in_database=self.posts, on_release=self._released.set)

    def _preparing(self) -> Preparing:
        return Preparing(clock=self.clock, in_database=self.steady)

    def _rendering(self) -> Rendering:
        return Rendering(worker=self.name, clock=self.clock, in_database=self.steady, lease_s=self.lease_s)

    def _lettering(self) -> Lettering:
        return Lettering(worker=self.name, clock=self.clock, in_database=self.quick)

    def _reading_back(self, client: HttpClient) -> ReadingBack:
        return ReadingBack(client, worker=self.name, clock=self.clock, in_database=self.steady)

    async def _deliver(self, delivery: Delivery, publishing: Publishing) -> bool:
        """Waits for calls to end, or for something to be released, but not for long."""
        self._released.clear()
        before = delivery.delivered_count
        if await delivery.turn() or delivery.delivered_count != before:
            publishing.moved.set()
        waiting = {asyncio.ensure_future(delivery.wait(_DELIVER_EVERY_S)), asyncio.ensure_future(self._released.wait())}
        _, left = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for one in left:
            one.cancel()
        return True

    async def _work(self) -> bool:
        routed = await self.steady(self._route)
        heard = await self.steady(self._hear)
        jobs = await self.steady(run_jobs, self.name, self.clock(), limit=1, load=load_job_kinds)
        return bool(routed or heard or jobs)

    def _route(self) -> int:
        return self._routing.run(route_new_items, self.clock)

    def _hear(self) -> int:
        """The matcher weighs much: it is not loaded before something waits to be heard."""
        if not something_waits():
            return 0
        if self._ears is None:
            from parvis.listening.ears import Ears

            self._ears = Ears()
        from parvis.listening.hearing import hear_new_items

        return self._hearing.run(partial(hear_new_items, self._ears), self.clock)

    async def _keep(self) -> bool:
        now = self.clock()
        await self.quick(keeping.beat, self.name, started_at=self.started_at, now=now)
        await self.steady(keeping.wake_snoozed, now)
        if time.monotonic() >= self._rare_at_s:
            self._rare_at_s = time.monotonic() + _RARE_EVERY_S
            for forget in keeping.RARE:
                await self.steady(forget, now)
        return False

    async def _close(self) -> None:
        await self.quick.aclose()
        await self.posts.aclose()
        await self.steady.aclose()


def _sieve(channel: "Channel", record: "ItemRecord") -> bool:
    """Made when a stream that carries everything brings its first record: the matcher weighs much."""
    return _the_sieve()(channel, record)


@cache
def _the_sieve() -> "Sieve":
    from parvis.listening.sieving import Sieve

    return Sieve()


def run_worker(*, once: bool, lease_s: float = LEASE_S, stream_lease_s: float = STREAM_LEASE_S) -> None:
    """Blocks until the worker is asked to stop."""
    offer_sieve(_sieve)

    async def work() -> None:
        worker = Worker(lease_s=lease_s, stream_lease_s=stream_lease_s)
        _log.info("worker %s begins", worker.name)
        await (worker.run_once() if once else worker.run())
        _log.info("worker %s has ended", worker.name)

    asyncio.run(work())
