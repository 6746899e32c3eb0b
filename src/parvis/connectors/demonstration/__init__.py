"""The channels of a demonstration: orders are carried out on the spot, from memory; nothing ever leaves the machine."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from parvis.core.connector import (
    Account,
    Act,
    Can,
    Connector,
    Done,
    Fetched,
    IdempotencyKey,
    Order,
    Session,
)
from parvis.core.errors import AnswerNotUnderstood
from parvis.core.types import Answer, ItemRecord, Kind, Parsed, Payload, ProfileRecord, Recognition, Status
from parvis.core.wording import Text

KINDS = frozenset({Kind.COMMENT, Kind.MENTION})
HOST = "a demonstration"
HOUSE_ID = "user:house"
"""The profile that answers come from."""


class Written(msgspec.Struct, frozen=True):
    """An answer as the demonstration keeps it."""

    id: str
    kind: Kind
    text: str
    parent_id: str
    about_id: str
    author: str
    at: datetime


def recognise(_answer: Answer) -> list[Recognition]:
    """Nobody connects it by an address."""
    return []


async def fetch(_session: Session, cursor: Mapping[str, Any]) -> AsyncIterator[Fetched]:
    """Nothing new ever comes by itself."""
    yield Fetched(payloads=(), cursor=dict(cursor), next_in_s=86_400)


async def check(session: Session) -> Account:
    return Account(name=session.facts.get("house", ""), can=frozenset(ACTS), facts=dict(session.facts))


def parse(payload: Payload) -> Parsed:
    try:
        written = msgspec.json.decode(payload.body, type=Written)
    except msgspec.MsgspecError as error:
        raise AnswerNotUnderstood(host=HOST, detail=str(error)) from error
    return Parsed(
        items=(
            ItemRecord(
                remote_id=written.id,
                kind=written.kind,
                body=written.text,
                author=ProfileRecord(remote_id=HOUSE_ID, name=written.author, is_house=True),
                parent_id=written.parent_id,
                about_id=written.about_id,
                published_at=written.at,
            ),
        )
    )


def set_status(status: Status) -> Act:
    async def perform(_session: Session, _order: Order) -> Done:
        return Done(status=status)

    return Act(perform=perform, settle=IdempotencyKey(), kinds=KINDS, leads_to=status)


async def reply(session: Session, order: Order) -> Done:
    """The same order gives the same answer, so that a second try does nothing more."""
    written = Written(
        id=f"{order.target.kind}:{order.key}",
        kind=order.target.kind,
        text=order.text,
        parent_id=order.target.remote_id,
        about_id=order.target.about_id,
        author=session.facts.get("house", ""),
        at=order.written_at,
    )
    payload = Payload(
        endpoint="answers", url=session.address, body=msgspec.json.encode(written), content_type="application/json"
    )
    return Done(remote_id=written.id, payloads=(payload,))


ACTS = {
    Can.APPROVE: set_status(Status.PUBLISHED),
    Can.HOLD: set_status(Status.HELD),
    Can.SPAM: set_status(Status.SPAM),
    Can.TRASH: set_status(Status.TRASHED),
    Can.DELETE: set_status(Status.DELETED),
    Can.REPLY: Act(perform=reply, settle=IdempotencyKey(), kinds=KINDS),
}

connector = Connector(
    slug="demonstration",
    name=Text("Demonstration", "Démonstration"),
    version=1,
    recognise=recognise,
    fetch=fetch,
    parse=parse,
    check=check,
    acts=ACTS,
    interval_s=86_400.0,
    requests_per_minute=6000.0,
)
