"""The audit trail: who did what, when and on whose behalf; and whether it is whole."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from parvis.core.errors import NotAllowed
from parvis.orgs.access import may, reach_of
from parvis.orgs.audit_check import last_check, start_check
from parvis.orgs.models import Member
from parvis.orgs.queries import audit_page
from parvis.orgs.rights import Action
from parvis.web.asked import asked_number
from parvis.web.screens.audit.forms import TrailForm
from parvis.web.screens.audit.lines import lines_of


def trail(request: HttpRequest) -> HttpResponse:
    member = _reader(request)
    form = TrailForm(request.GET, member=member)
    wanted = form.wanted()
    page = audit_page(member, wanted, before=asked_number(request.GET.get("before", "")))
    kept = request.GET.copy()
    kept.pop("before", None)
    context = {
        "form": form,
        "lines": lines_of(page.entries),
        "next_before": page.next_before,
        "kept": kept.urlencode(),
        "is_filtered": any(kept.values()),
        "can_check": may(member, Action.SEE_AUDIT),
        "check": last_check(),
    }
    return render(request, "screens/audit/page.html", context)


@require_POST
def check(request: HttpRequest) -> HttpResponse:
    start_check(_reader(request), now=request.now)  # type: ignore[attr-defined]
    messages.info(request, _("The check is under way; this page shows how far it is."))
    return redirect("audit")


def _reader(request: HttpRequest) -> Member:
    member: Member = request.member  # type: ignore[attr-defined]
    if not reach_of(member).anywhere(Action.SEE_AUDIT):
        raise NotAllowed(action=str(Action.SEE_AUDIT.label))
    return member
