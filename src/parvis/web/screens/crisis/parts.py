"""What people do in a room: entries, holding lines, tasks, what stands on its screen."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from parvis.core.errors import ParvisError
from parvis.listening.copying import item_for_copy
from parvis.listening.crisis import lines, log, queries, rooms
from parvis.listening.crisis import tasks as task_services
from parvis.listening.files.queries import file_for, open_files, queries_to_link, stories_to_link
from parvis.listening.models import CrisisRoom
from parvis.listening.queries import query_of
from parvis.listening.story_queries import story_of
from parvis.orgs.rights import Action
from parvis.web.answers import done
from parvis.web.asked import asked_number
from parvis.web.errors import words_of
from parvis.web.moments import asked_moment
from parvis.web.screens.crisis.views import departments_of, room_for
from parvis.web.screens.listen.lines import cut_title

_CHANGED = "parvis:room"
LANGUAGES = (("fr", "français"), ("de", "Deutsch"), ("it", "italiano"), ("rm", "rumantsch"), ("en", "English"))


@require_POST
def entry(request: HttpRequest, key: int) -> HttpResponse:
    """What somebody writes, or (`item`) a text that was found."""
    member, now = _who(request)
    room, text = room_for(request, key), request.POST.get("text", "")
    if asked := request.POST.get("item", ""):
        number = asked_number(asked)
        item = item_for_copy(member, number) if number is not None else None
        if item is None:
            raise Http404
        log.log_item(room, member, item, text=text, now=now)
        return done(request, _("It stands in the log of “{name}”.").format(name=room.name))
    log.write_entry(room, member, text, now=now)
    return _done(request, room, _("Noted."), "log")


@require_POST
def new_line(request: HttpRequest, key: int) -> HttpResponse:
    member, now = _who(request)
    room, given = room_for(request, key), request.POST
    lines.write_line(room, member, given.get("text", ""), language=given.get("language", ""), now=now)
    return _done(request, room, _("Kept as a draft."), "lines")


@require_http_methods(["GET", "POST"])
def line(request: HttpRequest, key: int, line: int) -> HttpResponse:
    """A holding line to be changed."""
    member, now = _who(request)
    found, problem = _line(member, key, line), ""
    given = request.POST if request.method == "POST" else {"text": found.text, "language": found.language}
    if request.method == "POST":
        try:
            lines.change_line(
                found, member, given.get("text", ""), language=given.get("language", ""), now=now,
                revision=asked_number(str(given.get("revision", ""))),
            )  # fmt: skip
        except ParvisError as error:
            problem = words_of(error)
        else:
            return _done(request, found.room, _("Saved: it is a draft until it is approved again."), "lines")
    log.must_in(found.room, member, Action.NOTE)
    context = {"line": found, "room": found.room, "given": given, "problem": problem, "languages": LANGUAGES}
    return render(request, "screens/crisis/line.html", context, status=422 if problem else 200)


@require_POST
def approve(request: HttpRequest, key: int, line: int) -> HttpResponse:
    member, now = _who(request)
    found = _line(member, key, line)
    lines.approve_line(found, member, now=now, revision=asked_number(request.POST.get("revision", "")))
    return _done(request, found.room, _("Approved."), "lines")


@require_POST
def withdraw(request: HttpRequest, key: int, line: int) -> HttpResponse:
    member, now = _who(request)
    found = _line(member, key, line)
    lines.withdraw_line(found, member, now=now)
    return _done(request, found.room, _("Withdrawn. The log keeps its words."), "lines")


@require_http_methods(["GET", "POST"])
def tasks(request: HttpRequest, key: int) -> HttpResponse:
    """By GET the form with the people to whom a task can be given."""
    member, now = _who(request)
    room, given = room_for(request, key), request.POST
    people = queries.people_of(room, list(departments_of(request, room)))
    if request.method == "GET":
        log.must_in(room, member, Action.NOTE)
        is_part = request.headers.get("HX-Request") == "true"
        template = "screens/crisis/task_form.html" if is_part else "screens/crisis/task.html"
        return render(request, template, {"room": room, "people": people})
    number = asked_number(given.get("member", ""))
    to = next((one for one in people if one.pk == number), None)
    if given.get("member", "") and to is None:
        raise Http404
    task_services.add_task(
        room, member, given.get("what", ""), now=now, to=to, due_at=asked_moment(given.get("due_at", ""))
    )
    return _done(request, room, _("Noted."), "tasks")


@require_POST
def tick(request: HttpRequest, key: int, task: int) -> HttpResponse:
    member, now = _who(request)
    found = queries.task_for(member, key, task)
    if found is None:
        raise Http404
    if request.POST.get("again"):
        task_services.reopen_task(found, member, now=now)
        return _done(request, found.room, _("Open again."), "tasks")
    task_services.finish_task(found, member, now=now)
    return _done(request, found.room, _("Done."), "tasks")


@require_http_methods(["GET", "POST"])
def choices(request: HttpRequest, key: int) -> HttpResponse:
    """By GET what could stand on the room's screen; by POST it is put there, or taken off (`drop`)."""
    member, now = _who(request)
    room = room_for(request, key)
    if request.method == "GET":
        log.must_in(room, member, Action.NOTE)
        return render(request, "screens/crisis/choose.html", _offered(room, member))
    thing, name = _asked_thing(request, member)
    if request.POST.get("drop"):
        rooms.drop(room, member, thing, name=name, now=now)
        return _done(request, room, _("It is off the screen."), "links")
    rooms.choose(room, member, thing, name=name, now=now)
    return _done(request, room, _("It is on the screen."), "links")


def _offered(room: CrisisRoom, member: Any) -> dict[str, Any]:
    return {
        "room": room,
        "queries": queries_to_link(member, but=room.queries.all()),
        "stories": [
            {"story": one, "title": cut_title(one.founder.title, one.founder.text)}
            for one in stories_to_link(member, but=room.stories.all())
        ],
        "files": open_files(member, department_id=None, but=room.files.all(), limit=50),
    }


def _asked_thing(request: HttpRequest, member: Any) -> tuple[Any, str]:
    """With what it is called. Raises Http404 where the member sees none such."""
    reads: Any = {
        "query": (query_of, lambda one: one.name),
        "story": (story_of, lambda one: cut_title(one.founder.title, one.founder.text)),
        "file": (file_for, lambda one: one.claim),
    }
    for name, (read, called) in reads.items():
        number = asked_number(request.POST.get(name, ""))
        found = read(member, number) if number is not None else None
        if found is not None:
            return found, called(found)
    raise Http404


def _line(member: Any, key: int, line: int) -> Any:
    found = queries.line_for(member, key, line)
    if found is None:
        raise Http404
    return found


def _done(request: HttpRequest, room: CrisisRoom, said: str, place: str) -> HttpResponse:
    return done(request, said, event=_CHANGED, to=f"{reverse('room', args=[room.pk])}#room-{place}")


def _who(request: Any) -> tuple[Any, Any]:
    return request.member, request.now
