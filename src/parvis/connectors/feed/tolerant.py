"""The thorough reader: every old, odd or broken feed through feedparser, with bounds that it lacks.

feedparser opens a file where it is given a name, so it is given a stream. Sanitising is off: that is
done once, on the way out. What it may cost is bounded in bounds.py.
"""

import io
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import feedparser

from parvis.connectors.feed.authors import author_from_line, author_from_parts
from parvis.connectors.feed.bounds import bounded, is_wide_bomb
from parvis.connectors.feed.dates import from_struct
from parvis.connectors.feed.entries import (
    Entry,
    Feed,
    each_once,
    item_of,
    kind_of,
    language_of,
    link_of,
    media_of,
    title_of,
)
from parvis.core.types import ItemRecord, MediaRecord, Problem, ProfileRecord

_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_END = re.compile(rb"</(?:\w+:)?(?:rss|feed|rdf|channel)\s*>\s*(?:<!--.*?-->\s*)*\Z", re.IGNORECASE | re.DOTALL)
_ENTRY_ENDS = re.compile(rb"</(?:\w+:)?(?:item|entry)\s*>", re.IGNORECASE)
# What feedparser, its copy of sgmllib and the decoders raise on hostile bytes.
_GIVES_UP = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, AssertionError)

Get = Callable[[str], Any]


def read_tolerant(body: bytes, url: str, content_type: str) -> Feed | None:
    """None where this is no feed at all."""
    if is_wide_bomb(body):
        return Feed(problems=[Problem(where="feed", detail="it declares entities in an odd encoding")])
    body, left_out = bounded(body)
    problems = [Problem(where="feed", detail=left_out)] if left_out else []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            read = feedparser.parse(
                io.BytesIO(body),
                response_headers={"content-type": _content_type(body, content_type)},
                sanitize_html=False,
                resolve_relative_uris=False,
            )
    except _GIVES_UP as error:
        return Feed(problems=[Problem(where="feed", detail=f"not readable: {type(error).__name__}")])
    if not read.get("version") and not read.entries:
        return None
    if not problems:
        problems += _troubles(read, body)
    return _feed(read, body, url, problems)


def _feed(read: Any, body: bytes, url: str, problems: list[Problem]) -> Feed:
    told = read.feed
    is_atom = str(read.get("version", "")).startswith("atom")
    title = _title(told, is_atom=is_atom)
    language = language_of(dict.get(told, "language"))
    entries: list[Entry] = []
    for number, entry in enumerate(_whole_entries(read, body), 1):
        try:
            entries.append(_entry(entry, url, is_atom=is_atom))
        except _GIVES_UP as error:
            problems.append(Problem(where=f"entry {number}", detail=f"not readable: {type(error).__name__}"))
    feed_author = _author(lambda key: dict.get(told, key), url, is_atom=True) if is_atom else None
    kind = kind_of(title, url, all_answer=bool(entries) and all(entry.answers for entry in entries))
    items: list[ItemRecord] = []
    for entry in entries:
        entry.author = entry.author or feed_author
        entry.language = entry.language or language
        items.append(item_of(entry, kind))
    return Feed(title=title, language=language, items=items, problems=problems)


def _entry(told: Any, url: str, *, is_atom: bool) -> Entry:
    def get(key: str) -> Any:
        return dict.get(told, key)

    link = link_of(get("link") or "", url)
    body, body_type, base_url, language = _body(get)
    title_detail = get("title_detail") or {}
    answer = get("thr_in-reply-to")
    return Entry(
        told_id=(get("id") or "").strip(),
        url=link,
        title=_title(told, is_atom=is_atom),
        body=body,
        is_html=body_type in _HTML_TYPES,
        author=_author(get, url, is_atom=is_atom),
        published_at=from_struct(get("published_parsed")) or from_struct(get("created_parsed")),
        updated_at=from_struct(get("updated_parsed")),
        language=language_of(language or title_detail.get("language") or get("language")),
        media=each_once(_all_media(get, url)),
        answers=answer.get("ref", "") if isinstance(answer, Mapping) else "",
        base_url=_base_url(base_url, url, link),
    )


def _title(told: Any, *, is_atom: bool) -> str:
    detail = dict.get(told, "title_detail") or {}
    return title_of(dict.get(told, "title") or "", is_html=detail.get("type") in _HTML_TYPES if is_atom else None)


def _body(get: Get) -> tuple[str, str, str, str]:
    """The text of an entry with its type, its base and its language: the content, else the summary."""
    contents = [content for content in get("content") or () if content.get("value")]
    readable = [content for content in contents if str(content.get("type", "")) in _HTML_TYPES | {"text/plain"}]
    chosen: Any = next((content for content in readable if content["type"] in _HTML_TYPES), None)
    chosen = chosen or next(iter(readable), None)
    if chosen is None:
        chosen = dict(get("summary_detail") or {"type": "text/html"})
        chosen["value"] = get("summary") or (contents[0]["value"] if contents else "")
    return chosen["value"], chosen.get("type") or "", chosen.get("base") or "", chosen.get("language") or ""


def _base_url(told: str, url: str, link: str) -> str:
    """Where the source names a base of its own, or where there is no link to start from."""
    if told:
        base = link_of(told, url)
        return "" if base == link else base
    return "" if link else link_of(url, "")


def _author(get: Get, url: str, *, is_atom: bool) -> ProfileRecord | None:
    people = [person for person in (*(get("authors") or ()), get("author_detail") or {}) if person]
    if not is_atom and not any(person.get("href") for person in people):
        line = next((person.get("name", "") for person in people[:1] if len(people) > 1), "")
        return author_from_line(_line(get, line))
    for person in people:
        page = person.get("href") or ""
        found = author_from_parts(
            name=person.get("name") or "", email=person.get("email") or "", url=link_of(page, url) if page else ""
        )
        if found is not None:
            return found
    return author_from_line(get("author") or "")


def _line(get: Get, first: str) -> str:
    """The line as it was told; feedparser keeps the last of several in `author` and all of them in `authors`."""
    return str(get("author") or first or "")


def _all_media(get: Get, url: str) -> Iterator[MediaRecord | None]:
    for link in get("links") or ():
        if link.get("rel") == "enclosure":
            yield media_of(link.get("href"), url, kind=link.get("type"), size=link.get("length"))
    for content in get("media_content") or ():
        yield media_of(content.get("url"), url, kind=content.get("type"))
    if not get("media_content"):
        for thumbnail in get("media_thumbnail") or ():
            yield media_of(thumbnail.get("url"), url)
    for content in get("content") or ():
        if content.get("src"):
            yield media_of(content["src"], url, kind=content.get("type"))


def _whole_entries(read: Any, body: bytes) -> list[Any]:
    """Without the last one where the document breaks off inside it: its end, its id even, may be missing."""
    entries = list(read.entries)
    if _END.search(body[-4096:]) is None and len(_ENTRY_ENDS.findall(body)) < len(entries):
        return entries[:-1]
    return entries


def _troubles(read: Any, body: bytes) -> Iterator[Problem]:
    if _END.search(body[-4096:]) is None and read.get("version") != "cdf":
        yield Problem(where="feed", detail="it breaks off before its end")
    elif read.bozo and not isinstance(read.get("bozo_exception"), feedparser.CharacterEncodingOverride):
        yield Problem(where="feed", detail=f"not well-formed: {read.get('bozo_exception')}"[:300])


def _content_type(body: bytes, told: str) -> str:
    """With the charset that the server told, unless the bytes are plainly UTF-8 or it is none."""
    charset = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", told, re.IGNORECASE)
    if charset is None:
        return "application/xml"
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return f"application/xml; charset={charset[1]}"
    return "application/xml"
