"""An answer in the name of the house: approves what it answers, sends, and lets the conversation wait for theirs."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from parvis.channels.models import Effect, Item
from parvis.channels.outbox import order
from parvis.core.connector import Can
from parvis.core.errors import FieldMissing, NothingToDo
from parvis.core.types import Status
from parvis.core.wording import Text
from parvis.flows.route import refresh_conversations
from parvis.inbox.changing import change_many
from parvis.inbox.drafts import drop_draft
from parvis.inbox.models import Conversation, ConversationState
from parvis.moderation.models import Verdict
from parvis.moderation.services import decide, undo_s
from parvis.orgs.access import must
from parvis.orgs.models import Member
from parvis.orgs.rights import Action


@dataclass(frozen=True, slots=True)
class Answered:
    """`batch` takes it back."""

    batch: uuid.UUID
    effect: Effect
    item_id: int
    """What was answered."""
    was_held: bool
    """It was approved first."""


@transaction.atomic
def answer(
    conversation: Conversation,
    member: Member,
    text: str,
    *,
    now: datetime,
    item: Item | None = None,
    version: int | None = None,
) -> Answered:
    """Answers an item of the conversation, else the newest that is not ours.

    The draft goes in the same transaction. Raises NotAllowed, NotOffered, FieldMissing, NothingToDo, Conflict.
    """
    must(member, Action.REPLY, conversation)
    text = text.replace("\0", "").strip()
    if not text:
        raise FieldMissing(field=Text("answer", "réponse"))
    target = item if item is not None else to_answer(conversation)
    if target is None or (target.root_id or target.pk) != conversation.root_id:
        raise NothingToDo
    batch = uuid.uuid4()
    was_held = target.status == Status.HELD
    if was_held:
        decide(target, member, Verdict.APPROVE, now=now, batch=batch)
    effect = order(target, Can.REPLY, member=member, now=now, text=text, batch=batch, delay_s=undo_s())
    drop_draft(conversation, member, "reply")
    change_many(
        [conversation.pk],
        member,
        "conversation.answer",
        {"state": ConversationState.WAITING.value, "snoozed_until": None},
        now=now,
        version=version,
        batch=batch,
        right=Action.REPLY,
        facts={"effect": effect.pk, "item": target.pk},
        is_always_recorded=True,
    )
    refresh_conversations([conversation.pk], now, closes_gone=False)
    return Answered(batch, effect, target.pk, was_held)


def to_answer(conversation: Conversation) -> Item | None:
    """The newest item in the thread that is there and not ours; None where there is none."""
    thread = Item.objects.filter(Q(pk=conversation.root_id) | Q(root=conversation.root_id))
    theirs = thread.filter(status__in=[Status.PUBLISHED, Status.HELD]).exclude(profile__is_house=True)
    newest: Item | None = theirs.order_by("-received_at", "-id").first()
    return newest
