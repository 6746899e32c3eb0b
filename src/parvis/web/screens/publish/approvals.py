"""What waits for the reader's own approval: read here, approved or sent back here, one or many at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from parvis.channels.models import Channel
from parvis.channels.queries import channels_of
from parvis.core.errors import FieldMissing, ParvisError
from parvis.core.wording import Text
from parvis.publishing import queries, services
from parvis.publishing.guests import Shown, contents_in
from parvis.publishing.models import ApprovalRequest, Post, PostState, PostVersion, Verdict
from parvis.publishing.written import as_content
from parvis.web.asked import asked_number
from parvis.web.errors import words_of
from parvis.web.screens.approve.shown import Leaf, leaves_of

MOST = 50
_VERDICTS = {"approve": Verdict.APPROVE, "refuse": Verdict.REFUSE}


@dataclass(frozen=True, slots=True)
class Waiting:
    request: ApprovalRequest
    post: Post
    leaves: list[Leaf]
    hidden_count: int
    """Channels that the reader does not see."""
    step: str
    is_change: bool
    """It is out already: what is asked for is a change of it."""


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    return _page(request)


@require_POST
def answer(request: HttpRequest) -> HttpResponse:
    """`verb`: approve or refuse for those that are ticked; approve:12 for one."""
    verb, _sign, one = request.POST.get("verb", "").partition(":")
    verdict = _VERDICTS.get(verb)
    keys = {asked_number(key) for key in ([one] if one else request.POST.getlist("ids"))} - {None}
    if verdict is None or not keys:
        messages.error(request, _("Choose at least one post."))
        return redirect("post-approvals")
    note = request.POST.get("note", "")
    if verdict == Verdict.REFUSE and not note.strip():
        problem = words_of(FieldMissing(field=Text("reason", "motif")))
        return _page(request, problem=problem, chosen=keys, status=422)
    _say(request, *_give(request, keys, verdict, note))
    return redirect("post-approvals")


def _give(request: Any, keys: set[int | None], verdict: Verdict, note: str) -> tuple[int, list[str]]:
    """How many, and what could not be."""
    member, now = request.member, request.now
    waiting = {one.pk: one for one in queries.approvals_waiting(member, now=now, limit=1000)}
    count, problems = 0, []
    for key in sorted(key for key in keys if key is not None):
        asked = waiting.get(key)
        if asked is None:
            problems.append(_("One of them does not wait for you any more."))
            continue
        expected = asked_number(request.POST.get(f"v-{key}", ""))
        try:
            if expected is not None and expected != asked.version:
                problems.append(_("“{title}” was changed meanwhile; read it once more.").format(title=asked.post.title))
                continue
            services.vote(asked, member, verdict, now=now, note=note)
            count += 1
        except ParvisError as error:
            problems.append(f"{asked.post.title}: {words_of(error)}")
    return count, problems


def _say(request: HttpRequest, count: int, problems: Sequence[str]) -> None:
    if count and request.POST.get("verb", "").startswith("approve"):
        said = ngettext("You have approved {n} post.", "You have approved {n} posts.", count)
        messages.success(request, said.format(n=count))
    elif count:
        said = ngettext("{n} post went back with your note.", "{n} posts went back with your note.", count)
        messages.success(request, said.format(n=count))
    for problem in dict.fromkeys(problems):
        messages.error(request, problem)


def _page(
    request: HttpRequest, *, problem: str = "", chosen: set[int | None] | None = None, status: int = 200
) -> HttpResponse:
    member, now = request.member, request.now  # type: ignore[attr-defined]
    found = queries.approvals_waiting(member, now=now, limit=MOST + 1)
    seen = {one.pk: one for one in channels_of(member)} if found else {}
    context = {
        "waiting": [_waiting(*one, seen) for one in _with_versions(found[:MOST])],
        "has_more": len(found) > MOST,
        "problem": problem,
        "note": request.POST.get("note", ""),
        "chosen": chosen or set(),
    }
    return render(request, "screens/publish/approvals.html", context, status=status)


def _with_versions(requests: Sequence[ApprovalRequest]) -> list[tuple[ApprovalRequest, PostVersion]]:
    """In one question for all."""
    found = queries.versions_asked_for(requests)
    return [(one, found[one.pk]) for one in requests if one.pk in found]


def _waiting(asked: ApprovalRequest, version: PostVersion, seen: dict[int, Channel]) -> Waiting:
    shown = contents_in(version, channels=seen)
    on = [key for key, row in version.variants.items() if row["is_on"]]
    hidden = len(on) - len(shown) if on else 0
    shown = shown or [Shown(Channel(name=""), as_content(version.content))]
    step = ""
    if len(asked.steps) > 1:
        name = asked.steps[asked.step]["name"]
        step = _("step {n} of {all}").format(n=asked.step + 1, all=len(asked.steps)) + (f" – {name}" if name else "")
    is_change = asked.post.state in (PostState.OUT, PostState.LEAVING, PostState.STUCK)
    return Waiting(asked, asked.post, leaves_of(shown, has_file=_no_file), hidden, step, is_change)


def _no_file(_medium: object) -> bool:
    """Pictures are looked at on the post's own page."""
    return False
