"""The channels and how they are; one of them with everything about it."""

from datetime import timedelta
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_safe

from parvis.channels.effect_queries import stuck_effects
from parvis.channels.health_queries import (
    channel_watched_by,
    channels_watched_by,
    jobs_of,
    orders_of,
    received_lately,
    waiting_with_bodies,
)
from parvis.channels.models import Channel, ChannelState
from parvis.channels.outbox import right_for
from parvis.channels.registry import connectors, file_readers
from parvis.orgs.access import may, must, reach_of
from parvis.orgs.audit import history_of
from parvis.orgs.queries import departments_of, departments_where
from parvis.orgs.rights import Action
from parvis.orgs.wanted import zones
from parvis.web.screens.channels import changing
from parvis.web.screens.channels.files import job_card
from parvis.web.screens.channels.forms import ChangeForm, FileForm
from parvis.web.screens.channels.guides import folder_of
from parvis.web.screens.channels.lines import (
    channel_line,
    drift_lines,
    history_lines,
    order_lines,
    order_words,
    received_lines,
)
from parvis.web.screens.channels.words import can_words

JOBS_SHOWN_FOR = timedelta(days=7)
HISTORY_SHOWN = 10
STUCK_SHOWN = 10
DRIFT_SHOWN = 5


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    member, department = request.member, request.department  # type: ignore[attr-defined]
    reach = reach_of(member)
    if not reach.anywhere(Action.SEE_CHANNELS):
        must(member, Action.SEE_CHANNELS)
    rows = channels_watched_by(member, department_id=department.pk if department else None)
    context = {
        "lines": [channel_line(row, may_manage=may(member, Action.MANAGE_CHANNELS, row)) for row in rows],
        "may_add": reach.anywhere(Action.MANAGE_CHANNELS),
        "shows_departments": department is None and len(departments_of(member)) > 1,
    }
    return render(request, "screens/channels/list.html", context)


def channel(request: HttpRequest, key: int) -> HttpResponse:
    """The page; a POST changes name, department and kinds."""
    row = watched(request, key)
    form = None
    if may(request.member, Action.MANAGE_CHANNELS, row):  # type: ignore[attr-defined]
        form = _change_form(request, row)
        if form.is_valid() and changing.change(request, row, form):
            return redirect("channel", row.pk)
    elif request.method == "POST":
        must(request.member, Action.MANAGE_CHANNELS, row)  # type: ignore[attr-defined]
    return render(
        request, "screens/channels/page.html", _context(request, row, form), status=422 if form and form.errors else 200
    )


@require_safe
def logo(_request: HttpRequest, slug: str) -> FileResponse:
    """A picture may hold scripts: as a page of its own it may do nothing."""
    folder = folder_of(slug)
    path = folder / "logo.svg" if folder else None
    if path is None or not path.is_file():
        raise Http404
    response = FileResponse(path.open("rb"), content_type="image/svg+xml")
    response.headers["Cache-Control"] = "private, max-age=86400"
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response


def watched(request: HttpRequest, key: int) -> Channel:
    row = channel_watched_by(request.member, key)  # type: ignore[attr-defined]
    if row is None:
        raise Http404
    return row


def _change_form(request: HttpRequest, row: Channel) -> ChangeForm:
    departments = departments_where(request.member, Action.MANAGE_CHANNELS)  # type: ignore[attr-defined]
    initial = {
        "name": row.name,
        "department_id": row.department_id,
        "opens_conversations": row.opens_conversations,
        "audience_zone": row.audience_zone,
    }
    connector = connectors().get(row.connector)
    has_audience = connector is not None and connector.publishing is not None
    return ChangeForm(request.POST or None, departments=departments, has_audience=has_audience, initial=initial)


def _context(request: HttpRequest, row: Channel, form: ChangeForm | None) -> dict[str, Any]:
    member, now = request.member, request.now  # type: ignore[attr-defined]
    may_manage = form is not None
    connector = connectors().get(row.connector)
    drift = waiting_with_bodies(row, limit=DRIFT_SHOWN + 1)
    stuck = stuck_effects(member).filter(channel=row)[:STUCK_SHOWN]
    history = history_of("channel", row.pk)[:HISTORY_SHOWN] if may(member, Action.SEE_AUDIT, row) else []
    return {
        "channel": row,
        "line": channel_line(row, may_manage=may_manage),
        "may_manage": may_manage,
        "is_paused": row.state == ChannelState.PAUSED,
        "asks_credentials": bool(connector and connector.credentials),
        "has_hook": bool(connector and connector.hook),
        "can": can_words(row.can),
        "form": form,
        "zones": zones() if form is not None and "audience_zone" in form.fields else (),
        "file_form": FileForm(),
        "takes_files": may_manage and bool(file_readers()),
        "stuck": [
            order_words(one, now=now, back=request.path, may_answer=may(member, right_for(one), one)) for one in stuck
        ],
        "drift": drift_lines(drift[:DRIFT_SHOWN], with_beginning=may_manage),
        "has_more_drift": len(drift) > DRIFT_SHOWN,
        "received": received_lines(received_lately(row)),
        "effects": order_lines(orders_of(row, member), now=now),
        "jobs": [job_card(one) for one in jobs_of(row, since=now - JOBS_SHOWN_FOR)],
        "history": history_lines(history),
    }
