"""Publications that need a person: tried again, settled by who has looked, or given up in part."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import Q

from parvis.channels import outbox
from parvis.channels.models import Effect, EffectState, Item
from parvis.core.connector import Can
from parvis.core.errors import BadInput, NothingToDo
from parvis.core.wording import Text
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
from parvis.publishing.content import is_link
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
def settle(publication: Publication, member: Member, happened: bool, *, now: datetime, address: str = "") -> None:
    """A person has looked at the platform: the part in doubt is there, or it is not and is sent again.

    `address`: where it is, as its page or by the platform's own id. Raises NotAllowed, NothingToDo where nothing is
    in doubt, Conflict, BadInput where there is no such address on this channel.
    """
    post, current, stuck = _stuck(publication, member)
    doubtful = [effect for effect in stuck if effect.is_in_doubt]
    if not doubtful:
        raise NothingToDo
    found = _found_at(current, address) if happened and address.strip() else Found()
    for effect in doubtful:
        outbox.settle_by_person(
            effect, member, happened, now=now, remote_id=found.remote_id, url=found.url, result_facts=found.facts
        )
        found = Found()  # one address is of one part
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


@dataclass(frozen=True, slots=True)
class Found:
    """Where a person says that it is."""

    remote_id: str = ""
    url: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def _found_at(publication: Publication, address: str) -> Found:
    """What reading the channel has brought from there, else the bare address on a host of the channel's."""
    address = address.replace("\0", "").strip()
    item = Item.objects.filter(Q(url=address) | Q(remote_id=address), channel=publication.channel_id).first()
    if item is not None:
        return Found(item.remote_id, item.url, item.facts)
    if not is_link(address):
        raise BadInput(detail=_NO_ADDRESS)
    if _host(address) not in _hosts_of(publication):
        raise BadInput(detail=_ELSEWHERE.format(channel=publication.channel.name))
    return Found(url=address)


def _hosts_of(publication: Publication) -> set[str]:
    """Where the channel is, and where its items say that they are: an app's pages stand elsewhere than its server."""
    shown = Item.objects.filter(channel=publication.channel_id).exclude(url="").order_by("-pk")
    urls = [publication.channel.address, publication.url, *shown.values_list("url", flat=True)[:20]]
    sent = Effect.objects.filter(channel=publication.channel_id, can=Can.PUBLISH).exclude(result_url="").order_by("-pk")
    urls += sent.values_list("result_url", flat=True)[:5]
    return {_host(url) for url in urls} - {""}


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


_NO_ADDRESS = Text(
    "this is no address of a post: copy the whole address of its page",
    "ce n’est pas l’adresse d’une publication : copiez l’adresse entière de sa page",
)
_ELSEWHERE = Text("this address is not on {channel}", "cette adresse n’est pas sur {channel}")


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
