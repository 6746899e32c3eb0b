"""Saved queries, their history, what they met, and its counts by the hour."""

from django.db import models

from parvis.channels.models import Item
from parvis.orgs.access import Scoped
from parvis.orgs.models import Department, Member


class QueryState(models.TextChoices):
    ON = "on"
    PAUSED = "paused"
    """It keeps what it found and hears nothing new."""
    ARCHIVED = "archived"
    """Out of sight; nothing is deleted."""


class SavedQuery(models.Model):
    """A query of the one language that listens to everything that arrives where its department looks."""

    objects = Scoped.as_manager()

    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, related_name="+")
    """Whose it is and who sees it; None: the whole house."""
    hears_house = models.BooleanField(default=False)
    """It hears every department's items, not only its own; each reader still sees those alone that they may."""
    owner = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=80)
    text = models.TextField()
    purpose = models.TextField(default="")
    """Why the house listens for it, in a sentence."""
    language = models.CharField(max_length=8, default="")
    """Of what it looks for, where it is about one; for people, it filters nothing."""
    colour = models.CharField(max_length=10, default="blue")
    state = models.CharField(max_length=8, choices=QueryState.choices, default=QueryState.ON)
    is_slow = models.BooleanField(default=False)
    """Nothing in it narrows the search: said before it is saved."""
    revision = models.BigIntegerField(default=0)
    """id of its newest version: whoever holds queries in memory reads on from the highest that they know."""
    match_count = models.BigIntegerField(default=0)
    last_match_at = models.DateTimeField(null=True)
    backfill_job = models.UUIDField(null=True)
    """The job that looks through history, while it does and after."""
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        indexes = [models.Index(fields=["revision"], name="query_revision")]


class QueryVersion(models.Model):
    """What a query said from a time on, who changed it and why; never edited."""

    query = models.ForeignKey(SavedQuery, on_delete=models.CASCADE, related_name="versions")
    member = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    name = models.CharField(max_length=80)
    text = models.TextField()
    state = models.CharField(max_length=8, choices=QueryState.choices)
    facts = models.JSONField(default=dict)
    """What else changed: {"field": [before, after]}."""
    note = models.TextField(default="")


class Match(models.Model):
    """A query met an item. Row order everywhere: item, newest first."""

    query = models.ForeignKey(SavedQuery, on_delete=models.CASCADE, related_name="matches", db_index=False)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="matches")
    hour = models.DateTimeField()
    """When the item was published (else received), cut to the hour: where it is counted."""
    tone = models.FloatField(null=True)
    """-1 to 1, as the item was heard; None: not known."""
    reach = models.BigIntegerField(null=True)
    department_key = models.BigIntegerField(null=True)
    """The item's, as are the three below: a figure is taken apart and opened without reading the items."""
    channel_key = models.BigIntegerField(null=True)
    profile_key = models.BigIntegerField(null=True)
    story_key = models.BigIntegerField(null=True)
    matched_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["query", "item"], name="a_query_meets_an_item_once")]
        indexes = [
            models.Index(fields=["query", "hour", "department_key"], name="match_hour"),
            models.Index(fields=["query", "channel_key", "hour", "department_key"], name="match_channel"),
            models.Index(fields=["query", "profile_key", "hour", "department_key"], name="match_profile"),
            models.Index(fields=["query", "story_key", "hour", "department_key"], name="match_story"),
        ]


class HourCount(models.Model):
    """Kept as matches come and go: a chart never counts the matches themselves. DepartmentHour is its like by department."""

    query = models.ForeignKey(SavedQuery, on_delete=models.CASCADE, related_name="hours", db_index=False)
    hour = models.DateTimeField()
    count = models.IntegerField(default=0)
    tone_count = models.IntegerField(default=0)
    """Items whose tone is known."""
    tone_sum = models.FloatField(default=0)
    tone_square_sum = models.FloatField(default=0)
    reach_count = models.IntegerField(default=0)
    """Items whose reach is known."""
    reach_sum = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["query", "hour"], name="an_hour_is_counted_once")]
