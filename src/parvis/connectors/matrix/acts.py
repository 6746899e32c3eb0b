"""What can be done in a room. The key of the order is the transaction id, with which a homeserver does a thing once.

A homeserver remembers transaction ids for one access token, Synapse for a day; both last longer than an
order is tried again.
"""

from parvis.connectors.matrix.homeserver import Homeserver, error_code
from parvis.connectors.matrix.publish import as_it_came_to_be
from parvis.connectors.matrix.publishing import LONGEST_BYTES
from parvis.connectors.matrix.saying import EFFECT
from parvis.core.connector import Act, Can, Done, IdempotencyKey, Order, Session
from parvis.core.errors import FieldMissing, RightMissing, TextTooLong
from parvis.core.types import Kind, Status


async def reply(session: Session, order: Order) -> Done:
    """In the thread of the message where it is in one."""
    server, room = Homeserver(session), _room(order)
    text = order.text.replace("\r\n", "\n").strip()
    if not text:
        raise FieldMissing(field="text")
    if len(text.encode()) > LONGEST_BYTES:
        raise TextTooLong(length=len(text.encode()), limit=LONGEST_BYTES)
    content = {"msgtype": "m.text", "body": text, "m.relates_to": _relation(order), EFFECT: order.key}
    path = ("rooms", room, "send", "m.room.message", order.key)
    answer = await server.ask("PUT", path, json=content)
    event_id = str(server.object_in(answer)["event_id"])
    return Done(
        remote_id=event_id,
        url=f"https://matrix.to/#/{room}/{event_id}",
        payloads=await as_it_came_to_be(server, room, event_id),
    )


async def redact(session: Session, order: Order) -> Done:
    """Takes a message away for everybody: one's own, or any where the account has the power."""
    server = Homeserver(session)
    await server.ask("PUT", ("rooms", _room(order), "redact", order.target.remote_id, order.key), json={})
    return Done(status=Status.DELETED)


async def accept(session: Session, order: Order) -> Done:
    """Joins the room of an invitation; joining twice is joining once."""
    await Homeserver(session).ask("POST", ("rooms", _invited_to(order), "join"), json={})
    return Done(status=Status.PUBLISHED)


async def decline(session: Session, order: Order) -> Done:
    """Refuses an invitation; leaves the room where it was accepted."""
    try:
        await Homeserver(session).ask("POST", ("rooms", _invited_to(order), "leave"), json={})
    except RightMissing as error:
        if error_code(error) != "M_FORBIDDEN":
            raise  # M_FORBIDDEN: the account is not in the room any more
    return Done(status=Status.TRASHED)


def _room(order: Order) -> str:
    kind, _, room = order.target.about_id.partition(":")
    if kind != "room" or not room or not order.target.remote_id.startswith("$"):
        raise FieldMissing(field="room")
    return room


def _invited_to(order: Order) -> str:
    kind, _, room = order.target.remote_id.partition(":")
    if kind != "invite" or not room:
        raise FieldMissing(field="invitation")
    return room


def _relation(order: Order) -> dict[str, object]:
    answered: dict[str, object] = {"m.in_reply_to": {"event_id": order.target.remote_id}}
    thread = order.target.facts.get("thread")
    return {**answered, "rel_type": "m.thread", "event_id": thread, "is_falling_back": False} if thread else answered


_MESSAGES = frozenset({Kind.MESSAGE})
_INVITATIONS = frozenset({Kind.MENTION})

ACTS = {
    Can.REPLY: Act(perform=reply, settle=IdempotencyKey(), kinds=_MESSAGES),
    Can.DELETE: Act(perform=redact, settle=IdempotencyKey(), kinds=_MESSAGES, leads_to=Status.DELETED),
    Can.APPROVE: Act(perform=accept, settle=IdempotencyKey(), kinds=_INVITATIONS, leads_to=Status.PUBLISHED),
    Can.TRASH: Act(perform=decline, settle=IdempotencyKey(), kinds=_INVITATIONS, leads_to=Status.TRASHED),
}
