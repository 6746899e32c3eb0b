"""What a match is counted with: as its item was when it was heard."""

from datetime import datetime
from typing import NamedTuple

from parvis.listening.documents import Heard


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


def _number(written: tuple[str, ...]) -> int | None:
    """The id among a document's names."""
    return int(written[0]) if written and written[0].isdecimal() else None
