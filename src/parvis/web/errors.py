"""What went wrong, in words: a page of its own, or for a fragment a message on the page that is open."""

import logging
import sys
from http import HTTPStatus
from typing import Any

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from parvis.core.errors import BadInput, Conflict, NotAllowed, ParvisError, RemoteError
from parvis.jobs.faults import house_trouble
from parvis.web.typed import typed_in

log = logging.getLogger(__name__)
_LONGEST_HOST = 100
_STATUSES: tuple[tuple[type[ParvisError], HTTPStatus], ...] = (
    (BadInput, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NotAllowed, HTTPStatus.FORBIDDEN),
    (Conflict, HTTPStatus.CONFLICT),
    (RemoteError, HTTPStatus.BAD_GATEWAY),
    (ParvisError, HTTPStatus.INTERNAL_SERVER_ERROR),
)


def words_of(error: ParvisError) -> str:
    """The error's sentence in the language of the request."""
    return error.text.in_language(get_language() or "en")


def answer(request: HttpRequest, error: ParvisError) -> HttpResponse:
    status = next(status for kind, status in _STATUSES if isinstance(error, kind))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("%s failed: %s", request.path, error, exc_info=error)
    return _show(request, status, title=_("This could not be done"), detail=words_of(error))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, DisallowedHost):
        return _not_ours(request)
    return _show(
        request,
        HTTPStatus.BAD_REQUEST,
        title=_("The browser sent something that cannot be read"),
        detail=_("Nothing was changed. Go back and try once more."),
    )


def _not_ours(request: HttpRequest) -> HttpResponse:
    """Opened under a name that nobody gave it; what it is called instead is not told to whoever asks."""
    called = str(request.META.get("HTTP_HOST") or request.META.get("SERVER_NAME", ""))[:_LONGEST_HOST]
    language = translation.get_language_from_request(request)
    with translation.override(language):
        response = _show(
            request,
            HTTPStatus.BAD_REQUEST,
            bare=True,
            title=_("This desk is not opened under this name"),
            detail=_(
                "To let it be opened here, whoever runs it sets PARVIS_ADDRESS=http://{host} and starts it again."
            ).format(host=called),
            has_no_way_on=True,
        )
    response.headers["Content-Language"] = language
    return response


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    return _show(
        request,
        HTTPStatus.FORBIDDEN,
        title=_("This is not open to you"),
        detail=_("Your role does not reach here. Somebody who manages people can change that."),
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    return _show(
        request,
        HTTPStatus.NOT_FOUND,
        title=_("There is nothing at this address"),
        detail=_("It was removed, it belongs to a department that you do not see, or the address is mistyped."),
    )


def broken(request: HttpRequest) -> HttpResponse:
    """Without the frame, which asks the database: that may be what is broken."""
    if trouble := house_trouble(sys.exception()):
        response = _show(
            request,
            HTTPStatus.SERVICE_UNAVAILABLE,
            title=_("This could not be done"),
            detail=words_of(trouble),
            bare=True,
        )
        if trouble.retry_after_s is not None:
            response.headers["Retry-After"] = f"{trouble.retry_after_s:.0f}"
        return response
    return _show(
        request,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        bare=True,
        title=_("Parvis made a mistake"),
        detail=_("What was saved before is safe; the last step was not carried out. It is written in the log."),
    )


def _show(request: HttpRequest, status: HTTPStatus, *, bare: bool = False, **words: Any) -> HttpResponse:
    if request.headers.get("HX-Request") == "true":
        response = render(request, "components/error_toast.html", words, status=status)
        response.headers["HX-Reswap"] = "none"
        return response
    bare = bare or getattr(request, "member", None) is None
    context = {**words, "bare": bare, "typed": typed_in(request)}
    return render(request, "components/error_page.html", context, status=status)
