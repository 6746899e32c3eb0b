"""Calendars in and out: those of others that are shown, one's own secret links, and what the house shows everybody."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from parvis.core.errors import BadInput, ParvisError
from parvis.orgs.access import may, must, reach_of
from parvis.orgs.models import Department
from parvis.orgs.queries import departments_where
from parvis.orgs.rights import Action
from parvis.orgs.wanted import zones
from parvis.publishing import agenda
from parvis.publishing.calendar_feeds import MOST_BYTES, TOO_LARGE, add_feed, read_now, remove_feed
from parvis.publishing.calendar_links import links_of, make_link, revoke_link
from parvis.publishing.calendars import options_of, set_options
from parvis.publishing.models import CalendarFeed, Colour
from parvis.web.errors import words_of
from parvis.web.screens.publish.calendar_events import COLOURS, HOUSE

_SHOWN_ONCE = "calendar_link"


@never_cache
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    return _page(request, fresh=request.session.pop(_SHOWN_ONCE, ""))


@require_POST
def feed_add(request: HttpRequest) -> HttpResponse:
    member = request.member  # type: ignore[attr-defined]
    fields = {name: request.POST.get(name, "") for name in ("name", "address", "colour", "department")}
    if not reach_of(member).anywhere(Action.PUBLISH):
        must(member, Action.PUBLISH)
    try:
        department = _department(request, fields["department"], Action.PUBLISH)
        add_feed(
            member, name=fields["name"], address=fields["address"], body=_uploaded(request),
            colour=fields["colour"] or Colour.VIOLET, department=department, now=request.now,  # type: ignore[attr-defined]
        )  # fmt: skip
    except BadInput as error:
        return _page(request, problem=words_of(error), fields=fields, status=422)
    messages.success(request, _("It is being read; in a moment it stands in the calendar."))
    return redirect("calendar-others")


@require_POST
def feed_do(request: HttpRequest, key: int) -> HttpResponse:
    feed: CalendarFeed | None = agenda.feed_for(request.member, key)  # type: ignore[attr-defined]
    verb = request.POST.get("verb", "")
    if feed is None or verb not in ("read", "remove"):
        raise Http404
    if verb == "read":
        read_now(feed, request.member, now=request.now)  # type: ignore[attr-defined]
        messages.success(request, _("It is read again now."))
    else:
        remove_feed(feed, request.member, now=request.now)  # type: ignore[attr-defined]
        messages.success(request, _("It is no longer shown."))
    return redirect("calendar-others")


@require_POST
def link_add(request: HttpRequest) -> HttpResponse:
    member = request.member  # type: ignore[attr-defined]
    try:
        department = _department(request, request.POST.get("department", HOUSE), Action.SEE)
        _link, token = make_link(member, department=department, now=request.now)  # type: ignore[attr-defined]
    except ParvisError as error:
        messages.error(request, words_of(error))
        return redirect("calendar-others")
    base = settings.SITE_ADDRESS or request.build_absolute_uri("/").rstrip("/")
    request.session[_SHOWN_ONCE] = f"{base}{reverse('calendar-ics', args=[token])}"
    return redirect("calendar-others")


@require_POST
def link_revoke(request: HttpRequest, key: int) -> HttpResponse:
    member = request.member  # type: ignore[attr-defined]
    link = next((one for one in links_of(member) if one.pk == key), None)
    if link is None:
        raise Http404
    revoke_link(link, member, now=request.now)  # type: ignore[attr-defined]
    messages.success(request, _("This address opens nothing any more."))
    return redirect("calendar-others")


@require_POST
def options(request: HttpRequest) -> HttpResponse:
    fields = {name: request.POST.get(name, "") for name in ("regions", "audience_zone")}
    try:
        set_options(request.member, **fields, now=request.now)  # type: ignore[attr-defined]
    except BadInput as error:
        return _page(request, option_problem=words_of(error), option_fields=fields, status=422)
    messages.success(request, _("Saved."))
    return redirect("calendar-others")


def _department(request: Any, written: str, action: str) -> Department | None:
    """None: the whole house. Raises Http404."""
    if written == HOUSE:
        return None
    found = next((one for one in departments_where(request.member, action) if str(one.pk) == written), None)
    if found is None:
        raise Http404
    return found


def _uploaded(request: Any) -> bytes:
    file = request.FILES.get("file")
    if file is None:
        return b""
    if file.size > MOST_BYTES:
        raise BadInput(detail=TOO_LARGE)
    body: bytes = file.read()
    return body


def _page(
    request: Any,
    *,
    fresh: str = "",
    problem: str = "",
    fields: dict[str, str] | None = None,
    option_problem: str = "",
    option_fields: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    member = request.member
    kept = options_of(request.house)
    writable = departments_where(member, Action.PUBLISH)
    context = {
        "fresh": fresh,
        "fresh_webcal": "webcal://" + fresh.partition("://")[2] if fresh else "",
        "links": links_of(member),
        "feeds": [(feed, may(member, Action.PUBLISH, feed.department)) for feed in agenda.feeds_of(member)],
        "departments": request.departments,
        "writable": writable,
        "with_house": may(member, Action.PUBLISH),
        "sees_house": True,
        "colours": [(value.value, label) for value, label in COLOURS.items()],
        "fields": fields or {"name": "", "address": "", "colour": Colour.VIOLET.value, "department": ""},
        "problem": problem,
        "may_set": may(member, Action.MANAGE_HOUSE),
        "options": option_fields or {"regions": ", ".join(kept.regions), "audience_zone": kept.audience_zone},
        "option_problem": option_problem,
        "zones": zones(),
    }
    return render(request, "screens/publish/calendar_others.html", context, status=status)
