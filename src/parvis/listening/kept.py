"""What a match is counted with: as its item was when it was heard."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import DateTimeField, TextField
from django.db.models.functions import Cast, Coalesce

from parvis.listening.documents import ITEMS_A_QUERY, Heard, items_among, number_in


class Kept(NamedTuple):
    """In the order of the columns of `Match` that are named in FIELDS."""

    hour: datetime
    tone: float | None
    reach: int | None
    department_key: int | None
    channel_key: int | None
    profile_key: int | None
    story_key: int | None


FIELDS = Kept._fields


def hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def as_kept(heard: Heard) -> Kept:
    document = heard.document
    return Kept(
        hour_of(heard.at), document.sentiment, None if document.reach is None else int(document.reach),
        heard.department_id, _number(document.channel[-1:]), heard.profile_id, _number(document.story),
    )  # fmt: skip


class Standing(NamedTuple):
    """An item as it stands at this moment."""

    item_id: int
    fingerprint: str
    written_at: Any
    """When it was said as the database holds it, for `moment_of`; the later, the greater."""
    kept: Kept


def standing(item_ids: Sequence[int]) -> Iterator[Standing]:
    """The same as `as_kept` says of each, from the fewest columns, by id where they are given so."""
    moment: Any = Coalesce("published_at", "received_at", output_field=DateTimeField())
    is_text = connection.vendor == "sqlite"
    if is_text:
        moment = Cast(moment, TextField())  # to read times takes longer than all the rest
    columns: tuple[Any, ...] = (
        "id", "fingerprint", moment, Cast("facts", TextField()), "department_id", "channel_id", "profile_id",
        "telling__story_id",
    )  # fmt: skip
    hours: dict[Any, datetime] = {}
    for start in range(0, len(item_ids), ITEMS_A_QUERY):
        rows: Any = items_among(item_ids[start : start + ITEMS_A_QUERY]).order_by("id").values_list(*columns)
        for key, fingerprint, at, facts, department, channel, profile, story in rows:
            begin = at[:_UP_TO_HOUR] if is_text else at
            hour = hours.get(begin)
            if hour is None:
                hour = hours[begin] = hour_of(moment_of(at))
            reach = number_in(json.loads(facts), "reach") if '"reach"' in facts else None
            counted = Kept(hour, None, None if reach is None else int(reach), department, channel, profile, story)
            yield Standing(key, fingerprint, at, counted)


_UP_TO_HOUR = len("2026-11-22 09")


def moment_of(written_at: Any) -> datetime:
    """SQLite holds texts in UTC."""
    if isinstance(written_at, datetime):
        return written_at
    return datetime.fromisoformat(written_at).replace(tzinfo=UTC)


def _number(written: tuple[str, ...]) -> int | None:
    """The id among a document's names."""
    return int(written[0]) if written and written[0].isdecimal() else None
