"""Reading the inbox: the list, a conversation beside it, and what changed while they were open."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from parvis.inbox.filters import visible_labels
from parvis.inbox.lookups import conversation_for
from parvis.inbox.models import Conversation
from parvis.inbox.notes import who_may_see
from parvis.inbox.queries import conversation_detail
from parvis.orgs.queries import departments_of
from parvis.web.answers import partial
from parvis.web.asked import asked_numbers
from parvis.web.rows import rows_html
from parvis.web.screens.inbox.listing import Listing, kept_query, list_url, read_listing, reason_choices
from parvis.web.screens.inbox.talk import Talk, talk_of


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    listing = read_listing(request)
    if _is_fragment(request):
        template = "screens/inbox/rows_part.html" if request.GET.get("part") == "rows" else "screens/inbox/list.html"
        return render(request, template, {"list": listing})
    return render(request, "screens/inbox/page.html", {"list": listing})


@require_GET
def talk(request: HttpRequest, key: int) -> HttpResponse:
    shown = read_talk(request, key)
    if _is_fragment(request):
        return render(request, "screens/inbox/detail.html", talk_context(request, shown))
    return render(request, "screens/inbox/page.html", talk_context(request, shown))


@require_GET
def changes(request: HttpRequest) -> HttpResponse:
    """The rows that a page shows and that changed, its counts, and whether something new stands above them."""
    listing = read_listing(request)
    asked = set(asked_numbers(request.GET.get("rows", "").split(".")))
    open_id = request.GET.get("open", "")
    pieces = [partial(request, "screens/inbox/tabs.html", {"list": listing}, target="#tabs", swap="outerHTML")]
    for line in listing.lines:
        if line.id in asked:
            line.is_open = str(line.id) == open_id
            pieces.append(f'<hx-partial hx-target="#c{line.id}" hx-swap="outerHTML">{rows_html([line])}</hx-partial>')
    pieces.append(_fresh(listing, request.GET.get("first", "")))
    return HttpResponse("".join(pieces))


def read_talk(request: HttpRequest, key: int) -> Talk:
    """Raises Http404 where there is none that the member sees."""
    member, now = _who(request)
    cursors = {name: request.GET.get(name) or None for name in ("older", "newer")}
    detail = conversation_detail(member, key, now=now, **cursors)
    if detail is None:
        raise Http404
    return talk_of(detail, member_id=member.id, now=now, query=kept_query(request))


def talk_context(request: HttpRequest, shown: Talk) -> dict[str, Any]:
    """What detail.html needs; reasons only where something can be refused. The list beside it comes by itself."""
    return {
        "talk": shown,
        "reasons": reason_choices() if any(post.verdicts for post in shown.posts) else [],
        "list_url": list_url(request),
    }


@require_GET
def choices(request: HttpRequest, key: int, what: str) -> HttpResponse:
    """What a menu of the conversation offers, read when it is opened; a page of its own without scripts."""
    member, _now = _who(request)
    conversation = conversation_for(member, key)
    if conversation is None or what not in _CHOICES:
        raise Http404
    context = {"conversation": conversation, **_CHOICES[what](member, conversation)}
    template = f"screens/inbox/choices_{what}.html"
    if _is_fragment(request):
        return render(request, template, context)
    return render(request, "screens/inbox/choices.html", {**context, "choices": template})


@require_GET
def names(request: HttpRequest, key: int) -> HttpResponse:
    """Colleagues who can be named in a note of the conversation."""
    conversation = conversation_for(_who(request)[0], key)
    if conversation is None:
        raise Http404
    return JsonResponse({"names": [one.name for one in who_may_see(conversation)]})


def _people(member: Any, conversation: Conversation) -> dict[str, Any]:
    return {
        "colleagues": who_may_see(conversation),
        "departments": [one for one in departments_of(member) if one.id != conversation.department_id],
    }


def _labels(member: Any, conversation: Conversation) -> dict[str, Any]:
    sticking = set(conversation.labellings.values_list("label_id", flat=True))
    fitting = [one for one in visible_labels(member) if one.department_id in (None, conversation.department_id)]
    return {"labels": [{"id": one.id, "name": one.name, "sticks": one.id in sticking} for one in fitting]}


_CHOICES = {"assign": _people, "labels": _labels}


def _fresh(listing: Listing, first: str) -> str:
    """A button, where conversations stand above the one that the page shows first."""
    ids = [str(line.id) for line in listing.lines]
    count = ids.index(first) if first in ids else len(ids)
    inner = ""
    if count:
        words = ngettext("{n} new: show it", "{n} new: show them", count).format(n=count)
        inner = format_html('<a class="btn btn-sm btn-primary" data-fresh href="{}">{}</a>', listing.address, words)
    return f'<hx-partial hx-target="#fresh" hx-swap="innerHTML">{inner}</hx-partial>'


def _is_fragment(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-History-Restore-Request") != "true"


def _who(request: Any) -> tuple[Any, Any]:
    return request.member, request.now
