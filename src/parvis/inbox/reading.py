"""One conversation, whole: thread, decisions, orders, notes, drafts, who is there; apart, its history."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, FilteredRelation, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from parvis.channels.models import OPEN_EFFECT_STATES, Effect, EffectState, Item, ItemVersion
from parvis.channels.registry import connectors
from parvis.core.connector import Can
from parvis.inbox import cursors
from parvis.inbox.filling import author_of, rows_of
from parvis.inbox.models import Conversation, Draft, Note
from parvis.inbox.rows import (
    ArticleView,
    ConversationDetail,
    DecisionView,
    EffectView,
    HistoryView,
    ItemView,
    NoteView,
    PresenceView,
    VersionView,
)
from parvis.orgs.access import may
from parvis.orgs.models import AuditEntry, Member
from parvis.orgs.rights import Action

WINDOW = 100
"""Items of a thread that are shown at a time."""
_DEEPEST = 6
_NOTES = 200
_HISTORY = 100
_VERSIONS = 50

_ITEM = (
    "id", "parent_id", "kind", "status", "remote_status", "title", "text", "body", "body_is_html", "url", "language",
    "media", "facts", "published_at", "received_at", "edited_at", "profile_id", "profile__name", "profile__handle",
    "profile__url", "profile__avatar_url", "profile__is_house", "profile__item_count", "profile__refused_count",
    "root_id", "version_count", "about_id", "about__title", "about__url", "channel__connector", "channel__can",
    "channel__removed_at", "verdict__id", "verdict__verdict", "verdict__member__name", "verdict__reason__name_en",
    "verdict__reason__name_fr", "verdict__note", "verdict__decided_at",
)  # fmt: skip


def conversation_detail(
    member: Member, conversation_id: int, *, now: datetime, older: str | None = None, newer: str | None = None
) -> ConversationDetail | None:
    """The conversation with the newest items of its thread, or those before or after a cursor.

    Its history comes by itself (`conversation_history`). None where it does not exist or the member may not see it.
    """
    row = next(iter(rows_of([conversation_id], member, now=now)), None)
    if row is None or not may(member, Action.SEE, row):
        return None
    items, root, has_older, has_newer = _thread(row.root_id, older=older, newer=newer)
    _add_effects(items)
    return ConversationDetail(
        row=row,
        root_id=row.root_id,
        items=sorted(items, key=lambda item: (item.at, item.id)),
        older=cursors.write_number(min(item.id for item in items)) if has_older and items else None,
        newer=cursors.write_number(max(item.id for item in items)) if has_newer and items else None,
        notes=_notes(row.id),
        drafts=dict(Draft.objects.filter(conversation=row.id, member=member).values_list("kind", "text")),
        present=[PresenceView(one.id, one.name, one.is_typing) for one in row.present],
        article=_article(root),
        can=_abilities(root),
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


def _thread(
    root_id: int, *, older: str | None, newer: str | None
) -> tuple[list[ItemView], dict[str, Any] | None, bool, bool]:
    """A window of the thread by intake order, which a thread of any length serves from an index; and its root."""
    first, last = cursors.read_number(older), cursors.read_number(newer)
    rows = Item.objects.filter(root_id=root_id)
    is_later = last is not None and first is None
    if is_later:
        keys = rows.filter(pk__gt=last).order_by("root_id", "id")
    else:
        keys = (rows if first is None else rows.filter(pk__lt=first)).order_by("-root_id", "-id")
    found = _items(keys.values("pk")[: WINDOW + 1], root_id)
    root = found.get(root_id)
    order = sorted((key for key, row in found.items() if row["root_id"] == root_id), reverse=not is_later)
    if last is not None:
        order = [key for key in order if key > last] if is_later else order
    if first is not None:
        order = [key for key in order if key < first]
    has_more, order = len(order) > WINDOW, order[:WINDOW]
    has_older, has_newer = (True, has_more) if is_later else (has_more, first is not None)
    if not has_older and root is not None and root_id not in order:
        order.append(root_id)
    items = {key: found[key]["view"] for key in sorted(order)}
    for item in items.values():
        item.depth = _depth(item, items)
    return list(items.values()), root, has_older, has_newer


def _items(keys: "QuerySet[Item, Any]", root_id: int) -> dict[int, dict[str, Any]]:
    """The window's items and the root, with the newest verdict on each that was not taken back: one query."""
    versions = ItemVersion.objects.filter(item=OuterRef("pk")).order_by().values("item")
    wanted = Item.objects.filter(pk__in=keys).values("pk").union(Item.objects.filter(pk=root_id).values("pk"))
    rows = (
        Item.objects.filter(pk__in=wanted)
        .annotate(
            version_count=Coalesce(Subquery(versions.annotate(n=Count("pk")).values("n")), 0),
            verdict=FilteredRelation("decisions", condition=Q(decisions__taken_back_at__isnull=True)),
        )
        .order_by("id", "verdict__id")
        .values(*_ITEM)
    )
    found: dict[int, dict[str, Any]] = {}
    for row in rows:
        row["view"] = _item(row)
        found[row["id"]] = row
    return found


def _item(row: dict[str, Any]) -> ItemView:
    return ItemView(
        at=row["published_at"] or row["received_at"],
        author=author_of(row),
        decision=_decision(row),
        **{
            name: row[name]
            for name in (
                "id", "parent_id", "kind", "status", "remote_status", "title", "text", "body", "body_is_html", "url",
                "language", "media", "facts", "edited_at", "version_count",
            )
        },
    )  # fmt: skip


def _decision(row: dict[str, Any]) -> DecisionView | None:
    if row["verdict__id"] is None:
        return None
    return DecisionView(
        id=row["verdict__id"],
        verdict=row["verdict__verdict"],
        member=row["verdict__member__name"] or "",
        reason_en=row["verdict__reason__name_en"] or "",
        reason_fr=row["verdict__reason__name_fr"] or "",
        note=row["verdict__note"],
        decided_at=row["verdict__decided_at"],
    )


def _article(root: dict[str, Any] | None) -> ArticleView | None:
    if root is None or root["about_id"] is None:
        return None
    return ArticleView(root["about_id"], root["about__title"], root["about__url"])


def _depth(item: ItemView, items: dict[int, ItemView]) -> int:
    depth, parent = 0, item.parent_id
    while parent is not None and depth < _DEEPEST:
        depth += 1
        above = items.get(parent)
        parent = above.parent_id if above else None
    return depth


def _add_effects(items: list[ItemView]) -> None:
    """Open orders; and answers of ours that are done but have yet to come back as items."""
    by_id = {item.id: item for item in items}
    come_back = Item.objects.filter(channel=OuterRef("channel"), remote_id=OuterRef("result_remote_id"))
    effects = (
        Effect.objects.filter(item__in=by_id)
        .filter(Q(state__in=OPEN_EFFECT_STATES) | Q(state=EffectState.DONE, can=Can.REPLY))
        .annotate(item_back=Subquery(come_back.values("pk")[:1]))
        .order_by("id")
    )
    for values in effects.values(
        "id", "item_id", "can", "text", "state", "created_by__name", "created_at", "next_try_at", "try_count", "batch",
        "error", "finished_at", "result_url", "item_back",
    ):  # fmt: skip
        came_back, name = values.pop("item_back"), values.pop("created_by__name")
        if values["state"] == EffectState.DONE and came_back is not None:
            continue
        values["batch"] = str(values["batch"])
        by_id[values["item_id"]].effects.append(EffectView(member=name or "", **values))


def _notes(conversation_id: int) -> list[NoteView]:
    notes = Note.objects.filter(conversation=conversation_id).select_related("member").order_by("-id")[:_NOTES]
    return [
        NoteView(note.pk, note.member_id, note.member.name, note.text, note.created_at)
        for note in reversed(list(notes))
    ]


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


def _abilities(root: dict[str, Any] | None) -> frozenset[str]:
    """What the platform offers and the channel's account may do."""
    connector = connectors().get(root["channel__connector"]) if root is not None else None
    if root is None or connector is None or root["channel__removed_at"] is not None:
        return frozenset()
    return frozenset(str(can) for can in connector.acts if can in root["channel__can"])
