"""Reputation files: a claim that goes round, what proves it, what the house says to it, and what came of it."""

from django.db import models

from parvis.channels.models import Item
from parvis.jobs.states import Transitions
from parvis.listening.models.queries import SavedQuery
from parvis.listening.models.stories import Story
from parvis.orgs.access import Scoped
from parvis.orgs.models import Department, Member


class FileState(models.TextChoices):
    OPEN = "open"
    ANSWERED = "answered"
    """The house has said what it has to say; the claim may still go round."""
    CLOSED = "closed"


FILE_TRANSITIONS = Transitions(
    FileState,
    {
        FileState.OPEN: {FileState.ANSWERED, FileState.CLOSED},
        FileState.ANSWERED: {FileState.OPEN, FileState.CLOSED},
        FileState.CLOSED: {FileState.OPEN},
    },
    final=set(),
)


class ReputationFile(models.Model):
    """What is said about the house, and what the house holds against it."""

    objects = Scoped.as_manager()

    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, related_name="+")
    """Whose it is and who sees it; None: the whole house."""
    owner = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, related_name="+")
    claim = models.CharField(max_length=300)
    position = models.TextField(default="")
    outcome = models.TextField(default="")
    state = models.CharField(max_length=8, choices=FileState.choices, default=FileState.OPEN)
    queries = models.ManyToManyField(SavedQuery, related_name="+")
    stories = models.ManyToManyField(Story, related_name="+")
    revision = models.PositiveIntegerField(default=1)
    """Raised at each change of its own words: nobody overwrites anybody."""
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["-changed_at", "-id"]
        indexes = [models.Index(fields=["state", "-changed_at", "-id"], name="file_newest")]


class EvidenceKind(models.TextChoices):
    ITEM = "item"
    ADDRESS = "address"
    QUOTATION = "quotation"


class Evidence(models.Model):
    """What was said, as it was when it was added; never changed, so that an edited or deleted text still proves it."""

    file = models.ForeignKey(ReputationFile, on_delete=models.CASCADE, related_name="evidence")
    kind = models.CharField(max_length=9, choices=EvidenceKind.choices)
    item = models.ForeignKey(Item, on_delete=models.SET_NULL, null=True, related_name="+")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, related_name="+")
    """Where the item was seen: who does not see that department does not read it here either."""
    title = models.TextField(default="")
    text = models.TextField(default="")
    language = models.CharField(max_length=20, default="")
    author = models.CharField(max_length=255, default="")
    place = models.CharField(max_length=255, default="")
    """The channel it was found on, by name."""
    url = models.TextField(default="")
    media = models.JSONField(default=list)
    said_at = models.DateTimeField(null=True)
    """None: not known."""
    note = models.TextField(default="")
    """Why it matters, of who added it."""
    added_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    hash = models.CharField(max_length=64)
    """SHA-256 of everything above, hexadecimal (files/evidence.py says how)."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["file", "item", "hash"],
                condition=models.Q(item__isnull=False),
                name="evidence_as_it_was_once_a_file",
            )
        ]


class Answer(models.Model):
    """A version of what the house answers; a change is a new version, so that an approval is of these words."""

    file = models.ForeignKey(ReputationFile, on_delete=models.CASCADE, related_name="answers")
    number = models.PositiveIntegerField()
    language = models.CharField(max_length=8, default="")
    text = models.TextField()
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    approved_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="answers_in_a_row")]
