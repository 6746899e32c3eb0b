"""Somebody takes back the leave to show them, or their work: what was to leave does not, and what is out is named."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from parvis.assets.models import AssetRight, AssetUse
from parvis.assets.rights import mark_withdrawn, note_withdrawn
from parvis.assets.uses import PUBLICATION
from parvis.channels.models import Effect
from parvis.core.errors import PostNotFit
from parvis.orgs.models import Member
from parvis.publishing.changing import (
    locked_effects,
    locked_post,
    locked_publications,
    move_publication,
    note_publications,
    settle_posts,
)
from parvis.publishing.following import call_for_person
from parvis.publishing.media import Shelf, names, reason_of
from parvis.publishing.models import HeldBy, Publication, PublicationState
from parvis.publishing.stopping import stop_parts
from parvis.publishing.written import as_content

_WAITING = (PublicationState.PLANNED, PublicationState.HELD, PublicationState.NEEDS_PERSON)


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    right: AssetRight
    stopped: tuple[Publication, ...]
    """They were to leave, and need a person now."""
    leaving: tuple[Publication, ...]
    """A part of them is on its way at this moment, or has left: look there."""
    published: tuple[Publication, ...]
    """They are out, at their `url`: somebody must take them down there."""


@transaction.atomic
def withdraw_consent(right: AssetRight, member: Member, *, now: datetime) -> Withdrawn:
    """The same for a right. Again, it says once more what is where. Raises NotAllowed.

    A publication that is released at this very moment is either passed over by its release, because it is held
    here, or found here as released, and stopped as far as that is still possible.
    """
    is_new = mark_withdrawn(right, member, now=now)
    keys = AssetUse.objects.filter(asset=right.asset_id, subject=PUBLICATION).values("subject_key")
    posts = Publication.objects.filter(pk__in=keys).order_by("post_id").values_list("post_id", flat=True).distinct()
    held = [locked_post(key) for key in posts]  # all of them before anything is recorded: the trail is held last
    rows = [one for post in held for one in locked_publications(post) if names(one, right.asset_id)]
    effects = locked_effects(rows)
    found: dict[str, list[Publication]] = {"stopped": [], "leaving": [], "published": []}
    for publication in rows:
        publication.post = next(post for post in held if post.pk == publication.post_id)
        for name in _handle(publication, effects[publication.key], now=now):
            found[name].append(publication)
    settle_posts(held, now=now)
    if found["stopped"] or is_new:
        note_withdrawn(right, member, now=now, stopped=len(found["stopped"]), published=len(found["published"]))
    return Withdrawn(right=right, **{name: tuple(some) for name, some in found.items()})


def _handle(publication: Publication, parts: Sequence[Effect], *, now: datetime) -> Iterator[str]:
    """What it is afterwards."""
    if publication.state == PublicationState.DONE:
        yield "published"
    elif not parts:
        if publication.state in _WAITING and _stop(publication, now=now):
            yield "stopped"
    else:
        found = stop_parts(parts, now=now)
        if publication.url:
            yield "published"
        yield "leaving" if found.too_late or publication.url else "stopped"
        if publication.state == PublicationState.RELEASED and found.taken_back:
            move_publication(publication, PublicationState.HELD, held_by=HeldBy.PERSON)
            note_publications([publication], None, "publication.hold", now=now)


def _stop(publication: Publication, *, now: datetime) -> bool:
    """Whether it does not leave now: not where another leave of the same holder stands."""
    content, channel = as_content(publication.content), publication.channel
    shelf = Shelf.of([(content, channel)])
    faults = [one for one in shelf.faults(content, channel, now=now, due_at=publication.due_at) if not one.is_hint]
    if not faults:
        return False
    error = PostNotFit(faults={channel.pk: faults}, channels=channel.name, detail=faults[0].words)
    if publication.state != PublicationState.NEEDS_PERSON:
        move_publication(publication, PublicationState.NEEDS_PERSON, held_by=HeldBy.NOBODY, error=reason_of(error))
        note_publications([publication], None, "publication.needs_person", now=now, facts={"error": faults[0].code})
        call_for_person([publication], now=now)
    return True
