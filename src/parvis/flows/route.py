"""New items become conversations: opened, joined, opened again, merged. In bulk, and the same result however often."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from parvis.channels.models import Channel, Item
from parvis.channels.search import move_items
from parvis.inbox.deriving import VISIBLE, Derived, derive, write_derived
from parvis.inbox.merging import merge_moved_roots
from parvis.inbox.models import Conversation, ConversationState
from parvis.jobs.live import tell
from parvis.jobs.steps import at
from parvis.orgs.audit import Fact, record_many

HISTORY = timedelta(days=30)
"""What was last written so long before its channel was connected is history, not work: it opens as done."""
MOST_EVENTS = 20
"""Conversations of one department that open pages are told of one by one; above, they are told to look again."""
_LOCK = 7_261_004
"""PostgreSQL's advisory lock: one router at a time is enough, and two never meet."""


@dataclass(frozen=True, slots=True)
class _News:
    """An item that its conversation has yet to learn of."""

    id: int
    root_id: int
    channel_id: int
    department_id: int
    kind: str
    is_visible: bool
    is_house: bool


@dataclass(slots=True)
class _Known:
    """A conversation as it was before."""

    id: int
    root_id: int
    department_id: int
    state: str
    last_activity_at: datetime
    newest_item_id: int


def route_new_items(*, now: datetime, limit: int = 1000) -> int:
    """Lets conversations learn of up to `limit` items; how many those were. 0: nothing waits, or another is at it."""
    if not Item.objects.filter(is_routed=False).exists():
        return 0
    with transaction.atomic():
        if not _is_alone():
            return 0
        news = _take(limit)
        at("route.taken")
        _route(news, now=now)
        at("route.routed")
        Item.objects.filter(pk__in=[item.id for item in news]).update(is_routed=True)
        at("route.marked")
    return len(news)


def refresh_conversations(ids: Collection[int], now: datetime, *, closes_gone: bool = True) -> int:
    """Works the derived columns of these conversations out again; how many changed. Tells open pages of each.

    A conversation of which nothing is left is done, unless the caller sees to that.
    """
    rows = dict(Conversation.objects.filter(pk__in=ids).values_list("root_id", "id"))
    derived = {rows[root]: found for root, found in derive(rows).items()}
    changed = write_derived(derived)
    gone = [key for key, found in derived.items() if found.is_gone] if closes_gone else []
    if gone:
        Conversation.objects.filter(pk__in=gone, state=ConversationState.OPEN).update(
            state=ConversationState.DONE, version=F("version") + 1
        )
    _tell(Conversation.objects.filter(pk__in=ids).values_list("department_id", "id"), now=now)
    return changed


def open_thread(root_id: int, *, now: datetime) -> tuple[int, bool]:
    """The conversation of a thread, opened where nothing had opened it yet: its id, and whether it is new."""
    with transaction.atomic():
        known = _known([root_id])
        if known:
            return known[root_id].id, False
        [(department_id, key)] = _open(list(derive([root_id]).values()), {}, now=now)
        Conversation.objects.filter(pk=key).update(state=ConversationState.OPEN)
        _tell([(department_id, key)], now=now, facts={"opened": 1})
    return key, True


def _is_alone() -> bool:
    if connection.vendor != "postgresql":
        return True  # SQLite has one writer
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        [taken] = cursor.fetchone()
    return bool(taken)


def _take(limit: int) -> list[_News]:
    """Locked, so that what changes meanwhile is routed again."""
    rows = Item.objects.filter(is_routed=False).order_by("id")
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True, of=("self",), no_key=True)
    return [
        _News(key, root or key, channel, department, kind, status in VISIBLE, bool(house))
        for key, root, channel, department, kind, status, house in rows.values_list(
            "id", "root_id", "channel_id", "department_id", "kind", "status", "profile__is_house"
        )[:limit]
    ]


def _route(news: list[_News], *, now: datetime) -> None:
    merge_moved_roots([item.id for item in news if item.root_id != item.id], now=now)
    channels = Channel.objects.in_bulk({item.channel_id for item in news})
    openers = {
        item.root_id
        for item in news
        if not item.is_house and item.kind in channels[item.channel_id].opens_conversations
    }
    known = _known({item.root_id for item in news})
    derived = derive(openers | known.keys())
    opened = _open([derived[root] for root in openers - known.keys() if root in derived], channels, now=now)
    write_derived({known[root].id: found for root, found in derived.items() if root in known})
    reopened = _reopen(news, known, derived, now=now)
    _follow(news, known)
    touched = [*opened, *((row.department_id, row.id) for row in known.values())]
    _tell(touched, now=now, facts={"opened": len(opened), "reopened": len(reopened)})


def _known(root_ids: Collection[int]) -> dict[int, _Known]:
    rows = Conversation.objects.filter(root__in=root_ids).order_by("id")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(of=("self",), no_key=True)
    return {
        values[1]: _Known(*values)
        for values in rows.values_list("id", "root_id", "department_id", "state", "last_activity_at", "newest_item_id")
    }


def _open(derived: list[Derived], channels: dict[int, Channel], *, now: datetime) -> list[tuple[int, int]]:
    """(department, conversation) of what is new."""
    roots = Item.objects.filter(pk__in=[found.root_id for found in derived])
    places = {
        key: (channel, department)
        for key, channel, department in roots.values_list("id", "channel_id", "department_id")
    }
    missing = {channel for channel, _ in places.values()} - channels.keys()
    channels = {**channels, **Channel.objects.in_bulk(missing)} if missing else channels
    rows = [
        Conversation(
            root_id=found.root_id,
            channel_id=places[found.root_id][0],
            department_id=places[found.root_id][1],
            state=_first_state(found, channels[places[found.root_id][0]]),
            last_item_id=found.last_item_id,
            last_activity_at=found.last_activity_at,
            newest_item_id=found.newest_item_id,
            item_count=found.item_count,
            held_count=found.held_count,
            is_unanswered=found.is_unanswered,
            kind=found.kind,
            language=found.language,
            has_link=found.has_link,
            why=list(found.why),
            created_at=now,
        )
        for found in sorted(derived, key=lambda found: found.root_id)
    ]
    Conversation.objects.bulk_create(rows, batch_size=500)
    return [(row.department_id, row.pk) for row in rows]


def _first_state(found: Derived, channel: Channel) -> str:
    is_history = not found.held_count and found.last_activity_at < channel.created_at - HISTORY
    return ConversationState.DONE if found.is_gone or is_history else ConversationState.OPEN


def _reopen(news: list[_News], known: dict[int, _Known], derived: dict[int, Derived], *, now: datetime) -> list[int]:
    """Opens again where the public wrote something new, or something of theirs is there again."""
    wanted: dict[int, _Known] = {}
    for item in news:
        row = known.get(item.root_id)
        if row is None or row.state == ConversationState.OPEN or item.is_house or not item.is_visible:
            continue
        found = derived.get(item.root_id)
        is_last_again = (
            found is not None and found.last_item_id == item.id and found.last_activity_at > row.last_activity_at
        )
        if item.id > row.newest_item_id or is_last_again:
            wanted[row.id] = row
    if wanted:
        Conversation.objects.filter(pk__in=wanted).update(
            state=ConversationState.OPEN, snoozed_until=None, version=F("version") + 1
        )
        record_many([_reopening(row, now) for row in wanted.values()])
    return list(wanted)


def _reopening(row: _Known, now: datetime) -> Fact:
    return Fact(
        member=None,
        action="conversation.reopen",
        subject="conversation",
        subject_key=row.id,
        department_id=row.department_id,
        facts={"before": {"state": row.state}, "after": {"state": ConversationState.OPEN}},
        now=now,
    )


def _follow(news: list[_News], known: dict[int, _Known]) -> None:
    """Items that came through the channel's department go where their conversation has moved."""
    moves: dict[int, list[int]] = defaultdict(list)
    for item in news:
        row = known.get(item.root_id)
        if row is not None and row.department_id != item.department_id:
            moves[row.department_id].append(item.id)
    for department_id, item_ids in moves.items():
        move_items(item_ids, department_id)


def _tell(pairs: Iterable[tuple[int, int]], *, now: datetime, facts: dict[str, Any] | None = None) -> None:
    """One event a conversation, or one a department where they are many."""
    by_department: dict[int, list[int]] = defaultdict(list)
    for department_id, key in pairs:
        by_department[department_id].append(key)
    for department_id, keys in by_department.items():
        if len(keys) > MOST_EVENTS:
            tell("conversation", now=now, department_id=department_id, facts={**(facts or {}), "many": len(keys)})
            continue
        for key in keys:
            tell("conversation", now=now, department_id=department_id, subject_id=key, facts=facts)
