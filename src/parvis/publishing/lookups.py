"""What the planning screens show, and nothing that the reader may not see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

from parvis.jobs.models import Job
from parvis.orgs.models import Department, Member
from parvis.publishing.models import (
    Campaign,
    Evergreen,
    EvergreenPick,
    Occurrence,
    Pillar,
    Post,
    PostFile,
    PostFileRow,
    PostState,
    Queue,
    QueueEntry,
    Repeat,
    Slot,
)

M = TypeVar("M", bound=Model)

MOST_POSTS = 500


@dataclass(frozen=True, slots=True)
class Place:
    """What a post can be put into, and what it is of."""

    queues: Sequence[Queue]
    campaigns: Sequence[Campaign]
    pillars: Sequence[Pillar]
    labels: Sequence[str]
    entry: QueueEntry | None
    pick: EvergreenPick | None


def queues_of(member: Member, *, department: Department | None = None) -> list[Queue]:
    rows = Queue.objects.visible_to(member).filter(closed_at__isnull=True).select_related("department")
    if department is not None:
        rows = rows.filter(department=department)
    return list(rows.prefetch_related("channels", "slots").order_by("department__name", "name"))


def queue_for(member: Member, key: int) -> Queue | None:
    """None where there is none that the member sees; so all below."""
    return _one(Queue, Queue.objects.visible_to(member).select_related("department"), key)


def slot_for(member: Member, key: int) -> Slot | None:
    return _one(Slot, Slot.objects.visible_to(member).select_related("queue__department", "pillar"), key)


def entry_for(member: Member, key: int) -> QueueEntry | None:
    return _one(QueueEntry, QueueEntry.objects.visible_to(member).select_related("queue", "post__department"), key)


def campaign_for(member: Member, key: int) -> Campaign | None:
    return _one(Campaign, Campaign.objects.visible_to(member).select_related("department", "created_by"), key)


def pillar_for(member: Member, key: int) -> Pillar | None:
    return _one(Pillar, Pillar.objects.visible_to(member).select_related("department"), key)


def file_for(member: Member, key: int) -> PostFile | None:
    return _one(PostFile, PostFile.objects.visible_to(member).select_related("department", "member"), key)


def evergreen_for(member: Member, key: int) -> Evergreen | None:
    return _one(Evergreen, Evergreen.objects.visible_to(member).select_related("department", "queue", "pillar"), key)


def pick_for(member: Member, key: int) -> EvergreenPick | None:
    rows = EvergreenPick.objects.visible_to(member).select_related("rule__queue", "post__department", "root")
    return _one(EvergreenPick, rows, key)


def files_of(member: Member, *, department: Department | None = None, limit: int = 20) -> list[PostFile]:
    rows = PostFile.objects.visible_to(member).select_related("department", "member")
    if department is not None:
        rows = rows.filter(department=department)
    return list(rows.order_by("-pk")[:limit])


def rows_of(file: PostFile, *, only_unfit: bool = False) -> QuerySet[PostFileRow]:
    rows = file.rows.select_related("post").order_by("number")
    return rows.filter(Q(is_fit=False) | Q(outcome="failed")) if only_unfit else rows


def job_of_file(file: PostFile) -> Job | None:
    return Job.objects.filter(pk=file.job_key).first() if file.job_key else None


def posts_of_campaign(campaign: Campaign) -> list[Post]:
    """The caller has checked that it may be seen; what was cancelled is not there."""
    rows = campaign.posts.exclude(state=PostState.CANCELLED).select_related("department", "created_by", "pillar")
    return list(rows.order_by("due_at", "pk")[:MOST_POSTS])


def evergreens_of(member: Member, *, department: Department | None = None) -> list[Evergreen]:
    rows = Evergreen.objects.visible_to(member).filter(closed_at__isnull=True)
    if department is not None:
        rows = rows.filter(department=department)
    return list(rows.select_related("department", "queue", "pillar").prefetch_related("channels").order_by("name"))


def pillars_in(department: Department) -> list[Pillar]:
    """Those that are offered; the caller has checked that the department may be seen."""
    return list(Pillar.objects.filter(department=department, closed_at__isnull=True).order_by("name"))


def picks_of(rule: Evergreen, *, limit: int = 10) -> list[EvergreenPick]:
    """The newest first."""
    return list(rule.picks.select_related("post", "root").order_by("-pk")[:limit])


def repeat_of(post: Post) -> Repeat | None:
    """Whose pattern it is, or of which it is one occurrence; the caller has checked that the post may be seen."""
    if post.repeat_id is not None:
        return Repeat.objects.filter(pk=post.repeat_id).select_related("pattern").first()
    return Repeat.objects.filter(pattern=post, is_on=True).select_related("pattern").first()


def occurrences_of(repeat: Repeat, *, now: datetime, limit: int = 30) -> list[Occurrence]:
    """Those made already: what is to come, and what was missed; the last first."""
    rows = repeat.occurrences.filter(Q(due_at__gte=now) | Q(state="missed")).select_related("post")
    return list(rows.order_by("-local")[:limit])


def place_of(post: Post) -> Place:
    """The caller has checked that the post may be seen."""
    department = {"department": post.department_id, "closed_at__isnull": True}
    entry = QueueEntry.objects.filter(post=post).select_related("queue").first()
    pick = (
        EvergreenPick.objects.filter(post=post).select_related("rule", "root").first() if post.evergreen_of_id else None
    )
    return Place(
        queues=list(Queue.objects.filter(is_on=True, **department).order_by("name")),
        campaigns=list(Campaign.objects.filter(**department).order_by("name")),
        pillars=list(Pillar.objects.filter(**department).order_by("name")),
        labels=list(post.labels.order_by("name").values_list("name", flat=True)),
        entry=entry,
        pick=pick,
    )


def _one(_kind: type[M], rows: QuerySet[Any], key: int) -> M | None:
    found: M | None = rows.filter(pk=key).first()
    return found
