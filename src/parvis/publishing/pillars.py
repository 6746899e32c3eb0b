"""What a department speaks of: pillars, the share that each should have, and the share that it has."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Count, Sum

from parvis.core.errors import BadInput
from parvis.core.wording import Text
from parvis.orgs.access import must
from parvis.orgs.audit import record
from parvis.orgs.models import Department, Member
from parvis.orgs.rights import Action
from parvis.publishing.models import Colour, Pillar, Post, PostState
from parvis.publishing.queues import checked_name

_COUNTED = (PostState.PLANNED, PostState.LEAVING, PostState.OUT, PostState.STUCK, PostState.HELD)


@dataclass(frozen=True, slots=True)
class Share:
    pillar: Pillar | None
    """None: posts without one."""
    count: int
    all_count: int
    wanted_percent: int | None

    @property
    def percent(self) -> float | None:
        """None where nothing was published at all."""
        return 100 * self.count / self.all_count if self.all_count else None


@transaction.atomic
def save_pillar(
    department: Department,
    member: Member,
    *,
    name: str,
    now: datetime,
    pillar: Pillar | None = None,
    colour: str = Colour.BLUE,
    wanted_percent: int | None = None,
) -> Pillar:
    """A new one, or `pillar` changed. Raises NotAllowed, BadInput where all of them want more than there is."""
    must(member, Action.PUBLISH, department)
    if pillar is not None:
        must(member, Action.PUBLISH, pillar)
    if colour not in Colour.values:
        raise BadInput(detail=Text("there is no such colour", "cette couleur n’existe pas"))
    others = Pillar.objects.filter(department=department, closed_at__isnull=True).exclude(
        pk=pillar.pk if pillar else None
    )
    wanted = others.aggregate(all=Sum("wanted_percent"))["all"] or 0
    if wanted_percent is not None and not 0 <= wanted_percent <= 100 - wanted:
        raise BadInput(
            detail=Text("{left} % are left to be shared", "il reste {left} % à répartir").format(left=100 - wanted)
        )
    saved = pillar or Pillar(department=department, created_by=member, created_at=now)
    saved.name, saved.colour, saved.wanted_percent = checked_name(name, most=80), colour, wanted_percent
    try:
        with transaction.atomic():
            saved.save()
    except IntegrityError:
        raise BadInput(detail=Text("there is a pillar of this name", "un pilier porte déjà ce nom")) from None
    _note(saved, member, "pillar.save", now=now)
    return saved


@transaction.atomic
def close_pillar(pillar: Pillar, member: Member, *, now: datetime) -> None:
    """Posts that have it keep it; it is offered no more. Raises NotAllowed."""
    must(member, Action.PUBLISH, pillar)
    pillar.closed_at = now
    pillar.save(update_fields=["closed_at"])
    _note(pillar, member, "pillar.close", now=now)


def pillars_of(department_id: int) -> list[Pillar]:
    """Those that are offered; the caller has checked that the department may be seen."""
    return list(Pillar.objects.filter(department=department_id, closed_at__isnull=True).order_by("name"))


def balances(departments: Iterable[Department], start: datetime, end: datetime) -> dict[int, list[Share]]:
    """By department: of posts whose time is from `start` until before `end`, planned or out, each once."""
    keys = [one.pk for one in departments]
    posts = Post.objects.filter(department__in=keys, state__in=_COUNTED, due_at__gte=start, due_at__lt=end)
    counts: dict[int, dict[int | None, int]] = {key: {} for key in keys}
    rows = posts.order_by().values_list("department_id", "pillar_id").annotate(count=Count("pk"))
    for department_id, pillar_id, count in rows:
        counts[department_id][pillar_id] = count
    pillars: dict[int, list[Pillar]] = {key: [] for key in keys}
    for pillar in Pillar.objects.filter(department__in=keys).order_by("name"):
        pillars[pillar.department_id].append(pillar)
    return {key: _shares(pillars[key], counts[key]) for key in keys}


def _shares(pillars: Sequence[Pillar], counts: Mapping[int | None, int]) -> list[Share]:
    all_count = sum(counts.values())
    found = [
        Share(one, counts.get(one.pk, 0), all_count, one.wanted_percent)
        for one in pillars
        if one.closed_at is None or one.pk in counts
    ]
    return [*found, Share(None, counts[None], all_count, None)] if counts.get(None) else found


def _note(pillar: Pillar, member: Member, action: str, *, now: datetime) -> None:
    record(
        member, action, subject="pillar", subject_key=pillar.pk, department_id=pillar.department_id, now=now,
        facts={"wanted": pillar.wanted_percent},
    )  # fmt: skip
