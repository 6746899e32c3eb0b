"""What every request carries: the time, the member, the department in view, their language and zone."""

import logging
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject

from parvis.core.errors import ParvisError
from parvis.listening.crisis.queries import OpenRoom, open_rooms
from parvis.orgs.asking import asked_by
from parvis.orgs.crisis import is_in_crisis
from parvis.orgs.house import the_house
from parvis.orgs.models import House, Member
from parvis.web import clock, errors, frame

log = logging.getLogger(__name__)
_HIGHEST_ID = 2**63 - 1
Handler = Callable[[HttpRequest], HttpResponse]
View = Callable[..., HttpResponse]


class Person:
    """Sets `request.now`, `.member`, `.house`, `.department`; asks for a sign-in where a view does not wave it.

    A view waves it with Django's own `login_not_required`.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        seen = cast(Any, request)
        seen.now = clock.now()
        seen.is_htmx = request.headers.get("HX-Request") == "true"
        seen.member = _member(request)
        asked = asked_by(seen.member) if seen.member else None
        seen.house = asked.house if asked else the_house()
        seen.departments = asked.departments if asked else []
        seen.last_event_id = asked.last_event_id if asked else 0
        seen.crises = SimpleLazyObject(lambda: _crises(seen.member, seen.house))
        seen.department = frame.department_in_view(seen.member, seen.departments) if seen.member else None
        language, zone = _language(request, seen.member, seen.house), _zone(seen.member, seen.house)
        with translation.override(language), timezone.override(zone):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", language)
        return response

    def process_view(
        self, request: HttpRequest, view: View, _args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        if any(isinstance(value, int) and value > _HIGHEST_ID for value in kwargs.values()):
            raise Http404  # no row can have it, and no database can be asked for it
        _drop_nul(request)
        if not getattr(view, "login_required", True):
            return None
        if cast(Any, request).member is None:
            return _to_entrance(request)
        if cast(Any, request).house is None:
            return redirect("welcome")
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return errors.answer(request, error) if isinstance(error, ParvisError) else None


def _crises(member: Member | None, house: House | None) -> list[OpenRoom]:
    """Asked for only while there is one: they stand on every page."""
    return open_rooms(member) if member and house and is_in_crisis(house) else []


def _drop_nul(request: HttpRequest) -> None:
    """The one sign that PostgreSQL cannot keep; nobody types it."""
    for name in ("GET", "POST"):
        given: QueryDict = getattr(request, name)
        if any("\0" in value for values in given.lists() for value in (values[0], *values[1])):
            cleaned = given.copy()
            cleaned.clear()
            for key, values in given.lists():
                cleaned.setlist(key.replace("\0", ""), [value.replace("\0", "") for value in values])
            setattr(request, name, cleaned)


def _member(request: HttpRequest) -> Member | None:
    """The member itself and not Django's lazy wrapping of it, through which everything that a page asks would go."""
    user = request.user
    if not user.is_authenticated or not user.is_active:
        return None
    request.user = member = cast(Any, user)._wrapped if isinstance(user, SimpleLazyObject) else user  # noqa: SLF001
    return cast(Member, member)


def _to_entrance(request: HttpRequest) -> HttpResponse:
    """The sign-in page, and back afterwards; a fragment makes the whole page go there."""
    try:
        entrance = reverse(settings.LOGIN_URL)
    except NoReverseMatch:
        entrance = "/accounts/login/"
    if not cast(Any, request).is_htmx:
        return redirect(f"{entrance}?{urlencode({'next': request.get_full_path()})}")
    here = request.headers.get("HX-Current-URL", "")
    back = "/" + here.split("://", 1)[-1].partition("/")[2]
    return HttpResponse(status=204, headers={"HX-Redirect": f"{entrance}?{urlencode({'next': back})}"})


def _language(request: HttpRequest, member: Member | None, house: House | None) -> str:
    chosen = member and (member.language or (house and house.language))
    return chosen or translation.get_language_from_request(request)


def _zone(member: Member | None, house: House | None) -> ZoneInfo:
    for name in (member and member.zone, house and house.zone):
        if name:
            try:
                return ZoneInfo(name)
            except (ZoneInfoNotFoundError, ValueError):
                log.warning("The time zone %s is not known here.", name)
    return ZoneInfo("UTC")


person = Person

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action {forms}"
)
_WITHIN = _POLICY.format(forms="'self'")
_TO_PROVIDER = _POLICY.format(forms="'self' https: http:")
"""Browsers hold the redirect that answers a form to form-action too: the sign-in elsewhere needs it open."""


def security_headers(get_response: Handler) -> Handler:
    def with_headers(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        leaves = bool(settings.SOCIALACCOUNT_PROVIDERS) and request.path.startswith("/accounts/")
        response.headers.setdefault("Content-Security-Policy", _TO_PROVIDER if leaves else _WITHIN)
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "private, no-cache"
        return response

    return with_headers
