"""What becomes of a publication once it is there: changed, read back, counted; and letters to guests who approve."""

from django.db import models
from django.db.models import Q

from parvis.jobs.models import Leased
from parvis.orgs.access import Scoped
from parvis.orgs.models import Member
from parvis.publishing.models.approvals import ApprovalRequest, GuestLink
from parvis.publishing.models.numbers import ScopedByPublication
from parvis.publishing.models.publications import Publication


class ScopedByLink(Scoped):
    department_path = "link__request__post__department_id"


class EditState(models.TextChoices):
    WAITING = "waiting"
    """For its approval."""
    ORDERED = "ordered"
    DONE = "done"
    REFUSED = "refused"
    CANCELLED = "cancelled"


OPEN_EDIT = Q(state__in=("waiting", "ordered"))


class PublicationEdit(models.Model):
    """A change of what is out already: its words stay those of before until the platform has taken the new ones."""

    objects = ScopedByPublication.as_manager()

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="edits")
    content = models.JSONField(default=dict)
    """A core.post.Content, as it is to be there."""
    before = models.JSONField(default=dict)
    """The same, as it was."""
    version = models.PositiveIntegerField()
    """The post's that holds the change."""
    request = models.ForeignKey(ApprovalRequest, on_delete=models.SET_NULL, null=True, related_name="+")
    """None where nobody need approve it."""
    state = models.CharField(max_length=10, choices=EditState.choices, default=EditState.WAITING)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["publication"], condition=OPEN_EDIT, name="one_open_edit_a_publication")
        ]
        indexes = [models.Index(fields=["id"], name="edit_waiting", condition=Q(state="waiting"))]


class ReadBack(Leased):
    """How a publication is followed up: when it is looked at next, and what was found there."""

    objects = ScopedByPublication.as_manager()

    publication = models.OneToOneField(Publication, on_delete=models.CASCADE, related_name="read_back")
    next_at = models.DateTimeField(null=True)
    """None: it is not looked at any more."""
    look_count = models.PositiveSmallIntegerField(default=0)
    failure_count = models.PositiveSmallIntegerField(default=0)
    """In a row."""
    looked_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    """When it was there as it was meant."""
    differences = models.JSONField(default=list)
    """[{"code", "en", "fr"}] of what is not there as it was meant."""
    gone_at = models.DateTimeField(null=True)
    """When it was found to be there no longer, and nobody here had taken it down."""
    error = models.JSONField(null=True)
    """{"code", "en", "fr"} of why it could not be read."""

    class Meta:
        indexes = [models.Index(fields=["next_at"], name="read_back_due", condition=Q(next_at__isnull=False))]


class GuestLetter(Leased):
    """The mail that brings a guest their link. The link itself is sealed, and forgotten once it has left."""

    objects = ScopedByLink.as_manager()

    link = models.OneToOneField(GuestLink, on_delete=models.CASCADE, related_name="letter")
    sealed_token = models.BinaryField(default=b"")
    language = models.CharField(max_length=8, default="en")
    due_at = models.DateTimeField(null=True)
    """None: it has left, or is not sent any more."""
    sent_at = models.DateTimeField(null=True)
    attempt_count = models.PositiveSmallIntegerField(default=0)
    error = models.JSONField(null=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="letter_due", condition=Q(due_at__isnull=False))]
