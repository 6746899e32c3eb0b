"""The one door in: payloads are kept, parsed and stored, and the cursor moves, in one transaction.

Killed at any moment, a step has happened wholly or not at all, and is fetched again; whatever is
fetched twice, out of order or after something newer changes nothing that it should not.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from parvis.channels.envelopes import (
    Reading,
    has_drift,
    keep_envelopes,
    note_replayed,
    pack,
    payload_of,
    prune_envelopes,
    read_payload,
)
from parvis.channels.models import Channel, Envelope, EnvelopeState
from parvis.channels.records import arrival_of, newest_of_each
from parvis.channels.registry import carries_everything, connector_of
from parvis.channels.sieve import sifted
from parvis.channels.storing import store_items, store_statuses
from parvis.core.connector import Fetched
from parvis.core.types import Payload
from parvis.jobs.steps import at

__all__ = [
    "Replayed",
    "TakenIn",
    "prune_envelopes",
    "replay",
    "replay_count",
    "replay_some",
    "take_in",
    "take_in_payloads",
]
_ROWS_A_BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenIn:
    """What became of a step."""

    new_count: int = 0
    changed_count: int = 0
    unchanged_count: int = 0
    stale_count: int = 0
    """Described by something newer already."""
    unparsed_count: int = 0
    problem_count: int = 0
    is_dropped: bool = False
    """The lease was another's, or the channel gone: nothing was changed."""


def take_in(channel: Channel, fetched: Fetched, *, now: datetime, lease: str | None = None) -> TakenIn:
    """Stores one step of reading and moves the channel's cursor.

    `now` is when the step was asked for: nothing in it is newer. `lease` is the worker that holds
    the channel; where it no longer does, the step is dropped without a change.
    """
    return _take_in(channel, fetched.payloads, now=now, cursor=fetched.cursor, lease=lease)


def take_in_payloads(channel: Channel, payloads: Sequence[Payload], *, now: datetime) -> TakenIn:
    """The same for what did not come by polling (an answer to an order, an imported file): the cursor stays."""
    return _take_in(channel, payloads, now=now, cursor=None, lease=None)


def _take_in(
    channel: Channel, payloads: Sequence[Payload], *, now: datetime, cursor: dict[str, Any] | None, lease: str | None
) -> TakenIn:
    connector = connector_of(channel)
    readings = [read_payload(connector, payload) for payload in payloads]
    if carries_everything(channel):
        readings = sifted(channel, readings)
    packed = pack(readings)
    at("intake.parsed")
    with transaction.atomic():
        locked = _locked(channel.pk, lease=lease, now=now)
        if locked is None:
            return TakenIn(is_dropped=True)
        at("intake.begun")
        locked.drift_count += keep_envelopes(locked, readings, packed, now=now)
        at("intake.after_envelopes")
        taken = _store(locked, readings, seen_at=now, now=now)
        if cursor is not None:
            locked.cursor = cursor
        locked.save(update_fields=["cursor", "drift_count", "item_count"])
        at("intake.before_commit")
    at("intake.committed")
    channel.cursor, channel.drift_count, channel.item_count = locked.cursor, locked.drift_count, locked.item_count
    return taken


def _locked(channel_id: int, *, lease: str | None, now: datetime) -> Channel | None:
    """The channel's row, held until the transaction ends; None where it is not ours to change."""
    rows = Channel.objects.select_for_update(of=("self",), no_key=True).filter(id=channel_id, removed_at__isnull=True)
    if lease is not None:
        rows = rows.filter(leased_by=lease, leased_until__gt=now)
    return rows.first()


def _store(channel: Channel, readings: Sequence[Reading], *, seen_at: datetime, now: datetime) -> TakenIn:
    arrivals, statuses = newest_of_each(
        arrival_of(record, seen_at=seen_at) for reading in readings for record in reading.items
    )
    done = store_items(channel, arrivals, now=now, remember_unchanged=has_drift(channel))
    channel.item_count += len(done.new)
    status_count = store_statuses(channel, statuses, now=now)
    return TakenIn(
        new_count=len(done.new),
        changed_count=len(done.changed) + status_count,
        unchanged_count=len(done.unchanged),
        stale_count=done.stale_count,
        unparsed_count=sum(reading.state == EnvelopeState.UNPARSED for reading in readings),
        problem_count=sum(len(reading.problems) for reading in readings),
    )


@dataclass(slots=True, kw_only=True)
class Replayed:
    """What a replay has come to so far."""

    envelope_count: int = 0
    new_count: int = 0
    changed_count: int = 0
    mended_count: int = 0
    """Payloads that could not be parsed wholly before, and can now."""


def replay(
    channel: Channel | None,
    *,
    now: datetime,
    everything: bool = False,
    newer_than_version: int | None = None,
    progress: Callable[[Replayed], None] | None = None,
) -> Replayed:
    """Parses kept payloads again, oldest first: those that were not wholly parsed, or `everything`.

    `newer_than_version` leaves out what an older connector had parsed. One payload a transaction:
    stopped at any moment, it can be begun again and does no harm twice.
    """
    done = Replayed()
    for envelope_id in _to_replay(channel, everything=everything, newer_than_version=newer_than_version):
        _replay_one(envelope_id, done, now=now)
        if progress is not None:
            progress(done)
    return done


def replay_some(
    channel: Channel, *, now: datetime, after: tuple[datetime, int] | None, limit: int = 20
) -> tuple[Replayed, tuple[datetime, int] | None]:
    """The same for some of what waits in one channel, after a place; where the next begin, None at the end."""
    rows = _replayable(channel, everything=False, newer_than_version=None).order_by("seen_at", "id")
    further = rows.filter(Q(seen_at__gt=after[0]) | Q(seen_at=after[0], id__gt=after[1])) if after else rows
    batch = list(further.values_list("seen_at", "id")[:limit])
    done = Replayed()
    for _, envelope_id in batch:
        _replay_one(envelope_id, done, now=now)
    return done, batch[-1] if batch else None


def replay_count(channel: Channel | None, *, everything: bool = False, newer_than_version: int | None = None) -> int:
    waiting = _replayable(channel, everything=everything, newer_than_version=newer_than_version)
    return int(waiting.count())


def _replayable(channel: Channel | None, *, everything: bool, newer_than_version: int | None) -> Any:
    rows = Envelope.objects.filter(channel__removed_at__isnull=True)
    if channel is not None:
        rows = rows.filter(channel=channel)
    if not everything:
        rows = rows.exclude(state=EnvelopeState.PARSED)
    if newer_than_version is not None:
        rows = rows.filter(connector_version__gt=newer_than_version)
    return rows


def _to_replay(channel: Channel | None, *, everything: bool, newer_than_version: int | None) -> Iterator[int]:
    """Ids in the order in which the payloads were last seen; those that change meanwhile are not met twice."""
    rows = _replayable(channel, everything=everything, newer_than_version=newer_than_version).order_by("seen_at", "id")
    last: tuple[datetime, int] | None = None
    while True:
        further = rows.filter(Q(seen_at__gt=last[0]) | Q(seen_at=last[0], id__gt=last[1])) if last else rows
        batch = list(further.values_list("seen_at", "id")[:_ROWS_A_BATCH])
        if not batch:
            return
        last = batch[-1]
        yield from (envelope_id for _, envelope_id in batch)


def _replay_one(envelope_id: int, done: Replayed, *, now: datetime) -> None:
    row = Envelope.objects.select_related("channel").filter(id=envelope_id).first()
    if row is None:
        return
    reading = read_payload(connector_of(row.channel), payload_of(row))
    if carries_everything(row.channel):
        reading = _sifted_again(row.channel, reading)
    with transaction.atomic():
        channel = _locked(row.channel_id, lease=None, now=now)
        current = Envelope.objects.filter(id=envelope_id).only("seen_at", "state").first()
        if channel is None or current is None:
            return
        done.mended_count += current.state != EnvelopeState.PARSED and reading.state == EnvelopeState.PARSED
        channel.drift_count = max(0, channel.drift_count + note_replayed(current, reading))
        taken = _store(channel, [reading], seen_at=current.seen_at, now=now)
        channel.save(update_fields=["drift_count", "item_count"])
    done.envelope_count += 1
    done.new_count += taken.new_count
    done.changed_count += taken.changed_count


def _sifted_again(channel: Channel, reading: Reading) -> Reading:
    """Of a kept payload: it is counted as understood whatever is wanted of it by now."""
    left = sifted(channel, [reading])
    return left[0] if left else replace(reading, items=())
