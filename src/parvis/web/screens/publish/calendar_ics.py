"""The calendar for a calendar program: no sign-in and no cookie, the secret address alone opens it.

An address that never was, one that was revoked and one whose person has left are answered alike.
"""

import hashlib

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from parvis.publishing.calendar_links import link_behind, text_behind
from parvis.web.slowing import is_too_often

MOST_AN_HOUR = 60
"""Of one link; programs ask once or twice."""
MOST_WRONG_A_MINUTE = 30
"""Of one network address, before it is only told to slow down."""
_HOUR_S, _MINUTE_S = 3600, 60


@login_not_required
@require_safe
def read(request: HttpRequest, token: str) -> HttpResponse:
    if is_too_often("calendar", token, most=MOST_AN_HOUR, span_s=_HOUR_S):
        return _slower(_HOUR_S)
    link = link_behind(token, now=request.now)  # type: ignore[attr-defined]
    if link is None:
        if is_too_often(
            "calendar-wrong", request.META.get("REMOTE_ADDR", ""), most=MOST_WRONG_A_MINUTE, span_s=_MINUTE_S
        ):
            return _slower(_MINUTE_S)
        return _plain(_("There is no calendar here."), status=404)
    house = request.house  # type: ignore[attr-defined]
    with translation.override(link.member.language or (house.language if house else None)):
        where = link.department.name if link.department else (house.name if house else "Parvis")
        name = _("{where}: posts").format(where=where)
        base = settings.SITE_ADDRESS or request.build_absolute_uri("/")
        body = text_behind(link, now=request.now, base=base.rstrip("/"), name=name)  # type: ignore[attr-defined]
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    if tag in request.headers.get("If-None-Match", ""):
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
        response.headers["Content-Disposition"] = 'inline; filename="parvis.ics"'
    response.headers["ETag"] = tag
    return _quiet(response)


def _slower(pause_s: int) -> HttpResponse:
    response = _plain(_("This calendar is read too often. Try again later."), status=429)
    response.headers["Retry-After"] = str(pause_s)
    return response


def _plain(text: str, *, status: int) -> HttpResponse:
    return _quiet(HttpResponse(text, content_type="text/plain; charset=utf-8", status=status))


def _quiet(response: HttpResponse) -> HttpResponse:
    """Kept by no proxy, found by no search engine."""
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
