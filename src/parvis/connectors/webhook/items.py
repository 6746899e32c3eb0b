"""From a delivery to items: our own form, or foreign JSON by the channel's mapping."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from parvis.connectors.webhook.mapping import FIELDS, LIST, at_path, kept_mapping, mapped
from parvis.connectors.webhook.signing import DELIVERY, SIGNATURE
from parvis.core.connector import Delivery, Heard
from parvis.core.errors import AnswerNotUnderstood, BadInput
from parvis.core.types import ItemRecord, Kind, MediaRecord, Parsed, Payload, Problem, ProfileRecord
from parvis.core.wording import Text

MOST_ITEMS = 500
MOST_TEXT = 200_000
_LONGEST_DELIVERY = 200
_EPOCH_IN_MS_FROM = 100_000_000_000
HOST = "the sender"

_NO_JSON = Text("the body is not JSON in UTF-8", "le contenu n’est pas du JSON en UTF-8")
_NO_OBJECT = Text(
    "the body is neither an object, nor a list of objects, nor an object with the list “items”",
    "le contenu n’est ni un objet, ni une liste d’objets, ni un objet avec la liste « items »",
)
_TOO_MANY = Text("more than 500 items at once", "plus de 500 éléments à la fois")
_NOTHING = Text(
    "no item was found in it: each needs a title or a text ({why})",
    "aucun élément n’y a été trouvé : chacun demande un titre ou un texte ({why})",
)


def read_delivery(delivery: Delivery, facts: Mapping[str, str]) -> Heard:
    """Raises BadInput where nothing can be had of it, so that its sender learns of it at once."""
    told = delivery.headers.get(DELIVERY, "").strip()[:_LONGEST_DELIVERY]
    own_id = told or delivery.headers.get(SIGNATURE, "").strip()[:_LONGEST_DELIVERY]
    kept = {"delivery": own_id, "mapping": facts.get("mapping", "")}
    payload = Payload(
        endpoint="delivery",
        url="",
        body=delivery.body,
        content_type="application/json",
        facts={name: value for name, value in kept.items() if value},
    )
    parsed = _parsed(_things(delivery.body, kept_mapping(facts)), kept_mapping(facts))
    if not parsed.items:
        why = parsed.problems[0].detail if parsed.problems else "0"
        raise BadInput(detail=_NOTHING.format(why=why))
    return Heard(id=own_id, payload=payload)


def parse(payload: Payload) -> Parsed:
    """Raises AnswerNotUnderstood."""
    mapping = kept_mapping(payload.facts)
    try:
        return _parsed(_things(payload.body, mapping), mapping)
    except BadInput as error:
        raise AnswerNotUnderstood(host=HOST, detail=error.places.get("detail", "")) from error


def _things(body: bytes, mapping: Mapping[str, str]) -> list[Any]:
    """The elements, in the sender's form. Raises BadInput."""
    try:
        whole = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise BadInput(detail=_NO_JSON) from None
    if LIST in mapping:
        whole = at_path(whole, mapping[LIST])
    elif not mapping and isinstance(whole, dict) and isinstance(whole.get(LIST), list):
        whole = whole[LIST]
    things = whole if isinstance(whole, list) else [whole]
    if not things or not any(isinstance(thing, dict) for thing in things):
        raise BadInput(detail=_NO_OBJECT)
    if len(things) > MOST_ITEMS:
        raise BadInput(detail=_TOO_MANY)
    return things


def _parsed(things: list[Any], mapping: Mapping[str, str]) -> Parsed:
    items: dict[str, ItemRecord] = {}
    problems = []
    for number, thing in enumerate(things, 1):
        told = mapped(thing, mapping) if mapping else thing
        try:
            item = _item(told)
        except ValueError as error:
            problems.append(Problem(where=f"item {number}", detail=str(error)))
        else:
            items[item.remote_id] = item
    return Parsed(items=tuple(items.values()), problems=tuple(problems[:50]))


def _item(told: Any) -> ItemRecord:
    """Raises ValueError in words."""
    if not isinstance(told, dict):
        raise ValueError("it is no object")  # noqa: TRY004 - said to the sender like the others
    title, text, html = (_text(told.get(name)) for name in ("title", "text", "html"))
    if not (title.strip() or text.strip() or html.strip()):
        raise ValueError("it has neither title nor text")
    url = _address(told.get("url"))
    return ItemRecord(
        remote_id=_id(told.get("id")) or url or _key_of(title, text or html, told),
        kind=_kind(told.get("kind")),
        title=" ".join(title.split())[:1000],
        body=text if text.strip() else html,
        body_is_html=bool(html.strip()) and not text.strip(),
        author=_author(told.get("author"), told),
        url=url,
        parent_id=_id(told.get("parent_id")),
        published_at=_moment(told.get("published_at"), "published_at"),
        updated_at=_moment(told.get("updated_at"), "updated_at"),
        language=_text(told.get("lang") or told.get("language"))[:20],
        media=_media(told.get("media")),
        facts=_own_facts(told),
    )


def _text(told: Any) -> str:
    if isinstance(told, bool | dict | list) or told is None:
        return ""
    return str(told)[:MOST_TEXT]


def _id(told: Any) -> str:
    return _text(told).strip()[:1000]


def _key_of(title: str, text: str, told: dict[str, Any]) -> str:
    """The same words at another time are another item."""
    parts = "\0".join((title, text, _text(told.get("published_at"))))
    return "sha256:" + hashlib.sha256(parts.encode("utf-8", "replace")).hexdigest()[:40]


def _kind(told: Any) -> Kind:
    name = _text(told).strip().lower()
    if name and name not in set(Kind):
        raise ValueError(f"its kind is none of {', '.join(Kind)}")
    return Kind(name) if name else Kind.ARTICLE


def _author(told: Any, thing: dict[str, Any]) -> ProfileRecord | None:
    if not isinstance(told, dict):
        told = {"name": told, "url": thing.get("author_url")}
    name, handle = _text(told.get("name")).strip()[:255], _text(told.get("handle")).strip()[:255]
    url = _address(told.get("url"))
    own_id = _id(told.get("id")) or handle or url or (f"name:{name.lower()}" if name else "")
    return ProfileRecord(remote_id=own_id, name=name or handle, handle=handle, url=url) if own_id else None


def _address(told: Any) -> str:
    url = _text(told).strip()
    return url if url.lower().startswith(("http://", "https://")) and len(url) <= 2000 else ""


def _moment(told: Any, name: str) -> datetime | None:
    """ISO 8601, or seconds or milliseconds since 1970."""
    if told is None or told == "":
        return None
    try:
        if isinstance(told, int | float) and not isinstance(told, bool):
            seconds = told / 1000 if abs(told) >= _EPOCH_IN_MS_FROM else told
            return datetime.fromtimestamp(seconds, UTC).replace(microsecond=0)
        moment = datetime.fromisoformat(str(told).strip()[:64])
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"its {name} is no time such as 2026-11-22T10:00:00+01:00") from None


def _media(told: Any) -> tuple[MediaRecord, ...]:
    found = []
    for one in (told if isinstance(told, list) else [told])[:50]:
        thing = one if isinstance(one, dict) else {"url": one}
        if url := _address(thing.get("url")):
            found.append(MediaRecord(url=url, kind=_text(thing.get("kind"))[:100], alt=_text(thing.get("alt"))[:1000]))
    return tuple(found)


def _own_facts(told: dict[str, Any]) -> dict[str, Any]:
    """What else is small and plain is kept."""
    known = {*FIELDS, "language"}
    plain = {
        str(name)[:60]: value[:500] if isinstance(value, str) else value
        for name, value in list(told.items())[:100]
        if name not in known and isinstance(value, str | int | float | bool)
    }
    return dict(list(plain.items())[:20])
