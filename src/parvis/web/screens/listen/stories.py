"""Stories: what several sources tell, and how each went round."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from parvis.listening import story_queries
from parvis.orgs.access import reach_of
from parvis.orgs.rights import Action
from parvis.web.screens.listen.lines import cut_title, match_line


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    member, department = _who(request)
    page = story_queries.story_page(member, department=department, cursor=request.GET.get("after", ""))
    context = {
        "stories": [{"story": one, "title": cut_title(one.founder.title, one.founder.text)} for one in page.stories],
        "next_url": f"{reverse('stories')}?{urlencode({'after': page.next})}" if page.next else "",
    }
    return render(request, "screens/listen/stories.html", context)


@require_GET
def story(request: HttpRequest, key: int) -> HttpResponse:
    member, _department = _who(request)
    found = story_queries.story_of(member, key)
    if found is None:
        raise Http404
    spread = story_queries.spread_of(found, member)
    now = request.now  # type: ignore[attr-defined]
    context = {
        "story": found,
        "title": cut_title(found.founder.title, found.founder.text),
        "lines": [match_line(row, story_queries.NOTHING_MARKED, now=now) for row in spread.rows],
        "spread": spread,
        "query_url": f"{reverse('query-new')}?{urlencode({'q': f'story:{found.pk}'})}",
        "may_listen": reach_of(member).anywhere(Action.LISTEN),
    }
    return render(request, "screens/listen/story.html", context)


def _who(request: Any) -> tuple[Any, Any]:
    return request.member, request.department
