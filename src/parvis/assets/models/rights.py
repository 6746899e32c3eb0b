"""Until when, where and by whose leave an asset may be shown."""

from django.db import models
from django.db.models import Q

from parvis.assets.models.library import Asset, ScopedByAsset
from parvis.orgs.models import Member


class RightKind(models.TextChoices):
    RIGHT = "right"
    """Of who made it."""
    CONSENT = "consent"
    """Of who is shown."""


class AssetRight(models.Model):
    objects = ScopedByAsset.as_manager()

    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="rights")
    kind = models.CharField(max_length=7, choices=RightKind.choices)
    holder = models.CharField(max_length=200)
    """Who made it, or who is shown."""
    channels = models.JSONField(default=list)
    """Ids of the channels for which it was given; empty: all."""
    territory = models.CharField(max_length=200, default="", blank=True)
    """In words; nothing checks it."""
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    """The last day, by the house's zone; None: no end."""
    note = models.TextField(default="", blank=True)
    document = models.ForeignKey(Asset, on_delete=models.PROTECT, null=True, related_name="proves")
    """The signed paper, where it was uploaded."""
    created_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["ends_on"], name="right_ending", condition=Q(ends_on__isnull=False))]
