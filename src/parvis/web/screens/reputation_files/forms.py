"""A reputation file as it is typed. What it may be is checked where it is saved."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from parvis.listening.files.services import LONGEST_CLAIM, FileWish
from parvis.listening.wanted import LONGEST_TEXT
from parvis.orgs.access import department_ids, may
from parvis.orgs.models import Department, Member
from parvis.orgs.queries import departments_where
from parvis.orgs.rights import Action

HOUSE = "house"


class FileForm(forms.Form):
    claim = forms.CharField(
        label=_("The claim"), max_length=LONGEST_CLAIM, help_text=_("What goes round, in one sentence."),
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )  # fmt: skip
    department = forms.ChoiceField(label=_("Whose it is"))
    position = forms.CharField(
        label=_("Our position"), required=False, max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 5, "dir": "auto"}),
        help_text=_("What is true, and what the house holds; for colleagues."),
    )  # fmt: skip
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)
    item = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, member: Member, **named: Any) -> None:
        super().__init__(*args, **named)
        self._departments = {str(one.pk): one for one in departments_where(member, Action.LISTEN)}
        choices = [(key, one.name) for key, one in self._departments.items()]
        if department_ids(member) is None and may(member, Action.LISTEN):
            choices.append((HOUSE, str(_("The whole house"))))
        department: Any = self.fields["department"]
        department.choices = choices

    def wish(self) -> FileWish:
        given = self.cleaned_data
        return FileWish(claim=given["claim"], position=given["position"], department=self._chosen())

    def _chosen(self) -> Department | None:
        return self._departments.get(self.cleaned_data["department"])
