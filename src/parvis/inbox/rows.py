"""The shapes in which the inbox is read: light, filled from values(), ready for a screen."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from parvis.core.query import Query
from parvis.core.query.printer import Chip
from parvis.core.wording import Text

MOST_CHIPS = 40
"""Of a long filter, that are shown."""


@dataclass(slots=True)
class LabelView:
    id: int
    name: str
    colour: str


@dataclass(slots=True)
class PersonView:
    id: int
    name: str
    is_typing: bool = False


@dataclass(slots=True)
class AuthorView:
    """Who wrote, with their history here. None stands for what is not known."""

    id: int | None
    name: str
    handle: str = ""
    url: str = ""
    avatar_url: str = ""
    is_house: bool = False
    item_count: int | None = None
    refused_count: int | None = None


@dataclass(slots=True)
class ArticleView:
    """What the conversation is about."""

    id: int
    title: str
    url: str
    text: str = ""


@dataclass(slots=True)
class ConversationRow:
    """One row of the list."""

    id: int
    version: int
    department_id: int
    department: str
    channel_id: int
    channel: str
    platform: str
    """slug of the connector."""
    state: str
    snoozed_until: datetime | None
    assignee_id: int | None
    assignee: str
    """"" for nobody."""
    priority: int
    kind: str
    language: str
    at: datetime
    """Last activity."""
    item_count: int
    held_count: int
    is_unanswered: bool
    why: list[str]
    item_id: int
    """The one that is shown: the newest that is still there."""
    item_status: str
    title: str
    text: str
    """At most 600 characters, cut at a word."""
    is_cut: bool
    url: str
    item_language: str
    author: AuthorView
    article_title: str
    article_url: str
    root_id: int = 0
    labels: list[LabelView] = field(default_factory=list)
    pending_count: int = 0
    """Orders that have yet to reach the platform."""
    stuck_count: int = 0
    """Orders that need a person."""
    note_count: int = 0
    present: list[PersonView] = field(default_factory=list)
    """Colleagues who have it open now."""


@dataclass(slots=True)
class Page:
    """A part of a list. `next` and `previous` are opaque cursors, None where there is no more."""

    rows: list[ConversationRow]
    next: str | None
    previous: str | None
    query: Query
    chips: list[Chip]
    is_search: bool = False
    """Ordered by the newest item found instead of by last activity."""
    is_partial: bool = False
    """The search looked at as much as it may in one go; `next` goes on."""
    looked_count: int = 0
    """What a partial page has looked through."""
    slow_reason: Text | None = None
    """Why it takes long, where it does."""


@dataclass(slots=True)
class EffectView:
    """One order, as the person who gave it sees it."""

    id: int
    item_id: int
    can: str
    text: str
    state: str
    member: str
    created_at: datetime
    next_try_at: datetime | None
    try_count: int
    batch: str
    error: dict[str, Any] | None
    """{"code", "en", "fr"}"""
    finished_at: datetime | None = None
    result_url: str = ""


@dataclass(slots=True)
class DecisionView:
    id: int
    verdict: str
    member: str
    """"" where the program decided."""
    reason_en: str
    reason_fr: str
    note: str
    decided_at: datetime


@dataclass(slots=True)
class ItemView:
    """One item in its thread. `body` is raw: sanitise it on the way out."""

    id: int
    parent_id: int | None
    kind: str
    status: str
    remote_status: str
    title: str
    text: str
    body: str
    body_is_html: bool
    url: str
    language: str
    media: list[dict[str, Any]]
    facts: dict[str, Any]
    at: datetime
    """When it was written, else when it came."""
    edited_at: datetime | None
    author: AuthorView
    depth: int = 0
    version_count: int = 0
    decision: DecisionView | None = None
    effects: list[EffectView] = field(default_factory=list)
    """Orders about it that are still open, decisions and replies alike; and replies whose item has yet to come back."""

    @property
    def is_pending(self) -> bool:
        """What we show is not yet what the platform shows."""
        return self.status != self.remote_status


@dataclass(slots=True)
class NoteView:
    id: int
    member_id: int
    member: str
    text: str
    created_at: datetime


@dataclass(slots=True)
class VersionView:
    """What an item said until its author changed it. `body` is raw: sanitise it on the way out."""

    id: int
    until: datetime
    title: str
    body: str
    body_is_html: bool
    item_url: str


@dataclass(slots=True)
class HistoryView:
    """One entry of the trail."""

    id: int
    at: datetime
    member: str
    """"" for the program itself."""
    action: str
    facts: dict[str, Any]
    batch: str


@dataclass(slots=True)
class PresenceView:
    member_id: int
    member: str
    is_typing: bool


@dataclass(slots=True)
class ConversationDetail:
    """One conversation, whole; of a long thread the newest items, `older` leads to the ones before."""

    row: ConversationRow
    root_id: int
    items: list[ItemView]
    older: str | None
    newer: str | None
    notes: list[NoteView]
    drafts: dict[str, str]
    """The reader's own, by kind: reply, note."""
    present: list[PresenceView]
    """Colleagues, not the reader."""
    article: ArticleView | None
    can: frozenset[str]
    """What the channel's account may do there (Can)."""
    may: frozenset[str]
    """What the reader may do here (Action)."""


@dataclass(slots=True)
class ViewRow:
    """A saved view as a tab."""

    id: int
    name: str
    query: str
    is_shared: bool
    is_own: bool
    department_id: int | None
    position: int
    count: str = ""
    """"" until counted; "999+" where there are more."""


@dataclass(slots=True)
class Neighbours:
    """The conversations before and after one in a list; None at the ends."""

    previous_id: int | None
    next_id: int | None
