"""The streams of an instance (https://docs.joinmastodon.org/methods/streaming/, read 2026-11), for signed-in channels.

Since Mastodon 4.2 every stream asks for a token. An account of others has no stream; it is read.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

import msgspec

from parvis.connectors.mastodon.fetch import age
from parvis.connectors.mastodon.instance import Instance
from parvis.connectors.mastodon.parse import CHANGED, rows_of
from parvis.core.connector import Fetched, Session
from parvis.core.types import Payload
from parvis.net.events import EventReader, ServerEvent

_STREAMED = frozenset({"public", "tag", "mentions"})


def has_stream(facts: Mapping[str, str]) -> bool:
    return facts.get("source") in _STREAMED and facts.get("signed_in") == "1"


async def stream(session: Session, cursor: Mapping[str, Any]) -> AsyncIterator[Fetched]:
    instance, reader = Instance(session), EventReader()
    path, params = _place(session.facts)
    own = session.facts.get("account_id", "") if session.facts.get("source") == "mentions" else ""
    reached = {name: str(cursor.get(name) or "") for name in ("timeline", "statuses", "notifications")}
    url = f"{instance.streaming}/api/v1/streaming/{path}"
    async with session.stream_lines(url, params=params, headers=instance.headers) as batches:
        yield Fetched(payloads=(), cursor={})
        async for lines in batches:
            events = [event for event in reader.take(lines) if _concerns_us(event, own)]
            if events:
                moved = _moved(events, reached, own)
                yield Fetched(payloads=(_payload(events, url, own),), cursor=moved)


def _place(facts: Mapping[str, str]) -> tuple[str, dict[str, str | int]]:
    match facts.get("source"):
        case "public":
            return ("public/local" if facts.get("scope") == "local" else "public"), {}
        case "tag":
            return "hashtag", {"tag": facts["tag"]}
    return "user", {}


def _concerns_us(event: ServerEvent, own: str) -> bool:
    """On the account's own stream, its home timeline is left out: only what it says, and what is said to it."""
    rows = rows_of(event)
    if not own or event.name not in {"update", *CHANGED}:
        return bool(rows)
    return any(_names(row, own) for row in rows if isinstance(row, dict))


def _names(row: Mapping[str, Any], own: str) -> bool:
    account, mentions = row.get("account"), row.get("mentions")
    if isinstance(account, dict) and str(account.get("id")) == own:
        return True
    if str(row.get("in_reply_to_account_id")) == own:
        return True
    return any(isinstance(one, dict) and str(one.get("id")) == own for one in mentions or ())


def _payload(events: Iterable[ServerEvent], url: str, own: str) -> Payload:
    """The events as they were sent, without the signs of life between them."""
    text = "".join(
        f"event: {event.name}\n" + "".join(f"data: {line}\n" for line in event.data.split("\n")) + "\n"
        for event in events
    )
    facts = {"account_id": own} if own else {}
    return Payload(endpoint="events", url=url, body=text.encode(), content_type="text/event-stream", facts=facts)


def _moved(events: Iterable[ServerEvent], reached: dict[str, str], own: str) -> dict[str, str]:
    """The parts of the cursor that these events move. A change or a deletion moves none."""
    moved: dict[str, str] = {}
    for event in events:
        name = {"update": "statuses" if own else "timeline", "notification": "notifications"}.get(event.name)
        number = _id(event)
        if name and number and age(number) > age(reached[name]):
            moved[name] = reached[name] = number
    return moved


def _id(event: ServerEvent) -> str:
    try:
        told = msgspec.json.decode(event.data)
    except (msgspec.DecodeError, RecursionError):
        return ""
    return str(told.get("id") or "") if isinstance(told, dict) else ""
