"""What a site's channel remembers between readings: bounded, and JSON."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from parvis.connectors.website.robots import Robots

MOST_KNOWN = 3000
MOST_HEADS = 60
MOST_QUEUED = 300
MOST_WATCHED = 60


class Queued(msgspec.Struct, omit_defaults=True):
    """A page to be fetched."""

    url: str
    title: str = ""
    published: str = ""
    language: str = ""
    tries: int = 0


class Watched(msgspec.Struct, omit_defaults=True):
    """A page that was fetched, and when it is looked at again for changes."""

    url: str
    digest: str
    next_at: datetime
    step: int = 0
    head: dict[str, str] = {}


class State(msgspec.Struct, omit_defaults=True):
    looked_at: datetime | None = None
    """When robots.txt was read and the sitemaps were looked for."""
    rules: list[tuple[bool, str]] = []
    delay_s: float | None = None
    sitemaps: list[str] = []
    heads: dict[str, dict[str, str]] = {}
    since: datetime | None = None
    """The latest change that a sitemap has named."""
    known: dict[str, str] = {}
    """Page → the change of it that was fetched; both as short digests, the longest unseen first."""
    queue: list[Queued] = []
    watched: list[Watched] = []

    @property
    def robots(self) -> Robots:
        return Robots(rules=tuple(self.rules), delay_s=self.delay_s, sitemaps=tuple(self.sitemaps))

    def knows(self, url: str, change: str) -> bool:
        """Refreshes what it knows, so that what is still listed is forgotten last."""
        key = short(url)
        kept = self.known.pop(key, None)
        if kept is not None:
            self.known[key] = kept
        return kept is not None and (not change or kept == short(change, 6))

    def note(self, url: str, change: str) -> None:
        self.known.pop(short(url), None)
        self.known[short(url)] = short(change, 6) if change else ""

    def as_cursor(self) -> dict[str, Any]:
        self.known = dict(list(self.known.items())[-MOST_KNOWN:])
        self.heads = dict(list(self.heads.items())[-MOST_HEADS:])
        self.queue = self.queue[-MOST_QUEUED:]
        self.watched = self.watched[-MOST_WATCHED:]
        cursor: dict[str, Any] = msgspec.to_builtins(self)
        return cursor


def state_of(cursor: Mapping[str, Any]) -> State:
    """An empty one where the cursor was written by a version that said it otherwise."""
    try:
        return msgspec.convert(dict(cursor), State)
    except msgspec.ValidationError:
        return State()


def short(text: str, length: int = 10) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()[:length]
