"""Who must approve what a department publishes, and who has."""

from django.db import models
from django.db.models import Q

from parvis.orgs.access import Scoped
from parvis.orgs.models import Department, Member
from parvis.publishing.models.posts import Post, ScopedByPost


class ScopedByRequest(Scoped):
    department_path = "request__post__department_id"


class ApprovalKind(models.TextChoices):
    NONE = "none"
    ONE = "one"
    IN_ORDER = "in_order"
    """Several, one after the other."""
    ANY_OF = "any_of"
    """So many of a group."""
    FOUR_EYES = "four_eyes"
    """Somebody who has not written in it."""


class ApprovalRule(models.Model):
    """What a department asks for; one without a rule asks for nothing."""

    objects = Scoped.as_manager()

    department = models.OneToOneField(Department, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=ApprovalKind.choices, default=ApprovalKind.NONE)
    steps = models.JSONField(default=list)
    """[{"name", "role", "members": [id], "guests": [mail], "count"}]"""
    expires_h = models.PositiveIntegerField(null=True)
    """Hours after which a request is no longer good; None: never."""
    asks_each_time = models.BooleanField(default=False)
    """Each occurrence of a repeat, and what is said again, is approved anew though nothing of it was changed."""
    changed_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()


class RequestState(models.TextChoices):
    OPEN = "open"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    """Taken back, or the post was changed after it."""
    EXPIRED = "expired"


OPEN_REQUEST = Q(state="open")


class ApprovalRequest(models.Model):
    """One version waits for approval, by the rule as it was when it was asked for."""

    objects = ScopedByPost.as_manager()

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="requests")
    version = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=ApprovalKind.choices)
    steps = models.JSONField(default=list)
    step = models.PositiveSmallIntegerField(default=0)
    """Which of the steps waits."""
    note = models.TextField(default="", blank=True)
    asked_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.OPEN)
    ended_at = models.DateTimeField(null=True)
    carried_from = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="+")
    """The approval of the same words in another post, by which this one is approved."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post"], condition=OPEN_REQUEST, name="one_open_request_a_post")]
        indexes = [models.Index(fields=["expires_at"], name="request_expiring", condition=OPEN_REQUEST)]


class Verdict(models.TextChoices):
    APPROVE = "approve"
    REFUSE = "refuse"


class ApprovalVote(models.Model):
    """What somebody said: a member, or a guest who came by a link."""

    objects = ScopedByRequest.as_manager()

    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="votes")
    step = models.PositiveSmallIntegerField()
    member = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    guest_name = models.CharField(max_length=80, default="", blank=True)
    guest_email = models.EmailField(default="", blank=True)
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    note = models.TextField(default="", blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request", "step", "member"], condition=Q(member__isnull=False), name="a_member_votes_once"
            ),
            models.UniqueConstraint(
                fields=["request", "step", "guest_email"], condition=~Q(guest_email=""), name="a_guest_votes_once"
            ),
        ]


class GuestLink(models.Model):
    """Lets somebody without an account approve one request, once; shown once and kept as a hash."""

    objects = ScopedByRequest.as_manager()

    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="links")
    step = models.PositiveSmallIntegerField()
    token_hash = models.CharField(max_length=64, unique=True)
    """SHA-256 of the token, hexadecimal."""
    name = models.CharField(max_length=80)
    email = models.EmailField()
    created_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
