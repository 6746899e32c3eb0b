"""What publishing does: uploads, messages in a room, changes, taking away.

The key of the order is the transaction id: a homeserver that is asked twice does it once. It remembers that
for a day and for one token; so an unknown outcome is also looked for in the room, by the key in the event.
"""

import json
from typing import Any

from parvis.connectors.matrix import saying
from parvis.connectors.matrix.homeserver import Homeserver, own_id
from parvis.connectors.matrix.rooms import is_event_id
from parvis.core.connector import Act, Can, Done, FindOwn, Harmless, IdempotencyKey, Order, Session
from parvis.core.errors import AnswerNotUnderstood, FieldMissing, Refused, RemoteError, RemoteGone, RightMissing
from parvis.core.types import Kind, Payload, Status
from parvis.core.wording import Text

PAGE = 100
MOST_PAGES = 50
"""Of own events that are read back; beyond them nobody can say that there was none."""
CLOCK_SKEW_S = 300.0
ENCRYPTED = Text(
    "the room is encrypted, and Parvis holds no keys: nothing was posted there",
    "le salon est chiffré, et Parvis n’a pas de clés\u202f: rien n’y a été publié",
)
NOT_IN_ROOM = Text(
    "the account is not in this room; invite it there, and accept the invitation",
    "le compte n’est pas dans ce salon\u202f; invitez-l’y, et acceptez l’invitation",
)
NO_SUCH_ROOM = Text("no room has this name", "aucun salon ne porte ce nom")
_TOO_MANY = Text("too many messages to look through", "trop de messages à parcourir")
_NO_MESSAGE = Text(
    "what is to be changed is no message of the account", "ce qui est à modifier n’est pas un message du compte"
)


async def upload(session: Session, order: Order) -> Done:
    if order.file is None:
        raise FieldMissing(field="file")
    server = Homeserver(session)
    answer = await server.upload(order.file)
    address = server.object_in(answer).get("content_uri")
    if not isinstance(address, str) or not address.startswith("mxc://"):
        raise AnswerNotUnderstood(host=server.host, detail="no content_uri", answer=answer)
    return Done(remote_id=address, facts={"address": address})


async def publish(session: Session, order: Order) -> Done:
    server = Homeserver(session)
    room = await _room(server, order)
    await must_be_readable(server, room)
    content = {**await _content(server, room, order), saying.EFFECT: order.key}
    answer = await server.ask("PUT", ("rooms", room, "send", _type_of(order), order.key), json=content)
    return await _done(server, room, str(server.object_in(answer)["event_id"]))


def _type_of(order: Order) -> str:
    return saying.POLL if order.body.get("poll") else saying.MESSAGE


async def _room(server: Homeserver, order: Order) -> str:
    """All parts go where the first of them went, whatever its name leads to by now."""
    first = order.earlier.get("post")
    told = str((first.facts.get("room") if first else "") or order.body.get("room") or "")
    return await room_called(server, told)


async def room_called(server: Homeserver, name: str) -> str:
    """The id of a room. Raises RemoteGone where nothing has this alias."""
    if not name:
        raise FieldMissing(field="room")
    if not name.startswith("#"):
        return name
    try:
        return str((await server.read("directory", "room", name))["room_id"])
    except (RemoteGone, KeyError) as error:
        raise RemoteGone(host=server.host, detail=NO_SUCH_ROOM) from error


async def must_be_readable(server: Homeserver, room: str) -> None:
    """What is said in an encrypted room would stand there open, for the server too. Raises Refused, RightMissing."""
    try:
        await server.ask("GET", ("rooms", room, "state", "m.room.encryption", ""))
    except RemoteGone:
        return
    except RightMissing as error:
        raise RightMissing(host=server.host, detail=NOT_IN_ROOM, answer=error.answer) from error
    raise Refused(host=server.host, detail=ENCRYPTED)


async def _content(server: Homeserver, room: str, order: Order) -> dict[str, Any]:
    body = order.body
    if body.get("shows"):
        address = str(_earlier(order, str(body["shows"]))["address"])
        content = saying.file(address, body["file_told"])
    elif body.get("poll"):
        content = saying.poll(str(body["text"]), body["poll"])
    else:
        content = await _words(server, room, order)
    if body.get("thread"):
        root = _event_id(order, str(body["thread"]))
        after = _event_id(order, str(body.get("after") or body["thread"]))
        content["m.relates_to"] = saying.in_thread(root, after, is_answer="after" not in body)
    return content


async def _words(server: Homeserver, room: str, order: Order) -> dict[str, Any]:
    text = saying.tidy(str(order.body.get("text") or ""))
    if not text:
        raise FieldMissing(field="text")
    named: dict[str, str] = {}
    for user in saying.people_in(text):
        if (shown := await _shown_name(server, room, user)) is not None:
            named[user] = shown
    return saying.words(text, named, everybody=order.body.get("everybody") is True)


async def _shown_name(server: Homeserver, room: str, user: str) -> str | None:
    """As the room calls them; None where nobody there is called so: then it is text."""
    try:
        member = await server.read("rooms", room, "state", "m.room.member", user)
    except RemoteGone:
        return None
    if member.get("membership") not in ("join", "invite"):
        return None
    return str(member.get("displayname") or "") or user.partition(":")[0].removeprefix("@")


def _earlier(order: Order, name: str) -> dict[str, Any]:
    part = order.earlier.get(name)
    if part is None:
        raise FieldMissing(field=name)
    return part.facts


def _event_id(order: Order, name: str) -> str:
    part = order.earlier.get(name)
    if part is None or not is_event_id(part.remote_id):
        raise FieldMissing(field=name)
    return part.remote_id


async def _done(server: Homeserver, room: str, event_id: str) -> Done:
    return Done(
        remote_id=event_id,
        url=f"https://matrix.to/#/{room}/{event_id}",
        payloads=await as_it_came_to_be(server, room, event_id),
        facts={"room": room},
    )


async def as_it_came_to_be(server: Homeserver, room: str, event_id: str) -> tuple[Payload, ...]:
    """The message as the room has it now; where it cannot be read at once, the next reading brings it."""
    try:
        answer = await server.ask("GET", ("rooms", room, "event", event_id))
        facts = {"room": room, "user_id": await own_id(server)}
    except RemoteError:
        return ()
    body = b'{"event":' + answer.body + b"}"
    return (Payload(endpoint="edited", url=server.session.address, body=body, facts=facts),)


async def find_published(session: Session, order: Order) -> Done | None:
    """By the key that our events bear, back to when the order was written."""
    server = Homeserver(session)
    room = await _room(server, order)
    since_ms = (order.written_at.timestamp() - CLOCK_SKEW_S) * 1000
    asked: dict[str, str | int] = {"dir": "b", "limit": PAGE}
    ours = {"senders": [await own_id(server)], "types": [_type_of(order)]}
    asked["filter"] = json.dumps(ours, separators=(",", ":"))
    for _ in range(MOST_PAGES):
        told = await server.read("rooms", room, "messages", params=asked)
        events = [event for event in told.get("chunk") or () if isinstance(event, dict)]
        for event in events:
            if isinstance(event.get("content"), dict) and event["content"].get(saying.EFFECT) == order.key:
                return await _done(server, room, str(event["event_id"]))
        is_before = any(isinstance(at := event.get("origin_server_ts"), int) and at < since_ms for event in events)
        if is_before or not isinstance(told.get("end"), str):
            return None
        asked["from"] = told["end"]
    raise RemoteError(host=server.host, detail=_TOO_MANY, retry_after_s=600.0)


def _target(order: Order) -> tuple[str, str]:
    """Room and event of a change or a withdrawal: an item, or a part of the same publication (`of`, the post)."""
    kind, _, room = order.target.about_id.partition(":")
    if kind == "room" and room and is_event_id(order.target.remote_id):
        return room, order.target.remote_id
    name = str(order.body.get("of") or "post")
    return str(_earlier(order, name).get("room") or ""), _event_id(order, name)


async def edit(session: Session, order: Order) -> Done:
    """Other words, or of a file another description; done twice it is done once, and says the same."""
    server = Homeserver(session)
    room, event_id = _target(order)
    before = (await server.read("rooms", room, "event", event_id)).get("content")
    if not isinstance(before, dict) or not isinstance(before.get("msgtype"), str):
        raise Refused(host=server.host, detail=_NO_MESSAGE)
    await must_be_readable(server, room)
    if order.body.get("file_told"):
        new = saying.described(before, str(order.body["file_told"].get("alt") or ""))
    else:
        new = await _words(server, room, order)
    content = {**saying.change_of(event_id, new, before), saying.EFFECT: order.key}
    await server.ask("PUT", ("rooms", room, "send", saying.MESSAGE, order.key), json=content)
    return await _done(server, room, event_id)


async def withdraw(session: Session, order: Order) -> Done:
    """Redacted, for everybody; what is gone already stays gone."""
    server = Homeserver(session)
    room, event_id = _target(order)
    await server.ask("PUT", ("rooms", room, "redact", event_id, order.key), json={})
    return Done(status=Status.DELETED)


_MESSAGES = frozenset({Kind.MESSAGE})
ACTS = {
    Can.UPLOAD: Act(perform=upload, settle=Harmless(), kinds=_MESSAGES),
    Can.PUBLISH: Act(perform=publish, settle=FindOwn(find=find_published), kinds=_MESSAGES),
    Can.EDIT: Act(perform=edit, settle=IdempotencyKey(), kinds=_MESSAGES),
    Can.WITHDRAW: Act(perform=withdraw, settle=Harmless(), kinds=_MESSAGES, leads_to=Status.DELETED),
}
