"""One conversation, whole: thread, decisions, orders, notes, drafts, who is there; apart, its history."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection
from django.db.models import Q

from parvis.channels.models import Item, ItemVersion
from parvis.inbox.filling import rows_of
from parvis.inbox.models import Conversation
from parvis.inbox.rows import (
    ConversationDetail,
    HistoryView,
    NoteView,
    PresenceView,
    VersionView,
)
from parvis.inbox.thread import WINDOW, read_thread
from parvis.inbox.ways import aware
from parvis.orgs.access import may
from parvis.orgs.models import AuditEntry, Member
from parvis.orgs.rights import Action

_NOTES = 200
_HISTORY = 100
_VERSIONS = 50


def conversation_detail(
    member: Member, conversation_id: int, *, now: datetime, older: str | None = None, newer: str | None = None
) -> ConversationDetail | None:
    """The conversation with the newest items of its thread, or those before or after a cursor.

    Its history comes by itself (`conversation_history`). None where it does not exist or the member may not see it.
    """
    row = next(iter(rows_of([conversation_id], member, now=now)), None)
    if row is None or not may(member, Action.SEE, row):
        return None
    thread = read_thread(row.root_id, older=older, newer=newer)
    notes, drafts = _written_beside(row.id, member)
    return ConversationDetail(
        row=row,
        root_id=row.root_id,
        items=sorted(thread.items, key=lambda item: (item.at, item.id)),
        older=thread.older,
        newer=thread.newer,
        notes=notes,
        drafts=drafts,
        present=[PresenceView(one.id, one.name, one.is_typing) for one in row.present],
        article=thread.article,
        can=thread.can,
        may=frozenset(str(action) for action in Action if may(member, action, row)),
    )


def conversation_history(member: Member, conversation_id: int) -> list[HistoryView] | None:
    """What was done to the conversation and in its thread. None where the member may not see it."""
    found = Conversation.objects.visible_to(member).filter(pk=conversation_id).values_list("root_id", flat=True)
    root_id = next(iter(found), None)
    if root_id is None:
        return None
    newest = Item.objects.filter(Q(root_id=root_id) | Q(pk=root_id)).order_by("-id").values_list("id", flat=True)
    return history_rows(conversation_id, list(newest[:WINDOW]))


def item_versions(member: Member, item_id: int) -> list[VersionView] | None:
    """What an item said before its author changed it, newest first. None where the member may not see it."""
    item = Item.objects.visible_to(member).filter(pk=item_id).values_list("url", flat=True).first()
    if item is None:
        return None
    versions = ItemVersion.objects.filter(item=item_id).order_by("-until", "-id")[:_VERSIONS]
    return [VersionView(one.pk, one.until, one.title, one.body, one.body_is_html, item) for one in versions]


_BESIDE = """
SELECT * FROM (SELECT n.id, n.member_id, m.name, n.text, n.created_at FROM inbox_note n
    JOIN orgs_member m ON m.id = n.member_id WHERE n.conversation_id = %s ORDER BY n.id DESC LIMIT {notes}) AS newest
UNION ALL
SELECT 0, d.member_id, d.kind, d.text, d.updated_at FROM inbox_draft d
    WHERE d.conversation_id = %s AND d.member_id = %s
ORDER BY 1
"""


def _written_beside(conversation_id: int, member: Member) -> tuple[list[NoteView], dict[str, str]]:
    """The newest notes, oldest first, and the member's own drafts by kind."""
    with connection.cursor() as cursor:
        cursor.execute(_BESIDE.format(notes=_NOTES), [conversation_id, conversation_id, member.pk])
        rows = cursor.fetchall()
    drafts = {kind: text for key, _, kind, text, _ in rows if not key}
    return [NoteView(key, whose, name, text, aware(at)) for key, whose, name, text, at in rows if key], drafts


def history_rows(conversation_id: int, item_ids: Sequence[int]) -> list[HistoryView]:
    """What was done to the conversation and to these of its items, newest first."""
    entries = AuditEntry.objects.filter(
        Q(subject="conversation", subject_key=str(conversation_id))
        | Q(subject="item", subject_key__in=[str(key) for key in item_ids])
    ).order_by("-id")
    return [
        HistoryView(key, at, name or "", action, facts, str(batch))
        for key, at, name, action, facts, batch in entries.values_list(
            "id", "at", "member__name", "action", "facts", "batch"
        )[:_HISTORY]
    ]
