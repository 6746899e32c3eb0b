"""What is due is claimed with its attempt written, and becomes an errand: all that the call and its record need."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from parvis.channels.chains import earlier_parts
from parvis.channels.models import (
    Attempt,
    Channel,
    ChannelState,
    Effect,
    EffectState,
    Item,
)
from parvis.channels.moving import apply_plan
from parvis.channels.outbox import WORDS
from parvis.channels.pace import allowance
from parvis.channels.registry import connector_of
from parvis.channels.retries import (
    Plan,
    Run,
    plan_without_reading,
)
from parvis.core.connector import NO_TARGET, Act, Can, Connector, Earlier, File, FindOwn, Order, Session, Target
from parvis.core.errors import NotOffered, ParvisError
from parvis.core.types import Kind
from parvis.jobs.claim import claim
from parvis.jobs.steps import at

_log = logging.getLogger("parvis.deliver")
_BLOCKING = (EffectState.WAITING, EffectState.SENDING, EffectState.UNSURE)

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
    chains = [effect.chain for effect in effects if effect.chain is not None]
    earlier = earlier_parts(chains) if chains else {}
    errands = [
        errand
        for effect in effects
        if (
            errand := _errand(
                effect, held, connector, session, worker=worker, now=now, lease_s=lease_s,
                earlier=earlier.get(effect.chain, {}) if effect.chain else {},
            )
        )
    ]  # fmt: skip
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
    earlier: dict[str, Earlier],
) -> Errand | None:
    """None where it is settled at once, without a call."""
    act = connector.acts.get(Can(effect.can))
    is_unsure = effect.state == EffectState.UNSURE
    if act is None:
        refusal = NotOffered(channel=channel.name, act=WORDS[Can(effect.can)])
        plan = Plan(state=EffectState.NEEDS_PERSON, next_try_at=now, error=refusal, is_in_doubt=is_unsure)
        apply_plan(effect, plan, now=now)
        return None
    if is_unsure and not isinstance(act.settle, FindOwn):
        apply_plan(effect, plan_without_reading(act.settle, now=now), now=now)
        if effect.state != EffectState.WAITING:
            return None
        is_unsure = False
    effect.trying_since = effect.trying_since or now
    return Errand(
        effect=effect,
        channel=channel,
        act=act,
        order=_order(effect, earlier),
        session=session,
        number=effect.try_count + 1,
        is_reading_back=is_unsure,
        worker=worker,
        started_at=now,
        lease_until=now + timedelta(seconds=lease_s),
    )


def _order(effect: Effect, earlier: dict[str, Earlier]) -> Order:
    return Order(
        key=str(effect.key),
        can=Can(effect.can),
        target=_target(effect.item) if effect.item is not None else NO_TARGET,
        text=effect.text,
        body=effect.body,
        earlier=earlier,
        file=_file(effect.body.get("file")),
        written_at=effect.created_at,
    )


def _target(item: Item) -> Target:
    return Target(
        remote_id=item.remote_id,
        kind=Kind(item.kind),
        url=item.url,
        about_id=item.about_remote_id,
        facts=item.facts,
    )


def _file(written: dict[str, Any] | None) -> File | None:
    """Where an upload's bytes are, below the house's data directory."""
    if written is None:
        return None
    return File(
        path=Path(settings.DATA_DIR) / written["path"],
        mime=written["mime"],
        size_bytes=written["size_bytes"],
        name=written["name"],
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
