"""What is kept of a stream that carries everything: what the house looks for, and what is here already.

A layer above says what is looked for, once a process (`set_sieve`). Without a sieve nothing new of such
a stream is kept; what is stored is still changed and deleted by it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import count

from parvis.channels.envelopes import Reading
from parvis.channels.models import Channel, EnvelopeState, Item
from parvis.channels.records import LONGEST_ID, STATUS_ONLY, kept_id
from parvis.core.types import ItemRecord

Wanted = Callable[[Channel, ItemRecord], bool]
"""Whether somebody looks for what this record of the channel says. Called for each record of a network: it must be quick."""

MOST_NOT_UNDERSTOOD = 100
"""Payloads kept for a mend, of one channel: a network that changes its format would fill the disk in an hour."""
_ROWS_A_QUERY = 500
_sieves: list[Wanted] = []


def set_sieve(wanted: Wanted | None) -> None:
    """From now on, in this process; None: nothing new is kept."""
    _sieves[:] = [wanted] if wanted is not None else []


def offer_sieve(wanted: Wanted) -> None:
    """The same, unless another is set already."""
    if not _sieves:
        set_sieve(wanted)


@contextmanager
def sifting(wanted: Wanted) -> Iterator[None]:
    """The same while the block runs."""
    before = list(_sieves)
    set_sieve(wanted)
    try:
        yield
    finally:
        _sieves[:] = before


def sifted(channel: Channel, readings: Sequence[Reading]) -> list[Reading]:
    """What is left of a step: payloads of which a record is kept, with those records alone."""
    kept = _kept_ids(channel, [record for reading in readings for record in reading.items])
    left = (
        replace(reading, items=tuple(record for record in reading.items if _key(record) in kept))
        for reading in readings
    )
    room = count(channel.drift_count + 1)
    return [reading for reading in left if reading.items or (_is_drift(reading) and next(room) <= MOST_NOT_UNDERSTOOD)]


def _kept_ids(channel: Channel, records: Sequence[ItemRecord]) -> set[str]:
    wanted = _sieves[0] if _sieves else _nothing
    told = [record for record in records if not record.facts.get(STATUS_ONLY)]
    kept = {_key(record) for record in told if wanted(channel, record)}
    rest = list({_key(record) for record in records} - kept)
    for start in range(0, len(rest), _ROWS_A_QUERY):
        known = Item.objects.filter(channel=channel, remote_id__in=rest[start : start + _ROWS_A_QUERY])
        kept.update(known.values_list("remote_id", flat=True))
    return kept


def _nothing(_channel: Channel, _record: ItemRecord) -> bool:
    return False


def _key(record: ItemRecord) -> str:
    return kept_id(record.remote_id, LONGEST_ID)


def _is_drift(reading: Reading) -> bool:
    return reading.state == EnvelopeState.UNPARSED
