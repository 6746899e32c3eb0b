"""What is due is claimed with its attempt written, and becomes an errand: all that the call and its record need."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
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
from parvis.channels.pace import Allowance, allowance
from parvis.channels.registry import connector_of
from parvis.channels.retries import (
    Plan,
    Run,
    plan_without_reading,
)
from parvis.core.connector import (
    NO_TARGET,
    REQUESTS_PER_MINUTE,
    Act,
    Can,
    Connector,
    Earlier,
    File,
    FindOwn,
    Order,
    Session,
    Target,
)
from parvis.core.errors import NotOffered, ParvisError
from parvis.core.types import Kind
from parvis.jobs.claim import is_free
from parvis.jobs.rows import as_param, update_rows
from parvis.jobs.steps import at

_log = logging.getLogger("parvis.deliver")
_OPEN = (EffectState.WAITING, EffectState.UNSURE)
_BLOCKING = (EffectState.WAITING, EffectState.SENDING, EffectState.UNSURE)

MOST_PER_MINUTE = 6_000.0
"""Whatever a server tells."""

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
    ways: list[_Way] = []
    for channel in _channels_due(now) if free > 0 else ():
        room = most_a_channel - busy.get(channel.pk, 0)
        if room < 1:
            continue
        try:
            ways.append(_Way(channel, connector_of(channel), open_session(channel), room))
        except ParvisError as error:
            _set_aside(channel, error, now=now)
    errands = _claim(ways, worker=worker, now=now, lease_s=lease_s, free=free) if ways else []
    if errands:
        at("deliver.attempt_written")
    return errands


@dataclass(frozen=True, slots=True)
class _Way:
    """A channel that has something due, and how to reach its platform."""

    channel: Channel
    connector: Connector
    session: Session
    room: int
    """Calls that may still begin there."""


def _sending() -> QuerySet[Channel]:
    return Channel.objects.filter(state=ChannelState.ACTIVE, removed_at__isnull=True)


def _channels_due(now: datetime) -> list[Channel]:
    """Those that have gone without for longest come first."""
    due = Effect.objects.filter(channel=OuterRef("pk"), state__in=_OPEN, next_try_at__lte=now)
    channels = _sending().filter(Q(next_send_at__isnull=True) | Q(next_send_at__lte=now))
    return list(channels.filter(Exists(due)).order_by(F("next_send_at").asc(nulls_first=True), "pk"))


def _set_aside(channel: Channel, error: ParvisError, *, now: datetime) -> None:
    """The fault is this machine's: its orders wait a minute."""
    _log.warning("channel %s cannot send: %s", channel.pk, error)
    Channel.objects.filter(pk=channel.pk).update(next_send_at=now + timedelta(minutes=1), error=error.facts)


def _due_ids(channel: Channel, now: datetime, limit: int) -> list[int]:
    """Only the oldest open order of an item: what is asked of one item happens in the order it was asked.

    By hand, since it is asked of every channel at each look: writing the statement anew takes longer than it does.
    """
    statement = (
        "SELECT due.id FROM channels_effect due WHERE due.channel_id = %s AND due.state IN (%s, %s)"
        " AND due.next_try_at <= %s AND (due.leased_until IS NULL OR due.leased_until <= %s)"
        " AND NOT EXISTS (SELECT 1 FROM channels_effect older WHERE older.item_id = due.item_id"
        " AND older.id < due.id AND older.state IN (%s, %s, %s)) ORDER BY due.next_try_at, due.id LIMIT %s"
    )
    at_s = as_param(now)
    values = [channel.pk, *_OPEN, at_s, at_s, *_BLOCKING, limit]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [row[0] for row in cursor.fetchall()]


@transaction.atomic
def _claim(ways: Sequence[_Way], *, worker: str, now: datetime, lease_s: float, free: int) -> list[Errand]:
    """Holding the channels keeps their pace whichever workers there are; one that another holds is passed over."""
    rows = _sending().filter(pk__in=[way.channel.pk for way in ways]).order_by("pk")
    held = {row.pk: row for row in rows.select_for_update(skip_locked=True, no_key=True)}
    paces: dict[int, Allowance] = {}
    keys: list[int] = []
    for way in ways:
        channel = held.get(way.channel.pk)
        if channel is None or len(keys) >= free:
            continue
        pace = allowance(channel.next_send_at, requests_per_minute=_rpm(way.connector, channel), now=now)
        limit = min(free - len(keys), way.room, pace.count)
        if limit > 0:
            paces[channel.pk] = pace
            keys += _due_ids(channel, now, limit)
    effects = _held_effects(keys, now=now)
    chains = [effect.chain for effect in effects if effect.chain is not None]
    earlier = earlier_parts(chains) if chains else {}
    by_channel = {way.channel.pk: way for way in ways}
    errands = [
        errand
        for effect in effects
        if (
            errand := _errand(
                effect, held[effect.channel_id], by_channel[effect.channel_id], worker=worker, now=now,
                lease_s=lease_s, earlier=earlier.get(effect.chain, {}) if effect.chain else {},
            )
        )
    ]  # fmt: skip
    if errands:
        _write_attempts(errands)
        used = Counter(errand.channel.pk for errand in errands)
        update_rows(Channel, ["next_send_at"], [[paces[key].next_after(count), key] for key, count in used.items()])
        at("deliver.claimed")
    return errands


def _held_effects(keys: Sequence[int], *, now: datetime) -> list[Effect]:
    """Those of them that are still to be sent and that nobody else holds, in that order."""
    if not keys:
        return []
    rows = Effect.objects.filter(is_free(now), pk__in=keys, state__in=_OPEN, next_try_at__lte=now)
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True, of=("self",), no_key=True)
    found = {effect.pk: effect for effect in rows.select_related("item")}
    return [found[key] for key in keys if key in found]


def _rpm(connector: Connector, channel: Channel) -> float:
    """What the platform told this channel when it was looked at, else what holds for all of them."""
    told = str(channel.facts.get(REQUESTS_PER_MINUTE, ""))
    if told.isascii() and told.isdigit() and int(told) > 0:
        return min(float(told), MOST_PER_MINUTE)
    return connector.requests_per_minute


def _errand(
    effect: Effect,
    channel: Channel,
    way: _Way,
    *,
    worker: str,
    now: datetime,
    lease_s: float,
    earlier: dict[str, Earlier],
) -> Errand | None:
    """None where it is settled at once, without a call."""
    act = way.connector.acts.get(Can(effect.can))
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
        session=way.session,
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
        file=_file(effect.body["file"]) if effect.body.get("file") else None,
        files=tuple(map(_file, effect.body.get("files") or ())),
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


def _file(written: dict[str, Any]) -> File:
    """Where its bytes are, below the house's data directory."""
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
