"""A verdict from a screen: on one item, or on all that waits in a conversation; then the conversation is closed."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from parvis.channels.models import Item
from parvis.core.errors import NothingToDo
from parvis.core.types import Status
from parvis.core.wording import Text
from parvis.flows.route import refresh_conversations
from parvis.inbox.changing import change_many, must_be_version
from parvis.inbox.models import Conversation, ConversationState
from parvis.moderation.models import Reason, Verdict
from parvis.moderation.services import Batch, decide, decide_many
from parvis.orgs.models import Member


@dataclass(frozen=True, slots=True)
class Decided:
    """What came of it; `batch` takes it back."""

    batch: uuid.UUID
    item_ids: tuple[int, ...]
    conversation_ids: tuple[int, ...]
    closed_ids: tuple[int, ...]
    skipped: list[tuple[int, Text]] = field(default_factory=list)
    """(item id, why)"""


@transaction.atomic
def decide_item(
    item: Item, member: Member, verdict: str, *, now: datetime, reason: Reason | None = None, note: str = ""
) -> Decided:
    """On one item. Raises NotAllowed, NotOffered, NothingToDo, Conflict where a colleague was quicker."""
    batch = uuid.uuid4()
    decide(item, member, verdict, now=now, reason=reason, note=note, batch=batch)
    conversations = Conversation.objects.filter(root=item.root_id or item.pk).values_list("id", flat=True)
    return _finish(Batch(batch), [item.pk], list(conversations), member, verdict, now=now)


@transaction.atomic
def decide_conversation(
    conversation: Conversation,
    member: Member,
    verdict: str,
    *,
    now: datetime,
    version: int | None = None,
    reason: Reason | None = None,
    note: str = "",
) -> Decided:
    """On everything that waits in it, else on the item that the list shows. Raises what `decide_item` does."""
    if version is not None:
        must_be_version(Conversation.objects.get(pk=conversation.pk), version)
    items = waiting_items([conversation.pk])
    if len(items) == 1:
        return decide_item(items[0], member, verdict, now=now, reason=reason, note=note)
    done = decide_conversations([conversation.pk], member, verdict, now=now, reason=reason, note=note)
    if not done.item_ids:
        decide(items[0], member, verdict, now=now, reason=reason, note=note)  # says why not
    return done


@transaction.atomic
def decide_conversations(
    ids: Collection[int],
    member: Member,
    verdict: str,
    *,
    now: datetime,
    reason: Reason | None = None,
    note: str = "",
    batch: uuid.UUID | None = None,
) -> Decided:
    """On everything that waits in all of these; what is not possible is skipped with its reason.

    Raises NotAllowed, NothingToDo.
    """
    items = waiting_items(ids)
    if not items:
        raise NothingToDo
    result = decide_many(items, member, verdict, now=now, reason=reason, note=note, batch=batch)
    item_ids = [decision.item_id for decision in result.decisions]
    return _finish(result, item_ids, list(ids), member, verdict, now=now)


def waiting_items(conversation_ids: Collection[int]) -> list[Item]:
    """The held items of these conversations; of those that have none, the newest item, where it is not ours."""
    rows = dict(Conversation.objects.filter(pk__in=conversation_ids).values_list("root_id", "last_item_id"))
    held = list(
        Item.objects.filter(Q(pk__in=rows) | Q(root__in=rows), status=Status.HELD)
        .select_related("profile")
        .order_by("id")
    )
    having = {item.root_id or item.pk for item in held}
    others = [last for root, last in rows.items() if root not in having]
    newest = Item.objects.filter(pk__in=others).exclude(profile__is_house=True).order_by("id")
    return held + list(newest) if others else held


def _finish(
    result: Batch,
    item_ids: Sequence[int],
    conversation_ids: Sequence[int],
    member: Member,
    verdict: str,
    *,
    now: datetime,
) -> Decided:
    """Brings the conversations up to date, and closes those in which nothing waits any more."""
    refresh_conversations(conversation_ids, now, closes_gone=False)
    closed: tuple[int, ...] = ()
    if verdict != Verdict.HOLD and item_ids:
        decided = Item.objects.filter(pk__in=item_ids).annotate(thread_key=Coalesce(F("root_id"), F("id")))
        idle = Conversation.objects.filter(
            pk__in=conversation_ids, held_count=0, root__in=decided.values("thread_key")
        ).exclude(state=ConversationState.DONE)
        ids = list(idle.values_list("id", flat=True))
        if ids:
            values = {"state": ConversationState.DONE.value, "snoozed_until": None}
            closed = change_many(ids, member, "conversation.state", values, now=now, batch=result.key, right=None).ids
    return Decided(result.key, tuple(item_ids), tuple(conversation_ids), closed, result.skipped)
