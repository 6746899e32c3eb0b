"""How the audit trail is chained: what of a row is hashed, and under which key."""

import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from django.conf import settings

HEAD_KEY = 1
_LARGEST_WHOLE = 2**53
_encode = msgspec.json.Encoder(order="sorted").encode


def hash_of(content: Sequence[Any]) -> str:
    """The HMAC-SHA256, hexadecimal, of a row.

    In this order: id, microseconds since 1970, member, on behalf of, department, action, subject, its key,
    batch (hexadecimal), facts, previous hash; as JSON without spaces, objects sorted by key.
    """
    return hmac.digest(settings.AUDIT_KEY, _encode(content), "sha256").hex()


def seal_of(last_id: int, last_hash: str) -> str:
    return hash_of(["head", last_id, last_hash])


def microseconds(at: datetime) -> int:
    """Since 1970; exact, where `timestamp()` is a float."""
    since = at.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def plain(value: Any) -> Any:
    """The value as both databases give it back: PostgreSQL rewrites floats and takes no NUL."""
    if isinstance(value, Mapping):
        return {_clean(str(key)): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(inner) for inner in value]
    return _plain_leaf(value)


def _plain_leaf(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, float) and not value.is_integer():
        return repr(value)
    if isinstance(value, (int, float)):
        return int(value) if abs(value) < _LARGEST_WHOLE else str(value)
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return _clean(str(value))


def _clean(text: str) -> str:
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "").encode("utf-8", "replace").decode()
