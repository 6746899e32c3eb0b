"""Files that a house brings from elsewhere, taken in by a job that goes on where it stopped."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from django.db import transaction

from parvis.channels.envelopes import foreign_endpoint
from parvis.channels.intake import take_in_payloads
from parvis.channels.models import Channel
from parvis.channels.registry import file_readers
from parvis.core.errors import FileNotUnderstood
from parvis.core.wording import Text
from parvis.jobs.models import Job, JobState
from parvis.jobs.work import advance, job_kind, start_job
from parvis.orgs.access import must
from parvis.orgs.models import Member
from parvis.orgs.rights import Action

KIND = "import"
_NO_READER = Text("nothing installed reads such files", "rien d’installé ne lit de tels fichiers")


@dataclass(slots=True)
class _Reading:
    """A file that is being read, kept between two steps of the same process."""

    position: int
    steps: Iterator[Any]


_open_readings: dict[Any, _Reading] = {}


def import_file(path: Path, *, channel: Channel, member: Member | None, now: datetime) -> Job:
    """A job that takes the file in; one that was begun with the same file and channel goes on instead.

    `member` None: whoever holds the machine, at the command line. Raises FileNotUnderstood.
    """
    if member is not None:
        must(member, Action.MANAGE_CHANNELS, channel)
    path = path.resolve()
    slug = _reader_for(path)
    unfinished = Job.objects.filter(
        kind=KIND, state__in=[JobState.WAITING, JobState.RUNNING], params__path=str(path), params__channel=channel.pk
    ).first()
    if unfinished is not None:
        return unfinished
    params = {"path": str(path), "channel": channel.pk, "reader": slug}
    return start_job(KIND, member_id=member.pk if member else None, params=params, now=now)


def _reader_for(path: Path) -> str:
    """The connector whose reader understands the file. Raises FileNotUnderstood."""
    failure = FileNotUnderstood(name=path.name, detail=_NO_READER)
    for slug, read in file_readers().items():
        try:
            read(path)
        except FileNotUnderstood as error:
            failure = error
        else:
            return slug
    raise failure


@job_kind(KIND)
def import_step(job: Job, *, now: datetime) -> bool:
    """One step of the file; items and the job's cursor move in one transaction."""
    position = job.cursor.get("position", 0)
    reading = _open_readings.pop(job.pk, None)
    if reading is None or reading.position != position:
        read: Callable[..., Iterator[Any]] = file_readers()[job.params["reader"]]
        reading = _Reading(position, read(Path(job.params["path"]), start=position))
    step = next(reading.steps, None)
    if step is None:
        return True
    channel = Channel.objects.get(pk=job.params["channel"])
    payload = msgspec.structs.replace(
        step.payload, endpoint=foreign_endpoint(job.params["reader"], step.payload.endpoint)
    )
    with transaction.atomic():
        taken = take_in_payloads(channel, [payload], now=now)
        if taken.is_dropped:
            return True
        advance(
            job,
            cursor={"position": step.position, "read_bytes": step.read_bytes, "total_bytes": step.total_bytes},
            done=step.position - position,
            problems=taken.problem_count,
        )
    _open_readings[job.pk] = _Reading(step.position, reading.steps)
    return False
