"""Matches of one query where it has none yet: written and counted by the database itself, the same as `meeting` does."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, Max
from django.db.models.functions import Coalesce

from parvis.jobs.rows import as_param
from parvis.listening.documents import items_among
from parvis.listening.sifting import Found

_SAID = "COALESCE(i.published_at, i.received_at)"
_HOUR = {
    "sqlite": f"substr({_SAID}, 1, 13) || ':00:00'",
    "postgresql": f"date_trunc('hour', {_SAID}, 'UTC')",
}
_REACH = {
    "sqlite": "CASE WHEN json_type(i.facts, '$.reach') IN ('integer', 'real')"
    " THEN CAST(json_extract(i.facts, '$.reach') AS INTEGER) END",
    "postgresql": "CASE WHEN jsonb_typeof(i.facts->'reach') = 'number'"
    " THEN trunc((i.facts->>'reach')::numeric)::bigint END",
}
_FOUND = {
    "sqlite": "json_each(%s) found JOIN channels_item i ON i.id = CAST(found.key AS INTEGER)"
    " AND i.fingerprint || ' ' || i.department_id = found.value",
    "postgresql": "unnest(%s::bigint[], %s::text[], %s::bigint[]) found(id, fingerprint, department_id)"
    " JOIN channels_item i ON i.id = found.id AND i.fingerprint = found.fingerprint"
    " AND i.department_id = found.department_id",
}
"""Items that are as they were found, in the form of `_given`."""
_COLUMNS = (
    "query_id, item_id, hour, tone, reach, department_key, channel_key, profile_key, story_key, matched_at"
)  # fmt: skip
_SUMS = ("count", "tone_count", "tone_sum", "tone_square_sum", "reach_count", "reach_sum")
_COUNTED = (
    "COUNT(*), COUNT(tone), COALESCE(SUM(tone), 0), COALESCE(SUM(tone * tone), 0), COUNT(reach),"
    " COALESCE(SUM(reach), 0)"
)  # fmt: skip


def write_found(query: int, found: Sequence[Found], ids: range, *, now: datetime) -> tuple[int, datetime | None]:
    """How many matches were written, and when the newest of them was said; in one transaction.

    The query has no match with an item of `ids`, where all of `found` are. An item that is not as it was found is
    left out.
    """
    vendor = connection.vendor
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO listening_match ({_COLUMNS}) SELECT %s, i.id, {_HOUR[vendor]}, NULL, {_REACH[vendor]},"  # noqa: S608
            f" i.department_id, i.channel_id, i.profile_id, told.story_id, %s FROM {_FOUND[vendor]}"
            " LEFT JOIN listening_telling told ON told.item_id = i.id",
            [query, as_param(now), *_given(found)],
        )
        count: int = cursor.rowcount
        _count(cursor, "listening_hourcount", ("query_id", "hour"), query, ids)
        _count(cursor, "listening_departmenthour", ("query_id", "hour", "department_key"), query, ids)
    return count, _newest([one.item_id for one in found]) if count else None


def _given(found: Sequence[Found]) -> list[Any]:
    if connection.vendor == "sqlite":
        return [json.dumps({one.item_id: f"{one.fingerprint} {one.department_id}" for one in found})]
    return [list(values) for values in zip(*found, strict=True)]


def _count(cursor: Any, table: str, keys: Sequence[str], query: int, ids: range) -> None:
    """Adds what was written to the hours. In the order of items: read by them, not along all hours of the query."""
    columns, setting = ", ".join(keys), ", ".join(f"{name} = kept.{name} + excluded.{name}" for name in _SUMS)
    cursor.execute(
        f"WITH written AS MATERIALIZED (SELECT {columns}, tone, reach FROM listening_match"  # noqa: S608
        " WHERE query_id = %s AND item_id >= %s AND item_id < %s ORDER BY item_id)"
        f" INSERT INTO {table} AS kept ({columns}, {', '.join(_SUMS)})"
        f" SELECT {columns}, {_COUNTED} FROM written WHERE true GROUP BY {columns}"
        f" ON CONFLICT ({columns}) DO UPDATE SET {setting}",
        [query, ids.start, ids.stop],
    )


def _newest(item_ids: Sequence[int]) -> datetime:
    moment = Max(Coalesce("published_at", "received_at", output_field=DateTimeField()))
    newest: datetime = items_among(item_ids).aggregate(at=moment)["at"]
    return newest
