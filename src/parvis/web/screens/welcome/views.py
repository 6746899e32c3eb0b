"""The links that let somebody in: the first one of the house, invitations, and one for a lost password."""

from datetime import datetime

from allauth.account.utils import perform_login
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.context import RequestContext
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from parvis.core.errors import LinkSpent, ParvisError
from parvis.flows.demo.leaving import leave_demonstration, look_around
from parvis.orgs.house import open_house, the_house
from parvis.orgs.links import accept_invitation, is_first_link, link_of, use_sign_in_link
from parvis.orgs.models import Link, LinkPurpose, Member
from parvis.orgs.services import change_account
from parvis.web.errors import words_of
from parvis.web.rail import address_of
from parvis.web.screens.welcome.forms import JoinForm, OpenForm
from parvis.web.templatetags.entrance import takes_passkeys


@login_not_required
@never_cache
def welcome(request: HttpRequest) -> HttpResponse:
    """Where somebody ends up who comes before the house is open."""
    if the_house() is not None:
        return redirect("/")
    return render(request, "screens/welcome/closed.html")


@login_not_required
@never_cache
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """Looking at a link does not use it up: chat programs look at links too."""
    try:
        link = link_of(token, now=request.now)  # type: ignore[attr-defined]
        if is_first_link(link):
            return _open(request, token)
        if link.purpose == LinkPurpose.INVITATION:
            return _join(request, token, link)
        return _sign_in(request, token, link)
    except LinkSpent as error:
        return render(request, "screens/welcome/spent.html", {"detail": words_of(error)}, status=410)


def _open(request: HttpRequest, token: str) -> HttpResponse:
    if "look_around" in request.POST:
        return _let_in(request, _looking_around(request.now), to="/")  # type: ignore[attr-defined]
    form = OpenForm(request.POST or None)
    if form.is_valid():
        given = form.cleaned_data
        try:
            owner = open_house(
                given["house"],
                zone=given["zone"],
                language=given["language"],
                owner_name=given["name"],
                owner_email=given["email"],
                password=given["password"],
                token=token,
                now=request.now,  # type: ignore[attr-defined]
            )
        except LinkSpent:
            raise
        except ParvisError as error:
            form.add_error(None, words_of(error))
        else:
            messages.info(request, _also_possible(request))
            return _let_in(request, owner, to=address_of("channel-new") or "/")
    return render(request, "screens/welcome/open.html", {"form": form}, status=_status(form))


def _looking_around(now: datetime) -> Member:
    """The demonstration's owner, who reads what the visitor read until now."""
    owner = look_around(now=now)
    kept = {name: getattr(owner, name) for name in ("name", "zone", "theme", "density")}
    change_account(owner, **kept, language=get_language() or owner.language, now=now)
    return owner


def _also_possible(request: HttpRequest) -> str:
    """A passkey is offered only where the browser can make one."""
    if takes_passkeys(RequestContext(request, {"request": request})):
        return _("You can add a passkey or an authenticator app under “Your account”.")
    return _("You can add an authenticator app under “Your account”.")


def _join(request: HttpRequest, token: str, link: Link) -> HttpResponse:
    form = JoinForm(request.POST or None, email=link.email)
    if form.is_valid():
        given = form.cleaned_data
        try:
            newcomer = accept_invitation(
                token,
                name=given["name"],
                password=given["password"],
                language=given["language"],
                now=request.now,  # type: ignore[attr-defined]
            )
        except LinkSpent:
            raise
        except ParvisError as error:
            form.add_error(None, words_of(error))
        else:
            return _let_in(request, newcomer, to="/")
    return render(request, "screens/welcome/join.html", {"form": form, "link": link}, status=_status(form))


def _sign_in(request: HttpRequest, token: str, link: Link) -> HttpResponse:
    if request.method != "POST":
        return render(request, "screens/welcome/sign_in.html", {"person": link.member})
    person = use_sign_in_link(token, now=request.now)  # type: ignore[attr-defined]
    return _let_in(request, person, to=address_of("account_set_password") or "/")


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Out of the demonstration, to the page that opens a house of one's own."""
    member = request.member  # type: ignore[attr-defined]
    link = leave_demonstration(member, address="", now=request.now)  # type: ignore[attr-defined]
    request.session.flush()
    return redirect(link)


def _let_in(request: HttpRequest, member: Member, *, to: str) -> HttpResponse:
    """A second factor, where they have one, is still asked for."""
    response: HttpResponse = perform_login(request, member, email_verification="none", redirect_url=to)
    return response


def _status(form: JoinForm) -> int:
    return 422 if form.is_bound and form.errors else 200
