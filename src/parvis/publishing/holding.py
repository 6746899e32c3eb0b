"""“Stop that post”, and going on: a hold wins against whoever is about to send, or says that it was too late."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from parvis.channels.chains import order_parts
from parvis.channels.models import Effect, EffectState
from parvis.core.errors import BadInput, NothingToDo, TooLate
from parvis.core.wording import Text
from parvis.orgs.access import must
from parvis.orgs.models import Member
from parvis.orgs.rights import Action
from parvis.publishing.changing import (
    locked_effects,
    locked_post,
    locked_publications,
    move_post,
    move_publication,
    note_post,
    note_publications,
    of_post,
    only,
    settle_posts,
)
from parvis.publishing.drafting import withdraw_request
from parvis.publishing.following import restate
from parvis.publishing.models import HeldBy, Post, PostState, Publication, PublicationState
from parvis.publishing.releasing import parts_of
from parvis.publishing.stopping import stop_parts

_ON_THEIR_WAY = (PublicationState.RELEASED, PublicationState.NEEDS_PERSON)


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """What a hold or a cancel came to."""

    stopped: tuple[Publication, ...]
    too_late: tuple[Publication, ...]
    """A part of them has left or is leaving at this moment, and may be seen there."""


@transaction.atomic
def hold(thing: Post | Publication, member: Member, *, now: datetime) -> Halt:
    """Nothing more of it leaves until it is resumed. Raises NotAllowed, NothingToDo, TooLate where all has left."""
    must(member, Action.PUBLISH, thing)
    post = locked_post(of_post(thing))
    rows = [one for one in only(locked_publications(post), thing) if one.state not in _SETTLED]
    if not rows:
        raise TooLate if thing_has_left(thing) else NothingToDo
    stopped, too_late = _stop(rows, now=now)
    if not stopped:
        raise TooLate
    for publication in stopped:
        move_publication(publication, PublicationState.HELD, held_by=publication.held_by or HeldBy.PERSON)
    note_publications(stopped, member, "publication.hold", now=now, facts={"too_late": len(too_late)})
    settle_posts([post], now=now)
    note_post(post, member, "post.hold", now=now, facts={"stopped": len(stopped), "too_late": len(too_late)})
    thing.refresh_from_db()
    return Halt(stopped=tuple(stopped), too_late=tuple(too_late))


@transaction.atomic
def resume(thing: Post | Publication, member: Member, *, now: datetime) -> list[Publication]:
    """What a person held goes on: at its time, at once where that is over; half-sent threads where they stopped.

    Raises NotAllowed, NothingToDo, BadInput where a pause holds it back.
    """
    must(member, Action.PUBLISH, thing)
    post = locked_post(of_post(thing))
    held = [one for one in only(locked_publications(post), thing) if one.state == PublicationState.HELD]
    rows = [one for one in held if one.held_by != HeldBy.CRISIS]
    if not rows:
        raise BadInput(detail=_IN_CRISIS) if held else NothingToDo
    effects = locked_effects(rows)
    for publication in rows:
        publication.post = post
        if effects[publication.key]:
            _go_on(publication, effects[publication.key], member, now=now)
        else:
            move_publication(publication, PublicationState.PLANNED, held_by=HeldBy.NOBODY)
    restate(rows, locked_effects(rows), now=now, keeps_held=False)
    note_publications(rows, member, "publication.resume", now=now)
    settle_posts([post], now=now)
    note_post(post, member, "post.resume", now=now, facts={"count": len(rows)})
    thing.refresh_from_db()
    return rows


@transaction.atomic
def cancel(thing: Post | Publication, member: Member, *, now: datetime) -> Halt:
    """Nothing more of it leaves, ever; what is there already stays there.

    Raises NotAllowed, NothingToDo, TooLate where all has left.
    """
    must(member, Action.PUBLISH, thing)
    post = locked_post(of_post(thing))
    rows = [one for one in only(locked_publications(post), thing) if one.state != PublicationState.DONE]
    if isinstance(thing, Post) and not rows and post.state in _UNPLANNED:
        withdraw_request(post, member, now=now)
        move_post(post, PostState.CANCELLED)
        note_post(post, member, "post.cancel", now=now)
        thing.refresh_from_db()
        return Halt(stopped=(), too_late=())
    if not rows:
        raise TooLate if thing_has_left(thing) else NothingToDo
    halt = _cancel(rows, member, now=now)
    settle_posts([post], now=now)
    note_post(post, member, "post.cancel", now=now, facts={"too_late": len(halt.too_late)})
    thing.refresh_from_db()
    return halt


def thing_has_left(thing: Post | Publication) -> bool:
    key = {"post": thing.pk} if isinstance(thing, Post) else {"pk": thing.pk}
    return Publication.objects.filter(**key, state__in=_SETTLED).exists()


def _cancel(rows: Sequence[Publication], member: Member, *, now: datetime) -> Halt:
    effects = locked_effects(rows)
    begun = [one for one in rows if effects[one.key]]
    for publication in begun:
        stop_parts(effects[publication.key], now=now, drops_stuck=True)
    restate(begun, locked_effects(begun), now=now, keeps_held=False)
    quiet = [one for one in rows if not effects[one.key]]
    for publication in quiet:
        move_publication(publication, PublicationState.CANCELLED, held_by=HeldBy.NOBODY)
    note_publications(quiet, member, "publication.cancel", now=now)
    stopped = [one for one in rows if one.state == PublicationState.CANCELLED]
    if not stopped and not any(one.state == PublicationState.DONE for one in rows):
        raise TooLate
    return Halt(stopped=tuple(stopped), too_late=tuple(one for one in rows if one not in stopped))


def _stop(rows: Sequence[Publication], *, now: datetime) -> tuple[list[Publication], list[Publication]]:
    """Those that can be held, and those of which a part has left or is leaving."""
    effects = locked_effects(rows)
    stopped, too_late = [], []
    for publication in rows:
        parts = effects[publication.key]
        if not parts:
            stopped.append(publication)
            continue
        found = stop_parts(parts, now=now)
        has_left = found.too_late or any(one.state == EffectState.DONE and one.can == "publish" for one in parts)
        if found.taken_back or not found.too_late:
            stopped.append(publication)
        if has_left:
            too_late.append(publication)
    return stopped, too_late


def _go_on(publication: Publication, effects: Sequence[Effect], member: Member, *, now: datetime) -> None:
    """The parts that were taken back are ordered anew, in the same chain, after what of it is still open."""
    taken_back = [one for one in effects if one.state == EffectState.CANCELLED]
    kept = [one for one in effects if one.state != EffectState.CANCELLED]
    _retire(taken_back)
    names = {one.name for one in kept}
    missing = [part for part in parts_of(publication, now=now) if part.name not in names]
    if missing:
        order_parts(publication.channel, missing, chain=publication.key, member=member, now=now, due_at=now)
    undone = min((one.step for one in kept if one.state != EffectState.DONE), default=None)
    if undone is not None:
        later = Effect.objects.filter(chain=publication.key, step__gt=undone, state=EffectState.WAITING, try_count=0)
        later.update(next_try_at=None)
    publication.held_by = HeldBy.NOBODY
    publication.save(update_fields=["held_by"])


def _retire(effects: Sequence[Effect]) -> None:
    """They stay in the ledger, in a chain of their own: the publication's waits for none of them."""
    Effect.objects.filter(pk__in=[one.pk for one in effects]).update(chain=uuid.uuid4(), is_followed=True)


_SETTLED = (PublicationState.DONE, PublicationState.WITHDRAWN)
_UNPLANNED = (PostState.DRAFT, PostState.REVIEW, PostState.READY)
_IN_CRISIS = Text(
    "a crisis has held it back: whoever leads it decides whether it leaves",
    "une crise l’a retenu\u202f: la personne qui la mène décide s’il part",
)
