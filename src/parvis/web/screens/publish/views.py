"""The lists of posts, and what a post said at each time."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from parvis.assets.queries import titles_of
from parvis.channels.queries import channels_of
from parvis.orgs.access import may, reach_of
from parvis.orgs.rights import Action
from parvis.publishing import queries
from parvis.publishing.differing import assets_of_version, diff_versions
from parvis.publishing.models import Post, PostState, PostVersion
from parvis.web.asked import asked_number
from parvis.web.screens.publish.lists import PAGE, TABS, cursor_of, post_lines, read_cursor, tab_called
from parvis.web.screens.publish.words import field_name

VERSIONS_SHOWN = 20
OPEN_STATES = (PostState.DRAFT, PostState.REVIEW, PostState.READY, PostState.PLANNED, PostState.HELD)
"""In which a post can still be written."""


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    member, department = request.member, request.department  # type: ignore[attr-defined]
    tab, before = tab_called(request.GET.get("tab", "")), read_cursor(request.GET.get("before", ""))
    posts = queries.posts_of(member, states=tab.states, department=department, before=before, limit=PAGE + 1)
    shown = posts[:PAGE]
    counts = queries.post_counts(member, department=department)
    seen = set(channels_of(member).values_list("pk", flat=True)) if shown else set()
    context = {
        "tab": tab,
        "tabs": [(one, sum(counts.get(state, 0) for state in one.states)) for one in TABS],
        "lines": post_lines(shown, tab=tab, seen=seen),
        "next_url": _next_url(tab.name, shown[-1]) if len(posts) > PAGE else "",
        "is_older": before is not None,
        "may_draft": reach_of(member).anywhere(Action.DRAFT),
        "may_plan": reach_of(member).anywhere(Action.PUBLISH),
    }
    return render(request, "screens/publish/list.html", context)


@require_GET
def versions(request: HttpRequest, key: int) -> HttpResponse:
    """Each with what changed since the one before."""
    post = post_for(request, key)
    below = asked_number(request.GET.get("before", ""))
    rows = queries.versions_of(post)
    found = list((rows.filter(number__lt=below) if below else rows)[: VERSIONS_SHOWN + 1])
    names = dict(channels_of(request.member).values_list("pk", "name"))  # type: ignore[attr-defined]
    titles = titles_of(request.member, {key for one in found for key in assets_of_version(one)})  # type: ignore[attr-defined]
    shown = found[:VERSIONS_SHOWN]
    context = {
        "post": post,
        "versions": [_version(one, _before(one, found), names, titles) for one in shown],
        "next_url": f"?before={shown[-1].number}" if len(found) > VERSIONS_SHOWN else "",
    }
    return render(request, "screens/publish/versions.html", context)


def post_for(request: HttpRequest, key: int) -> Post:
    """Raises Http404 where there is none that the member sees."""
    found = queries.post_for(request.member, key)  # type: ignore[attr-defined]
    if found is None:
        raise Http404
    return found


def may_write(request: HttpRequest, post: Post) -> bool:
    return post.state in OPEN_STATES and may(request.member, Action.DRAFT, post)  # type: ignore[attr-defined]


def _version(
    version: PostVersion, before: PostVersion | None, names: dict[int, str], titles: dict[int, str]
) -> dict[str, Any]:
    diffs = [] if before is None else diff_versions(before, version, titles=titles)
    shown = [
        {"field": field_name(one.field), "channel": names.get(one.channel_id or 0, ""), "pieces": one.pieces}
        for one in diffs
        if one.channel_id is None or one.channel_id in names
    ]
    return {"version": version, "diffs": shown, "is_first": before is None}


def _before(version: PostVersion, found: list[PostVersion]) -> PostVersion | None:
    """The one that it came after: what was put aside never stood there."""
    later = (one for one in found if one.number < version.number and not one.is_aside)
    return next(later, None)


def _next_url(tab: str, last: Post) -> str:
    return f"{reverse('publish')}?{urlencode({'tab': tab, 'before': cursor_of(last)})}"
