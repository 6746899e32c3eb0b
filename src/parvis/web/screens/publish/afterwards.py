"""What is done with a post that is out: changed where the platform allows it, looked at first; and guests who approve."""

from dataclasses import dataclass
from typing import Any

import msgspec
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from parvis.core.errors import NotAllowed, ParvisError
from parvis.core.post import Content
from parvis.orgs.access import may
from parvis.orgs.rights import Action
from parvis.publishing import queries
from parvis.publishing.differing import DiffPiece, diff_text
from parvis.publishing.editing import edit_out, edits_of
from parvis.publishing.guests import invite_guest, withdraw_guest
from parvis.publishing.models import Publication, PublicationState
from parvis.publishing.written import as_content
from parvis.web.asked import asked_number
from parvis.web.errors import words_of
from parvis.web.screens.publish.views import post_for
from parvis.web.screens.publish.words import field_name

_TYPED = ("text", "title", "link", "warning", "language", "comment")
_LONG = ("text", "comment")


@dataclass(frozen=True, slots=True)
class TypedField:
    name: str
    label: str
    value: str
    is_long: bool


@dataclass(frozen=True, slots=True)
class Changed:
    label: str
    pieces: tuple[DiffPiece, ...]


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, key: int) -> HttpResponse:
    """Written, then looked at, then ordered: three steps on one page."""
    member, now = request.member, request.now  # type: ignore[attr-defined]
    publication = _editable(request, key)
    before = as_content(publication.content)
    if request.method != "POST":
        return _page(request, publication, before, before)
    content = _typed(request, publication, before)
    if request.POST.get("verb") != "save":
        return _page(request, publication, before, content, is_checked=True)
    try:
        ordered = edit_out(publication, member, content, now=now, note=request.POST.get("note", ""))
    except NotAllowed:
        raise
    except ParvisError as error:
        return _page(request, publication, before, content, problem=words_of(error))
    if ordered.request_id is None:
        messages.success(request, _("It is changed there in a moment; until then you can take it back."))
    else:
        messages.success(request, _("Those who may approve it are told: it is changed there once they have."))
    return redirect("post", publication.post_id)


@require_POST
def guests(request: HttpRequest, key: int) -> HttpResponse:
    """Invites one by mail, or takes a link back."""
    post, now = post_for(request, key), request.now  # type: ignore[attr-defined]
    member = request.member  # type: ignore[attr-defined]
    asked = queries.request_of(post)
    if asked is None:
        if not may(member, Action.DRAFT, post):
            raise NotAllowed(action=str(Action.DRAFT.label))
        raise Http404
    try:
        if (link_id := asked_number(request.POST.get("withdraw", ""))) is not None:
            link = queries.guest_link_for(member, post, link_id)
            if link is None:
                raise Http404
            withdraw_guest(link, member, now=now)
            messages.success(request, _("The link does not work any more."))
        else:
            name, email = request.POST.get("name", ""), request.POST.get("email", "")
            invite_guest(asked, member, name=name, email=email, now=now)
            messages.success(request, _("A mail with the link leaves now."))
    except NotAllowed:
        raise
    except ParvisError as error:
        messages.error(request, words_of(error))
    return redirect("post", post.pk)


def _editable(request: HttpRequest, key: int) -> Publication:
    member = request.member  # type: ignore[attr-defined]
    found = queries.publication_for(member, key)
    if found is None or not may(member, Action.SEE, found.channel):
        raise Http404
    if not may(member, Action.PUBLISH, found):
        raise NotAllowed(action=str(Action.PUBLISH.label))
    if found.state != PublicationState.DONE or edits_of(found.channel).why_not is not None:
        raise Http404
    return found


def _typed(request: HttpRequest, publication: Publication, before: Content) -> Content:
    """Only what may be changed is taken from the form."""
    fields, given = edits_of(publication.channel).fields, request.POST
    changes: dict[str, Any] = {
        name: _written(given[name], getattr(before, name)) for name in _TYPED if name in fields and name in given
    }
    if "thread" in fields:
        changes["thread"] = tuple(
            _written(given.get(f"thread-{place}", part), part) for place, part in enumerate(before.thread)
        )
    if "media" in fields:
        changes["media"] = tuple(
            msgspec.structs.replace(one, alt=_written(given.get(f"alt-{place}", one.alt), one.alt))
            for place, one in enumerate(before.media)
        )
    return msgspec.structs.replace(before, **changes)


def _written(typed: str, before: str) -> str:
    """Browsers send line ends of their own, which are no change."""
    bare = typed.replace("\r\n", "\n")
    return before if bare == before.replace("\r\n", "\n") else bare


def _page(
    request: HttpRequest,
    publication: Publication,
    before: Content,
    content: Content,
    *,
    is_checked: bool = False,
    problem: str = "",
) -> HttpResponse:
    fields = edits_of(publication.channel).fields
    diffs = _diffs(before, content)
    context = {
        "publication": publication,
        "post": publication.post,
        "fields": [
            TypedField(name, field_name(name), getattr(content, name), name in _LONG)
            for name in _TYPED
            if name in fields and (getattr(before, name) or name == "text" or name != "comment")
        ],
        "thread": list(content.thread) if "thread" in fields else [],
        "media": list(content.media) if "media" in fields else [],
        "diffs": diffs,
        "is_checked": is_checked and bool(diffs),
        "is_same": is_checked and not diffs,
        "problem": problem,
        "note": request.POST.get("note", ""),
        "needs_approval": queries.needs_approval(publication.post),
    }
    return render(request, "screens/publish/edit.html", context, status=422 if problem else 200)


def _diffs(before: Content, content: Content) -> list[Changed]:
    pairs = [(field_name(name), getattr(before, name), getattr(content, name)) for name in _TYPED]
    pairs += [(field_name("thread"), old, new) for old, new in zip(before.thread, content.thread, strict=True)]
    pairs += [(one.name, old.alt, one.alt) for old, one in zip(before.media, content.media, strict=True)]
    return [Changed(label, diff_text(old, new)) for label, old, new in pairs if old != new]
