"""Reading crisis rooms for the screens: what is open, one room with all that it gathers, its figures."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import (
    CharField,
    Exists,
    F,
    FilteredRelation,
    IntegerField,
    OuterRef,
    Q,
    TextField,
    Value,
)

from parvis.listening.crisis.presence import people_in
from parvis.listening.models import (
    CrisisRoom,
    HoldingLine,
    RoomState,
    RoomTask,
)
from parvis.listening.seeing import seen_by, sees
from parvis.orgs.models import HeldBack, HeldDecision, Member, Membership
from parvis.orgs.rights import RIGHTS, Action

HOURS = 24
ENDED_SHOWN = 50
UNDECIDED_SHOWN = 100


@dataclass(frozen=True, slots=True)
class OpenRoom:
    """What a band on every page says of a room."""

    id: int
    name: str
    departments: dict[int, str]
    """Names by id; empty: the whole house."""


@dataclass(frozen=True, slots=True)
class HourFigure:
    """A query with its last hours, this one last."""

    query_id: int
    name: str
    colour: str
    state: str
    hours: list[tuple[datetime, int]]

    @property
    def this_hour(self) -> int:
        return self.hours[-1][1]

    @property
    def hour_before(self) -> int:
        return self.hours[-2][1]

    @property
    def total(self) -> int:
        return sum(count for _, count in self.hours)


@dataclass(frozen=True, slots=True)
class Linked:
    """A story or a reputation file that stands on the room's screen."""

    kind: str
    """story or file."""
    id: int
    title: str
    text: str
    """Of a story's first telling."""
    state: str
    item_count: int
    at: datetime
    department_id: int | None


@dataclass(frozen=True, slots=True)
class RoomView:
    """Everything that a room gathers but its log and its departments."""

    room: CrisisRoom
    figures: list[HourFigure]
    linked: list[Linked]
    lines: list[HoldingLine]
    tasks: list[RoomTask]
    people: list[str]
    unseen_count: int
    """Queries, stories and files of departments that the reader does not see."""


@dataclass(slots=True)
class PeriodFigure:
    """What a query found while the room was open."""

    name: str
    query_id: int
    count: int = 0
    peak: int = 0
    peak_hour: datetime | None = None
    tone_count: int = 0
    tone_sum: float = 0.0
    before: int = 0
    """As long before the room was opened."""

    @property
    def tone(self) -> float | None:
        """Mean, -1 to 1; None: not known of any."""
        return self.tone_sum / self.tone_count if self.tone_count else None


@dataclass(frozen=True, slots=True)
class RoomFigures:
    """A room in numbers, for its debrief."""

    duration: timedelta
    queries: list[PeriodFigure] = field(default_factory=list)
    task_count: int = 0
    done_count: int = 0


def open_rooms(member: Member) -> list[OpenRoom]:
    """The rooms that are open and concern the member; one query."""
    rooms: dict[int, OpenRoom] = {}
    found = CrisisRoom.objects.visible_to(member).filter(state=RoomState.OPEN)
    for key, name, place, called in found.order_by("id", "departments__position", "departments__name").values_list(
        "id", "name", "departments__id", "departments__name"
    ):
        rooms.setdefault(key, OpenRoom(key, name, {}))
        if place is not None:
            rooms[key].departments[place] = called
    return list(rooms.values())


def room_for(member: Member, key: int) -> CrisisRoom | None:
    """None where there is none that concerns the member."""
    seen = CrisisRoom.objects.visible_to(member).select_related("opened_by", "ended_by")
    found: CrisisRoom | None = seen.filter(pk=key).first()
    return found


def rooms_page(member: Member) -> tuple[list[CrisisRoom], list[CrisisRoom]]:
    """Those that are open, and the last that were ended, newest first."""
    rooms = list(
        CrisisRoom.objects.visible_to(member).select_related("opened_by", "ended_by").prefetch_related("departments")
        .order_by("-state", "-opened_at", "-id")[: ENDED_SHOWN * 2]
    )  # fmt: skip
    return [one for one in rooms if one.state == RoomState.OPEN], [
        one for one in rooms if one.state == RoomState.ENDED
    ][:ENDED_SHOWN]


def rooms_to_write_in(member: Member) -> list[tuple[int, str]]:
    """Open rooms into whose log the member may write: id and name."""
    rooms = CrisisRoom.objects.where_may(member, Action.NOTE).filter(state=RoomState.OPEN)
    return list(rooms.order_by("-id").values_list("id", "name"))


def undecided(member: Member) -> list[HeldBack]:
    """What a crisis held back and nobody has decided on yet, of the departments that the member sees."""
    rows = HeldBack.objects.visible_to(member).filter(decision=HeldDecision.NONE).select_related("department")
    return list(rows.order_by("due_at", "id")[:UNDECIDED_SHOWN])


def room_view(room: CrisisRoom, member: Member, *, now: datetime) -> RoomView:
    figures, linked, seen = _figures(room, now=now), _linked(room), seen_by(member)
    shown = [figure for place, figure in figures if sees(seen, place)]
    seen_linked = [one for one in linked if sees(seen, one.department_id)]
    return RoomView(
        room=room,
        figures=shown,
        linked=seen_linked,
        lines=lines_of(room),
        tasks=list(RoomTask.objects.filter(room=room).select_related("member", "done_by")),
        people=people_in(room, now=now) if room.state == RoomState.OPEN else [],
        unseen_count=len(figures) + len(linked) - len(shown) - len(seen_linked),
    )


def lines_of(room: CrisisRoom) -> list[HoldingLine]:
    rows = HoldingLine.objects.filter(room=room, withdrawn_at=None)
    return list(rows.select_related("member", "approved_by"))


def approved_lines(member: Member, department_id: int) -> list[HoldingLine]:
    """What may be said now in an answer of the department."""
    rooms = CrisisRoom.objects.visible_to(member).filter(state=RoomState.OPEN)
    rooms = rooms.filter(Q(is_house=True) | Q(departments=department_id))
    rows = HoldingLine.objects.filter(room__in=rooms, approved_at__isnull=False, withdrawn_at=None)
    return list(rows.select_related("room").order_by("room", "language", "id"))


def line_for(member: Member, room_key: int, key: int) -> HoldingLine | None:
    rooms = CrisisRoom.objects.visible_to(member)
    rows = HoldingLine.objects.filter(room__in=rooms, room_id=room_key, withdrawn_at=None)
    return rows.select_related("room").filter(pk=key).first()


def task_for(member: Member, room_key: int, key: int) -> RoomTask | None:
    rooms = CrisisRoom.objects.visible_to(member)
    return RoomTask.objects.filter(room__in=rooms, room_id=room_key, pk=key).select_related("room").first()


def people_of(room: CrisisRoom, department_ids: Collection[int]) -> list[Member]:
    """Active people whom the room concerns, by name: to whom a task can be given."""
    roles = [role for role, rights in RIGHTS.items() if Action.SEE in rights]
    held = Membership.objects.filter(member=OuterRef("pk"), role__in=roles)
    if not room.is_house:
        held = held.filter(Q(department=None) | Q(department_id__in=department_ids))
    return list(Member.objects.filter(Q(is_owner=True) | Exists(held), is_active=True))


def room_figures(room: CrisisRoom, member: Member, *, now: datetime) -> RoomFigures:
    """Of the time in which it was open, cut to whole hours as the counts are; two queries."""
    until = room.ended_at or now
    tasks = list(room.tasks.values_list("done_at", flat=True))
    return RoomFigures(
        duration=until - room.opened_at,
        queries=_period(room, member, begins=_hour(room.opened_at), ends=_hour(until) + timedelta(hours=1)),
        task_count=len(tasks),
        done_count=sum(done is not None for done in tasks),
    )


def _period(room: CrisisRoom, member: Member, *, begins: datetime, ends: datetime) -> list[PeriodFigure]:
    """What the chosen queries found, and as long before; those too that found nothing."""
    seen, found = seen_by(member), dict[int, PeriodFigure]()
    within = Q(hours__hour__gte=begins - (ends - begins), hours__hour__lt=ends)
    rows = room.queries.annotate(within=FilteredRelation("hours", condition=within)).order_by(
        "name", "id", "within__hour"
    )
    for key, place, name, *hour in rows.values_list(
        "id", "department_id", "name", "within__hour", "within__count", "within__tone_count", "within__tone_sum"
    ):
        if sees(seen, place):
            figure = found.setdefault(key, PeriodFigure(name, key))
            if hour[0] is not None:
                _count(figure, *hour, begins=begins)
    return list(found.values())


def _count(
    figure: PeriodFigure, hour: datetime, count: int, tone_count: int, tone_sum: float, *, begins: datetime
) -> None:
    if hour < begins:
        figure.before += count
        return
    figure.count += count
    figure.tone_count += tone_count
    figure.tone_sum += tone_sum
    if count > figure.peak:
        figure.peak, figure.peak_hour = count, hour


def _figures(room: CrisisRoom, *, now: datetime) -> list[tuple[int | None, HourFigure]]:
    """Each with the department of its query; one query, whether something was found or not."""
    first = _hour(now) - timedelta(hours=HOURS - 1)
    lately = FilteredRelation("hours", condition=Q(hours__hour__gte=first))
    rows = room.queries.annotate(lately=lately).order_by("name", "id")
    found: dict[int, tuple[int | None, HourFigure]] = {}
    for key, place, name, colour, state, hour, count in rows.values_list(
        "id", "department_id", "name", "colour", "state", "lately__hour", "lately__count"
    ):
        hours = [(first + timedelta(hours=number), 0) for number in range(HOURS)]
        _, figure = found.setdefault(key, (place, HourFigure(key, name, colour, state, hours)))
        at = int((hour - first) / timedelta(hours=1)) if hour is not None else HOURS
        if at < HOURS:
            figure.hours[at] = (hour, count)
    return list(found.values())


def _linked(room: CrisisRoom) -> list[Linked]:
    """Files first, then stories, each the last changed first; one query."""
    none, nothing = Value("", TextField()), Value(0, IntegerField())
    files = room.files.order_by().annotate(
        what=Value("file", CharField()),
        title=F("claim"),
        text=none,
        is_in=F("state"),
        count=nothing,
        at=F("changed_at"),
    )
    stories = room.stories.order_by().annotate(
        what=Value("story", CharField()), title=F("founder__title"), text=F("founder__text"), is_in=none,
        count=F("item_count"), at=F("last_at"),
    )  # fmt: skip
    columns = ("what", "id", "title", "text", "is_in", "count", "at", "department_id")
    rows = files.values_list(*columns).union(stories.values_list(*columns), all=True).order_by("what", "-at", "-id")
    return [Linked(*row) for row in rows]


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
