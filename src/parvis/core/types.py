"""The plain records that connectors give and the desk stores."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from parvis.core.wording import Text


class Kind(StrEnum):
    """What an item is."""

    ARTICLE = "article"
    PAGE = "page"
    COMMENT = "comment"
    MENTION = "mention"
    MESSAGE = "message"
    REVIEW = "review"


class Status(StrEnum):
    """How the platform treats an item."""

    PUBLISHED = "published"
    HELD = "held"
    SPAM = "spam"
    TRASHED = "trashed"
    DELETED = "deleted"


class Payload(Struct, frozen=True, kw_only=True):
    """What a platform sent, as it sent it."""

    endpoint: str
    """The connector's own name for where it came from: "comments", "posts"."""
    url: str
    body: bytes
    content_type: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    """What the parser needs besides the body, such as the account's own id."""


class ProfileRecord(Struct, frozen=True, kw_only=True):
    """Somebody who writes. `remote_id` is theirs on the platform, else a key made of what is known."""

    remote_id: str
    name: str = ""
    handle: str = ""
    url: str = ""
    avatar_url: str = ""
    is_house: bool = False
    """True where the account belongs to the house itself."""


class MediaRecord(Struct, frozen=True, kw_only=True):
    url: str
    kind: str = ""
    """MIME type, "" where the platform does not tell."""
    alt: str = ""
    size_bytes: int | None = None


class ItemRecord(Struct, frozen=True, kw_only=True):
    """One thing that somebody wrote. Times are aware, in UTC; None means that the platform did not tell."""

    remote_id: str
    """Unique in its channel, with its kind where the platform counts kinds apart: "comment:12"."""
    kind: Kind
    body: str = ""
    """As it came: HTML where `body_is_html`, never sanitised here (that is done once, on the way out)."""
    body_is_html: bool = False
    title: str = ""
    """Plain text."""
    author: ProfileRecord | None = None
    url: str = ""
    parent_id: str = ""
    """remote_id of the item that this one answers, "" where it answers none."""
    about_id: str = ""
    """remote_id of the article or page that this one comments on."""
    published_at: datetime | None = None
    updated_at: datetime | None = None
    language: str = ""
    """BCP 47 tag as the source tells it."""
    status: Status = Status.PUBLISHED
    media: tuple[MediaRecord, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    """Small platform facts worth keeping (JSON)."""


class Problem(Struct, frozen=True, kw_only=True):
    """One record in a payload that could not be parsed."""

    where: str
    detail: str


class Parsed(Struct, frozen=True, kw_only=True):
    """What a payload held; one bad record never hides the good ones beside it."""

    items: tuple[ItemRecord, ...] = ()
    problems: tuple[Problem, ...] = ()


class Answer(Struct, frozen=True, kw_only=True):
    """An HTTP answer, whole and bounded. Header names are lower case."""

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """The media type without parameters, lower case."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()


class Recognition(Struct, frozen=True, kw_only=True):
    """What a connector sees in an address that somebody pasted."""

    slug: str
    address: str
    """What the channel would be opened with."""
    name: str
    offers: Text
    """What Parvis can do there, in one sentence."""
    certainty: float = 1.0
    """0 to 1; the surest is offered first."""
    facts: dict[str, str] = field(default_factory=dict)
