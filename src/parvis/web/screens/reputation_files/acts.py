"""Writing reputation files, translated from forms to services."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from parvis.core.errors import ParvisError
from parvis.listening.copying import item_for_copy
from parvis.listening.files import queries, services
from parvis.listening.files.evidence import add_address, add_item, add_quotation
from parvis.listening.models import FileState, ReputationFile
from parvis.listening.queries import query_of
from parvis.listening.story_queries import story_of
from parvis.orgs.access import must, reach_of
from parvis.orgs.models import Member
from parvis.orgs.queries import colleagues
from parvis.orgs.rights import Action
from parvis.web.answers import done
from parvis.web.asked import asked_number
from parvis.web.errors import words_of
from parvis.web.moments import asked_moment
from parvis.web.screens.listen.lines import cut_title
from parvis.web.screens.reputation_files.forms import HOUSE, FileForm
from parvis.web.screens.reputation_files.views import file_for


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """With `item` it begins with that text as its first evidence."""
    member, now = _who(request)
    if not reach_of(member).anywhere(Action.LISTEN):
        must(member, Action.LISTEN)
    asked = asked_number(request.GET.get("item", ""))
    item = item_for_copy(member, asked) if asked is not None else None
    initial = {"department": _first_department(request, item), "item": item.pk if item else None}
    form = FileForm(request.POST or None, member=member, initial=initial)
    if form.is_valid():
        first = form.cleaned_data["item"]
        item = item_for_copy(member, first) if first is not None and 0 < first < 2**63 else None
        try:
            file = services.open_file(member, form.wish(), now=now)
            if item is not None:
                add_item(file, member, item, now=now)
        except ParvisError as error:
            form.add_error("claim", words_of(error))
        else:
            messages.success(request, _("The file is open."))
            return redirect("file", file.pk)
    status = 422 if form.errors else 200
    return render(request, "screens/reputation_files/form.html", {"form": form, "item": item}, status=status)


@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, key: int) -> HttpResponse:
    member, now = _who(request)
    file = file_for(request, key)
    services.must_write(file, member)
    initial = {
        "claim": file.claim, "position": file.position, "revision": file.revision,
        "department": str(file.department_id or HOUSE),
    }  # fmt: skip
    people = colleagues(member, department_id=file.department_id)
    form = FileForm(request.POST or None, member=member, initial=initial)
    if form.is_valid():
        try:
            services.change_file(file, member, form.wish(), now=now, revision=form.cleaned_data["revision"])
            if to := _chosen_person(request, people):
                services.give_file(file, member, to, now=now)
        except ParvisError as error:
            form.add_error("claim", words_of(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("file", file.pk)
    status = 422 if form.errors else 200
    context = {"form": form, "file": file, "people": people}
    return render(request, "screens/reputation_files/form.html", context, status=status)


@require_POST
def state(request: HttpRequest, key: int) -> HttpResponse:
    member, now = _who(request)
    file, wanted = file_for(request, key), request.POST.get("state", "")
    if wanted not in FileState.values:
        raise Http404
    services.set_file_state(file, member, FileState(wanted), now=now, outcome=request.POST.get("outcome", ""))
    said = {
        FileState.OPEN: _("The file is open again."),
        FileState.ANSWERED: _("The file is answered."),
        FileState.CLOSED: _("The file is closed."),
    }[FileState(wanted)]
    return done(request, said, to=reverse("file", args=[key]))


@require_POST
def evidence(request: HttpRequest, key: int) -> HttpResponse:
    member, now = _who(request)
    file, kind, given = file_for(request, key), request.POST.get("kind", ""), request.POST
    why = given.get("why", "")
    if kind == "address":
        add_address(file, member, given.get("address", ""), title=given.get("title", ""), why=why, now=now)
    elif kind == "quotation":
        add_quotation(
            file, member, given.get("text", ""), author=given.get("author", ""), place=given.get("place", ""),
            said_at=_said_at(request), why=why, now=now,
        )  # fmt: skip
    else:
        number = asked_number(given.get("item", ""))
        item = item_for_copy(member, number) if number is not None else None
        if item is None:
            raise Http404
        add_item(file, member, item, why=why, now=now)
        return done(request, _("Added to “{name}”, as it stands now.").format(name=file.claim), event="parvis:kept")
    return done(request, _("Added."), to=reverse("file", args=[key]) + "#evidence")


@require_POST
def answer(request: HttpRequest, key: int) -> HttpResponse:
    member, now = _who(request)
    file = file_for(request, key)
    services.write_answer(
        file, member, request.POST.get("text", ""), language=request.POST.get("language", ""), now=now
    )
    return done(request, _("Kept as a new version."), to=reverse("file", args=[key]) + "#answers")


@require_POST
def approve(request: HttpRequest, key: int, number: int) -> HttpResponse:
    member, now = _who(request)
    found = queries.answer_for(member, key, number)
    if found is None:
        raise Http404
    services.approve_answer(found, member, now=now)
    return done(request, _("Approved."), to=reverse("file", args=[key]) + "#answers")


@require_http_methods(["GET", "POST"])
def links(request: HttpRequest, key: int) -> HttpResponse:
    """By GET what could be linked; by POST a link made or taken away (`drop`)."""
    member, now = _who(request)
    file = file_for(request, key)
    if request.method == "GET":
        return render(request, "screens/reputation_files/links.html", _offered(file, member))
    thing = _asked_thing(request, member)
    if request.POST.get("drop"):
        services.unlink(file, member, thing, now=now)
        return done(request, _("No longer linked."), to=reverse("file", args=[key]) + "#links")
    services.link(file, member, thing, now=now)
    return done(request, _("Linked."), to=reverse("file", args=[key]) + "#links")


def _offered(file: ReputationFile, member: Member) -> dict[str, Any]:
    services.must_write(file, member)
    return {
        "file": file,
        "queries": queries.queries_to_link(member, but=file.queries.all()),
        "stories": [
            {"story": one, "title": cut_title(one.founder.title, one.founder.text)}
            for one in queries.stories_to_link(member, but=file.stories.all())
        ],
    }


def _asked_thing(request: HttpRequest, member: Member) -> Any:
    """Raises Http404 where the member sees none such."""
    for name, read in (("query", query_of), ("story", story_of)):
        number = asked_number(request.POST.get(name, ""))
        found: Any = read(member, number) if number is not None else None
        if found is not None:
            return found
    raise Http404


def _chosen_person(request: HttpRequest, people: Any) -> Member | None:
    number = asked_number(request.POST.get("owner", ""))
    found: Member | None = people.filter(pk=number).first() if number is not None else None
    return found


def _said_at(request: HttpRequest) -> datetime | None:
    return asked_moment(request.POST.get("said_at", ""))


def _first_department(request: Any, item: Any) -> str:
    if item is not None:
        return str(item.department_id)
    return str(request.department.pk) if request.department is not None else ""


def _who(request: Any) -> tuple[Any, Any]:
    return request.member, request.now
