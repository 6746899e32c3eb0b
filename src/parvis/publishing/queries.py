"""What screens show of posts: lists, the calendar, one post, and what waits for somebody's approval."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from parvis.assets.models import Asset, AssetUse
from parvis.assets.uses import POST, PUBLICATION
from parvis.channels.models import Effect
from parvis.orgs.models import Department, Member
from parvis.publishing.approving import own_among, step_of
from parvis.publishing.models import (
    OPEN_EDIT,
    OPEN_REQUEST,
    ApprovalKind,
    ApprovalRequest,
    ApprovalVote,
    GuestLink,
    Post,
    PostComment,
    PostVersion,
    Publication,
    PublicationEdit,
    PublicationState,
    ReadBack,
    Variant,
)
from parvis.publishing.rules import may_stand, roles_of, rule_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A publication with its parts in the order in which they leave; none before it was released."""

    publication: Publication
    parts: tuple[Effect, ...]
    is_behind: bool
    """The post was changed since: what leaves is what was planned."""


def posts_of(
    member: Member,
    *,
    states: Collection[str] = (),
    department: Department | None = None,
    before: tuple[datetime, int] | None = None,
    limit: int = 50,
) -> list[Post]:
    """The last changed first; `before`: (updated_at, id) of the last one that was shown."""
    rows = Post.objects.visible_to(member).select_related("department", "created_by")
    if states:
        rows = rows.filter(state__in=list(states))
    if department is not None:
        rows = rows.filter(department=department)
    if before is not None:
        rows = rows.filter(Q(updated_at__lt=before[0]) | Q(updated_at=before[0], pk__lt=before[1]))
    return list(rows.order_by("-updated_at", "-pk")[:limit])


def posts_using(member: Member, asset: Asset, *, limit: int = 30) -> tuple[list[Post], int]:
    """Posts that name it, or of which something was planned with it, the last changed first; and how many more there
    are that the member does not see, or that are too many.
    """
    uses = AssetUse.objects.filter(asset=asset)
    planned = Publication.objects.filter(pk__in=uses.filter(subject=PUBLICATION).values("subject_key"))
    named = Q(pk__in=uses.filter(subject=POST).values("subject_key")) | Q(pk__in=planned.values("post"))
    found = list(Post.objects.visible_to(member).filter(named).order_by("-updated_at", "-pk")[:limit])
    return found, Post.objects.filter(named).count() - len(found)


def post_counts(member: Member, *, department: Department | None = None) -> dict[str, int]:
    """How many posts there are in each state that has any."""
    rows = Post.objects.visible_to(member)
    if department is not None:
        rows = rows.filter(department=department)
    return dict(rows.order_by().values_list("state").annotate(count=Count("pk")))


def comment_for(member: Member, key: int) -> PostComment | None:
    """None where there is none that the member sees."""
    rows = PostComment.objects.visible_to(member).select_related("post__department")
    found: PostComment | None = rows.filter(pk=key).first()
    return found


def post_for(member: Member, key: int) -> Post | None:
    """None where there is none that the member sees."""
    found: Post | None = (
        Post.objects.visible_to(member).select_related("department", "created_by").filter(pk=key).first()
    )
    return found


def publication_for(member: Member, key: int) -> Publication | None:
    found: Publication | None = (
        Publication.objects.visible_to(member).select_related("post", "channel").filter(pk=key).first()
    )
    return found


def calendar(
    member: Member, start: datetime, end: datetime, *, department: Department | None = None, limit: int = 2000
) -> list[Publication]:
    """What leaves or has left from `start` until before `end`, in the order of its time; what was cancelled is not there."""
    rows = Publication.objects.visible_to(member).filter(due_at__gte=start, due_at__lt=end)
    if department is not None:
        rows = rows.filter(department=department)
    rows = rows.exclude(state=PublicationState.CANCELLED).select_related("post", "channel", "department")
    return list(rows.order_by("due_at", "pk")[:limit])


def publications_of(post: Post) -> list[Progress]:
    """Of all its channels, the cancelled ones included; the caller has checked that the post may be seen."""
    rows = list(post.publications.select_related("channel").order_by("channel__name", "pk"))
    parts: dict[object, list[Effect]] = {row.key: [] for row in rows}
    for effect in Effect.objects.filter(chain__in=list(parts)).order_by("step", "pk"):
        parts[effect.chain].append(effect)
    return [
        Progress(publication=row, parts=tuple(parts[row.key]), is_behind=row.version != post.version) for row in rows
    ]


def versions_of(post: Post) -> QuerySet[PostVersion]:
    """Newest first; what its writer amended soon after is not shown."""
    return post.versions.filter(is_amended=False).select_related("member").order_by("-number")


def comments_of(post: Post) -> QuerySet[PostComment]:
    return post.comments.select_related("member", "resolved_by").order_by("pk")


def audiences_of(post: Post, channel_ids: Collection[int]) -> list[tuple[str, str]]:
    """Name and audience’s zone of each channel for which it is, of those."""
    rows = Variant.objects.filter(post=post, is_on=True, channel__in=channel_ids).order_by("channel__name", "pk")
    return list(rows.values_list("channel__name", "channel__audience_zone"))


def request_of(post: Post) -> ApprovalRequest | None:
    """The newest."""
    return post.requests.select_related("asked_by").prefetch_related("votes__member").order_by("-pk").first()


def guest_link_for(member: Member, post: Post, key: int) -> GuestLink | None:
    """One of the post's links; None where there is none that the member sees."""
    rows = GuestLink.objects.visible_to(member).filter(request__post=post).select_related("request__post")
    found: GuestLink | None = rows.filter(pk=key).first()
    return found


def guest_links_of(request: ApprovalRequest) -> list[GuestLink]:
    """Newest first, with the letters that bring them."""
    return list(request.links.filter(step=request.step).select_related("letter").order_by("-pk"))


def read_backs_of(publications: Sequence[Publication]) -> dict[int, ReadBack]:
    rows = ReadBack.objects.filter(publication__in=[one.pk for one in publications])
    return {row.publication_id: row for row in rows}


def open_edits_of(publications: Sequence[Publication]) -> dict[int, PublicationEdit]:
    rows = PublicationEdit.objects.filter(OPEN_EDIT, publication__in=[one.pk for one in publications])
    return {row.publication_id: row for row in rows}


def needs_approval(post: Post) -> bool:
    """Whether the department's rule wants somebody's approval."""
    return rule_of(post.department_id).kind != ApprovalKind.NONE


def versions_asked_for(requests: Sequence[ApprovalRequest]) -> dict[int, PostVersion]:
    """By request, the version that it is about; one question for all."""
    wanted = {(one.post_id, one.version): one.pk for one in requests}
    rows = PostVersion.objects.filter(
        post__in={one.post_id for one in requests}, number__in={one.version for one in requests}
    )
    return {wanted[row.post_id, row.number]: row for row in rows if (row.post_id, row.number) in wanted}


def approvals_waiting(member: Member, *, now: datetime, limit: int = 100) -> list[ApprovalRequest]:
    """Requests on which the member's word is waited for, the soonest to expire first."""
    rows = ApprovalRequest.objects.visible_to(member).filter(OPEN_REQUEST)
    rows = rows.exclude(expires_at__lte=now).exclude(
        pk__in=ApprovalVote.objects.filter(member=member).values("request")
    )
    rows = rows.select_related("post__department", "asked_by").order_by("expires_at", "pk")
    held = roles_of(member)
    found = [one for one in rows if may_stand(step_of(one), one.post.department_id, member, roles=held)]
    own = own_among(found, member)
    return [one for one in found if one.pk not in own][:limit]
