"""Secret addresses under which a calendar program reads posts and own events: of one person, never of more than they see."""

import hashlib
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.fields.json import KT

from parvis.channels.queries import channels_of
from parvis.core.errors import BadInput, LinkSpent
from parvis.core.wording import Text
from parvis.orgs.access import may, must, reach_of
from parvis.orgs.audit import record
from parvis.orgs.house import the_house
from parvis.orgs.models import Department, Member
from parvis.orgs.rights import Action
from parvis.publishing.icalendar_text import Entry, calendar_text
from parvis.publishing.models import CalendarEvent, CalendarLink, Publication, PublicationState

MOST_LINKS = 20
"""Of one member."""
BACK = timedelta(days=60)
AHEAD = timedelta(days=400)
MOST_ENTRIES = 5000
LASTS = timedelta(minutes=15)
"""A moment without length is not drawn by every calendar program."""
_NOTED_EVERY = timedelta(hours=1)
_STATUSES = {
    PublicationState.CANCELLED: "CANCELLED",
    PublicationState.WITHDRAWN: "CANCELLED",
    PublicationState.HELD: "TENTATIVE",
    PublicationState.NEEDS_PERSON: "TENTATIVE",
}


def make_link(member: Member, *, now: datetime, department: Department | None = None) -> tuple[CalendarLink, str]:
    """The link and its token, which is not kept. `department` None: all that the member sees at the time of asking."""
    if department is not None:
        must(member, Action.SEE, department)
    with transaction.atomic():
        if CalendarLink.objects.filter(member=member, revoked_at=None).count() >= MOST_LINKS:
            raise BadInput(
                detail=Text("you have {most} links already", "vous avez déjà {most} liens").format(most=MOST_LINKS)
            )
        token = secrets.token_urlsafe(32)
        link = CalendarLink.objects.create(
            member=member, department=department, token_hash=_hash(token), created_at=now
        )  # fmt: skip
        _note(link, member, "calendar.make_link", now=now)
    return link, token


@transaction.atomic
def revoke_link(link: CalendarLink, member: Member, *, now: datetime) -> None:
    """One's own. Raises LinkSpent where it is revoked already."""
    rows = CalendarLink.objects.filter(pk=link.pk, member=member, revoked_at=None)
    if not rows.update(revoked_at=now):
        raise LinkSpent
    _note(link, member, "calendar.revoke_link", now=now)


def links_of(member: Member) -> list[CalendarLink]:
    """Those that work, the newest first."""
    rows = CalendarLink.objects.visible_to(member).filter(revoked_at=None).select_related("department")
    return list(rows.order_by("-pk"))


def link_behind(token: str, *, now: datetime) -> CalendarLink | None:
    """None for one that never was or works no more: revoked, its member gone or without sight of its department."""
    rows = CalendarLink.objects.filter(token_hash=_hash(token), revoked_at=None, member__is_active=True)
    link: CalendarLink | None = rows.select_related("member", "department").first()
    if link is None or not _still_sees(link):
        return None
    if link.used_at is None or link.used_at <= now - _NOTED_EVERY:
        CalendarLink.objects.filter(pk=link.pk).update(used_at=now)
    return link


def text_behind(link: CalendarLink, *, now: datetime, base: str, name: str) -> bytes:
    """The calendar as its member may see it at this moment. `base`: http://host of the desk."""
    house, member = the_house(), link.member
    zone = member.zone or (house.zone if house is not None else "UTC")
    entries = [*_publications(link, now=now, base=base), *_events(link, now=now, base=base)]
    return calendar_text(name, entries, zone=zone)


def _publications(link: CalendarLink, *, now: datetime, base: str) -> Iterator[Entry]:
    names = dict(channels_of(link.member).values_list("pk", "name"))
    rows = Publication.objects.visible_to(link.member).filter(
        due_at__gte=now - BACK, due_at__lt=now + AHEAD, channel__in=list(names)
    )
    if link.department_id is not None:
        rows = rows.filter(department=link.department_id)
    fields = (
        "key", "post_id", "channel_id", "state", "due_at", "created_at", "changed_at", "move_count", "url",
        "post__title", "department__name", "words",
    )  # fmt: skip
    rows = rows.annotate(words=KT("content__text")).order_by("due_at", "pk")
    for one in rows.values_list(*fields)[:MOST_ENTRIES]:
        key, post_id, channel_id, state, due_at, made_at, changed_at, moves, url, title, department, words = one
        status, words = _STATUSES.get(PublicationState(state), "CONFIRMED"), words or ""
        yield Entry(
            uid=f"{key}@parvis", starts_at=due_at, ends_at=due_at + LASTS, made_at=made_at,
            title=f"{title or words[:80]} · {names[channel_id]}", changed_at=changed_at or made_at,
            sequence=moves + (status == "CANCELLED"), status=status, category=department,
            text="\n\n".join(part for part in (words, url) if part), url=f"{base}/publish/{post_id}/",
        )  # fmt: skip


def _events(link: CalendarLink, *, now: datetime, base: str) -> Iterator[Entry]:
    rows = CalendarEvent.objects.visible_to(link.member).filter(ends_at__gte=now - BACK, starts_at__lt=now + AHEAD)
    if link.department_id is not None:
        rows = rows.filter(department=link.department_id)
    for event in rows.select_related("department").order_by("starts_at", "pk")[:MOST_ENTRIES]:
        yield Entry(
            uid=f"{event.key}@parvis", starts_at=event.starts_at, ends_at=event.ends_at, title=event.title,
            made_at=event.created_at, changed_at=event.updated_at, sequence=event.revision,
            is_all_day=event.is_all_day, text=event.note, url=f"{base}/publish/calendar/events/{event.pk}/",
            category=event.department.name if event.department else "",
        )  # fmt: skip


def _still_sees(link: CalendarLink) -> bool:
    if link.department is not None:
        return may(link.member, Action.SEE, link.department)
    return reach_of(link.member).anywhere(Action.SEE)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _note(link: CalendarLink, member: Member, action: str, *, now: datetime) -> None:
    record(
        member, action, subject="calendar_link", subject_key=link.pk, department_id=link.department_id, now=now
    )  # fmt: skip
