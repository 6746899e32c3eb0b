"""What is to be told when a query's items leave what is usual, and the events that were told."""

from django.db import models
from django.db.models import Q

from parvis.channels.models import Item
from parvis.jobs.models import Leased
from parvis.listening.models.queries import SavedQuery
from parvis.orgs.access import Scoped
from parvis.orgs.models import Member, NoticeRoute
from parvis.orgs.rights import Role


class OfQuery(Scoped):
    """Rows that belong where their query belongs."""

    department_path = "query__department_id"


class AlertKind(models.TextChoices):
    VOLUME = "volume"
    TONE = "tone"
    AUTHOR = "author"
    THRESHOLD = "threshold"


class Severity(models.IntegerChoices):
    LOW = 1
    MEDIUM = 2
    HIGH = 3


class AlertWay(models.TextChoices):
    """Which way out of the usual rings: of a volume more or less, of a tone kinder or harsher."""

    MORE = "more"
    LESS = "less"
    ANY = "any"


class Per(models.TextChoices):
    HOUR = "hour"
    DAY = "day"


class AlertRule(models.Model):
    """When a query rings, and who is told."""

    objects = OfQuery.as_manager()

    query = models.ForeignKey(SavedQuery, on_delete=models.CASCADE, related_name="alert_rules")
    kind = models.CharField(max_length=10, choices=AlertKind.choices)
    way = models.CharField(max_length=4, choices=AlertWay.choices, default=AlertWay.MORE)
    false_a_month = models.FloatField(default=0.5)
    """False alarms that it may raise in a month in which nothing happens."""
    authors = models.JSONField(default=list)
    """Names or handles, as they were written."""
    threshold = models.PositiveIntegerField(null=True)
    """Rings above so many."""
    per = models.CharField(max_length=4, choices=Per.choices, default=Per.HOUR)
    is_on = models.BooleanField(default=True)
    muted_until = models.DateTimeField(null=True)
    """What happens until then is kept and told to nobody."""

    members = models.ManyToManyField(Member, related_name="+")
    role = models.CharField(max_length=20, choices=Role.choices, default="", blank=True)
    """Everybody who has it in the query's department (None: in the whole house) is told too."""
    routes = models.ManyToManyField(NoticeRoute, related_name="+")
    quiet_from = models.TimeField(null=True)
    quiet_to = models.TimeField(null=True)
    wakes_from = models.PositiveSmallIntegerField(choices=Severity.choices, null=True)
    """The severity that wakes people all the same; None: nothing does."""
    escalate_after_min = models.PositiveIntegerField(null=True)
    """Minutes without acknowledgement, after which these are told; None: never."""
    escalate_members = models.ManyToManyField(Member, related_name="+")
    escalate_role = models.CharField(max_length=20, choices=Role.choices, default="", blank=True)
    escalate_routes = models.ManyToManyField(NoticeRoute, related_name="+")

    created_by = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    revision = models.PositiveIntegerField(default=1)
    """Counts its changes: whoever changes an older one is told."""


class AlertWatch(Leased):
    """How far a rule has looked, and what it has learnt; apart from the rule, as it is written often and weighs more."""

    rule = models.OneToOneField(AlertRule, on_delete=models.CASCADE, primary_key=True, related_name="watch")
    seen_count = models.BigIntegerField(default=-1)
    """The query's number of matches when it last looked."""
    next_look_at = models.DateTimeField()
    """It looks then, whatever came: the hour is over, or there is nothing to learn from yet."""
    last_match_id = models.BigIntegerField(default=0)
    """Of an author's rule: matches up to this one were seen."""
    rung_items = models.JSONField(default=list)
    """Of an author's rule: the last items that rang, as an item that changes is found once more."""
    learnt_of = models.CharField(max_length=80, default="")
    """The query's version and look through history that the state was learnt from."""
    learnt_until = models.DateTimeField(null=True)
    """The hours before it are learnt, and no longer looked at."""
    judged_until = models.DateTimeField(null=True)
    """The hours before it were judged when they were over."""
    begun_at = models.DateTimeField()
    """What was before the rule was there, or while it was switched off, does not ring."""
    state = models.JSONField(null=True)
    """Of the baseline (core/counting), some 4 kB."""
    expected = models.JSONField(default=dict)
    """By the hour's start (ISO): what was expected of it, for a day and what is still looked at."""

    class Meta:
        indexes = [models.Index(fields=["next_look_at"], name="watch_next_look")]


class EpisodeJudgement(models.TextChoices):
    REAL = "real"
    NOTHING = "nothing"


class AlertEpisode(models.Model):
    """One event, which is one alert, whatever number of rules it rings. Row order everywhere: newest first."""

    objects = OfQuery.as_manager()

    query = models.ForeignKey(SavedQuery, on_delete=models.CASCADE, related_name="episodes")
    """Of the rule that rang first."""
    kind = models.CharField(max_length=10, choices=AlertKind.choices)
    severity = models.PositiveSmallIntegerField(choices=Severity.choices)
    opened_at = models.DateTimeField()
    first_hour = models.DateTimeField()
    last_hour = models.DateTimeField()
    """The last one that was not as usual."""
    last_at = models.DateTimeField()
    """When it last grew."""
    closed_at = models.DateTimeField(null=True)
    is_muted = models.BooleanField(default=False)
    """Every rule of it was muted: nobody was told."""
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, related_name="+")
    note = models.TextField(default="", blank=True)
    escalate_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)
    judgement = models.CharField(max_length=8, choices=EpisodeJudgement.choices, default="", blank=True)
    judged_by = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, related_name="+")
    judged_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["-id"], name="episode_open", condition=Q(closed_at__isnull=True)),
            models.Index(
                fields=["escalate_at"],
                name="episode_escalate",
                condition=Q(acknowledged_at__isnull=True, escalated_at__isnull=True),
            ),
        ]


class AlertSign(models.Model):
    """A rule's part in an episode: what it expected, what it saw, how far it went."""

    episode = models.ForeignKey(AlertEpisode, on_delete=models.CASCADE, related_name="signs")
    rule = models.ForeignKey(AlertRule, on_delete=models.SET_NULL, null=True, related_name="signs")
    query = models.ForeignKey(SavedQuery, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=AlertKind.choices)
    direction = models.CharField(max_length=4, choices=AlertWay.choices)
    severity = models.PositiveSmallIntegerField(choices=Severity.choices)
    first_hour = models.DateTimeField()
    last_hour = models.DateTimeField()
    calm_since = models.DateTimeField(null=True)
    farthest = models.FloatField()
    """Times the usual; of a tone, standard errors."""
    expected = models.JSONField(default=dict)
    """Of the first hour, when it rang."""
    seen = models.JSONField(default=dict)
    """{"count"} or {"tone", "count"} of the first hour when it rang; {"author"} where one spoke."""
    peak = models.JSONField(default=dict)
    """{"hour", "count" …} of the hour that went farthest."""
    band = models.JSONField(default=dict)
    """By the hour's start (ISO): what was expected, from a day before."""
    item = models.ForeignKey(Item, on_delete=models.SET_NULL, null=True, related_name="+")
    """What the named author said first."""
    is_over = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule"], condition=Q(is_over=False), name="a_rule_rings_once_at_a_time")
        ]
