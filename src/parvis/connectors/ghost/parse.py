"""Payloads of Ghost as plain records. Pure: the same payload always gives the same."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from parvis.core.errors import AnswerNotUnderstood
from parvis.core.text.shown import media_in
from parvis.core.types import ItemRecord, Kind, MediaRecord, Parsed, Payload, Problem, ProfileRecord, Status
from parvis.core.wording import Text

COMMENT_STATUS = {"published": Status.PUBLISHED, "hidden": Status.HELD, "deleted": Status.DELETED}
PUBLISHED = frozenset({"published", "sent"})
"""A post that went out by e-mail alone is "sent"."""
_NO_SHAPE = Text("data of another shape than Ghost gives", "des données d’une autre forme que celles de Ghost")


def parse(payload: Payload) -> Parsed:
    """Raises AnswerNotUnderstood on anything but Ghost's lists; one bad record is a Problem beside the others."""
    try:
        told = json.loads(payload.body)
    except (ValueError, RecursionError) as error:
        raise AnswerNotUnderstood(host=payload.url, detail=_NO_SHAPE) from error
    rows = told.get(payload.endpoint) if isinstance(told, dict) else None
    if not isinstance(rows, list) or payload.endpoint not in _READERS:
        raise AnswerNotUnderstood(host=payload.url, detail=_NO_SHAPE)
    items: dict[str, ItemRecord] = {}
    problems: list[Problem] = []
    for place, row in enumerate(rows):
        try:
            item = _READERS[payload.endpoint](row, payload)
            items[item.remote_id] = item
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            number = row.get("id") if isinstance(row, dict) else None
            where = f"{payload.endpoint}[{place}] id={number}"
            problems.append(Problem(where=where, detail=f"{type(error).__name__}: {error}"))
    return Parsed(items=tuple(items.values()), problems=tuple(problems))


def _gone(row: Mapping[str, Any], _payload: Payload) -> ItemRecord:
    """Our own note of what was there and is no longer; all but id, kind and status is as it was."""
    kind = Kind(row["kind"])
    prefix = "comment" if kind is Kind.COMMENT else "post"
    return ItemRecord(remote_id=_key(prefix, row["id"]), kind=kind, status=Status.DELETED, facts={"status_only": True})


def _comment(row: Mapping[str, Any], payload: Payload) -> ItemRecord:
    status = COMMENT_STATUS.get(str(row.get("status")), Status.HELD)
    if status is Status.DELETED:  # its words are not told any more
        return _gone({"id": row["id"], "kind": "comment"}, payload)
    told = row.get("post")
    article: Mapping[str, Any] = told if isinstance(told, dict) else {}
    remote_id = _key("comment", row["id"])
    place = str(article.get("url") or "")
    return ItemRecord(
        remote_id=remote_id,
        kind=Kind.COMMENT,
        body=str(row["html"] or ""),
        body_is_html=True,
        author=_member(row.get("member"), payload),
        url=f"{place}#ghost-comments-{row['id']}" if place else "",
        parent_id=_key("comment", row.get("in_reply_to_id") or row.get("parent_id") or ""),
        about_id=_key("post", article.get("id") or ""),
        published_at=moment(row.get("created_at")),
        updated_at=moment(row.get("edited_at")),
        status=status,
        facts={"root": str(row.get("parent_id") or "")},
    )


def _member(told: Any, payload: Payload) -> ProfileRecord | None:
    """Without the e-mail address, which Ghost tells; None for a member who was deleted."""
    if not isinstance(told, dict):
        return None
    number = _text(told["id"])
    return ProfileRecord(
        remote_id=_key("member", number),
        name=str(told.get("name") or ""),
        avatar_url=str(told.get("avatar_image") or ""),
        is_house=bool(number) and number == payload.facts.get("member_id"),
    )


def _article(row: Mapping[str, Any], payload: Payload) -> ItemRecord:
    told = str(row.get("status"))
    return ItemRecord(
        remote_id=_key("post", row["id"]),
        kind=Kind.PAGE if payload.endpoint == "pages" else Kind.ARTICLE,
        body=str(row.get("html") or ""),
        body_is_html=True,
        title=_text(row["title"]),
        author=_author(row.get("primary_author")),
        url=str(row.get("url") or ""),
        published_at=moment(row.get("published_at")),
        updated_at=moment(row.get("updated_at")),
        status=Status.PUBLISHED if told in PUBLISHED else Status.HELD,
        media=(*_media(row), *media_in(str(row.get("html") or ""))),
        facts={"status": told, "visibility": str(row.get("visibility") or "")},
    )


def _author(told: Any) -> ProfileRecord | None:
    """Whoever writes articles on the site belongs to the house."""
    if not isinstance(told, dict):
        return None
    return ProfileRecord(
        remote_id=_key("author", told["id"]),
        name=str(told.get("name") or ""),
        handle=str(told.get("slug") or ""),
        url=str(told.get("url") or ""),
        avatar_url=str(told.get("profile_image") or ""),
        is_house=True,
    )


def _media(row: Mapping[str, Any]) -> list[MediaRecord]:
    """The feature image."""
    url = row.get("feature_image")
    return [MediaRecord(url=url, alt=str(row.get("feature_image_alt") or ""))] if isinstance(url, str) and url else []


def _key(kind: str, number: Any) -> str:
    return f"{kind}:{_text(number)}" if number else ""


def _text(told: Any) -> str:
    if not isinstance(told, str):
        raise TypeError(f"{told!r} is no text")
    return told


def moment(told: Any) -> datetime | None:
    """None where nothing is told. Raises ValueError."""
    if not isinstance(told, str) or not told:
        return None
    found = datetime.fromisoformat(told)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


_READERS = {"comments": _comment, "posts": _article, "pages": _article, "gone": _gone}
