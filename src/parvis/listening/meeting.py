"""Matches and the hours in which they are counted: what is found is written once, and counted as often as it is there."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from parvis.channels.rows import as_param, insert_rows
from parvis.listening.documents import Heard
from parvis.listening.models import Match, SavedQuery

_ROWS_A_QUERY = 500
_MATCH = ("id", "query_id", "item_id", "hour", "tone", "reach")


@dataclass(slots=True)
class Changed:
    """What a step changed, by query."""

    new: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    gone: dict[int, int] = field(default_factory=lambda: defaultdict(int))


class _Kept(NamedTuple):
    """What a match was counted with."""

    hour: datetime
    tone: float | None
    reach: int | None


@dataclass(slots=True)
class _Tally:
    """Of one query and hour."""

    count: int = 0
    tone_count: int = 0
    tone_sum: float = 0.0
    tone_square_sum: float = 0.0
    reach_sum: int = 0

    def add(self, kept: _Kept, sign: int) -> None:
        self.count += sign
        if kept.tone is not None:
            self.tone_count += sign
            self.tone_sum += sign * kept.tone
            self.tone_square_sum += sign * kept.tone**2
        self.reach_sum += sign * (kept.reach or 0)


def hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def keep_matches(
    found: Mapping[int, Collection[int]],
    heard: Mapping[int, Heard],
    *,
    now: datetime,
    of_query: int | None = None,
) -> Changed:
    """Makes the matches of the items in `heard` exactly those of `found` (query ids by item id); in one transaction.

    `of_query`: only this query's are looked at and changed.
    """
    kept = _kept(heard, of_query)
    wanted = {(query, item): _as_kept(heard[item]) for item, queries in found.items() for query in queries}
    new = {pair: one for pair, one in wanted.items() if pair not in kept or kept[pair][1] != one}
    gone = {pair: one for pair, (_, one) in kept.items() if pair not in wanted or wanted[pair] != one}
    changed = Changed()
    tallies: dict[tuple[int, datetime], _Tally] = defaultdict(_Tally)
    for (query, _item), one in gone.items():
        tallies[query, one.hour].add(one, -1)
        changed.gone[query] += 1
    for (query, _item), one in new.items():
        tallies[query, one.hour].add(one, 1)
        changed.new[query] += 1
    _delete([kept[pair][0] for pair in gone])
    insert_rows(
        Match, ("query_id", "item_id", "hour", "tone", "reach", "matched_at"),
        ((*pair, *one, now) for pair, one in new.items()),
    )  # fmt: skip
    _count(tallies)
    _note(changed, heard, found)
    return changed


def _as_kept(heard: Heard) -> _Kept:
    document = heard.document
    return _Kept(hour_of(heard.at), document.sentiment, None if document.reach is None else int(document.reach))


def _kept(heard: Mapping[int, Heard], of_query: int | None) -> dict[tuple[int, int], tuple[int, _Kept]]:
    """(match id, what it was counted with) by query and item."""
    kept: dict[tuple[int, int], tuple[int, _Kept]] = {}
    keys = list(heard)
    for start in range(0, len(keys), _ROWS_A_QUERY):
        rows = Match.objects.filter(item_id__in=keys[start : start + _ROWS_A_QUERY])
        rows = rows if of_query is None else rows.filter(query_id=of_query)
        for key, query, item, hour, tone, reach in rows.values_list(*_MATCH):
            kept[query, item] = (key, _Kept(hour, tone, reach))
    return kept


def _delete(ids: list[int]) -> None:
    for start in range(0, len(ids), _ROWS_A_QUERY):
        Match.objects.filter(id__in=ids[start : start + _ROWS_A_QUERY]).delete()


_ADD_HOURS = """
INSERT INTO listening_hourcount AS kept (query_id, hour, count, tone_count, tone_sum, tone_square_sum, reach_sum)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (query_id, hour) DO UPDATE SET count = kept.count + excluded.count,
    tone_count = kept.tone_count + excluded.tone_count, tone_sum = kept.tone_sum + excluded.tone_sum,
    tone_square_sum = kept.tone_square_sum + excluded.tone_square_sum, reach_sum = kept.reach_sum + excluded.reach_sum
"""


def _count(tallies: Mapping[tuple[int, datetime], _Tally]) -> None:
    """Added to what the hours hold, which need not be read for it."""
    rows = [
        (query, as_param(hour), one.count, one.tone_count, one.tone_sum, one.tone_square_sum, one.reach_sum)
        for (query, hour), one in tallies.items()
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(_ADD_HOURS, rows)


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
