"""What the forms of the planning screens send, read with care; and answers to them."""

from collections.abc import Callable
from datetime import date, time
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy

from parvis.channels.models import Channel
from parvis.channels.queries import channels_of
from parvis.channels.registry import can
from parvis.core.connector import Can
from parvis.core.errors import FieldMissing, NotAllowed, ParvisError
from parvis.core.wording import Text
from parvis.orgs.models import Department
from parvis.orgs.queries import departments_where
from parvis.orgs.rights import Action
from parvis.publishing.models import Colour
from parvis.web.asked import asked_number, asked_numbers
from parvis.web.errors import words_of

COLOURS = [
    (Colour.BLUE.value, gettext_lazy("Blue")), (Colour.TEAL.value, gettext_lazy("Teal")),
    (Colour.GREEN.value, gettext_lazy("Green")), (Colour.AMBER.value, gettext_lazy("Amber")),
    (Colour.RED.value, gettext_lazy("Red")), (Colour.PINK.value, gettext_lazy("Pink")),
    (Colour.VIOLET.value, gettext_lazy("Violet")), (Colour.GREY.value, gettext_lazy("Grey")),
]  # fmt: skip
WEEK = [(number, WEEKDAYS[number]) for number in range(7)]


def answered(request: HttpRequest, act: Callable[[], str], to: str, *arguments: object) -> HttpResponse:
    """Back on the page, with what was done or why not."""
    try:
        messages.success(request, act())
    except NotAllowed:
        raise
    except ParvisError as error:
        messages.error(request, words_of(error))
    return redirect(to, *arguments)


def asked_department(request: Any) -> Department:
    """Where the member may plan. Raises NotAllowed where nowhere, FieldMissing where none was chosen."""
    rows = places(request)
    if not rows:
        raise NotAllowed(action=str(Action.PUBLISH.label))
    key = asked_number(request.POST.get("department", ""))
    found = next((one for one in rows if one.pk == key), None)
    if found is None:
        if key is not None:
            raise NotAllowed(action=str(Action.PUBLISH.label))
        raise FieldMissing(field=Text("department", "département"))
    return found


def places(request: Any) -> list[Department]:
    return [one for one in departments_where(request.member, Action.PUBLISH) if one.closed_at is None]


def posting_channels(request: Any) -> list[Channel]:
    """Those that take posts, of what the member sees."""
    rows = channels_of(request.member).filter(removed_at__isnull=True)
    return [one for one in rows if can(one, Can.PUBLISH)]


def chosen_channels(request: Any, name: str = "channels") -> list[Channel]:
    keys = set(asked_numbers(request.POST.getlist(name)))
    return [one for one in posting_channels(request) if one.pk in keys]


def asked_date(written: str, field: Text) -> date | None:
    """None where nothing was written. Raises FieldMissing where it is no day."""
    if not written.strip():
        return None
    try:
        return date.fromisoformat(written.strip())
    except ValueError:
        raise FieldMissing(field=field) from None


def asked_time(written: str) -> time:
    """Raises FieldMissing."""
    try:
        return time.fromisoformat(written.strip()).replace(tzinfo=None)
    except ValueError:
        raise FieldMissing(field=Text("time", "heure")) from None


def zones(request: Any, *more: str) -> list[str]:
    """The house's, the member's own, and what stands there already."""
    house = request.house.zone if request.house is not None else "UTC"
    return list(dict.fromkeys(zone for zone in (house, request.member.zone, *more) if zone))
