"""The alert rules of a query: tried on what was, made, changed, muted, switched off, removed."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from parvis.core.errors import BadInput, Conflict
from parvis.listening.alerts import queries
from parvis.listening.alerts.explaining import sentence_of, what_of
from parvis.listening.alerts.learning import Terms
from parvis.listening.alerts.rehearsal import rehearse
from parvis.listening.alerts.rules import add_rule, change_rule, mute_rule, remove_rule, switch_rule
from parvis.listening.models import AlertKind, AlertRule, Per, SavedQuery
from parvis.orgs.access import may, must
from parvis.orgs.house import house_zone
from parvis.orgs.rights import Action
from parvis.web.asked import asked_number
from parvis.web.errors import words_of
from parvis.web.screens.alerts.forms import RuleForm, TermsForm, initial_of, terms_from
from parvis.web.screens.listen.views import query_for

RINGS_SHOWN = 10
_LONGEST_MUTE_H = 24 * 30


@require_GET
def index(request: HttpRequest, key: int) -> HttpResponse:
    member, query = request.member, query_for(request, key)  # type: ignore[attr-defined]
    rows = [{"row": row, "what": rule_words(row.rule)} for row in queries.rules_of(query)]
    may_change = may(member, Action.LISTEN, query if query.department_id else None)
    return render(request, "screens/alerts/rules.html", {"query": query, "rows": rows, "may_change": may_change})


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, key: int) -> HttpResponse:
    member, query = request.member, query_for(request, key)  # type: ignore[attr-defined]
    _must_listen(request, query)
    first = {"members": [str(member.pk)], "kind": AlertKind.VOLUME, "false_a_month": 0.5}
    form = RuleForm(request.POST or None, query=query, member=member, initial=first)
    if form.is_valid() and "try" not in request.POST:
        try:
            add_rule(query, member, form.wish(), now=request.now)  # type: ignore[attr-defined]
        except BadInput as error:
            form.add_error(None, words_of(error))
        else:
            messages.success(request, _("The rule looks from now on."))
            return redirect("alert-rules", query.pk)
    return _form(request, form, query, None)


@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, key: int) -> HttpResponse:
    member, rule = request.member, _rule_for(request, key)  # type: ignore[attr-defined]
    _must_listen(request, rule.query)
    initial = None if request.POST else initial_of(rule)
    form = RuleForm(request.POST or None, query=rule.query, member=member, initial=initial)
    if form.is_valid() and "try" not in request.POST:
        try:
            change_rule(
                rule, member, form.wish(), revision=form.cleaned_data["revision"] or 0,
                now=request.now,  # type: ignore[attr-defined]
            )  # fmt: skip
        except (BadInput, Conflict) as error:
            form.add_error(None, words_of(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("alert-rules", rule.query_id)
    return _form(request, form, rule.query, rule)


@require_GET
def preview(request: HttpRequest, key: int) -> HttpResponse:
    """When the rule that is being typed would have rung."""
    query = query_for(request, key)
    form = TermsForm(request.GET)
    context = _tried(request, query, terms_from(form.cleaned_data)) if form.is_valid() else {}
    return render(request, "screens/alerts/preview.html", context)


@require_POST
def switch(request: HttpRequest, key: int) -> HttpResponse:
    rule = _rule_for(request, key)
    is_on = request.POST.get("is_on") == "1"
    switch_rule(rule, request.member, is_on=is_on, now=request.now)  # type: ignore[attr-defined]
    messages.success(request, _("The rule looks from now on.") if is_on else _("The rule is off."))
    return redirect("alert-rules", rule.query_id)


@require_POST
def mute(request: HttpRequest, key: int) -> HttpResponse:
    """For some hours; for none, it rings again."""
    rule, now = _rule_for(request, key), request.now  # type: ignore[attr-defined]
    hours = asked_number(request.POST.get("hours", ""))
    if hours is None or hours > _LONGEST_MUTE_H:
        raise Http404
    until = now + timedelta(hours=hours) if hours else None
    mute_rule(rule, request.member, until=until, now=now)  # type: ignore[attr-defined]
    messages.success(
        request,
        _("The rule is muted: what happens is kept and told to nobody.") if until else _("The rule rings again."),
    )
    return redirect("alert-rules", rule.query_id)


@require_POST
def remove(request: HttpRequest, key: int) -> HttpResponse:
    rule = _rule_for(request, key)
    remove_rule(rule, request.member, now=request.now)  # type: ignore[attr-defined]
    messages.success(request, _("The rule is removed. What it rang stays."))
    return redirect("alert-rules", rule.query_id)


def rule_words(rule: AlertRule) -> str:
    """What it rings at, in a few words."""
    if rule.kind == AlertKind.THRESHOLD:
        words = _("more than {n} a day") if rule.per == Per.DAY else _("more than {n} an hour")
        return words.format(n=rule.threshold)
    if rule.kind == AlertKind.AUTHOR:
        return _("{authors} speaks").format(authors=", ".join(rule.authors))
    ways = ("more", "less") if rule.way == "any" else (rule.way,)
    return ", ".join(what_of(rule.kind, way) for way in ways)


def _form(request: HttpRequest, form: RuleForm, query: SavedQuery, rule: AlertRule | None) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "query": query, "rule": rule}
    tried = TermsForm(request.POST) if request.POST else None
    if tried is not None and tried.is_valid():
        context |= _tried(request, query, terms_from(tried.cleaned_data))
    status = 422 if form.errors and "try" not in request.POST else 200
    return render(request, "screens/alerts/form.html", context, status=status)


def _tried(request: HttpRequest, query: SavedQuery, terms: Terms) -> dict[str, Any]:
    try:
        tried = rehearse(query, terms, zone=house_zone(), now=request.now)  # type: ignore[attr-defined]
    except BadInput as error:
        return {"problem": words_of(error)}
    shown = [{"sign": ring, "sentence": sentence_of(ring)} for ring in reversed(tried.rings[-RINGS_SHOWN:])]
    return {"rehearsal": tried, "ring_count": len(tried.rings), "rings": shown}


def _rule_for(request: HttpRequest, key: int) -> AlertRule:
    found = queries.rule_of(request.member, key)  # type: ignore[attr-defined]
    if found is None:
        raise Http404
    return found


def _must_listen(request: HttpRequest, query: SavedQuery) -> None:
    must(request.member, Action.LISTEN, query if query.department_id else None)  # type: ignore[attr-defined]
