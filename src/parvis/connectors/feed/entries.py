"""One entry of a feed as an item, whichever reader read it: the same entry always gets the same remote id."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from parvis.core.text.plain import plain_text, squeezed
from parvis.core.types import ItemRecord, Kind, MediaRecord, Problem, ProfileRecord

_LINK_SCHEMES = frozenset({"http", "https", "ftp", "ftps", "gopher", "gemini", "mailto", "news", "nntp", "magnet"})
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*\Z")
_COMMENTS_TITLE = re.compile(
    r"(?:comments (?:on|for)\b|commentaires (?:sur|pour)\b|kommentare (?:zu|für)\b|comentarios en\b|commenti (?:a|per|su)\b)",
    re.IGNORECASE,
)
_COMMENTS_PATH = re.compile(
    r"/comments/(?:feed|rss|atom)\b|/feed/comments\b|/comments\.(?:rss|atom|xml)\b|/comments/default\b"
)
_MARKUP = re.compile(r"</[a-zA-Z][\w:-]*\s*>|<(?:br|img|hr|wbr)\b[^<>]*>|&#?\w{1,32};")


@dataclass(slots=True, kw_only=True)
class Feed:
    """What one payload held."""

    title: str = ""
    language: str = ""
    items: list[ItemRecord] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Entry:
    """One entry, read but not yet judged."""

    told_id: str = ""
    url: str = ""
    title: str = ""
    """Plain text."""
    body: str = ""
    is_html: bool = True
    author: ProfileRecord | None = None
    published_at: datetime | None = None
    updated_at: datetime | None = None
    language: str = ""
    media: tuple[MediaRecord, ...] = ()
    answers: str = ""
    """The id of the entry that this one answers."""
    base_url: str = ""
    """Where relative links in the body start from, if not at `url`."""


def item_of(entry: Entry, kind: Kind) -> ItemRecord:
    """An entry without a date of its own publication takes the one of its change."""
    return ItemRecord(
        remote_id=entry.told_id or entry.url or _key_of(entry),
        kind=kind,
        body=entry.body,
        body_is_html=entry.is_html and entry.body != "",
        title=entry.title,
        author=entry.author,
        url=entry.url,
        parent_id=entry.answers,
        published_at=entry.published_at or entry.updated_at,
        updated_at=entry.updated_at,
        language=entry.language,
        media=entry.media,
        facts={"base_url": entry.base_url} if entry.base_url else {},
    )


def _key_of(entry: Entry) -> str:
    moment = entry.published_at or entry.updated_at
    parts = (entry.title, moment.isoformat() if moment else "", entry.body)
    return "sha256:" + hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:40]


def kind_of(title: str, url: str, *, all_answer: bool = False) -> Kind:
    """COMMENT where the whole feed is clearly one of comments."""
    if all_answer or _COMMENTS_TITLE.match(title) or _COMMENTS_PATH.search(urlsplit(url).path):
        return Kind.COMMENT
    return Kind.ARTICLE


def title_of(told: str, *, is_html: bool | None) -> str:
    """A title as plain text. `is_html` is None where the format leaves it open, as RSS does."""
    if "<" not in told and "&" not in told:
        if told.isprintable() and "  " not in told:
            return told.strip()
        return " ".join(squeezed(told).split())
    if is_html is None:
        is_html = _MARKUP.search(told) is not None
    return " ".join((plain_text(told) if is_html else squeezed(told)).split())


def link_of(told: str, base_url: str) -> str:
    """An absolute link that may be followed, or ""."""
    told = told.strip()
    if told.startswith(("https://", "http://")):
        return told
    try:
        absolute = urljoin(base_url, told)
        return absolute if told and urlsplit(absolute).scheme.lower() in _LINK_SCHEMES else ""
    except ValueError:
        return ""


def language_of(told: Any) -> str:
    """A BCP 47 tag, or "" where it is none."""
    tag = told.strip().replace("_", "-") if isinstance(told, str) else ""
    return tag if _LANGUAGE.match(tag) else ""


def media_of(url: Any, base_url: str, *, kind: Any = "", size: Any = None) -> MediaRecord | None:
    """None where there is no address to open."""
    address = link_of(url, base_url) if isinstance(url, str) else ""
    if not address.lower().startswith(("http://", "https://")):
        return None
    return MediaRecord(url=address, kind=kind.strip() if isinstance(kind, str) else "", size_bytes=_size(size))


def each_once(found: Iterable[MediaRecord | None]) -> tuple[MediaRecord, ...]:
    """Without what could not be opened and without doubles, in order."""
    kept: dict[str, MediaRecord] = {}
    for media in found:
        if media is not None:
            kept.setdefault(media.url, media)
    return tuple(kept.values())


def _size(told: Any) -> int | None:
    text = str(told).strip() if told is not None else ""
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 16 and int(text) > 0 else None


def without_doubles(items: list[ItemRecord]) -> tuple[list[ItemRecord], list[Problem]]:
    """Each remote id once, the first; a different item under the same id is told as a problem."""
    if len({item.remote_id for item in items}) == len(items):
        return items, []
    kept: dict[str, ItemRecord] = {}
    problems = []
    for number, item in enumerate(items, 1):
        first = kept.setdefault(item.remote_id, item)
        if first is not item and first != item:
            problems.append(
                Problem(where=f"entry {number}", detail=f"has the id of an earlier one: {item.remote_id[:200]}")
            )
    return list(kept.values()), problems
