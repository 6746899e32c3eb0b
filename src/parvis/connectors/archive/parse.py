"""The records of archives as items. Pure: the same payload always gives the same, and the same remote ids."""

import html
import json
import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from parvis.connectors.archive.fields import KIND_OF, field_of, status_of, time_of
from parvis.core.errors import AnswerNotUnderstood
from parvis.core.types import ItemRecord, Kind, MediaRecord, Parsed, Payload, Problem, ProfileRecord, Status
from parvis.core.wording import Text

TAG = re.compile(r"<[^>]*>")
NOT_OURS = Text("no list of records", "pas une liste d’enregistrements")
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
WXR_COMMENT_STATUS = {"1": Status.PUBLISHED, "0": Status.HELD, "spam": Status.SPAM}
BLOCKS = re.compile(r"</?(?:p|div|ul|ol|li|blockquote|pre|h[1-6]|table)\b", re.IGNORECASE)


def parse(payload: Payload) -> Parsed:
    """Raises AnswerNotUnderstood where the payload is none of `reading.read`."""
    try:
        entries = json.loads(payload.body)
        read = READERS[payload.endpoint]
    except (ValueError, KeyError, RecursionError) as error:
        raise AnswerNotUnderstood(host=payload.url, detail=NOT_OURS) from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise AnswerNotUnderstood(host=payload.url, detail=NOT_OURS)
    items: list[ItemRecord] = []
    problems: list[Problem] = []
    for entry in entries:
        where = f"{payload.url} record {entry.get('number')}"
        if "broken" in entry:
            problems.append(Problem(where=where, detail=entry["broken"]))
            continue
        try:
            items += read(entry["record"])
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            problems.append(Problem(where=where, detail=f"{type(error).__name__}: {error}"))
    return Parsed(items=tuple(items), problems=tuple(problems))


def _row(record: Mapping[str, Any]) -> list[ItemRecord]:
    """A row of a table; the fields it does not know stay as facts."""
    told: dict[str, str] = {}
    facts: dict[str, Any] = {}
    for column, value in record.items():
        field = field_of(column)
        if field == "author" and isinstance(value, dict):
            told |= _person(value)
        elif field and field not in told and isinstance(value, str | int | float):
            told[field] = str(value).strip()
        elif value not in ("", None) and len(json.dumps(value)) <= 500:
            facts[column] = value
    body, title = told.get("body", ""), told.get("title", "")
    if not body and not title:
        raise ValueError("neither a text nor a title")
    remote_id = told.get("id") or told.get("url") or "row:" + _hash(told.get("author"), told.get("date"), title, body)
    parent = told.get("parent", "")
    guessed = Kind.ARTICLE if title and not parent else Kind.COMMENT
    return [
        ItemRecord(
            remote_id=remote_id,
            kind=KIND_OF.get(told.get("kind", "").lower(), guessed),
            body=body,
            title=title,
            author=_row_author(told),
            url=told.get("url", ""),
            parent_id=parent if parent != "0" else "",
            about_id=told.get("about", ""),
            published_at=time_of(told.get("date", "")),
            updated_at=time_of(told.get("updated", "")),
            language=told.get("lang", ""),
            status=status_of(told.get("status", "")),
            facts=facts,
        )
    ]


def _person(value: Mapping[str, Any]) -> dict[str, str]:
    named = {"author": value.get("name") or value.get("username"), "author_url": value.get("url")}
    named["author_id"] = value.get("id")
    return {field: str(told) for field, told in named.items() if told}


def _row_author(told: Mapping[str, str]) -> ProfileRecord | None:
    name, url = told.get("author", ""), told.get("author_url", "")
    if not (name or url or told.get("author_id")):
        return None
    remote_id = told.get("author_id") or "name:" + _hash(name, url)
    return ProfileRecord(remote_id=remote_id, name=name, url=url)


def _wxr(record: Mapping[str, Any]) -> list[ItemRecord]:
    """A post, page or comment; what else WordPress exports (menus, pictures, revisions) is left out."""
    if "comment" in record:
        comment = record["comment"]
        return [_wxr_comment(comment)] if comment.get("type", "") in ("", "comment") else []
    post = record["post"]
    if post.get("type") not in ("post", "page") or post.get("status") == "auto-draft":
        return []
    return [_wxr_post(post)]


def _wxr_comment(told: Mapping[str, Any]) -> ItemRecord:
    user_id, parent = told.get("user_id", "0"), told.get("parent", "0")
    return ItemRecord(
        remote_id=f"comment:{int(told['id'])}",
        kind=Kind.COMMENT,
        body=_paragraphs(told.get("content", "")),
        body_is_html=True,
        author=_wxr_author(told, user_id if user_id not in ("", "0") else ""),
        parent_id=f"comment:{int(parent)}" if parent not in ("", "0") else "",
        about_id=f"post:{int(told['post'])}" if told.get("post") else "",
        published_at=time_of(told.get("date_gmt", "")),
        status=WXR_COMMENT_STATUS.get(told.get("approved", "0"), Status.TRASHED),
    )


def _wxr_author(told: Mapping[str, Any], user_id: str) -> ProfileRecord | None:
    """Of somebody without an account a hash stands for them, and their e-mail is not kept."""
    name, url, email = told.get("author", ""), told.get("author_url", ""), told.get("email", "").strip().lower()
    if user_id:
        remote_id = f"user:{int(user_id)}"
    elif email:
        remote_id = "mail:" + _hash(email)
    elif name or url:
        remote_id = "name:" + _hash(name, url)
    else:
        return None
    return ProfileRecord(remote_id=remote_id, name=name, url=url, is_house=bool(told.get("is_staff")) and bool(user_id))


def _wxr_post(told: Mapping[str, Any]) -> ItemRecord:
    status = {"publish": Status.PUBLISHED, "trash": Status.TRASHED}.get(told.get("status", "publish"), Status.HELD)
    login = told.get("login", "")
    remote_id = f"user:{told['user_id']}" if told.get("user_id") else f"login:{login}"
    author = ProfileRecord(remote_id=remote_id, name=told.get("name") or login, handle=login, is_house=True)
    return ItemRecord(
        remote_id=f"post:{int(told['id'])}",
        kind=Kind.PAGE if told.get("type") == "page" else Kind.ARTICLE,
        body=_paragraphs(told.get("content", "")),
        body_is_html=True,
        title=_plain(told.get("title", "")),
        author=author if login else None,
        url=told.get("link", "").strip(),
        published_at=time_of(told.get("date_gmt", "")),
        updated_at=time_of(told.get("modified_gmt", "")),
        status=status,
        facts={"status": told.get("status", "")},
    )


def _mastodon(record: Mapping[str, Any]) -> list[ItemRecord]:
    """What the account wrote itself; its boosts are other people's words."""
    activity = record["activity"]
    note = activity.get("object")
    if activity.get("type") != "Create" or not isinstance(note, dict):
        return []
    parent = str(note.get("inReplyTo") or "")
    is_direct = not any(PUBLIC in _listed(note.get(field)) or _has_followers(note.get(field)) for field in ("to", "cc"))
    kind = Kind.MESSAGE if is_direct else Kind.COMMENT if parent else Kind.ARTICLE
    return [
        ItemRecord(
            remote_id=str(note["id"]),
            kind=kind,
            body=str(note.get("content") or ""),
            body_is_html=True,
            title=_plain(str(note.get("summary") or "")),
            author=_mastodon_author(
                record.get("actor") or {}, str(note.get("attributedTo") or activity.get("actor") or "")
            ),
            url=str(note.get("url") or note["id"]),
            parent_id=parent,
            published_at=time_of(str(note.get("published") or activity.get("published") or "")),
            updated_at=time_of(str(note.get("updated") or "")),
            language=next(iter(note.get("contentMap") or {}), ""),
            media=tuple(_attachment(one) for one in _listed(note.get("attachment")) if isinstance(one, dict)),
        )
    ]


def _mastodon_author(actor: Mapping[str, str], actor_id: str) -> ProfileRecord | None:
    if not actor_id:
        return None
    handle = actor.get("preferredUsername") or actor_id.rstrip("/").rsplit("/", 1)[-1].lstrip("@")
    name, url = actor.get("name") or handle, actor.get("url") or actor_id
    return ProfileRecord(remote_id=actor_id, name=name, handle=handle, url=url, is_house=True)


def _attachment(told: Mapping[str, Any]) -> MediaRecord:
    kind, alt = str(told.get("mediaType") or ""), str(told.get("name") or "")
    return MediaRecord(url=str(told.get("url") or ""), kind=kind, alt=alt)


def _listed(told: Any) -> list[Any]:
    return told if isinstance(told, list) else [] if told is None else [told]


def _has_followers(told: Any) -> bool:
    return any(str(one).endswith("/followers") for one in _listed(told))


def _paragraphs(text: str) -> str:
    """WordPress keeps its lines as plain breaks and makes paragraphs of them when it shows them."""
    text = text.replace("\r\n", "\n").strip()
    if BLOCKS.search(text):
        return text
    paragraphs = (part.strip().replace("\n", "<br>\n") for part in re.split(r"\n\s*\n", text))
    return "\n".join(f"<p>{part}</p>" for part in paragraphs if part)


def _plain(markup: str) -> str:
    return " ".join(html.unescape(TAG.sub("", markup)).split())


def _hash(*parts: str | None) -> str:
    return sha256("\n".join(part or "" for part in parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


READERS: dict[str, Callable[[Mapping[str, Any]], list[ItemRecord]]] = {
    "rows": _row,
    "wxr": _wxr,
    "mastodon": _mastodon,
}
