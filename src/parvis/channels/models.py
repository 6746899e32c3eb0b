"""Presences and sources, what arrives from them, and what is asked of them."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from parvis.core.connector import Can
from parvis.core.types import Kind, Status
from parvis.jobs.models import Leased
from parvis.jobs.states import Transitions
from parvis.orgs.access import Scoped
from parvis.orgs.models import Department, Member

KINDS = [(kind.value, kind.value) for kind in Kind]
STATUSES = [(status.value, status.value) for status in Status]
ORDERS = [(can.value, can.value) for can in Can]


class ChannelState(models.TextChoices):
    ACTIVE = "active"
    PAUSED = "paused"
    """A person switched it off."""
    NEEDS_PERSON = "needs_person"
    """It cannot go on by itself: the sign-in is refused, the address is gone."""


class Channel(Leased):
    """One presence of the house on a platform, or a source that it reads."""

    objects = Scoped.as_manager()

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="channels")
    connector = models.CharField(max_length=40)
    """slug of the connector."""
    name = models.CharField(max_length=120)
    address = models.URLField(max_length=500)
    sealed_credentials = models.BinaryField(default=b"")
    """Encrypted (channels/vault.py); b"" where none are needed."""
    facts = models.JSONField(default=dict)
    """What the connector's check found: account id, site name …"""
    can = models.JSONField(default=list)
    """What the account may do there."""
    opens_conversations = models.JSONField(default=list)
    """Kinds of item that wait for somebody in the inbox."""
    audience_zone = models.CharField(max_length=60, default="", blank=True)
    """Where most of who reads it lives, an IANA name; empty: as the house says of its public."""
    state = models.CharField(max_length=12, choices=ChannelState.choices, default=ChannelState.ACTIVE)
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    cursor = models.JSONField(default=dict)
    interval_s = models.FloatField(default=60)
    next_sync_at = models.DateTimeField(null=True)
    """None: not read by polling."""
    last_sync_at = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)
    failure_count = models.PositiveIntegerField(default=0)
    """Failures in a row."""
    error = models.JSONField(null=True)
    """{"code", "en", "fr"} of the last failure; None while it is well."""
    drift_count = models.PositiveIntegerField(default=0)
    """Payloads that could not be parsed and wait for a mend."""
    item_count = models.BigIntegerField(default=0)
    next_send_at = models.DateTimeField(null=True)
    """Orders wait until then: our own pace, or what the platform asked for."""

    class Meta:
        ordering = ["name"]
        indexes = [
            models.Index(
                fields=["next_sync_at"], name="channel_due", condition=Q(state="active", removed_at__isnull=True)
            )
        ]


class EnvelopeState(models.TextChoices):
    PARSED = "parsed"
    PARTIAL = "partial"
    """Some records in it could not be parsed."""
    UNPARSED = "unparsed"


class Envelope(models.Model):
    """What a platform sent, as it sent it."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="envelopes")
    endpoint = models.CharField(max_length=60)
    url = models.TextField(default="")
    content_type = models.CharField(max_length=120, default="")
    facts = models.JSONField(default=dict)
    connector_version = models.PositiveIntegerField()
    packed_body = models.BinaryField()
    """zlib."""
    size_bytes = models.PositiveBigIntegerField()
    hash = models.CharField(max_length=64)
    """SHA-256 of endpoint and body: the same again is not kept twice."""
    received_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    """When the very same was last received."""
    state = models.CharField(max_length=10, choices=EnvelopeState.choices)
    item_count = models.PositiveIntegerField(default=0)
    problems = models.JSONField(default=list)
    """[{"where", "detail"}]"""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "hash"], name="one_envelope_a_payload")]
        indexes = [
            models.Index(fields=["seen_at"], name="envelope_age"),
            models.Index(fields=["channel", "state"], name="envelope_drift", condition=~Q(state="parsed")),
        ]


class Profile(models.Model):
    """Somebody who writes on a channel, and their history here."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="profiles")
    remote_id = models.CharField(max_length=255)
    name = models.CharField(max_length=255, default="")
    handle = models.CharField(max_length=255, default="")
    url = models.TextField(default="")
    avatar_url = models.TextField(default="")
    is_house = models.BooleanField(default=False)
    item_count = models.PositiveIntegerField(default=0)
    refused_count = models.PositiveIntegerField(default=0)
    first_seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "remote_id"], name="one_profile_an_author")]
        indexes = [models.Index(Lower("name"), name="profile_name")]


class Item(models.Model):
    """One thing that somebody wrote, stored once."""

    objects = Scoped.as_manager()

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="items")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", db_index=False)
    """Where it is seen: the channel's, until its conversation moves to another."""
    remote_id = models.CharField(max_length=500)
    kind = models.CharField(max_length=10, choices=KINDS)
    profile = models.ForeignKey(Profile, on_delete=models.SET_NULL, null=True, related_name="items")
    parent = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="answers", db_index=False)
    parent_remote_id = models.CharField(max_length=500, default="")
    root = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="thread", db_index=False)
    """The first item of its thread; None: it is the first itself."""
    about = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="reactions", db_index=False)
    """The article or page that it comments on."""
    about_remote_id = models.CharField(max_length=500, default="")
    title = models.TextField(default="")
    text = models.TextField(default="")
    """Plain text, for lists and search."""
    body = models.TextField(default="")
    """As it came; "" where it is `text` to the letter. Sanitised on the way out, nowhere else."""
    body_is_html = models.BooleanField(default=False)
    url = models.TextField(default="")
    language = models.CharField(max_length=20, default="")
    status = models.CharField(max_length=10, choices=STATUSES)
    """What we show: the platform's word, or what we decided and the platform has yet to do."""
    remote_status = models.CharField(max_length=10, choices=STATUSES)
    """The platform's last word."""
    media = models.JSONField(default=list)
    facts = models.JSONField(default=dict)
    published_at = models.DateTimeField(null=True)
    edited_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    """When the payload came that described it last: an older one never overwrites it."""
    fingerprint = models.CharField(max_length=32)
    """Of the record as it came: an unchanged one costs nothing."""
    is_routed = models.BooleanField(default=False)
    """False: the conversation has yet to learn of it."""
    is_heard = models.BooleanField(default=False)
    """False: listening has yet to hear it as it stands now."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "remote_id"], name="one_item_a_remote_id")]
        indexes = [
            models.Index(fields=["id"], name="item_to_route", condition=Q(is_routed=False)),
            models.Index(fields=["id"], name="item_to_hear", condition=Q(is_heard=False)),
            models.Index(fields=["root", "id"], name="item_thread"),
            models.Index(
                fields=["channel", "parent_remote_id"],
                name="item_orphans",
                condition=Q(parent__isnull=True) & ~Q(parent_remote_id=""),
            ),
            models.Index(
                fields=["channel", "about_remote_id"],
                name="item_about_orphans",
                condition=Q(about__isnull=True) & ~Q(about_remote_id=""),
            ),
        ]


class ItemVersion(models.Model):
    """What an item said before its author changed it."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="versions")
    until = models.DateTimeField()
    title = models.TextField(default="")
    body = models.TextField(default="")
    body_is_html = models.BooleanField(default=False)


class EffectState(models.TextChoices):
    WAITING = "waiting"
    SENDING = "sending"
    UNSURE = "unsure"
    """It may have happened; nothing is sent again before that is settled."""
    DONE = "done"
    NEEDS_PERSON = "needs_person"
    CANCELLED = "cancelled"
    """Taken back before anything was sent."""
    REPLACED = "replaced"
    """A later order for the same item made it pointless before it was done; it comes back if that one is taken back."""


EFFECT_TRANSITIONS = Transitions(
    EffectState,
    {
        EffectState.WAITING: {
            EffectState.SENDING,
            EffectState.CANCELLED,
            EffectState.REPLACED,
            EffectState.NEEDS_PERSON,
        },
        EffectState.SENDING: {
            EffectState.DONE,
            EffectState.WAITING,
            EffectState.UNSURE,
            EffectState.NEEDS_PERSON,
        },
        EffectState.UNSURE: {EffectState.DONE, EffectState.WAITING, EffectState.NEEDS_PERSON},
        EffectState.NEEDS_PERSON: {
            EffectState.WAITING,
            EffectState.UNSURE,
            EffectState.CANCELLED,
            EffectState.DONE,
        },
        EffectState.REPLACED: {EffectState.WAITING, EffectState.CANCELLED},
    },
    final={EffectState.DONE, EffectState.CANCELLED},
)
OPEN_EFFECT_STATES = (
    EffectState.WAITING,
    EffectState.SENDING,
    EffectState.UNSURE,
    EffectState.NEEDS_PERSON,
)


class Effect(Leased):
    """One change asked of a platform: written before the network is touched, carried out once."""

    objects = Scoped.as_manager()

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="effects", db_index=False)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, null=True, related_name="effects")
    """What it is about; None for a part of a publication."""
    can = models.CharField(max_length=12, choices=ORDERS)
    text = models.TextField(default="")
    state = models.CharField(max_length=12, choices=EffectState.choices, default=EffectState.WAITING)
    created_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    batch = models.UUIDField(default=uuid.uuid4)
    """What was asked in one go."""
    chain = models.UUIDField(null=True)
    """The publication that it is a part of."""
    step = models.PositiveSmallIntegerField(default=0)
    """Parts of one step leave at the same time, once all of the steps before are done."""
    name = models.CharField(max_length=40, default="")
    """Of the part, within its chain: post, media:1, post:2, comment."""
    body = models.JSONField(default=dict)
    """What the connector made of the post for this part, frozen when it was ordered."""
    next_try_at = models.DateTimeField(null=True)
    """Not before: the time to take it back, the backoff, what the platform asked for. None: not by itself."""
    try_count = models.PositiveSmallIntegerField(default=0)
    """Attempts so far, readings back included: who records must still be at the same count."""
    spared_count = models.PositiveSmallIntegerField(default=0)
    """Those that do not count towards the cap: the platform asked to wait, or it was only read back."""
    trying_since = models.DateTimeField(null=True)
    """When this run of tries began; a person's "again" begins a new one."""
    is_in_doubt = models.BooleanField(default=False)
    """With NEEDS_PERSON: it may have happened, and nobody but a person can tell."""
    replaced_by = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="+")
    result_remote_id = models.CharField(max_length=500, default="")
    result_url = models.TextField(default="")
    result_facts = models.JSONField(default=dict)
    """What later parts, edits and withdrawals must know of it."""
    error = models.JSONField(null=True)
    """{"code", "en", "fr"} of the last failure."""
    finished_at = models.DateTimeField(null=True)
    is_followed = models.BooleanField(default=True)
    """False: a part of a publication has moved, and the publication does not know yet."""

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="effect_unfollowed", condition=Q(is_followed=False)),
            models.Index(
                fields=["channel", "next_try_at", "id"],
                name="effect_due",
                # SQLite takes a partial index for `next_try_at <= ?`, never for `state IN (?, ?)`.
                condition=Q(next_try_at__isnull=False),
            ),
            models.Index(fields=["leased_until"], name="effect_sending", condition=Q(state="sending")),
            models.Index(fields=["batch"], name="effect_batch"),
            models.Index(fields=["chain", "step"], name="effect_chain", condition=Q(chain__isnull=False)),
            models.Index(fields=["department", "id"], name="effect_stuck", condition=Q(state="needs_person")),
            # PostgreSQL proves from the list of states that the few open ones are enough for a page of the inbox.
            models.Index(fields=["item"], name="effect_open", condition=Q(state__in=OPEN_EFFECT_STATES)),
        ]

    @property
    def says(self) -> str:
        """The text that it is about; of a part of a publication, what it says itself."""
        if self.item is not None:
            return self.item.text or self.item.title
        return str(self.body.get("text", ""))


class AttemptOutcome(models.TextChoices):
    UNKNOWN = "unknown"
    """Written before the call; still so where the process died in it."""
    DONE = "done"
    FOUND_DONE = "found_done"
    """Read back: an earlier attempt had done it."""
    FOUND_NOTHING = "found_nothing"
    """Read back: nothing had happened."""
    FAILED = "failed"
    """It clearly did not happen."""


class Attempt(models.Model):
    """One call, written before it is made."""

    effect = models.ForeignKey(Effect, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    is_settling = models.BooleanField(default=False)
    """It only read back; nothing was sent."""
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=14, choices=AttemptOutcome.choices, default=AttemptOutcome.UNKNOWN)
    error = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["effect", "number"], name="attempts_in_a_row")]
