"""Publications that need a person: tried again, settled by who has looked, or given up in part."""

from datetime import datetime

from django.db import transaction

from parvis.channels import outbox
from parvis.channels.models import Effect, EffectState
from parvis.core.errors import NothingToDo
from parvis.orgs.access import must
from parvis.orgs.models import Member
from parvis.orgs.rights import Action
from parvis.publishing.changing import (
    locked_effects,
    locked_post,
    locked_publications,
    move_publication,
    note_publications,
    only,
    settle_posts,
)
from parvis.publishing.following import restate
from parvis.publishing.models import Post, Publication, PublicationState


@transaction.atomic
def retry(publication: Publication, member: Member, *, now: datetime) -> None:
    """Again, from the part that needs somebody; what never left is released anew, its faults looked at once more.

    Raises NotAllowed, NothingToDo, OutcomeUnknown where only a person can tell (`settle`), Conflict.
    """
    post, current, stuck = _stuck(publication, member)
    if stuck:
        for effect in stuck:
            outbox.retry_effect(effect, member, now=now)
    elif Effect.objects.filter(chain=current.key).exists():
        raise NothingToDo
    else:
        move_publication(current, PublicationState.PLANNED, error=None)
    note_publications([current], member, "publication.retry", now=now)
    _end(post, current, publication, now=now)


@transaction.atomic
def settle(publication: Publication, member: Member, happened: bool, *, now: datetime) -> None:
    """A person has looked at the platform: the part in doubt is there, or it is not and is sent again.

    Raises NotAllowed, NothingToDo where nothing is in doubt, Conflict.
    """
    post, current, stuck = _stuck(publication, member)
    doubtful = [effect for effect in stuck if effect.is_in_doubt]
    if not doubtful:
        raise NothingToDo
    for effect in doubtful:
        outbox.settle_by_person(effect, member, happened, now=now)
    _end(post, current, publication, now=now)


@transaction.atomic
def give_up(publication: Publication, member: Member, *, now: datetime) -> None:
    """The part that needs somebody is not sent, nor what needed it. Raises NotAllowed, NothingToDo, Conflict."""
    post, current, stuck = _stuck(publication, member)
    for effect in stuck:
        outbox.give_up_effect(effect, member, now=now)
    if not stuck:
        move_publication(current, PublicationState.CANCELLED)
        note_publications([current], member, "publication.cancel", now=now)
    _end(post, current, publication, now=now)


def _stuck(publication: Publication, member: Member) -> tuple[Post, Publication, list[Effect]]:
    must(member, Action.PUBLISH, publication)
    post = locked_post(publication.post_id)
    rows = only(locked_publications(post), publication)
    if not rows or rows[0].state != PublicationState.NEEDS_PERSON:
        raise NothingToDo
    effects = locked_effects(rows)[rows[0].key]
    return post, rows[0], [effect for effect in effects if effect.state == EffectState.NEEDS_PERSON]


def _end(post: Post, current: Publication, publication: Publication, *, now: datetime) -> None:
    restate([current], locked_effects([current]), now=now)
    settle_posts([post], now=now)
    publication.refresh_from_db()
