"""The person's small choices that stand in the frame: department in view, look, density, language, the rail."""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from parvis.orgs.models import Member
from parvis.orgs.services import change_account, set_preference
from parvis.web.asked import asked_number

_LOOKS = {"theme": {"auto", "light", "dark"}, "density": {"normal", "compact"}, "language": {"en", "fr"}}


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    member: Member = request.member  # type: ignore[attr-defined]
    chosen_looks = {name: request.POST[name] for name, allowed in _LOOKS.items() if request.POST.get(name) in allowed}
    if chosen_looks:
        kept = {name: getattr(member, name) for name in ("name", "language", "zone", "theme", "density")}
        change_account(member, **{**kept, **chosen_looks}, now=request.now)  # type: ignore[attr-defined]
    if "department" in request.POST:
        set_preference(member, "department", asked_number(request.POST["department"]))
    if request.POST.get("rail") in {"wide", "narrow"}:
        set_preference(member, "rail", request.POST["rail"])
    if request.POST.get("next_opens") in {"0", "1"}:
        set_preference(member, "next_opens", request.POST["next_opens"] == "1")
    if request.POST.get("hints") == "away":
        set_preference(member, "hints_away", True)
    if request.POST.get("quiet"):
        return HttpResponse(status=204)
    return redirect(_back(request))


def _back(request: HttpRequest) -> str:
    """Where the form was; nowhere outside the desk."""
    came_from = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(came_from, allowed_hosts={request.get_host()}):
        return "/"
    path = urlsplit(came_from)._replace(scheme="", netloc="").geturl()
    return path if url_has_allowed_host_and_scheme(path, allowed_hosts=None) else "/"
