"""Notices are rows, written with what they tell, in each reader's language and by each reader's clock."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import timezone, translation

from parvis.orgs.house import the_house
from parvis.orgs.models import Department, House, Member, Notice, NoticeRoute, NoticeState
from parvis.orgs.notices.addresses import masked
from parvis.orgs.notices.quiet import QuietHours

_LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`path` leads into the desk."""

    title: str
    text: str
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Whom, and by which way: a route of theirs or a shared one; without a route, by mail to the member's address."""

    member: Member | None = None
    route: NoticeRoute | None = None
    fallback: Member | None = None
    """Whose language a shared route is written in; None: the house's."""

    @property
    def key(self) -> tuple[int | None, int | None]:
        return (self.member.pk if self.member else None, self.route.pk if self.route else None)

    @property
    def shown(self) -> str:
        if self.route is not None:
            return self.route.shown
        return masked("mail", self.member.email) if self.member else ""


def readers_of(members: Iterable[Member], routes: Iterable[NoticeRoute] = ()) -> list[Reader]:
    """Each member by the ways that they have switched on; who has none of their own, by mail. Shared routes as they are."""
    chosen = {member.pk: member for member in members if member.is_active}
    own: dict[int, list[NoticeRoute]] = {key: [] for key in chosen}
    for route in NoticeRoute.objects.filter(member__in=chosen).order_by("id"):
        own[route.member_id].append(route)
    found = [
        Reader(member=member, route=route)
        for key, member in chosen.items()
        for route in ([one for one in own[key] if one.is_on] if own[key] else [None])
    ]
    return found + [Reader(route=route) for route in routes if route.member_id is None and route.is_on]


def write_notices(
    readers: Iterable[Reader],
    words: Callable[[], Message],
    *,
    kind: str,
    subject: str,
    subject_key: object,
    now: datetime,
    department: Department | None = None,
    is_restricted: bool = False,
    quiet: QuietHours | None = None,
) -> list[Notice]:
    """One row a reader, in the caller's transaction. `words` is called under the reader's language and zone.

    In quiet hours they are held until these end. `is_restricted`: only for who sees the department (None: the
    whole house) when the notice leaves.
    """
    house = the_house()
    notices = []
    for reader in readers:
        language, zone = language_of(reader, house), zone_of(reader.member, house)
        with translation.override(language), timezone.override(zone):
            message = words()
        held_until = quiet.until(now, zone) if quiet is not None else None
        notices.append(
            Notice(
                route=reader.route, member=reader.member, way=reader.shown[:120], department=department,
                is_restricted=is_restricted, kind=kind, subject=subject, subject_key=str(subject_key),
                language=language, title=message.title[:_LONGEST_TITLE], text=message.text, path=message.path,
                is_held=held_until is not None, due_at=held_until or now, created_at=now,
            )
        )  # fmt: skip
    return list(Notice.objects.bulk_create(notices))


def wake(subject: str, subject_key: object, *, now: datetime) -> int:
    """Lets go at once what quiet hours hold of it; how many."""
    held = Notice.objects.filter(subject=subject, subject_key=str(subject_key), is_held=True)
    return held.filter(state=NoticeState.WAITING, due_at__gt=now).update(is_held=False, due_at=now)


def language_of(reader: Reader, house: House | None) -> str:
    whose = reader.member or reader.fallback
    return (whose.language if whose else "") or (house.language if house else "") or "en"


def zone_of(member: Member | None, house: House | None) -> tzinfo:
    for name in (member.zone if member else "", house.zone if house else ""):
        if name:
            try:
                return ZoneInfo(name)
            except (ZoneInfoNotFoundError, ValueError):  # of another machine's table
                continue
    return ZoneInfo("UTC")
