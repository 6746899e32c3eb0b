"""The calendar: what leaves and has left, day by day of a month, hour by hour of a week, or as a list."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from parvis.channels.queries import channels_of
from parvis.orgs.access import reach_of
from parvis.orgs.queries import colleagues
from parvis.orgs.rights import Action
from parvis.publishing import agenda
from parvis.publishing.calendars import options_of
from parvis.publishing.feast_days import holidays_between
from parvis.publishing.models import PublicationState
from parvis.web.screens.publish.calendar_asked import Asked, asked_of
from parvis.web.screens.publish.calendar_days import Day, Sheet, days_between, midnight, weeks_of
from parvis.web.screens.publish.calendar_entries import Showing, Shown, entry_html, event_html, line_html
from parvis.web.screens.publish.words import look_of_post, look_of_publication

MOST_IN_DAY = 6
MOST_EVENTS_IN_DAY = 4
MOST_IN_HOUR = 4
MOST_IN_LIST = 300
_SEVERAL = 2
_STATES = (
    PublicationState.PLANNED, PublicationState.HELD, PublicationState.RELEASED, PublicationState.NEEDS_PERSON,
    PublicationState.DONE, PublicationState.WITHDRAWN,
)  # fmt: skip
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Cell:
    """A day, and what stands on it as HTML."""

    day: Day
    entries: SafeString
    events: SafeString
    hours: list[tuple[Any, SafeString]]
    more_url: str


@require_GET
def calendar(request: HttpRequest) -> HttpResponse:
    member, department = request.member, request.department  # type: ignore[attr-defined]
    asked = asked_of(request)
    first, after = _span(asked)
    channels = {
        key: (name, zone) for key, name, zone in channels_of(member).values_list("pk", "name", "audience_zone")
    }  # fmt: skip
    wanted = asked.wanted(department)
    showing = _showing(request, asked, channels)
    found = agenda.posts_between(
        member, midnight(first, asked.place), midnight(after, asked.place), channel_ids=channels, wanted=wanted
    )
    shown = [showing.shown(one) for one in found]
    events = agenda.events_between(
        member, midnight(first, asked.place), midnight(after, asked.place), department=department
    )
    regions = options_of(request.house).regions  # type: ignore[attr-defined]
    holidays = holidays_between(regions, first, after - _A_DAY, language=get_language() or "en")
    sheet = Sheet(shown, events, holidays, place=asked.place)
    may_plan = reach_of(member).anywhere(Action.PUBLISH)
    context = {
        "asked": asked,
        "name": _name(asked),
        "views": [(name, label, asked.url(view=name)) for name, label in _view_names(request).items()],
        "today_url": asked.url(day=asked.today),
        "clocks": [(one, asked.url(zone=one.zone)) for one in asked.clocks],
        "count": len(shown),
        "may_draft": reach_of(member).anywhere(Action.DRAFT),
        "may_plan": may_plan,
        "drafts": _drafts(request) if may_plan and asked.view != "list" else [],
        "filters": _filters(request, asked, {key: name for key, (name, _zone) in channels.items()}),
        "move_url": reverse("calendar-move"),
        **(_by_department(request, asked, shown, sheet) if asked.view == "departments" else _laid_out(asked, sheet)),
    }
    return render(request, "screens/publish/calendar.html", context)


def _span(asked: Asked) -> tuple[date, date]:
    """The first day that is shown, and the first that is not any more."""
    if asked.view == "month":
        weeks = weeks_of(asked.first)
        return weeks[0][0], weeks[-1][-1] + _A_DAY
    if asked.view == "list" and asked.since is not None and asked.first <= asked.since < asked.after:
        return asked.since, asked.after
    return asked.first, asked.after


def _laid_out(asked: Asked, sheet: Sheet) -> dict[str, Any]:
    first, after = _span(asked)
    if asked.view == "list":
        return _listed(asked, sheet, days_between(first, after))
    if asked.view == "week":
        days = [sheet.day_by_hours(day, today=asked.today, most=MOST_IN_HOUR) for day in days_between(first, after)]
        cells = [_cell(asked, day, sheet) for day in days]
        return {"days": cells, "hours": [f"{hour:02}:00" for hour in range(24)]}
    weeks = weeks_of(asked.first)
    cells_of = [
        [
            _cell(
                asked,
                sheet.day(day, today=asked.today, month=asked.first.month, most=MOST_IN_DAY, most_events=MOST_EVENTS_IN_DAY),
                sheet,
            )
            for day in week
        ]
        for week in weeks
    ]  # fmt: skip
    return {"weeks": cells_of, "week_days": [date_format(day, "D") for day in weeks[0]]}


def _by_department(request: Any, asked: Asked, shown: list[Shown], sheet: Sheet) -> dict[str, Any]:
    """A week with a row for each department; what is everybody's stands above."""
    first, after = _span(asked)
    days = days_between(first, after)
    departments = [request.department] if request.department else request.departments
    rows = []
    for department in departments:
        own = Sheet([one for one in shown if one.slotted.department_id == department.pk], [], {}, place=asked.place)
        cells = [_cell(asked, own.day(day, today=asked.today, most=MOST_IN_DAY), own) for day in days]
        rows.append((department, cells))
    return {"rows": rows, "days": [_cell(asked, sheet.day(day, today=asked.today), sheet) for day in days]}


def _listed(asked: Asked, sheet: Sheet, days: list[date]) -> dict[str, Any]:
    """Whole days, until there are enough."""
    cells: list[Cell] = []
    count = 0
    for day in days:
        found = sheet.day(day, today=asked.today)
        if found.is_free and not found.is_today:
            continue
        if cells and count + len(found.shown) > MOST_IN_LIST:
            return {"days": cells, "next_url": asked.url(**{"from": day}), "next_day": found.name}
        count += len(found.shown)
        cells.append(_cell(asked, found, sheet))
    return {"days": cells}


def _cell(asked: Asked, day: Day, sheet: Sheet) -> Cell:
    write = line_html if asked.view == "list" else entry_html
    hours = [
        (hour, _joined([*(event_html(one, sheet.place, is_timed=True) for one in hour.events), *map(entry_html, hour.shown)]))
        for hour in day.hours
    ]  # fmt: skip
    return Cell(
        day=day,
        entries=SafeString("") if day.hours else _joined(map(write, day.shown)),
        events=_joined(event_html(one, sheet.place, is_timed=not day.hours) for one in day.events),
        hours=hours,
        more_url=asked.url(view="list", day=day.day, **{"from": day.day}),
    )


def _joined(pieces: Any) -> SafeString:
    return SafeString("".join(pieces))


def _showing(request: Any, asked: Asked, channels: Mapping[int, tuple[str, str]]) -> Showing:
    return Showing(
        asked.clock,
        asked.clocks,
        channels={key: name for key, (name, _zone) in channels.items()},
        audiences={key: zone for key, (_name, zone) in channels.items() if zone},
        departments={} if request.department else {one.pk: one.name for one in request.departments},
        may_move=reach_of(request.member).departments(Action.PUBLISH),
    )


def _name(asked: Asked) -> str:
    if asked.view in ("month", "list"):
        return date_format(asked.first, "F Y")
    return _("{first} to {last}").format(
        first=date_format(asked.first, "j F"), last=date_format(asked.after - _A_DAY, "j F Y")
    )


def _view_names(request: Any) -> dict[str, str]:
    """By department only where there are several to compare."""
    names = {"month": _("Month"), "week": _("Week"), "departments": _("By department"), "list": _("List")}
    if request.department is not None or len(request.departments) < _SEVERAL:
        del names["departments"]
    return names


def _drafts(request: Any) -> list[dict[str, Any]]:
    rows = agenda.drafts_to_plan(request.member, department=request.department)
    return [
        {"post": post, "look": look_of_post(post.state), "title": post.title or post.content.get("text", "")[:80]}
        for post in rows
    ]


def _filters(request: Any, asked: Asked, channels: Mapping[int, str]) -> dict[str, Any]:
    """The fields, each with its choices, and what is chosen as chips that can be taken away."""
    member, department = request.member, request.department
    choices = agenda.choices_for(member, department=department)
    people = colleagues(member, department_id=department.pk if department else None, action=Action.DRAFT)
    fields = (
        ("channel", _("Channel"), list(channels.items())),
        ("state", _("State"), [(state.value, str(look_of_publication(state).label)) for state in _STATES]),
        ("campaign", _("Campaign"), choices.campaigns),
        ("pillar", _("Pillar"), choices.pillars),
        ("person", _("Person"), list(people.values_list("pk", "name")[:200])),
    )
    rows, chips = [], []
    for name, label, offered in fields:
        chosen = asked.filters.get(name, "")
        if not offered and not chosen:
            continue
        options = [(str(key), words, str(key) == chosen) for key, words in offered]
        rows.append((name, label, options))
        words = next((words for _key, words, is_chosen in options if is_chosen), "")
        if words:
            chips.append((label, words, asked.without(name).url()))
    return {"rows": rows, "chips": chips}
