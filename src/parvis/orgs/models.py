"""The house: departments, members and their roles, invitations, notices, and the audit trail."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q

from parvis.jobs.models import Leased
from parvis.orgs.access import Scoped, ScopedById, forget_reach
from parvis.orgs.rights import Role


class House(models.Model):
    """The one row of the house itself."""

    name = models.CharField(max_length=120)
    zone = models.CharField(max_length=60, default="Europe/Zurich")
    language = models.CharField(max_length=10, default="en")
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    options = models.JSONField(default=dict)


class Department(models.Model):
    """A part of the house with channels and people of its own."""

    name = models.CharField(max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    objects = ScopedById.as_manager()

    class Meta:
        ordering = ["position", "name"]


class MemberManager(BaseUserManager["Member"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Member":
        member = self.model(email=self.normalize_email(email).lower(), **fields)
        member.set_password(password)
        member.save(using=self._db)
        return member

    def get_by_natural_key(self, email: str | None) -> "Member":
        return self.get(email__iexact=email)


class Member(AbstractBaseUser, PermissionsMixin):
    """Somebody who works here. An empty `zone` or `language` means the house's own."""

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = MemberManager()

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=80)
    is_owner = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    zone = models.CharField(max_length=60, default="", blank=True)
    language = models.CharField(max_length=10, default="", blank=True)
    theme = models.CharField(max_length=6, default="auto")
    """auto, light, dark."""
    density = models.CharField(max_length=8, default="normal")
    """normal, compact."""
    preferences = models.JSONField(default=dict)
    """Small choices of the person: hints put away, next item opens by itself, department in view."""
    joined_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["name"]

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        forget_reach(self)
        super().refresh_from_db(*args, **kwargs)


class Membership(models.Model):
    """A role, in one department or (None) in the whole house."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="memberships")
    department = models.ForeignKey(Department, on_delete=models.CASCADE, null=True, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices)
    created_at = models.DateTimeField()

    objects = Scoped.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["member", "department"], name="one_role_a_department"),
            models.UniqueConstraint(
                fields=["member"], condition=Q(department__isnull=True), name="one_role_in_the_house"
            ),
        ]


class LinkPurpose(models.TextChoices):
    INVITATION = "invitation"
    SIGN_IN = "sign_in"
    """One-time sign-in: the owner's first one, and a new one where a password is lost."""


class Link(models.Model):
    """A link that is shown once and kept as a hash; used once, until it expires."""

    purpose = models.CharField(max_length=12, choices=LinkPurpose.choices)
    token_hash = models.CharField(max_length=64, unique=True)
    """SHA-256 of the token, hexadecimal."""
    member = models.ForeignKey(Member, on_delete=models.CASCADE, null=True, related_name="+")
    """Whom it signs in; None for an invitation and for the very first sign-in."""
    email = models.EmailField(default="", blank=True)
    department = models.ForeignKey(Department, on_delete=models.CASCADE, null=True, related_name="+")
    role = models.CharField(max_length=20, choices=Role.choices, default="", blank=True)
    created_by = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    objects = Scoped.as_manager()


class RouteKind(models.TextChoices):
    MAIL = "mail"
    APPRISE = "apprise"


class NoticeRoute(models.Model):
    """A way to tell somebody: a member's own, a department's, or (of neither) the whole house's."""

    objects = Scoped.as_manager()

    member = models.ForeignKey(Member, on_delete=models.CASCADE, null=True, related_name="notice_routes")
    department = models.ForeignKey(Department, on_delete=models.CASCADE, null=True, related_name="+")
    kind = models.CharField(max_length=8, choices=RouteKind.choices)
    name = models.CharField(max_length=60)
    shown = models.CharField(max_length=120)
    """The address as anybody may see it: without what must stay secret."""
    sealed_address = models.BinaryField()
    """{"address"}, encrypted (orgs/sealing.py)."""
    is_on = models.BooleanField(default=True)
    reached_at = models.DateTimeField(null=True)
    """When a notice last left by it."""
    failure_count = models.PositiveIntegerField(default=0)
    """Notices in a row that were given up."""
    error = models.JSONField(null=True)
    """{"code", "en", "fr"} of the last one that did not leave; None once one has."""
    created_by = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(member__isnull=True) | Q(department__isnull=True), name="a_route_has_one_owner"
            )
        ]


class NoticeState(models.TextChoices):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    """Tried as often as it is worth."""
    DROPPED = "dropped"
    """Nobody is to read it any more: they left, or their way was removed."""


class Notice(Leased):
    """Something that somebody is told, written in the transaction of what it tells, in the reader's language."""

    route = models.ForeignKey(NoticeRoute, on_delete=models.SET_NULL, null=True, related_name="notices")
    """None: by mail to the member's own address."""
    member = models.ForeignKey(Member, on_delete=models.CASCADE, null=True, related_name="notices")
    """Whom; None: whoever reads a shared route."""
    way = models.CharField(max_length=120)
    """The route's masked address, for what was told when the route is gone."""
    department = models.ForeignKey(Department, on_delete=models.CASCADE, null=True, related_name="+")
    is_restricted = models.BooleanField(default=False)
    """Only for a member who still sees its department (None: the whole house) when it leaves."""
    kind = models.CharField(max_length=30)
    """What happened: "alert.opened"."""
    subject = models.CharField(max_length=20)
    subject_key = models.CharField(max_length=40)
    language = models.CharField(max_length=10)
    title = models.CharField(max_length=200)
    text = models.TextField()
    path = models.CharField(max_length=200, default="", blank=True)
    """Where it leads in the desk."""
    state = models.CharField(max_length=8, choices=NoticeState.choices, default=NoticeState.WAITING)
    is_held = models.BooleanField(default=False)
    """By quiet hours: those of one reader leave together, as one."""
    due_at = models.DateTimeField()
    attempt_count = models.PositiveSmallIntegerField(default=0)
    error = models.JSONField(null=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="notice_due", condition=Q(state="waiting")),
            models.Index(fields=["subject", "subject_key"], name="notice_subject"),
        ]


class AuditEntry(models.Model):
    """One thing that somebody did: written once, never changed; each carries the hash of the one before.

    The database itself refuses UPDATE and DELETE (triggers in the migration); `parvis audit verify`
    finds what went round them.
    """

    id = models.BigIntegerField(primary_key=True)
    """1, 2, 3 … without a gap."""
    at = models.DateTimeField()
    member = models.ForeignKey(Member, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False)
    """None: the program itself."""
    on_behalf_of = models.ForeignKey(
        Member, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False
    )
    department = models.ForeignKey(
        Department, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False
    )
    action = models.CharField(max_length=40)
    """verb of the service: "conversation.assign", "item.refuse"."""
    subject = models.CharField(max_length=20)
    """kind of the thing: "conversation"."""
    subject_key = models.CharField(max_length=40)
    batch = models.UUIDField(default=uuid.uuid4)
    """What was done in one go, and is taken back in one go."""
    facts = models.JSONField(default=dict)
    """What a reader needs, with `before` and `after` where something changed; no secret, no personal text."""
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects = Scoped.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["subject", "subject_key", "id"], name="audit_subject"),
            models.Index(fields=["batch"], name="audit_batch"),
            models.Index(fields=["member", "-id"], name="audit_member"),
            models.Index(fields=["department", "-id"], name="audit_department"),
        ]


class AuditHead(models.Model):
    """Where the chain ends: locked while it grows, so that a missing tail is noticed."""

    last_id = models.BigIntegerField(default=0)
    last_hash = models.CharField(max_length=64, default="")
    seal = models.CharField(max_length=64, default="")
    """HMAC of both under the audit key: who cuts the tail off cannot write the head that would fit."""


class CrisisPause(models.Model):
    """While it is open, nothing scheduled leaves for the department, or (None) for any department."""

    department = models.ForeignKey(Department, on_delete=models.CASCADE, null=True, related_name="+")
    room_key = models.BigIntegerField()
    """The crisis room that asked for it; several may pause the same department."""
    begun_at = models.DateTimeField()
    begun_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")

    objects = Scoped.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room_key", "department"], name="a_room_pauses_once", nulls_distinct=False)
        ]
        indexes = [models.Index(fields=["department"], name="crisis_pause_open", condition=Q(ended_at__isnull=True))]


class HeldDecision(models.TextChoices):
    NONE = "", "–"
    RELEASE = "release"
    """It may leave after all."""
    DROP = "drop"
    """It is not to leave."""


class HeldBack(models.Model):
    """Something scheduled that came due while its department was paused: it waits until a person decides."""

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)
    """What it is, in the words of who sends it."""
    key = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    due_at = models.DateTimeField()
    held_at = models.DateTimeField()
    decision = models.CharField(max_length=7, choices=HeldDecision.choices, default=HeldDecision.NONE, blank=True)
    decided_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects = Scoped.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], condition=Q(decision=""), name="held_back_once_at_a_time")
        ]
        indexes = [models.Index(fields=["kind", "key", "-id"], name="held_back_newest")]
