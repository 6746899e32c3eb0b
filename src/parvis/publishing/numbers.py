"""Figures of what is out: each time a platform was asked, as it told them; replies that it does not count are counted here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from parvis.channels.models import Item
from parvis.core.types import Status
from parvis.publishing.models import NumberName, Publication, PublicationNumber

_MOST = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Of one publication, at one time each; None: not told then."""

    names: tuple[str, ...]
    rows: tuple[tuple[datetime, tuple[int | None, ...]], ...]
    """Newest first."""


def keep_numbers(publication: Publication, numbers: Mapping[str, int], *, now: datetime) -> int:
    """Writes what was told at that time; how many figures. Names that nobody knows are left out."""
    rows = [
        PublicationNumber(publication=publication, name=name, value=min(value, _MOST), at=now)
        for name, value in numbers.items()
        if name in NumberName.values and value >= 0
    ]
    PublicationNumber.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def replies_here(publication: Publication) -> int | None:
    """Answers of others that have come in below it; None where its own item is not known."""
    item = item_of(publication)
    return None if item is None else answers_to(item).count()


def answers_to(item: Item) -> QuerySet[Item]:
    """What others said below it and can still be read there."""
    rows = Item.objects.filter(Q(root=item) | Q(about=item), status__in=[Status.PUBLISHED, Status.HELD])
    return rows.exclude(pk=item.pk).exclude(profile__is_house=True)


def item_of(publication: Publication) -> Item | None:
    """The post as it came in from the platform."""
    if not publication.remote_id:
        return None
    rows = Item.objects.filter(channel=publication.channel_id, remote_id=publication.remote_id)
    found: Item | None = rows.first()
    return found


def figures_of(publications: Sequence[Publication], *, most: int = 8) -> dict[int, Figures]:
    """By publication, the newest times; those without any are left out. One question for all."""
    found: dict[int, dict[datetime, dict[str, int]]] = {}
    rows = PublicationNumber.objects.filter(publication__in=[one.pk for one in publications]).order_by("-at")
    for key, name, value, at in rows.values_list("publication", "name", "value", "at"):
        found.setdefault(key, {}).setdefault(at, {})[name] = value
    return {key: _figures(times, most) for key, times in found.items()}


def _figures(times: Mapping[datetime, Mapping[str, int]], most: int) -> Figures:
    shown = list(times.items())[:most]
    names = tuple(name for name in NumberName.values if any(name in told for _, told in shown))
    return Figures(names=names, rows=tuple((at, tuple(told.get(name) for name in names)) for at, told in shown))
