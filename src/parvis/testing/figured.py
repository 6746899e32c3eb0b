"""Items that a query has met with tone and reach, hour by hour: what the figures of reputation are made of."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from parvis.channels.models import Channel, Item
from parvis.core.query.document import Document
from parvis.listening.documents import heard
from parvis.listening.meeting import keep_matches
from parvis.listening.models import SavedQuery
from parvis.testing.heard import put_items


@dataclass(frozen=True, slots=True)
class Said:
    """One item."""

    at: datetime
    text: str = "said"
    author: str = ""
    tone: float | None = None
    reach: int | None = None


def put_said(query: SavedQuery, channel: Channel, said: Iterable[Said], *, now: datetime) -> list[Item]:
    """Stored, and met by the query as if it were heard with what the classifiers made of it."""
    said = list(said)
    documents = [Document(one.text, author=one.author, reach=one.reach, published_at=one.at) for one in said]
    items = put_items(channel, documents, at=now)
    tones = {item.pk: one.tone for item, one in zip(items, said, strict=True)}
    rows = [
        replace(one, document=replace(one.document, sentiment=tones[one.item_id]))
        for one in heard(Item.objects.filter(id__in=list(tones)).order_by("id"))
    ]
    keep_matches({key: [query.pk] for key in tones}, {one.item_id: one for one in rows}, now=now, of_query=query.pk)
    return items
