"""What stands in the calendar beside the posts: own events, calendars from elsewhere, and links that let it be read."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q

from parvis.jobs.models import Leased
from parvis.orgs.access import Scoped, reach_of
from parvis.orgs.models import Department, Member
from parvis.orgs.rights import Action
from parvis.publishing.models.planning import Colour


class ScopedOrHouse(Scoped):
    """Rows of no department are the house's own: everybody who sees a department sees them."""

    def visible_to(self, member: Member) -> Self:
        if not member.is_active:
            return self.none()
        reach = reach_of(member).departments(Action.SEE)
        if reach is None:
            return self
        if not reach:
            return self.none()
        path = self.department_path
        return self.filter(Q(**{f"{path}__in": sorted(reach)}) | Q(**{f"{path}__isnull": True}))


class ScopedByFeed(ScopedOrHouse):
    department_path = "source__department_id"


class ScopedByOwner(Scoped):
    """Rows of one member alone."""

    def visible_to(self, member: Member) -> Self:
        return self.filter(member=member) if member.is_active else self.none()


class Timed(models.Model):
    """From when to when. Of whole days, midnights of UTC stand for the days themselves, wherever one is."""

    title = models.CharField(max_length=200)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    """Not in it any more; the same as `starts_at` for a mere moment."""
    is_all_day = models.BooleanField(default=False)

    class Meta:
        abstract = True


class CalendarEvent(Timed):
    """Something that people wrote into the calendar: an election, a launch, a day off."""

    objects = ScopedOrHouse.as_manager()

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    """By which calendar programs know it."""
    department = models.ForeignKey(Department, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    """None: the whole house's."""
    note = models.TextField(default="", blank=True)
    colour = models.CharField(max_length=8, choices=Colour.choices, default=Colour.GREY)
    zone = models.CharField(max_length=60, default="", blank=True)
    """Whose wall its times were read from; "" for whole days."""
    revision = models.PositiveIntegerField(default=0)
    """How often it was changed."""
    created_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["department", "starts_at"], name="calendar_event")]


class CalendarFeed(Leased):
    """A calendar of somebody else: read every hour from its address, or once from a file; never written to."""

    objects = ScopedOrHouse.as_manager()

    department = models.ForeignKey(Department, on_delete=models.CASCADE, null=True, related_name="+")
    """None: the whole house's."""
    name = models.CharField(max_length=80)
    colour = models.CharField(max_length=8, choices=Colour.choices, default=Colour.VIOLET)
    host = models.CharField(max_length=255, default="", blank=True)
    """As anybody may see it; "" for a file."""
    sealed_address = models.BinaryField(default=b"")
    """{"address"}, encrypted: such addresses often are a secret. b"" for a file."""
    packed_body = models.BinaryField(default=b"")
    """The last good one, compressed."""
    etag = models.CharField(max_length=200, default="", blank=True)
    next_at = models.DateTimeField()
    """When it is looked at again."""
    looked_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    """When it last was what a calendar is."""
    event_count = models.PositiveIntegerField(default=0)
    left_out_count = models.PositiveIntegerField(default=0)
    """Entries that could not be shown."""
    failure_count = models.PositiveIntegerField(default=0)
    error = models.JSONField(null=True)
    """{"code", "en", "fr"} of the last look; None when it was good."""
    created_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["next_at"], name="calendar_feed_due")]


class FeedEvent(Timed):
    """One event of a feed, each repeat by itself."""

    objects = ScopedByFeed.as_manager()

    source = models.ForeignKey(CalendarFeed, on_delete=models.CASCADE, related_name="events", db_index=False)

    class Meta:
        indexes = [models.Index(fields=["source", "starts_at"], name="feed_event")]


class CalendarLink(models.Model):
    """A secret address under which a calendar program reads what its member may see; kept as a hash, shown once."""

    objects = ScopedByOwner.as_manager()

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    department = models.ForeignKey(Department, on_delete=models.CASCADE, null=True, related_name="+")
    """None: every department that the member sees at that time."""
    token_hash = models.CharField(max_length=64, unique=True)
    """SHA-256 of the token, hexadecimal."""
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    """To the hour."""
    revoked_at = models.DateTimeField(null=True)
