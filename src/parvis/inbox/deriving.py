"""What a conversation's row says about its items: worked out from the items themselves, for many at once."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.db import connection

from parvis.channels.models import EffectState
from parvis.core.connector import Can
from parvis.core.types import Status
from parvis.jobs.rows import as_param

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
        for row in _select(_LAST.format(marks=_marks(chunk)), (*chunk, *chunk)):
            derived = _derived(row, answered)
            found[derived.root_id] = derived
    return found


_THREADS = """
    SELECT i.id, i.id AS r, i.status, i.published_at, i.received_at FROM channels_item i
    WHERE i.id IN ({marks}) AND i.root_id IS NULL
    UNION ALL
    SELECT i.id, i.root_id AS r, i.status, i.published_at, i.received_at FROM channels_item i
    WHERE i.root_id IN ({marks})
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
    part = (
        "SELECT {root} AS r, e.created_at FROM channels_item i CROSS JOIN channels_effect e"
        " WHERE {where} AND e.item_id = i.id AND e.can = %s AND e.state IN ({states})"
    )
    marks = _marks(root_ids)
    sql = " UNION ALL ".join(
        part.format(root=root, where=f"i.{root[2:]} IN ({marks})", states=_marks(states))
        for root in ("i.id", "i.root_id")
    )
    found: dict[int, datetime] = {}
    for root, at in _select(sql, (*root_ids, str(Can.REPLY), *states, *root_ids, str(Can.REPLY), *states)):
        moment = _aware(at)
        found[root] = max(moment, found.get(root, moment))
    return found


def write_derived(derived: dict[int, Derived]) -> int:
    """Brings the rows of conversations, by id, up to date; how many had to change."""
    pairs = iter(sorted(derived.items()))
    changed = 0
    while chunk := list(islice(pairs, _ROWS_A_STATEMENT)):
        values = ", ".join([_VALUES[connection.vendor]] * len(chunk))
        params = [value for key, found in chunk for value in _params(key, found)]
        with connection.cursor() as cursor:
            cursor.execute(_WRITE.format(values=values), params)
            changed += cursor.rowcount
    return changed


_COLUMNS = (
    "last_item_id", "last_activity_at", "item_count", "held_count", "is_unanswered", "kind", "language", "has_link",
    "why", "newest_item_id",
)  # fmt: skip
_VALUES = {
    "sqlite": f"({', '.join(['%s'] * (len(_COLUMNS) + 1))})",
    "postgresql": "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s)",
}
_WRITE = (
    "UPDATE inbox_conversation AS c SET "  # noqa: S608 - names and placeholders only
    + ", ".join(f"{name} = v.column{at}" for at, name in enumerate(_COLUMNS, 2))
    + " FROM (VALUES {values}) AS v WHERE c.id = v.column1 AND NOT ("
    + " AND ".join(f"c.{name} = v.column{at}" for at, name in enumerate(_COLUMNS, 2))
    + ")"
)


def _params(key: int, found: Derived) -> tuple[Any, ...]:
    return (
        key,
        found.last_item_id,
        as_param(found.last_activity_at),
        found.item_count,
        found.held_count,
        found.is_unanswered,
        found.kind,
        found.language,
        found.has_link,
        json.dumps(found.why),
        found.newest_item_id,
    )


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
