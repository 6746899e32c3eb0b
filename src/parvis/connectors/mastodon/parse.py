"""From what an instance sends to plain records. A post's id is the instance's own, the same from every endpoint."""

import mimetypes
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from parvis.core.errors import AnswerNotUnderstood
from parvis.core.types import ItemRecord, Kind, MediaRecord, Parsed, Payload, Problem, ProfileRecord, Status
from parvis.net.events import EventReader, ServerEvent

_FAULTS = (KeyError, TypeError, ValueError, AttributeError, OverflowError)
_KINDS = {"image": "image/jpeg", "gifv": "video/mp4", "video": "video/mp4", "audio": "audio/mpeg"}
Row = Mapping[str, Any]


def parse(payload: Payload) -> Parsed:
    """Raises AnswerNotUnderstood; one bad post is a Problem beside the others."""
    items: dict[str, ItemRecord] = {}
    problems: list[Problem] = []
    for place, row in enumerate(_ROWS.get(payload.endpoint, _list)(payload)):
        try:
            for item in _records(row, payload):
                items.pop(item.remote_id, None)
                items[item.remote_id] = item
        except _FAULTS as error:
            where = f"{payload.endpoint}[{place}]"
            problems.append(Problem(where=where, detail=f"{type(error).__name__}: {error}"))
    return Parsed(items=tuple(items.values()), problems=tuple(problems))


def _records(row: Any, payload: Payload) -> Iterator[ItemRecord]:
    """A post, a notification of one, or {"deleted": id}. What was passed on from others is theirs."""
    if "deleted" in row:
        facts = {"status_only": True}
        yield ItemRecord(remote_id=key(row["deleted"]), kind=Kind.ARTICLE, status=Status.DELETED, facts=facts)
        return
    if "type" in row and "content" not in row:
        if row["type"] != "mention":
            return
        row = row["status"]
    if not row.get("reblog"):
        yield _post(row, payload.facts)


def _decode(body: bytes | str, where: str) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise AnswerNotUnderstood(host=where, detail=str(error)) from error


def _list(payload: Payload) -> list[Any]:
    told = _decode(payload.body, payload.url)
    if not isinstance(told, list):
        raise AnswerNotUnderstood(host=payload.url, detail="no list")
    return told


def _one(payload: Payload) -> list[Any]:
    told = _decode(payload.body, payload.url)
    if not isinstance(told, dict) or "id" not in told:
        raise AnswerNotUnderstood(host=payload.url, detail="no post")
    return [told]


def _gone(payload: Payload) -> list[Any]:
    """Our own note of what is not there any more."""
    told = _decode(payload.body, payload.url)
    if not isinstance(told, dict) or not isinstance(told.get("ids"), list):
        raise AnswerNotUnderstood(host=payload.url, detail="no ids")
    return [{"deleted": one} for one in told["ids"]]


def _events(payload: Payload) -> list[Any]:
    """Of a stream, as it was sent."""
    try:
        lines = payload.body.decode().split("\n")
    except UnicodeDecodeError as error:
        raise AnswerNotUnderstood(host=payload.url, detail=str(error)) from error
    events = list(EventReader().take([*lines, ""]))
    if not events and payload.body.strip():
        raise AnswerNotUnderstood(host=payload.url, detail="no events")
    return [row for event in events for row in rows_of(event)]


CHANGED = frozenset({"status.update", "status_update"})
"""Mastodon says the first, other servers of its API the second (mastodon-mock 0.6.1, 2026-11)."""


def rows_of(event: ServerEvent) -> list[Any]:
    """What an event tells: https://docs.joinmastodon.org/methods/streaming/#events, read 2026-11."""
    match "status.update" if event.name in CHANGED else event.name:
        case "update" | "status.update" | "notification":
            return [_row(event.data)]
        case "delete":
            return [{"deleted": event.data.strip()}]
    return []


def _row(data: str) -> Any:
    """One that is no JSON is a problem of its own, not of the events beside it."""
    try:
        told = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


_ROWS: dict[str, Callable[[Payload], list[Any]]] = {"status": _one, "gone": _gone, "events": _events}


def key(number: Any) -> str:
    if not isinstance(number, str | int) or isinstance(number, bool) or not str(number):
        raise TypeError(f"{number!r} is no id")
    return f"status:{number}"


def _post(row: Row, facts: Mapping[str, str]) -> ItemRecord:
    author = _author(row["account"], facts)
    parent = row.get("in_reply_to_id")
    return ItemRecord(
        remote_id=key(row["id"]),
        kind=_kind(row, author, facts.get("account_id", "")),
        title=str(row.get("spoiler_text") or ""),
        body=str(row["content"] or ""),
        body_is_html=True,
        author=author,
        url=_web_address(row.get("url")) or _web_address(row.get("uri")),
        parent_id=key(parent) if parent else "",
        published_at=moment(row.get("created_at")),
        updated_at=moment(row.get("edited_at")),
        language=str(row.get("language") or ""),
        media=tuple(_media(row.get("media_attachments"))),
        facts=_facts(row, author),
    )


def _author(account: Row, facts: Mapping[str, str]) -> ProfileRecord:
    number, acct = str(account["id"]), str(account.get("acct") or "")
    return ProfileRecord(
        remote_id=f"account:{number}",
        name=str(account.get("display_name") or account.get("username") or acct),
        handle=f"@{acct}" if acct else "",
        url=_web_address(account.get("url")),
        avatar_url=_web_address(account.get("avatar_static") or account.get("avatar")),
        is_house=number == facts.get("account_id"),
    )


def _kind(row: Row, author: ProfileRecord, own: str) -> Kind:
    """For an account of the house: what answers it, what names it, what is for its eyes alone; else posts and answers."""
    is_answer = bool(row.get("in_reply_to_id"))
    if not own or author.is_house:
        return Kind.COMMENT if is_answer else Kind.ARTICLE
    if row.get("visibility") == "direct":
        return Kind.MESSAGE
    return Kind.COMMENT if str(row.get("in_reply_to_account_id")) == own else Kind.MENTION


def _facts(row: Row, author: ProfileRecord) -> dict[str, Any]:
    """Counts are left out: they change all the time, and each change would be one of the item."""
    facts: dict[str, Any] = {"visibility": str(row.get("visibility") or "public"), "acct": author.handle[1:]}
    if row.get("sensitive"):
        facts["sensitive"] = True
    if warning := str(row.get("spoiler_text") or ""):
        facts["warning"] = warning
    if tags := [str(one["name"]) for one in _dicts(row.get("tags")) if one.get("name")]:
        facts["tags"] = tags
    card = row.get("card")
    if isinstance(card, dict) and card.get("url"):
        facts["link"] = {"url": str(card["url"]), "title": str(card.get("title") or "")}
    poll = row.get("poll")
    if isinstance(poll, dict):
        facts["poll"] = [str(one.get("title") or "") for one in _dicts(poll.get("options"))]
    return facts


def _media(told: Any) -> Iterator[MediaRecord]:
    for one in _dicts(told):
        url = (
            _web_address(one.get("url")) or _web_address(one.get("remote_url")) or _web_address(one.get("preview_url"))
        )
        if url:
            kind = mimetypes.guess_type(urlsplit(url).path)[0] or _KINDS.get(str(one.get("type")), "")
            yield MediaRecord(url=url, kind=kind, alt=str(one.get("description") or ""))


def _dicts(told: Any) -> list[dict[str, Any]]:
    return [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []


def _web_address(told: Any) -> str:
    return told if isinstance(told, str) and told.startswith(("https://", "http://")) else ""


def moment(told: Any) -> datetime | None:
    if not isinstance(told, str) or not told:
        return None
    found = datetime.fromisoformat(told)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
