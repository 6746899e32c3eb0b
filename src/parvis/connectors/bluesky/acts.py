"""What can be done: answer a post, and delete one of one's own.

An answer's record key is made of its order, so that a second try would write to the same place. A server
does not take a key twice: it answers 500 to it (dev-env 0.6.7, 2026-11), so what is there is looked at
then, and is the answer itself where it says the same.
"""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from parvis.connectors.bluesky.addresses import APP
from parvis.connectors.bluesky.counting import TEXT_RULES
from parvis.connectors.bluesky.parse import POST, parts_of
from parvis.connectors.bluesky.richtext import written_facets
from parvis.connectors.bluesky.service import Service, decoded
from parvis.core.connector import Act, Can, ChosenId, Done, FindOwn, Order, Session
from parvis.core.errors import FieldMissing, Refused, RemoteBroken, RemoteGone, RightMissing, TextTooLong
from parvis.core.measuring import Measure
from parvis.core.types import Kind, Status
from parvis.core.wording import Text

NOT_OURS = Text(
    "only the account’s own posts can be deleted there", "on n’y supprime que les publications du compte lui-même"
)
_BASE32 = "234567abcdefghijklmnopqrstuvwxyz"
_SPREAD_US = 60_000_000
_CLOCK_IDS = 1024


def record_key(order: Order) -> str:
    """A TID (https://atproto.com/specs/tid): a time in the minute before the order was written, always the same.

    Orders of one batch are written at one moment; 36 bits of the order's own key tell them apart.
    """
    number = int.from_bytes(sha256(order.key.encode()).digest()[:8])
    written_us = int(order.written_at.timestamp() * 1_000_000)
    told = ((written_us - number % _SPREAD_US) * _CLOCK_IDS) + (number >> 40) % _CLOCK_IDS
    return "".join(_BASE32[(told >> shift) & 31] for shift in range(60, -1, -5))


def moment_of(at: datetime) -> str:
    """As records tell it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def reply(session: Session, order: Order) -> Done:
    service = Service(session)
    who = await service.who()
    rkey = record_key(order)
    record = _answer(order)
    try:
        body = {"repo": who.did, "collection": POST, "rkey": rkey, "record": record}
        told = decoded(await service.post("com.atproto.repo.createRecord", body))
    except (RemoteBroken, Refused):
        found = await record_at(service, who.did, rkey)
        if found is None or found.get("value", {}).get("text") != record["text"]:
            raise
        told = found
    return Done(remote_id=str(told["uri"]), url=f"{APP}/profile/{who.did}/post/{rkey}")


def _answer(order: Order) -> dict[str, Any]:
    text = order.text.replace("\r\n", "\n").strip()
    if not text:
        raise FieldMissing(field="text")
    for counted in Measure(TEXT_RULES)(text).units:
        if counted.is_over:
            raise TextTooLong(length=counted.length, limit=counted.most)
    cid = str(order.target.facts.get("cid") or "")
    parts_of(order.target.remote_id)
    parent = {"uri": order.target.remote_id, "cid": cid}
    root = order.target.facts.get("root")
    record: dict[str, Any] = {
        "$type": POST,
        "text": text,
        "createdAt": moment_of(order.written_at),
        "reply": {"root": root if isinstance(root, dict) and root.get("uri") else parent, "parent": parent},
    }
    if facets := written_facets(text):
        record["facets"] = facets
    return record


async def record_at(service: Service, did: str, rkey: str) -> dict[str, Any] | None:
    """The record as it is; None where there is none."""
    asked = {"repo": did, "collection": POST, "rkey": rkey}
    try:
        return decoded(await service.get("com.atproto.repo.getRecord", asked))
    except RemoteGone:
        return None


async def delete(session: Session, order: Order) -> Done:
    """Deleting what is not there any more is no fault there."""
    service = Service(session)
    did, rkey = parts_of(order.target.remote_id)
    if did != (await service.who()).did:
        raise RightMissing(host=service.host, detail=NOT_OURS)
    await service.post("com.atproto.repo.deleteRecord", {"repo": did, "collection": POST, "rkey": rkey})
    return Done(status=Status.DELETED)


async def find_deleted(session: Session, order: Order) -> Done | None:
    did, rkey = parts_of(order.target.remote_id)
    found = await record_at(Service(session), did, rkey)
    return Done(status=Status.DELETED) if found is None else None


KINDS = frozenset({Kind.COMMENT, Kind.MENTION, Kind.ARTICLE})
ACTS = {
    Can.REPLY: Act(perform=reply, settle=ChosenId(), kinds=KINDS),
    Can.DELETE: Act(perform=delete, settle=FindOwn(find=find_deleted), kinds=KINDS, leads_to=Status.DELETED),
}
