"""Rows of the list, filled: a fixed number of queries however many rows there are."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection

from parvis.inbox.rows import AuthorView, ConversationRow
from parvis.inbox.surroundings import PRESENT_FOR, add_surroundings
from parvis.inbox.thread import author_view
from parvis.inbox.ways import aware
from parvis.jobs.rows import among
from parvis.orgs.models import Member

SHOWN_CHARACTERS = 600

_ROWS = """
SELECT c.id, c.version, c.department_id, d.name, c.channel_id, ch.name, ch.connector, c.state, c.snoozed_until,
    c.assignee_id, m.name, c.priority, c.kind, c.language, c.last_activity_at, c.item_count, c.held_count,
    c.is_unanswered, c.why, c.root_id, i.id, i.status, i.title, substr(i.text, 1, {characters}), i.url, i.language, p.id, p.name, p.handle, p.url,
    p.avatar_url, p.is_house, p.item_count, p.refused_count, a.title, a.url
FROM inbox_conversation c
JOIN channels_item i ON {shown}
JOIN channels_channel ch ON ch.id = c.channel_id
JOIN orgs_department d ON d.id = c.department_id
LEFT JOIN orgs_member m ON m.id = c.assignee_id
LEFT JOIN channels_profile p ON p.id = i.profile_id
LEFT JOIN channels_item a ON a.id = i.about_id
WHERE c.id {conversations}
"""
__all__ = ["PRESENT_FOR", "author_of", "cut_at_word", "rows_of"]


def rows_of(
    ids: Sequence[int], member: Member, *, now: datetime, shown: Mapping[int, int] | None = None
) -> list[ConversationRow]:
    """The rows of these conversations in this order. `shown` names other items to show than the newest.

    The caller has made sure that the member may see them.
    """
    if not ids:
        return []
    conversations, params = among(ids)
    place = "i.id = c.last_item_id"
    if shown:
        items, item_params = among(list(shown.values()))
        place, params = f"i.id {items} AND COALESCE(i.root_id, i.id) = c.root_id", [*item_params, *params]
    sql = _ROWS.format(shown=place, conversations=conversations, characters=SHOWN_CHARACTERS + 60)
    rows: dict[int, ConversationRow] = {}
    roots: dict[int, int] = {}
    for values in _select(sql, params):
        rows[values[0]], roots[values[0]] = _row(values), values[19]
    if rows:
        add_surroundings(rows, roots, member, now=now)
    return [rows[key] for key in ids if key in rows]


def _select(sql: str, params: Sequence[Any]) -> list[Sequence[Any]]:
    """These rows are read at every page, so their SQL is ready made."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def _row(values: Sequence[Any]) -> ConversationRow:
    (
        key, version, department_id, department, channel_id, channel, platform, state, snoozed_until, assignee_id,
        assignee, priority, kind, language, at, item_count, held_count, is_unanswered, why, root_id, item_id, status,
        title, text, url, item_language, *author, article_title, article_url,
    ) = values  # fmt: skip
    text, is_cut = cut_at_word(text)
    # In the sequence of the fields: naming each of them fifty times a page is felt.
    return ConversationRow(
        key, version, department_id, department, channel_id, channel, platform, state,
        snoozed_until and aware(snoozed_until), assignee_id, assignee or "", priority, kind, language, aware(at),
        item_count, held_count, bool(is_unanswered), _codes(why), item_id, status, title, text, is_cut, url,
        item_language, author_view(author), article_title or "", article_url or "", root_id,
    )  # fmt: skip


def _codes(why: Any) -> list[str]:
    if why == "[]":
        return []
    return msgspec.json.decode(why) if isinstance(why, str) else list(why)


def author_of(item: Mapping[str, Any]) -> AuthorView:
    """From values of an item joined with its profile."""
    if item["profile_id"] is None:
        return AuthorView(None, "")
    return AuthorView(
        id=item["profile_id"],
        name=item["profile__name"],
        handle=item["profile__handle"],
        url=item["profile__url"],
        avatar_url=item["profile__avatar_url"],
        is_house=item["profile__is_house"],
        item_count=item["profile__item_count"],
        refused_count=item["profile__refused_count"],
    )


def cut_at_word(text: str, limit: int = SHOWN_CHARACTERS) -> tuple[str, bool]:
    """The beginning of a text, never cut in a word unless one word fills it all."""
    if len(text) <= limit:
        return text, False
    beginning = text[: limit + 1]
    space = max(beginning.rfind(" "), beginning.rfind("\n"))
    return (beginning[:space] if space > limit // 2 else beginning[:limit]).rstrip(), True
