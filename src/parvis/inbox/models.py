"""Conversations: items that belong together, with what the team does about them."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from parvis.channels.models import Channel, Item
from parvis.orgs.access import Scoped
from parvis.orgs.models import Department, Member


class ConversationState(models.TextChoices):
    OPEN = "open"
    WAITING = "waiting"
    """We answered and wait for them."""
    SNOOZED = "snoozed"
    DONE = "done"


class Priority(models.IntegerChoices):
    LOW = -1
    NORMAL = 0
    HIGH = 1
    URGENT = 2


_ORDER = ("-last_activity_at", "-id")
_FILTERED = ("channel", "assignee", "priority", "kind", "language", "held_count", "is_unanswered", "has_link")


class Conversation(models.Model):
    """A thread of items, as the team handles it. Row order everywhere: last activity, newest first, then id."""

    root = models.OneToOneField(Item, on_delete=models.CASCADE, related_name="+")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+", db_index=False)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", db_index=False)
    """Where it is handled and seen."""
    state = models.CharField(max_length=8, choices=ConversationState.choices, default=ConversationState.OPEN)
    snoozed_until = models.DateTimeField(null=True)
    assignee = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    priority = models.SmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    last_item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+", db_index=False)
    """The newest item that is still there: what a row shows."""
    last_activity_at = models.DateTimeField()
    newest_item_id = models.BigIntegerField(default=0)
    """The highest item id that the conversation has learnt of: a later one is news and opens it again."""
    item_count = models.PositiveIntegerField(default=1)
    held_count = models.PositiveIntegerField(default=0)
    """Items that wait for a decision."""
    is_unanswered = models.BooleanField(default=True)
    """The last word is theirs."""
    kind = models.CharField(max_length=10, default="comment")
    language = models.CharField(max_length=8, default="")
    """Of the newest item: the first part of its tag, lower case; "" where it is not known."""
    has_link = models.BooleanField(default=False)
    """The newest item carries one."""
    why = models.JSONField(default=list)
    """Why it is here, as codes: "held", "first_time", "refused_before", "has_link", "reported", "spam", "gone"."""
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    """Raised at each change of state, assignee, department or priority: nobody overwrites anybody."""

    objects = Scoped.as_manager()

    class Meta:
        # The order of every list is (last activity, id), newest first. The three wide indexes answer
        # any filter without touching the table; the narrow ones lead straight to what is rare.
        indexes = [
            models.Index(fields=["department", "state", *_ORDER, *_FILTERED], name="conv_department"),
            models.Index(fields=["state", *_ORDER, *_FILTERED], name="conv_state"),
            models.Index(fields=[*_ORDER, "department", "state", *_FILTERED], name="conv_all"),
            models.Index(fields=["channel", "state", *_ORDER], name="conv_channel"),
            models.Index(
                fields=["assignee", "state", *_ORDER], name="conv_assignee", condition=Q(assignee__isnull=False)
            ),
            models.Index(fields=[*_ORDER, "department", "state"], name="conv_held", condition=Q(held_count__gt=0)),
            models.Index(
                fields=["priority", *_ORDER, "department", "state"], name="conv_priority", condition=~Q(priority=0)
            ),
            models.Index(fields=["language", *_ORDER], name="conv_language"),
            models.Index(fields=["kind", *_ORDER], name="conv_kind"),
            models.Index(fields=["snoozed_until"], name="conv_snoozed", condition=Q(state="snoozed")),
        ]


class Label(models.Model):
    """A word that a team sticks on conversations; of one department, or (None) of the whole house."""

    department = models.ForeignKey(Department, on_delete=models.CASCADE, null=True, related_name="+")
    name = models.CharField(max_length=40)
    colour = models.CharField(max_length=10, default="grey")

    objects = Scoped.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(Lower("name"), "department", name="one_label_a_name", nulls_distinct=False)
        ]


class Labelling(models.Model):
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="labellings")
    label = models.ForeignKey(Label, on_delete=models.CASCADE, related_name="labellings")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "label"], name="a_label_sticks_once")]
        indexes = [models.Index(fields=["label", "-conversation"], name="labelling_newest")]


class Note(models.Model):
    """What colleagues tell each other; never leaves the house."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="notes")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    created_at = models.DateTimeField()


class Mention(models.Model):
    """Somebody was named in a note, and has seen it or not yet."""

    note = models.ForeignKey(Note, on_delete=models.CASCADE, related_name="mentions")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="mentions")
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["note", "member"], name="a_note_names_once")]
        indexes = [models.Index(fields=["member"], name="mention_unseen", condition=Q(seen_at__isnull=True))]


class Draft(models.Model):
    """What a member has begun to write: kept at every pause, gone once sent."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="drafts")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=5)
    """reply or note."""
    text = models.TextField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "member", "kind"], name="one_draft_each")]


class SavedView(models.Model):
    """A filter with a name: of one member, or shared with a department or the whole house."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, null=True, related_name="+")
    """None: shared."""
    department = models.ForeignKey(Department, on_delete=models.CASCADE, null=True, related_name="+")
    name = models.CharField(max_length=60)
    query = models.TextField()
    """In the query language."""
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["position", "name"]


class Presence(models.Model):
    """Who has a conversation open, and who is writing in it."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="presences")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()
    is_typing = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "member"], name="one_presence_each")]
