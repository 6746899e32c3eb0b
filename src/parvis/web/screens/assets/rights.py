"""Whose an asset is and who is shown in it: noted, changed, and taken back with what that stops."""

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from parvis.assets.models import Asset
from parvis.assets.queries import asset_for, right_for
from parvis.assets.services import RightWish, add_right, change_right
from parvis.channels.queries import channels_of
from parvis.core.errors import BadInput, NotAllowed, ParvisError
from parvis.core.wording import Text
from parvis.publishing.services import withdraw_consent
from parvis.web.asked import asked_number, asked_numbers
from parvis.web.errors import words_of
from parvis.web.screens.assets.page import asset_or_404, shown


@require_POST
def add(request: HttpRequest, key: int) -> HttpResponse:
    asset = asset_or_404(request, key)
    member, now = request.member, request.now  # type: ignore[attr-defined]
    try:
        add_right(asset, member, _wish(request), now=now)
    except NotAllowed:
        raise
    except ParvisError as error:
        messages.error(request, words_of(error))
    else:
        messages.success(request, _("Noted."))
    return redirect("asset", key)


@require_POST
def change(request: HttpRequest, key: int) -> HttpResponse:
    """It is written anew, or (verb “withdraw”) taken back."""
    member, now = request.member, request.now  # type: ignore[attr-defined]
    right = right_for(member, key)
    if right is None:
        raise Http404
    try:
        if request.POST.get("verb") == "withdraw":
            found = withdraw_consent(right, member, now=now)
            return shown(request, asset_or_404(request, right.asset_id), withdrawn=found)
        change_right(right, member, _wish(request, others=right.channels), now=now)
    except NotAllowed:
        raise
    except ParvisError as error:
        messages.error(request, words_of(error))
    else:
        messages.success(request, _("Kept."))
    return redirect("asset", right.asset_id)


def _wish(request: HttpRequest, *, others: list[int] | None = None) -> RightWish:
    """`others`: channels that it is for already; those that the member does not see stay in it."""
    given = request.POST
    seen = set(channels_of(request.member).values_list("pk", flat=True))  # type: ignore[attr-defined]
    chosen = [one for one in asked_numbers(given.getlist("channels")) if one in seen]
    chosen += [one for one in others or [] if one not in seen]
    return RightWish(
        kind=given.get("kind", ""),
        holder=given.get("holder", ""),
        channels=tuple(chosen),
        territory=given.get("territory", ""),
        starts_on=_day(given.get("starts_on", "")),
        ends_on=_day(given.get("ends_on", "")),
        note=given.get("note", ""),
        document=_document(request),
    )


def _document(request: HttpRequest) -> Asset | None:
    key = asked_number(request.POST.get("document", ""))
    if key is None:
        return None
    found = asset_for(request.member, key)  # type: ignore[attr-defined]
    if found is None:
        raise BadInput(detail=Text("there is no such asset", "il n’y a pas de tel média"))
    return found


def _day(written: str) -> date | None:
    if not written.strip():
        return None
    try:
        return date.fromisoformat(written.strip())
    except ValueError:
        raise BadInput(detail=Text("this is no day", "ce n’est pas un jour")) from None
