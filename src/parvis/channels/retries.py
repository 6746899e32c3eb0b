"""What follows an attempt that did not succeed: wait and try again, read back first, or a person.

Pure: rows are changed elsewhere.
"""

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from parvis.channels.models import EffectState
from parvis.core.connector import AskPerson, FindOwn, Settle
from parvis.core.errors import (
    CredentialsRejected,
    HouseError,
    OutcomeUnknown,
    ParvisError,
    RateLimited,
    RemoteError,
)
from parvis.jobs.backoff import backoff_s

MOST_TRIES = 8
LONGEST_RUN = timedelta(hours=24)
_SHORT_DEFAULT_S = 60.0
"""A minute is what an error says for want of knowing better: the backoff knows better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Where an effect is in its tries."""

    settle: Settle
    counted_tries: int
    """Attempts of this run that count towards the cap, the last one included."""
    trying_since: datetime
    started_at: datetime
    """When the last attempt began."""
    host: str

    def is_spent(self, now: datetime, *, counts: bool = True) -> bool:
        """`counts` False where the last attempt itself is spared."""
        return (counts and self.counted_tries >= MOST_TRIES) or now - self.trying_since >= LONGEST_RUN


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What becomes of the effect, and of its channel."""

    state: EffectState
    next_try_at: datetime
    error: ParvisError | None
    """None: what it said before still holds."""
    is_spared: bool = False
    is_in_doubt: bool = False
    channel_waits_until: datetime | None = None
    is_locked_out: bool = False
    """The sign-in is refused: the channel itself needs a person."""


def plan_after(error: ParvisError, run: Run, *, now: datetime, share: float | None = None) -> Plan:
    """An attempt to carry it out failed. `share` fixes what chance adds to the wait."""
    next_try_at = now + _wait(error, run, share)
    plan = Plan(state=EffectState.WAITING, next_try_at=next_try_at, error=error)
    if isinstance(error, RateLimited):
        plan = replace(plan, is_spared=True, channel_waits_until=next_try_at)
    if _maybe_done(error):
        return _unsure(plan, run, now=now)
    if isinstance(error, CredentialsRejected):
        return replace(plan, next_try_at=now, is_spared=True, is_locked_out=True)
    waiting_helps = error.retry_after_s is not None or isinstance(error, HouseError)
    if not waiting_helps or run.is_spent(now, counts=not plan.is_spared):
        return replace(plan, state=EffectState.NEEDS_PERSON)
    return plan


def plan_after_reading_failed(error: ParvisError, run: Run, *, now: datetime, share: float | None = None) -> Plan:
    """It is still not known what an earlier attempt did; OutcomeUnknown: nor will it be by looking again."""
    next_try_at = now + _wait(error, run, share)
    plan = Plan(state=EffectState.UNSURE, next_try_at=next_try_at, error=error, is_spared=True)
    if isinstance(error, CredentialsRejected):
        return replace(plan, next_try_at=now, is_locked_out=True)
    if isinstance(error, OutcomeUnknown) or now - run.trying_since >= LONGEST_RUN:
        return replace(plan, state=EffectState.NEEDS_PERSON, is_in_doubt=True)
    if isinstance(error, RateLimited):
        return replace(plan, channel_waits_until=next_try_at)
    return plan


def plan_after_finding_nothing(run: Run, *, now: datetime, share: float | None = None) -> Plan:
    """Read back: nothing had happened, so it may be sent again."""
    wait_s = backoff_s(run.counted_tries, share=share) if run.counted_tries > 1 else 0.0
    state = EffectState.NEEDS_PERSON if run.is_spent(now) else EffectState.WAITING
    return Plan(state=state, next_try_at=now + timedelta(seconds=wait_s), error=None, is_spared=True)


def plan_for_lost(run: Run, *, now: datetime) -> Plan:
    """Its worker died between the attempt and the record."""
    plan = Plan(state=EffectState.UNSURE, next_try_at=now, error=OutcomeUnknown(host=run.host))
    return _unsure(plan, run, now=now)


def plan_without_reading(settle: Settle, *, now: datetime) -> Plan:
    """An unsure effect of a platform that makes a second try harmless goes on; else a person tells."""
    if isinstance(settle, AskPerson):
        return Plan(state=EffectState.NEEDS_PERSON, next_try_at=now, error=None, is_in_doubt=True)
    return Plan(state=EffectState.WAITING, next_try_at=now, error=None)


def _unsure(plan: Plan, run: Run, *, now: datetime) -> Plan:
    if isinstance(run.settle, AskPerson):
        asked = OutcomeUnknown(host=run.host)
        return replace(plan, state=EffectState.NEEDS_PERSON, error=asked, is_in_doubt=True)
    if isinstance(run.settle, FindOwn):
        done_by = run.started_at + timedelta(seconds=run.settle.wait_s)
        when = max(done_by, now, plan.channel_waits_until or now)
        return replace(plan, state=EffectState.UNSURE, next_try_at=when)
    if run.is_spent(now, counts=not plan.is_spared):
        return replace(plan, state=EffectState.NEEDS_PERSON, is_in_doubt=True)
    return replace(plan, state=EffectState.UNSURE)


def _wait(error: ParvisError, run: Run, share: float | None) -> timedelta:
    """What the platform asks for stands alone; else ours doubles, and is never less than an error's long default."""
    if isinstance(error, RateLimited) and error.retry_after_s is not None:
        return timedelta(seconds=backoff_s(1, first_s=error.retry_after_s, longest_s=math.inf, share=share))
    default_s = type(error).default_retry_s or 0.0
    is_wish = error.retry_after_s != default_s or default_s > _SHORT_DEFAULT_S
    wish_s = error.retry_after_s if is_wish else None
    return timedelta(seconds=backoff_s(max(run.counted_tries, 1), retry_after_s=wish_s, share=share))


def _maybe_done(error: ParvisError) -> bool:
    """A plain ParvisError is a fault in a connector: it may have struck after the call."""
    return error.maybe_done if isinstance(error, RemoteError) else type(error) is ParvisError
