"""Who we are on a homeserver, and the room in which posts are published."""

from typing import Any

from parvis.connectors.matrix import acts, publish
from parvis.connectors.matrix.homeserver import Homeserver
from parvis.connectors.matrix.saying import MESSAGE
from parvis.core.connector import Account, Session
from parvis.core.errors import CredentialsRejected, Refused, RemoteGone, RightMissing
from parvis.core.wording import Text

ACTS = {**acts.ACTS, **publish.ACTS}
MOST_ROOMS = 30
_TOO_LITTLE_POWER = Text(
    "its power in the room is too low to write there", "son pouvoir dans le salon est trop faible pour y écrire"
)


async def check(session: Session) -> Account:
    """Who the token belongs to. Raises CredentialsRejected where it is not (or no longer) valid, and what a room
    that was named says of itself.
    """
    server = Homeserver(session)
    user_id = str((await server.read("account", "whoami")).get("user_id", ""))
    name = await _display_name(server, user_id)
    shown = f"{name} ({user_id})" if name and name != user_id else user_id
    facts = {"user_id": user_id}
    if most_bytes := await server.upload_bytes():
        facts["upload_bytes"] = str(most_bytes)
    if rooms := await _joined_rooms(server):
        facts["rooms"] = "\n".join(rooms)
    named = session.credentials.get("room", "").strip()
    if named or session.facts.get("room"):
        facts["room"] = await _room(server, named, user_id) if named else ""
    return Account(name=shown, can=frozenset(ACTS), facts=facts)


async def _joined_rooms(server: Homeserver) -> list[str]:
    """The names of those that have one, to choose from."""
    joined = (await server.read("joined_rooms")).get("joined_rooms")
    found = []
    for room in joined[:MOST_ROOMS] if isinstance(joined, list) else []:
        try:
            told = await server.read("rooms", str(room), "state", "m.room.canonical_alias", "")
        except RemoteGone:
            continue
        if isinstance(alias := told.get("alias"), str) and alias.isprintable():
            found.append(alias)
    return sorted(found)


async def _room(server: Homeserver, name: str, user_id: str) -> str:
    """Its id: an alias may lead elsewhere one day. Raises Refused where nothing could be posted there."""
    room = await publish.room_called(server, name)
    await publish.must_be_readable(server, room)
    try:
        levels = await server.read("rooms", room, "state", "m.room.power_levels", "")
    except RemoteGone:
        return room
    needed = _level(levels.get("events"), MESSAGE, _number(levels.get("events_default"), 0))
    own = _level(levels.get("users"), user_id, _number(levels.get("users_default"), 0))
    if own < needed:
        raise RightMissing(host=server.host, detail=_TOO_LITTLE_POWER)
    return room


def _level(levels: Any, name: str, default: int) -> int:
    return _number(levels.get(name), default) if isinstance(levels, dict) else default


def _number(told: Any, default: int) -> int:
    return told if isinstance(told, int) and not isinstance(told, bool) else default


async def _display_name(server: Homeserver, user_id: str) -> str:
    try:
        return str((await server.read("profile", user_id)).get("displayname") or "")
    except CredentialsRejected:
        raise
    except Refused:
        return ""
