"""What came of an attempt is recorded: done, found done, failed, unknown; or its worker is gone.

Each record is conditional on state, worker and number of the attempt, so that a worker that wakes up
after its lease cannot write over what another has done since.
"""

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from parvis.channels.chains import go_on_after
from parvis.channels.errands import Errand
from parvis.channels.models import Attempt, AttemptOutcome, Channel, ChannelState, Effect, EffectState, Item
from parvis.channels.moving import apply_plan
from parvis.channels.outbox import tell_of
from parvis.channels.registry import connector_of
from parvis.channels.retries import (
    Plan,
    Run,
    plan_after,
    plan_after_finding_nothing,
    plan_after_reading_failed,
    plan_for_lost,
)
from parvis.channels.standing import lock_subjects, restate
from parvis.core.connector import AskPerson, Can, Done
from parvis.core.errors import ParvisError
from parvis.jobs.live import tell
from parvis.jobs.steps import at
from parvis.orgs.audit import record

_log = logging.getLogger("parvis.deliver")
_LOST_AT_ONCE = 100


def recover_lost(*, now: datetime) -> int:
    """Attempts whose worker is gone become unsure: nobody knows whether they happened. How many."""
    lost = Effect.objects.filter(state=EffectState.SENDING, leased_until__lte=now).select_related("channel")
    return sum(_recover(effect, now=now) for effect in lost.order_by("leased_until")[:_LOST_AT_ONCE])


@transaction.atomic
def _recover(effect: Effect, *, now: datetime) -> bool:
    lock_subjects([effect])
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
    return apply_plan(effect, plan_for_lost(run, now=now), now=now, held=held)


def record_done(errand: Errand, done: Done, *, now: datetime, ended_at: datetime | None = None) -> bool:
    """The platform has done it, now or in an earlier attempt; False where the lease was lost.

    `ended_at` is when its answer came, where that was before `now`.
    """
    with transaction.atomic():
        lock_subjects([errand.effect])
        changed = _held(errand).update(
            state=EffectState.DONE,
            result_remote_id=done.remote_id,
            result_url=done.url,
            result_facts=done.facts,
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
        go_on_after(errand.effect, now=now)
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
        lock_subjects([errand.effect])
        is_ours = apply_plan(errand.effect, plan, now=now, held=_held(errand))
        if is_ours:
            _end_attempt(errand, outcome, now=now, error=error)
        if is_locked_out:
            _say_locked_out(errand.channel, plan, now=now)
        at("deliver.recording")
    if not is_ours:
        return _too_late(errand)
    at("deliver.recorded")
    return True


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
    if status is None or errand.effect.item_id is None:
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
