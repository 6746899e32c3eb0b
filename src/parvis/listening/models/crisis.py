"""Crisis rooms: what a team needs on one screen while it burns, and what it learnt once it is out."""

from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from parvis.listening.models.files import ReputationFile
from parvis.listening.models.queries import SavedQuery
from parvis.listening.models.stories import Story
from parvis.orgs.access import Scoped, reach_of
from parvis.orgs.models import Department, Member


class RoomState(models.TextChoices):
    OPEN = "open"
    ENDED = "ended"


class Rooms(Scoped):
    """A room concerns several departments, or the whole house: whoever works in one of them comes in."""

    def where_may(self, member: Member, action: str) -> Self:
        if not member.is_active or not reach_of(member).anywhere(action):
            return self.none()
        reach = reach_of(member).departments(action)
        if reach is None:
            return self
        places = CrisisRoom.departments.through.objects.filter(
            crisisroom_id=OuterRef("pk"), department_id__in=sorted(reach)
        )
        return self.filter(Q(is_house=True) | Exists(places))


class CrisisRoom(models.Model):
    """While it is open, nothing scheduled leaves for its departments (orgs/crisis.py)."""

    objects = Rooms.as_manager()

    name = models.CharField(max_length=80)
    why = models.TextField()
    state = models.CharField(max_length=5, choices=RoomState.choices, default=RoomState.OPEN)
    is_house = models.BooleanField(default=False)
    """It concerns every department, those too that are added while it is open."""
    departments = models.ManyToManyField(Department, related_name="+")
    """Empty where it concerns the whole house."""
    opened_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    ended_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    happened = models.TextField(default="")
    worked = models.TextField(default="")
    failed = models.TextField(default="")
    changes = models.TextField(default="")
    """The four parts of the debrief: what happened, what worked, what did not, what changes."""
    revision = models.PositiveIntegerField(default=1)
    """Raised at each change of the debrief: nobody overwrites anybody."""
    queries = models.ManyToManyField(SavedQuery, related_name="+")
    stories = models.ManyToManyField(Story, related_name="+")
    files = models.ManyToManyField(ReputationFile, related_name="rooms")

    class Meta:
        ordering = ["-opened_at", "-id"]
        indexes = [models.Index(fields=["opened_at"], name="room_open", condition=Q(state="open"))]


class LogKind(models.TextChoices):
    ENTRY = "entry"
    """Written by a person; everything else the desk wrote when it did it."""
    ITEM = "item"
    """A person put a text that was found into the log."""
    OPENED = "opened"
    PAUSED = "paused"
    LINKED = "linked"
    UNLINKED = "unlinked"
    LINE = "line"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"
    TASK = "task"
    TASK_DONE = "task_done"
    TASK_AGAIN = "task_again"
    FILE = "file"
    RESUMED = "resumed"
    ENDED = "ended"


class LogEntry(models.Model):
    """One line of a room's log: written once. Who errs writes another; the audit trail holds the hash of each."""

    room = models.ForeignKey(CrisisRoom, on_delete=models.CASCADE, related_name="log")
    at = models.DateTimeField()
    member = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    """None: the desk by itself."""
    kind = models.CharField(max_length=10, choices=LogKind.choices)
    text = models.TextField(default="")
    facts = models.JSONField(default=dict)
    """Of an item: title, text, author, place, url, said_at as they were; of the rest: what it was about."""
    item_key = models.BigIntegerField(null=True)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, related_name="+")
    """Where what it names is seen: who does not see that department reads only that there is something. None: all."""
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["id"]

    def save(self, *args: Any, **named: Any) -> None:
        if self.pk is not None:
            raise TypeError("an entry of a crisis log is never changed")
        super().save(*args, **named)


class HoldingLine(models.Model):
    """Words that may be said before more is known, in one language."""

    room = models.ForeignKey(CrisisRoom, on_delete=models.CASCADE, related_name="lines")
    language = models.CharField(max_length=8)
    text = models.TextField()
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()
    approved_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    """None: a draft. A change of its words makes it a draft again."""
    withdrawn_at = models.DateTimeField(null=True)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["language", "id"]

    @property
    def is_approved(self) -> bool:
        return self.approved_at is not None


class RoomTask(models.Model):
    """What is to be done, by whom, until when."""

    room = models.ForeignKey(CrisisRoom, on_delete=models.CASCADE, related_name="tasks")
    what = models.CharField(max_length=300)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    """None: nobody has it."""
    due_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    done_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]


class RoomPresence(models.Model):
    """Who has the room open."""

    room = models.ForeignKey(CrisisRoom, on_delete=models.CASCADE, related_name="presences")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "member"], name="one_room_presence_each")]
