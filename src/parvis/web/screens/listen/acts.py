"""Changing what the house listens for, and taking what was found to where it is worked on."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from parvis.core.errors import ParvisError
from parvis.flows.looking_back import start_look_back
from parvis.flows.taking_up import take_up
from parvis.jobs.models import JobState
from parvis.jobs.work import cancel_job
from parvis.listening import queries
from parvis.listening.models import QueryState, SavedQuery
from parvis.listening.services import change_query, save_query, set_query_state
from parvis.orgs.access import must, reach_of
from parvis.orgs.rights import Action
from parvis.web.errors import words_of
from parvis.web.screens.listen.forms import HOUSE, QueryForm
from parvis.web.screens.listen.views import query_for


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    member, now = _who(request)
    if not reach_of(member).anywhere(Action.LISTEN):
        must(member, Action.LISTEN)
    asked = {"text": request.GET.get("q", ""), "department": _first_department(request)}
    form = QueryForm(request.POST or None, member=member, initial=asked)
    if form.is_valid():
        try:
            query = save_query(member, form.wish(), now=now)
            start_look_back(query, member, now=now)
        except ParvisError as error:
            form.add_error("text", words_of(error))
        else:
            messages.success(
                request, _("“{name}” listens from now on, and looks through what is there.").format(name=query.name)
            )
            return redirect("query", query.pk)
    return _form(request, form, None)


@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, key: int) -> HttpResponse:
    member, now = _who(request)
    query = query_for(request, key)
    must(member, Action.LISTEN, query if query.department_id else None)
    form = QueryForm(request.POST or None, member=member, initial=_initial(query))
    if form.is_valid():
        try:
            is_other = change_query(
                query, member, form.wish(), now=now, revision=form.cleaned_data["revision"] or query.revision,
                note=request.POST.get("note", ""),
            )  # fmt: skip
            if is_other:
                start_look_back(query, member, now=now)
        except ParvisError as error:
            form.add_error("text", words_of(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("query", query.pk)
    return _form(request, form, query)


@require_POST
def state(request: HttpRequest, key: int) -> HttpResponse:
    member, now = _who(request)
    query = query_for(request, key)
    wanted = request.POST.get("state", "")
    if wanted not in QueryState.values:
        raise Http404
    was_off = query.state != QueryState.ON
    if set_query_state(query, member, QueryState(wanted), now=now) and was_off and wanted == QueryState.ON:
        start_look_back(query, member, now=now)  # what came while it did not listen
    messages.success(request, _WORDS[QueryState(wanted)]().format(name=query.name))
    return redirect("query", query.pk)


@require_POST
def look_back(request: HttpRequest, key: int) -> HttpResponse:
    """Starts looking through history, or stops it."""
    member, now = _who(request)
    query = query_for(request, key)
    must(member, Action.LISTEN, query if query.department_id else None)
    job = queries.look_back_of(query)
    if request.POST.get("cancel") and job is not None and job.state in (JobState.WAITING, JobState.RUNNING):
        cancel_job(job)
        messages.success(request, _("Stopped. What was found stays."))
    else:
        start_look_back(query, member, now=now)
    return redirect("query", query.pk)


@require_POST
def open_conversation(request: HttpRequest, key: int, item: int) -> HttpResponse:
    """What was found becomes a conversation of the inbox, or opens the one that it is in."""
    member, now = _who(request)
    query = query_for(request, key)
    conversation_id = take_up(item, member, now=now, query=query)
    if conversation_id is None:
        raise Http404
    return HttpResponseRedirect(reverse("talk", args=[conversation_id]))


_WORDS = {
    QueryState.ON: lambda: _("“{name}” listens again."),
    QueryState.PAUSED: lambda: _("“{name}” is paused. What it found stays."),
    QueryState.ARCHIVED: lambda: _("“{name}” is put away. What it found stays."),
}


def _form(request: HttpRequest, form: QueryForm, query: SavedQuery | None) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, "screens/listen/form.html", {"form": form, "query": query}, status=status)


def _initial(query: SavedQuery) -> dict[str, Any]:
    return {
        "name": query.name, "text": query.text, "department": str(query.department_id or HOUSE),
        "hears_house": query.hears_house, "purpose": query.purpose, "language": query.language,
        "colour": query.colour, "revision": query.revision,
    }  # fmt: skip


def _first_department(request: Any) -> str:
    chosen = request.department
    return str(chosen.pk) if chosen is not None else ""


def _who(request: Any) -> tuple[Any, Any]:
    return request.member, request.now
