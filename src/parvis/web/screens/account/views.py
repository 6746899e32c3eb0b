"""“Your account”: name and look, how one signs in, where one is signed in."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from parvis.orgs.factors import end_session, end_sessions, factors_of, sessions_of
from parvis.orgs.models import Member
from parvis.orgs.services import change_account
from parvis.web.screens.account.browsers import browser_of
from parvis.web.screens.account.forms import AccountForm


def account(request: HttpRequest) -> HttpResponse:
    member: Member = request.member  # type: ignore[attr-defined]
    form = AccountForm.of(member, request.POST or None)
    if form.is_valid():
        change_account(member, **form.cleaned_data, now=request.now)  # type: ignore[attr-defined]
        with translation.override(member.language or translation.get_language()):
            messages.success(request, _("Your account is saved."))
        return redirect("account")
    return render(request, "screens/account/page.html", _context(request, form), status=422 if form.errors else 200)


@require_POST
def end_one(request: HttpRequest, session_id: int) -> HttpResponse:
    end_session(request.member, session_id)  # type: ignore[attr-defined]
    messages.success(request, _("That session has ended."))
    return redirect("account")


@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    count = end_sessions(request.member, keep=request.session.session_key)  # type: ignore[attr-defined]
    messages.success(request, ngettext("{n} session has ended.", "{n} sessions have ended.", count).format(n=count))
    return redirect("account")


def _context(request: HttpRequest, form: AccountForm) -> dict[str, Any]:
    member: Member = request.member  # type: ignore[attr-defined]
    sessions = [
        {
            "row": session,
            "browser": browser_of(session.user_agent),
            "is_this": session.session_key == request.session.session_key,
        }
        for session in sessions_of(member)
    ]
    return {"form": form, "factors": factors_of(member), "sessions": sessions}
