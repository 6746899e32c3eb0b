"""What was decided about items, and why."""

from django.db import models

from parvis.channels.models import Effect, Item
from parvis.orgs.models import Member


class Reason(models.Model):
    """Why something is refused; chosen by a digit."""

    code = models.SlugField(max_length=30, unique=True)
    digit = models.PositiveSmallIntegerField(unique=True)
    name_en = models.CharField(max_length=80)
    name_fr = models.CharField(max_length=80)

    class Meta:
        ordering = ["digit"]


class Verdict(models.TextChoices):
    APPROVE = "approve"
    HOLD = "hold"
    REFUSE = "refuse"
    """Trashed on the platform, with a reason here."""
    SPAM = "spam"
    DELETE = "delete"


class Decision(models.Model):
    """One verdict on one item; its effect tells what the platform made of it."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="decisions")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    reason = models.ForeignKey(Reason, on_delete=models.PROTECT, null=True, related_name="+")
    note = models.TextField(default="")
    effect = models.OneToOneField(Effect, on_delete=models.PROTECT, null=True, related_name="+")
    previous_status = models.CharField(max_length=10)
    decided_at = models.DateTimeField()
    taken_back_at = models.DateTimeField(null=True)
