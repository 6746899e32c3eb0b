"""From what an AT Protocol network sends to plain records. A post's id is its AT URI, the same from every endpoint."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from parvis.connectors.bluesky.addresses import APP
from parvis.connectors.bluesky.embeds import embedded, media_of
from parvis.connectors.bluesky.frames import FrameFault, blocks_of, commit_of, written_cid
from parvis.connectors.bluesky.richtext import as_html, facets_of
from parvis.core.errors import AnswerNotUnderstood
from parvis.core.types import ItemRecord, Kind, MediaRecord, Parsed, Payload, Problem, ProfileRecord, Status

POST = "app.bsky.feed.post"
MENTIONS = frozenset({"mention", "reply", "quote"})
_FAULTS = (KeyError, TypeError, ValueError, AttributeError, OverflowError)


def parse(payload: Payload) -> Parsed:
    """Raises AnswerNotUnderstood; one bad post is a Problem beside the others."""
    if payload.endpoint == "commit":
        return _commit(payload)
    told = _object(payload)
    rows = _ROWS.get(payload.endpoint, _posts)(told, payload)
    items: dict[str, ItemRecord] = {}
    problems: list[Problem] = []
    for place, row in enumerate(rows):
        try:
            item = _viewed(row, payload)
            items[item.remote_id] = item
        except _FAULTS as error:
            problems.append(_problem(f"{payload.endpoint}[{place}]", error))
    if payload.endpoint == "gone":
        return Parsed(items=tuple(_deleted(uri) for uri in _strings(told.get("uris"))))
    return Parsed(items=tuple(items.values()), problems=tuple(problems))


def _problem(where: str, error: Exception) -> Problem:
    return Problem(where=where, detail=f"{type(error).__name__}: {error}")


def _object(payload: Payload) -> dict[str, Any]:
    try:
        told = msgspec.json.decode(payload.body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise AnswerNotUnderstood(host=payload.url, detail=str(error)) from error
    if not isinstance(told, dict):
        raise AnswerNotUnderstood(host=payload.url, detail="no object")
    return told


def _list(told: Mapping[str, Any], name: str, payload: Payload) -> list[Any]:
    rows = told.get(name)
    if not isinstance(rows, list):
        raise AnswerNotUnderstood(host=payload.url, detail=f"no list of {name}")
    return rows


def _feed(told: Mapping[str, Any], payload: Payload) -> list[Any]:
    """The account's own posts; what it passed on from others is theirs."""
    rows = _list(told, "feed", payload)
    return [row.get("post") for row in rows if isinstance(row, dict) and not _is_repost(row)]


def _is_repost(row: Mapping[str, Any]) -> bool:
    reason = row.get("reason")
    return isinstance(reason, dict) and str(reason.get("$type")).endswith("#reasonRepost")


def _posts(told: Mapping[str, Any], payload: Payload) -> list[Any]:
    return [] if payload.endpoint == "gone" else _list(told, "posts", payload)


def _notifications(told: Mapping[str, Any], payload: Payload) -> list[Any]:
    rows = _list(told, "notifications", payload)
    return [row for row in rows if not isinstance(row, dict) or row.get("reason") in MENTIONS]


_ROWS: dict[str, Callable[[Mapping[str, Any], Payload], list[Any]]] = {"feed": _feed, "notifications": _notifications}


def _viewed(row: Mapping[str, Any], payload: Payload) -> ItemRecord:
    """A post as a view shows it, or a notification, which has the same fields."""
    author = row["author"]
    handle = str(author.get("handle") or "")
    did = str(author["did"])
    profile = ProfileRecord(
        remote_id=did,
        name=str(author.get("displayName") or handle),
        handle=f"@{handle}" if handle else "",
        url=f"{APP}/profile/{did}",
        avatar_url=str(author.get("avatar") or ""),
        is_house=did == payload.facts.get("did"),
    )
    return post_of(
        uri=str(row["uri"]),
        cid=str(row["cid"]),
        record=row["record"],
        author=profile,
        media=media_of(row, did),
        facts=payload.facts,
    )


def post_of(
    *,
    uri: str,
    cid: str,
    record: Mapping[str, Any],
    author: ProfileRecord,
    media: tuple[MediaRecord, ...],
    facts: Mapping[str, str],
) -> ItemRecord:
    did, rkey = parts_of(uri)
    text = record["text"]
    if not isinstance(text, str):
        raise TypeError("the text is none")
    marks = facets_of(record)
    answers = record.get("reply")
    root, parent = (_uri(answers, "root"), _uri(answers, "parent")) if isinstance(answers, dict) else ("", "")
    languages = _strings(record.get("langs"))
    return ItemRecord(
        remote_id=uri,
        kind=_kind(author, parent=parent, root=root, own=facts.get("did", "")),
        body=as_html(text, marks) if marks else text,
        body_is_html=bool(marks),
        author=author,
        url=f"{APP}/profile/{did}/post/{rkey}",
        parent_id=parent if parent != root else "",
        about_id=root,
        published_at=moment(record.get("createdAt")),
        language=languages[0] if languages else "",
        media=media,
        facts=_facts(record, cid, marks),
    )


def parts_of(uri: str) -> tuple[str, str]:
    """Whose it is and its record key. Raises ValueError where it is no post's AT URI."""
    scheme, _, path = uri.partition("://")
    did, _, rest = path.partition("/")
    collection, _, rkey = rest.partition("/")
    if scheme != "at" or collection != POST or not did.startswith("did:") or not rkey:
        raise ValueError(f"{uri[:100]} is no post")
    return did, rkey


def _kind(author: ProfileRecord, *, parent: str, root: str, own: str) -> Kind:
    """For an account of the house: what answers it, what names it, what it says itself; else posts and answers."""
    if not own or author.is_house:
        return Kind.COMMENT if parent else Kind.ARTICLE
    is_answer = parent.startswith(f"at://{own}/") or root.startswith(f"at://{own}/")
    return Kind.COMMENT if is_answer else Kind.MENTION


def _uri(reply: Mapping[str, Any], name: str) -> str:
    told = reply.get(name)
    return str(told.get("uri") or "") if isinstance(told, dict) else ""


def _facts(record: Mapping[str, Any], cid: str, marks: list[Any]) -> dict[str, Any]:
    """What an answer needs (the ids of this version and of the thread's first post), and what the text stands on."""
    facts: dict[str, Any] = {"cid": cid}
    reply = record.get("reply")
    if isinstance(reply, dict) and isinstance(reply.get("root"), dict):
        root = reply["root"]
        facts["root"] = {"uri": str(root.get("uri") or ""), "cid": _as_text(root.get("cid"))}
    if warnings := _labels(record):
        facts["warnings"] = warnings
    if tags := [*(mark.value for mark in marks if mark.kind == "tag"), *_strings(record.get("tags"))]:
        facts["tags"] = tags
    embed = record.get("embed")
    if isinstance(embed, dict):
        facts |= embedded(embed)
    return facts


def _as_text(cid: Any) -> str:
    return cid if isinstance(cid, str) else written_cid(cid)


def _labels(record: Mapping[str, Any]) -> list[str]:
    """Content warnings that the author gave."""
    labels = record.get("labels")
    values = labels.get("values") if isinstance(labels, dict) else None
    return [str(one["val"]) for one in values if isinstance(one, dict) and one.get("val")] if values else []


def _commit(payload: Payload) -> Parsed:
    """Posts of one frame: written, changed or deleted."""
    try:
        frame = commit_of(payload.body)
        did = str(frame.body["repo"])
        posts = list(frame.posts())
        blocks = blocks_of(frame) if any(action != "delete" for action, _, _ in posts) else {}
    except (FrameFault, KeyError) as error:
        raise AnswerNotUnderstood(host=payload.url, detail=str(error)) from error
    items: dict[str, ItemRecord] = {}
    problems: list[Problem] = []
    for action, rkey, cid in posts:
        uri = f"at://{did}/{POST}/{rkey}"
        try:
            item = _deleted(uri) if action == "delete" else _committed(uri, cid, blocks, payload)
            items[item.remote_id] = item
        except _FAULTS as error:
            problems.append(_problem(uri, error))
    return Parsed(items=tuple(items.values()), problems=tuple(problems))


def _committed(uri: str, cid: Any, blocks: Mapping[bytes, Any], payload: Payload) -> ItemRecord:
    record = blocks[cid]
    did, _ = parts_of(uri)
    author = ProfileRecord(remote_id=did, url=f"{APP}/profile/{did}")
    media = media_of({"record": record}, did)
    return post_of(uri=uri, cid=written_cid(cid), record=record, author=author, media=media, facts=payload.facts)


def _deleted(uri: str) -> ItemRecord:
    parts_of(uri)
    return ItemRecord(remote_id=uri, kind=Kind.ARTICLE, status=Status.DELETED, facts={"status_only": True})


def _strings(told: Any) -> list[str]:
    return [one for one in told if isinstance(one, str) and one] if isinstance(told, list | tuple) else []


def moment(told: Any) -> datetime | None:
    """As the author's program says, which may be any time; None where it is none."""
    if not isinstance(told, str):
        return None
    try:
        found = datetime.fromisoformat(told)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
