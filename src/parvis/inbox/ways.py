"""The way to what a filter finds: which index leads, chosen by counting a little, and the SQL of it.

Lists are read by keyset: (last activity, id), newest first. A filter over several departments or
states is one branch each, merged, so that every branch is a walk along an index that stops after a page.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import product
from typing import Any

from django.core.cache import caches
from django.db import connection
from django.utils.dateparse import parse_datetime

from parvis.core.query.fields import STATES
from parvis.inbox.clauses import Clause, wrote
from parvis.inbox.filters import Filter
from parvis.jobs.rows import as_param

COUNTED = 4000
"""Rows that are counted, at most, to compare two ways."""
MOST_GATHERED = 3000
"""Rows that may be gathered and sorted; more are cheaper found by walking along the list."""
MOST_BRANCHES = 40
COUNTS_KEPT_S = 60


@dataclass(frozen=True, slots=True)
class Way:
    """From where to read. `branches` are equal conditions, one combination each.

    `is_gathered`: everything is gathered before it is sorted. That must be said to PostgreSQL, which
    would rather walk along the list in the hope that a page is soon full.
    """

    source: str
    source_params: tuple[Any, ...]
    branches: tuple[tuple[Clause, ...], ...]
    clauses: tuple[Clause, ...]
    is_gathered: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends: what the next one begins after."""

    at: datetime
    id: int


def ways_of(filters: Sequence[Filter]) -> list[Way]:
    """The best way for each filter; at most one query for all of them together."""
    choices = [list(_choices(found)) for found in filters]
    questions = [
        choice.question for options in choices if len(options) > 1 for choice in options if choice.question is not None
    ]
    counts = _counts_of(questions)
    return [_best(options, counts) for options in choices]


def read_page(
    way: Way, *, limit: int, after: Place | None = None, before: Place | None = None
) -> list[tuple[int, datetime]]:
    """(id, last activity) of up to `limit` conversations, newest first; `before`: the ones that precede it."""
    direction, sign, place = ("ASC", ">", before) if before else ("DESC", "<", after)
    order = f"ORDER BY last_activity_at {direction}, id {direction} LIMIT {limit:d}"
    bounds: tuple[Clause, ...] = ()
    if place is not None:
        bounds = (Clause(f"(c.last_activity_at, c.id) {sign} (%s, %s)", (as_param(place.at), place.id)),)
    parts, params = [], []
    for branch in way.branches:
        conditions = (*branch, *way.clauses, *bounds)
        where = " AND ".join(f"({clause.sql})" for clause in conditions) or "1 = 1"
        parts.append(_part(way, where, f"ORDER BY c.last_activity_at {direction}, c.id {direction} LIMIT {limit:d}"))
        params += [*way.source_params, *(value for clause in conditions for value in clause.params)]
    sql = " UNION ALL ".join(parts)
    if len(parts) > 1:
        sql = f"SELECT * FROM ({sql}) u {order}"  # noqa: S608
    rows = _rows(sql, params)
    return rows[::-1] if before else rows


def _part(way: Way, where: str, order: str) -> str:
    rows = f"SELECT c.id, c.last_activity_at FROM {way.source} WHERE {where}"  # noqa: S608
    if not way.is_gathered:
        return f"SELECT * FROM ({rows} {order}) b"  # noqa: S608
    return f"SELECT * FROM (WITH c AS MATERIALIZED ({rows}) SELECT c.id, c.last_activity_at FROM c {order}) b"  # noqa: S608


def plain_ways_of(filters: Sequence[Filter]) -> list[Way]:
    """A good way for each filter without looking at the data: for counts, which stop early and need no order."""
    return [_plain_way(found) for found in filters]


def _plain_way(found: Filter) -> Way:
    options = list(_choices(found))
    gathering = [option for option in options[1:] if not option.is_sorted]
    leading = [option for option in options[1:] if option.is_sorted and option.is_rare]
    return next(iter([*leading, *gathering, options[0]])).way


def read_counts(ways: Sequence[Way | None], *, limit: int) -> list[int]:
    """How many each way finds, up to `limit`; None finds nothing. One query."""
    questions = [_count_of(way, limit) if way is not None else ("0", ()) for way in ways]
    if not questions:
        return []
    sql = "SELECT " + ", ".join(part for part, _ in questions)
    with connection.cursor() as cursor:
        cursor.execute(sql, [value for _, params in questions for value in params])
        row: Sequence[int] = cursor.fetchone()
    return list(row)


def conditions_of(found: Filter, *, but_departments: bool = False) -> tuple[Clause, ...]:
    """All of a filter as conditions on the conversation `c`, for where something else leads."""
    scope = _scope(replace(found, departments=None) if but_departments else found)
    return (*scope, *_channels(found), *found.clauses, *_sets(found))


def _count_of(way: Way, limit: int) -> tuple[str, tuple[Any, ...]]:
    parts: list[str] = []
    params: list[Any] = []
    for branch in way.branches:
        conditions = (*branch, *way.clauses)
        where = " AND ".join(f"({clause.sql})" for clause in conditions) or "1 = 1"
        parts.append(f"SELECT * FROM (SELECT 1 FROM {way.source} WHERE {where} LIMIT {limit:d}) b")  # noqa: S608
        params += [*way.source_params, *(value for clause in conditions for value in clause.params)]
    return f"(SELECT count(*) FROM (SELECT * FROM ({' UNION ALL '.join(parts)}) u LIMIT {limit:d}) n)", tuple(params)  # noqa: S608


Question = tuple[str, tuple[Any, ...]]
_RARE = frozenset({"conv_held", "conv_priority"})


@dataclass(frozen=True, slots=True)
class _Choice:
    """One way with what it costs: `question` counts the rows it leads through, None where it cannot be avoided."""

    way: Way
    question: Question | None
    is_sorted: bool = True
    is_rare: bool = False
    """What leads is rare by its nature: held, urgent, somebody's own."""


def _choices(found: Filter) -> Iterable[_Choice]:
    leaders = [clause for clause in found.clauses if clause.index]
    yield _list(found)
    for leader in leaders:
        yield _led(found, leader)
    for label_id in found.label_ids:
        yield _labelled(found, label_id)
    for ids in found.author_ids:
        yield _written_by(found, ids)


def _best(options: list[_Choice], counts: Mapping[Question, int]) -> Way:
    if len(options) == 1:
        return options[0].way
    costs = [(counts[option.question] if option.question else COUNTED * 10, option) for option in options]
    affordable = [(count, option) for count, option in costs if option.is_sorted or count <= MOST_GATHERED]
    _, best = min(affordable, key=lambda pair: pair[0])
    return best.way


def _counts_of(questions: Sequence[Question]) -> dict[Question, int]:
    """What was counted in the last minute serves again: a way that is no longer the best is still right."""
    keys = {question: f"rows-led-through:{hash(question)}" for question in questions}
    kept = caches["pages"]
    known = kept.get_many(keys.values())
    missing = [question for question, key in keys.items() if key not in known]
    counted = dict(zip(missing, _count_all(missing), strict=True))
    if counted:
        kept.set_many({keys[question]: count for question, count in counted.items()}, COUNTS_KEPT_S)
    return {question: counted[question] if question in counted else known[key] for question, key in keys.items()}


def _count_all(questions: Sequence[Question]) -> list[int]:
    if not questions:
        return []
    parts = [f"(SELECT count(*) FROM (SELECT 1 FROM {sql} LIMIT {COUNTED:d}) n)" for sql, _ in questions]  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(parts), [value for _, params in questions for value in params])
        row: Sequence[int] = cursor.fetchone()
    return list(row)


def _list(found: Filter) -> _Choice:
    """Along the list itself, in the narrowest of its orders."""
    rest = (*found.clauses, *_sets(found))
    if found.channels is not None:
        return _branched(
            "conv_channel",
            [("channel_id", found.channels), ("state", found.states or STATES)],
            (*_scope(found, states=False), *rest),
        )
    states = found.states or STATES
    if found.departments is not None and len(found.departments) * len(states) <= MOST_BRANCHES:
        return _branched("conv_department", [("department_id", found.departments), ("state", states)], rest)
    if found.states is not None:
        return _branched("conv_state", [("state", found.states)], (*_scope(found, states=False), *rest))
    return _Choice(Way(_from("conv_all"), (), ((),), (*_scope(found), *rest)), None)


def _branched(index: str, equals: list[tuple[str, tuple[Any, ...]]], clauses: tuple[Clause, ...]) -> _Choice:
    combinations = tuple(
        tuple(Clause(f"c.{column} = %s", (value,)) for (column, _), value in zip(equals, values, strict=True))
        for values in product(*(values for _, values in equals))
    )
    where = " AND ".join(f"c.{column} IN ({', '.join(['%s'] * len(values))})" for column, values in equals)
    params = tuple(value for _, values in equals for value in values)
    return _Choice(Way(_from(index), (), combinations, clauses), (f"{_from(index)} WHERE {where}", params))


def _led(found: Filter, leader: Clause) -> _Choice:
    """Along the index of one condition."""
    rest = tuple(clause for clause in found.clauses if clause is not leader)
    if leader.index == "conv_assignee":
        return _by_assignee(found, leader, (*rest, *_sets(found)))
    clauses = (leader, *_scope(found), *_channels(found), *rest, *_sets(found))
    source = _from(leader.index)
    way = Way(source, (), ((),), clauses)
    return _Choice(way, (f"{source} WHERE {leader.sql}", leader.params), is_rare=leader.index in _RARE)


def _by_assignee(found: Filter, leader: Clause, rest: tuple[Clause, ...]) -> _Choice:
    equals: list[tuple[str, tuple[Any, ...]]] = [("assignee_id", leader.params), ("state", found.states or STATES)]
    choice = _branched("conv_assignee", equals, (*_scope(found, states=False), *_channels(found), *rest))
    return replace(choice, is_rare=True)


def _labelled(found: Filter, label_id: int) -> _Choice:
    """Gathers what the label sticks on."""
    clauses = (
        Clause("c.id = l.conversation_id AND l.label_id = %s", (label_id,)),
        *_scope(found),
        *_channels(found),
        *found.clauses,
        *_sets(found, but_label=label_id),
    )
    way = Way("inbox_labelling l CROSS JOIN inbox_conversation c", (), ((),), clauses, is_gathered=True)
    return _Choice(way, ("inbox_labelling l WHERE l.label_id = %s", (label_id,)), is_sorted=False)


def _written_by(found: Filter, ids: tuple[int, ...]) -> _Choice:
    """Gathers the threads in which the authors wrote."""
    marks = ", ".join(["%s"] * len(ids))
    threads = f"(SELECT DISTINCT COALESCE(i.root_id, i.id) AS r FROM channels_item i WHERE i.profile_id IN ({marks})) a"  # noqa: S608
    clauses = (
        Clause("c.root_id = a.r"),
        *_scope(found),
        *_channels(found),
        *found.clauses,
        *_sets(found, but_authors=ids),
    )
    way = Way(f"{threads} CROSS JOIN inbox_conversation c", ids, ((),), clauses, is_gathered=True)
    return _Choice(way, (f"channels_item i WHERE i.profile_id IN ({marks})", ids), is_sorted=False)


def _scope(found: Filter, *, states: bool = True) -> tuple[Clause, ...]:
    """Departments and states as conditions, where no index leads by them."""
    parts = [_among("c.department_id", found.departments)]
    if states:
        parts.append(_among("c.state", found.states))
    return tuple(part for part in parts if part is not None)


def _channels(found: Filter) -> tuple[Clause, ...]:
    clause = _among("c.channel_id", found.channels)
    return () if clause is None else (clause,)


def _among(column: str, values: tuple[Any, ...] | None) -> Clause | None:
    if values is None:
        return None
    return Clause(f"{column} IN ({', '.join(['%s'] * len(values))})", values)


def _sets(found: Filter, *, but_label: int | None = None, but_authors: tuple[int, ...] | None = None) -> list[Clause]:
    """Labels and authors as conditions on each row."""
    sticks = "EXISTS (SELECT 1 FROM inbox_labelling l2 WHERE l2.conversation_id = c.id AND l2.label_id = %s)"
    labels = [Clause(sticks, (key,)) for key in found.label_ids if key != but_label]
    authors = [wrote(ids) for ids in found.author_ids if ids is not but_authors]
    return labels + authors


def _from(index: str) -> str:
    """PostgreSQL knows from its statistics which index serves; SQLite is told."""
    if connection.vendor == "sqlite":
        return f"inbox_conversation c INDEXED BY {index}"
    return "inbox_conversation c"


def _rows(sql: str, params: Sequence[Any]) -> list[tuple[int, datetime]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows = cursor.fetchall()
    return [(key, aware(at)) for key, at in rows]


def aware(at: Any) -> datetime:
    """A stored time: SQLite gives it without its zone, and a computed one as text."""
    moment = parse_datetime(at) if isinstance(at, str) else at
    assert isinstance(moment, datetime)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
