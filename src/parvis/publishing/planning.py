"""Posts get their time: checked, frozen as they stand, one publication a channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from parvis.channels.models import Effect
from parvis.core.errors import BadInput, FieldMissing, NothingToDo, PostNotFit
from parvis.core.post import Content, Fault
from parvis.core.wording import Text
from parvis.orgs.access import must
from parvis.orgs.house import the_house
from parvis.orgs.models import Member
from parvis.orgs.rights import Action
from parvis.publishing.approving import is_approved, pin
from parvis.publishing.changing import (
    locked_post,
    locked_publications,
    move_post,
    move_publication,
    must_be_in,
    note_post,
    note_publications,
)
from parvis.publishing.content import content_for, preflight
from parvis.publishing.drafting import withdraw_request
from parvis.publishing.media import order_of_frozen
from parvis.publishing.models import HeldBy, Post, PostState, Publication, PublicationState, Variant
from parvis.publishing.releasing import release
from parvis.publishing.saying import Said
from parvis.publishing.times import Moment, moment_of, wall_of
from parvis.publishing.written import as_json

LATE_BY = timedelta(minutes=1)
FARTHEST = timedelta(days=3650)
_WAITING = (PublicationState.PLANNED, PublicationState.HELD, PublicationState.NEEDS_PERSON)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    publications: tuple[Publication, ...]
    at: datetime
    is_twice: bool
    """The clock shows that time twice on that day; it leaves the first time."""
    hints: dict[int, list[Fault]]
    """By channel id: what should be looked at, and does not stand in the way."""


@transaction.atomic
def plan(
    post: Post, member: Member, *, due_local: datetime, zone: str, now: datetime, said: Said | None = None
) -> Planned:
    """At a wall time of a place; planned again, it takes over what was changed since.

    `said`: what was said before, read once by who plans many posts in one transaction.
    Raises NotAllowed, NoSuchTime, BadInput (over, far away, not approved, no channel), PostNotFit, Conflict.
    """
    must(member, Action.PUBLISH, post)
    moment = moment_of(due_local, zone)
    must_be_ahead(moment, now=now)
    current = locked_post(post.pk)
    must_be_in(current, PostState.DRAFT, PostState.READY, PostState.PLANNED)
    publications, hints = _frozen(current, member, due_at=moment.at, now=now, said=said)
    pin(current)
    move_post(current, PostState.PLANNED, due_local=moment.local, zone=moment.zone, due_at=moment.at)
    facts = {"due": moment.local, "zone": zone, "version": current.version, "channels": len(publications)}
    note_post(current, member, "post.plan", now=now, facts=facts)
    post.refresh_from_db()
    return Planned(publications=tuple(publications), at=moment.at, is_twice=moment.is_twice, hints=hints)


@transaction.atomic
def publish_now(post: Post, member: Member, *, now: datetime) -> Planned:
    """Leaves at once: a person's own order, which no pause holds back. Raises as `plan` does."""
    must(member, Action.PUBLISH, post)
    current = locked_post(post.pk)
    must_be_in(current, PostState.DRAFT, PostState.READY, PostState.PLANNED)
    publications, hints = _frozen(current, member, due_at=now, now=now)
    pin(current)
    zone = _house_zone()
    move_post(current, PostState.PLANNED, due_local=wall_of(now, zone).isoformat(), zone=zone, due_at=now)
    note_post(
        current, member, "post.publish", now=now, facts={"version": current.version, "channels": len(publications)}
    )
    for one in publications:
        one.post = current
    release(publications, now=now, is_scheduled=False)
    post.refresh_from_db()
    return Planned(publications=tuple(publications), at=now, is_twice=False, hints=hints)


@transaction.atomic
def unplan(post: Post, member: Member, *, now: datetime) -> None:
    """It no longer has a time, and is written on. Raises NotAllowed, Conflict where a part of it has left."""
    must(member, Action.PUBLISH, post)
    current = locked_post(post.pk)
    must_be_in(current, PostState.PLANNED, PostState.HELD, PostState.STUCK)
    rows = locked_publications(current)
    waiting = waiting_among(rows)
    if len(waiting) < len(rows):
        raise NothingToDo
    for publication in waiting:
        move_publication(publication, PublicationState.CANCELLED, held_by=HeldBy.NOBODY)
    state = PostState.READY if is_approved(current) else PostState.DRAFT
    move_post(current, state, due_local="", zone="", due_at=None)
    note_publications(waiting, member, "publication.cancel", now=now)
    note_post(current, member, "post.unplan", now=now)
    post.refresh_from_db()


def _frozen(
    post: Post, member: Member, *, due_at: datetime, now: datetime, said: Said | None = None
) -> tuple[list[Publication], dict[int, list[Fault]]]:
    """One publication for each channel that is on, as the post stands now; what is on its way already stays so."""
    if post.repeats.filter(is_on=True).exists():
        raise BadInput(detail=_PATTERN)
    if not is_approved(post):
        raise BadInput(detail=Text("its approval is still missing", "son approbation manque encore"))
    withdraw_request(post, None, now=now)
    variants = list(post.variants.filter(is_on=True).select_related("channel").order_by("pk"))
    if not variants:
        raise FieldMissing(field=Text("channel", "canal"))
    for variant in variants:
        must(member, Action.PUBLISH, variant.channel)
    hints = must_fit(post, variants, due_at=due_at, now=now, said=said)
    there = {one.channel_id: one for one in locked_publications(post)}
    frozen = []
    for variant in variants:
        row = there.pop(variant.channel_id, None)
        if row is not None and row not in waiting_among([row]):
            continue
        content = content_for(post, variant)
        row = frozen_row(row, post, variant, content, member, due_at=due_at, now=now)
        row.save()
        frozen.append(row)
        if said is not None:
            said.add(post, variant.channel_id, content)
    order_of_frozen(frozen, now=now)
    gone = waiting_among(list(there.values()))
    for row in gone:
        move_publication(row, PublicationState.CANCELLED, held_by=HeldBy.NOBODY)
    note_publications(gone, member, "publication.cancel", now=now)
    note_publications(frozen, member, "publication.plan", now=now, facts={"due": due_at.isoformat()})
    return frozen, hints


def frozen_row(
    row: Publication | None,
    post: Post,
    variant: Variant,
    content: Content,
    member: Member,
    *,
    due_at: datetime,
    now: datetime,
) -> Publication:
    """As it will leave; it is the caller's to write."""
    row = row or Publication(post=post, channel=variant.channel, department_id=post.department_id, created_at=now)
    if row.pk and row.due_at != due_at:
        row.move_count += 1
    row.content, row.version, row.planned_by, row.due_at = as_json(content), post.version, member, due_at
    row.channel = variant.channel
    row.state, row.held_by, row.error = PublicationState.PLANNED, HeldBy.NOBODY, None
    return row


def must_fit(
    post: Post, variants: Sequence[Variant], *, due_at: datetime, now: datetime, said: Said | None
) -> dict[int, list[Fault]]:
    """The hints. Raises PostNotFit."""
    found = preflight(post, now=now, due_at=due_at, said=said)
    faults = {key: [one for one in all_ if not one.is_hint] for key, all_ in found.items()}
    faults = {key: rows for key, rows in faults.items() if rows}
    if faults:
        names = [variant.channel.name for variant in variants if variant.channel_id in faults]
        first = next(iter(faults.values()))[0]
        raise PostNotFit(faults=faults, channels=", ".join(names), detail=first.words)
    return {key: rows for key, rows in found.items() if rows}


def waiting_among(publications: Sequence[Publication]) -> list[Publication]:
    """Those of which nothing was ordered yet, and that no pause holds back."""
    rows = [one for one in publications if one.state in _WAITING and one.held_by != HeldBy.CRISIS]
    begun = set(Effect.objects.filter(chain__in=[one.key for one in rows]).values_list("chain", flat=True))
    return [one for one in rows if one.key not in begun]


def must_be_ahead(moment: Moment, *, now: datetime) -> None:
    if moment.at < now - LATE_BY:
        raise BadInput(detail=Text("this time is over", "ce moment est déjà passé"))
    if moment.at > now + FARTHEST:
        raise BadInput(detail=Text("this time is years away", "ce moment est à des années d’ici"))


def _house_zone() -> str:
    house = the_house()
    return house.zone if house is not None else "UTC"


_PATTERN = Text(
    "it is the pattern of a repeat: its occurrences leave, not it",
    "c’est le modèle d’une répétition\u202f: ses occurrences partent, pas lui",
)
