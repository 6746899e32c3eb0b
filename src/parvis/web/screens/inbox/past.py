"""What comes when it is asked for: the trail of a conversation, in sentences, and what an item said before."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from parvis.inbox.reading import conversation_history, item_versions
from parvis.inbox.rows import HistoryView, VersionView
from parvis.web.screens.audit.words import ACTIONS
from parvis.web.screens.inbox.talk import safe_text
from parvis.web.templatetags.parvis import time_element


@dataclass(frozen=True, slots=True)
class HistoryLine:
    words: str
    time: SafeString


@dataclass(frozen=True, slots=True)
class Version:
    until: SafeString
    title: str
    body: SafeString | str
    is_html: bool


@require_GET
def history(request: HttpRequest, key: int) -> HttpResponse:
    member, now = _who(request)
    entries = conversation_history(member, key)
    if entries is None:
        raise Http404
    context = {"lines": history_lines(entries, now=now), "title": _("History"), "id": key}
    return _part(request, "screens/inbox/history.html", context)


@require_GET
def versions(request: HttpRequest, item_id: int) -> HttpResponse:
    member, now = _who(request)
    found = item_versions(member, item_id)
    if found is None:
        raise Http404
    context = {"versions": [_version(one, now=now) for one in found], "title": _("What it said before")}
    return _part(request, "screens/inbox/versions.html", context)


def history_lines(entries: Iterable[HistoryView], *, now: datetime) -> list[HistoryLine]:
    return [HistoryLine(sentence_of(entry), time_element(entry.at, now)) for entry in entries]


def sentence_of(entry: HistoryView) -> str:
    """“Camille approved it”; an action that has no sentence is named as it is recorded."""
    who = entry.member or "Parvis"
    did = ACTIONS.get(entry.action)
    return f"{who} {did}" if did else f"{who}: {entry.action}"


def _version(version: VersionView, *, now: datetime) -> Version:
    return Version(
        until=time_element(version.until, now),
        title=version.title,
        body=safe_text(version.body, is_html=version.body_is_html, url=version.item_url),
        is_html=version.body_is_html,
    )


def _part(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """The part alone where it is put into a page, else a page around it."""
    if request.headers.get("HX-Request") == "true":
        return render(request, template, context)
    return render(request, "screens/inbox/apart.html", {**context, "part": template})


def _who(request: Any) -> tuple[Any, Any]:
    return request.member, request.now
