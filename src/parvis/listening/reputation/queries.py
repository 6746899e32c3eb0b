"""Reading comparisons and annotations for the screens."""

from dataclasses import dataclass

from django.db.models import Count, Q

from parvis.listening.models import Annotation, Comparison, QueryState, SavedQuery, Side
from parvis.listening.reputation.periods import Period
from parvis.orgs.models import Department, Member

ANNOTATIONS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Sides:
    """Of one comparison, as somebody sees it."""

    shown: list[Side]
    hidden_count: int
    """Whose query has moved to where this reader does not look: left out of every figure, and said."""


def comparisons_of(member: Member, department: Department | None = None) -> list[Comparison]:
    """`department`: its own and the house's alone."""
    found = Comparison.objects.visible_to(member).select_related("department")
    if department is not None:
        found = found.filter(Q(department=department) | Q(department__isnull=True))
    return list(found.annotate(side_count=Count("sides")).order_by("name", "id"))


def comparison_of(member: Member, key: int) -> Comparison | None:
    found: Comparison | None = Comparison.objects.visible_to(member).select_related("department").filter(pk=key).first()
    return found


def sides_of(comparison: Comparison, member: Member) -> Sides:
    visible = SavedQuery.objects.visible_to(member)
    sides = list(comparison.sides.select_related("query").order_by("place"))
    if all(one.query.department_id == comparison.department_id for one in sides):
        return Sides(sides, 0)
    seen = set(visible.filter(id__in=[one.query_id for one in sides]).values_list("id", flat=True))
    shown = [one for one in sides if one.query_id in seen]
    return Sides(shown, len(sides) - len(shown))


def annotations_of(member: Member, period: Period, department: Department | None) -> list[Annotation]:
    """Of the period and the one before; a department's page shows its own and the house's, the house's page all."""
    found = Annotation.objects.visible_to(member).filter(at__gte=period.before.begins, at__lt=period.ends)
    if department is not None:
        found = found.filter(Q(department=department) | Q(department__isnull=True))
    return list(found.select_related("member", "department").order_by("at", "id")[:ANNOTATIONS_SHOWN])


def annotation_of(member: Member, key: int) -> Annotation | None:
    found: Annotation | None = Annotation.objects.visible_to(member).filter(pk=key).first()
    return found


def comparable_queries(member: Member, department: Department | None = None) -> list[SavedQuery]:
    """What a comparison can be made of; `department`: its own and the house's alone."""
    found = SavedQuery.objects.visible_to(member).exclude(state=QueryState.ARCHIVED)
    if department is not None:
        found = found.filter(Q(department=department) | Q(department__isnull=True))
    return list(found.select_related("department").order_by("name", "id"))
