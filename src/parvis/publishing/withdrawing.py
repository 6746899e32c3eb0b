"""What is out is taken down again: the last part first, each by an order of its own, and gone only when the platform says so."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from parvis.channels.chains import order_parts
from parvis.channels.models import Channel, ChannelState, Effect, EffectState, Item
from parvis.channels.outbox import WORDS, take_back
from parvis.channels.registry import can, connector_of
from parvis.core.connector import Can
from parvis.core.errors import Conflict, FieldMissing, NothingToDo, NotOffered, ParvisError
from parvis.core.post import Part
from parvis.core.types import Status
from parvis.core.wording import Text
from parvis.orgs.access import may, must
from parvis.orgs.models import Member
from parvis.orgs.rights import Action
from parvis.publishing.changing import (
    SOMEBODY,
    locked_effects,
    locked_post,
    locked_publications,
    note_post,
    note_publications,
    only,
)
from parvis.publishing.models import Post, Publication, PublicationState
from parvis.publishing.stopping import stop_parts

OPEN_STATES = (
    EffectState.WAITING, EffectState.SENDING, EffectState.UNSURE, EffectState.REPLACED, EffectState.NEEDS_PERSON,
)  # fmt: skip
_LONGEST_REASON = 1000
_EDIT_UNDER_WAY = Text("a change of it is on its way there", "une modification y est en route")
_INACTIVE = Text(
    "the channel is switched off or needs somebody; take it down there, or mend the channel",
    "le canal est désactivé ou a besoin de quelqu’un\u202f; retirez-le sur place, ou réparez le canal",
)
NO_WITHDRAWAL = Text(
    "{platform} lets nobody take a post down from here: do it there",
    "{platform} ne permet pas de retirer une publication d’ici\u202f: faites-le sur place",
)
NO_RIGHT = Text(
    "the account of this channel may not take posts down: its rights are on the channel’s page",
    "le compte de ce canal ne peut pas retirer de publications\u202f: ses droits sont sur la page du canal",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenDown:
    """What "take down everywhere" came to."""

    ordered: tuple[Publication, ...]
    left: tuple[tuple[Publication, Text], ...]
    """Where it stays, and why."""


def undo_s() -> float:
    return float(settings.OPTIONS["PARVIS_UNDO_S"])


@transaction.atomic
def withdraw(publication: Publication, member: Member, *, now: datetime, reason: str) -> list[Effect]:
    """Orders it taken down; it can be taken back until the orders leave.

    Raises NotAllowed, FieldMissing, NothingToDo, NotOffered, Conflict while a change of it is under way.
    """
    reason = _reason(reason)
    post = locked_post(publication.post_id)
    effects = _withdraw(post, publication, member, now=now, reason=reason, batch=uuid.uuid4())
    publication.refresh_from_db()
    return effects


@transaction.atomic
def withdraw_everywhere(post: Post, member: Member, *, now: datetime, reason: str) -> TakenDown:
    """From every channel where it is out and that allows it. Raises NotAllowed, FieldMissing, NothingToDo."""
    must(member, Action.PUBLISH, post)
    reason = _reason(reason)
    current = locked_post(post.pk)
    batch = uuid.uuid4()
    ordered, left = [], []
    for row in locked_publications(current):
        if row.state != PublicationState.DONE or not may(member, Action.SEE, row.channel):
            continue
        try:
            with transaction.atomic():
                _withdraw(current, row, member, now=now, reason=reason, batch=batch)
        except NothingToDo:
            continue
        except ParvisError as error:
            left.append((row, why_not(row.channel) or error.text))
        else:
            ordered.append(row)
    if not ordered and not left:
        raise NothingToDo
    return TakenDown(ordered=tuple(ordered), left=tuple(left))


@transaction.atomic
def keep_up(thing: Publication, member: Member, *, now: datetime) -> int:
    """Takes the order to take it down back; how many parts. Raises NotAllowed, NothingToDo, TooLate."""
    must(member, Action.PUBLISH, thing)
    post = locked_post(thing.post_id)
    rows = only(locked_publications(post), thing)
    effects = [one for one in locked_effects(rows).get(thing.key, []) if one.can == Can.WITHDRAW]
    waiting = [one for one in effects if one.state in OPEN_STATES]
    if not waiting:
        raise NothingToDo
    count = take_back(waiting, now=now)
    note_publications(rows, member, "publication.keep_up", now=now)
    return count


def why_not(channel: Channel) -> Text | None:
    """Why nothing can be taken down there from here; None where it can."""
    return why_not_offered(channel, Can.WITHDRAW, never=NO_WITHDRAWAL, no_right=NO_RIGHT)


def why_not_offered(channel: Channel, act: Can, *, never: Text, no_right: Text) -> Text | None:
    try:
        connector = connector_of(channel)
    except ParvisError as error:
        return error.text
    if act not in connector.acts:
        return never.format(platform=connector.name)
    if not can(channel, act):
        return no_right
    if channel.state != ChannelState.ACTIVE or channel.removed_at is not None:
        return _INACTIVE
    return None


def seen_parts(effects: Iterable[Effect]) -> list[Effect]:
    """Those that people see there, in the order in which they left: the post, its thread, the first comment."""
    shown = [one for one in effects if one.can == Can.PUBLISH and one.state == EffectState.DONE and is_seen(one.name)]
    return sorted(shown, key=lambda one: (one.step, one.pk))


def is_seen(name: str) -> bool:
    return name in ("post", "comment") or name.startswith("post:")


def is_taken_down(effects: Sequence[Effect]) -> bool:
    """Whether the platform said so of every part that was there."""
    there = {one.name for one in seen_parts(effects)}
    return bool(there) and there <= gone_parts(effects)


def gone_parts(effects: Iterable[Effect]) -> set[str]:
    return {one.body["of"] for one in effects if one.can == Can.WITHDRAW and one.state == EffectState.DONE}


def is_leaving_again(effects: Iterable[Effect]) -> bool:
    """Whether an order to take it down is under way."""
    return any(one.can == Can.WITHDRAW and one.state in OPEN_STATES for one in effects)


def mark_gone(publication: Publication, effects: Sequence[Effect], *, now: datetime) -> None:
    """Its items show at once what the platform has done."""
    gone = gone_parts(effects)
    ids = [one.result_remote_id for one in seen_parts(effects) if one.name in gone and one.result_remote_id]
    rows = Item.objects.filter(channel=publication.channel_id, remote_id__in=ids).exclude(remote_status=Status.DELETED)
    rows.update(status=Status.DELETED, remote_status=Status.DELETED, seen_at=now, is_routed=False)


def _withdraw(
    post: Post, publication: Publication, member: Member, *, now: datetime, reason: str, batch: uuid.UUID
) -> list[Effect]:
    must(member, Action.PUBLISH, publication)
    rows = [one for one in only(locked_publications(post), publication) if one.state == PublicationState.DONE]
    if not rows:
        raise NothingToDo
    current = rows[0]
    must(member, Action.PUBLISH, current.channel)
    if (why := why_not(current.channel)) is not None:
        if Can.WITHDRAW in _acts(current.channel):
            raise Conflict(who=Text("The channel", "Le canal"), detail=why)
        raise NotOffered(channel=current.channel.name, act=WORDS[Can.WITHDRAW])
    effects = locked_effects([current])[current.key]
    parts = _parts(effects)
    if not parts or is_leaving_again(effects):
        raise NothingToDo
    _drop_edits(effects, now=now)
    due_at = now + timedelta(seconds=undo_s())
    ordered = order_parts(current.channel, parts, chain=current.key, member=member, now=now, due_at=due_at, batch=batch)
    facts = {"reason": reason, "parts": len(parts)}
    note_publications([current], member, "publication.withdraw", now=now, facts=facts)
    note_post(post, member, "post.withdraw", now=now, facts={"channel": current.channel_id, "reason": reason})
    return ordered


def _acts(channel: Channel) -> Mapping[Can, Any]:
    try:
        return connector_of(channel).acts
    except ParvisError:
        return {}


def _parts(effects: Sequence[Effect]) -> tuple[Part, ...]:
    """The last first: an answer goes before what it answers."""
    last = max((one.step for one in effects), default=0)
    there = [one for one in seen_parts(effects) if one.name not in gone_parts(effects)]
    return tuple(
        Part(name=f"withdraw:{one.name}", can=Can.WITHDRAW, body={"of": one.name}, step=last + place)
        for place, one in enumerate(reversed(there), start=1)
    )


def _drop_edits(effects: Sequence[Effect], *, now: datetime) -> None:
    """A change that has not left is pointless; one that is leaving is waited for. Raises Conflict."""
    edits = [one for one in effects if one.can == Can.EDIT and one.state in OPEN_STATES]
    if edits and stop_parts(edits, now=now, drops_stuck=True).too_late:
        raise Conflict(who=SOMEBODY, detail=_EDIT_UNDER_WAY)


def _reason(written: str) -> str:
    reason = written.replace("\0", "").strip()[:_LONGEST_REASON]
    if not reason:
        raise FieldMissing(field=Text("reason", "motif"))
    return reason
