"""Documents put into the database as items, found by full text like anything that arrives."""

from collections.abc import Iterable
from datetime import datetime
from itertools import count

from parvis.channels.models import Channel, Item, Profile
from parvis.channels.search import SearchRow, add_rows, search_words
from parvis.core.query.document import Document
from parvis.core.types import Kind, Status
from parvis.jobs.rows import reserve_ids

_numbers = count(1)


def put_items(channel: Channel, documents: Iterable[Document], *, at: datetime, is_heard: bool = True) -> list[Item]:
    """One item a document, in order; what an item cannot hold of it is left out."""
    documents = list(documents)
    profiles = _profiles(channel, documents, at=at)
    items = []
    for key, document in zip(reserve_ids(Item, len(documents)), documents, strict=True):
        number = next(_numbers)
        items.append(
            Item(
                id=key, channel=channel, department_id=channel.department_id, remote_id=f"heard:{number}",
                kind=document.kind if document.kind in set(Kind) else Kind.COMMENT, title=document.title,
                text=document.text, url=document.url, language=document.lang[:20], status=Status.PUBLISHED,
                remote_status=Status.PUBLISHED, published_at=document.published_at, received_at=at, seen_at=at,
                fingerprint=f"{number:032x}", is_routed=True, is_heard=is_heard,
                profile=profiles.get((document.author, document.handle)),
                parent_remote_id="somewhere" if document.is_reply else "",
                media=[{"url": "https://example.org/a.jpg"}] if document.has_media else [],
                facts={name: getattr(document, name) for name in ("followers", "reach")},
            )
        )  # fmt: skip
    Item.objects.bulk_create(items)
    add_rows(
        [
            SearchRow(item.id, item.department_id, search_words(item.title, item.text, document.author))
            for item, document in zip(items, documents, strict=True)
        ]
    )
    return items


def _profiles(channel: Channel, documents: list[Document], *, at: datetime) -> dict[tuple[str, str], Profile]:
    names = {(one.author, one.handle) for one in documents if one.author or one.handle}
    return {
        (name, handle): Profile.objects.create(
            channel=channel, remote_id=f"heard:{next(_numbers)}", name=name, handle=handle, first_seen_at=at
        )
        for name, handle in sorted(names)
    }
