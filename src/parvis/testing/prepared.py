"""What `parvis prepare` makes in an empty house, made once for these sources and copied from then on.

Every migration and the compressing of every static file take ten seconds of a core, which dozens of tests would pay.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psycopg

PACKAGE = Path(__file__).resolve().parents[1]
KEPT_IN = PACKAGE.parents[1] / ".pytest_cache" / "d"


def prepare(environment: Mapping[str, str]) -> None:
    """As `parvis prepare` in that environment. A database that has tables already is left to that command itself."""
    data, database = Path(environment["PARVIS_DATA"]), environment.get("PARVIS_DATABASE", "")
    if (data / "parvis.sqlite3").exists() or (database and _has_tables(database)):
        run_prepare(environment)
        return
    name = f"prepared_{_fingerprint()}"
    KEPT_IN.mkdir(parents=True, exist_ok=True)
    with (KEPT_IN / "prepared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        place = KEPT_IN / (f"{name}_postgresql" if database else name)
        if not place.exists() or (database and not _exists(database, name)):
            _make(place, named(database, name) if database else "")
    shutil.copytree(place, data, dirs_exist_ok=True)
    if database:
        copy_database(named(database, name), database)


def copy_database(template: str, database: str) -> None:
    """The one at the second address becomes a copy of that at the first; what it was is gone."""
    own, template = _name_in(database), _name_in(template)
    with psycopg.connect(named(database, "postgres"), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{own}"')
        connection.execute(f'CREATE DATABASE "{own}" TEMPLATE "{template}"')


def named(database: str, name: str) -> str:
    """The address of another database on the same server."""
    return re.sub(r"^(postgresql://[^/]*/)[^?]*", rf"\g<1>{name}", database)


def run_prepare(environment: Mapping[str, str]) -> None:
    subprocess.run(
        [sys.executable, "-m", "parvis", "prepare"], env=dict(environment), check=True, capture_output=True, timeout=120
    )


def _make(place: Path, database: str) -> None:
    for old in KEPT_IN.glob("prepared_*"):  # of other sources, or half made
        if old.name.endswith("_postgresql") == bool(database):
            shutil.rmtree(old)
    made = place.with_name(f"{place.name}.made")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PARVIS_")}
    environment = {**kept, "PARVIS_DATA": str(made), "PYTHONPATH": str(PACKAGE.parent)}
    if database:
        environment["PARVIS_DATABASE"] = database
        with psycopg.connect(named(database, "postgres"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{_name_in(database)}"')
            connection.execute(f'CREATE DATABASE "{_name_in(database)}"')
    run_prepare(environment)
    made.rename(place)


def _fingerprint() -> str:
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix != ".pyc" and path.is_file():
            state = path.stat()
            digest.update(f"{path.relative_to(PACKAGE)}:{state.st_size}:{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]


def _has_tables(database: str) -> bool:
    with psycopg.connect(database) as connection:
        return connection.execute("SELECT to_regclass('django_migrations')").fetchone() != (None,)


def _exists(database: str, name: str) -> bool:
    with psycopg.connect(named(database, "postgres")) as connection:
        return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _name_in(database: str) -> str:
    found = re.match(r"postgresql://[^/]*/([^?]*)", database)
    assert found is not None, database
    return found.group(1)
