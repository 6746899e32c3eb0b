"""Where other systems post to: no sign-in, no cookies, no form; the signature alone counts.

Whoever cannot sign learns nothing: an address that was never given out, a removed channel and a wrong
secret are answered alike.
"""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, JsonResponse
from django.http.request import RawPostDataException, UnreadablePostError
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from parvis.channels.hooks import Receipt, genuine_channel, take_delivery
from parvis.channels.models import Channel, ChannelState
from parvis.core.connector import Delivery
from parvis.core.errors import BadInput
from parvis.web.errors import words_of
from parvis.web.slowing import is_too_often

MOST_BYTES = 1_000_000
MOST_A_MINUTE = 600
"""Deliveries to one channel."""
MOST_REFUSED_A_MINUTE = 60
"""Of one network address, before it is only told to slow down."""
_PAUSE_S = 60


@csrf_exempt
@login_not_required
@require_POST
def receive(request: HttpRequest, key: str) -> JsonResponse:
    """202 once the delivery is stored; else a sentence says why it is not."""
    now = request.now  # type: ignore[attr-defined]
    try:
        body = _body(request)
    except (RawPostDataException, UnreadablePostError):
        return _refused(HTTPStatus.BAD_REQUEST, _("The body could not be read: post JSON, with its length."))
    if body is None:
        return _refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _("A delivery has 1 MB at most."))
    delivery = Delivery(headers={name.lower(): value for name, value in request.headers.items()}, body=body)
    try:
        channel = genuine_channel(key, delivery, now=now)
    except BadInput as error:
        return _not_genuine(request, error)
    return _taken_in(channel, delivery, now=now)


def _taken_in(channel: Channel, delivery: Delivery, *, now: datetime) -> JsonResponse:
    if is_too_often("hook-channel", str(channel.pk), most=MOST_A_MINUTE, span_s=_PAUSE_S):
        return _slower(_("This channel takes 600 deliveries a minute at most. Try again in a minute."))
    if channel.state != ChannelState.ACTIVE:
        said = _("This channel is paused. Deliver again once it is resumed.")
        return _slower(said, status=HTTPStatus.SERVICE_UNAVAILABLE)
    try:
        receipt = take_delivery(channel, delivery, now=now)
    except BadInput as error:
        return _refused(HTTPStatus.UNPROCESSABLE_ENTITY, words_of(error))
    return JsonResponse(_told(receipt), status=HTTPStatus.ACCEPTED)


def _body(request: HttpRequest) -> bytes | None:
    """None where it is too large."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdigit() and int(length) > MOST_BYTES:
        return None
    try:
        body = request.body
    except RequestDataTooBig:
        return None
    return body if len(body) <= MOST_BYTES else None


def _not_genuine(request: HttpRequest, error: BadInput) -> JsonResponse:
    """Slowed down only where it was refused: behind a proxy, everybody has one address."""
    if is_too_often("hook-refused", request.META.get("REMOTE_ADDR", ""), most=MOST_REFUSED_A_MINUTE, span_s=_PAUSE_S):
        return _slower(_("Too many deliveries from here were refused. Try again in a minute."))
    return _refused(HTTPStatus.UNAUTHORIZED, words_of(error))


def _told(receipt: Receipt) -> dict[str, Any]:
    taken = receipt.taken
    return {
        "delivery": receipt.delivery_id,
        "known": receipt.is_known,
        "new": taken.new_count,
        "changed": taken.changed_count,
        "not_read": taken.problem_count,
    }


def _slower(detail: str, *, status: HTTPStatus = HTTPStatus.TOO_MANY_REQUESTS) -> JsonResponse:
    response = _refused(status, detail)
    response.headers["Retry-After"] = str(_PAUSE_S)
    return response


def _refused(status: HTTPStatus, detail: str) -> JsonResponse:
    return JsonResponse({"error": detail}, status=status)
