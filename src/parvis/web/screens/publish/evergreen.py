"""What is said again, on the screen: each rule in a sentence, what it chose and why, and what can be done about it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from parvis.core.errors import FieldMissing, NotAllowed, ParvisError
from parvis.core.wording import Text
from parvis.orgs.access import may
from parvis.orgs.rights import Action
from parvis.publishing import lookups
from parvis.publishing.evergreen import (
    close_evergreen,
    pool_of,
    refuse_pick,
    save_evergreen,
    switch_evergreen,
    take_pick,
)
from parvis.publishing.models import Evergreen, EvergreenMode, EvergreenPick, PickState, PostState
from parvis.web.asked import asked_number
from parvis.web.errors import words_of
from parvis.web.screens.publish.planning_asked import (
    answered,
    asked_department,
    chosen_channels,
    places,
    posting_channels,
)
from parvis.web.screens.publish.words import Look, look_of_post
from parvis.web.times import full


@dataclass(frozen=True, slots=True)
class PickLine:
    pick: EvergreenPick
    why: str
    look: Look
    may_answer: bool


@dataclass(frozen=True, slots=True)
class RuleLine:
    rule: Evergreen
    words: str
    pool_count: int
    picks: list[PickLine]
    may_plan: bool


@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """All rules; by POST, a new one or one changed."""
    if request.method == "POST":
        try:
            saved = _saved(request)
        except NotAllowed:
            raise
        except ParvisError as error:
            return _page(request, problem=words_of(error), status=422)
        messages.success(request, _("“{name}” looks for what can be said again.").format(name=saved.name))
        return redirect("evergreen")
    return _page(request)


@require_POST
def act(request: HttpRequest, key: int) -> HttpResponse:
    found = lookups.evergreen_for(request.member, key)  # type: ignore[attr-defined]
    verb = request.POST.get("verb", "")
    if found is None or verb not in {"on", "off", "close"}:
        raise Http404
    return answered(request, lambda: _act(request, found, verb), "evergreen")


@require_POST
def answer(request: HttpRequest, key: int) -> HttpResponse:
    """Somebody takes what was proposed, or does not want it."""
    found = lookups.pick_for(request.member, key)  # type: ignore[attr-defined]
    verb = request.POST.get("verb", "")
    if found is None or verb not in {"take", "refuse"}:
        raise Http404
    return answered(request, lambda: _answer(request, found, verb), "evergreen")


def why_words(pick: EvergreenPick) -> str:
    """Why it was chosen, in a sentence."""
    reasons = pick.reasons
    said = ngettext(
        "Said {n} time, last on {time}, which is the longest ago of {pool} in the pool; {week} of {most} in that week.",
        "Said {n} times, last on {time}, which is the longest ago of {pool} in the pool; {week} of {most} in that week.",
        reasons["times"],
    )
    last = full(datetime.fromisoformat(reasons["last_said_at"]))
    return said.format(
        n=reasons["times"], time=last, pool=reasons["pool"], week=reasons["week"] + 1, most=reasons["most_per_week"]
    )


def _page(request: Any, *, problem: str = "", status: int = 200) -> HttpResponse:
    rules = lookups.evergreens_of(request.member, department=request.department)
    key = asked_number(request.GET.get("change", "") or request.POST.get("rule", ""))
    changed = next((one for one in rules if one.pk == key and may(request.member, Action.PUBLISH, one)), None)
    departments = places(request)
    queues = [
        one for one in lookups.queues_of(request.member) if any(one.department_id == each.pk for each in departments)
    ]
    context = {
        "here": "evergreen", "lines": [_line(request, one) for one in rules], "problem": problem, "rule": changed,
        "departments": departments, "queues": queues, "pillars": _pillars(request),
        "channels": _channels(request, changed), "fields": _fields(changed) | _typed(request, problem),
    }  # fmt: skip
    return render(request, "screens/publish/evergreen.html", context, status=status)


def _fields(rule: Evergreen | None) -> dict[str, Any]:
    if rule is None:
        return {"name": "", "label": "", "least_days": 90, "most_per_week": 1}
    return {
        "name": rule.name, "label": rule.label, "least_days": rule.least_days, "most_per_week": rule.most_per_week
    }  # fmt: skip


def _typed(request: Any, problem: str) -> dict[str, str]:
    return {name: request.POST.get(name, "") for name in _fields(None)} if problem else {}


def _line(request: Any, rule: Evergreen) -> RuleLine:
    may_plan = may(request.member, Action.PUBLISH, rule)
    picks = [
        PickLine(one, why_words(one), look_of_post(one.post.state), may_plan and _waits(one))
        for one in lookups.picks_of(rule)
    ]
    return RuleLine(rule, _words(rule), len(pool_of(rule)), picks, may_plan)


def _waits(pick: EvergreenPick) -> bool:
    return pick.state == PickState.PROPOSED and pick.post.state in (PostState.DRAFT, PostState.READY)


def _words(rule: Evergreen) -> str:
    pool = " · ".join(part for part in (rule.pillar.name if rule.pillar else "", rule.label) if part)
    often = ngettext("at most {n} a week", "at most {n} a week", rule.most_per_week).format(n=rule.most_per_week)
    rest = ngettext("after {n} day at least", "after {n} days at least", rule.least_days).format(n=rule.least_days)
    mode = _("planned by itself") if rule.mode == EvergreenMode.PLAN else _("proposed as a draft")
    words = _("the same words may leave") if rule.may_repeat_words else _("said anew each time")
    return f"{pool}: {rest}, {often}, {mode}, {words}"


def _pillars(request: Any) -> list[Any]:
    return [one for each in places(request) for one in lookups.pillars_in(each)]


def _channels(request: Any, rule: Evergreen | None) -> list[tuple[Any, bool]]:
    chosen = {one.pk for one in rule.channels.all()} if rule is not None else set()
    return [(one, one.pk in chosen) for one in posting_channels(request)]


def _saved(request: Any) -> Evergreen:
    data, member = request.POST, request.member
    key = asked_number(data.get("rule", ""))
    rule = lookups.evergreen_for(member, key) if key is not None else None
    if key is not None and rule is None:
        raise Http404
    queue = lookups.queue_for(member, asked_number(data.get("queue", "")) or 0)
    if queue is None:
        raise FieldMissing(field=Text("queue", "file"))
    pillar_key = asked_number(data.get("pillar", ""))
    return save_evergreen(
        rule.department if rule is not None else (queue.department if not data.get("department") else asked_department(request)),
        member, rule=rule, name=data.get("name", ""), queue=queue,
        pillar=lookups.pillar_for(member, pillar_key) if pillar_key is not None else None, label=data.get("label", ""),
        channels=chosen_channels(request), least_days=asked_number(data.get("least_days", "")) or 0,
        most_per_week=asked_number(data.get("most_per_week", "")) or 0, mode=data.get("mode", ""),
        may_repeat_words="may_repeat_words" in data, now=request.now,
    )  # fmt: skip


def _act(request: Any, rule: Evergreen, verb: str) -> str:
    if verb == "close":
        close_evergreen(rule, request.member, now=request.now)
        return _("It is closed: what it chose stays.")
    switch_evergreen(rule, request.member, is_on=verb == "on", now=request.now)
    return _("It looks again.") if verb == "on" else _("It chooses nothing for now.")


def _answer(request: Any, pick: EvergreenPick, verb: str) -> str:
    if verb == "refuse":
        refuse_pick(pick, request.member, now=request.now)
        return _("It is not proposed again for a while.")
    planned = take_pick(pick, request.member, now=request.now)
    return _("It leaves on {time}.").format(time=full(planned.at))
