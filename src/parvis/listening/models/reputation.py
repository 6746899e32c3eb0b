"""What is said about the house, counted: comparisons of queries, annotations, and the hours of each department."""

from django.db import models

from parvis.listening.models.queries import SavedQuery
from parvis.orgs.access import Scoped
from parvis.orgs.models import Department, Member


class Span(models.IntegerChoices):
    """Whole days, up to yesterday."""

    WEEK = 7
    FOUR_WEEKS = 28
    QUARTER = 91
    """Thirteen weeks, so that each weekday meets its like in the period before."""


class Comparison(models.Model):
    """Houses or topics side by side, each told by a saved query. Everybody who sees it sees all its queries."""

    objects = Scoped.as_manager()

    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, related_name="+")
    """Whose it is and who sees it; None: the whole house."""
    name = models.CharField(max_length=80)
    days = models.PositiveSmallIntegerField(choices=Span.choices, default=Span.FOUR_WEEKS)
    """The period that it opens with."""
    revision = models.PositiveIntegerField(default=1)
    """Of its last change: who changes an older one is told."""
    created_by = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "id"]


class Side(models.Model):
    """One house or topic of a comparison."""

    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="sides", db_index=False)
    query = models.ForeignKey(SavedQuery, on_delete=models.CASCADE, related_name="+")
    place = models.PositiveSmallIntegerField()
    label = models.CharField(max_length=80)
    """What it stands for, as the page calls it."""

    class Meta:
        ordering = ["place"]
        constraints = [models.UniqueConstraint(fields=["comparison", "query"], name="a_query_stands_on_one_side")]


class Annotation(models.Model):
    """What happened, written beside the figures of its department."""

    objects = Scoped.as_manager()

    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    """None: the whole house."""
    at = models.DateTimeField()
    text = models.CharField(max_length=200)
    member = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["department", "at"], name="annotation_time")]


class DepartmentHour(models.Model):
    """What a query met in one hour among one department's items; who sees the whole house needs HourCount alone."""

    query = models.ForeignKey(SavedQuery, on_delete=models.CASCADE, related_name="+", db_index=False)
    hour = models.DateTimeField()
    department_key = models.BigIntegerField()
    count = models.IntegerField(default=0)
    tone_count = models.IntegerField(default=0)
    """Items whose tone is known."""
    tone_sum = models.FloatField(default=0)
    tone_square_sum = models.FloatField(default=0)
    reach_count = models.IntegerField(default=0)
    """Items whose reach is known."""
    reach_sum = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["query", "hour", "department_key"], name="a_department_hour_is_counted_once"
            )
        ]
