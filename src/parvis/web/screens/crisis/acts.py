"""The switch, who is there, and what becomes of what was held back."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from parvis.core.errors import ParvisError
from parvis.listening.crisis.presence import be_in_room, people_in
from parvis.listening.crisis.rooms import LONGEST_NAME, LONGEST_WHY, open_room
from parvis.orgs.access import may, must, reach_of
from parvis.orgs.crisis import decide_held, held_for
from parvis.orgs.models import HeldDecision
from parvis.orgs.queries import departments_where
from parvis.orgs.rights import Action
from parvis.web.answers import done
from parvis.web.errors import words_of
from parvis.web.screens.crisis.views import room_for

HOUSE = "house"


class RoomForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("What it is about"), max_length=LONGEST_NAME, widget=forms.TextInput(attrs={"dir": "auto"})
    )
    why = forms.CharField(
        label=gettext_lazy("Why now"), max_length=LONGEST_WHY,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}), help_text=gettext_lazy("The first entry of its log."),
    )  # fmt: skip
    departments = forms.MultipleChoiceField(
        label=gettext_lazy("Which departments it concerns"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, member: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._departments = {str(one.pk): one for one in departments_where(member, Action.CRISIS)}
        choices = [(key, one.name) for key, one in self._departments.items()]
        if may(member, Action.CRISIS):
            choices.append((HOUSE, str(_("The whole house"))))
        field: Any = self.fields["departments"]
        field.choices = choices
        if len(choices) == 1:
            field.initial = [choices[0][0]]

    def chosen(self) -> Any:
        """None: the whole house."""
        keys = self.cleaned_data["departments"]
        return None if HOUSE in keys else [self._departments[key] for key in keys]


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    member, now = _who(request)
    if not reach_of(member).anywhere(Action.CRISIS):
        must(member, Action.CRISIS)
    form = RoomForm(request.POST or None, member=member)
    if form.is_valid():
        given = form.cleaned_data
        try:
            room = open_room(member, name=given["name"], why=given["why"], departments=form.chosen(), now=now)
        except ParvisError as error:
            form.add_error("name", words_of(error))
        else:
            messages.success(request, _("The room is open, and what is scheduled is paused."))
            return redirect("room", room.pk)
    return render(request, "screens/crisis/new.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
def presence(request: HttpRequest, key: int) -> HttpResponse:
    """A sign of life; answers with who is in the room."""
    member, now = _who(request)
    room = room_for(request, key)
    be_in_room(room, member, now=now)
    return render(request, "screens/crisis/part_people.html", {"view": {"people": people_in(room, now=now)}})


@require_POST
def held(request: HttpRequest, key: int) -> HttpResponse:
    member, now = _who(request)
    found, decision = held_for(member, key), request.POST.get("decision", "")
    if found is None or decision not in (HeldDecision.RELEASE, HeldDecision.DROP):
        raise Http404
    decide_held(found, member, HeldDecision(decision), now=now)
    said = _("It leaves after all.") if decision == HeldDecision.RELEASE else _("It does not leave.")
    return done(request, said)


def _who(request: Any) -> tuple[Any, Any]:
    return request.member, request.now
