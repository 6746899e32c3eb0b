"""Campaigns and pillars on the screen: what belongs together, what its links carry, and who speaks of what how often."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from parvis.channels.models import Channel
from parvis.core.errors import NotAllowed, ParvisError
from parvis.core.wording import Text
from parvis.orgs.access import may
from parvis.orgs.models import Department
from parvis.orgs.rights import Action
from parvis.publishing import lookups
from parvis.publishing.campaigns import campaigns_of, close_campaign, save_campaign
from parvis.publishing.models import Campaign, Pillar, Post
from parvis.publishing.pillars import Share, balances, close_pillar, save_pillar
from parvis.publishing.utm import FIELDS, utm_values, with_utm
from parvis.web.asked import asked_number
from parvis.web.errors import words_of
from parvis.web.screens.publish.planning_asked import (
    COLOURS,
    answered,
    asked_date,
    asked_department,
    places,
    posting_channels,
)
from parvis.web.screens.publish.words import Look, look_of_post

AROUND = timedelta(days=30)
SAMPLE = "https://example.org/page#part"


@dataclass(frozen=True, slots=True)
class Day:
    name: str
    """Of the day; "" for posts without one."""
    posts: list[tuple[Post, str, Look]]
    """Each with its time and state."""


@dataclass(frozen=True, slots=True)
class Balance:
    department: Department
    shares: list[Share]
    pillars: list[Pillar]
    may_change: bool


@require_http_methods(["GET"])
def index(request: HttpRequest) -> HttpResponse:
    member, department = request.member, request.department  # type: ignore[attr-defined]
    start, end = _period(request)
    rows = [department] if department is not None else request.departments  # type: ignore[attr-defined]
    shares = balances(rows, _midnight(start), _midnight(end + timedelta(days=1)))
    context = {
        "here": "campaigns", "campaigns": list(campaigns_of(member, department=department)),
        "balances": [found for one in rows if (found := _balance(request, one, shares[one.pk]))],
        "first": start.isoformat(), "last": end.isoformat(), "may_plan": bool(places(request)), "colours": COLOURS,
        "departments": places(request),
    }  # fmt: skip
    return render(request, "screens/publish/campaigns.html", context)


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    if not places(request):
        raise NotAllowed(action=str(Action.PUBLISH.label))
    if request.method != "POST":
        return _form(request, None)
    return _saved(request, None)


@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, key: int) -> HttpResponse:
    campaign = _campaign(request, key)
    if request.method == "POST":
        if request.POST.get("verb") == "close":
            return answered(request, lambda: _close(request, campaign), "campaigns")
        return _saved(request, campaign)
    context = {
        "here": "campaigns", "campaign": campaign, "days": list(_days(lookups.posts_of_campaign(campaign))),
        "may_plan": may(request.member, Action.PUBLISH, campaign),  # type: ignore[attr-defined]
        "samples": _samples(request, campaign.utm, campaign.sources),
    }  # fmt: skip
    return render(request, "screens/publish/campaign.html", context)


@require_http_methods(["GET"])
def change(request: HttpRequest, key: int) -> HttpResponse:
    campaign = _campaign(request, key)
    if not may(request.member, Action.PUBLISH, campaign):  # type: ignore[attr-defined]
        raise NotAllowed(action=str(Action.PUBLISH.label))
    return _form(request, campaign)


@require_POST
def pillars(request: HttpRequest) -> HttpResponse:
    """A new one, one changed, one closed."""
    return answered(request, lambda: _pillar(request), "campaigns")


def _pillar(request: Any) -> str:
    data, member = request.POST, request.member
    key = asked_number(data.get("pillar", ""))
    found = lookups.pillar_for(member, key) if key is not None else None
    if key is not None and found is None:
        raise Http404
    if found is not None and data.get("verb") == "close":
        close_pillar(found, member, now=request.now)
        return _("Posts that have it keep it; it is offered no more.")
    department = found.department if found is not None else asked_department(request)
    saved = save_pillar(
        department, member, name=data.get("name", ""), pillar=found, colour=data.get("colour", ""),
        wanted_percent=asked_number(data.get("wanted", "")), now=request.now,
    )  # fmt: skip
    return _("“{name}” is kept.").format(name=saved.name)


def _close(request: Any, campaign: Campaign) -> str:
    close_campaign(campaign, request.member, now=request.now)
    return _("It is closed: its posts stay.")


def _saved(request: Any, campaign: Campaign | None) -> HttpResponse:
    data = request.POST
    try:
        department = campaign.department if campaign is not None else asked_department(request)
        saved = save_campaign(
            department, request.member, campaign=campaign, name=data.get("name", ""), colour=data.get("colour", ""),
            starts_on=asked_date(data.get("starts_on", ""), Text("first day", "premier jour")),
            ends_on=asked_date(data.get("ends_on", ""), Text("last day", "dernier jour")), goal=data.get("goal", ""),
            utm={name: data.get(f"utm_{name}", "") for name in FIELDS}, hashtags=[data.get("hashtags", "")],
            sources={one.pk: data.get(f"source-{one.pk}", "") for one in posting_channels(request)}, now=request.now,
        )  # fmt: skip
    except NotAllowed:
        raise
    except ParvisError as error:
        return _form(request, campaign, problem=words_of(error), status=422)
    messages.success(request, _("Saved."))
    return redirect("campaign", saved.pk)


def _form(request: Any, campaign: Campaign | None, *, problem: str = "", status: int = 200) -> HttpResponse:
    data = request.POST if problem else None
    utm, sources = (campaign.utm, campaign.sources) if campaign is not None else ({}, {})
    fields = {
        "name": campaign.name if campaign else "", "colour": campaign.colour if campaign else "blue",
        "starts_on": _iso(campaign.starts_on if campaign else None), "ends_on": _iso(campaign.ends_on if campaign else None),
        "goal": campaign.goal if campaign else "", "hashtags": " ".join(f"#{tag}" for tag in (campaign.hashtags if campaign else ())),
        **{f"utm_{name}": utm.get(name, "") for name in FIELDS},
    }  # fmt: skip
    if data is not None:
        fields |= {name: data.get(name, "") for name in fields}
        utm = {name: data.get(f"utm_{name}", "") for name in FIELDS}
        sources = {str(one.pk): data.get(f"source-{one.pk}", "") for one in posting_channels(request)}
    context = {
        "campaign": campaign, "here": "campaigns", "fields": fields, "problem": problem, "colours": COLOURS,
        "departments": places(request), "samples": _samples(request, utm, sources),
    }  # fmt: skip
    return render(request, "screens/publish/campaign_form.html", context, status=status)


def _samples(request: Any, utm: dict[str, str], sources: dict[str, str]) -> list[tuple[Channel, str, str]]:
    """Each channel, its own source, and what a link looks like there."""
    has_any = any(utm.values())
    found = []
    for one in posting_channels(request):
        own = sources.get(str(one.pk), "")
        values = utm_values(utm if has_any else {}, channel_source=own, platform=one.connector)
        found.append((one, own, with_utm(SAMPLE, values)))
    return found


def _days(posts: Iterable[Post]) -> Iterable[Day]:
    dated = [one for one in posts if one.due_at is not None]
    for day, rows in groupby(dated, key=lambda one: timezone.localtime(one.due_at).date()):
        yield Day(
            date_format(day, "l j F Y"),
            [(one, f"{timezone.localtime(one.due_at):%H:%M}", look_of_post(one.state)) for one in rows],
        )
    rest = [(one, "", look_of_post(one.state)) for one in posts if one.due_at is None]
    if rest:
        yield Day("", rest)


def _balance(request: Any, department: Department, shares: list[Share]) -> Balance | None:
    """None where the department has no pillars."""
    if not any(one.pillar for one in shares):
        return None
    rows = [one.pillar for one in shares if one.pillar is not None and one.pillar.closed_at is None]
    return Balance(department, shares, rows, may(request.member, Action.PUBLISH, department))


def _period(request: Any) -> tuple[date, date]:
    """A month back and a month ahead, unless others are asked for."""
    today = timezone.localtime(request.now).date()
    start, end = today - AROUND, today + AROUND
    try:
        start = date.fromisoformat(request.GET.get("first", ""))
        end = date.fromisoformat(request.GET.get("last", ""))
    except ValueError:
        return start, end
    if not (date(2000, 1, 1) <= start <= end <= date(2100, 1, 1)):
        return today - AROUND, today + AROUND
    return start, end


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _iso(day: date | None) -> str:
    return day.isoformat() if day is not None else ""


def _campaign(request: Any, key: int) -> Campaign:
    found = lookups.campaign_for(request.member, key)
    if found is None:
        raise Http404
    return found
