"""A comparison and an annotation as they are typed. What they may be is checked where they are saved."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from parvis.listening.models import Comparison, SavedQuery, Span
from parvis.listening.reputation.services import (
    LONGEST_ANNOTATION,
    LONGEST_NAME,
    MOST_SIDES,
    ComparisonWish,
    SideWish,
)
from parvis.orgs.access import may
from parvis.orgs.models import Department, Member
from parvis.orgs.queries import departments_of
from parvis.orgs.rights import Action

HOUSE = "house"
ROWS_FIRST = 4
ROWS_MORE = 4
_SPANS = ((Span.WEEK, _("7 days")), (Span.FOUR_WEEKS, _("28 days")), (Span.QUARTER, _("13 weeks")))


class ComparisonForm(forms.Form):
    """Its sides are rows of a query and a label; `row_count` of them are shown."""

    name = forms.CharField(label=_("Name"), max_length=LONGEST_NAME)
    department = forms.ChoiceField(label=_("Whose it is"))
    days = forms.TypedChoiceField(label=_("Period that it opens with"), choices=_SPANS, coerce=int)
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, member: Member, queries: list[SavedQuery], row_count: int, **named: Any) -> None:
        super().__init__(*args, **named)
        self._departments = _where(member, Action.LISTEN)
        self._queries = {str(one.pk): one for one in queries}
        department: Any = self.fields["department"]
        department.choices = _choices(self._departments, member, Action.LISTEN)
        choices = [("", "—"), *((key, _with_department(one)) for key, one in self._queries.items())]
        self.row_count = min(row_count, MOST_SIDES)
        for row in range(self.row_count):
            self.fields[f"query{row}"] = forms.ChoiceField(label=_("Query"), choices=choices, required=False)
            self.fields[f"label{row}"] = forms.CharField(
                label=_("Called"), max_length=LONGEST_NAME, required=False,
                widget=forms.TextInput(attrs={"dir": "auto"}),
            )  # fmt: skip

    @property
    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"query{row}"], self[f"label{row}"]) for row in range(self.row_count)]

    def wish(self) -> ComparisonWish:
        given = self.cleaned_data
        sides = [
            SideWish(self._queries[given[f"query{row}"]], given[f"label{row}"])
            for row in range(self.row_count)
            if given[f"query{row}"]
        ]
        return ComparisonWish(
            name=given["name"], department=self._departments.get(given["department"]), sides=sides, days=given["days"]
        )


def initial_of(comparison: Comparison) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": comparison.name, "department": str(comparison.department_id or HOUSE), "days": comparison.days,
        "revision": comparison.revision,
    }  # fmt: skip
    for row, side in enumerate(comparison.sides.all()):
        found |= {f"query{row}": str(side.query_id), f"label{row}": side.label}
    return found


class AnnotationForm(forms.Form):
    text = forms.CharField(
        label=_("What happened"), max_length=LONGEST_ANNOTATION, widget=forms.TextInput(attrs={"dir": "auto"})
    )
    at = forms.CharField(label=_("When"), widget=forms.TextInput(attrs={"type": "datetime-local"}))
    where = forms.ChoiceField(label=_("For whom"))

    def __init__(self, data: Any, *, member: Member, department: Department | None, now: datetime) -> None:
        initial = {
            "at": timezone.localtime(now).strftime("%Y-%m-%dT%H:%M"),
            "where": str(department.pk) if department else HOUSE,
        }
        super().__init__(data, initial=initial)
        self._departments = _where(member, Action.NOTE)
        where: Any = self.fields["where"]
        where.choices = _choices(self._departments, member, Action.NOTE)
        self.is_open = bool(where.choices)

    def clean_at(self) -> datetime:
        """In the reader's zone; of an hour that comes twice, the first."""
        at: datetime | None
        try:
            at = datetime.fromisoformat(self.cleaned_data["at"])
        except ValueError:
            at = None
        if at is None or not 1970 < at.year < 9000:
            raise forms.ValidationError(_("This is no date with a time."))
        return at if at.tzinfo else at.replace(tzinfo=timezone.get_current_timezone())

    def chosen_department(self) -> Department | None:
        """None: the whole house."""
        return self._departments.get(self.cleaned_data["where"])


def _where(member: Member, action: str) -> dict[str, Department]:
    return {str(one.pk): one for one in departments_of(member) if may(member, action, one)}


def _choices(departments: dict[str, Department], member: Member, action: str) -> list[tuple[str, str]]:
    found = [(key, one.name) for key, one in departments.items()]
    return [*found, (HOUSE, str(_("The whole house")))] if may(member, action) else found


def _with_department(query: SavedQuery) -> str:
    return f"{query.name} · {query.department.name if query.department else _('The whole house')}"
