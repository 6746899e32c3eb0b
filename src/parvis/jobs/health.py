"""How the installation is: workers that are alive, what waits for them, how large the database has grown."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection

from parvis.jobs.models import Job, JobState, WorkerBeat

ALIVE_WITHIN = timedelta(seconds=30)
"""A worker says that it is alive every few seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFacts:
    kind: str
    """As its makers write it: SQLite, PostgreSQL."""
    version: str
    size_bytes: int | None
    """None where the database does not tell."""


def living_workers(now: datetime) -> list[WorkerBeat]:
    """Those that said so lately, the longest-lived first."""
    return list(WorkerBeat.objects.filter(seen_at__gte=now - ALIVE_WITHIN).order_by("started_at"))


def last_worker() -> WorkerBeat | None:
    """The one that was alive last; None where it said goodbye, or none ever ran."""
    return WorkerBeat.objects.order_by("-seen_at").first()


def unfinished_job_count() -> int:
    return Job.objects.filter(state__in=[JobState.WAITING, JobState.RUNNING]).count()


def database_facts() -> DatabaseFacts:
    connection.ensure_connection()
    version = ".".join(str(part) for part in connection.get_database_version())
    size_bytes = _server_size_bytes() if connection.vendor == "postgresql" else _file_size_bytes()
    return DatabaseFacts(kind=connection.display_name, version=version, size_bytes=size_bytes)


def _server_size_bytes() -> int | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        row = cursor.fetchone()
    return int(row[0]) if row else None


def _file_size_bytes() -> int | None:
    """The file, with what has yet to be written into it."""
    path = str(settings.DATABASES["default"]["NAME"])
    files = [Path(path), Path(f"{path}-wal")]
    return sum(file.stat().st_size for file in files if file.is_file()) or None
