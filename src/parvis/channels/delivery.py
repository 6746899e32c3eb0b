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

from django.db import DatabaseError, OperationalError

from parvis.channels.errands import Errand, claim_errands
from parvis.channels.models import Channel
from parvis.channels.recording import (
    CallWatch,
    record_all_done,
    record_failure,
    record_found_nothing,
    recover_lost,
)
from parvis.channels.sessions import session_for
from parvis.core.connector import Done, FindOwn
from parvis.core.errors import OutcomeUnknown, ParvisError, TimedOut
from parvis.core.types import Payload
from parvis.jobs.faults import one_line
from parvis.jobs.steps import at
from parvis.jobs.thread import DatabaseThread
from parvis.net.client import HttpClient

_log = logging.getLogger("parvis.deliver")

LEASE_S = 120.0
MOST_AT_ONCE = 64
"""Below what the client has connections for: reading goes on beside it."""
MOST_A_CHANNEL = 8
_CALL_SHARE = 0.75
"""A call must have ended well before its lease has."""
_PACE_S, _BUSY_PACE_S = 0.02, 0.1
"""The least time between two looks, so that what ends together is recorded together; where much is under way, more."""
_MUCH = 16
_NEWS_AFTER_S = 3.0
"""How long answers wait to be taken in while delivery has better to do; else they are at once."""

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
        watches: bool = False,
    ) -> None:
        """`watches`: one that stays, beside others whose clocks may be off, takes over only what it saw for long."""
        self._watch = CallWatch(lease_s=lease_s) if watches else None
        self.client, self.worker, self.clock, self.in_database = client, worker, clock, in_database
        self.lease_s = lease_s
        self.delivered_count = 0
        self._calls: dict[asyncio.Task[Outcome], Errand] = {}
        self._unrecorded: list[Outcome] = []
        self._news: dict[int, list[tuple[Channel, Done, datetime]]] = {}
        """By channel, the answers that are recorded and yet to be taken in."""
        self._news_since_s = 0.0
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
        if self._news and (not self._calls or time.monotonic() - self._news_since_s > _NEWS_AFTER_S):
            await self.in_database(self._take_in_all)
        return len(errands)

    async def wait(self, timeout_s: float) -> None:
        """Until a call has ended, or the time is over."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._ended.wait()
        except TimeoutError:
            return
        await asyncio.sleep(_BUSY_PACE_S if len(self._calls) > _MUCH else _PACE_S)

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
                lost = _without_answer(errand, limit_s=self.lease_s * _CALL_SHARE)
                self._unrecorded.append(Outcome(errand, lost, self.clock()))
            else:
                self._unrecorded.append(task.result())

    def _claim(self) -> list[Errand]:
        now = self.clock()
        if time.monotonic() >= self._recover_at_s:  # whatever becomes of the clock
            under_way = [errand.effect.pk for errand in self._calls.values()]
            recover_lost(now=now, over=self._watch.look() if self._watch else None, under_way=under_way)
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
        outcomes = [outcome for outcome in outcomes if not outcome.is_abandoned]
        done = [outcome for outcome in outcomes if isinstance(outcome.result, Done)]
        left: list[Outcome] = []
        if len(done) > 1 and self._record_together(done, left):
            outcomes = [outcome for outcome in outcomes if not isinstance(outcome.result, Done)]
        for outcome in outcomes:
            try:
                self._record(outcome)
            except DatabaseError as error:
                _log.warning("effect %s could not be recorded yet: %s", outcome.errand.effect.pk, error)
                left.append(outcome)
            except Exception as error:  # noqa: BLE001 - one effect's fault stops no other; its lease runs out
                _log.error("effect %s could not be recorded: %s", outcome.errand.effect.pk, one_line(error))
        now = self.clock()
        return [outcome for outcome in left if now < outcome.errand.lease_until]

    def _record_together(self, outcomes: list[Outcome], left: list[Outcome]) -> bool:
        """False where one of them stands in the way of all: then each is recorded by itself."""
        try:
            self._record_done(outcomes)
        except OperationalError as error:  # the database, not what is written
            _log.warning("%s effects could not be recorded yet: %s", len(outcomes), error)
            left += outcomes
        except Exception as error:  # noqa: BLE001 - whatever it is, it is found out one by one
            _log.warning("%s effects could not be recorded together: %s", len(outcomes), one_line(error))
            return False
        return True

    def _record(self, outcome: Outcome) -> None:
        errand, now = outcome.errand, self.clock()
        match outcome.result:
            case Done():
                self._record_done([outcome])
            case None:
                record_found_nothing(errand, now=now)
            case error:
                record_failure(errand, error, now=now)
                _log.info("effect %s: %s", errand.effect.pk, error.code)

    def _record_done(self, outcomes: list[Outcome]) -> None:
        came = [(one.errand, one.result, one.ended_at) for one in outcomes if isinstance(one.result, Done)]
        recorded = record_all_done(came, now=self.clock())
        self.delivered_count += len(recorded)
        for errand, done, ended_at in came:
            if errand.effect.pk in recorded and done.payloads:
                if not self._news:
                    self._news_since_s = time.monotonic()
                self._news.setdefault(errand.channel.pk, []).append((errand.channel, done, ended_at))

    def _take_in_all(self) -> None:
        """Answers are news like any other; what is lost here, the next reading brings."""
        news, self._news = self._news, {}
        for answers in news.values():
            payloads = tuple(payload for _, done, _ in answers for payload in done.payloads)
            _take_in(answers[0][0], payloads, ended_at=min(ended_at for *_, ended_at in answers))

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
        return _without_answer(errand, limit_s=limit_s)
    except Exception as error:  # noqa: BLE001 - a fault in the connector: nobody knows what it had done before
        _log.error("effect %s: the connector failed: %s", errand.effect.pk, one_line(error))
        return ParvisError(detail=type(error).__name__)


def _without_answer(errand: Errand, *, limit_s: float) -> ParvisError:
    """A call may have been carried out; a reading that did not end says nothing, and is done again."""
    if errand.is_reading_back:
        return TimedOut(host=errand.channel.name, limit_s=f"{limit_s:.3g}")
    return OutcomeUnknown(host=errand.channel.name, maybe_done=True, retry_after_s=60.0)


def _take_in(channel: Channel, payloads: tuple[Payload, ...], *, ended_at: datetime) -> None:
    """The answer is news like any other; where that fails, the next reading brings it."""
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
