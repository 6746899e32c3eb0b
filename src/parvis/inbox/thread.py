"""The thread of a conversation: a window of its items with their authors, verdicts and orders; two queries."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from parvis.channels.models import EffectState
from parvis.channels.registry import connectors
from parvis.core.connector import Can
from parvis.inbox import cursors
from parvis.inbox.rows import ArticleView, AuthorView, DecisionView, EffectView, ItemView
from parvis.inbox.surroundings import OPEN_STATES
from parvis.inbox.ways import aware
from parvis.jobs.rows import among

WINDOW = 100
"""Items of a thread that are shown at a time."""
_DEEPEST = 6
_ITEMS = """
SELECT i.id, i.parent_id, i.kind, i.status, i.remote_status, i.title, i.text, i.body, i.body_is_html, i.url,
    i.language, i.media, i.facts, i.edited_at,
    (SELECT count(*) FROM channels_itemversion v WHERE v.item_id = i.id),
    COALESCE(i.published_at, i.received_at), i.root_id, i.about_id, a.title, a.url,
    ch.connector, ch.can, ch.removed_at,
    p.id, p.name, p.handle, p.url, p.avatar_url, p.is_house, p.item_count, p.refused_count,
    d.id, d.verdict, m.name, r.name_en, r.name_fr, d.note, d.decided_at
FROM channels_item i
JOIN channels_channel ch ON ch.id = i.channel_id
LEFT JOIN channels_item a ON a.id = i.about_id
LEFT JOIN channels_profile p ON p.id = i.profile_id
LEFT JOIN moderation_decision d ON d.item_id = i.id AND d.taken_back_at IS NULL
LEFT JOIN orgs_member m ON m.id = d.member_id
LEFT JOIN moderation_reason r ON r.id = d.reason_id
WHERE i.id IN (SELECT CAST(%s AS bigint) UNION SELECT id FROM ({window}) w)
ORDER BY i.id, d.id
"""
"""A page that people open all day: its SQL is ready made, which halves its time."""
_WINDOWS = {
    None: "SELECT id FROM channels_item WHERE root_id = %s ORDER BY root_id DESC, id DESC LIMIT {limit}",
    "older": "SELECT id FROM channels_item WHERE root_id = %s AND id < %s ORDER BY root_id DESC, id DESC LIMIT {limit}",
    "newer": "SELECT id FROM channels_item WHERE root_id = %s AND id > %s ORDER BY root_id, id LIMIT {limit}",
}
_EFFECTS = """
SELECT e.id, e.item_id, e.can, e.text, e.state, m.name, e.created_at, e.next_try_at, e.try_count, e.batch, e.error,
    e.finished_at, e.result_url
FROM channels_effect e
LEFT JOIN orgs_member m ON m.id = e.created_by_id
WHERE e.item_id {items} AND (e.state IN ({states}) OR (e.state = %s AND e.can = %s AND NOT EXISTS (
    SELECT 1 FROM channels_item i WHERE i.channel_id = e.channel_id AND i.remote_id = e.result_remote_id)))
ORDER BY e.id
"""


@dataclass(frozen=True, slots=True)
class Thread:
    """Items in the order of their intake; `older` and `newer` are cursors to what stands before and after."""

    items: list[ItemView]
    older: str | None
    newer: str | None
    article: ArticleView | None
    can: frozenset[str]
    """What the platform offers and the channel's account may do."""


def read_thread(root_id: int, *, older: str | None = None, newer: str | None = None) -> Thread:
    """The newest items, or those before or after a cursor; the root with the oldest of them."""
    first, last = cursors.read_number(older), cursors.read_number(newer)
    is_later = last is not None and first is None
    found = {values[0]: values for values in _select(*_window(root_id, first=first, last=last))}
    root = found.get(root_id)
    order = [key for key, values in found.items() if values[16] == root_id]
    has_more = len(order) > WINDOW
    order = order[:WINDOW] if is_later else order[-WINDOW:]
    has_older, has_newer = (True, has_more) if is_later else (has_more, first is not None)
    if not has_older and root is not None and root_id not in order:
        order.insert(0, root_id)
    items = {key: _item(found[key]) for key in order}
    for item in items.values():
        item.depth = _depth(item, items)
    _add_effects(items)
    return Thread(
        items=list(items.values()),
        older=cursors.write_number(min(items)) if has_older and items else None,
        newer=cursors.write_number(max(items)) if has_newer and items else None,
        article=ArticleView(root[17], root[18] or "", root[19] or "") if root and root[17] is not None else None,
        can=_abilities(root),
    )


def _window(root_id: int, *, first: int | None, last: int | None) -> tuple[str, list[int]]:
    """By order of intake, which a thread of any length serves from an index. One more than is shown."""
    if first is not None:
        window, params = _WINDOWS["older"], [root_id, root_id, first]
    elif last is not None:
        window, params = _WINDOWS["newer"], [root_id, root_id, last]
    else:
        window, params = _WINDOWS[None], [root_id, root_id]
    return _ITEMS.format(window=window.format(limit=WINDOW + 1)), params


def _select(sql: str, params: Sequence[Any]) -> list[Sequence[Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def _item(values: Sequence[Any]) -> ItemView:
    (
        key, parent_id, kind, status, remote_status, title, text, body, body_is_html, url, language, media, facts,
        edited_at, version_count, at,
    ) = values[:16]  # fmt: skip
    return ItemView(
        id=key,
        parent_id=parent_id,
        kind=kind,
        status=status,
        remote_status=remote_status,
        title=title,
        text=text,
        body=body,
        body_is_html=bool(body_is_html),
        url=url,
        language=language,
        media=_json(media),
        facts=_json(facts),
        at=aware(at),
        edited_at=_maybe(edited_at),
        author=author_view(values[23:31]),
        version_count=version_count,
        decision=_decision(values[31:]),
    )


def author_view(values: Sequence[Any]) -> AuthorView:
    """From a profile's id, name, handle, url, avatar_url, is_house, item_count, refused_count."""
    key, name, handle, url, avatar_url, is_house, item_count, refused_count = values
    if key is None:
        return AuthorView(None, "")
    return AuthorView(key, name, handle, url, avatar_url, bool(is_house), item_count, refused_count)


def _decision(values: Sequence[Any]) -> DecisionView | None:
    key, verdict, member, reason_en, reason_fr, note, decided_at = values
    if key is None:
        return None
    return DecisionView(key, verdict, member or "", reason_en or "", reason_fr or "", note, aware(decided_at))


def _depth(item: ItemView, items: Mapping[int, ItemView]) -> int:
    depth, parent = 0, item.parent_id
    while parent is not None and depth < _DEEPEST:
        depth += 1
        above = items.get(parent)
        parent = above.parent_id if above else None
    return depth


def _add_effects(items: Mapping[int, ItemView]) -> None:
    """Open orders; and answers of ours that are done but have yet to come back as items."""
    if not items:
        return
    of_items, params = among(list(items))
    sql = _EFFECTS.format(items=of_items, states=OPEN_STATES)
    for values in _select(sql, [*params, str(EffectState.DONE), str(Can.REPLY)]):
        key, item_id, can, text, state, member, created_at, due_at, try_count, batch, error, finished_at, url = values
        items[item_id].effects.append(
            EffectView(
                id=key,
                item_id=item_id,
                can=can,
                text=text,
                state=state,
                member=member or "",
                created_at=aware(created_at),
                next_try_at=_maybe(due_at),
                try_count=try_count,
                batch=str(UUID(str(batch))),
                error=_json(error),
                finished_at=_maybe(finished_at),
                result_url=url,
            )
        )


def _abilities(root: Sequence[Any] | None) -> frozenset[str]:
    connector = connectors().get(root[20]) if root is not None else None
    if root is None or connector is None or root[22] is not None:
        return frozenset()
    able = _json(root[21])
    return frozenset(str(can) for can in connector.acts if can in able)


def _maybe(moment: Any) -> datetime | None:
    return None if moment is None else aware(moment)


def _json(value: Any) -> Any:
    """SQLite gives text, PostgreSQL too or what it says."""
    return json.loads(value) if isinstance(value, str) else value
