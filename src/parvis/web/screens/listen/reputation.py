"""Reputation: houses and topics side by side, one query by itself, and the items behind every figure."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from parvis.core.errors import ParvisError
from parvis.listening.models import Comparison, SavedQuery, Span
from parvis.listening.reputation import queries
from parvis.listening.reputation.figures import figures_of, seen_departments
from parvis.listening.reputation.items import item_page
from parvis.listening.reputation.periods import Cell, Period
from parvis.listening.reputation.services import add_annotation
from parvis.listening.reputation.tops import Origin, name_of, tops_of
from parvis.orgs.access import may, reach_of
from parvis.orgs.models import Department, Member
from parvis.orgs.rights import Action
from parvis.web.asked import asked_number
from parvis.web.errors import words_of
from parvis.web.screens.listen import reputation_words as words
from parvis.web.screens.listen.lines import match_line
from parvis.web.screens.listen.reputation_addresses import behind_of, below_of, below_written
from parvis.web.screens.listen.reputation_charts import highest, when
from parvis.web.screens.listen.reputation_csv import as_csv
from parvis.web.screens.listen.reputation_forms import AnnotationForm
from parvis.web.screens.listen.reputation_lines import side_line, top_lines, top_name
from parvis.web.screens.listen.reputation_periods import Asked, asked_period
from parvis.web.screens.listen.views import query_for, tree_of

Pairs = Sequence[tuple[str, SavedQuery]]
"""What stands side by side: its label, and the query that tells it."""


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    member, department = _who(request), request.department  # type: ignore[attr-defined]
    context = {
        "comparisons": queries.comparisons_of(member, department),
        "queries": queries.comparable_queries(member, department),
        "may_listen": reach_of(member).anywhere(Action.LISTEN),
    }
    return render(request, "screens/listen/reputation_list.html", context)


@require_http_methods(["GET", "POST"])
def comparison(request: HttpRequest, key: int) -> HttpResponse:
    member, found = _who(request), comparison_for(request, key)
    sides = queries.sides_of(found, member)
    context = {
        "comparison": found,
        "title": found.name,
        "hidden_count": sides.hidden_count,
        "csv_url": reverse("comparison-csv", args=[key]),
        "may_change": may(member, Action.LISTEN, found if found.department_id else None),
    }
    pairs = [(one.label, one.query) for one in sides.shown]
    return _page(request, pairs, context, department=found.department, usual=found.days)


@require_GET
def comparison_csv(request: HttpRequest, key: int) -> HttpResponse:
    found = comparison_for(request, key)
    pairs = [(one.label, one.query) for one in queries.sides_of(found, _who(request)).shown]
    return _csv(request, pairs, name=found.name, usual=found.days)


@require_http_methods(["GET", "POST"])
def query(request: HttpRequest, key: int) -> HttpResponse:
    found = query_for(request, key)
    context = {"query": found, "title": found.name, "csv_url": reverse("reputation-query-csv", args=[key])}
    return _page(request, [(found.name, found)], context, department=found.department, usual=Span.FOUR_WEEKS)


@require_GET
def query_csv(request: HttpRequest, key: int) -> HttpResponse:
    found = query_for(request, key)
    return _csv(request, [(found.name, found)], name=found.name, usual=Span.FOUR_WEEKS)


@require_GET
def items(request: HttpRequest, key: int) -> HttpResponse:
    """Exactly those that a figure counts."""
    member, found, behind = _who(request), query_for(request, key), behind_of(request.GET)
    if behind is None:
        raise Http404
    page = item_page(member, found, behind, below=below_of(request.GET.get("below", "")))
    tree, now = tree_of(found.text), request.now  # type: ignore[attr-defined]
    asked = request.GET.copy()
    if page.next:
        asked["below"] = below_written(page.next)
    origins = ((Origin.CHANNEL, behind.channel), (Origin.PROFILE, behind.profile), (Origin.STORY, behind.story))
    context = {
        "query": found,
        "page": page,
        "lines": [match_line(row, tree, now=now) for row in page.rows],
        "next_url": f"{request.path}?{asked.urlencode()}" if page.next else "",
        "may_open": reach_of(member).anywhere(Action.ASSIGN),
        "when": when(Cell(behind.begins, behind.ends)),
        "origins": [top_name(origin, *name_of(origin, one, member)) for origin, one in origins if one is not None],
        "known": behind.known,
    }
    return render(request, "screens/listen/reputation_items.html", context)


def comparison_for(request: HttpRequest, key: int) -> Comparison:
    """Raises Http404 where there is none that the member sees."""
    found = queries.comparison_of(_who(request), key)
    if found is None:
        raise Http404
    return found


def _page(
    request: HttpRequest, pairs: Pairs, context: dict[str, Any], *, department: Department | None, usual: int
) -> HttpResponse:
    """The figures; or with POST what happened is written beside them."""
    member = _who(request)
    form = AnnotationForm(request.POST or None, member=member, department=department, now=request.now)  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        try:
            add_annotation(
                member, form.cleaned_data["text"], at=form.cleaned_data["at"], department=form.chosen_department(),
                now=request.now,  # type: ignore[attr-defined]
            )  # fmt: skip
        except ParvisError as error:
            form.add_error("text", words_of(error))
        else:
            messages.success(request, _("Written beside the figures."))
            return redirect(request.get_full_path())
    asked = _asked(request, usual)
    context |= {"form": form, "asked": asked, "period": asked.period, "tab": "reputation", "spans": _spans(asked)}
    context |= _figures(request, pairs, asked.period, department)
    context |= _who_counts(member, pairs)
    return render(request, "screens/listen/reputation.html", context, status=422 if form.errors else 200)


def _figures(request: HttpRequest, pairs: Pairs, period: Period, department: Department | None) -> dict[str, Any]:
    member = _who(request)
    found = figures_of([one.pk for _label, one in pairs], member, period)
    annotations = queries.annotations_of(member, period, department)
    top = highest(found)
    of = asked_number(request.GET.get("of", ""))
    chosen = next((pair for pair in pairs if pair[1].pk == of), pairs[0] if pairs else None)
    return {
        "sides": [
            side_line(figures, one, label, top=top, annotations=annotations)
            for figures, (label, one) in zip(found, pairs, strict=True)
        ],
        "annotations": annotations,
        "may_listen": reach_of(member).anywhere(Action.LISTEN),
        "chosen": chosen,
        "tops": top_lines(chosen[1].pk, period, tops_of(chosen[1].pk, member, period)) if chosen else {},
        "days": words.days(period),
        "days_before": words.days(period.before),
        "is_counted": any(figures.change is not None for figures in found),
    }


def _who_counts(member: Member, pairs: Pairs) -> dict[str, Any]:
    """Whether a sentence says that the reader's departments alone are counted."""
    is_wide = any(one.hears_house for _label, one in pairs)
    return {"is_part": is_wide and seen_departments(member) is not None}


def _csv(request: HttpRequest, pairs: Pairs, *, name: str, usual: int) -> HttpResponse:
    period = _asked(request, usual).period
    found = figures_of([one.pk for _label, one in pairs], _who(request), period)
    return as_csv(name, [(label, figures) for (label, _one), figures in zip(pairs, found, strict=True)], period)


def _asked(request: HttpRequest, usual: int) -> Asked:
    now = request.now  # type: ignore[attr-defined]
    return asked_period(request.GET, usual=usual, now=now, zone=timezone.get_current_timezone())


def _spans(asked: Asked) -> list[tuple[int, str, bool]]:
    labels = {Span.WEEK: _("7 days"), Span.FOUR_WEEKS: _("28 days"), Span.QUARTER: _("13 weeks")}
    return [(span.value, labels[span], asked.days == span) for span in Span]


def _who(request: Any) -> Member:
    member: Member = request.member
    return member
