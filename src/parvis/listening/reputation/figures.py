"""The figures of queries over a period and the one before it, from the hours that are kept.

One rule for who counts what: a figure is made of the items of those departments that its reader sees,
and the list behind it (items.py) holds exactly these.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from parvis.core.counting.changes import CountChange, compare_counts
from parvis.core.counting.means import Sums, mean_change
from parvis.core.counting.shares import Interval, Share, share_change, share_of
from parvis.jobs.rows import among, as_param
from parvis.listening.reputation.periods import Cell, Period
from parvis.orgs.access import department_ids
from parvis.orgs.models import Member
from parvis.orgs.rights import Action

TONE_SCALE = Interval(-1.0, 1.0)
_NO_TONE = Sums()


@dataclass(frozen=True, slots=True)
class Tally:
    """Of some hours."""

    count: int = 0
    tone: Sums = _NO_TONE
    reach_count: int = 0
    """Items whose reach is known."""
    reach_sum: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.count + other.count,
            self.tone + other.tone,
            self.reach_count + other.reach_count,
            self.reach_sum + other.reach_sum,
        )

    @property
    def reach(self) -> int | None:
        """None where no item's is known."""
        return self.reach_sum if self.reach_count else None


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one query."""

    query_id: int
    period: Period
    now: Tally
    before: Tally
    bars: list[tuple[Cell, int]]
    change: CountChange | None
    """None where nothing was counted in either period."""
    share: Share | None = None
    """Of all that the sides of its comparison have; None where it stands alone."""
    share_before: float | None = None
    share_moved: Interval | None = None

    @property
    def tone_interval(self) -> Interval | None:
        return self.now.tone.interval(limits=TONE_SCALE)

    @property
    def tone_moved(self) -> Interval | None:
        """None with too few known tones."""
        return mean_change(self.before.tone, self.now.tone)


def figures_of(query_ids: Sequence[int], member: Member, period: Period) -> list[Figures]:
    """In the order of the ids; each with its share of them all where there are several."""
    before, bars = period.before.days(), period.bars()
    days = bars if len(bars) > period.day_count else period.days()
    cells = [*before, *days]
    tallies = cell_tallies(query_ids, cells, seen_departments(member))
    found = [
        _figures(key, period, [tallies.get((key, at), Tally()) for at in range(len(cells))], days=days, bars=bars)
        for key in query_ids
    ]
    return _with_shares(found) if len(found) > 1 else found


def _figures(
    key: int, period: Period, tallies: Sequence[Tally], *, days: Sequence[Cell], bars: Sequence[Cell]
) -> Figures:
    """`tallies`: of the days of the period before, then of `days`."""
    old, new = tallies[: period.day_count], tallies[period.day_count :]
    counts = [tally.count for tally in new]
    return Figures(
        query_id=key,
        period=period,
        now=sum(new, Tally()),
        before=sum(old, Tally()),
        bars=list(zip(bars, _gathered(counts, days, into=bars), strict=True)),
        change=compare_counts([one.count for one in old], _gathered(counts, days, into=period.days())),
    )


def _gathered(counts: Sequence[int], cells: Sequence[Cell], *, into: Sequence[Cell]) -> list[int]:
    """Small cells' counts added up to those of the larger that hold them; both in their order."""
    sums, at = [0] * len(into), 0
    for cell, count in zip(cells, counts, strict=True):
        while cell.begins >= into[at].ends:
            at += 1
        sums[at] += count
    return sums


def _with_shares(found: Sequence[Figures]) -> list[Figures]:
    now, before = sum(one.now.count for one in found), sum(one.before.count for one in found)
    return [
        Figures(
            one.query_id, one.period, one.now, one.before, one.bars, one.change,
            share=share_of(one.now.count, now, among=len(found)),
            share_before=one.before.count / before if before else None,
            share_moved=share_change((one.before.count, before), (one.now.count, now)),
        )
        for one in found
    ]  # fmt: skip


def seen_departments(member: Member) -> list[int] | None:
    """Whose items count for this reader; None: everybody's."""
    reach = department_ids(member, Action.SEE) if member.is_active else ()
    return None if reach is None else sorted(reach)


def cell_tallies(
    query_ids: Sequence[int], cells: Sequence[Cell], departments: Sequence[int] | None
) -> dict[tuple[int, int], Tally]:
    """By query and the cell's place, in one statement; nothing where nothing was met. Each cell begins where one ends."""
    if not query_ids or not cells or departments == []:
        return {}
    place, params = _placing(cells)
    queries, given = among(query_ids)
    table, seen = "listening_hourcount", ""
    if departments is not None:
        of_them, more = among(departments)
        table, seen, given = "listening_departmenthour", f"AND department_key {of_them}", [*given, *more]
    with connection.cursor() as cursor:
        cursor.execute(
            place.format(
                sums="SUM(count), SUM(tone_count), SUM(tone_sum), SUM(tone_square_sum), SUM(reach_count), SUM(reach_sum)",
                table=table,
                where=f"query_id {queries} {seen}",
            ),
            [*params, *given],
        )
        rows = cursor.fetchall()
    return {
        (query, at): Tally(int(count), Sums(int(known), total, squares), int(told), int(reach))
        for query, at, count, known, total, squares, told, reach in rows
    }


def _placing(cells: Sequence[Cell]) -> tuple[str, list[Any]]:
    """How hours come to their cells: PostgreSQL looks each up; SQLite has no such function, and seeks each cell's."""
    if connection.vendor == "postgresql":
        time = "CAST(%s AS timestamptz)"
        bounds = ", ".join([time] * len(cells))
        return (
            f"SELECT query_id, width_bucket(hour, ARRAY[{bounds}]) - 1 AS place, {{sums}} FROM {{table}}"  # noqa: S608
            f" WHERE hour >= {time} AND hour < {time} AND {{where}} GROUP BY query_id, place"
        ), [as_param(at) for at in (*(cell.begins for cell in cells), cells[0].begins, cells[-1].ends)]
    values = ", ".join(["(%s, %s, %s)"] * len(cells))
    return (
        f"WITH cells (place, begins, ends) AS (VALUES {values}) SELECT query_id, place, {{sums}}"  # noqa: S608
        " FROM cells CROSS JOIN {table} WHERE hour >= begins AND hour < ends AND {where} GROUP BY query_id, place"
    ), [part for at, cell in enumerate(cells) for part in (at, as_param(cell.begins), as_param(cell.ends))]
