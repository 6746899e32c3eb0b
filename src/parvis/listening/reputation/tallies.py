"""The hours in which matches are counted, kept as they come and go: of all, and of each department."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from parvis.jobs.rows import as_param
from parvis.listening.kept import Kept

_ROWS_A_STATEMENT = 500
_SUMS = ("count", "tone_count", "tone_sum", "tone_square_sum", "reach_count", "reach_sum")


@dataclass(slots=True)
class _Tally:
    """Of one query and hour."""

    count: int = 0
    tone_count: int = 0
    tone_sum: float = 0.0
    tone_square_sum: float = 0.0
    reach_count: int = 0
    reach_sum: int = 0

    def add(self, kept: Kept, sign: int) -> None:
        self.count += sign
        if kept.tone is not None:
            self.tone_count += sign
            self.tone_sum += sign * kept.tone
            self.tone_square_sum += sign * kept.tone**2
        if kept.reach is not None:
            self.reach_count += sign
            self.reach_sum += sign * kept.reach

    @property
    def sums(self) -> tuple[float, ...]:
        """In the order of _SUMS."""
        return (
            self.count, self.tone_count, self.tone_sum, self.tone_square_sum, self.reach_count, self.reach_sum,
        )  # fmt: skip


def keep_tallies(changes: Iterable[tuple[int, Kept, int]]) -> None:
    """(query id, what the match is counted with, 1 or -1); in the transaction that writes the matches."""
    hours: dict[tuple[int, datetime], _Tally] = defaultdict(_Tally)
    departments: dict[tuple[int, datetime, int], _Tally] = defaultdict(_Tally)
    for query, kept, sign in changes:
        hours[query, kept.hour].add(kept, sign)
        if kept.department_key is not None:
            departments[query, kept.hour, kept.department_key].add(kept, sign)
    times = {hour: as_param(hour) for hour in {hour for _, hour in hours}}
    _add(
        "listening_hourcount", ("query_id", "hour"),
        [(query, times[hour], *one.sums) for (query, hour), one in hours.items()],
    )  # fmt: skip
    _add(
        "listening_departmenthour", ("query_id", "hour", "department_key"),
        [(query, times[hour], department, *one.sums) for (query, hour, department), one in departments.items()],
    )  # fmt: skip


def _add(table: str, keys: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Added to what the rows hold, which need not be read for it."""
    columns = ", ".join((*keys, *_SUMS))
    setting = ", ".join(f"{name} = kept.{name} + excluded.{name}" for name in _SUMS)
    row = f"({', '.join(['%s'] * (len(keys) + len(_SUMS)))})"
    with connection.cursor() as cursor:
        for start in range(0, len(rows), _ROWS_A_STATEMENT):
            some = rows[start : start + _ROWS_A_STATEMENT]
            cursor.execute(
                f"INSERT INTO {table} AS kept ({columns}) VALUES {', '.join([row] * len(some))}"  # noqa: S608
                f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {setting}",
                [value for one in some for value in one],
            )
