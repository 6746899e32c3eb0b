"""The library: folders, what lies in them, and every version of it."""

from django.db import models

from parvis.assets.models.files import Blob
from parvis.orgs.access import Scoped
from parvis.orgs.models import Department, Member


class ScopedByAsset(Scoped):
    department_path = "asset__department_id"


class ScopedByVersion(Scoped):
    department_path = "version__asset__department_id"


class Folder(models.Model):
    """A place in a department's library."""

    objects = Scoped.as_manager()

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", db_index=False)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")
    name = models.CharField(max_length=80)
    path = models.CharField(max_length=800)
    """The names from the top, folded, each between slashes: /summer/choir/."""
    created_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["department", "path"], name="one_folder_a_path")]


_SHOWN = models.Q(is_archived=False)


class AssetKind(models.TextChoices):
    IMAGE = "image"
    GIF = "gif"
    VIDEO = "video"
    AUDIO = "audio"
    CAPTIONS = "captions"
    PDF = "pdf"


class Asset(models.Model):
    """Something that the house may show: what it is called, what it shows, whose it is."""

    objects = Scoped.as_manager()
    current: "AssetVersion"
    """Set by queries."""

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", db_index=False)
    folder = models.ForeignKey(Folder, on_delete=models.PROTECT, null=True, related_name="assets")
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=8, choices=AssetKind.choices)
    """Of its current version."""
    alt = models.JSONField(default=dict)
    """By language: what it shows, for who does not see it."""
    credit = models.CharField(max_length=300, default="", blank=True)
    source = models.CharField(max_length=500, default="", blank=True)
    """Where it is from: a person, an agency, an address."""
    licence = models.CharField(max_length=200, default="", blank=True)
    shows_people = models.BooleanField(default=False)
    """Somebody can be recognised: their consent is asked for."""
    focus_x = models.FloatField(null=True)
    focus_y = models.FloatField(null=True)
    """What must stay in the picture: from the left and from the top, 0 to 1; None: its middle."""
    number = models.PositiveIntegerField(default=1)
    """Of the current version."""
    revision = models.PositiveIntegerField(default=1)
    """Raised at each change: nobody overwrites anybody."""
    search_text = models.TextField(default="")
    """Title, tags, alt texts, credit, source and original names, folded."""
    is_archived = models.BooleanField(default=False)
    created_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["department", "-updated_at", "-id"], name="asset_newest", condition=_SHOWN),
            models.Index(fields=["-updated_at", "-id"], name="asset_of_house", condition=_SHOWN),
        ]


class AssetTag(models.Model):
    objects = ScopedByAsset.as_manager()

    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="tags", db_index=False)
    name = models.CharField(max_length=60)
    folded = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["asset", "folded"], name="one_tag_an_asset")]
        indexes = [models.Index(fields=["folded"], name="tag_folded")]


class AssetVersion(models.Model):
    """The asset as one file; never changed."""

    objects = ScopedByAsset.as_manager()

    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")
    """Without location and personal metadata."""
    original = models.ForeignKey(Blob, on_delete=models.PROTECT, null=True, related_name="+")
    """As it was uploaded; None: not kept, or there was nothing to take out of it."""
    uploaded_sha256 = models.CharField(max_length=64)
    """Of what was uploaded, to know it again."""
    name = models.CharField(max_length=255)
    """What the file was called."""
    removed = models.JSONField(default=list)
    """Names of what was taken out of it: location, camera, author …"""
    note = models.CharField(max_length=300, default="", blank=True)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["asset", "number"], name="versions_of_an_asset")]
        indexes = [models.Index(fields=["uploaded_sha256"], name="version_uploaded")]


class Caption(models.Model):
    """Subtitles of a film or a sound in one language; a change is a new row, so that what was approved stays."""

    objects = ScopedByVersion.as_manager()

    version = models.ForeignKey(AssetVersion, on_delete=models.CASCADE, related_name="captions", db_index=False)
    language = models.CharField(max_length=20)
    """BCP 47."""
    number = models.PositiveIntegerField()
    label = models.CharField(max_length=80, default="", blank=True)
    vtt = models.TextField()
    """WebVTT."""
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")
    """The same as a file."""
    is_current = models.BooleanField(default=True)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "language", "number"], name="captions_in_a_row"),
            models.UniqueConstraint(
                fields=["version", "language"], condition=models.Q(is_current=True), name="one_current_caption"
            ),
        ]


class AssetUse(models.Model):
    """A post or a publication names the asset.

    A table and no query: what names it is JSON in rows of several kinds, for which the two databases share no
    index; “used nowhere” must be told of 20,000 assets at once, and in the layer below that of posts. It is
    written in the transaction of the content itself.
    """

    objects = ScopedByAsset.as_manager()

    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="uses", db_index=False)
    subject = models.CharField(max_length=12)
    """post, publication."""
    subject_key = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["asset", "subject", "subject_key"], name="one_use_each")]
        indexes = [models.Index(fields=["subject", "subject_key"], name="use_subject")]
