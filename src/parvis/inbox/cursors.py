"""Opaque marks of where a page of a list begins; a broken one means the beginning."""

import base64
import binascii
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from parvis.inbox.ways import Place

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FARTHEST = (_EPOCH - datetime(2, 1, 1, tzinfo=UTC)) // _MICROSECOND
"""Either side of the epoch there are dates at least so far."""


def write_place(place: Place) -> str:
    return _write([(place.at - _EPOCH) // _MICROSECOND, place.id])


def read_place(cursor: str | None) -> Place | None:
    match _read(cursor):
        case [int(at), int(key)] if abs(at) < 2**60 and abs(key) < 2**60:
            return Place(_EPOCH + at * _MICROSECOND, int(key)) if abs(at) < _FARTHEST else None  # True is an int too
    return None


def write_number(number: int) -> str:
    return _write(number)


def read_number(cursor: str | None) -> int | None:
    found = _read(cursor)
    return int(found) if isinstance(found, int) and abs(found) < 2**60 else None


def _write(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")


def _read(cursor: str | None) -> Any:
    if not cursor or len(cursor) > 200:
        return None
    try:
        return json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None
