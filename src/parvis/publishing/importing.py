"""Posts from a table: checked first, which writes no post; then taken in by a job that goes on where it stopped.

A row becomes one post, once: its post is written in the same transaction as the post.
"""

import hashlib
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count

from parvis.channels.models import Channel
from parvis.channels.queries import channels_of
from parvis.core.errors import BadInput, NothingToDo, ParvisError
from parvis.core.post import Fault
from parvis.core.wording import Text
from parvis.jobs.models import Job
from parvis.jobs.work import advance, start_job
from parvis.orgs.access import must
from parvis.orgs.audit import record
from parvis.orgs.models import Department, Member
from parvis.orgs.rights import Action
from parvis.publishing.approving import ask_approval, tell_who_approves
from parvis.publishing.campaigns import as_labels
from parvis.publishing.changing import locked_post
from parvis.publishing.models import (
    ApprovalKind,
    Post,
    PostFile,
    PostFileRow,
    PostLabel,
    PostState,
    PostVersion,
    Variant,
)
from parvis.publishing.planning import plan
from parvis.publishing.planning_many import note_posts, plan_new
from parvis.publishing.rowchecks import Checked, Checking
from parvis.publishing.rules import rule_of
from parvis.publishing.saying import Said
from parvis.publishing.tables import COLUMNS, Table, read_table, write_table
from parvis.publishing.times import moment_of, wall_of

KIND = "posts"
ROWS_A_STEP = 50
_ORDERS = ("", "dmy", "mdy")


def check_table(
    table: Table, department: Department, member: Member, *, zone: str, day_order: str = "", now: datetime
) -> list[Checked]:
    """The dry run: nothing at all is written. Raises NotAllowed, BadInput on an unknown zone."""
    must(member, Action.PUBLISH, department)
    wall_of(now, zone)
    if day_order not in _ORDERS:
        raise BadInput(detail=Text("days are written in no such order", "cet ordre de dates n’existe pas"))
    channels = channels_of(member).filter(removed_at__isnull=True)
    checking = Checking(department, member, channels, zone=zone, day_order=day_order, now=now)
    return list(checking.rows(table.rows))


@transaction.atomic
def hand_in(
    data: bytes,
    department: Department,
    member: Member,
    *,
    name: str,
    zone: str,
    now: datetime,
    day_order: str = "",
) -> PostFile:
    """The table and what its check came to, kept for who decides; no post is written. Raises as `check_table` does."""
    name = name.replace("\0", "")
    table = read_table(data, name=name)
    checked = check_table(table, department, member, zone=zone, day_order=day_order, now=now)
    file: PostFile = PostFile.objects.create(
        department=department, name=name[:200], sha256=hashlib.sha256(data).hexdigest(), encoding=table.encoding,
        delimiter=table.delimiter, zone=zone, day_order=day_order, member=member, created_at=now,
    )  # fmt: skip
    rows = [
        PostFileRow(
            file=file, number=one.number, values=one.values, wish=one.wish, is_fit=one.is_fit,
            faults=[_written(fault) for fault in one.faults],
        )
        for one in checked
    ]  # fmt: skip
    PostFileRow.objects.bulk_create(rows, batch_size=200)
    _note(file, member, "posts.check", now=now, facts={"rows": len(rows)})
    return file


@transaction.atomic
def take_in(file: PostFile, member: Member, *, now: datetime, is_draft_only: bool = False) -> Job:
    """What nothing stands in the way of becomes posts, by a job. Raises NotAllowed, NothingToDo where it runs already."""
    must(member, Action.PUBLISH, file)
    current = PostFile.objects.select_for_update(of=("self",), no_key=True).get(pk=file.pk)
    total = current.rows.filter(is_fit=True).count()
    if current.job_key is not None or not total:
        raise NothingToDo
    job = start_job(KIND, member_id=member.pk, params={"file": current.pk}, now=now, total_count=total)
    current.job_key, current.is_draft_only, current.member = job.pk, is_draft_only, member
    current.save(update_fields=["job_key", "is_draft_only", "member"])
    _note(current, member, "posts.import", now=now, facts={"rows": total, "drafts": is_draft_only})
    file.refresh_from_db()
    return job


def import_step(job: Job, *, now: datetime) -> bool:
    """The next rows; True once there are no more."""
    file = PostFile.objects.select_related("department", "member").get(pk=job.params["file"])
    with transaction.atomic():
        rows = file.rows.filter(is_fit=True, outcome="", number__gt=job.cursor.get("number", 0)).order_by("number")
        chunk = list(rows[:ROWS_A_STEP])
        if chunk:
            _take(chunk, file, now=now)
            failed = sum(row.outcome == "failed" for row in chunk)
            advance(job, cursor={"number": chunk[-1].number}, done=len(chunk), problems=failed)
        else:
            asked = [row.post for row in file.rows.filter(outcome="asked").select_related("post__department")]
            tell_who_approves([post for post in asked if post is not None], file.member, now=now)
    return not chunk


def plan_approved_rows(*, now: datetime, limit: int = 20) -> int:
    """Rows whose approval has come get the time that they wished for; how many. For the worker."""
    ready = Post.objects.filter(state=PostState.READY, due_at__gt=now, file_row__outcome="asked").order_by("due_at")
    return sum(_plan_approved(key, now=now) for key in list(ready.values_list("pk", flat=True)[:limit]))


def results(file: PostFile) -> str:
    """CSV: each row as it was handed in, what it became, and what stood in its way."""
    rows = list(file.rows.order_by("number"))
    there = {name for row in rows for name in row.values}
    columns = [name for name in COLUMNS if name in there]
    head = ["row", "outcome", "post", "faults", *columns]
    lines = ([row.number, _outcome(row), row.post_id or "", _said(row), *_cells(row, columns)] for row in rows)
    return write_table(head, lines)


def outcomes(file: PostFile) -> dict[str, int]:
    """How many rows came to what; "" waits, "unfit" has faults."""
    found = dict(file.rows.filter(is_fit=True).order_by().values_list("outcome").annotate(count=Count("pk")))
    return {**found, "unfit": file.rows.filter(is_fit=False).count()}


def earlier_run(file: PostFile) -> PostFile | None:
    """The same bytes were taken in before."""
    rows = PostFile.objects.filter(sha256=file.sha256, department=file.department_id, job_key__isnull=False)
    found: PostFile | None = rows.exclude(pk=file.pk).order_by("-pk").first()
    return found


def _take(rows: list[PostFileRow], file: PostFile, *, now: datetime) -> None:
    """Each becomes its post, in few statements; what can get no time stays a draft, with why."""
    member, said = file.member, Said(now=now, is_near_told=False)
    must(member, Action.PUBLISH, file)
    if file.department.closed_at is not None:
        raise BadInput(detail=Text("this department is closed", "ce département est fermé"))
    posts = _written_posts(rows, file, now=now)
    timed = [post for row, post in zip(rows, posts, strict=True) if "due_local" in row.wish and not file.is_draft_only]
    needs_approval = rule_of(file.department_id).kind != ApprovalKind.NONE
    failed = {} if needs_approval else plan_new(timed, member, now=now, said=said)
    timed_keys = {post.pk for post in timed}
    for row, post in zip(rows, posts, strict=True):
        row.post = post
        if post.pk in failed:
            row.outcome, row.error = "failed", dict(failed[post.pk].facts)
            continue
        row.outcome = "draft" if post.pk not in timed_keys else ("asked" if needs_approval else "planned")
        if row.outcome == "asked":
            ask_approval(post, member, now=now, is_told=False)
    PostFileRow.objects.bulk_update(rows, ["post", "outcome", "error"])


def _written_posts(rows: list[PostFileRow], file: PostFile, *, now: datetime) -> list[Post]:
    posts = Post.objects.bulk_create([_post(row, file, now=now) for row in rows])
    known = set(Channel.objects.filter(removed_at__isnull=True).values_list("pk", flat=True))
    variants = [
        Variant(post=post, channel_id=key)
        for row, post in zip(rows, posts, strict=True)
        for key in row.wish["channels"]
        if key in known
    ]
    Variant.objects.bulk_create(variants)
    on: dict[int, dict[str, Any]] = {}
    for one in variants:
        on.setdefault(one.post_id, {})[str(one.channel_id)] = {"changes": {}, "is_on": True}
    PostVersion.objects.bulk_create(
        PostVersion(
            post=post, number=1, title=post.title, content=post.content, variants=on.get(post.pk, {}),
            member=file.member, at=now,
        )
        for post in posts
    )  # fmt: skip
    PostLabel.objects.bulk_create(
        PostLabel(post=post, name=name)
        for row, post in zip(rows, posts, strict=True)
        for name in as_labels(row.wish["labels"])
    )
    note_posts(posts, file.member, "post.create", now=now, facts={"file": file.pk})
    return posts


def _post(row: PostFileRow, file: PostFile, *, now: datetime) -> Post:
    wish = row.wish
    times: dict[str, Any] = {}
    if "due_local" in wish:
        moment = moment_of(datetime.fromisoformat(wish["due_local"]), wish["zone"])
        times = {"due_local": moment.local, "zone": moment.zone, "due_at": moment.at}
    return Post(
        department=file.department, title=wish["title"], content=wish["content"], campaign_id=wish["campaign"],
        pillar_id=wish["pillar"], created_by=file.member, created_at=now, updated_at=now, **times,
    )  # fmt: skip


@transaction.atomic
def _plan_approved(key: int, *, now: datetime) -> int:
    post = locked_post(key)
    rows = PostFileRow.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
    row = rows.filter(post=post, outcome="asked").select_related("file__member").first()
    if row is None or post.state != PostState.READY:
        return 0
    try:
        with transaction.atomic():
            plan(post, row.file.member, due_local=datetime.fromisoformat(post.due_local), zone=post.zone, now=now)
        row.outcome = "planned"
    except ParvisError as error:
        row.outcome, row.error = "failed", dict(error.facts)
    row.save(update_fields=["outcome", "error"])
    return 1


def _written(fault: Fault) -> dict[str, Any]:
    return {
        "code": fault.code, "field": fault.field, "en": fault.words.en, "fr": fault.words.fr, "is_hint": fault.is_hint
    }  # fmt: skip


def _outcome(row: PostFileRow) -> str:
    return row.outcome or ("waits" if row.is_fit else "not fit")


def _said(row: PostFileRow) -> str:
    return "; ".join([*(fault["en"] for fault in row.faults), *([row.error["en"]] if row.error else [])])


def _cells(row: PostFileRow, columns: list[str]) -> list[str]:
    return [row.values.get(name, "") for name in columns]


def _note(file: PostFile, member: Member, action: str, *, now: datetime, facts: dict[str, Any]) -> None:
    record(
        member, action, subject="post_file", subject_key=file.pk, department_id=file.department_id, now=now, facts=facts
    )
