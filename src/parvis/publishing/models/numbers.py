"""What platforms tell of a publication's reach, each time somebody asked."""

from django.db import models

from parvis.orgs.access import Scoped
from parvis.publishing.models.publications import Publication


class ScopedByPublication(Scoped):
    department_path = "publication__department_id"


class NumberName(models.TextChoices):
    LIKES = "likes"
    BOOSTS = "boosts"
    REPLIES = "replies"
    QUOTES = "quotes"
    VIEWS = "views"


class PublicationNumber(models.Model):
    """One figure at one time. What a platform does not tell has no row, and is never 0."""

    objects = ScopedByPublication.as_manager()

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="numbers", db_index=False)
    name = models.CharField(max_length=12, choices=NumberName.choices)
    value = models.PositiveBigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["publication", "name", "at"], name="one_figure_a_time")]
