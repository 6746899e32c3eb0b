"""What is kept of a stream that carries everything: what a saved query asks for, known before anything is stored."""

import time
from datetime import UTC, datetime

from parvis.channels.models import Channel
from parvis.channels.records import content_of
from parvis.core.query.document import Document
from parvis.core.types import ItemRecord
from parvis.listening.documents import Heard, heard_text
from parvis.listening.ears import Ears

_LOOK_EVERY_S = 1.0
"""A query that was just saved takes effect within so long."""


class Sieve:
    """For `channels.sieve.set_sieve`: one process's own ears, as streams are read beside everything else."""

    def __init__(self) -> None:
        self._ears: Ears | None = None
        self._looked_s = 0.0

    def __call__(self, channel: Channel, record: ItemRecord) -> bool:
        now = datetime.now(UTC)
        return next(self._listening().hear(_heard(channel, record, now=now), now=now), None) is not None

    def _listening(self) -> Ears:
        if self._ears is None or time.monotonic() - self._looked_s > _LOOK_EVERY_S:
            self._ears = self._ears or Ears()
            self._ears.look()
            self._looked_s = time.monotonic()
        return self._ears


def _heard(channel: Channel, record: ItemRecord, *, now: datetime) -> Heard:
    """As the item would be heard once it is stored."""
    content = content_of(record)
    author = record.author
    document = Document(
        heard_text(content.title, content.text),
        title=content.title,
        author=author.name if author else "",
        handle=author.handle if author else "",
        url=record.url,
        lang=record.language,
        channel=(channel.name, str(channel.pk)),
        department=(channel.department.name, str(channel.department_id)),
        kind=record.kind.value,
        platform=channel.connector,
        published_at=record.published_at or now,
        is_reply=bool(record.parent_id),
        has_media=bool(record.media),
    )
    return Heard(0, channel.department_id, "", record.published_at or now, document)
