"""What the house is called, where it lives and which language it speaks by default."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from parvis.orgs.models import House
from parvis.web.screens.welcome.forms import zone_choices


class HouseForm(forms.Form):
    name = forms.CharField(
        label=_("Name of the house"), max_length=120, help_text=_("As your public knows it: Radio Parvis.")
    )
    zone = forms.ChoiceField(
        label=_("Time zone"), choices=zone_choices, help_text=_("For everybody who has not chosen another.")
    )
    language = forms.ChoiceField(
        label=_("Language"), choices=settings.LANGUAGES, help_text=_("For everybody who has not chosen another.")
    )

    @classmethod
    def of(cls, house: House, data: Any = None) -> "HouseForm":
        return cls(data, initial={name: getattr(house, name) for name in cls.base_fields})
