"""What a guest sees who is asked by mail: the one version, and two answers. Looking at it never changes anything.

Mail programs and their scanners open links: only the form answers. Nothing else of the house is shown, nothing is
kept by the browser or found by a search engine.
"""

from functools import wraps
from http import HTTPStatus
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from parvis.core.errors import LinkSpent, NotAllowed, ParvisError
from parvis.core.post import Medium
from parvis.publishing.guests import Door, GuestView, Shown, door_of, guest_view, guest_vote, shown_in
from parvis.publishing.models import Verdict
from parvis.web.errors import words_of
from parvis.web.screens.approve.shown import Leaf, leaves_of
from parvis.web.slowing import is_too_often

MOST_LOOKS_A_MINUTE = 120
MOST_WRONG_A_MINUTE = 20
"""Of one network address: links that are none, and answers."""
_PAUSE_S = 60
_PICTURES = ("image/jpeg", "image/png", "image/webp", "image/gif", "image/avif")


def _closed(view: Any) -> Any:
    """For nobody's index and nobody's memory; the address, which is a secret, goes to no other site."""

    @wraps(view)
    def with_headers(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "same-origin"  # with "no-referrer" browsers hide a form's origin
        return response  # type: ignore[no-any-return]

    return with_headers


@login_not_required
@_closed
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    if _is_too_often(request, "look", most=MOST_LOOKS_A_MINUTE):
        return _slower(request)
    now = request.now  # type: ignore[attr-defined]
    try:
        view = guest_view(token, now=now)
    except LinkSpent:
        return _spent(request, door_of(token, now=now))
    if request.method == "POST":
        return _answered(request, token, view)
    return _shown(request, token, view)


@login_not_required
@_closed
@require_GET
def medium(request: HttpRequest, token: str, place: int, number: int) -> HttpResponseBase:
    """A picture of the version that is asked for, and no other file."""
    if _is_too_often(request, "medium", most=MOST_LOOKS_A_MINUTE * 4):
        return _slower(request)
    try:
        view = guest_view(token, now=request.now)  # type: ignore[attr-defined]
    except LinkSpent:
        return HttpResponse(status=HTTPStatus.NOT_FOUND)
    found = _medium_at(shown_in(view.version), place, number)
    path = _path_of(found) if found is not None else None
    if found is None or path is None:
        return HttpResponse(status=HTTPStatus.NOT_FOUND)
    response = FileResponse(path.open("rb"), content_type=found.mime)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Disposition"] = "inline"
    return response


def _answered(request: HttpRequest, token: str, view: GuestView) -> HttpResponse:
    if _is_too_often(request, "answer", most=MOST_WRONG_A_MINUTE):
        return _slower(request)
    given = request.POST
    verdict, note, name = given.get("verdict", ""), given.get("note", ""), given.get("name", "")
    try:
        guest_vote(
            token, verdict, now=request.now, note=note[:5000], name=name,  # type: ignore[attr-defined]
            member=request.member,  # type: ignore[attr-defined]
        )  # fmt: skip
    except LinkSpent:
        return _spent(request, door_of(token, now=request.now))  # type: ignore[attr-defined]
    except NotAllowed:
        problem = _("It is your own writing: somebody else approves it.")
        return _shown(request, token, view, problem=problem, status=HTTPStatus.FORBIDDEN)
    except ParvisError as error:
        return _shown(request, token, view, problem=words_of(error), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    said = verdict == Verdict.APPROVE
    return render(request, "screens/approve/done.html", {"is_yes": said, "asked_by": view.asked_by})


def _shown(request: HttpRequest, token: str, view: GuestView, *, problem: str = "", status: int = 200) -> HttpResponse:
    leaves: list[Leaf] = leaves_of(shown_in(view.version), has_file=lambda one: _path_of(one) is not None)
    context = {
        "token": token, "view": view, "leaves": leaves, "problem": problem, "typed_name": request.POST.get("name", view.link.name),
        "typed_note": request.POST.get("note", ""),
    }  # fmt: skip
    return render(request, "screens/approve/page.html", context, status=status)


def _spent(request: HttpRequest, door: Door) -> HttpResponse:
    if _is_too_often(request, "wrong", most=MOST_WRONG_A_MINUTE):
        return _slower(request)
    words = {
        Door.USED: _("You have answered already: a link works once. Thank you."),
        Door.WITHDRAWN: _("Whoever sent this link has taken it back, or has sent you a newer one."),
        Door.EXPIRED: _("The time to answer is over. Ask the person who sent it to ask again."),
        Door.CHANGED: _(
            "The post was changed after this link was sent. If it still needs you, a new link comes by mail."
        ),
        Door.OVER: _("Your answer is no longer needed: it was decided meanwhile."),
    }
    unknown = _("This address leads nowhere. Perhaps the mail program has cut it: copy the whole of it.")
    status = HTTPStatus.NOT_FOUND if door == Door.UNKNOWN else HTTPStatus.GONE
    return render(request, "screens/approve/spent.html", {"detail": words.get(door, unknown)}, status=status)


def _medium_at(shown: list[Shown], place: int, number: int) -> Medium | None:
    media = shown[place].content.media if place < len(shown) else ()
    return media[number] if number < len(media) else None


def _path_of(one: Medium) -> Path | None:
    """None where it is no picture, not made yet, or not below the house's data directory."""
    if one.mime not in _PICTURES or not one.path:
        return None
    home = Path(settings.DATA_DIR).resolve()
    path = (home / one.path).resolve()
    return path if path.is_relative_to(home) and path.is_file() else None


def _slower(request: HttpRequest) -> HttpResponse:
    detail = _("Too many calls came from where you are. Wait a minute and open it again.")
    response = render(request, "screens/approve/spent.html", {"detail": detail}, status=HTTPStatus.TOO_MANY_REQUESTS)
    response.headers["Retry-After"] = str(_PAUSE_S)
    return response


def _is_too_often(request: HttpRequest, what: str, *, most: int) -> bool:
    """Counted by the minute and the network address."""
    return is_too_often(f"approve-{what}", request.META.get("REMOTE_ADDR", ""), most=most, span_s=_PAUSE_S)
