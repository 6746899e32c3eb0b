"""Whether an opened address is a Matrix homeserver, or says where one is."""

import re
from typing import Any
from urllib.parse import urlsplit

import msgspec

from parvis.core.types import Answer, Recognition
from parvis.core.wording import Text

SLUG = "matrix"
LANDING = re.compile(rb"<title>\s*(?:Synapse|Dendrite|Conduit|Conduwuit|Continuwuity|Tuwunel)\b", re.IGNORECASE)
OFFERS = Text(
    "Read the rooms that an account has joined, answer there, and take messages away.",
    "Lire les salons qu’un compte a rejoints, y répondre et en retirer des messages.",
)


def recognise(answer: Answer) -> list[Recognition]:
    """By its list of versions, its error codes, its landing page, or what names it (.well-known, a web client's settings)."""
    told = _object(answer.body)
    address = _named(told) or (_origin(answer) if _is_homeserver(told, answer) else "")
    if not address.startswith(("http://", "https://")):
        return []
    return [Recognition(slug=SLUG, address=address, name=urlsplit(address).hostname or address, offers=OFFERS)]


def _object(body: bytes) -> dict[str, Any]:
    if body.lstrip()[:1] != b"{":
        return {}
    try:
        told = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _named(told: dict[str, Any]) -> str:
    """`m.homeserver` of /.well-known/matrix/client, or of the config.json of Element and its like."""
    outer = told.get("default_server_config")
    server = (outer if isinstance(outer, dict) else told).get("m.homeserver")
    address = server.get("base_url") if isinstance(server, dict) else None
    return address.strip().rstrip("/") if isinstance(address, str) else ""


def _is_homeserver(told: dict[str, Any], answer: Answer) -> bool:
    versions = told.get("versions")
    if isinstance(versions, list) and any(re.match(r"[rv]\d", str(version)) for version in versions):
        return True
    if str(told.get("errcode", "")).startswith("M_"):
        return True
    return LANDING.search(answer.body[:4096]) is not None


def _origin(answer: Answer) -> str:
    parts = urlsplit(answer.url)
    return f"{parts.scheme}://{parts.netloc}"
