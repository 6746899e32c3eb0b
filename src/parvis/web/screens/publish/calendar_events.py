"""Own events of the calendar: added, changed and removed on one page."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from parvis.core.errors import BadInput, Conflict
from parvis.orgs.access import may, must, reach_of
from parvis.orgs.models import Department
from parvis.orgs.queries import departments_where
from parvis.orgs.rights import Action
from parvis.publishing import agenda
from parvis.publishing.calendars import EventWish, add_event, change_event, days_of, remove_event, wall_from
from parvis.publishing.models import CalendarEvent, Colour
from parvis.publishing.times import wall_of
from parvis.web.asked import asked_number
from parvis.web.errors import words_of
from parvis.web.screens.publish.calendar_asked import clocks_for

HOUSE = "house"
COLOURS = {
    Colour.BLUE: gettext_lazy("Blue"),
    Colour.TEAL: gettext_lazy("Teal"),
    Colour.GREEN: gettext_lazy("Green"),
    Colour.AMBER: gettext_lazy("Amber"),
    Colour.RED: gettext_lazy("Red"),
    Colour.PINK: gettext_lazy("Pink"),
    Colour.VIOLET: gettext_lazy("Violet"),
    Colour.GREY: gettext_lazy("Grey"),
}


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    member = request.member  # type: ignore[attr-defined]
    if not reach_of(member).anywhere(Action.DRAFT):
        must(member, Action.DRAFT)
    if request.method != "POST":
        return _page(request, _blank(request))
    return _saved(request, None)


@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, key: int) -> HttpResponse:
    event = _event(request, key)
    if request.method != "POST":
        return _page(request, _fields_of(event), event=event)
    must(request.member, Action.DRAFT, event.department)  # type: ignore[attr-defined]
    return _saved(request, event)


@require_POST
def remove(request: HttpRequest, key: int) -> HttpResponse:
    event = _event(request, key)
    try:
        remove_event(event, request.member, now=request.now, seen_revision=_seen(request))  # type: ignore[attr-defined]
    except Conflict as error:
        messages.error(request, words_of(error))
        return redirect("calendar-event", event.pk)
    messages.success(request, _("The event is removed."))
    return redirect("publish-calendar")


def _saved(request: Any, event: CalendarEvent | None) -> HttpResponse:
    fields = {name: request.POST.get(name, "") for name in _blank(request)}
    try:
        wish = _wish(request, fields)
        if event is None:
            add_event(request.member, wish, now=request.now)
        else:
            change_event(event, request.member, wish, now=request.now, seen_revision=_seen(request))
    except (BadInput, Conflict) as error:
        status = 409 if isinstance(error, Conflict) else 422
        return _page(request, fields, event=event, problem=words_of(error), status=status)
    messages.success(request, _("The event is in the calendar."))
    return redirect("publish-calendar")


def _wish(request: Any, fields: dict[str, str]) -> EventWish:
    is_all_day = fields["is_all_day"] == "1"
    return EventWish(
        title=fields["title"],
        starts=wall_from(fields["day"], "" if is_all_day else fields["time"]),
        ends=wall_from(fields["last_day"] or fields["day"], "" if is_all_day else fields["last_time"] or fields["time"]),
        zone=fields["zone"] or clocks_for(request.house)[0].zone,
        is_all_day=is_all_day, department=_department(request, fields["department"]), note=fields["note"],
        colour=fields["colour"] or Colour.GREY,
    )  # fmt: skip


def _department(request: Any, written: str) -> Department | None:
    """None: the whole house. Raises Http404 where the member writes nothing."""
    if written == HOUSE:
        return None
    rows = {str(one.pk): one for one in departments_where(request.member, Action.DRAFT)}
    if not written and len(rows) == 1:
        return next(iter(rows.values()))
    if written not in rows:
        raise Http404
    return rows[written]


def _blank(request: Any) -> dict[str, str]:
    clock = clocks_for(request.house)[0]
    day = request.GET.get("day", "") or wall_of(request.now, clock.zone).date().isoformat()
    department = str(request.department.pk) if request.department else ""
    return {
        "title": "", "day": day, "time": "", "last_day": day, "last_time": "", "zone": clock.zone, "is_all_day": "1",
        "department": department, "note": "", "colour": Colour.GREY.value,
    }  # fmt: skip


def _fields_of(event: CalendarEvent) -> dict[str, str]:
    if event.is_all_day:
        first, last = days_of(event)
        times = {"day": first.isoformat(), "last_day": last.isoformat(), "time": "", "last_time": ""}
    else:
        starts, ends = wall_of(event.starts_at, event.zone), wall_of(event.ends_at, event.zone)
        times = {
            "day": f"{starts:%Y-%m-%d}", "time": f"{starts:%H:%M}", "last_day": f"{ends:%Y-%m-%d}",
            "last_time": f"{ends:%H:%M}",
        }  # fmt: skip
    return {
        "title": event.title, **times, "zone": event.zone, "is_all_day": "1" if event.is_all_day else "",
        "department": str(event.department_id) if event.department_id else HOUSE, "note": event.note,
        "colour": event.colour,
    }  # fmt: skip


def _page(
    request: Any, fields: dict[str, str], *, event: CalendarEvent | None = None, problem: str = "", status: int = 200
) -> HttpResponse:
    member = request.member
    departments = departments_where(member, Action.DRAFT)
    zones = {one.zone: f"{one.city} ({one.label})" for one in clocks_for(request.house)}
    if fields["zone"]:
        zones.setdefault(fields["zone"], fields["zone"])
    context = {
        "fields": fields,
        "event": event,
        "revision": asked_number(request.POST.get("revision", "")) if problem else (event.revision if event else 0),
        "problem": problem,
        "departments": [(str(one.pk), one.name) for one in departments],
        "with_house": may(member, Action.DRAFT),
        "colours": [(value.value, label) for value, label in COLOURS.items()],
        "zones": list(zones.items()),
        "may_write": event is None or may(member, Action.DRAFT, event.department),
    }
    return render(request, "screens/publish/calendar_event.html", context, status=status)


def _event(request: Any, key: int) -> CalendarEvent:
    found = agenda.event_for(request.member, key)
    if found is None:
        raise Http404
    return found


def _seen(request: Any) -> int | None:
    return asked_number(request.POST.get("revision", ""))
