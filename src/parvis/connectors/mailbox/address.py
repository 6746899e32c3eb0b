"""A mailbox's address: imaps://host:port/Folder (RFC 5092, without a name in it)."""

import base64
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from parvis.core.errors import AddressNotUnderstood
from parvis.core.types import Recognition
from parvis.core.wording import Text

SLUG = "mailbox"
FOLDER = "INBOX"
_PORTS = {"imaps": 993, "imap": 143}
_LONGEST_FOLDER = 200
_MAIL_ADDRESS = re.compile(
    r"[^@\s/:<>\"]{1,64}@((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,61})", re.IGNORECASE
)
_GUESSED_NAMES = (("imap", 0.6), ("mail", 0.5))
_SENDER = re.compile(r"([^<>]*)<([^<>]+)>")
_NOT_BASE64 = re.compile(r"[^\x20-\x25\x27-\x7e]+")

OFFERS = Text(
    "Parvis reads the mails that arrive there, and marks none of them as read.",
    "Parvis lit les messages qui y arrivent, sans en marquer aucun comme lu.",
)
GUESSED = Text(
    "Parvis reads the mails that arrive there, and marks none as read. The server’s name is a guess: change it "
    "under “Another address” where your provider says another.",
    "Parvis lit les messages qui y arrivent, sans en marquer aucun comme lu. Le nom du serveur est supposé : "
    "changez-le sous « Une autre adresse » si votre fournisseur en indique un autre.",
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mailbox is."""

    host: str
    port: int
    folder: str
    is_encrypted: bool


def place_of(address: str) -> Place:
    """Raises AddressNotUnderstood."""
    try:
        parts = urlsplit(address.strip())
        port = parts.port
    except ValueError as error:
        raise AddressNotUnderstood(address=address[:200]) from error
    folder = unquote(parts.path.strip("/")) or FOLDER
    is_odd = not folder.isprintable() or len(folder) > _LONGEST_FOLDER or parts.username is not None
    if parts.scheme not in _PORTS or not parts.hostname or is_odd:
        raise AddressNotUnderstood(address=address[:200])
    return Place(parts.hostname, port or _PORTS[parts.scheme], folder, parts.scheme == "imaps")


def sender_in(written: str) -> tuple[str, str]:
    """Name and address of “Name <address>” as people write it, with commas and without quotes."""
    found = _SENDER.fullmatch(written.strip())
    return (found[1].strip().strip('"').strip(), found[2].strip()) if found else ("", written.strip())


def recognise_typed(typed: str) -> list[Recognition]:
    """An imaps:// address as it is; for name@host, the names that providers usually give their servers."""
    typed = typed.strip()
    if typed.lower().startswith(("imap://", "imaps://")):
        return _itself(typed)
    found = _MAIL_ADDRESS.fullmatch(typed)
    if found is None:
        return []
    return [
        Recognition(
            slug=SLUG, address=f"imaps://{name}.{found[1].lower()}", name=typed, offers=GUESSED, certainty=certainty
        )
        for name, certainty in _GUESSED_NAMES
    ]


def _itself(typed: str) -> list[Recognition]:
    try:
        place = place_of(typed)
    except AddressNotUnderstood:
        return []
    scheme = "imaps" if place.is_encrypted else "imap"
    host = f"[{place.host}]" if ":" in place.host else place.host
    port = "" if place.port == _PORTS[scheme] else f":{place.port}"
    path = "" if place.folder == FOLDER else "/" + quote(place.folder)
    name = place.host if place.folder == FOLDER else f"{place.folder} · {place.host}"
    return [Recognition(slug=SLUG, address=f"{scheme}://{host}{port}{path}", name=name, offers=OFFERS)]


def folder_name(folder: str) -> str:
    """As the protocol writes it: modified UTF-7 (RFC 3501, 5.1.3)."""
    return _NOT_BASE64.sub(_shifted, folder)


def _shifted(found: re.Match[str]) -> str:
    text = found[0]
    if text == "&":
        return "&-"
    pieces = text.split("&")
    return "&-".join(_packed(piece) for piece in pieces)


def _packed(text: str) -> str:
    if not text:
        return ""
    packed = base64.b64encode(text.encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
    return f"&{packed}-"
