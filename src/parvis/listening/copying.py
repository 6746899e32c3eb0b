"""What an item says at this moment, copied: an edit or a deletion does not reach the copy."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from parvis.channels.models import Item
from parvis.core.types import Status
from parvis.orgs.models import Member

_LONGEST_NAME = 255
_GONE = (Status.DELETED, Status.TRASHED, Status.SPAM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """Plain text alone; `said_at` None: not known."""

    title: str = ""
    text: str = ""
    language: str = ""
    author: str = ""
    place: str = ""
    url: str = ""
    media: list[dict[str, Any]] = field(default_factory=list)
    said_at: datetime | None = None

    @property
    def hash(self) -> str:
        """SHA-256 over the sorted JSON of every field, times in UTC; anybody can work it out again."""
        said_at = self.said_at.astimezone(UTC).isoformat(timespec="microseconds") if self.said_at else None
        written = {**asdict(self), "said_at": said_at}
        return hashlib.sha256(json.dumps(written, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def item_for_copy(member: Member, key: int) -> Item | None:
    """With all that a copy needs; None where the member does not see it."""
    seen = Item.objects.visible_to(member).select_related("channel", "profile")
    found: Item | None = seen.filter(pk=key).first()
    return found


def copy_of(item: Item) -> Copy:
    profile = item.profile
    author = (profile.name or profile.handle) if profile is not None else ""
    return Copy(
        title=item.title,
        text=item.text,
        language=item.language,
        author=author[:_LONGEST_NAME],
        place=item.channel.name[:_LONGEST_NAME],
        url=item.url,
        media=item.media,
        said_at=item.published_at,
    )


def became_of(copied_text: str, copied_title: str, item: Item | None) -> str:
    """What happened to the original since: "", "edited", "gone"."""
    if item is None or item.status in _GONE:
        return "gone"
    return "edited" if (item.text, item.title) != (copied_text, copied_title) else ""
