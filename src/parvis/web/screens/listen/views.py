"""Reading what the house listens for: the queries, what each found, and what one would find."""

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from parvis.core.errors import QueryNotForListening, QueryNotUnderstood
from parvis.core.query.parser import parse_query
from parvis.core.query.tree import Query
from parvis.jobs.models import JobState
from parvis.listening import queries
from parvis.listening.models import SavedQuery
from parvis.orgs.access import may, reach_of
from parvis.orgs.rights import Action
from parvis.web.asked import asked_number
from parvis.web.errors import words_of
from parvis.web.screens.listen.charts import bars
from parvis.web.screens.listen.forms import HOUSE
from parvis.web.screens.listen.lines import match_line


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    return _list(request, archived=False)


@require_GET
def archived(request: HttpRequest) -> HttpResponse:
    return _list(request, archived=True)


@require_GET
def query(request: HttpRequest, key: int) -> HttpResponse:
    """The page, or the piece of it that asks for itself again, with no more read than it shows."""
    member, now = _who(request)
    found, part = query_for(request, key), request.GET.get("part", "")
    job = queries.look_back_of(found)
    context: dict[str, Any] = {
        "query": found,
        "job": job,
        "job_runs": job is not None and job.state in (JobState.WAITING, JobState.RUNNING),
        "may_change": may(member, Action.LISTEN, found if found.department_id else None),
    }
    if part == "job":
        return render(request, "screens/listen/job.html", context)
    context |= _matches(request, found)
    if part == "matches":
        return render(request, "screens/listen/matches.html", context)
    row = queries.QueryRow(found, queries.days_of(found, zone=timezone.get_current_timezone(), now=now))
    context |= {"row": row, "chart": bars(row.days, height=64, base=reverse("query", args=[key]))}
    return render(request, "screens/listen/query.html", context | {"here": request.get_full_path()})


def _matches(request: HttpRequest, query: SavedQuery) -> dict[str, Any]:
    member, now = _who(request)
    day, tree = _day(request.GET.get("day", "")), tree_of(query.text)
    before = asked_number(request.GET.get("before", ""))
    page = queries.match_page(member, query, before=before, day=day, zone=timezone.get_current_timezone())
    return {
        "lines": [match_line(row, tree, now=now) for row in page.rows],
        "next_url": _following(reverse("query", args=[query.pk]), page.next, day),
        "day": day,
        "may_open": reach_of(member).anywhere(Action.ASSIGN),
    }


@require_GET
def versions(request: HttpRequest, key: int) -> HttpResponse:
    found = query_for(request, key)
    return render(request, "screens/listen/versions.html", {"query": found, "versions": queries.versions_of(found)})


@require_GET
def preview(request: HttpRequest) -> HttpResponse:
    """What a query that is being typed finds; or what is wrong with it, and where."""
    member, now = _who(request)
    text = " ".join(request.GET.get("text", "").split())
    context: dict[str, Any] = {"text": text}
    if text:
        try:
            found = queries.preview(
                member, text, department=_department(request), hears_house=_is_of_house(request), now=now
            )
        except QueryNotUnderstood as error:
            context |= {"problem": words_of(error), "error": error, "caret": caret_of(text, error)}
        except QueryNotForListening as error:
            context |= {"problem": words_of(error)}
        else:
            tree = parse_query(text)
            context |= {"preview": found, "lines": [match_line(row, tree, now=now) for row in found.rows]}
    return render(request, "screens/listen/preview.html", context)


def caret_of(text: str, error: QueryNotUnderstood) -> tuple[str, str, str]:
    """The query before, at and after the fault."""
    start, end = min(error.start, len(text)), max(min(error.end, len(text)), error.start)
    return text[:start], text[start:end] or " ", text[end:]


def query_for(request: HttpRequest, key: int) -> SavedQuery:
    """Raises Http404 where there is none that the member sees."""
    found = queries.query_of(_who(request)[0], key)
    if found is None:
        raise Http404
    return found


def _list(request: HttpRequest, *, archived: bool) -> HttpResponse:
    member, now = _who(request)
    department = request.department  # type: ignore[attr-defined]
    rows = queries.query_rows(
        member, zone=timezone.get_current_timezone(), now=now, department=department, archived=archived
    )
    context = {
        "rows": [{"row": row, "chart": bars(row.days, height=24)} for row in rows],
        "archived": archived,
        "may_listen": reach_of(member).anywhere(Action.LISTEN),
    }
    return render(request, "screens/listen/list.html", context)


def tree_of(text: str) -> Query:
    try:
        return parse_query(text)
    except QueryNotUnderstood:  # of an older release: its page still shows what it found
        return Query(None)


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def _following(here: str, before: int | None, day: date | None) -> str:
    if before is None:
        return ""
    return f"{here}?before={before}" + (f"&day={day.isoformat()}" if day else "")


def _department(request: HttpRequest) -> Any:
    key = asked_number(request.GET.get("department", ""))
    return next((one for one in request.departments if one.pk == key), None)  # type: ignore[attr-defined]


def _is_of_house(request: HttpRequest) -> bool:
    return request.GET.get("department") == HOUSE or request.GET.get("hears_house") == "on"


def _who(request: Any) -> tuple[Any, Any]:
    return request.member, request.now
