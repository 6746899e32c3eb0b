"""Posts: what is common, what differs by channel, every version, and what colleagues say about it."""

from django.db import models
from django.db.models import Q

from parvis.channels.models import Channel
from parvis.jobs.states import Transitions
from parvis.orgs.access import Scoped
from parvis.orgs.models import Department, Member


class ScopedByPost(Scoped):
    department_path = "post__department_id"


class ScopedByComment(Scoped):
    department_path = "comment__post__department_id"


class PostState(models.TextChoices):
    DRAFT = "draft"
    REVIEW = "review"
    """Its approval is asked for."""
    READY = "ready"
    """Approved, or nobody need approve it."""
    PLANNED = "planned"
    LEAVING = "leaving"
    """Parts of it are on their way."""
    OUT = "out"
    STUCK = "stuck"
    """On one channel at least it needs a person."""
    HELD = "held"
    CANCELLED = "cancelled"


_OF_PUBLICATIONS = {PostState.PLANNED, PostState.LEAVING, PostState.OUT, PostState.STUCK, PostState.HELD}
POST_TRANSITIONS = Transitions(
    PostState,
    {
        PostState.DRAFT: {PostState.REVIEW, PostState.READY, PostState.PLANNED, PostState.LEAVING, PostState.CANCELLED},
        PostState.REVIEW: {PostState.DRAFT, PostState.READY, PostState.CANCELLED},
        PostState.READY: {
            PostState.DRAFT, PostState.REVIEW, PostState.PLANNED, PostState.LEAVING, PostState.CANCELLED,
        },
        PostState.PLANNED: (_OF_PUBLICATIONS - {PostState.PLANNED}) | {PostState.DRAFT, PostState.READY, PostState.CANCELLED},
        PostState.LEAVING: (_OF_PUBLICATIONS - {PostState.LEAVING}) | {PostState.CANCELLED},
        PostState.STUCK: (_OF_PUBLICATIONS - {PostState.STUCK}) | {PostState.DRAFT, PostState.READY, PostState.CANCELLED},
        PostState.OUT: {PostState.STUCK},  # what is changed or taken down there may need a person
        PostState.HELD: (_OF_PUBLICATIONS - {PostState.HELD}) | {PostState.DRAFT, PostState.READY, PostState.CANCELLED},
    },
    final={PostState.CANCELLED},
)  # fmt: skip


class Post(models.Model):
    """What we write, once; `content` is a core.post.Content without what differs by channel."""

    objects = Scoped.as_manager()

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", db_index=False)
    title = models.CharField(max_length=200, default="", blank=True)
    """What colleagues call it; it never leaves the house."""
    content = models.JSONField(default=dict)
    language = models.CharField(max_length=20, default="", blank=True)
    """BCP 47, as in the content: for lists."""
    state = models.CharField(max_length=10, choices=PostState.choices, default=PostState.DRAFT)
    due_local = models.CharField(max_length=19, default="", blank=True)
    """The wall time meant, ISO 8601 without an offset; "" where none is planned."""
    zone = models.CharField(max_length=60, default="", blank=True)
    """Whose wall: an IANA name."""
    due_at = models.DateTimeField(null=True)
    """Worked out from both."""
    version = models.PositiveIntegerField(default=1)
    """Number of the version that the content is."""
    created_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    campaign = models.ForeignKey("publishing.Campaign", on_delete=models.SET_NULL, null=True, related_name="posts")
    pillar = models.ForeignKey("publishing.Pillar", on_delete=models.SET_NULL, null=True, related_name="posts")
    repeat = models.ForeignKey("publishing.Repeat", on_delete=models.SET_NULL, null=True, related_name="posts")
    """Of which it is one occurrence."""
    evergreen_of = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="recycled")
    """What it says again: the first of them."""
    evergreen_until = models.DateField(null=True)
    """The last day on which it may be said again; None: for ever."""

    class Meta:
        indexes = [
            models.Index(fields=["department", "state", "-updated_at"], name="post_department"),
            models.Index(fields=["due_at"], name="post_due", condition=Q(due_at__isnull=False)),
        ]


class Variant(models.Model):
    """A channel that a post is for, and what is said differently there."""

    objects = ScopedByPost.as_manager()

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="variants", db_index=False)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+")
    changes = models.JSONField(default=dict)
    """Fields of Content that differ from the common ones."""
    is_on = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "channel"], name="one_variant_a_channel")]


class PostVersion(models.Model):
    """What a post said at one time, common content and variants."""

    objects = ScopedByPost.as_manager()

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200, default="", blank=True)
    content = models.JSONField(default=dict)
    variants = models.JSONField(default=dict)
    """By channel id: {"changes", "is_on"}."""
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    note = models.CharField(max_length=200, default="", blank=True)
    is_pinned = models.BooleanField(default=False)
    """Its approval was asked for, or it was planned: it stays as it is."""
    is_amended = models.BooleanField(default=False)
    """The same writer went on soon after: kept for a while, for who began from it, and not shown."""
    is_aside = models.BooleanField(default=False)
    """Never became the post's content: it could not be merged with what somebody else had written."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "number"], name="versions_in_a_row")]


class PostComment(models.Model):
    """What colleagues say about a draft; never leaves the house."""

    objects = ScopedByPost.as_manager()

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="comments")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    created_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, related_name="+")


class PostMention(models.Model):
    """Somebody was named in a comment, and has seen it or not yet."""

    objects = ScopedByComment.as_manager()

    comment = models.ForeignKey(PostComment, on_delete=models.CASCADE, related_name="mentions")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["comment", "member"], name="a_comment_names_once")]
        indexes = [models.Index(fields=["member"], name="post_mention_unseen", condition=Q(seen_at__isnull=True))]
