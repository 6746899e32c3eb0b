"""Beside the composer: where a post belongs, the next free slot of a queue, and whether it comes again."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from parvis.core.errors import FieldMissing, NothingToDo, ParvisError
from parvis.core.wording import Text
from parvis.orgs.access import may, must
from parvis.orgs.models import Member
from parvis.orgs.rights import Action
from parvis.publishing import lookups
from parvis.publishing.campaigns import place_post
from parvis.publishing.drafting import is_asked_or_approved
from parvis.publishing.lookups import Place
from parvis.publishing.models import Every, Occurrence, OccurrenceState, Post, PostState, Repeat
from parvis.publishing.queueing import has_slot
from parvis.publishing.recurring import Rule, Time, checked_rule, times_ahead
from parvis.publishing.repeating import change_following, end_repeat, except_day, rule_of_repeat, start_repeat
from parvis.web.asked import asked_number, asked_numbers
from parvis.web.errors import words_of
from parvis.web.screens.publish.evergreen import why_words
from parvis.web.screens.publish.planning_asked import WEEK, answered, asked_date, asked_time, zones
from parvis.web.screens.publish.views import may_write, post_for
from parvis.web.screens.publish.words import Look, look_of_post

SHOWN = 5
_QUEUEABLE = (PostState.DRAFT, PostState.READY, PostState.PLANNED)
_PATTERN = (PostState.DRAFT, PostState.REVIEW, PostState.READY)


@dataclass(frozen=True, slots=True)
class Coming:
    """One of the next occurrences, as it is read."""

    words: str
    day: str
    clock: str


@dataclass(frozen=True, slots=True)
class Made:
    occurrence: Occurrence
    words: str
    look: Look | None
    problem: dict[str, str] | None


@dataclass(slots=True)
class Panel:
    """All of it, for one post and one reader."""

    place: Place
    may_plan: bool
    may_draft: bool
    may_write: bool
    """The composer is on the page."""
    is_bound: bool
    """Its words are approved, or wait for it: what changes them asks for approval again."""
    can_queue: bool
    can_repeat: bool
    has_slot: bool
    why_again: str
    repeat: Repeat | None
    is_pattern: bool
    rule_words: str
    coming: list[Coming]
    made: list[Made]
    zones: list[str]
    today: str


def panel_of(post: Post, member: Member, request: Any) -> Panel:
    place, now = lookups.place_of(post), request.now
    repeat = lookups.repeat_of(post)
    is_pattern = repeat is not None and repeat.pattern_id == post.pk
    may_plan = may(member, Action.PUBLISH, post)
    return Panel(
        place=place, may_plan=may_plan, may_draft=may(member, Action.DRAFT, post),
        may_write=may_write(request, post), is_bound=bool(place.campaigns) and is_asked_or_approved(post),
        can_queue=may_plan and bool(place.queues) and post.state in _QUEUEABLE and not is_pattern,
        can_repeat=may_plan and repeat is None and post.state in _PATTERN,
        has_slot=place.entry is not None and _has_slot(place, post),
        why_again=why_words(place.pick) if place.pick is not None else "",
        repeat=repeat, is_pattern=is_pattern, rule_words=rule_words(rule_of_repeat(repeat)) if repeat else "",
        coming=_coming(rule_of_repeat(repeat), now=now) if repeat is not None and is_pattern else [],
        made=[_made(one) for one in lookups.occurrences_of(repeat, now=now)] if repeat is not None and is_pattern else [],
        zones=zones(request, repeat.zone if repeat else ""), today=now.date().isoformat(),
    )  # fmt: skip


@require_GET
def panel(request: HttpRequest, key: int) -> HttpResponse:
    post = post_for(request, key)
    context = {
        "post": post, "planning": panel_of(post, request.member, request),  # type: ignore[attr-defined]
        "week": WEEK, "month_days": range(1, 32),
    }  # fmt: skip
    return render(request, "screens/publish/placing.html", context)


@require_POST
def place(request: HttpRequest, key: int) -> HttpResponse:
    post = post_for(request, key)
    return answered(request, lambda: _place(request, post), "post", post.pk)


@require_POST
def repeat(request: HttpRequest, key: int) -> HttpResponse:
    post = post_for(request, key)
    act = _ACTS.get(request.POST.get("verb", ""))
    if act is None:
        raise Http404
    return answered(request, lambda: act(request, post), "post", post.pk)


@require_GET
def preview(request: HttpRequest, key: int) -> HttpResponse:
    """The next occurrences of the rule as it stands in the form; nothing is kept by it."""
    post = post_for(request, key)
    must(request.member, Action.PUBLISH, post)  # type: ignore[attr-defined]
    try:
        rule = checked_rule(_rule(request.GET))
    except ParvisError as error:
        return render(request, "screens/publish/coming.html", {"problem": words_of(error)})
    coming = _coming(rule, now=request.now)  # type: ignore[attr-defined]
    return render(request, "screens/publish/coming.html", {"coming": coming, "rule_words": rule_words(rule)})


def rule_words(rule: Rule) -> str:
    """“every 2 weeks on Monday and Thursday at 09:00 (Europe/Zurich)”."""
    days = ", ".join(str(WEEKDAYS[day]) for day in sorted(rule.weekdays))
    n = rule.interval
    if rule.every == Every.DAY:
        often = ngettext("every day", "every {n} days", n).format(n=n)
    elif rule.every == Every.WEEK:
        often = ngettext("every week on {days}", "every {n} weeks on {days}", n).format(n=n, days=days)
    elif rule.every == Every.MONTH_DAY:
        which = _("the last day") if rule.month_day == -1 else _("day {day}").format(day=rule.month_day)
        often = ngettext("every month, {which}", "every {n} months, {which}", n).format(n=n, which=which)
    else:
        which = f"{_nths()[rule.nth or 1]} {days}"
        often = ngettext("every month, {which}", "every {n} months, {which}", n).format(n=n, which=which)
    said = _("{often} at {time} ({zone})").format(often=often, time=f"{rule.time:%H:%M}", zone=rule.zone)
    if rule.until is not None:
        said += ", " + _("until {day}").format(day=date_format(rule.until, "j F Y"))
    if rule.count is not None:
        said += ", " + ngettext("{n} time", "{n} times", rule.count).format(n=rule.count)
    return said


def _nths() -> dict[int, str]:
    return {1: _("the first"), 2: _("the second"), 3: _("the third"), 4: _("the fourth"), -1: _("the last")}


def _rule(data: Any) -> Rule:
    day = asked_date(data.get("starts_on", ""), Text("first day", "premier jour"))
    if day is None:
        raise FieldMissing(field=Text("first day", "premier jour"))
    every = data.get("every", "")
    month_day = data.get("month_day", "")
    nth = data.get("nth", "")
    weekdays = [one for one in asked_numbers(data.getlist("weekday")) if one < 7]
    if every == Every.MONTH_WEEKDAY:
        weekdays = [one for one in asked_numbers([data.get("nth_weekday", "")]) if one < 7]
    return Rule(
        every=every, starts_on=day, time=asked_time(data.get("time", "")), zone=data.get("zone", ""),
        interval=asked_number(data.get("interval", "")) or 0, weekdays=weekdays,
        month_day=-1 if month_day == "last" else asked_number(month_day),
        nth=-1 if nth == "last" else asked_number(nth),
        until=asked_date(data.get("until", ""), Text("last day", "dernier jour")), count=asked_number(data.get("count", "")),
    )  # fmt: skip


def _start(request: Any, post: Post) -> str:
    start_repeat(post, request.member, _rule(request.POST), now=request.now)
    return _("It is repeated: its posts are made two weeks ahead.")


def _end(request: Any, post: Post) -> str:
    count = end_repeat(_repeat(post), request.member, drops="drops" in request.POST, now=request.now)
    said = _("It is repeated no more.")
    if count:
        said += " " + ngettext("{n} post was cancelled.", "{n} posts were cancelled.", count).format(n=count)
    return said


def _except(request: Any, post: Post) -> str:
    day = asked_date(request.POST.get("day", ""), Text("day", "jour"))
    if day is None:
        raise FieldMissing(field=Text("day", "jour"))
    except_day(_repeat(post), request.member, day, now=request.now)
    return _("It does not come on {day}.").format(day=date_format(day, "j F Y"))


def _spread(request: Any, post: Post) -> str:
    spread = change_following(post, request.member, now=request.now)
    said = ngettext("{n} post that follows says it now.", "{n} posts that follow say it now.", spread.changed)
    words = said.format(n=spread.changed)
    if spread.kept:
        kept = ngettext(
            "{n} stays: it was changed by itself.", "{n} stay: they were changed by themselves.", spread.kept
        )
        words += " " + kept.format(n=spread.kept)
    return words


_ACTS = {"start": _start, "end": _end, "except": _except, "spread": _spread}


def _repeat(post: Post) -> Repeat:
    found = lookups.repeat_of(post)
    if found is None:
        raise NothingToDo
    return found


def _place(request: Any, post: Post) -> str:
    data = request.POST
    wishes: dict[str, Any] = {}
    if "campaign" in data:
        key = asked_number(data["campaign"])
        wishes["campaign"] = lookups.campaign_for(request.member, key) if key is not None else None
    if "pillar" in data:
        key = asked_number(data["pillar"])
        wishes["pillar"] = lookups.pillar_for(request.member, key) if key is not None else None
    if "labels" in data:
        wishes["labels"] = data["labels"].split(",")
    if "evergreen_until" in data:
        wishes["evergreen_until"] = asked_date(data["evergreen_until"], Text("last day", "dernier jour"))
    before = post.version
    place_post(post, request.member, now=request.now, **wishes)
    if post.version != before:
        return _("Kept. Its links are others now: it needs approval again.")
    return _("Kept.")


def _has_slot(place: Place, post: Post) -> bool:
    entry = place.entry
    if entry is None:
        return False
    entry.post = post
    return has_slot(entry)


def _coming(rule: Rule, *, now: datetime) -> list[Coming]:
    return [_said(one) for one in times_ahead(rule, now=now, count=SHOWN)]


def _said(time: Time) -> Coming:
    clock = {
        "shifted": _("the clock jumps over {time} on that day: the first moment after").format(time=f"{time.local:%H:%M}"),
        "twice": _("the clock shows it twice on that day: the first time"),
    }.get(time.clock, "")  # fmt: skip
    return Coming(f"{date_format(time.shown, 'l j F Y')} {time.shown:%H:%M}", time.local.date().isoformat(), clock)


def _made(one: Occurrence) -> Made:
    local = date.fromisoformat(one.local[:10])
    words = f"{date_format(local, 'l j F Y')} {one.local[11:16]}"
    if one.state == OccurrenceState.MISSED:
        words += " · " + _("missed")
    look = look_of_post(one.post.state) if one.post is not None else None
    return Made(one, words, look, one.error)
