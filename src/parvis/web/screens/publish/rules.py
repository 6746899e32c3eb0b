"""Who approves what, department by department: the rule as it stands, in a sentence, with the people behind it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from parvis.core.errors import NotAllowed, ParvisError
from parvis.orgs.access import may
from parvis.orgs.models import Department, Member
from parvis.orgs.naming import who_sees
from parvis.orgs.rights import Action, Role
from parvis.publishing.models import ApprovalKind
from parvis.publishing.rules import (
    MOST_STEPS,
    People,
    Rule,
    Step,
    everybody,
    rule_of,
    rules_of,
    set_rule,
    who_may_stand,
)
from parvis.web.asked import asked_number
from parvis.web.errors import words_of

ANYBODY = "any"
"""Whoever may approve posts there."""
_SPARE = 2


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step as it is read."""

    name: str
    words: str
    people: list[str]
    """Who could approve now; guests by their address."""
    is_enough: bool
    """False: nobody could, or too few."""


@dataclass(frozen=True, slots=True)
class RuleLine:
    department: Department
    words: str
    steps: list[StepLine]
    expires: str
    may_change: bool


@dataclass(slots=True)
class StepForm:
    number: int
    name: str = ""
    who: str = ""
    members: set[int] = field(default_factory=set)
    guests: str = ""
    count: int = 1


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    member = request.member  # type: ignore[attr-defined]
    places = request.departments  # type: ignore[attr-defined]
    shown = [one for one in places if one.closed_at is None]
    rules, people = rules_of([one.pk for one in shown]), everybody()
    lines = [rule_line(one, member, rules[one.pk], people) for one in shown]
    return render(request, "screens/publish/rules.html", {"lines": lines})


@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, key: int) -> HttpResponse:
    member = request.member  # type: ignore[attr-defined]
    place = next((one for one in request.departments if one.pk == key), None)  # type: ignore[attr-defined]
    if place is None or place.closed_at is not None:
        raise Http404
    if not may(member, Action.MANAGE_PEOPLE, place):
        raise NotAllowed(action=str(Action.MANAGE_PEOPLE.label))
    if request.method != "POST":
        return _form(request, place, rule_of(place.pk))
    steps = _typed_steps(request)
    kind = request.POST.get("kind", "")
    try:
        set_rule(
            place, member, kind, now=request.now, steps=_steps(steps, kind),  # type: ignore[attr-defined]
            expires_h=_hours(request), asks_each_time=bool(request.POST.get("each_time")),
        )  # fmt: skip
    except NotAllowed:
        raise
    except ParvisError as error:
        return _form(request, place, rule_of(place.pk), steps=steps, problem=words_of(error))
    messages.success(request, _("From now on this is how {name} approves.").format(name=place.name))
    return redirect("approval-rules")


def rule_line(place: Department, member: Member, rule: Rule, people: People) -> RuleLine:
    steps = [_step_line(step, place, people) for step in rule.steps]
    return RuleLine(place, rule_words(rule), steps, _expiry(rule), may(member, Action.MANAGE_PEOPLE, place))


def rule_words(rule: Rule) -> str:
    """What it means, in a sentence."""
    count = rule.steps[0].count if rule.steps else 1
    several = ngettext(
        "A post leaves once {n} of the people below has approved it.",
        "A post leaves once {n} of the people below have approved it.",
        count,
    ).format(n=count)
    return {
        ApprovalKind.NONE: _("Nobody need approve: whoever may publish lets a post leave."),
        ApprovalKind.ONE: _("A post leaves once one of the people below has approved it; nobody approves their own last change."),
        ApprovalKind.IN_ORDER: _("A post leaves once each of these steps has approved it, one after the other."),
        ApprovalKind.ANY_OF: several,
        ApprovalKind.FOUR_EYES: _("A post leaves once somebody has approved it who has written nothing in it."),
    }[ApprovalKind(rule.kind)]  # fmt: skip


def _step_line(step: Step, place: Department, people: People) -> StepLine:
    names = sorted(one.name for one in who_may_stand(step, place.pk, people=people))
    named = [*names, *step.guests]
    if step.role or step.members or step.guests:
        role = str(Role(step.role).label) if step.role else ""
        words = _("{role} of {department}").format(role=role, department=place.name) if role else _("the people named")
    else:
        words = _("whoever may approve posts in {department}").format(department=place.name)
    if step.count > 1:
        words = _("{count} of: {who}").format(count=step.count, who=words)
    return StepLine(step.name, words, named, len(named) >= step.count)


def _expiry(rule: Rule) -> str:
    if not rule.expires_h:
        return ""
    said = ngettext("A request lasts {n} hour.", "A request lasts {n} hours.", rule.expires_h)
    return said.format(n=rule.expires_h)


def _form(
    request: HttpRequest, place: Department, rule: Rule, *, steps: list[StepForm] | None = None, problem: str = ""
) -> HttpResponse:
    filled = steps if steps is not None else [_written(number, step) for number, step in enumerate(rule.steps)]
    shown = filled[:MOST_STEPS]
    shown += [StepForm(number) for number in range(len(shown), min(len(shown) + _SPARE, MOST_STEPS))]
    typed = request.POST if request.method == "POST" else None
    context: dict[str, Any] = {
        "place": place,
        "kind": typed.get("kind", "") if typed else rule.kind,
        "kinds": _kinds(),
        "steps": shown,
        "roles": [(ANYBODY, _("Whoever may approve posts")), *Role.choices],
        "people": sorted(who_sees(place.pk), key=lambda one: one.name.casefold()),
        "expires_h": typed.get("expires_h", "") if typed else (rule.expires_h or ""),
        "each_time": bool(typed.get("each_time")) if typed else rule.asks_each_time,
        "problem": problem,
        "line": rule_line(place, request.member, rule, everybody()),  # type: ignore[attr-defined]
    }
    return render(request, "screens/publish/rule.html", context, status=422 if problem else 200)


def _kinds() -> list[tuple[str, str, str]]:
    return [
        (ApprovalKind.NONE, _("Nobody need approve"), _("Whoever may publish lets a post leave.")),
        (ApprovalKind.ONE, _("One person"), _("Anybody of step 1, but not who made the last change.")),
        (ApprovalKind.FOUR_EYES, _("Four eyes"), _("Somebody of step 1 who has written nothing in the post and has not asked.")),
        (ApprovalKind.ANY_OF, _("Several of a group"), _("So many different people of step 1, in any order.")),
        (ApprovalKind.IN_ORDER, _("Several in order"), _("Each step waits for the one before.")),
    ]  # fmt: skip


def _written(number: int, step: Step) -> StepForm:
    who = step.role or ("" if step.members or step.guests else ANYBODY)
    return StepForm(number, step.name, who, set(step.members), ", ".join(step.guests), step.count)


def _typed_steps(request: HttpRequest) -> list[StepForm]:
    """Those in which something stands."""
    given, found = request.POST, []
    for number in range(MOST_STEPS):
        members = {key for one in given.getlist(f"members-{number}") if (key := asked_number(one)) is not None}
        step = StepForm(
            number, given.get(f"name-{number}", ""), given.get(f"who-{number}", ""), members,
            given.get(f"guests-{number}", ""), asked_number(given.get(f"count-{number}", "")) or 1,
        )  # fmt: skip
        if step.who or step.members or step.guests.strip():
            found.append(step)
    return found


def _steps(typed: Sequence[StepForm], kind: str) -> list[Step]:
    """Of rules with one step the first alone counts."""
    steps = [
        Step(
            name=one.name, role="" if one.who == ANYBODY else one.who, members=tuple(sorted(one.members)),
            guests=tuple(part for part in one.guests.replace(";", ",").replace("\n", ",").split(",") if part.strip()),
            count=one.count,
        )
        for one in typed
    ]  # fmt: skip
    return steps if kind == ApprovalKind.IN_ORDER else steps[:1]


def _hours(request: HttpRequest) -> int | None:
    return asked_number(request.POST.get("expires_h", ""))
