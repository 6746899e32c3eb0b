"""What people write into the calendar themselves, and what the house shows in it for everybody."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction

from parvis.core.errors import BadInput, Conflict, FieldMissing, TextTooLong
from parvis.core.wording import Text
from parvis.jobs.live import tell
from parvis.orgs.access import must
from parvis.orgs.audit import record
from parvis.orgs.models import Department, House, Member
from parvis.orgs.rights import Action
from parvis.orgs.wanted import name_from, one_of, zone_from
from parvis.publishing.changing import SOMEBODY
from parvis.publishing.feast_days import regions_from
from parvis.publishing.models import CalendarEvent, Colour
from parvis.publishing.times import moment_of

LONGEST_TITLE = 200
LONGEST_NOTE = 2000
FIRST_YEAR, LAST_YEAR = 2000, 2100
LONGEST = timedelta(days=366)
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventWish:
    """`starts` and `ends`: wall times of `zone`; of whole days only their days count, the last one included."""

    title: str
    starts: datetime
    ends: datetime
    zone: str
    is_all_day: bool = False
    department: Department | None = None
    """None: the whole house's."""
    note: str = ""
    colour: str = Colour.GREY


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarOptions:
    """What the house shows in everybody's calendar."""

    regions: tuple[str, ...] = ()
    """Whose holidays: CH-VD, FR."""
    audience_zone: str = ""
    """Where most of its public lives; "" where that is the house's own."""


def options_of(house: House | None) -> CalendarOptions:
    kept = (house.options if house is not None else {}).get("calendar", {})
    return CalendarOptions(regions=tuple(kept.get("regions", ())), audience_zone=kept.get("audience_zone", ""))


@transaction.atomic
def set_options(member: Member, *, regions: str, audience_zone: str, now: datetime) -> CalendarOptions:
    """`regions` as somebody types them: “CH-VD, FR”. Raises NotAllowed, BadInput with the region that is not known."""
    must(member, Action.MANAGE_HOUSE)
    wanted = CalendarOptions(
        regions=regions_from(regions), audience_zone=zone_from(audience_zone) if audience_zone else ""
    )
    house = House.objects.select_for_update().order_by("id")[0]
    house.options = {
        **house.options, "calendar": {"regions": list(wanted.regions), "audience_zone": wanted.audience_zone}
    }  # fmt: skip
    house.save(update_fields=["options"])
    facts = {"holidays": ", ".join(wanted.regions), "audience_zone": wanted.audience_zone}
    record(member, "calendar.options", subject="house", subject_key=house.pk, now=now, facts=facts)
    tell("calendar", now=now)
    return wanted


@transaction.atomic
def add_event(member: Member, wish: EventWish, *, now: datetime) -> CalendarEvent:
    """Raises NotAllowed, FieldMissing, TextTooLong, NoSuchTime, BadInput."""
    must(member, Action.DRAFT, wish.department)
    event = CalendarEvent(created_by=member, created_at=now)
    _put(event, wish, now=now)
    event.save()
    _note(event, member, "calendar.add_event", now=now)
    return event


@transaction.atomic
def change_event(
    event: CalendarEvent, member: Member, wish: EventWish, *, now: datetime, seen_revision: int | None = None
) -> None:
    """Raises as `add_event` does, and Conflict where somebody has changed it since `seen_revision`."""
    must(member, Action.DRAFT, wish.department)
    current = _locked(event, member, seen_revision)
    _put(current, wish, now=now)
    current.revision += 1
    current.save()
    _note(current, member, "calendar.change_event", now=now)
    event.refresh_from_db()


@transaction.atomic
def remove_event(event: CalendarEvent, member: Member, *, now: datetime, seen_revision: int | None = None) -> None:
    """Raises NotAllowed, Conflict."""
    current = _locked(event, member, seen_revision)
    _note(current, member, "calendar.remove_event", now=now)
    current.delete()


def days_of(event: CalendarEvent) -> tuple[date, date]:
    """The first and the last day of one of whole days."""
    return event.starts_at.astimezone(UTC).date(), (event.ends_at - _A_DAY).astimezone(UTC).date()


def _locked(event: CalendarEvent, member: Member, seen_revision: int | None) -> CalendarEvent:
    current: CalendarEvent | None = (
        CalendarEvent.objects.select_for_update(of=("self",)).select_related("department").filter(pk=event.pk).first()
    )
    if current is None:
        raise Conflict(who=SOMEBODY, detail=Text("it was removed meanwhile", "il a été supprimé entre-temps"))
    must(member, Action.DRAFT, current.department)
    if seen_revision is not None and seen_revision != current.revision:
        raise Conflict(
            who=SOMEBODY, detail=Text("it was changed since you opened it", "il a été modifié depuis que vous l’avez ouvert")
        )  # fmt: skip
    return current


def _put(event: CalendarEvent, wish: EventWish, *, now: datetime) -> None:
    event.title = name_from(wish.title, field=Text("title", "titre"), limit=LONGEST_TITLE)
    if len(wish.note) > LONGEST_NOTE:
        raise TextTooLong(length=len(wish.note), limit=LONGEST_NOTE)
    event.note, event.colour = wish.note.strip(), one_of(wish.colour, tuple(Colour.values))
    event.department, event.is_all_day, event.updated_at = wish.department, wish.is_all_day, now
    if wish.is_all_day:
        first, last = wish.starts.date(), wish.ends.date()
        event.zone, event.starts_at, event.ends_at = "", _midnight(first), _midnight(last + _A_DAY)
    else:
        event.zone = wish.zone
        event.starts_at, event.ends_at = (moment_of(one, wish.zone).at for one in (wish.starts, wish.ends))
    if event.ends_at < event.starts_at or (wish.is_all_day and event.ends_at == event.starts_at):
        raise BadInput(detail=Text("it ends before it begins", "la fin précède le début"))
    if event.ends_at - event.starts_at > LONGEST:
        raise BadInput(detail=Text("it lasts longer than a year", "il dure plus d’un an"))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _note(event: CalendarEvent, member: Member, action: str, *, now: datetime) -> None:
    tell("calendar", now=now, department_id=event.department_id, subject_id=event.pk)
    record(
        member, action, subject="calendar_event", subject_key=event.pk, department_id=event.department_id, now=now,
        facts={"name": event.title},
    )  # fmt: skip


def wall_from(day: str, clock: str) -> datetime:
    """What a form's two fields say. Raises FieldMissing, BadInput."""
    try:
        found = datetime.fromisoformat(f"{day}T{clock or '00:00'}").replace(tzinfo=None)
    except ValueError:
        raise FieldMissing(field=Text("date and time", "date et heure")) from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise BadInput(detail=OUT_OF_REACH)
    return found


OUT_OF_REACH = Text("this day is out of the calendar’s reach", "ce jour est hors de portée du calendrier")
