"""One post of the account read again, with what people did with it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from parvis.connectors.mastodon.instance import Instance, record_of
from parvis.core.connector import Looked, Session, Target
from parvis.core.errors import FieldMissing
from parvis.core.types import Payload

NUMBERS: Mapping[str, str] = {
    "likes": "favourites_count", "boosts": "reblogs_count", "replies": "replies_count", "quotes": "quotes_count",
}  # fmt: skip
"""https://docs.joinmastodon.org/entities/Status/, read 2026-11; quotes since 4.5."""


async def look(session: Session, target: Target) -> Looked:
    kind, _, number = target.remote_id.partition(":")
    if kind != "status" or not number:
        raise FieldMissing(field="post")
    answer = await Instance(session).get(f"v1/statuses/{quote(number, safe='')}")
    facts = {"account_id": session.facts.get("account_id", "")}
    payload = Payload(endpoint="status", url=answer.url, body=answer.body, facts=facts)
    return Looked(payloads=(payload,), numbers=numbers_in(record_of(answer)))


def numbers_in(status: Mapping[str, Any]) -> dict[str, int]:
    found = {name: status.get(field) for name, field in NUMBERS.items()}
    return {name: value for name, value in found.items() if type(value) is int and value >= 0}
