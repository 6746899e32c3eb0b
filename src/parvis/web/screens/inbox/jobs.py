"""Long work on many conversations, as a bar: how much of how much here, and what the platforms have made of it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from parvis.channels.models import EffectState
from parvis.flows.bulk import batch_progress
from parvis.inbox.lookups import job_of, running_jobs
from parvis.jobs.models import Job, JobState
from parvis.jobs.work import cancel_job
from parvis.orgs.models import Member
from parvis.web.answers import done


@dataclass(frozen=True, slots=True)
class JobBar:
    id: uuid.UUID
    done: int
    total: int | None
    problems: int
    state: str
    error: str
    remote_done: int
    remote_total: int
    remote_stuck: int

    @property
    def is_over(self) -> bool:
        return self.state not in (JobState.WAITING, JobState.RUNNING)

    @property
    def is_remote_over(self) -> bool:
        return self.is_over and self.remote_done + self.remote_stuck >= self.remote_total


def running_bars(member: Member) -> list[JobBar]:
    """Of what somebody started and what still runs, for a page that is opened again.

    What the platforms have made of it comes with each bar's own refreshing.
    """
    return [_bar(job, {}) for job in running_jobs(member)]


def bar_of(job: Job, member: Member) -> JobBar:
    batch = job.params.get("batch")
    return _bar(job, batch_progress(uuid.UUID(batch), member) if batch else {})


def _bar(job: Job, remote: Mapping[str, int]) -> JobBar:
    over = (EffectState.DONE, EffectState.CANCELLED, EffectState.REPLACED)
    return JobBar(
        id=job.pk,
        done=job.done_count,
        total=job.total_count,
        problems=job.problem_count,
        state=job.state,
        error=job.error if isinstance(job.error, str) else "",
        remote_done=sum(remote.get(state, 0) for state in over),
        remote_total=remote.get("total", 0),
        remote_stuck=remote.get(EffectState.NEEDS_PERSON, 0),
    )


@require_http_methods(["GET", "POST"])
def job(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """The bar as it is now; by POST, asks the work to stop."""
    member: Member = request.member  # type: ignore[attr-defined]
    found = job_of(member, key)
    if found is None:
        raise Http404
    if request.method == "POST":
        cancel_job(found)
        return done(request, _("It stops after the step it is in; what is done stays done."))
    return render(request, "components/job.html", {"job": bar_of(found, member)})
