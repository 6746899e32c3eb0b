"""What of the trail one wants to see."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from parvis.orgs.models import Member
from parvis.orgs.queries import AuditFilter, audit_people
from parvis.web.screens.audit.words import ACTIONS, SUBJECTS


class TrailForm(forms.Form):
    person = forms.TypedChoiceField(label=_("Person"), required=False, coerce=int, empty_value=None)
    action = forms.ChoiceField(label=_("What"), required=False, choices=[("", _("Everything")), *ACTIONS.items()])
    subject = forms.ChoiceField(label=_("Of what"), required=False, choices=[("", _("Everything")), *SUBJECTS.items()])
    key = forms.CharField(label=_("Its number"), required=False, max_length=40)
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [(person.pk, person.name) for person in audit_people(member)]
        self.fields["person"].choices = [("", _("Everybody")), *people]  # type: ignore[attr-defined]

    def wanted(self) -> AuditFilter:
        """Days are those of the reader's zone, both included."""
        given = self.cleaned_data if self.is_valid() else {}
        since, until = given.get("since"), given.get("until")
        return AuditFilter(
            member_id=given.get("person"),
            action=given.get("action", ""),
            subject=given.get("subject", ""),
            subject_key=given.get("key", ""),
            since=_midnight(since) if since else None,
            until=_midnight(until + timedelta(days=1)) if until else None,
        )


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
