"""Files by what is in them, and what is made of them for each place that they go to."""

from django.db import models
from django.db.models import Q

from parvis.jobs.models import Leased


class Blob(models.Model):
    """Bytes that are kept once, however many assets, versions and renditions they are. The file: store.path_of."""

    sha256 = models.CharField(max_length=64, unique=True)
    """Hexadecimal; it is also where the file lies."""
    size_bytes = models.BigIntegerField()
    mime = models.CharField(max_length=80)
    """From the bytes, never from a name."""
    kind = models.CharField(max_length=8)
    """image, gif, video, audio, captions, pdf."""
    facts = models.JSONField(default=dict)
    """A core.media Looked, or of what was made its width, height and duration."""
    created_at = models.DateTimeField()
    """Moved forward each time that somebody brings it again."""

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="blob_age")]


class RenditionState(models.TextChoices):
    WANTED = "wanted"
    MAKING = "making"
    MADE = "made"
    FAILED = "failed"


OPEN_RENDITION = Q(state__in=["wanted", "making"])


class Rendition(Leased):
    """One form of a file, shared by all channels that take the same."""

    blob = models.ForeignKey(Blob, on_delete=models.CASCADE, related_name="renditions", db_index=False)
    """What it is made of."""
    key = models.CharField(max_length=64)
    """SHA-256 of `params`, hexadecimal."""
    params = models.JSONField(default=dict)
    """A core.media Wanted; "poster_at_s" of a still of a film, "captions" (a blob's SHA-256) of what is burnt in,
    "preview" of what the library itself shows."""
    state = models.CharField(max_length=6, choices=RenditionState.choices, default=RenditionState.WANTED)
    made = models.ForeignKey(Blob, on_delete=models.PROTECT, null=True, related_name="+")
    share = models.FloatField(default=0.0)
    """How much of it is done, 0 to 1."""
    error = models.JSONField(null=True)
    """{"code", "en", "fr"} of why it failed."""
    try_count = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    created_at = models.DateTimeField()
    used_at = models.DateTimeField()
    """When it was last asked for, to the day: what nobody wants any more is forgotten."""
    made_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["blob", "key"], name="one_rendition_a_form")]
        indexes = [
            models.Index(fields=["next_try_at"], name="rendition_due", condition=OPEN_RENDITION),
            models.Index(fields=["used_at"], name="rendition_used"),
        ]


class RenditionWait(models.Model):
    """Somebody above waits until a rendition is there: a publication that is due (`subject_key` its id)."""

    rendition = models.ForeignKey(Rendition, on_delete=models.CASCADE, related_name="waits")
    subject = models.CharField(max_length=12)
    subject_key = models.BigIntegerField()
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "subject_key", "rendition"], name="waits_once_for_each")
        ]
