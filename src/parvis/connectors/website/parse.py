"""From a page to the article on it: text by trafilatura, the rest by what the page says about itself."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from parvis.connectors.website.links import tidy
from parvis.connectors.website.metadata import Told, metadata_of
from parvis.connectors.website.sitemaps import moment_of
from parvis.core.errors import AnswerNotUnderstood
from parvis.core.types import Answer, ItemRecord, Kind, MediaRecord, Parsed, Payload, ProfileRecord
from parvis.core.wording import Text
from parvis.net.page import decode_text, host_of

MOST_BYTES = 2_000_000
LEAST_TEXT = 200
"""Shorter, it is a section, a login or a notice about cookies."""
_NO_PAGE = Text("this is no HTML page", "ce n’est pas une page HTML")


def parse(payload: Payload) -> Parsed:
    """One item, or none where the page holds no article. Raises AnswerNotUnderstood where it is no page."""
    answer = Answer(
        status=200, url=payload.url, headers={"content-type": payload.content_type}, body=payload.body[:MOST_BYTES]
    )
    html = decode_text(answer)
    if "<" not in html[:4096] or not _is_page(html):
        raise AnswerNotUnderstood(host=host_of(answer), detail=_NO_PAGE)
    document = _article(html, payload.url)
    text = (document.text or "").strip() if document else ""
    if len(text) < LEAST_TEXT:
        return Parsed()
    return Parsed(items=(_item(text, metadata_of(html, payload.url), document, payload),))


def _is_page(html: str) -> bool:
    start = html[:100_000].lower()
    return any(sign in start for sign in ("<html", "<!doctype html", "<body", "<head", "<p", "<article"))


def _article(html: str, url: str) -> Any:
    import trafilatura  # a quarter of a second, and only where a site is read

    return trafilatura.bare_extraction(html, url=url, include_comments=False)


def _item(text: str, told: Told, document: Any, payload: Payload) -> ItemRecord:
    url = told.url or tidy(payload.url) or payload.url
    facts = payload.facts
    return ItemRecord(
        remote_id=url if len(url) < 450 else "sha256:" + hashlib.sha256(url.encode()).hexdigest()[:40],
        kind=Kind.ARTICLE,
        title=facts.get("title") or told.title or str(document.title or "")[:500],
        body=text,
        author=ProfileRecord(remote_id=f"name:{told.author.lower()}", name=told.author) if told.author else None,
        url=url,
        published_at=told.published_at or moment_of(facts.get("published", "")),
        updated_at=_not_ahead(told.changed_at, told.published_at),
        language=told.language or facts.get("language", ""),
        media=(MediaRecord(url=told.image),) if told.image else (),
    )


def _not_ahead(changed_at: datetime | None, published_at: datetime | None) -> datetime | None:
    """A page that says it was changed before it was written has said nothing."""
    if changed_at is None or changed_at.year < 1990 or changed_at.tzinfo is not UTC:
        return None
    return changed_at if published_at is None or changed_at >= published_at else None
