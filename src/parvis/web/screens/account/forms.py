"""One's own name and look."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from parvis.orgs.models import Member
from parvis.web.screens.welcome.forms import zone_choices


class AccountForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("As the house")), *settings.LANGUAGES]
    )
    zone = forms.ChoiceField(
        label=_("Time zone"), required=False, choices=lambda: [("", _("As the house")), *zone_choices()]
    )
    theme = forms.ChoiceField(
        label=_("Look"), choices=[("auto", _("As the system")), ("light", _("Light")), ("dark", _("Dark"))]
    )
    density = forms.ChoiceField(label=_("Density"), choices=[("normal", _("Normal")), ("compact", _("Compact"))])

    @classmethod
    def of(cls, member: Member, data: Any = None) -> "AccountForm":
        return cls(data, initial={name: getattr(member, name) for name in cls.base_fields})
