"""What people do with a post and with its publications: approve, plan, publish, stop, go on, cancel."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from parvis.core.errors import Conflict, FieldMissing, NotAllowed, ParvisError
from parvis.core.wording import Text
from parvis.orgs.models import Member
from parvis.publishing import queries, services
from parvis.publishing.changing import SOMEBODY
from parvis.publishing.models import Post, Publication, Verdict
from parvis.web.asked import asked_number
from parvis.web.errors import words_of
from parvis.web.screens.publish.views import post_for
from parvis.web.times import full

_CHANGED = Text(
    "what you looked at was changed meanwhile; read it once more",
    "ce que vous avez vu a changé entre-temps\u202f; relisez-le",
)


@require_POST
def on_post(request: HttpRequest, key: int) -> HttpResponse:
    post = post_for(request, key)
    act = _ON_POST.get(request.POST.get("verb", ""))
    if act is None:
        raise Http404
    return _answered(request, post, lambda: act(request, post))


@require_POST
def on_publication(request: HttpRequest, key: int) -> HttpResponse:
    member, now = request.member, request.now  # type: ignore[attr-defined]
    found = queries.publication_for(member, key)
    verb = request.POST.get("verb", "")
    act, typed = _ON_PUBLICATION.get(verb), _WITH_WORDS.get(verb)
    if found is None or (act is None and typed is None):
        raise Http404
    if typed is not None:
        return _answered(request, found.post, lambda: typed(request, found))
    assert act is not None
    return _answered(request, found.post, lambda: act(found, member, now))


def _answered(request: HttpRequest, post: Post, act: Callable[[], str]) -> HttpResponse:
    """Back on the post's page, with what was done or why not."""
    try:
        messages.success(request, act())
    except NotAllowed:
        raise
    except ParvisError as error:
        messages.error(request, words_of(error))
    return redirect("post", post.pk)


def _ask(request: Any, post: Post) -> str:
    _must_be_seen(request, post)
    asked = services.ask_approval(post, request.member, now=request.now, note=request.POST.get("note", ""))
    return _("It is ready: nobody need approve it.") if asked is None else _("Those who may approve it are told.")


def _withdraw(request: Any, post: Post) -> str:
    services.withdraw_approval(post, request.member, now=request.now)
    return _("Nobody need approve it for now.")


def _vote(verdict: Verdict) -> Callable[[Any, Post], str]:
    def act(request: Any, post: Post) -> str:
        _must_be_seen(request, post)
        asked = queries.request_of(post)
        if asked is None:
            raise Http404
        services.vote(asked, request.member, verdict, now=request.now, note=request.POST.get("note", ""))
        return _("You have approved it.") if verdict == Verdict.APPROVE else _("It went back with your note.")

    return act


def _plan(request: Any, post: Post) -> str:
    _must_be_seen(request, post)
    due_local = _wall_time(request)
    planned = services.plan(
        post, request.member, due_local=due_local, zone=request.POST.get("zone", ""), now=request.now
    )
    said = _("It leaves on {time}.").format(time=full(planned.at))
    if planned.is_twice:
        said += " " + _("The clock shows that time twice on that day: it leaves the first time.")
    return said


def _move(request: Any, post: Post) -> str:
    """What was planned leaves as it is, at another time."""
    due_local, zone = _wall_time(request), request.POST.get("zone", "")
    moved = services.reschedule(
        post, request.member, due_local=due_local, zone=zone, now=request.now, seen_due_at=_seen_time(request)
    )
    said = _("Moved to {time}.").format(time=full(moved.at))
    if moved.is_twice:
        said += " " + _("The clock shows that time twice on that day: it leaves the first time.")
    return said


def _publish(request: Any, post: Post) -> str:
    _must_be_seen(request, post)
    services.publish_now(post, request.member, now=request.now)
    return _("It is on its way.")


def _hold(request: Any, post: Post) -> str:
    return _halt_words(services.hold(post, request.member, now=request.now))


def _resume(request: Any, post: Post) -> str:
    services.resume(post, request.member, now=request.now)
    return _("It goes on.")


def _cancel(request: Any, post: Post) -> str:
    halt = services.cancel(post, request.member, now=request.now)
    return _late_words(halt) or _("It is cancelled: nothing of it leaves.")


def _unplan(request: Any, post: Post) -> str:
    services.unplan(post, request.member, now=request.now)
    return _("It has no time any more.")


def _take_down_everywhere(request: Any, post: Post) -> str:
    done = services.withdraw_everywhere(post, request.member, now=request.now, reason=request.POST.get("reason", ""))
    left = "; ".join(f"{one.channel.name}: {why.in_language(get_language() or 'en')}" for one, why in done.left)
    count = len(done.ordered)
    said = ngettext("It is taken down from {n} channel.", "It is taken down from {n} channels.", count).format(n=count)
    return said + (" " + _("It stays here: {channels}.").format(channels=left) if left else "")


_ON_POST: dict[str, Callable[[Any, Post], str]] = {
    "ask": _ask, "withdraw": _withdraw, "approve": _vote(Verdict.APPROVE), "refuse": _vote(Verdict.REFUSE),
    "plan": _plan, "move": _move, "unplan": _unplan, "publish": _publish, "hold": _hold, "resume": _resume,
    "cancel": _cancel, "take_down": _take_down_everywhere,
}  # fmt: skip


def _retry(publication: Publication, member: Member, now: datetime) -> str:
    services.retry(publication, member, now=now)
    return _("It is tried again now.")


def _give_up(publication: Publication, member: Member, now: datetime) -> str:
    services.give_up(publication, member, now=now)
    return _("Given up: what is there stays there.")


def _happened(request: Any, publication: Publication) -> str:
    services.settle(publication, request.member, True, now=request.now, address=request.POST.get("address", ""))
    return _("Noted: it happened.")


def _take_down(request: Any, publication: Publication) -> str:
    services.withdraw(publication, request.member, now=request.now, reason=request.POST.get("reason", ""))
    return _("It is taken down there in a moment; until then you can leave it there.")


def _keep_up(publication: Publication, member: Member, now: datetime) -> str:
    services.keep_up(publication, member, now=now)
    return _("It stays there.")


def _drop_edit(publication: Publication, member: Member, now: datetime) -> str:
    services.drop_edit(publication, member, now=now)
    return _("It stays there as it is.")


def _not_happened(publication: Publication, member: Member, now: datetime) -> str:
    services.settle(publication, member, False, now=now)
    return _("It is sent again.")


def _hold_one(publication: Publication, member: Member, now: datetime) -> str:
    return _halt_words(services.hold(publication, member, now=now))


def _resume_one(publication: Publication, member: Member, now: datetime) -> str:
    services.resume(publication, member, now=now)
    return _("It goes on.")


_ON_PUBLICATION: dict[str, Callable[[Publication, Member, datetime], str]] = {
    "retry": _retry, "give_up": _give_up, "keep_up": _keep_up, "drop_edit": _drop_edit, "not_happened": _not_happened, "hold": _hold_one,
    "resume": _resume_one,
}  # fmt: skip


_WITH_WORDS: dict[str, Callable[[Any, Publication], str]] = {"happened": _happened, "take_down": _take_down}
"""What needs more of the form than the button."""


def _halt_words(halt: services.Halt) -> str:
    return _late_words(halt) or _("Stopped: nothing of it leaves until you let it go on.")


def _late_words(halt: services.Halt) -> str:
    names = ", ".join(one.channel.name for one in halt.too_late)
    return (
        _("Stopped as far as it could be. A part had left already: {channels}.").format(channels=names) if names else ""
    )


def _must_be_seen(request: Any, post: Post) -> None:
    """What somebody decides about is what they saw. Raises Conflict."""
    expected = asked_number(request.POST.get("expected", ""))
    if expected is not None and expected != post.version:
        raise Conflict(who=SOMEBODY, detail=_CHANGED)


def _wall_time(request: Any) -> datetime:
    """Raises FieldMissing."""
    try:
        return datetime.fromisoformat(f"{request.POST.get('day', '')}T{request.POST.get('time', '')}").replace(
            tzinfo=None
        )
    except ValueError:
        raise FieldMissing(field=Text("date and time", "date et heure")) from None


def _seen_time(request: Any) -> datetime | None:
    """When it was to leave as the page was read; None where it does not say."""
    try:
        found = datetime.fromisoformat(request.POST.get("seen", ""))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
