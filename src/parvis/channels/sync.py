"""Reading one channel: its connector fetches, each step is taken in, and what goes wrong is noted with the channel.

A passing error never disconnects a channel: it is read again, later and later. Only a sign-in that
is refused, or an address that is gone, several times in a row waits for a person.
"""

import logging
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from asgiref.sync import sync_to_async
from django.db import close_old_connections, transaction
from django.db.models import Q

from parvis.channels.intake import TakenIn, take_in, take_in_payloads
from parvis.channels.models import Channel, ChannelState
from parvis.channels.registry import connector_of, is_polled
from parvis.channels.sessions import session_for
from parvis.channels.waiting import interval_after_s, wait_s
from parvis.core.connector import Fetched, Session
from parvis.core.errors import AnswerNotUnderstood, CredentialsRejected, NotEncrypted, ParvisError, RemoteGone
from parvis.core.types import Payload
from parvis.jobs.backoff import backoff_s
from parvis.jobs.claim import claim, extend
from parvis.jobs.faults import one_line
from parvis.jobs.live import tell
from parvis.net.client import HttpClient
from parvis.orgs.audit import record

_log = logging.getLogger("parvis.channels")

LEASE_S = 300.0
STEPS_A_TURN = 20
TURN_S = 60.0
"""A first reading of years takes many turns, so that other channels have theirs."""
TIMES_UNTIL_PERSON = 3
FIRST_RETRY_S = 30.0
LONGEST_RETRY_S = 3600.0
_FROM_ODD_ANSWERS = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
_FOR_A_PERSON = (CredentialsRejected, RemoteGone, NotEncrypted)
R = TypeVar("R")


@dataclass(slots=True, kw_only=True)
class SyncResult:
    """What one turn brought."""

    step_count: int = 0
    new_count: int = 0
    changed_count: int = 0
    unparsed_count: int = 0
    is_finished: bool = True
    """False: there is more to read at once."""
    is_dropped: bool = False
    """The channel was another's meanwhile."""
    error: ParvisError | None = None

    def add(self, taken: TakenIn) -> None:
        self.step_count += 1
        self.new_count += taken.new_count
        self.changed_count += taken.changed_count
        self.unparsed_count += taken.unparsed_count
        self.is_dropped = taken.is_dropped


async def sync_channel(channel: Channel, client: HttpClient, *, now: datetime, worker: str) -> SyncResult:
    """One turn of reading a channel that `worker` holds. Sets when it is due again; releases nothing."""
    clock = _clock_from(now)
    result = SyncResult()
    next_in_s: float | None = None
    try:
        session = await in_database(session_for, channel, client, now=now)
        asked_at = now
        async with aclosing(_steps(channel, session)) as steps:
            async for fetched in steps:
                result.add(
                    await in_database(_store_step, channel, fetched, asked_at=asked_at, now=clock(), worker=worker)
                )
                if result.is_dropped:
                    return result
                next_in_s, asked_at = fetched.next_in_s, clock()
                if result.step_count >= STEPS_A_TURN or asked_at - now > timedelta(seconds=TURN_S):
                    result.is_finished = False
                    break
    except ParvisError as error:
        result.error = error
        await in_database(note_failure, channel, error, now=clock(), worker=worker)
    else:
        await in_database(_note_end, channel, result, began_at=now, now=clock(), told_s=next_in_s, worker=worker)
    return result


def hold_channel(channel: Channel, *, worker: str, now: datetime) -> Channel | None:
    """One channel, due or not, for one turn; None where somebody else reads it at this moment."""
    held = claim(Channel.objects.filter(pk=channel.pk), worker=worker, now=now, lease_s=LEASE_S, limit=1)
    return held[0] if held else None


def _steps(channel: Channel, session: Session) -> AsyncGenerator[Fetched, None]:
    """Every connector's fetch is a generator, and is closed where a turn ends before it does."""
    fetch = connector_of(channel).fetch
    if fetch is None:
        return _nothing()
    return understood(channel, cast(AsyncGenerator[Fetched, None], fetch(session, channel.cursor)))


async def understood(channel: Channel, steps: AsyncGenerator[Fetched, None]) -> AsyncGenerator[Fetched, None]:
    """The same. An answer at which the connector fails is one that it does not understand, and is told so in words:
    the channel is read again, later and later, and its page says why.
    """
    async with aclosing(steps):
        try:
            async for fetched in steps:
                yield fetched
        except _FROM_ODD_ANSWERS as error:
            _log.error("%s, channel %s: %s", channel.connector, channel.pk, one_line(error))
            host = urlsplit(channel.address).hostname or channel.address
            raise AnswerNotUnderstood(host=host, detail=f"{type(error).__name__}: {error}"[:200]) from error


async def _nothing() -> AsyncGenerator[Fetched, None]:
    nothing: tuple[Fetched, ...] = ()
    for fetched in nothing:
        yield fetched


def _clock_from(now: datetime) -> Callable[[], datetime]:
    began_s = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - began_s)


async def in_database(function: Callable[..., R], *arguments: Any, **named: Any) -> R:
    return await sync_to_async(_with_live_connection)(partial(function, *arguments, **named))


def _with_live_connection(function: Callable[[], R]) -> R:
    if not transaction.get_connection().in_atomic_block:
        close_old_connections()
    return function()


def _store_step(channel: Channel, fetched: Fetched, *, asked_at: datetime, now: datetime, worker: str) -> TakenIn:
    """`asked_at`: what the step says was true then, and perhaps no longer when it is stored."""
    taken = take_in(channel, fetched, now=asked_at, lease=worker)
    if not taken.is_dropped:
        extend(channel, now=now, lease_s=LEASE_S)
    return taken


def _note_end(
    channel: Channel, result: SyncResult, *, began_at: datetime, now: datetime, told_s: float | None, worker: str
) -> None:
    """A turn that stopped before the end goes on at once."""
    if not result.is_finished:
        note_success(channel, began_at=began_at, now=now, wait_s=0.0, worker=worker)
        return
    interval_s = interval_after_s(channel, new_count=result.new_count, now=now, told_s=told_s)
    if interval_s != channel.interval_s:
        _held(channel, worker).update(interval_s=interval_s)
    in_s = wait_s(channel, interval_s, told_s=told_s)
    note_success(channel, began_at=began_at, now=now, wait_s=in_s, worker=worker)


def note_success(channel: Channel, *, began_at: datetime, now: datetime, wait_s: float, worker: str) -> None:
    """It is due again in `wait_s`; at once where somebody has asked for a reading since this one began."""
    was_ill = channel.error is not None
    held = _held(channel, worker)
    with transaction.atomic():
        held.update(failure_count=0, error=None, last_sync_at=now, last_success_at=now)
        asked_for = Q(next_sync_at__gt=began_at, next_sync_at__lte=now) & ~Q(next_sync_at=channel.next_sync_at)
        held.exclude(asked_for).update(next_sync_at=now + timedelta(seconds=wait_s) if is_polled(channel) else None)
        if was_ill:
            _tell(channel, now=now)


def note_failure(channel: Channel, error: ParvisError, *, now: datetime, worker: str) -> None:
    payload = getattr(error, "payload", None)
    if isinstance(payload, Payload):
        take_in_payloads(channel, [payload], now=now)
    with transaction.atomic():
        row = _held(channel, worker).select_for_update(of=("self",), no_key=True).first()
        if row is None:
            return
        times = row.error.get("times", 0) + 1 if row.error and row.error.get("code") == error.code else 1
        row.failure_count += 1
        row.error = {"code": error.code, "en": error.text.en, "fr": error.text.fr, "times": times}
        row.last_sync_at = now
        row.next_sync_at = now + timedelta(seconds=_retry_in_s(error, row.failure_count))
        if isinstance(error, _FOR_A_PERSON) and times >= TIMES_UNTIL_PERSON:
            _hand_over(row, error, now=now)
        row.save(update_fields=["failure_count", "error", "last_sync_at", "next_sync_at", "state"])
        if times == 1 or row.state == ChannelState.NEEDS_PERSON:
            _tell(row, now=now)


def _retry_in_s(error: ParvisError, failure_count: int) -> float:
    return backoff_s(failure_count, retry_after_s=error.retry_after_s, first_s=FIRST_RETRY_S, longest_s=LONGEST_RETRY_S)


def _hand_over(row: Channel, error: ParvisError, *, now: datetime) -> None:
    row.state = ChannelState.NEEDS_PERSON
    record(
        None,
        "channel.needs_person",
        subject="channel",
        subject_key=row.pk,
        now=now,
        department_id=row.department_id,
        facts={"code": error.code},
    )


def _held(channel: Channel, worker: str) -> Any:
    return Channel.objects.filter(pk=channel.pk, leased_by=worker, removed_at__isnull=True)


def _tell(channel: Channel, *, now: datetime) -> None:
    tell("channel", now=now, department_id=channel.department_id, subject_id=channel.pk)
