"""Threads that turn out to be one: a reply came before what it answers."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import F

from parvis.channels.models import Item
from parvis.channels.search import move_items
from parvis.inbox.models import Conversation, ConversationState, Draft, Labelling, Note, Presence
from parvis.orgs.audit import record

_LIVELIEST_FIRST = (
    ConversationState.OPEN,
    ConversationState.WAITING,
    ConversationState.SNOOZED,
    ConversationState.DONE,
)


def merge_moved_roots(item_ids: Collection[int], *, now: datetime) -> list[int]:
    """Where one of these items began a conversation and now lies under another root: one conversation of both.

    Gives the ids of the conversations that go on. Assignee, notes, labels and drafts are kept.
    """
    moved = Conversation.objects.filter(root__in=item_ids, root__root__isnull=False).select_related("root")
    kept: list[int] = []
    for conversation in moved.order_by("id"):
        root_id = conversation.root.root_id
        target = Conversation.objects.filter(root=root_id).first()
        if target is None:
            Conversation.objects.filter(pk=conversation.pk).update(root=root_id, version=F("version") + 1)
            kept.append(conversation.pk)
        else:
            _merge(conversation, target, now=now)
            kept.append(target.pk)
    return kept


def _merge(gone: Conversation, kept: Conversation, *, now: datetime) -> None:
    Note.objects.filter(conversation=gone).update(conversation=kept)
    has_labels = Labelling.objects.filter(conversation=kept).values("label")
    Labelling.objects.filter(conversation=gone).exclude(label__in=has_labels).update(conversation=kept)
    _move_drafts(gone, kept)
    Presence.objects.filter(conversation=gone).delete()
    before = {"state": kept.state, "assignee": kept.assignee_id, "priority": kept.priority}
    kept.assignee_id = kept.assignee_id or gone.assignee_id
    kept.priority = max(kept.priority, gone.priority)
    kept.state = min(kept.state, gone.state, key=lambda state: _LIVELIEST_FIRST.index(ConversationState(state)))
    if kept.state == ConversationState.SNOOZED:
        times = [at for at in (kept.snoozed_until, gone.snoozed_until) if at is not None]
        kept.snoozed_until = min(times, default=None)
    else:
        kept.snoozed_until = None
    kept.newest_item_id = max(kept.newest_item_id, gone.newest_item_id)
    kept.version += 1
    kept.save(update_fields=["assignee", "priority", "state", "snoozed_until", "newest_item_id", "version"])
    gone_id = gone.pk
    gone.delete()
    if gone.department_id != kept.department_id:
        elsewhere = Item.objects.filter(root=kept.root_id).exclude(department=kept.department_id)
        move_items(list(elsewhere.values_list("id", flat=True)), kept.department_id)
    after = {"state": kept.state, "assignee": kept.assignee_id, "priority": kept.priority}
    record(
        None,
        "conversation.merge",
        subject="conversation",
        subject_key=kept.pk,
        department_id=kept.department_id,
        facts={"merged": gone_id, "before": before, "after": after},
        now=now,
    )


def _move_drafts(gone: Conversation, kept: Conversation) -> None:
    """Nothing typed is lost: two drafts of one person become one text."""
    for draft in Draft.objects.filter(conversation=gone):
        other = Draft.objects.filter(conversation=kept, member=draft.member_id, kind=draft.kind).first()
        if other is None:
            draft.conversation = kept
            draft.save(update_fields=["conversation"])
            continue
        other.text = f"{other.text}\n\n{draft.text}"
        other.save(update_fields=["text"])
