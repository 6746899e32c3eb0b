"""From what a connector parsed to what a row can hold: nothing that a platform sends breaks the writing of it."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from parvis.core.text.plain import plain_text, squeezed
from parvis.core.types import ItemRecord, ProfileRecord

LONGEST_ID = 500
LONGEST_PROFILE_ID = 255
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""NUL, which PostgreSQL refuses, and halves of surrogate pairs, which have no UTF-8."""


@dataclass(slots=True)
class Arrival:
    """One record, ready to be stored, with the time at which its payload was seen."""

    record: ItemRecord
    remote_id: str
    parent_remote_id: str
    about_remote_id: str
    fingerprint: str
    seen_at: datetime

    @property
    def version_at(self) -> datetime | None:
        """When the platform says that it was last changed; None where it does not say."""
        return in_utc(self.record.updated_at)


def arrival_of(record: ItemRecord, *, seen_at: datetime) -> Arrival:
    remote_id = kept_id(record.remote_id, LONGEST_ID)
    parent = kept_id(record.parent_id, LONGEST_ID) if record.parent_id else ""
    return Arrival(
        record=record,
        remote_id=remote_id,
        parent_remote_id="" if parent == remote_id else parent,
        about_remote_id=kept_id(record.about_id, LONGEST_ID) if record.about_id else "",
        fingerprint=fingerprint_of(record),
        seen_at=seen_at,
    )


STATUS_ONLY = "status_only"
"""A fact with which a connector says that it knows no more of an item than its status: the rest is as it was."""


def newest_of_each(arrivals: Iterable[Arrival]) -> tuple[dict[str, Arrival], dict[str, Arrival]]:
    """One arrival an item, by remote id in order of appearance: the one that its platform changed last, else the last.

    Then, apart, those that came after and tell a status only.
    """
    newest: dict[str, Arrival] = {}
    statuses: dict[str, Arrival] = {}
    for arrival in arrivals:
        if arrival.record.facts.get(STATUS_ONLY):
            statuses[arrival.remote_id] = arrival
            continue
        statuses.pop(arrival.remote_id, None)
        other = newest.get(arrival.remote_id)
        if other is None or not _is_older(arrival.version_at, other.version_at):
            newest[arrival.remote_id] = arrival
    return newest, statuses


def _is_older(version_at: datetime | None, than: datetime | None) -> bool:
    return version_at is not None and than is not None and version_at < than


def fingerprint_of(record: ItemRecord) -> str:
    """Equal for equal records. What msgspec cannot write (half a surrogate pair) is taken by its repr."""
    try:
        written = _encoder.encode(record)
    except (UnicodeEncodeError, OverflowError, TypeError):
        written = repr(record).encode("utf-8", "backslashreplace")
    return hashlib.blake2b(written, digest_size=16).hexdigest()


_encoder = msgspec.msgpack.Encoder(enc_hook=str)


def kept_id(remote_id: str, longest: int) -> str:
    """A platform's id as it is, or, where it is too long for a column, its beginning and a hash of all of it."""
    remote_id = storable(remote_id)
    if len(remote_id) <= longest:
        return remote_id
    digest = hashlib.sha256(remote_id.encode()).hexdigest()[:32]
    return f"{remote_id[: longest - 33]}#{digest}"


def storable(text: str) -> str:
    if text.isascii() and "\0" not in text:
        return text
    return _UNSTORABLE.sub("\ufffd", text)


def storable_json(value: Any) -> Any:
    """The same in all the strings of a JSON value, and only what JSON can hold."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {storable(str(name)): storable_json(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [storable_json(part) for part in value]
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else None
    return storable(str(value))


def in_utc(moment: datetime | None) -> datetime | None:
    """A time without a zone is read as UTC; one that UTC cannot express is not known."""
    if moment is None or moment.tzinfo is UTC:
        return moment
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        return None


@dataclass(slots=True)
class Content:
    """What of a record goes into the text columns."""

    title: str
    text: str
    body: str
    """"" where it is `text` to the letter."""
    body_is_html: bool


def content_of(record: ItemRecord) -> Content:
    body = storable(record.body)
    text = plain_text(body) if record.body_is_html else squeezed(body)
    return Content(
        title=storable(record.title),
        text=text,
        body="" if body == text else body,
        body_is_html=record.body_is_html and body != text,
    )


def profile_values(record: ProfileRecord) -> dict[str, Any]:
    return {
        "name": storable(record.name)[:255],
        "handle": storable(record.handle)[:255],
        "url": storable(record.url),
        "avatar_url": storable(record.avatar_url),
        "is_house": record.is_house,
    }
