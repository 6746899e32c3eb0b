"""Work that outlives a request: rows that a worker claims under a lease, and what open pages are told."""

import uuid

from django.db import models


class Leased(models.Model):
    """A row that one worker at a time may hold. A lease that ran out is anybody's."""

    leased_by = models.CharField(max_length=60, default="", blank=True)
    leased_until = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class JobState(models.TextChoices):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(Leased):
    """Long work with a bar: it goes on from `cursor` after any crash, and can be cancelled."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    member_key = models.BigIntegerField(null=True)
    """id of the member who asked for it (the layer of members lies above)."""
    params = models.JSONField(default=dict)
    cursor = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=JobState.choices, default=JobState.WAITING)
    done_count = models.BigIntegerField(default=0)
    total_count = models.BigIntegerField(null=True)
    problem_count = models.BigIntegerField(default=0)
    error = models.JSONField(null=True)
    """{"code", "en", "fr"} of what made it fail."""
    result = models.JSONField(default=dict)
    cancel_asked = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "created_at"], name="job_state")]


class LiveEvent(models.Model):
    """Something that open pages want to know; pruned after an hour."""

    at = models.DateTimeField()
    kind = models.CharField(max_length=30)
    """conversation, presence, effect, channel, job."""
    department_key = models.BigIntegerField(null=True)
    """Whom it concerns; None: the whole house."""
    member_key = models.BigIntegerField(null=True)
    """Where only one member is concerned."""
    subject_key = models.BigIntegerField(null=True)
    facts = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["at"], name="live_at")]


class WorkerBeat(models.Model):
    """A worker that is alive, for the screen of the house's health."""

    name = models.CharField(max_length=60, primary_key=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
