"""Alerts: what rings now, what rang, and one event with all that is known of it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from parvis.core.errors import QueryNotUnderstood
from parvis.core.query.parser import parse_query
from parvis.core.query.tree import Query
from parvis.listening.alerts import queries
from parvis.listening.alerts.explaining import sentence_of
from parvis.listening.models import AlertEpisode
from parvis.orgs.access import may, reach_of
from parvis.orgs.rights import Action
from parvis.web.asked import asked_number
from parvis.web.screens.alerts.charts import chart_of
from parvis.web.screens.alerts.lines import episode_line, episode_lines
from parvis.web.screens.listen.lines import match_line


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    member, department = request.member, request.department  # type: ignore[attr-defined]
    before = asked_number(request.GET.get("before", ""))
    page = queries.episode_page(member, department=department, before=before)
    context = {
        "tab": "alerts",
        "open": episode_lines(page.open),
        "closed": episode_lines(page.closed),
        "next_url": f"{reverse('alerts')}?before={page.next}" if page.next else "",
        "failed_count": queries.failed_notices(member),
        "may_listen": reach_of(member).anywhere(Action.LISTEN),
        "is_older": before is not None,
    }
    return render(request, "screens/alerts/list.html", context)


@require_GET
def episode(request: HttpRequest, key: int) -> HttpResponse:
    member, now = request.member, request.now  # type: ignore[attr-defined]
    found = episode_for(request, key)
    signs = list(found.signs.all())
    tree = _tree(found.query.text)
    context = {
        "line": episode_line(found),
        "episode": found,
        "signs": [{"sign": sign, "sentence": sentence_of(sign)} for sign in signs],
        "chart": chart_of(queries.hours_around(signs[0], now=now), kind=signs[0].kind) if signs else None,
        "told": queries.told_of(found),
        "lines": [match_line(row, tree, now=now) for row in queries.items_behind(signs, member)],
        "may_act": may(member, Action.LISTEN, found.query if found.query.department_id else None),
        "has_others": any(sign.rule is not None and sign.rule.escalate_after_min is not None for sign in signs),
    }
    return render(request, "screens/alerts/episode.html", context)


def episode_for(request: HttpRequest, key: int) -> AlertEpisode:
    """Raises Http404 where there is none that the member sees."""
    found = queries.episode_of(request.member, key)  # type: ignore[attr-defined]
    if found is None:
        raise Http404
    return found


def _tree(text: str) -> Query:
    try:
        return parse_query(text)
    except QueryNotUnderstood:  # of an older release
        return Query(None)
