"""Rows by the hundred thousand: COPY on PostgreSQL, one prepared statement on SQLite."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, models, transaction

MANY = 50_000
"""Rows from which on indexes are built afterwards instead of grown."""


class Loader:
    """Writes rows of one table; columns that are not named get the model's own defaults."""

    def __init__(self, model: type[models.Model], columns: Sequence[str]) -> None:
        fields = {field.column: field for field in model._meta.concrete_fields}  # noqa: SLF001
        rest = [field for column, field in fields.items() if column not in columns]
        self.table = model._meta.db_table  # noqa: SLF001
        self._constants = tuple(
            field.get_db_prep_save(field.get_default(), connection) for field in rest if not field.primary_key
        )
        self._columns = [*columns, *(field.column for field in rest if not field.primary_key)]

    def load(self, rows: Sequence[tuple[Any, ...]]) -> None:
        constants = self._constants
        names = ", ".join(f'"{name}"' for name in self._columns)
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy(f'COPY "{self.table}" ({names}) FROM STDIN') as copy:
                    for row in rows:
                        copy.write_row(row + constants)
                return
            marks = ", ".join(["%s"] * len(self._columns))
            statement = f'INSERT INTO "{self.table}" ({names}) VALUES ({marks})'  # noqa: S608
            cursor.executemany(statement, [row + constants for row in rows])


def next_id(model: type[models.Model]) -> int:
    return (model._default_manager.aggregate(last=models.Max("pk"))["last"] or 0) + 1  # noqa: SLF001


def settle_sequences(*loaded: type[models.Model]) -> None:
    """PostgreSQL counts on from what was loaded."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for model in loaded:
            table = model._meta.db_table  # noqa: SLF001
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence(%s, 'id'), (SELECT max(id) FROM \"{table}\"))",  # noqa: S608
                [table],
            )


@contextmanager
def indexes_built_after(*tables: str, row_count: int) -> Iterator[None]:
    """Takes the plain indexes of tables away while many rows are loaded."""
    if row_count < MANY:
        yield
        return
    kept = [statement for table in tables for statement in _take_indexes(table)]
    yield
    with connection.cursor() as cursor:
        for statement in kept:
            cursor.execute(statement)


def _take_indexes(table: str) -> list[str]:
    """What builds the indexes again that were taken away; those that stand for a constraint stay."""
    if connection.vendor == "postgresql":
        find = (
            "SELECT i.indexname, i.indexdef FROM pg_indexes i WHERE i.tablename = %s AND NOT EXISTS"
            " (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)"
        )
    else:
        find = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = %s AND sql NOT LIKE 'CREATE UNIQUE%%'"
    with connection.cursor() as cursor:
        cursor.execute(find, [table])
        found = [(name, sql) for name, sql in cursor.fetchall() if sql and "CREATE UNIQUE" not in sql]
        for name, _ in found:
            cursor.execute(f'DROP INDEX "{name}"')
    return [sql for _, sql in found]


def stored_time(at: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(at)


def measured() -> None:
    """Lets the database look at what was loaded, so that it plans well."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and not connection.in_atomic_block:
            cursor.execute("VACUUM ANALYZE")
        else:
            cursor.execute("ANALYZE")
