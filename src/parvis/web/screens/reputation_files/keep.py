"""What was found, taken to where it is worked with: a file, the log of a room, somebody's desk."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from parvis.flows.taking_up import hand_over
from parvis.listening.copying import item_for_copy
from parvis.listening.crisis.queries import rooms_to_write_in
from parvis.listening.files.queries import open_files
from parvis.orgs.access import may, reach_of
from parvis.orgs.queries import colleagues
from parvis.orgs.rights import Action
from parvis.web.answers import done
from parvis.web.asked import asked_number


@require_GET
def choices(request: HttpRequest, item: int) -> HttpResponse:
    """What a menu beside a text offers, read when it is opened; a page of its own without scripts."""
    member = _member(request)
    found = _asked_item(member, item)
    may_write = reach_of(member).anywhere(Action.LISTEN)
    context = {
        "item": found,
        "files": open_files(member, department_id=found.department_id) if may_write else [],
        "may_open_file": may_write,
        "rooms": rooms_to_write_in(member),
        "people": colleagues(member, department_id=found.department_id) if may(member, Action.ASSIGN, found) else [],
        "back": request.GET.get("back", ""),
    }
    if request.headers.get("HX-Request") == "true":
        return render(request, "screens/reputation_files/keep_choices.html", context)
    return render(request, "screens/reputation_files/keep.html", context)


@require_POST
def assign(request: HttpRequest, item: int) -> HttpResponse:
    """Opens its conversation where there is none, and gives it to somebody."""
    member = _member(request)
    found = _asked_item(member, item)
    number = asked_number(request.POST.get("assignee", ""))
    people = colleagues(member, department_id=found.department_id)
    to = people.filter(pk=number).first() if number is not None else None
    if to is None:
        raise Http404
    key = hand_over(found.pk, member, to=to, now=request.now)  # type: ignore[attr-defined]
    if key is None:
        raise Http404
    return done(request, _("Assigned to {name}.").format(name=to.name), to=reverse("talk", args=[key]))


def _asked_item(member: Any, key: int) -> Any:
    found = item_for_copy(member, key)
    if found is None:
        raise Http404
    return found


def _member(request: Any) -> Any:
    return request.member
