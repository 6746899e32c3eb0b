"""What is dragged, or moved by keys: another time for what is planned, a time for a draft, and both taken back."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from parvis.core.errors import BadInput, Conflict, FieldMissing, NotAllowed, ParvisError
from parvis.core.post import Fault
from parvis.core.wording import Text
from parvis.publishing import queries, services
from parvis.publishing.calendars import FIRST_YEAR, LAST_YEAR, OUT_OF_REACH
from parvis.publishing.models import Post
from parvis.publishing.rescheduling import Moved, wall_at, wall_on_day
from parvis.publishing.times import wall_of
from parvis.web.asked import asked_number
from parvis.web.errors import words_of
from parvis.web.screens.publish.calendar_asked import clocks_for
from parvis.web.templatetags.parvis import words
from parvis.web.times import full

UNDO_S = 10
_USUAL = time(10)
"""Of the day, for a draft that is put on a day without an hour."""
_AHEAD = timedelta(minutes=15)


@require_POST
def move(request: HttpRequest) -> HttpResponse:
    """A message for the page: what was done, with the way back, or in words why not."""
    key = asked_number(request.POST.get("post", ""))
    post = queries.post_for(request.member, key) if key is not None else None  # type: ignore[attr-defined]
    act = _VERBS.get(request.POST.get("verb", "move"))
    if post is None or act is None:
        raise Http404
    try:
        context = act(request, post)
    except ParvisError as error:
        context, status = {"text": words_of(error), "tone": "harm"}, _status_of(error)
        return render(request, "screens/publish/calendar_moved.html", context, status=status)
    return render(request, "screens/publish/calendar_moved.html", {"post": post, "undo_s": UNDO_S, **context})


def _move(request: Any, post: Post) -> dict[str, Any]:
    """To another day at the same wall time, or with an hour to that hour, the minutes kept."""
    seen_at, seen_in, day, hour = _moment(request), _zone(request), _day(request), _hour(request)
    is_own_time = post.zone and post.due_at == seen_at
    zone = post.zone if is_own_time else seen_in
    if hour is None:
        local = wall_on_day(seen_at, zone, day=day, seen_in=seen_in)
    else:
        at = datetime.combine(day, time(hour, wall_of(seen_at, seen_in).minute))
        local = wall_at(at, seen_in=seen_in, zone=zone)
    moved = services.reschedule(post, request.member, due_local=local, zone=zone, now=request.now, seen_due_at=seen_at)
    return _moved_words(moved)


def _plan(request: Any, post: Post) -> dict[str, Any]:
    zone, day, hour = _zone(request), _day(request), _hour(request)
    local = datetime.combine(day, _USUAL if hour is None else time(hour))
    soon = request.now.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0) + _AHEAD
    if local < soon and local.date() == (soon - _AHEAD).date() and (hour is None or hour == (soon - _AHEAD).hour):
        local = soon.replace(minute=soon.minute // 15 * 15, second=0, microsecond=0)
    planned = services.plan(post, request.member, due_local=local, zone=zone, now=request.now)
    said = _("Planned for {time}.").format(time=full(planned.at))
    return {"text": _with_hints(said, planned.is_twice, planned.hints), "verb": "unplan", "seen": planned.at}


def _undo(request: Any, post: Post) -> dict[str, Any]:
    try:
        local = datetime.fromisoformat(request.POST.get("local", "")).replace(tzinfo=None)
    except ValueError:
        raise FieldMissing(field=_TIME) from None
    _must_be_in_reach(local.year)
    zone = request.POST.get("zone", "")
    moved = services.reschedule(
        post, request.member, due_local=local, zone=zone, now=request.now, seen_due_at=_moment(request)
    )
    return {"text": _("It is back at {time}.").format(time=full(moved.at))}


def _unplan(request: Any, post: Post) -> dict[str, Any]:
    services.unplan(post, request.member, now=request.now)
    return {"text": _("It has no time any more.")}


_VERBS = {"move": _move, "plan": _plan, "undo": _undo, "unplan": _unplan}


def _moved_words(moved: Moved) -> dict[str, Any]:
    said = _("Moved to {time}.").format(time=full(moved.at))
    return {
        "text": _with_hints(said, moved.is_twice, moved.hints), "verb": "undo", "seen": moved.at,
        "local": moved.from_local, "zone": moved.from_zone,
    }  # fmt: skip


def _with_hints(said: str, is_twice: bool, hints: dict[int, list[Fault]]) -> str:
    found = [said]
    if is_twice:
        found.append(_("The clock shows that time twice on that day: it leaves the first time."))
    told = list(dict.fromkeys(words(hint.words) for faults in hints.values() for hint in faults))
    if told:
        found.append(_("Look at it once more: {hints}.").format(hints=", ".join(told)))
    return " ".join(found)


def _moment(request: Any) -> datetime:
    """Where the one who moves it saw it. Raises FieldMissing."""
    try:
        found = datetime.fromisoformat(request.POST.get("seen", ""))
    except ValueError:
        raise FieldMissing(field=_TIME) from None
    if found.tzinfo is None:
        raise FieldMissing(field=_TIME)
    _must_be_in_reach(found.year)
    return found


def _day(request: Any) -> date:
    try:
        found = date.fromisoformat(request.POST.get("day", ""))
    except ValueError:
        raise FieldMissing(field=_TIME) from None
    _must_be_in_reach(found.year)
    return found


def _must_be_in_reach(year: int) -> None:
    """Beyond, no clock can be worked out."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise BadInput(detail=OUT_OF_REACH)


def _hour(request: Any) -> int | None:
    hour = asked_number(request.POST.get("hour", ""))
    return hour if hour is not None and hour < 24 else None


def _zone(request: Any) -> str:
    """Of the calendar that is looked at; what it does not offer is the reader's own."""
    clocks = clocks_for(request.house)
    return next((one.zone for one in clocks if one.zone == request.POST.get("zone")), clocks[0].zone)


def _status_of(error: ParvisError) -> int:
    kinds = ((NotAllowed, 403), (Conflict, 409), (BadInput, 422))
    return next((status for kind, status in kinds if isinstance(error, kind)), 500)


_TIME = Text("date and time", "date et heure")
