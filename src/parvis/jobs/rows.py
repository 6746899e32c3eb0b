"""Many rows at once: written in one statement, with ids that are known beforehand.

Django's own bulk_create costs three times as much a row, and gives ids only afterwards, so that a
thread in which each item points to the one before would need a statement for each of its levels.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model


def reserve_ids(model: type[Model], count: int) -> range | list[int]:
    """Ids that nobody else will get. On SQLite to be used in the same (IMMEDIATE) transaction."""
    table = model._meta.db_table  # noqa: SLF001
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
            row = cursor.fetchone()
            first = (row[0] if row else 0) + 1
            return range(first, first + count)
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count])
        return sorted(row[0] for row in cursor.fetchall())


def insert_rows(model: type[Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """`fields` are attribute names ("parent_id"); `rows` hold plain values: JSON as dict or list, times aware."""
    columns = _columns(model, fields)
    names = ", ".join(f'"{column}"' for column in columns)
    table = model._meta.db_table  # noqa: SLF001
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            places = ", ".join(["%s"] * len(columns))
            cursor.executemany(
                f'INSERT INTO "{table}" ({names}) VALUES ({places})',  # noqa: S608
                [[_sqlite(value) for value in row] for row in rows],
            )
            return
        with cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row([_postgresql(value) for value in row])


def insert_all(rows: Sequence[Model]) -> None:
    """Whole objects of one kind that have their ids already."""
    if not rows:
        return
    fields = [field.attname for field in rows[0]._meta.concrete_fields]  # noqa: SLF001
    insert_rows(type(rows[0]), fields, ([getattr(row, name) for name in fields] for row in rows))
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias  # noqa: SLF001


def update_rows(model: type[Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Each row is the values of `fields`, then its id."""
    columns = _columns(model, fields)
    setting = ", ".join(f'"{column}" = %s' for column in columns)
    plain = _sqlite if connection.vendor == "sqlite" else _postgresql
    with connection.cursor() as cursor:
        cursor.executemany(
            f'UPDATE "{model._meta.db_table}" SET {setting} WHERE id = %s',  # noqa: S608, SLF001
            [[plain(value) for value in row] for row in rows],
        )


def among(values: Sequence[int]) -> tuple[str, list[Any]]:
    """What follows a column that is to have one of the ids, and its parameters.

    PostgreSQL gets them as one array: a long list of parameters takes it, and the driver, longer than the query.
    Written out here, since the driver looks at each number, and prepares the query anew for every size of them.
    """
    if connection.vendor == "postgresql":
        return "= ANY(%s::bigint[])", [f"{{{','.join(map(str, values))}}}"]
    return f"IN ({', '.join(['%s'] * len(values))})", list(values)


def as_param(at: datetime) -> Any:
    """A time as the database at hand stores it."""
    return connection.ops.adapt_datetimefield_value(at)


def _columns(model: type[Model], fields: Sequence[str]) -> list[str]:
    by_name: Mapping[str, str | None] = {field.attname: field.column for field in model._meta.concrete_fields}  # noqa: SLF001
    return [str(by_name[name]) for name in fields]


def _sqlite(value: Any) -> Any:
    """As Django's own backend writes it: times in UTC without a zone, a space in the middle."""
    if value.__class__ is datetime:
        return str(value.astimezone(UTC).replace(tzinfo=None))
    if value.__class__ is UUID:
        return value.hex
    return _postgresql(value)


def _postgresql(value: Any) -> Any:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False) if value else ("{}" if isinstance(value, dict) else "[]")
    return value
