"""The database's side of delivery: what is due is claimed with its attempt written; what came of it is recorded.

Each record is conditional on state, worker and number of the attempt, so that a worker that wakes up
after its lease cannot write over what another has done since.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from parvis.channels.models import (
    EFFECT_TRANSITIONS,
    Attempt,
    AttemptOutcome,
    Channel,
    ChannelState,
    Effect,
    EffectState,
    Item,
)
from parvis.channels.outbox import WORDS, tell_of
from parvis.channels.pace import allowance
from parvis.channels.registry import connector_of
from parvis.channels.retries import (
    Plan,
    Run,
    plan_after,
    plan_after_finding_nothing,
    plan_after_reading_failed,
    plan_for_lost,
    plan_without_reading,
)
from parvis.channels.standing import lock_items, restate
from parvis.core.connector import Act, AskPerson, Can, Connector, Done, FindOwn, Order, Session, Target
from parvis.core.errors import NotOffered, ParvisError
from parvis.core.types import Kind
from parvis.jobs.claim import claim
from parvis.jobs.live import tell
from parvis.jobs.steps import at
from parvis.orgs.audit import record

_log = logging.getLogger("parvis.deliver")
_BLOCKING = (EffectState.WAITING, EffectState.SENDING, EffectState.UNSURE)
_GOING_ON = (EffectState.WAITING, EffectState.UNSURE)
_LOST_AT_ONCE = 100

OpenSession = Callable[[Channel], Session]


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One attempt on its way: all that the call needs and all that the record is checked against."""

    effect: Effect
    channel: Channel
    act: Act
    order: Order
    session: Session
    number: int
    is_reading_back: bool
    worker: str
    started_at: datetime
    lease_until: datetime

    @property
    def run(self) -> Run:
        effect = self.effect
        return Run(
            settle=self.act.settle,
            counted_tries=self.number - effect.spared_count - int(self.is_reading_back),
            trying_since=effect.trying_since or self.started_at,
            started_at=self.started_at,
            host=self.channel.name,
        )


def claim_errands(
    open_session: OpenSession,
    *,
    worker: str,
    now: datetime,
    lease_s: float,
    busy: Mapping[int, int],
    free: int,
    most_a_channel: int,
) -> list[Errand]:
    """Attempts of what is due, committed before anything is called. `busy`: calls under way by channel id."""
    errands: list[Errand] = []
    for channel in _channels_due(now):
        room = min(free - len(errands), most_a_channel - busy.get(channel.pk, 0))
        if room < 1:
            continue
        try:
            connector, session = connector_of(channel), open_session(channel)
        except ParvisError as error:
            _set_aside(channel, error, now=now)
            continue
        errands += _claim_of(channel, connector, session, worker=worker, now=now, lease_s=lease_s, room=room)
    if errands:
        at("deliver.attempt_written")
    return errands


def _sending() -> QuerySet[Channel]:
    return Channel.objects.filter(state=ChannelState.ACTIVE, removed_at__isnull=True)


def _channels_due(now: datetime) -> list[Channel]:
    """Those that have gone without for longest come first."""
    due = Effect.objects.filter(
        channel=OuterRef("pk"), state__in=[EffectState.WAITING, EffectState.UNSURE], next_try_at__lte=now
    )
    channels = _sending().filter(Q(next_send_at__isnull=True) | Q(next_send_at__lte=now))
    return list(channels.filter(Exists(due)).order_by(F("next_send_at").asc(nulls_first=True), "pk"))


def _set_aside(channel: Channel, error: ParvisError, *, now: datetime) -> None:
    """The fault is this machine's: its orders wait a minute."""
    _log.warning("channel %s cannot send: %s", channel.pk, error)
    Channel.objects.filter(pk=channel.pk).update(next_send_at=now + timedelta(minutes=1), error=error.facts)


def _due(channel: Channel, now: datetime) -> QuerySet[Effect]:
    """Only the oldest open order of an item: what is asked of one item happens in the order it was asked."""
    older = Effect.objects.filter(item=OuterRef("item"), pk__lt=OuterRef("pk"), state__in=_BLOCKING)
    due = Effect.objects.filter(
        channel=channel, state__in=[EffectState.WAITING, EffectState.UNSURE], next_try_at__lte=now
    )
    return due.filter(~Exists(older)).order_by("next_try_at", "pk").select_related("item")


@transaction.atomic
def _claim_of(
    channel: Channel,
    connector: Connector,
    session: Session,
    *,
    worker: str,
    now: datetime,
    lease_s: float,
    room: int,
) -> list[Errand]:
    """Holding the channel keeps its pace whichever workers there are."""
    held = _sending().select_for_update(skip_locked=True, no_key=True).filter(pk=channel.pk).first()
    if held is None:
        return []
    pace = allowance(held.next_send_at, requests_per_minute=connector.requests_per_minute, now=now)
    effects = claim(_due(held, now), worker=worker, now=now, lease_s=lease_s, limit=min(room, pace.count))
    errands = [
        errand
        for effect in effects
        if (errand := _errand(effect, held, connector, session, worker=worker, now=now, lease_s=lease_s))
    ]
    if errands:
        _write_attempts(errands)
        Channel.objects.filter(pk=held.pk).update(next_send_at=pace.next_after(len(errands)))
        at("deliver.claimed")
    return errands


def _errand(
    effect: Effect,
    channel: Channel,
    connector: Connector,
    session: Session,
    *,
    worker: str,
    now: datetime,
    lease_s: float,
) -> Errand | None:
    """None where it is settled at once, without a call."""
    act = connector.acts.get(Can(effect.can))
    is_unsure = effect.state == EffectState.UNSURE
    if act is None:
        refusal = NotOffered(channel=channel.name, act=WORDS[Can(effect.can)])
        plan = Plan(state=EffectState.NEEDS_PERSON, next_try_at=now, error=refusal, is_in_doubt=is_unsure)
        _apply(effect, plan, now=now)
        return None
    if is_unsure and not isinstance(act.settle, FindOwn):
        _apply(effect, plan_without_reading(act.settle, now=now), now=now)
        if effect.state != EffectState.WAITING:
            return None
        is_unsure = False
    effect.trying_since = effect.trying_since or now
    return Errand(
        effect=effect,
        channel=channel,
        act=act,
        order=_order(effect),
        session=session,
        number=effect.try_count + 1,
        is_reading_back=is_unsure,
        worker=worker,
        started_at=now,
        lease_until=now + timedelta(seconds=lease_s),
    )


def _order(effect: Effect) -> Order:
    item = effect.item
    return Order(
        key=str(effect.key),
        can=Can(effect.can),
        target=Target(
            remote_id=item.remote_id,
            kind=Kind(item.kind),
            url=item.url,
            about_id=item.about_remote_id,
            facts=item.facts,
        ),
        text=effect.text,
        written_at=effect.created_at,
    )


def _write_attempts(errands: list[Errand]) -> None:
    sending = [errand.effect.pk for errand in errands if not errand.is_reading_back]
    reading = [errand.effect.pk for errand in errands if errand.is_reading_back]
    now = errands[0].started_at
    begun = {
        "try_count": F("try_count") + 1,
        "trying_since": Coalesce("trying_since", now),
        "leased_by": errands[0].worker,
        "leased_until": errands[0].lease_until,
    }
    count = Effect.objects.filter(pk__in=sending, state=EffectState.WAITING).update(
        state=EffectState.SENDING, next_try_at=None, **begun
    )
    count += Effect.objects.filter(pk__in=reading, state=EffectState.UNSURE).update(**begun)
    if count != len(errands):
        raise RuntimeError("a claimed effect changed under its claim")
    for errand in errands:
        if not errand.is_reading_back:
            errand.effect.state = EffectState.SENDING
    Attempt.objects.bulk_create(
        Attempt(
            effect=errand.effect,
            number=errand.number,
            is_settling=errand.is_reading_back,
            started_at=now,
        )
        for errand in errands
    )


def recover_lost(*, now: datetime) -> int:
    """Attempts whose worker is gone become unsure: nobody knows whether they happened. How many."""
    lost = Effect.objects.filter(state=EffectState.SENDING, leased_until__lte=now).select_related("channel")
    return sum(_recover(effect, now=now) for effect in lost.order_by("leased_until")[:_LOST_AT_ONCE])


@transaction.atomic
def _recover(effect: Effect, *, now: datetime) -> bool:
    lock_items([effect.item_id])
    held = Effect.objects.filter(
        pk=effect.pk, state=EffectState.SENDING, leased_by=effect.leased_by, try_count=effect.try_count
    )
    attempt = Attempt.objects.filter(effect=effect, number=effect.try_count).first()
    started_at = attempt.started_at if attempt else now
    try:
        act = connector_of(effect.channel).acts.get(Can(effect.can))
    except ParvisError:
        act = None
    run = Run(
        settle=act.settle if act else AskPerson(),
        counted_tries=effect.try_count - effect.spared_count,
        trying_since=effect.trying_since or started_at,
        started_at=started_at,
        host=effect.channel.name,
    )
    return _apply(effect, plan_for_lost(run, now=now), now=now, held=held)


def record_done(errand: Errand, done: Done, *, now: datetime, ended_at: datetime | None = None) -> bool:
    """The platform has done it, now or in an earlier attempt; False where the lease was lost.

    `ended_at` is when its answer came, where that was before `now`.
    """
    with transaction.atomic():
        lock_items([errand.effect.item_id])
        changed = _held(errand).update(
            state=EffectState.DONE,
            result_remote_id=done.remote_id,
            result_url=done.url,
            error=None,
            next_try_at=None,
            finished_at=now,
            leased_by="",
            leased_until=None,
        )
        if not changed:
            return _too_late(errand)
        found = AttemptOutcome.FOUND_DONE if errand.is_reading_back else AttemptOutcome.DONE
        _end_attempt(errand, found, now=now)
        _take_over_status(errand, done, ended_at=ended_at or now)
        errand.effect.state = EffectState.DONE
        tell_of(errand.effect, now=now)
        at("deliver.recording")
    at("deliver.recorded")
    return True


def record_found_nothing(errand: Errand, *, now: datetime) -> bool:
    plan = plan_after_finding_nothing(errand.run, now=now)
    return _record_plan(errand, plan, AttemptOutcome.FOUND_NOTHING, now=now)


def record_failure(errand: Errand, error: ParvisError, *, now: datetime) -> bool:
    """It did not happen, or nobody knows; False where the lease was lost."""
    planned = plan_after_reading_failed if errand.is_reading_back else plan_after
    plan = planned(error, errand.run, now=now)
    is_open = plan.state == EffectState.UNSURE or plan.is_in_doubt
    outcome = AttemptOutcome.UNKNOWN if is_open else AttemptOutcome.FAILED
    return _record_plan(errand, plan, outcome, now=now, error=error)


def _record_plan(
    errand: Errand, plan: Plan, outcome: AttemptOutcome, *, now: datetime, error: ParvisError | None = None
) -> bool:
    with transaction.atomic():  # locks: channel, item, effect, audit trail; the same sequence everywhere
        is_locked_out = _hold_channel(errand.channel, plan)
        lock_items([errand.effect.item_id])
        is_ours = _apply(errand.effect, plan, now=now, held=_held(errand))
        if is_ours:
            _end_attempt(errand, outcome, now=now, error=error)
        if is_locked_out:
            _say_locked_out(errand.channel, plan, now=now)
        at("deliver.recording")
    if not is_ours:
        return _too_late(errand)
    at("deliver.recorded")
    return True


def _apply(effect: Effect, plan: Plan, *, now: datetime, held: QuerySet[Effect] | None = None) -> bool:
    """Moves the effect on, if it still is where it was seen."""
    before = EffectState(effect.state)
    if plan.state != before and not EFFECT_TRANSITIONS.allowed(before, plan.state):
        raise ValueError(f"no effect goes from {before} to {plan.state}")
    changes: dict[str, Any] = {
        "state": plan.state,
        "next_try_at": plan.next_try_at if plan.state in _GOING_ON else None,
        "is_in_doubt": plan.is_in_doubt,
        "spared_count": F("spared_count") + int(plan.is_spared),
        "leased_by": "",
        "leased_until": None,
    }
    if plan.error is not None:
        changes["error"] = plan.error.facts
    rows = Effect.objects.filter(pk=effect.pk, state=before) if held is None else held
    if not rows.update(**changes):
        return False
    effect.state = plan.state
    tell_of(effect, now=now)
    if plan.state == EffectState.NEEDS_PERSON:
        _say_so(effect, plan, now=now)
    return True


def _say_so(effect: Effect, plan: Plan, *, now: datetime) -> None:
    record(
        None,
        "effect.needs_person",
        subject="item",
        subject_key=effect.item_id,
        department_id=effect.department_id,
        now=now,
        facts={"effect": effect.pk, "can": effect.can, "error": plan.error.code if plan.error else None},
    )


def _held(errand: Errand) -> QuerySet[Effect]:
    """The effect, if it is still this attempt's."""
    state = EffectState.UNSURE if errand.is_reading_back else EffectState.SENDING
    return Effect.objects.filter(pk=errand.effect.pk, state=state, leased_by=errand.worker, try_count=errand.number)


def _too_late(errand: Errand) -> bool:
    _log.warning("effect %s: attempt %s came back after its lease", errand.effect.pk, errand.number)
    return False


def _end_attempt(errand: Errand, outcome: AttemptOutcome, *, now: datetime, error: ParvisError | None = None) -> None:
    Attempt.objects.filter(effect=errand.effect, number=errand.number).update(
        outcome=outcome, ended_at=now, error=error.facts if error else None
    )


def _take_over_status(errand: Errand, done: Done, *, ended_at: datetime) -> None:
    status = done.status or errand.act.leads_to
    if status is None:
        return
    Item.objects.filter(pk=errand.effect.item_id).update(remote_status=status)
    if not done.payloads:  # a payload brings its own time; either way, what was read before this is older
        Item.objects.filter(pk=errand.effect.item_id, seen_at__lt=ended_at).update(seen_at=ended_at)
    restate([errand.effect.item_id])


def _hold_channel(channel: Channel, plan: Plan) -> bool:
    """True where the channel itself now needs a person: its orders wait, and go on once it is mended."""
    if plan.channel_waits_until is not None:
        sooner = Q(next_send_at__isnull=True) | Q(next_send_at__lt=plan.channel_waits_until)
        Channel.objects.filter(sooner, pk=channel.pk).update(next_send_at=plan.channel_waits_until)
    if not plan.is_locked_out or plan.error is None:
        return False
    working = Channel.objects.filter(pk=channel.pk, state=ChannelState.ACTIVE)
    return bool(working.update(state=ChannelState.NEEDS_PERSON, error=plan.error.facts))


def _say_locked_out(channel: Channel, plan: Plan, *, now: datetime) -> None:
    record(
        None,
        "channel.needs_person",
        subject="channel",
        subject_key=channel.pk,
        department_id=channel.department_id,
        now=now,
        facts={"error": plan.error.code if plan.error else None},
    )
    tell("channel", now=now, department_id=channel.department_id, subject_id=channel.pk)
