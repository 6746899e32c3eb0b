"""Lists in JSON as plain records, by the tables of `shapes`. Pure: the same payload always gives the same."""

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any
from urllib.parse import urljoin

import msgspec

from parvis.connectors.listing.shapes import Record, Shape, first_of, is_listing, records_in
from parvis.core.errors import AnswerNotUnderstood
from parvis.core.types import ItemRecord, Kind, MediaRecord, Parsed, Payload, Problem, ProfileRecord, Status
from parvis.core.wording import Text

NO_LIST = Text("no list of posts or comments", "pas de liste de publications ou de commentaires")
PLACE = re.compile(r"\{(\w+)\}")
PICTURE = re.compile(r"\.(jpe?g|png|gif|webp)(?:\?|\Z)", re.IGNORECASE)


def parse(payload: Payload) -> Parsed:
    """Raises AnswerNotUnderstood where there is no such list; one bad record is a Problem beside the others."""
    told = decoded(payload.body, host=payload.url)
    if not is_listing(told):
        raise AnswerNotUnderstood(host=payload.url, detail=NO_LIST)
    items: dict[str, ItemRecord] = {}
    problems: list[Problem] = []
    for place, (record, shape) in enumerate(records_in(told)):
        try:
            item = _item(record, shape, payload)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError) as error:
            problems.append(Problem(where=f"{shape.name}[{place}]", detail=f"{type(error).__name__}: {error}"))
            continue
        if item is not None:
            items[item.remote_id] = item
    return Parsed(items=tuple(items.values()), problems=tuple(problems))


def decoded(body: bytes, *, host: str) -> Any:
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError) as error:
        raise AnswerNotUnderstood(host=host, detail=NO_LIST) from error


def _item(record: Record, shape: Shape, payload: Payload) -> ItemRecord | None:
    remote_id = filled(shape.id, record)
    kind = _kind(record, shape)
    if _is_deleted(record, shape):
        return ItemRecord(
            remote_id=remote_id, kind=kind or Kind.COMMENT, status=Status.DELETED, facts={"status_only": True}
        )
    if kind is None:
        return None
    body, is_html = _body(record, shape)
    about_id = _about(record, shape, payload)
    parent_id = filled(shape.parent, record) if shape.parent else ""
    link = _link(record, shape)
    return ItemRecord(
        remote_id=remote_id,
        kind=kind,
        body=body or link,
        body_is_html=is_html if body else False,
        title=unescape(str(first_of(record, shape.title) or "")) if kind is not Kind.COMMENT else "",
        author=_author(record, shape, payload),
        url=_address(filled(shape.page, record), payload),
        parent_id="" if parent_id == about_id or kind is not Kind.COMMENT else parent_id,
        about_id=about_id if about_id != remote_id else "",
        published_at=_moment(first_of(record, shape.created)),
        updated_at=_edited(record, shape),
        status=Status.TRASHED if first_of(record, shape.hidden) else Status.PUBLISHED,
        media=_media(link),
        facts=_facts(record, shape, link),
    )


def filled(template: str, record: Record) -> str:
    """The template with its places filled; "" where the record has nothing for one of them."""
    values = {name: record.get(name) for name in PLACE.findall(template)}
    if any(value is None or isinstance(value, bool | dict | list) for value in values.values()):
        return ""
    return PLACE.sub(lambda place: str(values[place[1]]), template)


def _kind(record: Record, shape: Shape) -> Kind | None:
    if "" in shape.kinds:
        return shape.kinds[""]
    told = first_of(record, shape.kind)
    words = told if isinstance(told, list) else [told]
    return next((shape.kinds[word] for word in words if isinstance(word, str) and word in shape.kinds), None)


def _is_deleted(record: Record, shape: Shape) -> bool:
    for name, values in shape.deleted.items():
        told = record.get(name)
        if told and not isinstance(told, list | dict) and (told in values or True in values):
            return True
    return False


def _body(record: Record, shape: Shape) -> tuple[str, bool]:
    markup = first_of(record, shape.html)
    if markup is not None:
        text = str(markup).strip()
        return (unescape(text) if text.startswith("&lt;") else text), True
    return unescape(str(first_of(record, shape.text) or "")).strip(), False


def _link(record: Record, shape: Shape) -> str:
    told = first_of(record, shape.link)
    is_own = isinstance(told, str) and bool(record.get("permalink")) and str(record["permalink"]) in told
    return unescape(told) if isinstance(told, str) and told.startswith("http") and not is_own else ""


def _about(record: Record, shape: Shape, payload: Payload) -> str:
    """The post; Hacker News does not say which, so whoever read the thread has noted it with the payload."""
    return filled(shape.about, record) if shape.about else payload.facts.get("about", "")


def _author(record: Record, shape: Shape, payload: Payload) -> ProfileRecord | None:
    told = first_of(record, shape.author)
    if not isinstance(told, str) or told in shape.nobody:
        return None
    page = shape.author_page.replace("{author}", told)
    return ProfileRecord(remote_id=f"user:{told}", name=told, handle=told, url=_address(page, payload))


def _address(page: str, payload: Payload) -> str:
    return urljoin(payload.url, page) if page else ""


def _media(link: str) -> tuple[MediaRecord, ...]:
    found = PICTURE.search(link)
    if not found:
        return ()
    kind = found[1].lower().replace("jpg", "jpeg")
    return (MediaRecord(url=link, kind=f"image/{kind}"),)


def _facts(record: Record, shape: Shape, link: str) -> dict[str, Any]:
    """Figures also where they are 0; of what is only true or false, what is true."""
    facts = {ours: record[theirs] for ours, theirs in shape.facts.items() if _is_fact(record.get(theirs))}
    return {**facts, "link": link} if link else facts


def _is_fact(value: Any) -> bool:
    return isinstance(value, int | float | str) and value is not False and value != ""


def _edited(record: Record, shape: Shape) -> datetime | None:
    told = first_of(record, shape.edited)
    return _moment(told) if told and not isinstance(told, bool) else None


def _moment(told: Any) -> datetime | None:
    if told is None:
        return None
    if isinstance(told, bool) or not isinstance(told, int | float):
        raise TypeError(f"{told!r} is no time")
    return datetime.fromtimestamp(told, tz=UTC)
