"""Raw payloads: parsed at the door, kept compressed for an option's number of days, parsed again after a mend."""

import hashlib
import logging
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet

from parvis.channels.models import Channel, Envelope, EnvelopeState
from parvis.channels.records import storable, storable_json
from parvis.channels.registry import connector_called
from parvis.core.connector import Connector
from parvis.core.errors import AnswerNotUnderstood
from parvis.core.types import ItemRecord, Payload, Problem
from parvis.jobs.faults import one_line
from parvis.jobs.turns import let_others_write

UNPARSED_KEPT_TIMES = 4
"""Payloads that wait for a mend are kept so many times longer than others."""
FOREIGN = "//"
DELIVERY = "delivery"
"""The fact of a payload that was posted to us: its sender's id for it."""
_LEVEL = 4
"""Of zlib: 5 spares 2 % more and takes half as long again."""
_MOST_PROBLEMS = 50
_ROWS_A_BATCH = 500
_log = logging.getLogger("parvis.channels")


@dataclass(slots=True)
class Reading:
    """What was made of one payload."""

    payload: Payload
    hash: str
    items: tuple[ItemRecord, ...]
    problems: list[dict[str, str]]
    state: EnvelopeState
    version: int


def read_payload(connector: Connector, payload: Payload) -> Reading:
    """Whatever a platform sends, this gives a Reading: a payload that makes no sense is one that waits for a mend.

    A payload from elsewhere ("slug/endpoint", see `foreign_endpoint`) is read by that connector's parser.
    """
    slug, _, bare = payload.endpoint.rpartition(FOREIGN)
    if slug:
        return _read(connector_called(slug), payload, msgspec.structs.replace(payload, endpoint=bare))
    return _read(connector, payload, payload)


def foreign_endpoint(slug: str, endpoint: str) -> str:
    """The endpoint of a payload that another connector than the channel's own has to parse: an imported file."""
    return f"{slug}{FOREIGN}{endpoint}"


def _read(connector: Connector, payload: Payload, as_sent: Payload) -> Reading:
    items: tuple[ItemRecord, ...] = ()
    problems: list[Problem] = []
    state = EnvelopeState.UNPARSED
    try:
        parsed = connector.parse(as_sent)
    except AnswerNotUnderstood as error:
        problems = [Problem(where=payload.endpoint, detail=error.text.en)]
    except Exception as error:  # noqa: BLE001 - the outermost edge of foreign data: what it breaks must not stop the channel
        _log.error("%s could not parse a payload from %s: %s", connector.slug, payload.endpoint, one_line(error))
        problems = [Problem(where=payload.endpoint, detail=f"{type(error).__name__}: {error}")]
    else:
        items = tuple(record for record in parsed.items if record.remote_id)
        problems = [*parsed.problems, *_without_id(parsed.items)]
        state = EnvelopeState.PARTIAL if problems else EnvelopeState.PARSED
    return Reading(
        payload=payload,
        hash=hash_of(payload),
        items=items,
        problems=_as_json(problems),
        state=state,
        version=connector.version,
    )


def _without_id(records: Iterable[ItemRecord]) -> list[Problem]:
    return [Problem(where=f"{number}", detail="no id") for number, record in enumerate(records) if not record.remote_id]


def _as_json(problems: list[Problem]) -> list[dict[str, str]]:
    return [
        {"where": storable(problem.where)[:200], "detail": storable(problem.detail)[:500]}
        for problem in problems[:_MOST_PROBLEMS]
    ]


def hash_of(payload: Payload) -> str:
    """A delivery that bears an id is the same by that alone."""
    if delivery := payload.facts.get(DELIVERY):
        return hashlib.sha256(f"{payload.endpoint}\0{DELIVERY}\0{delivery}".encode("utf-8", "replace")).hexdigest()
    return hashlib.sha256(payload.endpoint.encode() + b"\0" + payload.body).hexdigest()


def pack(readings: Iterable[Reading]) -> dict[str, bytes]:
    """The compressed bodies by hash: done before the transaction begins."""
    return {reading.hash: zlib.compress(reading.payload.body, _LEVEL) for reading in readings}


def keep_envelopes(channel: Channel, readings: list[Reading], packed: dict[str, bytes], *, now: datetime) -> int:
    """Each payload once; the same again is noted as seen. By how much the channel's drift count changes."""
    by_hash = {reading.hash: reading for reading in readings}
    known = {row.hash: row for row in Envelope.objects.filter(channel=channel, hash__in=by_hash).defer("packed_body")}
    drift = 0
    for key, row in known.items():
        drift -= row.state == EnvelopeState.UNPARSED
        _note_reading(row, by_hash[key])
        row.seen_at = max(row.seen_at, now)
    Envelope.objects.bulk_update(known.values(), ["seen_at", "state", "problems", "item_count", "connector_version"])
    new = [_envelope(channel, by_hash[key], packed[key], now=now) for key in by_hash if key not in known]
    Envelope.objects.bulk_create(new)
    return drift + sum(reading.state == EnvelopeState.UNPARSED for reading in by_hash.values())


def note_replayed(row: Envelope, reading: Reading) -> int:
    """Stores what a payload gives now; by how much the drift count changes."""
    before = row.state == EnvelopeState.UNPARSED
    _note_reading(row, reading)
    row.save(update_fields=["state", "problems", "item_count", "connector_version"])
    return (row.state == EnvelopeState.UNPARSED) - before


def _note_reading(row: Envelope, reading: Reading) -> None:
    row.state, row.problems = reading.state, reading.problems
    row.item_count, row.connector_version = len(reading.items), reading.version


def _envelope(channel: Channel, reading: Reading, packed_body: bytes, *, now: datetime) -> Envelope:
    payload = reading.payload
    return Envelope(
        channel=channel,
        endpoint=storable(payload.endpoint)[:60],
        url=storable(payload.url),
        content_type=storable(payload.content_type)[:120],
        facts=storable_json(payload.facts),
        connector_version=reading.version,
        packed_body=packed_body,
        size_bytes=len(payload.body),
        hash=reading.hash,
        received_at=now,
        seen_at=now,
        state=reading.state,
        item_count=len(reading.items),
        problems=reading.problems,
    )


def payload_of(row: Envelope) -> Payload:
    return Payload(
        endpoint=row.endpoint,
        url=row.url,
        body=zlib.decompress(bytes(row.packed_body)),
        content_type=row.content_type,
        facts=row.facts,
    )


def has_drift(channel: Channel) -> bool:
    """Whether any kept payload was not, or not wholly, parsed."""
    return Envelope.objects.filter(channel=channel).exclude(state=EnvelopeState.PARSED).exists()


def prune_envelopes(now: datetime) -> int:
    """Forgets raw payloads after PARVIS_ENVELOPE_DAYS; those that wait for a mend, after four times as long."""
    days = settings.OPTIONS["PARVIS_ENVELOPE_DAYS"]
    limit, long_limit = now - timedelta(days=days), now - timedelta(days=days * UNPARSED_KEPT_TIMES)
    unparsed = Envelope.objects.filter(state=EnvelopeState.UNPARSED)
    return sum(
        _delete_in_batches(Envelope.objects.exclude(state=EnvelopeState.UNPARSED).filter(seen_at__lt=limit))
    ) + sum(_delete_in_batches(unparsed.filter(seen_at__lt=long_limit)))


def _delete_in_batches(rows: QuerySet[Envelope]) -> Iterator[int]:
    while True:
        begun_s = time.monotonic()
        with transaction.atomic():
            batch = list(rows.order_by("seen_at").values_list("id", "channel_id", "state")[:_ROWS_A_BATCH])
            Envelope.objects.filter(id__in=[row[0] for row in batch]).delete()
            lost = [channel_id for _, channel_id, state in batch if state == EnvelopeState.UNPARSED]
            for channel_id in set(lost):
                Channel.objects.filter(id=channel_id).update(drift_count=F("drift_count") - lost.count(channel_id))
        if not batch:
            return
        let_others_write(time.monotonic() - begun_s)
        yield len(batch)
