"""Long work in bounded steps: it goes on from its cursor after any crash, shows its progress, can be cancelled."""

import logging
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import OperationalError, transaction
from django.db.models import F

from parvis.core.errors import LeaseLost, ParvisError
from parvis.jobs.claim import claim, extend, release
from parvis.jobs.faults import one_line
from parvis.jobs.live import tell
from parvis.jobs.models import Job, JobState
from parvis.jobs.steps import at
from parvis.jobs.turns import let_others_write

Step = Callable[..., bool]
S = TypeVar("S", bound=Step)

LEASE_S = 120.0
TURN_S = 2.0
"""How long one job is worked on before the next one has its turn."""

_log = logging.getLogger("parvis.jobs")
_steps: dict[str, Step] = {}
_had_turn: dict[str, set[uuid.UUID]] = {}
"""Jobs by the worker that gave them a turn in this round."""


def job_kind(kind: str) -> Callable[[S], S]:
    """Registers `def step(job, *, now) -> bool`: one bounded chunk, True once all is done.

    A step does its work and `advance` in one transaction, so that a crash repeats nothing.
    """

    def register(step: S) -> S:
        if _steps.setdefault(kind, step) is not step:
            raise ValueError(f"two kinds of job are called {kind}")
        return step

    return register


def start_job(
    kind: str, *, member_id: int | None, params: Mapping[str, Any], now: datetime, total_count: int | None = None
) -> Job:
    """A job for the worker to find, in the current transaction."""
    job = Job.objects.create(
        kind=kind, member_key=member_id, params=dict(params), total_count=total_count, created_at=now
    )
    tell("job", now=now, member_id=member_id, facts=facts_of(job))
    return job


def cancel_job(job: Job) -> None:
    """Asks it to stop: the worker does after the step it is in; what is done stays done."""
    Job.objects.filter(pk=job.pk, state__in=[JobState.WAITING, JobState.RUNNING]).update(cancel_asked=True)
    job.refresh_from_db(fields=["cancel_asked"])


def resume_job(job: Job) -> None:
    """Lets one that was stopped or failed go on from its cursor."""
    over = Job.objects.filter(pk=job.pk, state__in=[JobState.CANCELLED, JobState.FAILED])
    over.update(state=JobState.WAITING, cancel_asked=False, finished_at=None, error=None)
    job.refresh_from_db()


def advance(job: Job, *, cursor: Mapping[str, Any], done: int = 0, problems: int = 0, **changes: Any) -> None:
    """Moves the job on, in the transaction of the work itself. Raises LeaseLost where it is another's by now.

    `changes` may set total_count, result and the like.
    """
    held = Job.objects.filter(pk=job.pk, leased_by=job.leased_by, state=JobState.RUNNING)
    changed = held.update(
        cursor=dict(cursor),
        done_count=F("done_count") + done,
        problem_count=F("problem_count") + problems,
        **changes,
    )
    if not changed:
        raise LeaseLost
    job.cursor = dict(cursor)
    job.done_count += done
    job.problem_count += problems
    for name, value in changes.items():
        setattr(job, name, value)


def run_jobs(worker: str, now: datetime, *, limit: int = 4, load: Callable[[], None] | None = None) -> int:
    """Gives each of the oldest jobs a turn; how many there were. `load` imports the modules that register kinds.

    Those that this worker has just worked on wait until the others have had theirs.
    """
    due = Job.objects.filter(state__in=[JobState.WAITING, JobState.RUNNING]).order_by("created_at")
    started_s = time.monotonic()
    had_turn = _had_turn.setdefault(worker, set())
    lease_s = LEASE_S + limit * TURN_S
    jobs = claim(due.exclude(pk__in=had_turn), worker=worker, now=now, lease_s=lease_s, limit=limit) if had_turn else []
    if not jobs:
        had_turn.clear()
        jobs = claim(due, worker=worker, now=now, lease_s=lease_s, limit=limit)
    had_turn.update(job.pk for job in jobs)
    if jobs and load is not None:
        load()
    for job in jobs:
        _take_turn(job, now=now + timedelta(seconds=time.monotonic() - started_s))
    return len(jobs)


def _take_turn(job: Job, *, now: datetime) -> None:
    if not extend(job, now=now, lease_s=LEASE_S):
        return
    Job.objects.filter(pk=job.pk, state=JobState.WAITING).update(state=JobState.RUNNING)
    job.state = JobState.RUNNING
    try:
        state = _run_steps(job, now=now)
    except LeaseLost:
        _log.warning("job %s (%s) was taken over", job.pk, job.kind)
    except OperationalError as error:  # the database is busy or away: the same step again once the lease is over
        _log.warning("job %s (%s) waits for the database: %s", job.pk, job.kind, error)
        with suppress(OperationalError):
            extend(job, now=now, lease_s=TURN_S)
    except ParvisError as error:
        _end(job, JobState.FAILED, now=now, error=error)
    except Exception as error:  # noqa: BLE001 - the edge: one job's fault stops no other
        _log.error("job %s (%s) failed: %s", job.pk, job.kind, one_line(error))
        _end(job, JobState.FAILED, now=now, error=ParvisError(detail=f"{type(error).__name__}: {error}"[:500]))
    else:
        _end(job, state, now=now)


def _run_steps(job: Job, *, now: datetime) -> str:
    """The state in which the turn leaves the job."""
    step = _steps.get(job.kind)
    if step is None:
        raise LookupError(f"no kind of job is called {job.kind}")
    started_s = time.monotonic()
    while True:
        if Job.objects.filter(pk=job.pk, cancel_asked=True).exists():
            return JobState.CANCELLED
        elapsed_s = time.monotonic() - started_s
        if elapsed_s > TURN_S:
            return JobState.RUNNING
        step_now = now + timedelta(seconds=elapsed_s)
        if not extend(job, now=step_now, lease_s=LEASE_S):
            raise LeaseLost
        at("job.step")
        begun_s = time.monotonic()
        is_done = step(job, now=step_now)
        let_others_write(time.monotonic() - begun_s)
        if is_done:
            return JobState.DONE


def _end(job: Job, state: str, *, now: datetime, error: ParvisError | None = None) -> None:
    """Ends the turn; a job that is still running goes back to the others."""
    over = {} if state == JobState.RUNNING else {"finished_at": now, "error": error and error.facts}
    with transaction.atomic():
        if not release(job, state=state, **over):
            return
        tell("job", now=now, member_id=job.member_key, facts=facts_of(job))


def facts_of(job: Job) -> dict[str, Any]:
    """What a page shows of a job."""
    return {
        "job": str(job.pk),
        "kind": job.kind,
        "state": job.state,
        "done": job.done_count,
        "total": job.total_count,
        "problems": job.problem_count,
    }
