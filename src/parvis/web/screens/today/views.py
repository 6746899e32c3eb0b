"""The first page of a day: what waits for me, what is late, who named me, what is stuck."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from parvis.channels.effect_queries import stuck_effects
from parvis.inbox.lookups import channels_in_trouble
from parvis.inbox.notes import unseen_mentions
from parvis.inbox.queries import conversation_page, view_counts
from parvis.inbox.rows import ViewRow
from parvis.listening.alerts.queries import open_episodes
from parvis.orgs.access import reach_of
from parvis.orgs.rights import Action
from parvis.publishing.commenting import unseen_post_mentions
from parvis.web import rail
from parvis.web.screens.alerts.lines import episode_lines
from parvis.web.screens.inbox.lines import lines_of

LATE_AFTER = timedelta(days=2)
SHOWN = 5
MINE = "is:mine state:open"
NEW_HOUSE_FOR = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Figure:
    count: str
    label: str
    url: str


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    member, now, department = _who(request)
    if request.GET.get("part") == "mine":
        return _mine(request)
    context = {
        "figures": _figures(member, now, department),
        "mine_url": _list_url(MINE),
        "mentions": unseen_mentions(member)[:SHOWN],
        "post_mentions": unseen_post_mentions(member)[:SHOWN],
        "troubled": channels_in_trouble(member, limit=SHOWN),
        "may_see_channels": reach_of(member).anywhere(Action.SEE_CHANNELS),
        "stuck_count": stuck_effects(member).count() if reach_of(member).anywhere(Action.DECIDE) else 0,
        "alerts": episode_lines(open_episodes(member, department=department, limit=SHOWN)),
        "offers": _offers(request),
    }
    return render(request, "screens/today/page.html", context)


def _mine(request: HttpRequest) -> HttpResponse:
    """What is assigned to me: comes after the page, which is there at once."""
    member, now, department = _who(request)
    page = conversation_page(member, MINE, now=now, department=department, limit=SHOWN)
    lines = lines_of(page.rows, now=now, query={"q": MINE}, open_id=None)
    return render(request, "screens/today/mine.html", {"lines": lines})


def _figures(member: Any, now: Any, department: Any) -> list[Figure]:
    """Three, each a link to what it counts."""
    day = timezone.localtime(now - LATE_AFTER).date().isoformat()
    wanted = (
        (_("to decide, now"), "is:held"),
        (_("open and unanswered, now"), "state:open is:unanswered"),
        (_("unanswered for two days or more"), f"state:open is:unanswered date:..{day}"),
    )
    views = [
        ViewRow(id=number, name=label, query=query, is_shared=True, is_own=False, department_id=None, position=number)
        for number, (label, query) in enumerate(wanted)
    ]
    counts = view_counts(member, views, now=now, department=department)
    return [Figure(counts[view.id], view.name, _list_url(view.query)) for view in views]


def _offers(request: HttpRequest) -> list[rail.Entry]:
    """The next steps, while the house is new."""
    member, now, _department = _who(request)
    house = request.house  # type: ignore[attr-defined]
    if house is None or now - house.created_at > NEW_HOUSE_FOR:
        return []
    return rail.entries(rail.NEW, member, "")


def _list_url(query: str) -> str:
    return f"{reverse('inbox')}?{urlencode({'q': query})}"


def _who(request: Any) -> tuple[Any, Any, Any]:
    return request.member, request.now, request.department
