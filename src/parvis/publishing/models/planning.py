"""Where posts get their time and their place from: queues, repeats, campaigns, pillars, files, and what is said again."""

from django.db import models
from django.db.models import Q

from parvis.channels.models import Channel
from parvis.orgs.access import Scoped
from parvis.orgs.models import Department, Member
from parvis.publishing.models.posts import Post, ScopedByPost


class ScopedByQueue(Scoped):
    department_path = "queue__department_id"


class ScopedByRepeat(Scoped):
    department_path = "repeat__department_id"


class ScopedByImport(Scoped):
    department_path = "file__department_id"


class ScopedByEvergreen(Scoped):
    department_path = "rule__department_id"


class Colour(models.TextChoices):
    BLUE = "blue"
    TEAL = "teal"
    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    PINK = "pink"
    VIOLET = "violet"
    GREY = "grey"


class Campaign(models.Model):
    """Posts that belong together for a while, and what their links carry."""

    objects = Scoped.as_manager()

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    colour = models.CharField(max_length=6, choices=Colour.choices, default=Colour.BLUE)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    """The last day of it."""
    goal = models.TextField(default="", blank=True)
    utm = models.JSONField(default=dict)
    """{"source", "medium", "campaign", "term", "content"}: what links carry; {}: nothing. An empty source: the platform."""
    sources = models.JSONField(default=dict)
    """utm_source by channel id, where it is another."""
    hashtags = models.JSONField(default=list)
    """Without the sign."""
    created_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["department", "name"], condition=Q(closed_at__isnull=True), name="one_campaign_a_name"
            )
        ]


class Pillar(models.Model):
    """One of the things that a department speaks of, and how much of what it says that should be."""

    objects = Scoped.as_manager()

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    colour = models.CharField(max_length=6, choices=Colour.choices, default=Colour.BLUE)
    wanted_percent = models.PositiveSmallIntegerField(null=True)
    """None: no share is wanted."""
    created_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["department", "name"], condition=Q(closed_at__isnull=True), name="one_pillar_a_name"
            )
        ]


class PostLabel(models.Model):
    """A word by which colleagues find a post again; it never leaves the house."""

    objects = ScopedByPost.as_manager()

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="labels", db_index=False)
    name = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "name"], name="one_post_label_a_name")]
        indexes = [models.Index(fields=["name"], name="post_label")]


class WhenFreed(models.TextChoices):
    LEAVE = "leave"
    """The slot stays free for the next that comes."""
    FILL = "fill"
    """Those behind move up."""


class Queue(models.Model):
    """Times of the week at which a department's posts leave, one after the other."""

    objects = Scoped.as_manager()

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    channels = models.ManyToManyField(Channel, related_name="+")
    """What it serves; none: every channel."""
    zone = models.CharField(max_length=60)
    """Whose wall its slots are on."""
    when_freed = models.CharField(max_length=5, choices=WhenFreed.choices, default=WhenFreed.LEAVE)
    is_on = models.BooleanField(default=True)
    created_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["department", "name"], condition=Q(closed_at__isnull=True), name="one_queue_a_name"
            )
        ]


class Slot(models.Model):
    """One time of the week."""

    objects = ScopedByQueue.as_manager()

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="slots", db_index=False)
    weekday = models.PositiveSmallIntegerField()
    """0: Monday."""
    time = models.TimeField()
    pillar = models.ForeignKey(Pillar, on_delete=models.SET_NULL, null=True, related_name="+")
    """Only for posts of it."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["queue", "weekday", "time"], name="one_slot_a_time")]


class QueueEntry(models.Model):
    """A post that has a queue's slot. What is true is the post: one that is no longer planned for it has freed it."""

    objects = ScopedByQueue.as_manager()

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="entries", db_index=False)
    post = models.OneToOneField(Post, on_delete=models.CASCADE, related_name="queue_entry")
    due_at = models.DateTimeField()
    """The slot's moment."""
    queued_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    queued_at = models.DateTimeField()
    is_paused = models.BooleanField(default=False)
    """Held since the queue is off, not by a person."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["queue", "due_at"], name="one_post_a_slot")]


class Every(models.TextChoices):
    DAY = "day"
    WEEK = "week"
    """On `weekdays`."""
    MONTH_DAY = "month_day"
    """On the day `month_day`; months without it are passed over."""
    MONTH_WEEKDAY = "month_weekday"
    """On the `nth` of the one weekday."""


class Repeat(models.Model):
    """A post that comes again: `pattern` is what it says, each occurrence is a post of its own."""

    objects = Scoped.as_manager()

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    """The pattern's."""
    pattern = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="repeats")
    every = models.CharField(max_length=13, choices=Every.choices)
    interval = models.PositiveSmallIntegerField(default=1)
    weekdays = models.JSONField(default=list)
    """0: Monday."""
    month_day = models.SmallIntegerField(null=True)
    """1 to 31; -1: the last day."""
    nth = models.SmallIntegerField(null=True)
    """1 to 4; -1: the last."""
    starts_on = models.DateField()
    time = models.TimeField()
    zone = models.CharField(max_length=60)
    until = models.DateField(null=True)
    """The last day on which it may come."""
    count = models.PositiveIntegerField(null=True)
    """How many times in all, those excepted included."""
    exceptions = models.JSONField(default=list)
    """Days without it, ISO 8601."""
    made_to = models.CharField(max_length=19, default="", blank=True)
    """Wall time of the last occurrence that has its row; "" before the first."""
    look_at = models.DateTimeField(null=True)
    """When its next occurrence is to be made; None: it is over."""
    is_on = models.BooleanField(default=True)
    created_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    """In whose name its posts are planned."""
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pattern"], condition=Q(is_on=True), name="one_repeat_a_pattern")
        ]
        indexes = [models.Index(fields=["look_at"], name="repeat_due", condition=Q(is_on=True, look_at__isnull=False))]


class OccurrenceState(models.TextChoices):
    WAITS = "waits"
    """Its post is there and has no time yet: an approval or something else is missing."""
    PLANNED = "planned"
    """Its post was given its time; what becomes of it from there is the post's."""
    MISSED = "missed"
    """Its time was over before anything could be done about it."""
    DROPPED = "dropped"
    """Somebody wanted it no more."""


class Occurrence(models.Model):
    """One time of a repeat."""

    objects = ScopedByRepeat.as_manager()

    repeat = models.ForeignKey(Repeat, on_delete=models.CASCADE, related_name="occurrences", db_index=False)
    local = models.CharField(max_length=19)
    """The wall time meant by the rule, ISO 8601: the key of it, even where the clock jumps over it."""
    due_at = models.DateTimeField()
    clock = models.CharField(max_length=7, default="", blank=True)
    """\"shifted\": the clock jumps over that time, it is the first moment after; "twice": it is shown twice, it is the first."""
    post = models.OneToOneField(Post, on_delete=models.SET_NULL, null=True, related_name="occurrence")
    pattern_version = models.PositiveIntegerField(null=True)
    """The pattern's when the post was made of it."""
    post_version = models.PositiveIntegerField(null=True)
    """The post's as it was made: a later one was changed by itself."""
    state = models.CharField(max_length=7, choices=OccurrenceState.choices)
    error = models.JSONField(null=True)
    """{"code", "en", "fr"} of why it has no time yet."""
    next_try_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repeat", "local"], name="one_post_an_occurrence")]
        indexes = [models.Index(fields=["next_try_at"], name="occurrence_waits", condition=Q(state="waits"))]


class PostFile(models.Model):
    """A table of posts somebody handed in: read, checked, and taken in once they say so."""

    objects = Scoped.as_manager()

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, db_index=True)
    """Of its bytes, hexadecimal."""
    encoding = models.CharField(max_length=20)
    delimiter = models.CharField(max_length=1)
    zone = models.CharField(max_length=60)
    """Of rows that name none."""
    day_order = models.CharField(max_length=3, default="", blank=True)
    """"dmy" or "mdy": how days with slashes are read; "": not said, and what could be both is a fault."""
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    job_key = models.UUIDField(null=True)
    """Of the run; None before it."""
    is_draft_only = models.BooleanField(default=False)
    """Its posts get no time by the run, only the wish for one."""


class PostFileRow(models.Model):
    """One row of it, and the post that it became."""

    objects = ScopedByImport.as_manager()

    file = models.ForeignKey(PostFile, on_delete=models.CASCADE, related_name="rows", db_index=False)
    number = models.PositiveIntegerField()
    """As a table shows it: the head is row 1."""
    values = models.JSONField(default=dict)
    """By column, as written."""
    wish = models.JSONField(default=dict)
    """What was understood: {"due_local", "zone", "channels", "content", "campaign", "pillar", "labels", "title"}."""
    faults = models.JSONField(default=list)
    """[{"code", "field", "en", "fr", "is_hint"}]"""
    is_fit = models.BooleanField(default=True)
    """None of them stands in the way."""
    post = models.OneToOneField(Post, on_delete=models.SET_NULL, null=True, related_name="file_row")
    outcome = models.CharField(max_length=7, default="", blank=True)
    """"", "planned", "asked", "draft", "failed": what the run made of it."""
    error = models.JSONField(null=True)
    """{"code", "en", "fr"} of what kept it back in the run."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="one_row_a_number")]


class EvergreenMode(models.TextChoices):
    PROPOSE = "propose"
    """Drafts for somebody to look at."""
    PLAN = "plan"
    """They get the queue's slots by themselves."""


class Evergreen(models.Model):
    """What a department says again, and how often at most."""

    objects = Scoped.as_manager()

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="+")
    pillar = models.ForeignKey(Pillar, on_delete=models.PROTECT, null=True, related_name="+")
    label = models.CharField(max_length=60, default="", blank=True)
    """The pool: what has left of this pillar, with this label."""
    channels = models.ManyToManyField(Channel, related_name="+")
    """Where it is said again; none: where it was said."""
    least_days = models.PositiveSmallIntegerField(default=90)
    """Between two of the same."""
    most_per_week = models.PositiveSmallIntegerField(default=1)
    """In any seven days."""
    mode = models.CharField(max_length=7, choices=EvergreenMode.choices, default=EvergreenMode.PROPOSE)
    may_repeat_words = models.BooleanField(default=False)
    """The same words may leave again; else somebody has to say it anew."""
    is_on = models.BooleanField(default=True)
    created_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    """In whose name it works."""
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    look_at = models.DateTimeField(null=True)
    """When it looks again; None: it is closed."""
    error = models.JSONField(null=True)
    """{"code", "en", "fr"} of why it chose nothing when it last looked."""

    class Meta:
        indexes = [models.Index(fields=["look_at"], name="evergreen_due", condition=Q(is_on=True))]


class PickState(models.TextChoices):
    PROPOSED = "proposed"
    PLANNED = "planned"
    REFUSED = "refused"
    """Somebody did not want it; it comes again after `least_days` at the soonest."""


class EvergreenPick(models.Model):
    """What a rule chose, and why."""

    objects = ScopedByEvergreen.as_manager()

    rule = models.ForeignKey(Evergreen, on_delete=models.CASCADE, related_name="picks", db_index=False)
    root = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="picks")
    """What was said first."""
    post = models.OneToOneField(Post, on_delete=models.CASCADE, related_name="pick")
    state = models.CharField(max_length=8, choices=PickState.choices)
    due_at = models.DateTimeField()
    """The slot it was chosen for."""
    reasons = models.JSONField(default=dict)
    """{"last_said_at", "times", "pool", "week"}: when it was said last, how often, out of how many, how many that week."""
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["rule", "due_at"], name="evergreen_pick")]
