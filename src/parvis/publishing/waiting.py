"""Publications wait a while for what is being made of their media."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from parvis.assets.models import OPEN_RENDITION, Rendition, RenditionWait
from parvis.assets.renditions import wait_for
from parvis.assets.uses import PUBLICATION
from parvis.core.errors import ParvisError, PostNotFit
from parvis.core.post import Fault
from parvis.core.wording import Text
from parvis.publishing.media import Shelf
from parvis.publishing.models import Publication
from parvis.publishing.written import as_content

WAITS_FOR = timedelta(minutes=30)


def still_waits(*, now: datetime | None = None) -> Exists:
    """Of a publication: something is being made for it; with `now`, and it has not waited for too long."""
    rows = RenditionWait.objects.filter(subject=PUBLICATION, subject_key=OuterRef("pk"))
    if now is not None:
        rows = rows.filter(since__gt=now - WAITS_FOR)
    return Exists(rows.filter(rendition__in=Rendition.objects.filter(OPEN_RENDITION)))


def shelf_of(publications: Sequence[Publication], *, now: datetime) -> Shelf:
    """Of those that are about to leave; what has gone missing meanwhile is made again. Raises nothing."""
    pairs = []
    for one in publications:
        if one.content.get("media"):
            with suppress(ParvisError):
                pairs.append((as_content(one.content), one.channel))
    shelf = Shelf.of(pairs)
    shelf.order(now=now)
    return shelf


def waits(publication: Publication, shelf: Shelf, *, now: datetime) -> bool:
    """Whether something is still made for it. Raises PostNotFit where that has taken too long."""
    if shelf.is_empty:
        return False
    content, channel = as_content(publication.content), publication.channel
    rows = shelf.pending(content, channel)
    if not rows or any(not one.is_hint for one in shelf.faults(content, channel, now=now, due_at=now)):
        return False
    since = wait_for(PUBLICATION, publication.pk, rows, now=now)
    if since > now - WAITS_FOR:
        return True
    late = Fault("media_late", "media", _LATE.format(minutes=int(WAITS_FOR.total_seconds() // 60)))
    raise PostNotFit(faults={channel.pk: [late]}, channels=channel.name, detail=late.words)


_LATE = Text(
    "its media were not ready {minutes} minutes after its time",
    "ses médias n’étaient pas prêts {minutes} minutes après son heure",
)
