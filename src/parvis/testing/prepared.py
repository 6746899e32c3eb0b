"""What `parvis prepare` makes in an empty house, made once for these sources and copied from then on.

Every migration and the compressing of every static file take ten seconds of a core, which dozens of tests would pay.
"""

import fcntl
import hashlib
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django
import psycopg
from django.db import connection

PACKAGE = Path(__file__).resolve().parents[1]
KEPT_IN = PACKAGE.parents[1] / ".pytest_cache" / "d"


def prepare(environment: Mapping[str, str]) -> None:
    """As `parvis prepare` in that environment. A database that has tables already is left to that command itself."""
    data, database = Path(environment["PARVIS_DATA"]), environment.get("PARVIS_DATABASE", "")
    if (data / "parvis.sqlite3").exists() or (database and _has_tables(database)):
        run_prepare(environment)
        return
    with prepared(database) as made:
        shutil.copytree(made.place, data, dirs_exist_ok=True)
        if database:
            copy_database(made.database, database)


@dataclass(frozen=True)
class Prepared:
    place: Path
    """A data directory."""
    database: str
    """The address, on PostgreSQL."""


@contextmanager
def prepared(database: str = "") -> Iterator[Prepared]:
    """It stays as it is within the block. `database`: any of the server's, where it is PostgreSQL."""
    name = f"prepared_{_fingerprint()}"
    KEPT_IN.mkdir(parents=True, exist_ok=True)
    with (KEPT_IN / "prepared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = Prepared(
            KEPT_IN / (f"{name}_postgresql" if database else name), named(database, name) if database else ""
        )
        if not made.place.exists() or (database and not _exists(database, name)):
            _make(made)
        yield made


def copy_database(template: str, database: str) -> None:
    """The one at the second address becomes a copy of that at the first; what it was is gone."""
    own, template = _name_in(database), _name_in(template)
    with psycopg.connect(named(database, "postgres"), autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{own}"')
        server.execute(f'CREATE DATABASE "{own}" TEMPLATE "{template}"')


def named(database: str, name: str) -> str:
    """The address of another database on the same server."""
    return re.sub(r"^(postgresql://[^/]*/)[^?]*", rf"\g<1>{name}", database)


def run_prepare(environment: Mapping[str, str]) -> None:
    subprocess.run(
        [sys.executable, "-m", "parvis", "prepare"], env=dict(environment), check=True, capture_output=True, timeout=120
    )


def _make(wanted: Prepared) -> None:
    for old in KEPT_IN.glob("prepared_*"):  # of other sources, or half made
        if old.name.endswith("_postgresql") == bool(wanted.database):
            shutil.rmtree(old)
    begun = wanted.place.with_name(f"{wanted.place.name}.begun")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PARVIS_")}
    environment = {**kept, "PARVIS_DATA": str(begun), "PYTHONPATH": str(PACKAGE.parent)}
    if wanted.database:
        environment["PARVIS_DATABASE"] = wanted.database
        with psycopg.connect(named(wanted.database, "postgres"), autocommit=True) as server:
            server.execute(f'DROP DATABASE IF EXISTS "{_name_in(wanted.database)}"')
            server.execute(f'CREATE DATABASE "{_name_in(wanted.database)}"')
    run_prepare(environment)
    begun.rename(wanted.place)


def _fingerprint() -> str:
    """Of all that has a say in what is made: the migrations and what they call, the options, the libraries, the files."""
    digest = hashlib.sha256(f"{sys.version} {django.__version__}".encode())
    for path in sorted({*PACKAGE.glob("*/migrations/*.py"), *_ALSO, *(PACKAGE / "web" / "static").rglob("*")}):
        if path.is_file():
            state = path.stat()
            digest.update(f"{path.relative_to(PACKAGE.parents[1])}:{state.st_size}:{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]


_ALSO = (
    PACKAGE / "orgs" / "audit_guard.py", PACKAGE / "cli" / "prepare.py", *(PACKAGE / "conf").glob("*.py"),
    PACKAGE.parents[1] / "requirements" / "test.lock",
)  # fmt: skip


def _has_tables(database: str) -> bool:
    with psycopg.connect(database) as server:
        return server.execute("SELECT to_regclass('django_migrations')").fetchone() != (None,)


def _exists(database: str, name: str) -> bool:
    with psycopg.connect(named(database, "postgres")) as server:
        return server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _name_in(database: str) -> str:
    found = re.match(r"postgresql://[^/]*/([^?]*)", database)
    assert found is not None, database
    return found.group(1)


@contextmanager
def tests_begin_prepared() -> Iterator[None]:
    """The database that pytest-django makes within the block begins as a copy; `migrate` finds nothing left to do."""
    creation: Any = connection.creation
    with ExitStack() as stack:
        if connection.vendor == "postgresql":
            with prepared(os.environ["PARVIS_DATABASE"]) as made:
                connection.settings_dict["TEST"]["TEMPLATE"] = _name_in(made.database)
            yield
            return
        make = creation._create_test_db  # noqa: SLF001

        def make_and_fill(*arguments: Any, **options: Any) -> str:
            name: str = make(*arguments, **options)
            filled = stack.enter_context(closing(sqlite3.connect(name, uri=True)))
            with prepared() as made, closing(sqlite3.connect(made.place / "parvis.sqlite3")) as source:
                source.backup(filled)
            return name

        creation._create_test_db = make_and_fill  # noqa: SLF001
        try:
            yield
        finally:
            creation._create_test_db = make  # noqa: SLF001
