"""A query looks through what is stored: exactly what it would have found on arrival, block by block, newest first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from parvis.channels.candidates import candidates, ids_of_block, newest_block
from parvis.channels.models import Item
from parvis.core.matching import compile_query, prepare
from parvis.core.query.parser import parse_query
from parvis.core.query.plan import plan_of
from parvis.core.query.tree import Query
from parvis.listening.documents import Heard, heard
from parvis.listening.hearing import tell_of_matches, unchanged
from parvis.listening.locking import lock_matches
from parvis.listening.meeting import keep_matches
from parvis.listening.models import Match, QueryState, SavedQuery
from parvis.orgs.house import house_zone
from parvis.orgs.models import Department

ITEMS_A_STEP = 5_000
_ROWS_A_QUERY = 500


@dataclass(frozen=True, slots=True)
class Place:
    """Where a look through history stands: everything in blocks above is done, and in `block` all below `from_id`."""

    block: int
    from_id: int


def beginning() -> Place | None:
    """None where nothing is stored."""
    block = newest_block()
    return None if block < 0 else Place(block, ids_of_block(block).start)


def find(query: Query, ids: Sequence[int], *, now: datetime) -> list[Heard]:
    """The items among these that the query finds."""
    return [one for one, holds in _asked(query, ids, now=now) if holds]


def _asked(query: Query, ids: Sequence[int], *, now: datetime) -> Iterator[tuple[Heard, bool]]:
    holds, zone = compile_query(query), house_zone()
    for start in range(0, len(ids), _ROWS_A_QUERY):
        for one in heard(Item.objects.filter(id__in=ids[start : start + _ROWS_A_QUERY]).order_by("id")):
            yield one, holds(prepare(one.document, now=now, zone=zone))


def departments_heard(query: SavedQuery) -> list[int]:
    if query.department_id is not None and not query.hears_house:
        return [query.department_id]
    return list(Department.objects.order_by("id").values_list("id", flat=True))


def look_back(query: SavedQuery, place: Place, *, now: datetime) -> tuple[Place | None, int, int]:
    """One step: makes the query's matches from `place` on exactly what it says today.

    Gives where to go on (None: all is done), how many ids were passed and how many matches are new.
    Whatever was written before a crash is found as it stands, and nothing is counted twice.
    """
    tree = parse_query(query.text)
    span = ids_of_block(place.block)
    every = [key for key in candidates(plan_of(tree), place.block, departments_heard(query)) if key >= place.from_id]
    some, rest = every[:ITEMS_A_STEP], every[ITEMS_A_STEP:]
    until = rest[0] if rest else span.stop
    found = {one.item_id: one for one in find(tree, some, now=now)}
    with transaction.atomic():
        lock_matches()
        current = SavedQuery.objects.filter(id=query.id, revision=query.revision, state=QueryState.ON).exists()
        if not current:
            return None, 0, 0
        fresh = unchanged(found)
        before = Match.objects.filter(query=query, item_id__gte=place.from_id, item_id__lt=until)
        others = [key for key in before.values_list("item_id", flat=True) if key not in fresh]
        again = {one.item_id: (one, holds) for one, holds in _asked(tree, others, now=now)}
        looked_at = {**{key: one for key, (one, _) in again.items()}, **fresh}
        meets = [*fresh, *(key for key, (_, holds) in again.items() if holds)]
        changed = keep_matches({key: [query.id] for key in meets}, looked_at, now=now, of_query=query.id)
        tell_of_matches(changed, now=now)
    new_count = sum(changed.new.values())
    if rest:
        return Place(place.block, until), until - place.from_id, new_count
    if place.block == 0:
        return None, until - place.from_id, new_count
    return Place(place.block - 1, ids_of_block(place.block - 1).start), until - place.from_id, new_count
