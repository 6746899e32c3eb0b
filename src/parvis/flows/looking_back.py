"""A saved query looks through all that is stored, by a job with a bar that can be cancelled and goes on after a crash."""

from datetime import datetime

from django.db import transaction

from parvis.channels.candidates import ids_of_block
from parvis.jobs.models import Job, JobState
from parvis.jobs.work import advance, cancel_job, job_kind, start_job
from parvis.listening.history import Place, beginning, look_back
from parvis.listening.models import QueryState, SavedQuery
from parvis.orgs.models import Member

KIND = "look_back"


def start_look_back(query: SavedQuery, member: Member | None, *, now: datetime) -> Job | None:
    """The job; None where nothing is stored. An earlier one of the same query stops."""
    place = beginning()
    if place is None:
        return None
    with transaction.atomic():
        under_way = Job.objects.filter(kind=KIND, state__in=[JobState.WAITING, JobState.RUNNING])
        for earlier in under_way.filter(params__query=query.pk):
            cancel_job(earlier)
        job = start_job(
            KIND,
            member_id=member.pk if member else None,
            params={"query": query.pk, "revision": query.revision},
            now=now,
            total_count=ids_of_block(place.block).stop,
        )
        SavedQuery.objects.filter(pk=query.pk).update(backfill_job=job.pk)
    query.backfill_job = job.pk
    return job


@job_kind(KIND)
def look_back_step(job: Job, *, now: datetime) -> bool:
    """What a step writes, it finds as it stands when it is repeated after a crash."""
    query = SavedQuery.objects.filter(
        pk=job.params["query"], revision=job.params["revision"], state=QueryState.ON
    ).first()
    place = Place(**job.cursor) if job.cursor else beginning()
    if query is None or place is None:
        return True
    following, passed, new = look_back(query, place, now=now)
    cursor = {} if following is None else {"block": following.block, "from_id": following.from_id}
    advance(job, cursor=cursor, done=passed, result={"found": job.result.get("found", 0) + new})
    return following is None
