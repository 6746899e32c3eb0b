"""The calendar: what leaves and has left, day by day of a month."""

from calendar import Calendar
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import groupby
from operator import attrgetter

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_GET

from parvis.channels.queries import channels_of
from parvis.orgs.access import reach_of
from parvis.orgs.rights import Action
from parvis.publishing import queries
from parvis.publishing.models import Post, Publication
from parvis.web.screens.publish.words import Look, look_of_publication

_FIRST_YEAR, _LAST_YEAR = 2000, 2100


@dataclass(frozen=True, slots=True)
class Entry:
    """A post at one time, on however many channels."""

    post: Post
    time: str
    looks: list[tuple[str, Look]]
    """Each channel's name and state."""

    @property
    def look(self) -> Look:
        """The one that asks for most."""
        return min((look for _, look in self.looks), key=lambda look: _URGENCY.index(look.tone))


_URGENCY = ("harm", "waits", "act", "done", "")


@dataclass(slots=True)
class Day:
    day: date
    name: str
    is_other: bool
    is_today: bool
    entries: list[Entry] = field(default_factory=list)


@require_GET
def month(request: HttpRequest) -> HttpResponse:
    member, department = request.member, request.department  # type: ignore[attr-defined]
    today = timezone.localtime(request.now).date()  # type: ignore[attr-defined]
    first = _month(request.GET.get("month", ""), today)
    weeks = Calendar().monthdatescalendar(first.year, first.month)
    start, end = _midnight(weeks[0][0]), _midnight(weeks[-1][-1] + timedelta(days=1))
    names = dict(channels_of(member).values_list("pk", "name"))
    found = [one for one in queries.calendar(member, start, end, department=department) if one.channel_id in names]
    entries = _entries(found, names)
    before, after = first - timedelta(days=1), (first + timedelta(days=31)).replace(day=1)
    context = {
        "name": date_format(first, "F Y"),
        "weeks": [[_day(day, first, today, entries) for day in week] for week in weeks],
        "week_days": [date_format(day, "D") for day in weeks[0]],
        "before": f"?month={before:%Y-%m}",
        "after": f"?month={after:%Y-%m}",
        "is_this_month": first == today.replace(day=1),
        "count": len(found),
        "may_draft": reach_of(member).anywhere(Action.DRAFT),
    }
    return render(request, "screens/publish/calendar.html", context)


def _entries(publications: list[Publication], names: dict[int, str]) -> dict[date, list[Entry]]:
    found: dict[date, list[Entry]] = {}
    for _key, group in groupby(
        sorted(publications, key=attrgetter("due_at", "post_id")), key=attrgetter("due_at", "post_id")
    ):
        rows = list(group)
        local = timezone.localtime(rows[0].due_at)
        looks = [(names[one.channel_id], look_of_publication(one.state)) for one in rows]
        found.setdefault(local.date(), []).append(Entry(rows[0].post, f"{local:%H:%M}", looks))
    return found


def _day(day: date, first: date, today: date, entries: dict[date, list[Entry]]) -> Day:
    name = date_format(day, "l j F")
    return Day(day, name, day.month != first.month, day == today, entries.get(day, []))


def _month(written: str, today: date) -> date:
    try:
        found = datetime.strptime(written, "%Y-%m").date()  # noqa: DTZ007 - a month has no zone
    except ValueError:
        return today.replace(day=1)
    return found if _FIRST_YEAR <= found.year <= _LAST_YEAR else today.replace(day=1)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
