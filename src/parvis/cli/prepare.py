"""`parvis prepare`: what a start needs done before it; quick where nothing is to do."""

import argparse
import fcntl
import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from parvis.cli import open_django
from parvis.core.wording import Text

if TYPE_CHECKING:
    from parvis.orgs.models import Member

NAME = "prepare"
HELP = Text(
    "Bring the database and the static files up to date (a part of `parvis run`).",
    "Mettre à jour la base et les fichiers statiques (une partie de `parvis run`).",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--address", default="", help="print a sign-in link at this address while nobody owns the house"
    )
    parser.add_argument("--demo", action="store_true", help="fill a demonstration house, and print its owner's link")


def run(args: argparse.Namespace) -> int:
    open_django()
    from django.conf import settings

    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    with (settings.DATA_DIR / "prepare.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two starts at once take turns
        _migrate()
        _collect_static(settings.PACKAGE_DIR, settings.DATA_DIR)
        owner = _demonstration_owner() if args.demo or _is_looked_around_in() else None
    if args.address and (link := _link(args.address, owner)):
        print(link)
    return 0


def _demonstration_owner() -> "Member":
    from parvis.flows.demo import fill_house

    return fill_house(now=datetime.now(UTC))


def _is_looked_around_in() -> bool:
    from parvis.flows.demo.leaving import is_looked_around_in

    return is_looked_around_in()


def _link(address: str, owner: "Member | None") -> str | None:
    from parvis.orgs.links import sign_in_link

    return sign_in_link(address=address, now=datetime.now(UTC), member=owner)


def _migrate() -> None:
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)
    connection.close()


def _collect_static(package_dir: Path, data_dir: Path) -> None:
    """Only where a file of ours has changed since the last time: compressing takes seconds."""
    from django.core.management import call_command

    mark = data_dir / "static" / ".made-from"
    current = _fingerprint(package_dir / "web" / "static")
    if mark.exists() and mark.read_text() == current:
        return
    os.umask(0o022)
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    mark.write_text(current)


def _fingerprint(directory: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(directory)}:{path.stat().st_size}:{path.stat().st_mtime_ns}\n".encode())
    return digest.hexdigest()
