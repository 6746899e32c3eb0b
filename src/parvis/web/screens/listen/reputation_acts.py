"""Saving, changing and removing comparisons; taking annotations away."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from parvis.core.errors import ParvisError
from parvis.listening.models import Comparison
from parvis.listening.reputation import queries
from parvis.listening.reputation.services import (
    MOST_SIDES,
    change_comparison,
    remove_annotation,
    remove_comparison,
    save_comparison,
)
from parvis.orgs.access import must, reach_of
from parvis.orgs.rights import Action
from parvis.web.asked import asked_number
from parvis.web.errors import words_of
from parvis.web.screens.listen.reputation import comparison_for
from parvis.web.screens.listen.reputation_forms import ROWS_FIRST, ROWS_MORE, ComparisonForm, initial_of


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    member, _now = _who(request)
    if not reach_of(member).anywhere(Action.LISTEN):
        must(member, Action.LISTEN)
    chosen = request.department  # type: ignore[attr-defined]
    initial = {"department": str(chosen.pk) if chosen else None, "days": 28}
    return _edit(request, None, initial=initial, rows=ROWS_FIRST)


@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, key: int) -> HttpResponse:
    member, _now = _who(request)
    found = comparison_for(request, key)
    must(member, Action.LISTEN, found if found.department_id else None)
    initial = initial_of(found)
    return _edit(request, found, initial=initial, rows=sum(name.startswith("query") for name in initial) + 1)


@require_POST
def remove(request: HttpRequest, key: int) -> HttpResponse:
    member, now = _who(request)
    found = comparison_for(request, key)
    remove_comparison(found, member, now=now)
    messages.success(request, _("“{name}” is removed. Its queries stay.").format(name=found.name))
    return redirect("reputation")


@require_POST
def annotation_remove(request: HttpRequest, key: int) -> HttpResponse:
    member, now = _who(request)
    found = queries.annotation_of(member, key)
    if found is None:
        raise Http404
    remove_annotation(found, member, now=now)
    messages.success(request, _("Removed."))
    back = request.POST.get("back", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("/")
    return redirect(back if is_ours else reverse("reputation"))


def _edit(request: HttpRequest, found: Comparison | None, *, initial: dict[str, Any], rows: int) -> HttpResponse:
    """With `more` only further rows are shown, and what was typed stays."""
    member, _now = _who(request)
    shown = min(max(asked_number(request.POST.get("rows", "")) or rows, FEWEST_ROWS), MOST_SIDES)
    wants_more = "more" in request.POST
    form = ComparisonForm(
        request.POST or None, member=member, queries=queries.comparable_queries(member), initial=initial,
        row_count=shown + ROWS_MORE if wants_more else shown,
    )  # fmt: skip
    if not wants_more and form.is_valid():
        try:
            saved = _save(request, found, form)
        except ParvisError as error:
            form.add_error(None, words_of(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("comparison", saved.pk)
    context = {"form": form, "comparison": found, "tab": "reputation", "may_grow": form.row_count < MOST_SIDES}
    is_wrong = bool(form.errors) and not wants_more
    return render(request, "screens/listen/reputation_form.html", context, status=422 if is_wrong else 200)


FEWEST_ROWS = 2


def _save(request: HttpRequest, found: Comparison | None, form: ComparisonForm) -> Comparison:
    member, now = _who(request)
    if found is None:
        return save_comparison(member, form.wish(), now=now)
    change_comparison(found, member, form.wish(), now=now, revision=form.cleaned_data["revision"] or found.revision)
    return found


def _who(request: Any) -> tuple[Any, Any]:
    return request.member, request.now
