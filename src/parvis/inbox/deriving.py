"""What a conversation's row says about its items: worked out from the items themselves, for many at once."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import msgspec
from django.db import connection

from parvis.channels.models import EffectState
from parvis.core.connector import Can
from parvis.core.types import Status
from parvis.jobs.rows import among, as_param

VISIBLE = (Status.PUBLISHED, Status.HELD)
"""What is still there: only these count in a row."""
_ANSWERING = (EffectState.WAITING, EffectState.SENDING, EffectState.UNSURE, EffectState.DONE)
_ROWS_A_STATEMENT = 500


@dataclass(frozen=True, slots=True)
class Derived:
    root_id: int
    last_item_id: int
    last_activity_at: datetime
    item_count: int
    held_count: int
    is_unanswered: bool
    kind: str
    language: str
    has_link: bool
    why: tuple[str, ...]
    newest_item_id: int

    @property
    def is_gone(self) -> bool:
        """Nothing of it is there any more."""
        return self.item_count == 0


def derive(root_ids: Collection[int]) -> dict[int, Derived]:
    """By root; a root that is no longer the first of its thread is left out."""
    found: dict[int, Derived] = {}
    keys = iter(sorted(root_ids))
    while chunk := list(islice(keys, _ROWS_A_STATEMENT)):
        answered = _answered_at(chunk)
        of_them, given = among(chunk)
        for row in _select(_LAST.format(of_them=of_them), (*given, *given)):
            derived = _derived(row, answered)
            found[derived.root_id] = derived
    return found


_THREADS = """
    SELECT i.id, i.id AS r, i.status, i.published_at, i.received_at FROM channels_item i
    WHERE i.id {of_them} AND i.root_id IS NULL
    UNION ALL
    SELECT i.id, i.root_id AS r, i.status, i.published_at, i.received_at FROM channels_item i
    WHERE i.root_id {of_them}
"""
# The platform's clock may run ahead of ours: what it dates into the future counts from when it came.
_LAST = (
    """
WITH t AS ("""  # noqa: S608 - placeholders only
    + _THREADS
    + """), u AS (
    SELECT id, r, status, CASE WHEN status IN ('published', 'held') THEN 1 ELSE 0 END AS there,
        CASE WHEN published_at IS NULL OR published_at > received_at THEN received_at ELSE published_at END AS moment
    FROM t
), w AS (
    SELECT id, r, moment,
        ROW_NUMBER() OVER (PARTITION BY r ORDER BY there DESC, moment DESC, id DESC) AS place,
        SUM(there) OVER (PARTITION BY r) AS there_count,
        SUM(CASE WHEN status = 'held' THEN 1 ELSE 0 END) OVER (PARTITION BY r) AS held_count,
        MAX(id) OVER (PARTITION BY r) AS newest
    FROM u
)
SELECT w.r, w.id, w.moment, w.there_count, w.held_count, w.newest, i.status, i.kind, i.language, i.received_at,
    CASE WHEN i.text LIKE '%%http://%%' OR i.text LIKE '%%https://%%' OR i.text LIKE '%%www.%%'
        OR i.body LIKE '%%href=%%' THEN 1 ELSE 0 END,
    p.is_house, p.item_count, p.refused_count,
    CASE WHEN CAST(i.facts AS text) LIKE '%%"reported"%%' THEN 1 ELSE 0 END
FROM w JOIN channels_item i ON i.id = w.id LEFT JOIN channels_profile p ON p.id = i.profile_id
WHERE w.place = 1
"""
)


def _derived(row: Sequence[Any], answered: dict[int, datetime]) -> Derived:
    (root, last, moment, there, held, newest, status, kind, tag, received, link, house, count, refused, reported) = row
    answer = answered.get(root)
    is_ours = bool(house) or (answer is not None and answer >= _aware(received))
    return Derived(
        root_id=root,
        last_item_id=last,
        last_activity_at=_aware(moment),
        item_count=int(there),
        held_count=int(held),
        is_unanswered=bool(there) and not is_ours,
        kind=kind,
        language=tag.replace("_", "-").split("-")[0].lower()[:8],
        has_link=bool(link),
        why=tuple(_why(int(held), int(there), status, bool(house), count, refused, bool(link), bool(reported))),
        newest_item_id=newest,
    )


def _why(
    held: int, there: int, status: str, house: bool, count: int | None, refused: int | None, link: bool, reported: bool
) -> Iterable[str]:
    if not there:
        yield "spam" if status == Status.SPAM else "gone"
    if held:
        yield "held"
    if reported:
        yield "reported"
    if house:
        return
    if refused:
        yield "refused_before"
    if count is not None and count <= 1:
        yield "first_time"
    if link:
        yield "has_link"


def _answered_at(root_ids: Sequence[int]) -> dict[int, datetime]:
    """When we last answered in each thread, as far as the answer is on its way or there."""
    states = [str(state) for state in _ANSWERING]
    of_them, given = among(root_ids)
    answers = _ANSWERS[connection.vendor].format(states=_marks(states))
    sql = " UNION ALL ".join(
        f"SELECT {root}, e.created_at FROM channels_item i CROSS JOIN {answers} {root} {of_them}"  # noqa: S608
        for root in ("i.id", "i.root_id")
    )
    found: dict[int, datetime] = {}
    for root, at in _select(sql, (str(Can.REPLY), *states, *given) * 2):
        moment = _aware(at)
        found[root] = max(moment, found.get(root, moment))
    return found


_ANSWERS = {
    "sqlite": "channels_effect e WHERE e.item_id = i.id AND e.can = %s AND e.state IN ({states}) AND",
    "postgresql": "LATERAL (SELECT o.created_at FROM channels_effect o"
    " WHERE o.item_id = i.id AND o.can = %s AND o.state IN ({states}) OFFSET 0) e WHERE",
}
"""OFFSET 0: from the items to their orders. Answers are few among all orders, so that PostgreSQL would rather read
every order there ever was."""


def write_derived(derived: dict[int, Derived]) -> int:
    """Brings the rows of conversations, by id, up to date; how many had to change."""
    pairs = iter(sorted(derived.items()))
    write = _write_sqlite if connection.vendor == "sqlite" else _write_postgresql
    changed = 0
    while chunk := list(islice(pairs, _ROWS_A_STATEMENT)):
        changed += write([_values(key, found) for key, found in chunk])
    return changed


_COLUMNS = {
    "id": "bigint", "last_item_id": "bigint", "last_activity_at": "timestamptz", "item_count": "integer",
    "held_count": "integer", "is_unanswered": "boolean", "kind": "text", "language": "text", "has_link": "boolean",
    "why": "jsonb", "newest_item_id": "bigint",
}  # fmt: skip
"""With their types on PostgreSQL, which takes all rows as one piece of JSON: thousands of parameters take the
driver longer than the statement takes the server."""
_SET = ", ".join(f"{name} = v.{name}" for name in _COLUMNS if name != "id")
_IS_SO = " AND ".join(f"c.{name} = v.{name}" for name in _COLUMNS if name != "id")
_WRITE = f"UPDATE inbox_conversation AS c SET {_SET} FROM {{rows}} WHERE c.id = v.id AND NOT ({_IS_SO})"  # noqa: S608 - names only
_RECORDS = f"json_to_recordset(%s) AS v({', '.join(f'{name} {kind}' for name, kind in _COLUMNS.items())})"
_NAMED = ", ".join(f"column{at} AS {name}" for at, name in enumerate(_COLUMNS, 1))


def _values(key: int, found: Derived) -> tuple[Any, ...]:
    return (
        key,
        found.last_item_id,
        found.last_activity_at,
        found.item_count,
        found.held_count,
        found.is_unanswered,
        found.kind,
        found.language,
        found.has_link,
        found.why,
        found.newest_item_id,
    )


def _write_sqlite(rows: Sequence[Sequence[Any]]) -> int:
    row = f"({', '.join(['%s'] * len(_COLUMNS))})"
    values = f"(SELECT {_NAMED} FROM (VALUES {', '.join([row] * len(rows))})) AS v"  # noqa: S608 - names and placeholders only
    params = [_plain(value) for values in rows for value in values]
    return _execute(_WRITE.format(rows=values), params)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return as_param(value)
    return json.dumps(value) if isinstance(value, tuple) else value


def _write_postgresql(rows: Sequence[Sequence[Any]]) -> int:
    records = msgspec.json.encode([dict(zip(_COLUMNS, row, strict=True)) for row in rows])
    return _execute(_WRITE.format(rows=_RECORDS), [records.decode()])


def _execute(sql: str, params: Sequence[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)


def _select(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def _aware(at: Any) -> datetime:
    """SQLite gives a computed time as text."""
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    aware: datetime = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware


def _marks(values: Collection[Any]) -> str:
    return ", ".join(["%s"] * len(values))
