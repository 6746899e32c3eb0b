"""What came of an attempt is recorded: done, found done, failed, unknown; or its worker is gone.

Each record is conditional on state, worker and number of the attempt, so that a worker that wakes up
after its lease cannot write over what another has done since.
"""

import logging
import time
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from parvis.channels.chains import go_on_in
from parvis.channels.errands import Errand
from parvis.channels.models import Attempt, AttemptOutcome, Channel, ChannelState, Effect, EffectState, Item
from parvis.channels.moving import apply_plan
from parvis.channels.outbox import tell_of_all
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
from parvis.jobs.rows import update_rows
from parvis.jobs.steps import at
from parvis.orgs.audit import record

_log = logging.getLogger("parvis.deliver")
_LOST_AT_ONCE = 100


class CallWatch:
    """What one worker has seen others send, by its own stopwatch.

    A lease ends by the clock, and a clock may be an hour off, here or where it was taken. A call ends by a
    stopwatch, well before the time of a lease is over: what was seen for as long is under way no more.
    """

    def __init__(self, *, lease_s: float, stopwatch: Callable[[], float] = time.monotonic) -> None:
        self._lease_s, self._stopwatch = lease_s, stopwatch
        self._since_s: dict[tuple[int, str, int], float] = {}

    def look(self) -> set[int]:
        """Ids of orders whose call has ended, if it was ever made. To be called every few seconds."""
        sending = Effect.objects.filter(state=EffectState.SENDING, leased_until__isnull=False)
        now_s = self._stopwatch()
        seen = set(sending.values_list("pk", "leased_by", "try_count"))
        self._since_s = {one: self._since_s.get(one, now_s) for one in seen}
        return {one[0] for one, since_s in self._since_s.items() if now_s - since_s >= self._lease_s}


def recover_lost(*, now: datetime, over: Collection[int] | None = None, under_way: Collection[int] = ()) -> int:
    """Attempts whose worker is gone become unsure: nobody knows whether they happened. How many.

    `over`: ids of the only ones that may be (`CallWatch`); `under_way`: of those that certainly are not.
    """
    lost = Effect.objects.filter(state=EffectState.SENDING, leased_until__lte=now).select_related("channel")
    lost = lost.exclude(pk__in=under_way) if under_way else lost
    lost = lost if over is None else lost.filter(pk__in=over)
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
    return bool(record_all_done([(errand, done, ended_at or now)], now=now))


def record_all_done(came: Sequence[tuple[Errand, Done, datetime]], *, now: datetime) -> set[int]:
    """The same for many in one transaction: (errand, what was done, when its answer came) each.

    The ids of those effects that were still their attempt's.
    """
    with transaction.atomic():
        effects = [errand.effect for errand, _, _ in came]
        lock_subjects(effects)
        ours = _still_ours([errand for errand, _, _ in came])
        done = [one for one in came if one[0].effect.pk in ours]
        update_rows(Effect, _DONE_FIELDS, [_done_values(errand.effect, what, now=now) for errand, what, _ in done])
        _end_attempts([errand for errand, _, _ in done], now=now)
        for errand, what, ended_at in done:
            _take_over_status(errand, what, ended_at=ended_at)
            errand.effect.state = EffectState.DONE
        chains = [errand.effect.chain for errand, _, _ in done if errand.effect.chain is not None]
        if chains:
            go_on_in(chains, now=now)
        tell_of_all([errand.effect for errand, _, _ in done], now=now)
        if done:
            at("deliver.recording")
    for errand, _, _ in came:
        if errand.effect.pk not in ours:
            _too_late(errand)
    if done:
        at("deliver.recorded")
    return ours


_DONE_FIELDS = (
    "state", "result_remote_id", "result_url", "result_facts", "error", "next_try_at", "finished_at", "leased_by",
    "leased_until", "is_followed",
)  # fmt: skip


def _done_values(effect: Effect, done: Done, *, now: datetime) -> list[Any]:
    is_followed = effect.chain is None
    told = [done.remote_id, done.url, dict(done.facts)]
    return [EffectState.DONE.value, *told, None, None, now, "", None, is_followed, effect.pk]


def _still_ours(errands: Sequence[Errand]) -> set[int]:
    """Those that no other worker has taken over since, held until the transaction ends."""
    rows = Effect.objects.filter(pk__in=[errand.effect.pk for errand in errands]).order_by("pk")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(no_key=True, of=("self",))
    found = {key: held for key, *held in rows.values_list("pk", "state", "leased_by", "try_count")}
    return {
        errand.effect.pk
        for errand in errands
        if found.get(errand.effect.pk) == [_state_in(errand), errand.worker, errand.number]
    }


def _end_attempts(errands: Sequence[Errand], *, now: datetime) -> None:
    alike: dict[tuple[int, bool], list[int]] = {}
    for errand in errands:
        alike.setdefault((errand.number, errand.is_reading_back), []).append(errand.effect.pk)
    for (number, is_reading_back), keys in alike.items():
        outcome = AttemptOutcome.FOUND_DONE if is_reading_back else AttemptOutcome.DONE
        Attempt.objects.filter(effect__in=keys, number=number).update(outcome=outcome, ended_at=now, error=None)


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
    return Effect.objects.filter(
        pk=errand.effect.pk, state=_state_in(errand), leased_by=errand.worker, try_count=errand.number
    )


def _state_in(errand: Errand) -> EffectState:
    return EffectState.UNSURE if errand.is_reading_back else EffectState.SENDING


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
