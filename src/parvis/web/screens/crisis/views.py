"""Reading crisis rooms: what is open and what was, one room on one screen, what may be said in an answer."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from parvis.inbox.lookups import conversation_for
from parvis.listening.crisis import queries
from parvis.listening.crisis.rooms import may_lead
from parvis.listening.crisis.timeline import timeline
from parvis.listening.models import CrisisRoom, RoomState
from parvis.orgs.access import may, reach_of
from parvis.orgs.crisis import held_since
from parvis.orgs.rights import Action
from parvis.web.answers import partial
from parvis.web.screens.crisis.charts import hour_bars
from parvis.web.screens.crisis.words import language_name, line_of
from parvis.web.screens.listen.lines import cut_title

PARTS = ("people", "figures", "log", "lines", "tasks", "links")


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    member = _member(request)
    opened, ended = queries.rooms_page(member)
    context = {
        "opened": opened,
        "ended": ended,
        "undecided": queries.undecided(member),
        "may_open": reach_of(member).anywhere(Action.CRISIS),
        "tab": "rooms",
    }
    return render(request, "screens/crisis/list.html", context)


@require_GET
def room(request: HttpRequest, key: int) -> HttpResponse:
    """The page, or what of it changes by itself; a room that was ended is its debrief."""
    found = room_for(request, key)
    is_live = request.GET.get("part") == "live"
    if found.state != RoomState.OPEN:
        if not is_live:
            return redirect("room-print", key)
        return HttpResponse(headers={"HX-Redirect": request.path})
    context = room_context(request, found)
    if is_live:
        pieces = [
            partial(request, f"screens/crisis/part_{name}.html", context, target=f"#room-{name}") for name in PARTS
        ]
        return HttpResponse("".join(pieces))
    return render(request, "screens/crisis/room.html", context)


@require_GET
def lines(request: HttpRequest, conversation: int) -> HttpResponse:
    """Approved holding lines that fit a conversation, to be put into an answer; a page of its own without scripts."""
    found = conversation_for(_member(request), conversation)
    if found is None:
        raise Http404
    offered = [
        {"line": one, "language": language_name(one.language)}
        for one in queries.approved_lines(_member(request), found.department_id)
    ]
    context = {"lines": offered, "conversation": found, "is_part": request.headers.get("HX-Request") == "true"}
    template = "screens/crisis/lines_for.html" if context["is_part"] else "screens/crisis/lines_apart.html"
    return render(request, template, context)


def room_for(request: HttpRequest, key: int) -> CrisisRoom:
    """Raises Http404 where there is none that concerns the member."""
    found = queries.room_for(_member(request), key)
    if found is None:
        raise Http404
    return found


def room_context(request: HttpRequest, room: CrisisRoom) -> dict[str, Any]:
    member, now = _member(request), request.now  # type: ignore[attr-defined]
    view = queries.room_view(room, member, now=now)
    departments = departments_of(request, room)
    return {
        "room": room,
        "view": view,
        "departments": departments,
        "figures": [{"figure": one, "chart": hour_bars(one.hours, height=32)} for one in view.figures],
        "linked": [{"linked": one, "title": cut_title(one.title, one.text)} for one in view.linked],
        "lines": [{"line": one, "language": language_name(one.language)} for one in view.lines],
        "log": [line_of(one) for one in timeline(room, member)],
        "may_write": reach_of(member).anywhere(Action.NOTE),
        "may_approve": any(may_lead(member, [key]) for key in departments) or may(member, Action.CRISIS),
        "may_lead": may_lead(member, departments),
    }


def departments_of(request: Any, room: CrisisRoom) -> Mapping[int, str]:
    """Names by id; none: the whole house. Of an open room they stand on the band already."""
    for one in request.crises:
        if one.id == room.pk:
            found: Mapping[int, str] = one.departments
            return found
    return dict(room.departments.values_list("id", "name"))


def held_in(room: CrisisRoom, departments: Mapping[int, str], member: Any) -> Any:
    """What was held back while it was open, of the departments that the member sees."""
    keys = None if room.is_house else list(departments)
    return held_since(keys, since=room.opened_at, until=room.ended_at).visible_to(member)


def _member(request: Any) -> Any:
    return request.member
