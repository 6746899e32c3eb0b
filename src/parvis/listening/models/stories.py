"""Items that tell the same thing."""

from django.db import models
from django.db.models import Q

from parvis.channels.models import Item
from parvis.orgs.access import Scoped
from parvis.orgs.models import Department


class Story(models.Model):
    """Items of one department that tell the same thing. Row order everywhere: last moment, newest first, then id."""

    objects = Scoped.as_manager()

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", db_index=False)
    founder = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+")
    """The first item of it that arrived: what others are compared with."""
    signature = models.BinaryField()
    """Of the founder (core/text/stories)."""
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    item_count = models.PositiveIntegerField(default=1)
    channel_count = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [
            models.Index(fields=["last_at"], name="story_age"),
            models.Index(fields=["department", "-last_at", "-id"], name="story_newest", condition=Q(item_count__gt=1)),
        ]


class Telling(models.Model):
    """An item's place in a story."""

    item = models.OneToOneField(Item, on_delete=models.CASCADE, primary_key=True, related_name="telling")
    story = models.ForeignKey(Story, on_delete=models.CASCADE, related_name="tellings")
    likeness = models.FloatField()
    """To the founder, 0 to 1."""
