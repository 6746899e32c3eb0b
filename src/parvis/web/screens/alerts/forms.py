"""An alert rule as it is typed. What it may be is checked where it is saved."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from parvis.listening.alerts.learning import Terms
from parvis.listening.alerts.queries import people_for, routes_for
from parvis.listening.alerts.rules import FALSE_A_MONTH, RuleWish
from parvis.listening.models import AlertKind, AlertRule, AlertWay, Per, SavedQuery, Severity
from parvis.orgs.models import Member
from parvis.orgs.rights import Role

_KINDS = [
    (AlertKind.VOLUME, _("More or less is said than usual")),
    (AlertKind.TONE, _("The tone is another than usual")),
    (AlertKind.THRESHOLD, _("More than a number")),
    (AlertKind.AUTHOR, _("A named author speaks")),
]
_WAYS = [
    (AlertWay.MORE, _("More, or kinder")),
    (AlertWay.LESS, _("Less, or harsher")),
    (AlertWay.ANY, _("Either way")),
]
_HOW_EASILY = list(zip(FALSE_A_MONTH, (_("Rarely"), _("As usual"), _("Easily")), strict=True))
_WAKES = [
    ("", _("Nothing wakes")),
    (Severity.MEDIUM, _("A marked event or worse")),
    (Severity.HIGH, _("A severe event")),
]
_BOXES = {"class": "form-check-input"}


class RuleForm(forms.Form):
    kind = forms.ChoiceField(label=_("Rings when"), choices=_KINDS)
    way = forms.ChoiceField(label=_("Which way"), choices=_WAYS, required=False)
    false_a_month = forms.TypedChoiceField(
        label=_("How easily"), choices=_HOW_EASILY, coerce=float, required=False, empty_value="",
        help_text=_("False alarms in a month in which nothing happens: one in ten months, one in two, or two."),
    )  # fmt: skip
    threshold = forms.IntegerField(label=_("More than"), required=False, min_value=0)
    per = forms.ChoiceField(
        label=_("Within"), required=False, choices=[(Per.HOUR, _("an hour")), (Per.DAY, _("a day of the house"))]
    )
    authors = forms.CharField(
        label=_("Whose words"), required=False, max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        help_text=_("Names or @handles as they stand on the platform, one a line."),
    )  # fmt: skip
    members = forms.MultipleChoiceField(
        label=_("People"), required=False, widget=forms.CheckboxSelectMultiple(attrs=_BOXES)
    )
    role = forms.ChoiceField(
        label=_("And everybody who is"), required=False, choices=[("", _("Nobody else")), *Role.choices]
    )
    routes = forms.MultipleChoiceField(
        label=_("Shared ways"), required=False, widget=forms.CheckboxSelectMultiple(attrs=_BOXES)
    )
    quiet_from = forms.TimeField(label=_("Quiet from"), required=False, widget=forms.TimeInput(attrs={"type": "time"}))
    quiet_to = forms.TimeField(
        label=_("Quiet until"), required=False, widget=forms.TimeInput(attrs={"type": "time"}),
        help_text=_("By each person’s own clock. What happens meanwhile is told as one summary at their end."),
    )  # fmt: skip
    wakes_from = forms.TypedChoiceField(
        label=_("All the same woken by"), choices=_WAKES, coerce=int, required=False, empty_value=None
    )
    escalate_after_min = forms.IntegerField(
        label=_("If nobody acknowledges within so many minutes"), required=False, min_value=1, max_value=7 * 24 * 60,
        help_text=_("Empty: nobody else is called."),
    )  # fmt: skip
    escalate_members = forms.MultipleChoiceField(label=_("These people are called"), required=False,
        widget=forms.CheckboxSelectMultiple(attrs=_BOXES),
    )  # fmt: skip
    escalate_role = forms.ChoiceField(
        label=_("And everybody who is"), required=False, choices=[("", _("Nobody else")), *Role.choices]
    )
    escalate_routes = forms.MultipleChoiceField(
        label=_("Shared ways"), required=False, widget=forms.CheckboxSelectMultiple(attrs=_BOXES)
    )
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, query: SavedQuery, member: Member, **named: Any) -> None:
        super().__init__(*args, **named)
        self._people = {str(one.pk): one for one in people_for(query, member)}
        self._routes = {str(one.pk): one for one in routes_for(query)}
        self.has_routes = bool(self._routes)
        self._offer("members", "escalate_members", of=[(key, one.name) for key, one in self._people.items()])
        ways = [(key, f"{one.name} ({one.shown})") for key, one in self._routes.items()]
        self._offer("routes", "escalate_routes", of=ways)

    def _offer(self, *names: str, of: list[tuple[str, str]]) -> None:
        for name in names:
            field: Any = self.fields[name]
            field.choices = of

    def terms(self) -> Terms:
        return terms_from(self.cleaned_data)

    def wish(self) -> RuleWish:
        given = self.cleaned_data
        plain = ("role", "quiet_from", "quiet_to", "wakes_from", "escalate_after_min", "escalate_role")
        return RuleWish(
            terms=self.terms(),
            members=[self._people[key] for key in given["members"]],
            routes=[self._routes[key] for key in given["routes"]],
            escalate_members=[self._people[key] for key in given["escalate_members"]],
            escalate_routes=[self._routes[key] for key in given["escalate_routes"]],
            **{name: given[name] for name in plain},
        )


class TermsForm(forms.Form):
    """What a rule rings at, to be tried while the rest is not filled in yet."""

    kind = RuleForm.base_fields["kind"]
    way = RuleForm.base_fields["way"]
    false_a_month = RuleForm.base_fields["false_a_month"]
    threshold = RuleForm.base_fields["threshold"]
    per = RuleForm.base_fields["per"]
    authors = RuleForm.base_fields["authors"]


def terms_from(given: dict[str, Any]) -> Terms:
    return Terms(
        kind=given["kind"], way=given["way"] or AlertWay.MORE, false_a_month=given["false_a_month"] or FALSE_A_MONTH[1],
        threshold=given["threshold"], per=given["per"] or Per.HOUR,
        authors=tuple(line.strip() for line in given["authors"].splitlines() if line.strip()),
    )  # fmt: skip


def initial_of(rule: AlertRule) -> dict[str, Any]:
    same = (
        "kind", "way", "false_a_month", "threshold", "per", "role", "quiet_from", "quiet_to", "wakes_from",
        "escalate_after_min", "escalate_role", "revision",
    )  # fmt: skip
    many = ("members", "routes", "escalate_members", "escalate_routes")
    found = {name: getattr(rule, name) for name in same} | {
        name: [str(key) for key in getattr(rule, name).values_list("pk", flat=True)] for name in many
    }
    return found | {"authors": "\n".join(rule.authors)}
