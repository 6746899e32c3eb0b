"""Triggers by which the database itself refuses to change or remove what the audit trail says.

They stop mistakes and plain SQL. Somebody who may drop triggers gets round them; what that
person then changes, `verify` in orgs/audit.py finds.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

_REFUSAL = "The audit trail is only ever added to."

_RAISE_SQLITE = [
    f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {event} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    for name, event in (
        ("audit_no_update", "UPDATE ON orgs_auditentry"),
        ("audit_no_delete", "DELETE ON orgs_auditentry"),
        ("audit_head_grows", "UPDATE ON orgs_audithead WHEN NEW.last_id < OLD.last_id"),
        ("audit_head_stays", "DELETE ON orgs_audithead"),
    )
]
_LOWER_SQLITE = [
    f"DROP TRIGGER IF EXISTS {name}"
    for name in ("audit_no_update", "audit_no_delete", "audit_head_grows", "audit_head_stays")
]

_REFUSE = f"""CREATE OR REPLACE FUNCTION parvis_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'restrict_violation'; END $$"""
_RAISE_POSTGRESQL = [_REFUSE] + [
    f"CREATE OR REPLACE TRIGGER {name} BEFORE {event} EXECUTE FUNCTION parvis_audit_refuse()"
    for name, event in (
        ("audit_no_change", "UPDATE OR DELETE OR TRUNCATE ON orgs_auditentry FOR EACH STATEMENT"),
        ("audit_head_grows", "UPDATE ON orgs_audithead FOR EACH ROW WHEN (NEW.last_id < OLD.last_id)"),
        ("audit_head_stays", "DELETE OR TRUNCATE ON orgs_audithead FOR EACH STATEMENT"),
    )
]
_LOWER_POSTGRESQL = [
    "DROP TRIGGER IF EXISTS audit_no_change ON orgs_auditentry",
    "DROP TRIGGER IF EXISTS audit_head_grows ON orgs_audithead",
    "DROP TRIGGER IF EXISTS audit_head_stays ON orgs_audithead",
]


def raise_guard(connection: BaseDatabaseWrapper) -> None:
    """Puts up the triggers that are missing."""
    _run(connection, _RAISE_SQLITE if connection.vendor == "sqlite" else _RAISE_POSTGRESQL)


def lower_guard(connection: BaseDatabaseWrapper) -> None:
    """Takes the triggers down. For migrations that rewrite the tables, and for tests."""
    _run(connection, _LOWER_SQLITE if connection.vendor == "sqlite" else _LOWER_POSTGRESQL)


@contextmanager
def lowered_guard(connection: BaseDatabaseWrapper) -> Iterator[None]:
    lower_guard(connection)
    try:
        yield
    finally:
        raise_guard(connection)


def raise_guard_after_migrate(*, using: str, **_: Any) -> None:
    """SQLite rebuilds a table that a migration alters, and loses its triggers by that."""
    from django.db import connections

    connection = connections[using]
    if "orgs_auditentry" in connection.introspection.table_names():
        raise_guard(connection)


def _run(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
