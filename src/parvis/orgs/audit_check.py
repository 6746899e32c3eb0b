"""The check of the audit trail as long work: asked for on a screen, done by the worker, with a bar."""

from datetime import datetime

from django.db import transaction

from parvis.jobs.models import Job, JobState
from parvis.jobs.work import advance, job_kind, start_job
from parvis.orgs.access import must
from parvis.orgs.audit_chain import HEAD_KEY
from parvis.orgs.audit_verify import Fault, Walk, faults_at_end, walk_on
from parvis.orgs.models import AuditHead, Member
from parvis.orgs.rights import Action

KIND = "audit-check"
_PAGES_A_STEP = 4
_FAULTS_KEPT = 200


def start_check(member: Member, *, now: datetime) -> Job:
    """The check that is under way, or a new one."""
    must(member, Action.SEE_AUDIT)
    with transaction.atomic():
        running = Job.objects.filter(kind=KIND, state__in=[JobState.WAITING, JobState.RUNNING]).first()
        if running is not None:
            return running
        last_id = AuditHead.objects.filter(pk=HEAD_KEY).values_list("last_id", flat=True).first()
        return start_job(KIND, member_id=member.pk, params={}, now=now, total_count=last_id or 0)


def last_check() -> Job | None:
    return Job.objects.filter(kind=KIND).order_by("-created_at").first()


@job_kind(KIND)
def check_step(job: Job, *, now: datetime) -> bool:  # noqa: ARG001 - every step is given the time
    """Some pages further; True at the end of the trail."""
    walk = Walk(job.cursor.get("last_id", 0), job.cursor.get("last_hash", ""))
    count, faults, is_done = _walk_some(walk)
    kept = [*job.result.get("faults", []), *map(_facts, faults)][:_FAULTS_KEPT]
    cursor = {"last_id": walk.last_id, "last_hash": walk.last_hash}
    advance(job, cursor=cursor, done=count, problems=len(faults), result={"faults": kept, "last_id": walk.last_id})
    return is_done


def _walk_some(walk: Walk) -> tuple[int, list[Fault], bool]:
    count = 0
    faults: list[Fault] = []
    for _ in range(_PAGES_A_STEP):
        part = walk_on(walk)
        if part is None:
            at_end = faults_at_end(walk)
            return count, faults + (at_end or []), at_end is not None
        count += part[0]
        faults += part[1]
    return count, faults, False


def _facts(fault: Fault) -> dict[str, object]:
    return {"kind": fault.kind, "entry": fault.entry_id, "en": fault.text.en, "fr": fault.text.fr}
