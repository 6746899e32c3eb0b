"""The end of a room, and what was learnt from it: one form, and one page to print."""

from collections import Counter
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from parvis.core.errors import ParvisError
from parvis.listening.crisis import queries
from parvis.listening.crisis.log import changed_entries, must_in
from parvis.listening.crisis.rooms import Debrief, end_room, may_lead, save_debrief
from parvis.listening.crisis.timeline import MOST, timeline
from parvis.listening.models import RoomState
from parvis.listening.wanted import LONGEST_TEXT
from parvis.orgs.access import reach_of
from parvis.orgs.rights import Action
from parvis.web.errors import words_of
from parvis.web.screens.crisis.views import departments_of, held_in, room_for
from parvis.web.screens.crisis.words import line_of


def _text(label: Any, help_text: Any = "", *, required: bool = False) -> forms.CharField:
    return forms.CharField(
        label=label, help_text=help_text, required=required, max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
    )  # fmt: skip


class DebriefForm(forms.Form):
    happened = _text(gettext_lazy("What happened"), gettext_lazy("Needed to end the room; the rest can follow."))
    worked = _text(gettext_lazy("What worked"))
    failed = _text(gettext_lazy("What did not"))
    changes = _text(gettext_lazy("What changes"), gettext_lazy("Who does what until when, so that it goes better."))
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def debrief(self) -> Debrief:
        given = self.cleaned_data
        return Debrief(**{name: given[name] for name in ("happened", "worked", "failed", "changes")})


@require_http_methods(["GET", "POST"])
def debrief(request: HttpRequest, key: int) -> HttpResponse:
    """Saved as far as it is written, or (`end`) saved and the room ended."""
    member, now = request.member, request.now  # type: ignore[attr-defined]
    room = room_for(request, key)
    must_in(room, member, Action.CRISIS)
    departments = departments_of(request, room)
    names = ("happened", "worked", "failed", "changes", "revision")
    form = DebriefForm(request.POST or None, initial={name: getattr(room, name) for name in names})
    if form.is_valid():
        act = end_room if request.POST.get("end") and room.state == RoomState.OPEN else save_debrief
        try:
            act(room, member, form.debrief(), now=now, revision=form.cleaned_data["revision"])
        except ParvisError as error:
            form.add_error("happened", words_of(error))
        else:
            messages.success(request, _("The room is ended.") if act is end_room else _("Saved."))
            return redirect("room-print" if room.state == RoomState.ENDED else "room-debrief", key)
    context = {
        "form": form,
        "room": room,
        "departments": departments,
        "may_lead": may_lead(member, departments),
        "held_count": held_in(room, departments, member).count(),
    }
    return render(request, "screens/crisis/debrief.html", context, status=422 if form.errors else 200)


@require_GET
def printed(request: HttpRequest, key: int) -> HttpResponse:
    """Debrief, figures, what was held back, and the line of time from the first entry on."""
    member, now = request.member, request.now  # type: ignore[attr-defined]
    room = room_for(request, key)
    departments = departments_of(request, room)
    figures = queries.room_figures(room, member, now=now)
    moments = timeline(room, member, limit=MOST)
    written = Counter(one.who for one in moments if one.kind in ("entry", "item"))
    context = {
        "room": room,
        "departments": departments,
        "figures": figures,
        "duration": span(figures.duration),
        "entry_count": written.total(),
        "people": written.most_common(),
        "log": [line_of(one) for one in reversed(moments)],
        "changed_count": len(changed_entries(room)),
        "held": held_in(room, departments, member),
        "is_ended": room.state == RoomState.ENDED,
        "may_decide": may_lead(member, departments),
        "may_write": reach_of(member).anywhere(Action.CRISIS),
    }
    return render(request, "screens/crisis/print.html", context)


def span(duration: timedelta) -> str:
    """“3 d 4 h”, “2 h 10 min”."""
    hours, minutes = divmod(int(duration / timedelta(minutes=1)), 60)
    days, hours = divmod(hours, 24)
    if days:
        return _("{days} d {hours} h").format(days=days, hours=hours)
    return _("{hours} h {minutes} min").format(hours=hours, minutes=minutes)
