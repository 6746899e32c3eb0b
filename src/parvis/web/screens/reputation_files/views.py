"""Reading reputation files: the list, one of them whole, as a page to print, and its history."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from parvis.listening.files import queries
from parvis.listening.models import FileState, ReputationFile
from parvis.orgs.access import may, reach_of
from parvis.orgs.rights import Action
from parvis.web.asked import asked_number
from parvis.web.screens.audit.lines import lines_of
from parvis.web.screens.listen.lines import cut_title

_FARTHEST = 100_000


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    member, department = _who(request)
    state = request.GET.get("state", "")
    after = min(asked_number(request.GET.get("after", "")) or 0, _FARTHEST)
    files, following = queries.file_page(member, department=department, state=state, after=after)
    kept: dict[str, str | int] = {"state": state} if state in FileState.values else {}
    context = {
        "files": files,
        "state": state,
        "next_url": f"{reverse('files')}?{urlencode({**kept, 'after': following})}" if following else "",
        "may_write": reach_of(member).anywhere(Action.LISTEN),
        "tab": "files",
    }
    return render(request, "screens/reputation_files/list.html", context)


@require_GET
def file(request: HttpRequest, key: int) -> HttpResponse:
    return render(request, "screens/reputation_files/page.html", _context(request, file_for(request, key)))


@require_GET
def printed(request: HttpRequest, key: int) -> HttpResponse:
    """Everything on one page, without the desk around it."""
    found = file_for(request, key)
    context = {**_context(request, found), "history": lines_of(queries.file_history(found))}
    return render(request, "screens/reputation_files/print.html", context)


@require_GET
def history(request: HttpRequest, key: int) -> HttpResponse:
    found = file_for(request, key)
    context = {"file": found, "history": lines_of(queries.file_history(found))}
    return render(request, "screens/reputation_files/history.html", context)


def file_for(request: HttpRequest, key: int) -> ReputationFile:
    """Raises Http404 where there is none that the member sees."""
    found = queries.file_for(_member(request), key)
    if found is None:
        raise Http404
    return found


def _context(request: HttpRequest, file: ReputationFile) -> dict[str, Any]:
    member, place = _member(request), file if file.department_id is not None else None
    view = queries.file_view(file, member)
    return {
        "file": file,
        "view": view,
        "stories": [{"story": one, "title": cut_title(one.founder.title, one.founder.text)} for one in view.stories],
        "may_write": may(member, Action.LISTEN, place),
        "may_approve": may(member, Action.REPLY, place),
    }


def _member(request: Any) -> Any:
    return request.member


def _who(request: Any) -> tuple[Any, Any]:
    return request.member, request.department
