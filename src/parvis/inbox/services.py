"""What people do with conversations. Each checks the right, changes rows in one transaction, records and tells."""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from parvis.channels.models import Item
from parvis.channels.search import move_items
from parvis.core.errors import BadInput
from parvis.core.wording import Text
from parvis.inbox.changing import Changed, change_many
from parvis.inbox.drafts import draft_of, drop_draft, save_draft
from parvis.inbox.labels import add_label, add_label_many, remove_label, remove_label_many
from parvis.inbox.models import Conversation, ConversationState, Priority
from parvis.inbox.notes import mark_mentions_seen, unseen_mentions, write_note
from parvis.inbox.presence import be_present, leave, prune_presences
from parvis.inbox.views import change_view, delete_view, reorder_views, save_view
from parvis.orgs.access import may
from parvis.orgs.models import Department, Member

__all__ = [
    "Changed",
    "add_label",
    "add_label_many",
    "assign",
    "assign_many",
    "be_present",
    "change_view",
    "delete_view",
    "draft_of",
    "drop_draft",
    "leave",
    "mark_mentions_seen",
    "move_many",
    "move_to_department",
    "prune_presences",
    "remove_label",
    "remove_label_many",
    "reorder_views",
    "save_draft",
    "save_view",
    "set_priority",
    "set_priority_many",
    "set_state",
    "set_state_many",
    "snooze",
    "snooze_many",
    "unseen_mentions",
    "wake_due",
    "write_note",
]


LONGEST_SNOOZE = timedelta(days=3650)


def assign(
    conversation: Conversation, member: Member, *, to: Member | None, now: datetime, version: int | None = None
) -> Changed:
    """To somebody who may see it, or (None) to nobody. Raises NotAllowed, BadInput, Conflict."""
    return assign_many([conversation.pk], member, to=to, now=now, version=version)


@transaction.atomic
def assign_many(
    ids: Collection[int],
    member: Member,
    *,
    to: Member | None,
    now: datetime,
    version: int | None = None,
    batch: uuid.UUID | None = None,
) -> Changed:
    if to is not None:
        for department_id in Conversation.objects.filter(pk__in=ids).values_list("department_id", flat=True).distinct():
            _must_see(to, department_id)
    values = {"assignee_id": to.pk if to is not None else None}
    facts = {"to": to.name if to is not None else None}
    return change_many(ids, member, "conversation.assign", values, now=now, version=version, batch=batch, facts=facts)


def _must_see(to: Member, department_id: int) -> None:
    if not may(to, "see", Conversation(department_id=department_id)):
        raise BadInput(
            detail=Text(
                "{name} does not see conversations of this department",
                "{name} ne voit pas les conversations de ce département",
            ).format(name=to.name)
        )


def move_to_department(
    conversation: Conversation, member: Member, *, to: Department, now: datetime, version: int | None = None
) -> Changed:
    """Hands the conversation and its items over to another department. Raises NotAllowed, BadInput, Conflict."""
    return move_many([conversation.pk], member, to=to, now=now, version=version)


@transaction.atomic
def move_many(
    ids: Collection[int],
    member: Member | None,
    *,
    to: Department,
    now: datetime,
    version: int | None = None,
    batch: uuid.UUID | None = None,
) -> Changed:
    """Whoever may not see the other department is no longer assigned."""
    if to.closed_at is not None:
        raise BadInput(detail=Text("this department is closed", "ce département est fermé"))
    assigned = Member.objects.filter(pk__in=Conversation.objects.filter(pk__in=ids).values("assignee"))
    staying = {person.pk for person in assigned if may(person, "see", to)}

    def values(row: Conversation) -> dict[str, Any]:
        keeps = row.assignee_id is None or row.assignee_id in staying
        return {"department_id": to.pk} if keeps else {"department_id": to.pk, "assignee_id": None}

    changed = change_many(
        ids, member, "conversation.move", values, now=now, version=version, batch=batch, facts={"to": to.name}
    )
    move_thread_items(changed.ids, to.pk)
    return changed


def move_thread_items(conversation_ids: Collection[int], department_id: int) -> None:
    """The items of these conversations are seen where the conversations are."""
    roots = list(Conversation.objects.filter(pk__in=conversation_ids).values_list("root_id", flat=True))
    below = Item.objects.filter(root__in=roots).values_list("id", flat=True)
    move_items([*roots, *below], department_id)


def set_state(
    conversation: Conversation, member: Member, state: str, *, now: datetime, version: int | None = None
) -> Changed:
    """Open, waiting or done; snoozing has its own function. Raises NotAllowed, BadInput, Conflict."""
    return set_state_many([conversation.pk], member, state, now=now, version=version)


def set_state_many(
    ids: Collection[int],
    member: Member | None,
    state: str,
    *,
    now: datetime,
    version: int | None = None,
    batch: uuid.UUID | None = None,
) -> Changed:
    if state not in {ConversationState.OPEN, ConversationState.WAITING, ConversationState.DONE}:
        raise BadInput(detail=Text("there is no state “{name}”", "il n’y a pas d’état « {name} »").format(name=state))
    values = {"state": str(state), "snoozed_until": None}
    return change_many(ids, member, "conversation.state", values, now=now, version=version, batch=batch)


def snooze(
    conversation: Conversation, member: Member, *, until: datetime, now: datetime, version: int | None = None
) -> Changed:
    """Out of sight until then, or until somebody writes. Raises NotAllowed, BadInput, Conflict."""
    return snooze_many([conversation.pk], member, until=until, now=now, version=version)


def snooze_many(
    ids: Collection[int],
    member: Member,
    *,
    until: datetime,
    now: datetime,
    version: int | None = None,
    batch: uuid.UUID | None = None,
) -> Changed:
    if until <= now:
        raise BadInput(detail=Text("this time is over", "ce moment est déjà passé"))
    if until > now + LONGEST_SNOOZE:
        raise BadInput(detail=Text("this time is years away", "ce moment est à des années d’ici"))
    values = {"state": ConversationState.SNOOZED.value, "snoozed_until": until}
    return change_many(ids, member, "conversation.snooze", values, now=now, version=version, batch=batch)


def wake_due(*, now: datetime, limit: int = 500) -> int:
    """Opens again what was snoozed until now; how many. For the worker."""
    due = Conversation.objects.filter(state=ConversationState.SNOOZED, snoozed_until__lte=now)
    ids = list(due.order_by("snoozed_until").values_list("id", flat=True)[:limit])
    if not ids:
        return 0

    def values(row: Conversation) -> dict[str, Any]:
        is_due = row.state == ConversationState.SNOOZED and row.snoozed_until is not None and row.snoozed_until <= now
        return {"state": ConversationState.OPEN.value, "snoozed_until": None} if is_due else {}

    return len(change_many(ids, None, "conversation.wake", values, now=now).ids)


def set_priority(
    conversation: Conversation, member: Member, priority: int, *, now: datetime, version: int | None = None
) -> Changed:
    """Raises NotAllowed, BadInput, Conflict."""
    return set_priority_many([conversation.pk], member, priority, now=now, version=version)


def set_priority_many(
    ids: Collection[int],
    member: Member,
    priority: int,
    *,
    now: datetime,
    version: int | None = None,
    batch: uuid.UUID | None = None,
) -> Changed:
    if priority not in Priority.values:
        raise BadInput(detail=Text("there is no such priority", "cette priorité n’existe pas"))
    values = {"priority": int(priority)}
    return change_many(ids, member, "conversation.priority", values, now=now, version=version, batch=batch)
