"""Publications: the life of a post on one channel."""

import uuid

from django.db import models
from django.db.models import Q

from parvis.channels.models import Channel
from parvis.jobs.states import Transitions
from parvis.orgs.access import Scoped
from parvis.orgs.models import Department, Member
from parvis.publishing.models.posts import Post


class PublicationState(models.TextChoices):
    PLANNED = "planned"
    HELD = "held"
    RELEASED = "released"
    """Its parts are orders that a worker carries out."""
    DONE = "done"
    NEEDS_PERSON = "needs_person"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    """It was there and was taken down again."""


_P = PublicationState
PUBLICATION_TRANSITIONS = Transitions(
    PublicationState,
    {
        _P.PLANNED: {_P.HELD, _P.RELEASED, _P.NEEDS_PERSON, _P.CANCELLED},
        _P.HELD: {_P.PLANNED, _P.RELEASED, _P.DONE, _P.NEEDS_PERSON, _P.CANCELLED},
        _P.RELEASED: {_P.DONE, _P.NEEDS_PERSON, _P.HELD, _P.CANCELLED},
        _P.NEEDS_PERSON: {_P.PLANNED, _P.RELEASED, _P.DONE, _P.HELD, _P.CANCELLED, _P.WITHDRAWN},
        _P.DONE: {_P.WITHDRAWN, _P.NEEDS_PERSON},
    },
    final={_P.CANCELLED, _P.WITHDRAWN},
)
OVER = (PublicationState.CANCELLED, PublicationState.WITHDRAWN)


class HeldBy(models.TextChoices):
    NOBODY = "", "–"
    PERSON = "person"
    CRISIS = "crisis"
    """It came due in a pause: orgs.crisis keeps what is decided about it."""


class Publication(models.Model):
    """One post on one channel. Its effects are those of the chain `key`."""

    objects = Scoped.as_manager()

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="publications", db_index=False)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+", db_index=False)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", db_index=False)
    """The post's."""
    content = models.JSONField(default=dict)
    """A core.post.Content, its variant worked in, as it was planned."""
    version = models.PositiveIntegerField()
    """The post's when it was planned: a later one has changes that do not leave."""
    state = models.CharField(max_length=12, choices=PublicationState.choices, default=PublicationState.PLANNED)
    held_by = models.CharField(max_length=6, choices=HeldBy.choices, default=HeldBy.NOBODY, blank=True)
    planned_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField(null=True)
    """When it last was planned, moved, stopped or otherwise changed; None where that was before this was kept."""
    move_count = models.PositiveIntegerField(default=0)
    """How often it got another time."""
    due_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    remote_id = models.CharField(max_length=500, default="", blank=True)
    url = models.TextField(default="", blank=True)
    error = models.JSONField(null=True)
    """{"code", "en", "fr"} of why it needs a person, or is not whole."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["post", "channel"], condition=~Q(state__in=OVER), name="one_publication_a_channel"
            )
        ]
        indexes = [
            models.Index(fields=["due_at", "post"], name="publication_due", condition=Q(state="planned")),
            models.Index(fields=["key"], name="publication_paused", condition=Q(held_by="crisis")),
            models.Index(fields=["post", "channel"], name="publication_post"),
            models.Index(fields=["channel", "due_at"], name="publication_channel"),
            models.Index(fields=["department", "due_at"], name="publication_calendar"),
        ]
