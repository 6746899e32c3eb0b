"""A query looks through what is stored: exactly what it would have found on arrival, block by block, newest first."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from parvis.channels.candidates import candidates, ids_of_block, newest_block
from parvis.channels.models import Item
from parvis.core.query.parser import parse_query
from parvis.core.query.plan import Everything, Plan, plan_of
from parvis.core.query.tree import Query
from parvis.listening.hearing import tell_of_matches
from parvis.listening.kept import FIELDS, Kept, moment_of, standing
from parvis.listening.locking import lock_matches
from parvis.listening.meeting import Changed, keep_found, note_new
from parvis.listening.models import Match, QueryState, SavedQuery
from parvis.listening.sifting import Found, Sifter
from parvis.listening.writing import write_found
from parvis.orgs.models import Department

STEP_S = 0.4
"""How long a step goes on to the next items."""
ITEMS_AT_ONCE = 8_000
"""Where all of them are found, to write them takes some 0.2 s, in which nobody else writes on SQLite."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a look through history stands: everything in blocks above is done, and in `block` all below `from_id`."""

    block: int
    from_id: int


def beginning() -> Place | None:
    """None where nothing is stored."""
    block = newest_block()
    return None if block < 0 else Place(block, ids_of_block(block).start)


def find(query: Query, ids: Sequence[int], *, now: datetime) -> list[int]:
    """Those of the items that the query finds, by id where they are given so."""
    return [one.item_id for one in Sifter(query, now=now).among(ids)]


def departments_heard(query: SavedQuery) -> list[int]:
    if query.department_id is not None and not query.hears_house:
        return [query.department_id]
    return list(Department.objects.order_by("id").values_list("id", flat=True))


def look_back(query: SavedQuery, place: Place, *, now: datetime) -> tuple[Place | None, int, int]:
    """One step: makes the query's matches from `place` on exactly what it says today.

    Gives where to go on (None: all is done), how many ids were passed and how many matches are new.
    Whatever was written before a crash is found as it stands, and nothing is counted twice.
    """
    looking = _Looking(query, now=now)
    until_s = time.monotonic() + STEP_S
    following: Place | None = place
    passed = 0
    while following is not None:
        following, more = looking.look(following)
        passed += more
        if time.monotonic() > until_s:
            break
    return following, passed, looking.new_count


class _Looking:
    """One query at one moment."""

    def __init__(self, query: SavedQuery, *, now: datetime) -> None:
        tree = parse_query(query.text)
        self._query, self._now = query, now
        self._plan: Plan = plan_of(tree)
        self._departments = departments_heard(query)
        self._sifter = Sifter(tree, now=now)
        self.new_count = 0

    def look(self, place: Place) -> tuple[Place | None, int]:
        """Where to go on, and how many ids were passed."""
        found, until = self._found(place)
        if not self._keep(found, range(place.from_id, until)):
            return None, 0
        passed = until - place.from_id
        if until < ids_of_block(place.block).stop:
            return Place(place.block, until), passed
        if place.block == 0:
            return None, passed
        return Place(place.block - 1, ids_of_block(place.block - 1).start), passed

    def _found(self, place: Place) -> tuple[list[Found], int]:
        """What it finds in the block from an id on, and below which id that is all."""
        stop = ids_of_block(place.block).stop
        if isinstance(self._plan, Everything):
            ahead = Item.objects.filter(id__gte=place.from_id, id__lt=stop).order_by("id")
            until = next(iter(ahead.values_list("id", flat=True)[ITEMS_AT_ONCE : ITEMS_AT_ONCE + 1]), stop)
            ids = range(place.from_id, until)
            return list(self._sifter.between(ids, department_ids=self._departments)), until
        some = candidates(
            self._plan, place.block, self._departments, from_id=place.from_id, limit=ITEMS_AT_ONCE
        )  # fmt: skip
        until = some[-1] + 1 if len(some) == ITEMS_AT_ONCE else stop
        return list(self._sifter.among(some, department_ids=self._departments)), until

    def _keep(self, found: Sequence[Found], ids: range) -> bool:
        """Makes the matches of items with these ids those that were found; False where the query is another by now.

        An item that has changed since it was read is left to hearing, which waits for it, and asked again where it
        was a match.
        """
        with transaction.atomic():
            lock_matches()
            query = self._query
            if not SavedQuery.objects.filter(id=query.id, revision=query.revision, state=QueryState.ON).exists():
                return False
            kept = self._kept(ids)
            if not found and not kept:
                return True
            changed = self._compared(found, kept) if kept else self._written(found, ids)
            tell_of_matches(changed, now=self._now)
        self.new_count += changed.new.get(query.id, 0)
        return True

    def _written(self, found: Sequence[Found], ids: range) -> Changed:
        count, latest = write_found(self._query.id, found, ids, now=self._now)
        return note_new(self._query.id, count, latest=latest)

    def _compared(self, found: Sequence[Found], kept: Mapping[int, tuple[int, Kept]]) -> Changed:
        as_read = {one.item_id: one for one in found}
        stand = {one.item_id: one for one in standing(sorted(as_read.keys() | kept.keys()))}
        fresh = {
            key for key, one in as_read.items()
            if key in stand and (stand[key].fingerprint, stand[key].kept.department_key) == one[1:]
        }  # fmt: skip
        others = [key for key in kept if key not in fresh]
        fresh.update(one.item_id for one in self._sifter.among(others, department_ids=self._departments))
        latest = moment_of(max(stand[key].written_at for key in fresh)) if fresh else None
        wanted = {key: stand[key].kept for key in sorted(fresh)}
        return keep_found(self._query.id, wanted, kept, latest=latest, now=self._now)

    def _kept(self, ids: range) -> dict[int, tuple[int, Kept]]:
        """By item: the match, and what it is counted with."""
        matches = Match.objects.filter(query=self._query, item_id__gte=ids.start, item_id__lt=ids.stop)
        rows = matches.order_by("item_id").values_list("item_id", "id", *FIELDS)
        return {item: (key, Kept(*values)) for item, key, *values in rows}
