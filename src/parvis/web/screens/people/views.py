"""People: who is here with which role, who is invited, and changing both."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from parvis.core.errors import NotAllowed, ParvisError
from parvis.orgs import services
from parvis.orgs.access import may, reach_of
from parvis.orgs.links import address_of, invite, withdraw_invitation
from parvis.orgs.models import Member
from parvis.orgs.queries import PersonRow, invitations_managed_by, people_managed_by, person_managed_by
from parvis.orgs.rights import Action
from parvis.web.errors import words_of
from parvis.web.screens.people.forms import InviteForm, RoleForm


def people(request: HttpRequest) -> HttpResponse:
    member = _manager(request)
    words = request.GET.get("q", "").strip()
    context = {
        "rows": people_managed_by(member, words=words),
        "invitations": list(invitations_managed_by(member)),
        "words": words,
        "changes_house": may(member, Action.MANAGE_HOUSE),
    }
    return render(request, "screens/people/list.html", context)


@never_cache
def invite_person(request: HttpRequest) -> HttpResponse:
    """The link stands on the page that answers the form, and never again."""
    member = _manager(request)
    form = InviteForm(request.POST or None, member=member)
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        given = form.cleaned_data
        try:
            link, token = invite(
                member,
                email=given["email"],
                role=given["role"],
                department=form.department,
                now=request.now,  # type: ignore[attr-defined]
            )
        except ParvisError as error:
            form.add_error(None, words_of(error))
        else:
            base = settings.SITE_ADDRESS or f"{request.scheme}://{request.get_host()}"
            return render(
                request, "screens/people/invited.html", {"link": link, "address": address_of(token, base=base)}
            )
    return render(request, "screens/people/invite.html", context, status=422 if form.errors else 200)


@require_POST
def withdraw(request: HttpRequest, link_id: int) -> HttpResponse:
    member = _manager(request)
    link = invitations_managed_by(member).filter(pk=link_id).first()
    if link is None:
        raise Http404
    withdraw_invitation(link, member, now=request.now)  # type: ignore[attr-defined]
    messages.success(request, _("The invitation of {email} is withdrawn.").format(email=link.email))
    return redirect("people")


def person(request: HttpRequest, person_id: int) -> HttpResponse:
    row = _row(request, person_id)
    return render(request, "screens/people/person.html", _person_context(request, row))


@require_POST
def change_role(request: HttpRequest, person_id: int) -> HttpResponse:
    member, row = _manager(request), _row(request, person_id)
    form = RoleForm(request.POST, member=member)
    if form.is_valid():
        now = request.now  # type: ignore[attr-defined]
        try:
            if form.cleaned_data["role"]:
                role = form.cleaned_data["role"]
                services.give_role(row.member, member, role=role, department=form.department, now=now)
            else:
                services.take_role(row.member, member, department=form.department, now=now)
        except ParvisError as error:
            form.add_error(None, words_of(error))
        else:
            messages.success(request, _("The role of {name} is changed.").format(name=row.member.name))
            return _back_to(request, person_id)
    return render(request, "screens/people/person.html", _person_context(request, row, form), status=422)


@require_POST
def change_owner(request: HttpRequest, person_id: int) -> HttpResponse:
    member, row = _manager(request), _row(request, person_id)
    change = services.make_owner if request.POST.get("owner") == "1" else services.drop_owner
    change(row.member, member, now=request.now)  # type: ignore[attr-defined]
    messages.success(request, _("Saved."))
    return _back_to(request, person_id)


@require_POST
def change_active(request: HttpRequest, person_id: int) -> HttpResponse:
    member, row = _manager(request), _row(request, person_id)
    now = request.now  # type: ignore[attr-defined]
    if request.POST.get("active") == "1":
        services.reactivate_member(row.member, member, now=now)
        messages.success(request, _("{name} can sign in again.").format(name=row.member.name))
    else:
        services.deactivate_member(row.member, member, now=now)
        messages.success(request, _("{name} is signed out everywhere.").format(name=row.member.name))
    return _back_to(request, person_id)


def _manager(request: HttpRequest) -> Member:
    """Raises NotAllowed where they manage people nowhere."""
    member: Member = request.member  # type: ignore[attr-defined]
    if not reach_of(member).anywhere(Action.MANAGE_PEOPLE):
        raise NotAllowed(action=str(Action.MANAGE_PEOPLE.label))
    return member


def _row(request: HttpRequest, person_id: int) -> PersonRow:
    row = person_managed_by(_manager(request), person_id)
    if row is None:
        raise Http404
    return row


def _person_context(request: HttpRequest, row: PersonRow, form: RoleForm | None = None) -> dict[str, Any]:
    member: Member = request.member  # type: ignore[attr-defined]
    return {"row": row, "person": row.member, "form": form or RoleForm(member=member), "is_self": row.member == member}


def _back_to(request: HttpRequest, person_id: int) -> HttpResponse:
    """Their page, or the list where they are no longer among those whom the reader manages."""
    still_there = person_managed_by(_manager(request), person_id) is not None
    return redirect("person", person_id) if still_there else redirect("people")
