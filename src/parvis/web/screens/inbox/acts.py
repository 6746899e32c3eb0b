"""What people do with conversations, translated from forms to services and back to what the page shows next."""

import uuid
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from parvis.core.errors import FieldMissing
from parvis.core.wording import Text
from parvis.flows.answer import answer
from parvis.flows.decide import decide_item
from parvis.flows.undo import undo as take_back
from parvis.inbox import services
from parvis.inbox.lookups import colleagues_present, conversation_for, item_for, label_names, view_for
from parvis.inbox.models import Conversation, ConversationState
from parvis.inbox.queries import conversation_detail
from parvis.moderation.models import Verdict
from parvis.moderation.services import reasons
from parvis.orgs.queries import colleagues, department_for
from parvis.orgs.rights import Action
from parvis.web.answers import done
from parvis.web.asked import asked_number, asked_numbers
from parvis.web.frame import mention_key
from parvis.web.screens.inbox.talk import snooze_until


def asked_conversation(request: HttpRequest, key: int) -> Conversation:
    """Raises Http404 where there is none that the member sees."""
    found = conversation_for(_member(request), key)
    if found is None:
        raise Http404
    return found


@require_POST
def change_state(request: HttpRequest, key: int) -> HttpResponse:
    conversation = asked_conversation(request, key)
    state = request.POST.get("state", "")
    changed = services.set_state(conversation, _member(request), state, now=_now(request), version=_version(request))
    if state == ConversationState.DONE:
        return done(request, _("Done."), batch=changed.batch, event="parvis:next", facts={"id": key})
    return done(request, _("Open again."), batch=changed.batch, event="parvis:talk")


@require_POST
def assign(request: HttpRequest, key: int) -> HttpResponse:
    conversation, member, now = asked_conversation(request, key), _member(request), _now(request)
    if wanted := request.POST.get("department", ""):
        place = asked_number(wanted)
        to = department_for(member, place, action=Action.SEE) if place is not None else None
        if to is None:
            raise Http404
        changed = services.move_to_department(conversation, member, to=to, now=now, version=_version(request))
        said = _("Handed over to {name}.").format(name=to.name)
        return done(request, said, batch=changed.batch, event="parvis:next", facts={"id": key}, to="/inbox/")
    chosen = request.POST.get("assignee", "")
    people = colleagues(member, department_id=conversation.department_id)
    number = asked_number(chosen)
    person = people.filter(pk=number).first() if number is not None else None
    if chosen and person is None:
        raise Http404
    changed = services.assign(conversation, member, to=person, now=now, version=_version(request))
    said = _("Assigned to {name}.").format(name=person.name) if person else _("Nobody has it now.")
    return done(request, said, batch=changed.batch, event="parvis:talk")


@require_POST
def snooze(request: HttpRequest, key: int) -> HttpResponse:
    conversation, now = asked_conversation(request, key), _now(request)
    until = _asked_time(request, now)
    changed = services.snooze(conversation, _member(request), until=until, now=now, version=_version(request))
    return done(request, _("Snoozed."), batch=changed.batch, event="parvis:next", facts={"id": key})


def _asked_time(request: HttpRequest, now: datetime) -> datetime:
    code = request.POST.get("until", "")
    if code != "at":
        try:
            return snooze_until(code, now)
        except KeyError as error:
            raise Http404 from error
    try:
        written = parse_datetime(request.POST.get("at", ""))
    except ValueError:
        written = None
    if written is None:
        raise FieldMissing(field=Text("time", "heure"))
    return timezone.make_aware(written) if timezone.is_naive(written) else written


@require_POST
def label(request: HttpRequest, key: int) -> HttpResponse:
    """The form holds all labels that are to stick: what changed is worked out here."""
    conversation, member, now = asked_conversation(request, key), _member(request), _now(request)
    detail = conversation_detail(member, key, now=now)
    before = {one.id: one.name for one in detail.row.labels} if detail else {}
    wanted = label_names(asked_numbers(request.POST.getlist("labels")), conversation)
    for name in set(wanted.values()) - set(before.values()):
        services.add_label(conversation, member, name, now=now)
    for name in set(before.values()) - set(wanted.values()):
        services.remove_label(conversation, member, name, now=now)
    if new := request.POST.get("new", "").strip():
        services.add_label(conversation, member, new, now=now)
    return done(request, _("Labels changed."), event="parvis:talk")


@require_POST
def prioritise(request: HttpRequest, key: int) -> HttpResponse:
    conversation = asked_conversation(request, key)
    try:
        wanted = int(request.POST.get("priority", ""))
    except ValueError as error:
        raise Http404 from error
    changed = services.set_priority(
        conversation, _member(request), wanted, now=_now(request), version=_version(request)
    )
    return done(request, _("Priority changed."), batch=changed.batch, event="parvis:talk")


@require_POST
def decide(request: HttpRequest, item_id: int) -> HttpResponse:
    """A refusal brings its reason; everything else is a verdict by itself."""
    member, now = _member(request), _now(request)
    item = item_for(member, item_id)
    if item is None:
        raise Http404
    code = request.POST.get("reason", "")
    verdict = Verdict.REFUSE if code else request.POST.get("verdict", "")
    if verdict not in Verdict.values:
        raise Http404
    reason = next((one for one in reasons() if one.code == code), None)
    decided = decide_item(item, member, verdict, now=now, reason=reason, note=request.POST.get("note", ""))
    facts = {"id": next(iter(decided.conversation_ids), None), "item": item_id}
    event = "parvis:next" if decided.closed_ids else "parvis:talk"
    return done(request, verdict_done(verdict), batch=decided.batch, event=event, facts=facts)


@require_POST
def reply(request: HttpRequest, key: int) -> HttpResponse:
    conversation, member, now = asked_conversation(request, key), _member(request), _now(request)
    wanted = asked_number(request.POST.get("item", ""))
    item = item_for(member, wanted) if wanted is not None else None
    answered = answer(conversation, member, request.POST.get("text", ""), now=now, item=item)
    if request.POST.get("then") == "done":
        conversation.refresh_from_db()
        services.set_state_many([key], member, ConversationState.DONE, now=now, batch=answered.batch)
        return done(request, _("Sent, and done."), batch=answered.batch, event="parvis:next", facts={"id": key})
    return done(request, _("Sent."), batch=answered.batch, event="parvis:talk")


@require_http_methods(["GET", "POST"])
def undo(request: HttpRequest, batch: uuid.UUID) -> HttpResponse:
    """By GET only a page with the button, for browsers without scripts."""
    if request.method == "GET":
        return render(request, "screens/inbox/undo.html", {"batch": batch})
    undone = take_back(_member(request), batch, _now(request))
    said = ngettext("Taken back.", "{n} taken back.", undone.count).format(n=undone.count)
    if undone.skipped_ids:
        count = len(undone.skipped_ids)
        said += " " + ngettext(
            "{n} was changed by somebody since and stays as it is.",
            "{n} were changed by somebody since and stay as they are.",
            count,
        ).format(n=count)
    facts = {"id": next(iter(undone.conversation_ids), None)}
    return done(request, said, event="parvis:undone", facts=facts, to="/inbox/")


def verdict_done(verdict: str) -> str:
    return {
        Verdict.APPROVE: _("Approved."),
        Verdict.HOLD: _("Held back."),
        Verdict.REFUSE: _("Refused."),
        Verdict.SPAM: _("Marked as spam."),
        Verdict.DELETE: _("Deleted."),
    }[Verdict(verdict)]


@require_POST
def note(request: HttpRequest, key: int) -> HttpResponse:
    conversation = asked_conversation(request, key)
    services.write_note(conversation, _member(request), request.POST.get("text", ""), now=_now(request))
    return done(request, _("Noted."), event="parvis:talk")


@require_POST
def draft(request: HttpRequest, key: int) -> HttpResponse:
    conversation = asked_conversation(request, key)
    kind, text = request.POST.get("kind", ""), request.POST.get("text", "")
    services.save_draft(conversation, _member(request), kind, text, now=_now(request))
    return HttpResponse(status=204)


@require_POST
def presence(request: HttpRequest, key: int) -> HttpResponse:
    """A sign of life; answers with who else is here. Whoever looks has seen that they were named."""
    conversation, member, now = asked_conversation(request, key), _member(request), _now(request)
    services.be_present(conversation, member, now=now, is_typing=bool(request.POST.get("typing")))
    if services.mark_mentions_seen(conversation, member, now=now):
        cache.delete(mention_key(member))
    there = colleagues_present(conversation, member, now=now)
    return render(request, "screens/inbox/presence.html", {"talk": {"present": there}})


@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    member = _member(request)
    department = request.department  # type: ignore[attr-defined]
    services.save_view(
        member,
        request.POST.get("name", ""),
        request.POST.get("q", ""),
        now=_now(request),
        is_shared=bool(request.POST.get("shared")),
        department=department,
    )
    return done(request, _("Saved: it stands among the tabs."), event="parvis:refresh")


@require_POST
def delete_view(request: HttpRequest, key: int) -> HttpResponse:
    member = _member(request)
    view = view_for(member, key)
    if view is None:
        raise Http404
    services.delete_view(view, member, now=_now(request))
    return done(request, _("The view is gone; its conversations are not."), event="parvis:refresh")


def _version(request: HttpRequest) -> int | None:
    return asked_number(request.POST.get("version", ""))


def _member(request: Any) -> Any:
    return request.member


def _now(request: Any) -> datetime:
    now: datetime = request.now
    return now
