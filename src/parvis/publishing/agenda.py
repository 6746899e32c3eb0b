"""What a calendar shows: posts at their times, own events, and those of calendars from elsewhere."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Q
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Left

from parvis.orgs.models import Department, Member
from parvis.orgs.rights import Action
from parvis.publishing.models import (
    CalendarEvent,
    CalendarFeed,
    Campaign,
    FeedEvent,
    Pillar,
    Post,
    PostState,
    Publication,
    PublicationState,
)

MOST_ROWS = 5000
LONGEST_TITLE = 120
_WIDEST_ZONE = timedelta(hours=15)
_A_DAY = timedelta(days=1)
_DRAFTS = (PostState.DRAFT, PostState.READY, PostState.REVIEW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which posts; None and "": any."""

    department: Department | None = None
    channel_id: int | None = None
    campaign_id: int | None = None
    pillar_id: int | None = None
    state: str = ""
    """Of the publication."""
    person_id: int | None = None
    """Who wrote or planned it."""


@dataclass(slots=True, kw_only=True)
class Slotted:
    """A post at one time, on however many channels."""

    post_id: int
    due_at: datetime
    title: str
    language: str
    department_id: int
    zone: str
    """In which it was planned."""
    local: str
    """The wall time it was planned for, ISO 8601; "" where only a channel of it leaves then."""
    places: list[tuple[int, str]] = field(default_factory=list)
    """Channel id and state of each publication."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happens:
    """An own event (`key` is its id) or one from elsewhere (`source` says whose, `key` is None)."""

    title: str
    starts_at: datetime
    ends_at: datetime
    is_all_day: bool
    colour: str
    key: int | None
    source: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a calendar can be filtered by, by id and name."""

    campaigns: list[tuple[int, str]]
    pillars: list[tuple[int, str]]


def posts_between(
    member: Member, start: datetime, end: datetime, *, channel_ids: Collection[int], wanted: Wanted, limit: int = MOST_ROWS
) -> list[Slotted]:  # fmt: skip
    """In the order of their times; what was cancelled is not there. `channel_ids`: those that the member sees."""
    rows = Publication.objects.visible_to(member).filter(due_at__gte=start, due_at__lt=end)
    rows = _narrowed(rows.exclude(state=PublicationState.CANCELLED), wanted)
    rows = rows.annotate(words=Left(KeyTextTransform("text", "post__content"), LONGEST_TITLE)).order_by(
        "due_at", "post_id", "pk"
    )
    fields = (
        "post_id", "due_at", "post__title", "words", "post__language", "department_id", "post__zone",
        "post__due_local", "post__due_at", "channel_id", "state",
    )  # fmt: skip
    found: list[Slotted] = []
    for one in rows.values_list(*fields)[:limit]:
        post_id, due_at, title, words, language, department_id, zone, local, post_due_at, channel_id, state = one
        if channel_id not in channel_ids:
            continue
        if not found or (found[-1].post_id, found[-1].due_at) != (post_id, due_at):
            found.append(
                Slotted(
                    post_id=post_id, due_at=due_at, title=title or words or "", language=language,
                    department_id=department_id, zone=zone, local=local if post_due_at == due_at else "",
                )
            )  # fmt: skip
        found[-1].places.append((channel_id, state))
    return found


def _narrowed(rows: Any, wanted: Wanted) -> Any:
    asked = {
        "department": wanted.department, "channel": wanted.channel_id, "post__campaign": wanted.campaign_id,
        "post__pillar": wanted.pillar_id, "state": wanted.state,
    }  # fmt: skip
    rows = rows.filter(**{name: value for name, value in asked.items() if value})
    if wanted.person_id is not None:
        rows = rows.filter(Q(post__created_by=wanted.person_id) | Q(planned_by=wanted.person_id))
    return rows


def events_between(
    member: Member, start: datetime, end: datetime, *, department: Department | None = None
) -> list[Happens]:
    """Own events and those of feeds that touch the time; with a department, the house's with its own."""
    around = Q(starts_at__lt=end + _WIDEST_ZONE, ends_at__gte=start - _WIDEST_ZONE)
    own = CalendarEvent.objects.visible_to(member).filter(around)
    others = FeedEvent.objects.visible_to(member).filter(around)
    if department is not None:
        own = own.filter(Q(department=department) | Q(department=None))
        others = others.filter(Q(source__department=department) | Q(source__department=None))
    times = ("title", "starts_at", "ends_at", "is_all_day")
    found = [
        Happens(title=title, starts_at=starts, ends_at=ends, is_all_day=whole, colour=colour, key=key, source="", note=note)
        for title, starts, ends, whole, colour, key, note in own.values_list(*times, "colour", "pk", "note")[:MOST_ROWS]
    ]  # fmt: skip
    found += [
        Happens(title=title, starts_at=starts, ends_at=ends, is_all_day=whole, colour=colour, key=None, source=source)
        for title, starts, ends, whole, colour, source in others.values_list(*times, "source__colour", "source__name")[:MOST_ROWS]
    ]  # fmt: skip
    return sorted(found, key=lambda one: (not one.is_all_day, one.starts_at, one.title))


def days_touched(one: Happens, zone: Any) -> tuple[date, date]:
    """The first and the last day that it touches, as whoever looks from `zone` sees it."""
    if one.is_all_day:
        return one.starts_at.astimezone(UTC).date(), (one.ends_at - _A_DAY).astimezone(UTC).date()
    last = one.ends_at - timedelta(microseconds=1) if one.ends_at > one.starts_at else one.ends_at
    return one.starts_at.astimezone(zone).date(), last.astimezone(zone).date()


def drafts_to_plan(member: Member, *, department: Department | None = None, limit: int = 15) -> list[Post]:
    """Those without a time that somebody who may plan can put on a day, the last changed first."""
    rows = Post.objects.where_may(member, Action.PUBLISH).filter(state__in=_DRAFTS)
    if department is not None:
        rows = rows.filter(department=department)
    return list(rows.order_by("-updated_at", "-pk")[:limit])


def choices_for(member: Member, *, department: Department | None = None) -> Choices:
    """Campaigns and pillars that are not closed."""
    found = []
    for model in (Campaign, Pillar):
        rows = model.objects.visible_to(member).filter(closed_at=None)
        if department is not None:
            rows = rows.filter(department=department)
        found.append(list(rows.order_by("name").values_list("pk", "name")[:200]))
    return Choices(campaigns=found[0], pillars=found[1])


def feeds_of(member: Member) -> list[CalendarFeed]:
    rows = CalendarFeed.objects.visible_to(member).select_related("department").defer("packed_body", "sealed_address")
    return list(rows.order_by("name", "pk"))


def feed_for(member: Member, key: int) -> CalendarFeed | None:
    """None where there is none that the member sees."""
    return CalendarFeed.objects.visible_to(member).select_related("department").filter(pk=key).first()


def event_for(member: Member, key: int) -> CalendarEvent | None:
    rows = CalendarEvent.objects.visible_to(member).select_related("department", "created_by")
    return rows.filter(pk=key).first()
