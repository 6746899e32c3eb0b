"""When a publication is looked at again once it is there: soon, to confirm it, and then ever more rarely for its figures."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from parvis.publishing.models import Publication, ReadBack

LOOKS = (
    timedelta(seconds=30), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6), timedelta(days=1),
    timedelta(days=7),
)  # fmt: skip
"""After it was there."""
AFTER_EDIT = timedelta(seconds=30)


def watch(publications: Iterable[Publication], *, now: datetime) -> None:
    """They are there: from now on they are followed up. In the caller's transaction."""
    rows = [ReadBack(publication=one, next_at=now + LOOKS[0]) for one in publications]
    if rows:
        ReadBack.objects.bulk_create(rows, ignore_conflicts=True)


def look_again(publications: Iterable[Publication], *, now: datetime) -> None:
    """Their words are others now: what was found before is of no use."""
    keys = [one.pk for one in publications]
    if keys:
        rows = ReadBack.objects.filter(publication__in=keys)
        rows.update(next_at=now + AFTER_EDIT, confirmed_at=None, differences=[])


def stop_watching(publications: Iterable[Publication]) -> None:
    keys = [one.pk for one in publications]
    if keys:
        ReadBack.objects.filter(publication__in=keys).update(next_at=None)


def next_look(done_at: datetime, *, now: datetime) -> datetime | None:
    """None: often enough."""
    return next((done_at + pause for pause in LOOKS if done_at + pause > now), None)
