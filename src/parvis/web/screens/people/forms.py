"""Inviting, and giving a role: only places and roles that the reader may give."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from parvis.orgs.access import may
from parvis.orgs.giving import roles_to_give
from parvis.orgs.models import Department, Member
from parvis.orgs.queries import departments_where
from parvis.orgs.rights import Action, Role

WHOLE_HOUSE = "house"


def places_to_manage(member: Member) -> list[Department | None]:
    """None is the whole house."""
    places: list[Department | None] = list(departments_where(member, Action.MANAGE_PEOPLE))
    return [*places, None] if may(member, Action.MANAGE_PEOPLE) else places


class PlaceForm(forms.Form):
    place = forms.ChoiceField(label=_("Where"))
    role = forms.ChoiceField(label=_("Role"))

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = {_key(place): place for place in places_to_manage(member)}
        self.fields["place"].choices = [  # type: ignore[attr-defined]
            (key, place.name if place else _("The whole house")) for key, place in self.places.items()
        ]
        givable = {role for place in self.places.values() for role in roles_to_give(member, place)}
        self.fields["role"].choices = [  # type: ignore[attr-defined]
            (role.value, role.label) for role in Role if role in givable
        ]

    @property
    def department(self) -> Department | None:
        return self.places[self.cleaned_data["place"]]


def _key(place: Department | None) -> str:
    return str(place.pk) if place else WHOLE_HOUSE


class InviteForm(PlaceForm):
    email = forms.EmailField(label=_("E-mail address"), help_text=_("The link is for this person alone."))
    field_order = ("email", "place", "role")

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {}).setdefault("role", Role.COMMUNITY_MANAGER)
        super().__init__(*args, member=member, **kwargs)


class RoleForm(PlaceForm):
    """For somebody who is here; an empty role takes theirs away."""

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, member=member, **kwargs)
        role = self.fields["role"]
        role.required = False
        role.choices = [*role.choices, ("", _("no role"))]  # type: ignore[attr-defined]


class DepartmentForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80)
