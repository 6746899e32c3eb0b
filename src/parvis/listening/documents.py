"""Items as the query language sees them: the same document whether one arrives or is looked up years later."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from parvis.channels.models import Item
from parvis.channels.search import indexed_text
from parvis.core.query.document import Document

_FIELDS = (
    "id", "department_id", "fingerprint", "title", "text", "url", "language", "kind", "published_at", "received_at",
    "parent_id", "parent_remote_id", "media", "facts", "channel_id", "channel__name", "channel__connector",
    "department__name", "profile_id", "profile__name", "profile__handle", "telling__story_id",
)  # fmt: skip


ITEMS_A_QUERY = 2_500


def items_among(item_ids: Sequence[int]) -> QuerySet[Item]:
    """These items; SQLite gets their ids as one text, since many parameters take it, and Django, longer than the query."""
    if connection.vendor != "sqlite":
        return Item.objects.filter(id__in=item_ids)
    return Item.objects.extra(
        where=["channels_item.id IN (SELECT value FROM json_each(%s))"], params=[json.dumps(list(item_ids))]
    )


@dataclass(frozen=True, slots=True)
class Heard:
    """An item with what its matches need to know."""

    item_id: int
    department_id: int
    fingerprint: str
    """Of the item as it was read: whoever writes down what was found asks whether it is still so."""
    at: datetime
    document: Document
    profile_id: int | None = None


def heard(items: Iterable[Item]) -> list[Heard]:
    """`items`: a queryset of them, in its order."""
    rows: Any = items
    return [_heard(values) for values in rows.values_list(*_FIELDS)]


def _heard(values: Sequence[Any]) -> Heard:
    (
        key, department_id, fingerprint, title, text, url, language, kind, published_at, received_at, parent_id,
        parent_remote_id, media, facts, channel_id, channel, connector, department, profile_id, author, handle,
        story,
    ) = values  # fmt: skip
    document = Document(
        heard_text(title, text),
        title=title,
        author=author or "",
        handle=handle or "",
        url=url,
        lang=language,
        channel=(channel, str(channel_id)),
        department=(department, str(department_id)),
        kind=kind,
        platform=connector,
        story=(str(story),) if story else (),
        followers=number_in(facts, "followers"),
        reach=number_in(facts, "reach"),
        published_at=published_at or received_at,
        is_reply=bool(parent_id or parent_remote_id),
        has_media=bool(media),
    )
    return Heard(key, department_id, fingerprint, published_at or received_at, document, profile_id)


heard_text = indexed_text


def number_in(facts: dict[str, Any], name: str) -> float | None:
    """None where there is none."""
    value = facts.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
