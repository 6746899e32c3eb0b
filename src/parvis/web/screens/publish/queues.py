"""Queues on the screen: the week as a grid of slots, the next ten with what fills them, and what can be done."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from parvis.core.errors import FieldMissing
from parvis.core.wording import Text
from parvis.orgs.access import may
from parvis.orgs.rights import Action
from parvis.publishing import lookups
from parvis.publishing.models import Pillar, Queue, Slot, WhenFreed
from parvis.publishing.pillars import pillars_of
from parvis.publishing.queueing import NextSlot, move_in_queue, next_slots, queue_post, shuffle_queue, switch_queue
from parvis.publishing.queues import add_slot, close_queue, remove_slot, save_queue
from parvis.web.asked import asked_number, asked_numbers
from parvis.web.screens.publish.planning_asked import (
    WEEK,
    answered,
    asked_department,
    asked_time,
    chosen_channels,
    places,
    posting_channels,
    zones,
)
from parvis.web.screens.publish.views import post_for
from parvis.web.times import full

SHOWN = 10


@dataclass(frozen=True, slots=True)
class QueueLine:
    queue: Queue
    slot_count: int
    next_free: NextSlot | None
    waiting: int
    """Of the next ten slots, how many are taken."""


@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """The list; by POST, a new queue."""
    if request.method == "POST":
        return answered(request, lambda: _new(request), "queues")
    member, department, now = request.member, request.department, request.now  # type: ignore[attr-defined]
    lines = []
    for queue in lookups.queues_of(member, department=department):
        slots = next_slots(queue, now=now, count=SHOWN)
        free = next((one for one in slots if one.entry is None), None)
        lines.append(QueueLine(queue, len(queue.slots.all()), free, sum(one.entry is not None for one in slots)))
    context = {
        "lines": lines, "here": "queues", "departments": places(request), "zones": zones(request),
        "channels": posting_channels(request), "rules": _rules(),
    }  # fmt: skip
    return render(request, "screens/publish/queues.html", context)


@require_GET
def page(request: HttpRequest, key: int) -> HttpResponse:
    member, now = request.member, request.now  # type: ignore[attr-defined]
    queue = _queue(request, key)
    slots = list(queue.slots.select_related("pillar").order_by("time"))
    pillars = pillars_of(queue.department_id)
    served = set(queue.channels.values_list("pk", flat=True))
    context = {
        "queue": queue, "here": "queues",
        "week": [(name, [one for one in slots if one.weekday == day]) for day, name in WEEK],
        "days": WEEK, "has_slots": bool(slots), "pillars": pillars,
        "next": next_slots(queue, now=now, count=SHOWN),
        "may_plan": may(member, Action.PUBLISH, queue) and queue.closed_at is None,
        "zones": zones(request, queue.zone), "rules": _rules(),
        "channels": [(one, one.pk in served) for one in posting_channels(request)],
        "names": {one.pk: one.name for one in pillars},
    }  # fmt: skip
    return render(request, "screens/publish/queue.html", context)


@require_POST
def act(request: HttpRequest, key: int) -> HttpResponse:
    queue = _queue(request, key)
    found = _ACTS.get(request.POST.get("verb", ""))
    if found is None:
        raise Http404
    to = ("queues",) if found is _close else ("queue", queue.pk)
    return answered(request, lambda: found(request, queue), *to)


@require_POST
def take(request: HttpRequest, key: int) -> HttpResponse:
    """A post gets the next free slot of a queue."""
    post = post_for(request, key)
    return answered(request, lambda: _take(request, post), "post", post.pk)


def _take(request: Any, post: Any) -> str:
    queue = lookups.queue_for(request.member, asked_number(request.POST.get("queue", "")) or 0)
    if queue is None:
        raise FieldMissing(field=Text("queue", "file"))
    planned = queue_post(post, queue, request.member, now=request.now, at_front="front" in request.POST)
    return _("It leaves on {time}.").format(time=full(planned.at))


def _new(request: Any) -> str:
    queue = save_queue(asked_department(request), request.member, now=request.now, **_wish(request))
    return _("“{name}” is there: give it its slots.").format(name=queue.name)


def _save(request: Any, queue: Queue) -> str:
    save_queue(queue.department, request.member, queue=queue, now=request.now, **_wish(request))
    return _("Saved. What is planned already keeps its time.")


def _wish(request: Any) -> dict[str, Any]:
    data = request.POST
    return {
        "name": data.get("name", ""), "zone": data.get("zone", ""), "channels": chosen_channels(request),
        "when_freed": data.get("when_freed", WhenFreed.LEAVE),
    }  # fmt: skip


def _switch(is_on: bool) -> Any:
    def act_on(request: Any, queue: Queue) -> str:
        count = switch_queue(queue, request.member, is_on=is_on, now=request.now)
        if is_on:
            words = ngettext("It goes on: {n} post has a new slot.", "It goes on: {n} posts have new slots.", count)
        else:
            words = ngettext("Paused: {n} post is held.", "Paused: {n} posts are held.", count)
        return words.format(n=count)

    return act_on


def _shuffle(request: Any, queue: Queue) -> str:
    count = shuffle_queue(queue, request.member, now=request.now)
    return ngettext("{n} post has changed its slot.", "{n} posts have changed their slots.", count).format(n=count)


def _close(request: Any, queue: Queue) -> str:
    close_queue(queue, request.member, now=request.now)
    return _("It is closed: what is planned keeps its time.")


def _add(request: Any, queue: Queue) -> str:
    days = sorted({day for day in asked_numbers(request.POST.getlist("weekday")) if day < 7})
    if not days:
        raise FieldMissing(field=Text("day of the week", "jour de la semaine"))
    at, pillar = asked_time(request.POST.get("time", "")), _pillar(request)
    there = set(queue.slots.filter(time=at).values_list("weekday", flat=True))
    for day in days:
        if day not in there or len(days) == 1:
            add_slot(queue, request.member, weekday=day, time=at, pillar=pillar, now=request.now)
    return _("The slots are there.")


def _remove(request: Any, queue: Queue) -> str:
    slot: Slot | None = lookups.slot_for(request.member, asked_number(request.POST.get("slot", "")) or 0)
    if slot is None or slot.queue_id != queue.pk:
        raise Http404
    remove_slot(slot, request.member, now=request.now)
    return _("The slot is removed: what had it keeps its time.")


def _move(by: int) -> Any:
    def act_on(request: Any, queue: Queue) -> str:
        entry = lookups.entry_for(request.member, asked_number(request.POST.get("entry", "")) or 0)
        if entry is None or entry.queue_id != queue.pk:
            raise Http404
        move_in_queue(entry, request.member, by=by, now=request.now)
        return _("They have changed places.")

    return act_on


_ACTS = {
    "save": _save, "on": _switch(True), "off": _switch(False), "shuffle": _shuffle, "close": _close, "add": _add,
    "remove": _remove, "sooner": _move(-1), "later": _move(1),
}  # fmt: skip


def _pillar(request: Any) -> Pillar | None:
    key = asked_number(request.POST.get("pillar", ""))
    return lookups.pillar_for(request.member, key) if key is not None else None


def _rules() -> list[tuple[str, str]]:
    return [
        (WhenFreed.LEAVE.value, _("it stays free for the next that comes; who is held keeps theirs")),
        (WhenFreed.FILL.value, _("those behind move up; who is held goes to the end")),
    ]


def _queue(request: Any, key: int) -> Queue:
    found = lookups.queue_for(request.member, key)
    if found is None:
        raise Http404
    return found
