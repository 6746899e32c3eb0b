"""Payloads that were not understood, read again by a job after a connector was mended."""

from datetime import datetime

from django.db import transaction

from parvis.channels.intake import replay_count, replay_some
from parvis.channels.models import Channel
from parvis.jobs.models import Job, JobState
from parvis.jobs.work import advance, job_kind, start_job
from parvis.orgs.access import must
from parvis.orgs.audit import record
from parvis.orgs.models import Member
from parvis.orgs.rights import Action

KIND = "replay"


def replay_channel(channel: Channel, member: Member, *, now: datetime) -> Job:
    """A job for everything that waits in the channel; the one that is under way, if there is one."""
    must(member, Action.MANAGE_CHANNELS, channel)
    with transaction.atomic():
        under_way = Job.objects.filter(
            kind=KIND, state__in=[JobState.WAITING, JobState.RUNNING], params__channel=channel.pk
        ).first()
        if under_way is not None:
            return under_way
        record(
            member, "channel.replay", subject="channel", subject_key=channel.pk, now=now,
            department_id=channel.department_id,
        )  # fmt: skip
        params = {"channel": channel.pk}
        return start_job(KIND, member_id=member.pk, params=params, now=now, total_count=replay_count(channel))


@job_kind(KIND)
def replay_step(job: Job, *, now: datetime) -> bool:
    """Some payloads; one that is read twice after a crash does no harm."""
    channel = Channel.objects.filter(pk=job.params["channel"], removed_at__isnull=True).first()
    if channel is None:
        return True
    place = job.cursor.get("after")
    after = (datetime.fromisoformat(place[0]), place[1]) if place else None
    done, last = replay_some(channel, now=now, after=after)
    if last is None:
        return True
    result = {name: job.result.get(name, 0) + count for name, count in _counts(done.mended_count, done.new_count)}
    advance(
        job, cursor={"after": [last[0].isoformat(), last[1]]}, done=done.envelope_count,
        problems=done.envelope_count - done.mended_count, result=result,
    )  # fmt: skip
    return False


def _counts(mended: int, new: int) -> tuple[tuple[str, int], ...]:
    return ("mended", mended), ("new", new)
