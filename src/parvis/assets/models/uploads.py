"""Files on their way in, piece by piece."""

import uuid

from django.db import models
from django.db.models import Q

from parvis.assets.models.library import Asset
from parvis.jobs.models import Leased
from parvis.orgs.access import Scoped
from parvis.orgs.models import Department, Member


class UploadState(models.TextChoices):
    ARRIVING = "arriving"
    WAITING = "waiting"
    """All is there; a worker looks into it."""
    DONE = "done"
    FAILED = "failed"
    ABANDONED = "abandoned"


OPEN_UPLOAD = Q(state__in=["arriving", "waiting"])


class Upload(Leased):
    objects = Scoped.as_manager()

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=255)
    size_bytes = models.BigIntegerField()
    received_bytes = models.BigIntegerField(default=0)
    """So many are safely on the disk; its hash is worked out at the end."""
    state = models.CharField(max_length=9, choices=UploadState.choices, default=UploadState.ARRIVING)
    wish = models.JSONField(default=dict)
    """What is to become of it: folder, title, asset whose version it is, note."""
    asset = models.ForeignKey(Asset, on_delete=models.SET_NULL, null=True, related_name="+")
    """What it has become."""
    is_known = models.BooleanField(default=False)
    """The same was there already."""
    error = models.JSONField(null=True)
    try_count = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["expires_at"], name="upload_stale", condition=OPEN_UPLOAD),
            models.Index(fields=["created_at"], name="upload_waiting", condition=Q(state="waiting")),
        ]
