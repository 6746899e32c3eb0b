"""Delivery: orders that are due are carried out, many at once, each at most once.

Every attempt is committed before its call; the outcome is recorded after it. What dies in between is
unsure, and is read back before anything is sent again.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError

from parvis.channels.errands import Errand, claim_errands
from parvis.channels.models import Channel
from parvis.channels.recording import record_done, record_failure, record_found_nothing, recover_lost
from parvis.channels.sessions import session_for
from parvis.core.connector import Done, FindOwn
from parvis.core.errors import OutcomeUnknown, ParvisError
from parvis.core.types import Payload
from parvis.jobs.faults import one_line
from parvis.jobs.steps import at
from parvis.jobs.thread import DatabaseThread
from parvis.net.client import HttpClient

_log = logging.getLogger("parvis.deliver")

LEASE_S = 120.0
MOST_AT_ONCE = 32
MOST_A_CHANNEL = 8
_CALL_SHARE = 0.75
"""A call must have ended well before its lease has."""
_PACE_S = 0.02
"""The least time between two looks, so that what ends together is recorded together."""

_RECOVER_EVERY_S = 2.0

InDatabase = Callable[..., Awaitable[Any]]
"""Runs a plain function where the database may be used: `await in_database(function, *arguments)`."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one call: `result` is Done, an error, or None where nothing was found or nothing tried."""

    errand: Errand
    result: Done | ParvisError | None
    ended_at: datetime
    is_abandoned: bool = False


class Delivery:
    """One worker's part in delivery. `turn` never waits for the network, only for the database."""

    def __init__(
        self,
        client: HttpClient,
        *,
        worker: str,
        clock: Callable[[], datetime],
        in_database: InDatabase,
        lease_s: float = LEASE_S,
    ) -> None:
        self.client, self.worker, self.clock, self.in_database = client, worker, clock, in_database
        self.lease_s = lease_s
        self.delivered_count = 0
        self._calls: dict[asyncio.Task[Outcome], Errand] = {}
        self._unrecorded: list[Outcome] = []
        self._ended = asyncio.Event()
        self._recover_at_s = 0.0

    @property
    def is_busy(self) -> bool:
        return bool(self._calls or self._unrecorded)

    async def turn(self, *, claims: bool = True) -> int:
        """Records what has ended and begins what is due; how many calls were begun."""
        self._ended.clear()
        self._gather()
        self._unrecorded = await self.in_database(self._record_all, self._unrecorded)
        errands = await self.in_database(self._claim) if claims else []
        for errand in errands:
            task = asyncio.create_task(self._carry_out(errand), name=f"effect {errand.effect.pk}")
            task.add_done_callback(lambda _: self._ended.set())
            self._calls[task] = errand
        return len(errands)

    async def wait(self, timeout_s: float) -> None:
        """Until a call has ended, or the time is over."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._ended.wait()
        except TimeoutError:
            return
        await asyncio.sleep(_PACE_S)

    async def drain(self, timeout_s: float) -> None:
        """Lets calls end and records them; what does not end in time is recorded as unknown."""
        if self._calls:
            await asyncio.wait(self._calls, timeout=timeout_s)
        for task in self._calls:
            task.cancel()
        if self._calls:
            await asyncio.wait(self._calls, timeout=1)
        await self.turn(claims=False)

    def _gather(self) -> None:
        for task in [task for task in self._calls if task.done()]:
            errand = self._calls.pop(task)
            if task.cancelled():
                lost = OutcomeUnknown(host=errand.channel.name, maybe_done=True)
                self._unrecorded.append(Outcome(errand, lost, self.clock()))
            else:
                self._unrecorded.append(task.result())

    def _claim(self) -> list[Errand]:
        now = self.clock()
        if time.monotonic() >= self._recover_at_s:  # whatever becomes of the clock
            recover_lost(now=now)
            self._recover_at_s = time.monotonic() + _RECOVER_EVERY_S
        return claim_errands(
            lambda channel: session_for(channel, self.client, now=now),
            worker=self.worker,
            now=now,
            lease_s=self.lease_s,
            busy=Counter(errand.channel.pk for errand in self._calls.values()),
            free=MOST_AT_ONCE - len(self._calls),
            most_a_channel=MOST_A_CHANNEL,
        )

    def _record_all(self, outcomes: list[Outcome]) -> list[Outcome]:
        """Those that could not be recorded, to be tried again while their lease lasts."""
        left = []
        for outcome in outcomes:
            try:
                self._record(outcome)
            except DatabaseError as error:
                _log.warning("effect %s could not be recorded yet: %s", outcome.errand.effect.pk, error)
                if self.clock() < outcome.errand.lease_until:
                    left.append(outcome)
            except Exception as error:  # noqa: BLE001 - one effect's fault stops no other; its lease runs out
                _log.error("effect %s could not be recorded: %s", outcome.errand.effect.pk, one_line(error))
        return left

    def _record(self, outcome: Outcome) -> None:
        errand, now = outcome.errand, self.clock()
        if outcome.is_abandoned:
            return
        match outcome.result:
            case Done() as done:
                if record_done(errand, done, now=now, ended_at=outcome.ended_at):
                    self.delivered_count += 1
                    _take_in(errand.channel, done.payloads, ended_at=outcome.ended_at)
            case None:
                record_found_nothing(errand, now=now)
            case error:
                record_failure(errand, error, now=now)
                _log.info("effect %s: %s", errand.effect.pk, error.code)

    async def _carry_out(self, errand: Errand) -> Outcome:
        """The call itself. A worker that slept through its lease does not begin it."""
        limit_s = self.lease_s * _CALL_SHARE
        if self.clock() >= errand.lease_until - timedelta(seconds=limit_s):
            return Outcome(errand, None, self.clock(), is_abandoned=True)
        step = "finding" if errand.is_reading_back else "call"
        at(f"deliver.before_{step}")
        result = await _called(errand, limit_s=limit_s)
        at(f"deliver.after_{step}")
        return Outcome(errand, result, self.clock())


async def _called(errand: Errand, *, limit_s: float) -> Done | ParvisError | None:
    settle = errand.act.settle
    call = errand.act.perform
    try:
        async with asyncio.timeout(limit_s):
            if errand.is_reading_back and isinstance(settle, FindOwn):
                return await settle.find(errand.session, errand.order)
            return await call(errand.session, errand.order)
    except ParvisError as error:
        return error
    except TimeoutError:
        return OutcomeUnknown(host=errand.channel.name, maybe_done=True, retry_after_s=60.0)
    except Exception as error:  # noqa: BLE001 - a fault in the connector: nobody knows what it had done before
        _log.error("effect %s: the connector failed: %s", errand.effect.pk, one_line(error))
        return ParvisError(detail=type(error).__name__)


def _take_in(channel: Channel, payloads: tuple[Payload, ...], *, ended_at: datetime) -> None:
    """The answer is news like any other; where that fails, the next reading brings it."""
    if not payloads:
        return
    from parvis.channels.intake import take_in_payloads

    try:
        take_in_payloads(channel, payloads, now=ended_at)
    except Exception as error:  # noqa: BLE001 - the order itself is done and recorded
        _log.error("the answer of channel %s could not be taken in: %s", channel.pk, one_line(error))


async def deliver_due(
    client: HttpClient,
    *,
    worker: str,
    now: datetime,
    in_database: InDatabase | None = None,
    lease_s: float = LEASE_S,
    clock: Callable[[], datetime] | None = None,
) -> int:
    """Carries out what is due, as far as the pace of each channel lets it out now; how many orders were done.

    Time goes on from `now`, unless `clock` tells it.
    """
    loop = asyncio.get_running_loop()
    started_s = loop.time()

    def going_on() -> datetime:
        return now + timedelta(seconds=loop.time() - started_s)

    own = DatabaseThread()
    delivery = Delivery(client, worker=worker, clock=clock or going_on, in_database=in_database or own, lease_s=lease_s)
    try:
        while await delivery.turn() or delivery.is_busy:
            await delivery.wait(1.0)
    finally:
        if in_database is None:
            await own.aclose()
    return delivery.delivered_count
