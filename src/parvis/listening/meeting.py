"""Matches: what is found is written once, and counted as often as it is there (reputation/tallies.py)."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from parvis.jobs.rows import insert_rows
from parvis.listening.documents import Heard
from parvis.listening.kept import FIELDS, Kept, as_kept, hour_of
from parvis.listening.models import Match, QueryState, SavedQuery
from parvis.listening.reputation.tallies import keep_tallies

__all__ = ["Changed", "hour_of", "keep_matches"]
_ROWS_A_QUERY = 500
_MATCH = ("id", "query_id", "item_id", "query__state")


@dataclass(slots=True)
class Changed:
    """What a step changed, by query."""

    new: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    gone: dict[int, int] = field(default_factory=lambda: defaultdict(int))


def keep_matches(
    found: Mapping[int, Collection[int]],
    heard: Mapping[int, Heard],
    *,
    now: datetime,
    of_query: int | None = None,
) -> Changed:
    """Makes the matches of the items in `heard` exactly those of `found` (query ids by item id); in one transaction.

    `of_query`: only this query's are looked at and changed. A query that does not listen keeps what it found,
    counted as its items stand now.
    """
    kept, resting = _kept(heard, of_query)
    wanted = {(query, item): as_kept(heard[item]) for item, queries in found.items() for query in queries}
    wanted |= {(query, item): as_kept(heard[item]) for query, item in resting}
    new = {pair: one for pair, one in wanted.items() if pair not in kept or kept[pair][1] != one}
    gone = {pair: one for pair, (_, one) in kept.items() if pair not in wanted or wanted[pair] != one}
    changed = Changed()
    for query, _item in gone:
        changed.gone[query] += 1
    for query, _item in new:
        changed.new[query] += 1
    _delete([kept[pair][0] for pair in gone])
    insert_rows(
        Match, ("query_id", "item_id", *FIELDS, "matched_at"),
        ((*pair, *one, now) for pair, one in new.items()),
    )  # fmt: skip
    keep_tallies(
        [(query, one, -1) for (query, _), one in gone.items()] + [(query, one, 1) for (query, _), one in new.items()]
    )
    _note(changed, heard, found)
    return changed


def _kept(
    heard: Mapping[int, Heard], of_query: int | None
) -> tuple[dict[tuple[int, int], tuple[int, Kept]], list[tuple[int, int]]]:
    """(match id, what it was counted with) by query and item, and those among them whose query does not listen."""
    kept: dict[tuple[int, int], tuple[int, Kept]] = {}
    resting = []
    keys = list(heard)
    for start in range(0, len(keys), _ROWS_A_QUERY):
        rows = Match.objects.filter(item_id__in=keys[start : start + _ROWS_A_QUERY])
        rows = rows if of_query is None else rows.filter(query_id=of_query)
        for key, query, item, state, *values in rows.values_list(*_MATCH, *FIELDS):
            kept[query, item] = (key, Kept(*values))
            if state != QueryState.ON and of_query is None:
                resting.append((query, item))
    return kept, resting


def _delete(ids: list[int]) -> None:
    for start in range(0, len(ids), _ROWS_A_QUERY):
        Match.objects.filter(id__in=ids[start : start + _ROWS_A_QUERY]).delete()


def _note(changed: Changed, heard: Mapping[int, Heard], found: Mapping[int, Collection[int]]) -> None:
    latest: dict[int, datetime] = {}
    for item, queries in found.items():
        for query in queries:
            latest[query] = max(latest.get(query, heard[item].at), heard[item].at)
    touched = changed.new.keys() | changed.gone.keys()
    rows = list(SavedQuery.objects.filter(id__in=touched).only("id", "match_count", "last_match_at"))
    for row in rows:
        row.match_count += changed.new.get(row.id, 0) - changed.gone.get(row.id, 0)
        times = [at for at in (row.last_match_at, latest.get(row.id)) if at is not None]
        row.last_match_at = max(times) if times else None
    SavedQuery.objects.bulk_update(rows, ["match_count", "last_match_at"], batch_size=200)
