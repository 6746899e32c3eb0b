"""Comparisons saved, changed and removed; annotations written beside the figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from parvis.core.errors import BadInput, Conflict, FieldMissing, TextTooLong
from parvis.core.wording import Text
from parvis.jobs.live import tell
from parvis.listening.models import Annotation, Comparison, SavedQuery, Side, Span
from parvis.orgs.access import must
from parvis.orgs.audit import record
from parvis.orgs.models import Department, Member
from parvis.orgs.rights import Action

FEWEST_SIDES = 2
MOST_SIDES = 12
LONGEST_NAME = 80
LONGEST_ANNOTATION = 200


@dataclass(frozen=True, slots=True)
class SideWish:
    query: SavedQuery
    label: str = ""
    """"" for the query's own name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonWish:
    """What somebody wants a comparison to be."""

    name: str
    department: Department | None
    sides: Sequence[SideWish]
    days: int = Span.FOUR_WEEKS


def save_comparison(member: Member, wish: ComparisonWish, *, now: datetime) -> Comparison:
    """Raises NotAllowed, FieldMissing, TextTooLong, BadInput."""
    values, sides = _values(wish), _sides(wish)
    must(member, Action.LISTEN, wish.department)
    with transaction.atomic():
        comparison: Comparison = Comparison.objects.create(created_by=member, created_at=now, changed_at=now, **values)
        _put(comparison, sides)
        _note(comparison, member, "comparison.save", sides, now=now)
    return comparison


def change_comparison(
    comparison: Comparison, member: Member, wish: ComparisonWish, *, now: datetime, revision: int
) -> None:
    """`revision`: of what the member saw. Raises Conflict where it is older, and what `save_comparison` raises."""
    must(member, Action.LISTEN, _where(comparison))
    must(member, Action.LISTEN, wish.department)
    values, sides = _values(wish), _sides(wish)
    with transaction.atomic():
        current = Comparison.objects.select_for_update(of=("self",), no_key=True).get(pk=comparison.pk)
        if current.revision != revision:
            raise Conflict(
                who=Text("Somebody else", "Quelqu’un d’autre"),
                detail=Text(
                    "this comparison has been changed since you opened it",
                    "cette comparaison a changé depuis que vous l’avez ouverte",
                ),
            )
        for name, value in values.items():
            setattr(current, name, value)
        current.changed_at, current.revision = now, revision + 1
        current.save()
        current.sides.all().delete()
        _put(current, sides)
        _note(current, member, "comparison.change", sides, now=now)
    comparison.refresh_from_db()


def remove_comparison(comparison: Comparison, member: Member, *, now: datetime) -> None:
    """Its queries stay, with all that they found."""
    must(member, Action.LISTEN, _where(comparison))
    with transaction.atomic():
        sides = [SideWish(one.query, one.label) for one in comparison.sides.select_related("query")]
        _note(comparison, member, "comparison.remove", sides, now=now)
        comparison.delete()


def add_annotation(
    member: Member, text: str, *, at: datetime, department: Department | None, now: datetime
) -> Annotation:
    """What happened, for everybody who sees the department's figures. Raises NotAllowed, FieldMissing, TextTooLong."""
    must(member, Action.NOTE, department)
    text = " ".join(text.replace("\0", "").split())
    if not text:
        raise FieldMissing(field=Text("what happened", "ce qui s’est passé"))
    if len(text) > LONGEST_ANNOTATION:
        raise TextTooLong(length=len(text), limit=LONGEST_ANNOTATION)
    with transaction.atomic():
        annotation: Annotation = Annotation.objects.create(
            department=department, at=at, text=text, member=member, created_at=now
        )
        _record(annotation, member, "annotation.add", now=now)
    return annotation


def remove_annotation(annotation: Annotation, member: Member, *, now: datetime) -> None:
    """One's own, or any where one may save queries."""
    if annotation.member_id != member.pk:
        must(member, Action.LISTEN, _where(annotation))
    must(member, Action.NOTE, _where(annotation))
    with transaction.atomic():
        _record(annotation, member, "annotation.remove", now=now)
        annotation.delete()


def _where(thing: Comparison | Annotation) -> Comparison | Annotation | None:
    return thing if thing.department_id is not None else None


def _values(wish: ComparisonWish) -> dict[str, Any]:
    name = " ".join(wish.name.replace("\0", "").split())
    if not name:
        raise FieldMissing(field=Text("name", "nom"))
    if len(name) > LONGEST_NAME:
        raise TextTooLong(length=len(name), limit=LONGEST_NAME)
    return {
        "name": name,
        "days": wish.days if wish.days in Span.values else Span.FOUR_WEEKS,
        "department_id": wish.department.pk if wish.department else None,
    }


def _sides(wish: ComparisonWish) -> list[SideWish]:
    """Whoever sees the comparison must see each of its queries: a department's compares its own alone."""
    sides = [SideWish(one.query, " ".join(one.label.split())[:LONGEST_NAME] or one.query.name) for one in wish.sides]
    if not FEWEST_SIDES <= len(sides) <= MOST_SIDES:
        raise BadInput(
            detail=Text(
                "a comparison has from {fewest} to {most} sides", "une comparaison a de {fewest} à {most} côtés"
            ).format(fewest=FEWEST_SIDES, most=MOST_SIDES)
        )
    if len({one.query.pk for one in sides}) < len(sides):
        raise BadInput(detail=Text("a query stands on one side only", "une requête ne tient qu’un seul côté"))
    if wish.department is not None and any(one.query.department_id != wish.department.pk for one in sides):
        raise BadInput(
            detail=Text(
                "a department’s comparison holds its own queries alone, as whoever sees it sees them all",
                "la comparaison d’un département ne tient que ses propres requêtes, car qui la voit les voit toutes",
            )
        )
    return sides


def _put(comparison: Comparison, sides: Sequence[SideWish]) -> None:
    Side.objects.bulk_create(
        Side(comparison=comparison, query=one.query, label=one.label, place=place) for place, one in enumerate(sides)
    )


def _note(comparison: Comparison, member: Member, action: str, sides: Sequence[SideWish], *, now: datetime) -> None:
    tell("query", now=now, department_id=comparison.department_id)
    record(
        member, action, subject="comparison", subject_key=comparison.pk, department_id=comparison.department_id,
        now=now, facts={"name": comparison.name, "sides": {one.label: one.query.pk for one in sides}},
    )  # fmt: skip


def _record(annotation: Annotation, member: Member, action: str, *, now: datetime) -> None:
    record(
        member, action, subject="annotation", subject_key=annotation.pk, department_id=annotation.department_id,
        now=now, facts={"text": annotation.text, "at": annotation.at.isoformat()},
    )  # fmt: skip
