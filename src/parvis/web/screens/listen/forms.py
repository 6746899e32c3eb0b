"""A query as it is typed. What it may be is checked where it is saved."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from parvis.listening.services import COLOURS, LONGEST_NAME, LONGEST_PURPOSE, Wish
from parvis.orgs.access import department_ids, may
from parvis.orgs.models import Department, Member
from parvis.orgs.queries import departments_of
from parvis.orgs.rights import Action

HOUSE = "house"
_COLOUR_NAMES = {
    "blue": _("Blue"), "green": _("Green"), "amber": _("Amber"), "red": _("Red"), "violet": _("Violet"),
    "grey": _("Grey"),
}  # fmt: skip


class QueryForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=LONGEST_NAME)
    text = forms.CharField(
        label=_("What to listen for"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocapitalize": "off", "dir": "auto"}),
        help_text=_("Words, “phrases”, OR, -without, beginnings*, NEAR/5, #hashtag, lang:fr, site:example.org …"),
    )
    department = forms.ChoiceField(label=_("Whose it is"))
    hears_house = forms.BooleanField(
        label=_("Listen to what every department’s sources bring"), required=False,
        help_text=_("Each reader still sees those items alone that they may."),
    )  # fmt: skip
    purpose = forms.CharField(
        label=_("Why we listen for it"), required=False, max_length=LONGEST_PURPOSE,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )  # fmt: skip
    language = forms.ChoiceField(
        label=_("Language"), required=False,
        choices=[("", _("Any")), ("fr", "Français"), ("de", "Deutsch"), ("it", "Italiano"), ("rm", "Rumantsch"), ("en", "English")],
        help_text=_("For your colleagues; it filters nothing. To hear one language only, write lang:fr."),
    )  # fmt: skip
    colour = forms.ChoiceField(label=_("Colour"), choices=[(one, _COLOUR_NAMES[one]) for one in COLOURS])
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, member: Member, **named: Any) -> None:
        super().__init__(*args, **named)
        self._departments = {str(one.pk): one for one in _where_listening(member)}
        choices = [(key, one.name) for key, one in self._departments.items()]
        sees_house = department_ids(member, Action.SEE) is None
        if sees_house and may(member, Action.LISTEN):
            choices.append((HOUSE, str(_("The whole house"))))
        department: Any = self.fields["department"]
        department.choices = choices
        if not sees_house:
            del self.fields["hears_house"]

    def wish(self) -> Wish:
        given = self.cleaned_data
        return Wish(
            name=given["name"],
            text=given["text"],
            department=self.chosen_department(),
            hears_house=given.get("hears_house", False),
            purpose=given["purpose"],
            language=given["language"],
            colour=given["colour"],
        )

    def chosen_department(self) -> Department | None:
        """None: the whole house."""
        return self._departments.get(self.cleaned_data["department"])


def _where_listening(member: Member) -> list[Department]:
    return [one for one in departments_of(member) if may(member, Action.LISTEN, one)]
