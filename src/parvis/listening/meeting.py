"""Matches: what is found is written once, and counted as often as it is there (reputation/tallies.py)."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from parvis.jobs.rows import as_param, insert_rows
from parvis.listening.documents import Heard
from parvis.listening.kept import FIELDS, Kept, as_kept, hour_of
from parvis.listening.models import Match, QueryState, SavedQuery
from parvis.listening.reputation.tallies import keep_tallies

__all__ = ["Changed", "hour_of", "keep_found", "keep_matches", "note_new"]
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
    changed = _write(
        [(query, item, one) for (query, item), one in new.items()],
        [(kept[pair][0], pair[0], one) for pair, one in gone.items()],
        now=now,
    )
    latest: dict[int, datetime] = {}
    for item, queries in found.items():
        for query in queries:
            latest[query] = max(latest.get(query, heard[item].at), heard[item].at)
    _note(changed, latest)
    return changed


def keep_found(
    query: int,
    wanted: Mapping[int, Kept],
    kept: Mapping[int, tuple[int, Kept]],
    *,
    latest: datetime | None,
    now: datetime,
) -> Changed:
    """Makes one query's matches those of `wanted` by item, where they were `kept` (match id and what with); in one
    transaction. `latest`: when the newest of them was said.
    """
    new = [(query, item, one) for item, one in wanted.items() if item not in kept or kept[item][1] != one]
    gone = [(key, query, one) for item, (key, one) in kept.items() if item not in wanted or wanted[item] != one]
    changed = _write(new, gone, now=now)
    _note(changed, {} if latest is None else {query: latest})
    return changed


def note_new(query: int, count: int, *, latest: datetime | None) -> Changed:
    """Of so many new matches that are written and counted already."""
    changed = Changed()
    if count:
        changed.new[query] = count
        _note(changed, {} if latest is None else {query: latest})
    return changed


def _write(new: Sequence[tuple[int, int, Kept]], gone: Sequence[tuple[int, int, Kept]], *, now: datetime) -> Changed:
    """`new`: query, item; `gone`: match, query; each with what it is counted with."""
    changed = Changed()
    for _, query, _ in gone:
        changed.gone[query] += 1
    for query, _, _ in new:
        changed.new[query] += 1
    _delete([key for key, _, _ in gone])
    matched_at = as_param(now)
    hours = {hour: as_param(hour) for hour in {one.hour for _, _, one in new}}
    insert_rows(
        Match, ("query_id", "item_id", *FIELDS, "matched_at"),
        ((query, item, hours[one.hour], *one[1:], matched_at) for query, item, one in new),
    )  # fmt: skip
    keep_tallies([(query, one, -1) for _, query, one in gone] + [(query, one, 1) for query, _, one in new])
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


def _note(changed: Changed, latest: Mapping[int, datetime]) -> None:
    touched = changed.new.keys() | changed.gone.keys()
    rows = list(SavedQuery.objects.filter(id__in=touched).only("id", "match_count", "last_match_at"))
    for row in rows:
        row.match_count += changed.new.get(row.id, 0) - changed.gone.get(row.id, 0)
        times = [at for at in (row.last_match_at, latest.get(row.id)) if at is not None]
        row.last_match_at = max(times) if times else None
    SavedQuery.objects.bulk_update(rows, ["match_count", "last_match_at"], batch_size=200)
