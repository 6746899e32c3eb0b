"""Payloads of WordPress as plain records. Pure: the same payload always gives the same."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from parvis.connectors.wordpress.decode import plain, record, records
from parvis.core.text.shown import media_in
from parvis.core.types import ItemRecord, Kind, MediaRecord, Parsed, Payload, Problem, ProfileRecord, Status

COMMENT_STATUS = {
    "approved": Status.PUBLISHED,
    "approve": Status.PUBLISHED,
    "hold": Status.HELD,
    "spam": Status.SPAM,
    "trash": Status.TRASHED,
    "post-trashed": Status.TRASHED,
}
POST_STATUS = {"publish": Status.PUBLISHED, "trash": Status.TRASHED}
EFFECT = re.compile(r"\bParvis\b.* effect ([0-9a-fA-F-]{32,36})\b")
BLOCKS = re.compile(r"</?(?:p|div|ul|ol|li|blockquote|pre|h[1-6]|table|hr)\b", re.IGNORECASE)


def parse(payload: Payload) -> Parsed:
    """Raises AnswerNotUnderstood on HTML or half an answer; one bad record is a Problem beside the others."""
    if payload.endpoint == "gone":
        return _gone(payload)
    read: Callable[[Mapping[str, Any], Payload], ItemRecord] = _comment if payload.endpoint == "comments" else _article
    items: list[ItemRecord] = []
    problems: list[Problem] = []
    for place, row in enumerate(_rows(payload)):
        try:
            items.append(read(row, payload))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            where = f"{payload.endpoint}[{place}] id={row.get('id') if isinstance(row, dict) else None}"
            problems.append(Problem(where=where, detail=f"{type(error).__name__}: {error}"))
    return Parsed(items=tuple(items), problems=tuple(problems))


def _rows(payload: Payload) -> list[Any]:
    """The list of a page, or the one record that an order was answered with."""
    if payload.facts.get("single"):
        return [record(payload.body, host=payload.url)]
    return records(payload.body, host=payload.url)


def _gone(payload: Payload) -> Parsed:
    """Our own note of what was there and is no longer; all but id, kind and status is as it was."""
    told = record(payload.body, host=payload.url)
    kind = Kind(told["kind"])
    prefix = "comment" if kind is Kind.COMMENT else "post"
    return Parsed(
        items=tuple(
            ItemRecord(remote_id=_key(prefix, number), kind=kind, status=Status.DELETED, facts={"status_only": True})
            for number in told["ids"]
        )
    )


def _comment(row: Mapping[str, Any], payload: Payload) -> ItemRecord:
    facts: dict[str, Any] = {"type": str(row.get("type") or "comment")}
    if effect := EFFECT.search(str(row.get("author_user_agent") or "")):
        facts["effect"] = effect[1]
    return ItemRecord(
        remote_id=_key("comment", _number(row["id"])),
        kind=Kind.COMMENT,
        body=_comment_html(row["content"]),
        body_is_html=True,
        author=_comment_author(row, payload),
        url=str(row.get("link") or ""),
        parent_id=_key("comment", row.get("parent")),
        about_id=_key("post", row.get("post")),
        published_at=moment(row.get("date_gmt")),
        status=COMMENT_STATUS.get(str(row.get("status") or "approved"), Status.HELD),
        facts=facts,
    )


def _comment_html(content: Mapping[str, Any]) -> str:
    """The text as it was written where the account may see that, with its lines as WordPress breaks them."""
    raw = content.get("raw")
    if raw is None:
        return str(content["rendered"]).strip()
    text = str(raw).replace("\r\n", "\n").strip()
    if BLOCKS.search(text):
        return text
    paragraphs = (part.strip().replace("\n", "<br>\n") for part in re.split(r"\n\s*\n", text))
    return "\n".join(f"<p>{part}</p>" for part in paragraphs if part)


def _comment_author(row: Mapping[str, Any], payload: Payload) -> ProfileRecord | None:
    """Who wrote it. Of somebody without an account a hash stands for them, and their e-mail is not kept."""
    name, url = plain(str(row.get("author_name") or "")), str(row.get("author_url") or "")
    user_id = _number(row.get("author") or 0)
    if user_id:
        remote_id = _key("user", user_id)
    elif email := str(row.get("author_email") or "").strip().lower():
        remote_id = "mail:" + sha256(email.encode()).hexdigest()[:32]
    elif name or url:
        remote_id = "name:" + sha256(f"{name}\n{url}".encode()).hexdigest()[:32]
    else:
        return None
    return ProfileRecord(
        remote_id=remote_id,
        name=name,
        url=url,
        avatar_url=_avatar(row.get("author_avatar_urls")),
        is_house=bool(user_id) and str(user_id) in _house(payload),
    )


def _article(row: Mapping[str, Any], payload: Payload) -> ItemRecord:
    """Posts and pages share one count in WordPress, and a comment does not tell which it is about: both are "post:ID"."""
    is_page = payload.endpoint == "pages" or row.get("type") == "page"
    told = str(row.get("status") or "publish")
    content = row["content"]
    body = str(content.get("rendered") or content.get("raw") or "").strip()
    is_published_at_all = told not in ("draft", "pending")
    return ItemRecord(
        remote_id=_key("post", _number(row["id"])),
        kind=Kind.PAGE if is_page else Kind.ARTICLE,
        body=body,
        body_is_html=True,
        title=plain(_text_of(row.get("title"))),
        author=_article_author(row),
        url=str(row.get("link") or ""),
        published_at=moment(row.get("date_gmt")) if is_published_at_all else None,
        updated_at=moment(row.get("modified_gmt")),
        status=POST_STATUS.get(told, Status.HELD),
        media=(*_media(row), *media_in(body)),
        facts={"status": told, "comments": str(row.get("comment_status") or "")},
    )


def _article_author(row: Mapping[str, Any]) -> ProfileRecord | None:
    """Whoever writes posts on the site belongs to the house."""
    user_id = _number(row.get("author") or 0)
    if not user_id:
        return None
    told = next((one for one in _embedded(row, "author") if one.get("id") == user_id), {})
    return ProfileRecord(
        remote_id=_key("user", user_id),
        name=plain(str(told.get("name") or "")),
        handle=str(told.get("slug") or ""),
        url=str(told.get("link") or ""),
        avatar_url=_avatar(told.get("avatar_urls")),
        is_house=True,
    )


def _media(row: Mapping[str, Any]) -> list[MediaRecord]:
    """The featured picture."""
    found = []
    for one in _embedded(row, "wp:featuredmedia"):
        if url := str(one.get("source_url") or ""):
            alt, kind = str(one.get("alt_text") or ""), str(one.get("mime_type") or "")
            found.append(MediaRecord(url=url, kind=kind, alt=plain(alt)))
    return found


def _embedded(row: Mapping[str, Any], relation: str) -> list[Mapping[str, Any]]:
    embedded = row.get("_embedded")
    found = embedded.get(relation) if isinstance(embedded, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _text_of(field: Any) -> str:
    """A field of WordPress, which is {raw, rendered} or a plain string; rendered has no half-written tags."""
    return str(field.get("rendered") or field.get("raw") or "") if isinstance(field, dict) else str(field or "")


def _avatar(urls: Any) -> str:
    """The largest one; WordPress gives [] where avatars are switched off."""
    return str(urls[max(urls, key=int)]) if isinstance(urls, dict) and urls else ""


def _house(payload: Payload) -> set[str]:
    return {*payload.facts.get("house_user_ids", "").split(","), payload.facts.get("user_id", "")} - {""}


def _key(kind: str, number: Any) -> str:
    return f"{kind}:{number}" if number else ""


def _number(told: Any) -> int:
    if isinstance(told, bool) or not isinstance(told, int | str):
        raise TypeError(f"{told!r} is no number")
    return int(told)


def moment(told: Any) -> datetime | None:
    """A `…_gmt` time, which has no zone of its own; None for WordPress's year 0."""
    if not isinstance(told, str) or not told or told.startswith(("0000", "-")):
        return None
    return datetime.fromisoformat(told).replace(tzinfo=UTC)
