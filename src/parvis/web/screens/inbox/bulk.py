"""One act on what is ticked, or on all that the filter finds; with what its menus offer."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from parvis.core.errors import FieldMissing, QueryNotUnderstood
from parvis.core.wording import Text
from parvis.flows.bulk import Act, act_on
from parvis.inbox.filters import visible_labels
from parvis.inbox.queries import count_all
from parvis.jobs.models import Job
from parvis.moderation.models import Verdict
from parvis.moderation.services import reasons
from parvis.orgs.queries import colleagues
from parvis.web.answers import done, partial
from parvis.web.asked import asked_numbers
from parvis.web.screens.inbox.jobs import bar_of
from parvis.web.screens.inbox.talk import snooze_until
from parvis.web.templatetags.parvis import number


@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """A thousand and more go on in the background."""
    member, now = _who(request)
    act, _colon, rest = request.POST.get("verb", "").partition(":")
    if act == "choose":
        return _choose(request, rest)
    reason = next((one for one in reasons() if act == Verdict.REFUSE and one.code == rest), None)
    act, value = ("assign", str(member.pk)) if act == "mine" else (act, _value(request, act, rest, now=now))
    is_all = bool(request.POST.get("all"))
    result = act_on(
        member,
        act,
        now=now,
        ids=None if is_all else asked_numbers(request.POST.getlist("ids")),
        filter_text=request.POST.get("q", "") if is_all else None,
        department=request.department,  # type: ignore[attr-defined]
        value="" if reason else value,
        reason=reason,
    )
    if result.job is not None:
        return _under_way(request, result.job)
    said = ngettext("{n} done.", "{n} done.", result.count).format(n=number(result.count))
    if result.skipped:
        count = len(result.skipped)
        why = result.skipped[0][1].in_language(get_language() or "en")
        said += " " + ngettext("{n} left out: {why}.", "{n} left out: {why}.", count).format(n=number(count), why=why)
    return done(request, said, batch=result.batch, event="parvis:refresh")


@require_GET
def choices(request: HttpRequest, what: str) -> HttpResponse:
    """What a menu of the bar offers, read when it is opened."""
    return render(request, f"screens/inbox/bulk_choices_{what}.html", _offered(request, what))


@require_GET
def count(request: HttpRequest) -> HttpResponse:
    """How many a filter finds: said before all of them are acted on. "" where only the work itself could tell."""
    member, now = _who(request)
    department = request.department  # type: ignore[attr-defined]
    try:
        found = count_all(member, request.GET.get("q", ""), now=now, department=department)
    except QueryNotUnderstood:
        found = None
    return JsonResponse({"n": "" if found is None else number(found)})


def _value(request: HttpRequest, act: str, rest: str, *, now: datetime) -> str:
    """What the act needs besides: a moment for a preset, the name that was typed for a new label."""
    if act == Act.SNOOZE:
        try:
            return snooze_until(rest, now).isoformat()
        except KeyError as error:
            raise Http404 from error
    if act in (Act.LABEL, Act.UNLABEL) and not rest:
        rest = request.POST.get("label", "").strip()
        if not rest:
            raise FieldMissing(field=Text("label", "étiquette"))
    return rest


def _choose(request: HttpRequest, what: str) -> HttpResponse:
    """The menu as a page, for browsers without scripts."""
    context = {
        **_offered(request, what),
        "choices": f"screens/inbox/bulk_choices_{what}.html",
        "ids": asked_numbers(request.POST.getlist("ids")),
        "q": request.POST.get("q", ""),
        "all": bool(request.POST.get("all")),
    }
    return render(request, "screens/inbox/bulk_choose.html", context)


def _offered(request: HttpRequest, what: str) -> dict[str, Any]:
    """Raises Http404 where nothing of that name can be chosen."""
    member, _now = _who(request)
    department = request.department  # type: ignore[attr-defined]
    if what == "assign":
        return {"colleagues": list(colleagues(member, department_id=department.pk if department else None))}
    if what == "labels":
        return {"names": sorted({label.name for label in visible_labels(member)}, key=str.casefold)}
    raise Http404


def _under_way(request: HttpRequest, job: Job) -> HttpResponse:
    said = _("This is much: it goes on in the background, and the list shows how far it is.")
    response = done(request, said)
    if request.headers.get("HX-Request") == "true":
        context = {"job": bar_of(job, _who(request)[0])}
        response.write(partial(request, "components/job.html", context, target="#jobs", swap="beforeend"))
    return response


def _who(request: Any) -> tuple[Any, datetime]:
    return request.member, request.now
