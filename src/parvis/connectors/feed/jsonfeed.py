"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/), whole or broken off."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from parvis.connectors.feed.authors import author_from_parts
from parvis.connectors.feed.dates import from_iso
from parvis.connectors.feed.entries import Entry, Feed, item_of, kind_of, language_of, link_of, media_of, title_of
from parvis.core.types import MediaRecord, Problem, ProfileRecord

_VERSION = "jsonfeed.org/version/"
_ITEMS = re.compile(r'"items"\s*:\s*\[')
_BETWEEN = re.compile(r"[\s,]*")


def read_json(body: bytes, url: str) -> Feed | None:
    """None where this is no JSON Feed."""
    problems: list[Problem] = []
    try:
        told = msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf").replace(b"\0", b""))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        told = _what_is_left(body.decode("utf-8", "replace"))
        problems.append(Problem(where="feed", detail="it is not whole JSON; the items before the break were read"))
    if not isinstance(told, dict) or not _is_feed(told):
        return None
    return _feed(told, url, problems)


def _is_feed(told: Mapping[str, Any]) -> bool:
    return _VERSION in str(told.get("version", "")) and isinstance(told.get("items", []), list)


def _feed(told: Mapping[str, Any], url: str, problems: list[Problem]) -> Feed:
    title = title_of(_text(told, "title"), is_html=False)
    language = language_of(told.get("language"))
    feed_author = _author(told, url)
    kind = kind_of(title, url)
    feed = Feed(title=title, language=language, problems=problems)
    for number, item in enumerate(told.get("items", []), 1):
        if not isinstance(item, dict):
            feed.problems.append(Problem(where=f"entry {number}", detail="not an object"))
            continue
        entry = _entry(item, url)
        entry.author = entry.author or feed_author
        entry.language = entry.language or language
        feed.items.append(item_of(entry, kind))
    return feed


def _entry(item: Mapping[str, Any], url: str) -> Entry:
    markup = _text(item, "content_html")
    return Entry(
        told_id=_text(item, "id"),
        url=link_of(_text(item, "url") or _text(item, "external_url"), url),
        title=title_of(_text(item, "title"), is_html=False),
        body=markup or _text(item, "content_text") or _text(item, "summary"),
        is_html=bool(markup),
        author=_author(item, url),
        published_at=from_iso(item.get("date_published")),
        updated_at=from_iso(item.get("date_modified")),
        language=language_of(item.get("language")),
        media=tuple(_media(item, url)),
    )


def _author(told: Mapping[str, Any], url: str) -> ProfileRecord | None:
    authors = told.get("authors")
    listed = authors if isinstance(authors, list) else []
    for person in (*listed, told.get("author")):
        if isinstance(person, dict):
            page, avatar = _text(person, "url"), _text(person, "avatar")
            found = author_from_parts(
                name=_text(person, "name"),
                email=page[7:] if page.startswith("mailto:") else "",
                url=link_of(page, url) if page and not page.startswith("mailto:") else "",
                avatar_url=link_of(avatar, url) if avatar else "",
            )
            if found is not None:
                return found
    return None


def _media(item: Mapping[str, Any], url: str) -> Iterator[MediaRecord]:
    for name in ("image", "banner_image"):
        image = media_of(item.get(name), url)
        if image is not None:
            yield image
    attachments = item.get("attachments")
    for told in attachments if isinstance(attachments, list) else []:
        if isinstance(told, dict):
            found = media_of(told.get("url"), url, kind=told.get("mime_type"), size=told.get("size_in_bytes"))
            if found is not None:
                yield found


def _text(told: Mapping[str, Any], name: str) -> str:
    """A string; a number is taken too, as many feeds number their items."""
    value = told.get(name)
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _what_is_left(text: str) -> dict[str, Any] | None:
    """The head and the whole items of a document that breaks off."""
    start = _ITEMS.search(text)
    if start is None or _VERSION not in text[:4096]:
        return None
    head = {name: _told_in(text[: start.start()], name) for name in ("title", "language")}
    decoder = json.JSONDecoder()
    items: list[Any] = []
    place = start.end()
    while True:
        place = _BETWEEN.match(text, place).end()  # type: ignore[union-attr]
        try:
            item, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            break
        items.append(item)
    return {"version": f"https://{_VERSION}1.1", "items": items, **head}


def _told_in(head: str, name: str) -> str:
    found = re.search(rf'"{name}"\s*:\s*("(?:[^"\\]|\\.)*")', head)
    try:
        return str(json.loads(found[1])) if found else ""
    except ValueError:
        return ""
