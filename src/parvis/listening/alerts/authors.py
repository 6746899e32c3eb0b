"""Named authors: how a name or a handle is told, and what they said."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from parvis.core.query.document import mention_keys
from parvis.core.query.words import folded
from parvis.listening.models import Match

MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Spoken:
    """Something that a named author said."""

    match_id: int
    item_id: int
    hour: datetime
    author: str


class Authors:
    """By name, whatever its case and accents, or by handle, with or without its host."""

    def __init__(self, written: Iterable[str]) -> None:
        self._names: set[str] = set()
        self._handles: set[str] = set()
        for one in written:
            self._names.add(_name_key(one))
            self._handles |= {max(mention_keys(one), key=len, default="")}
        self._names.discard("")
        self._handles.discard("")

    @property
    def is_anybody(self) -> bool:
        """Whether a letter is left of any of them."""
        return bool(self._names or self._handles)

    def know(self, name: str, handle: str) -> bool:
        return bool((name and _name_key(name) in self._names) or (handle and mention_keys(handle) & self._handles))


def _name_key(name: str) -> str:
    return " ".join(folded(name.lstrip("@")))


_FIELDS = ("id", "item_id", "hour", "item__profile__name", "item__profile__handle")


def spoken(
    query_id: int, authors: Authors, *, after_match: int = 0, since: datetime, limit: int = MOST_AT_ONCE
) -> list[Spoken]:
    """Oldest first: of the query's newer matches, those of its named authors."""
    rows = Match.objects.filter(query_id=query_id, id__gt=after_match, hour__gte=since)
    found = rows.filter(item__profile__isnull=False).order_by("id").values_list(*_FIELDS).iterator(chunk_size=1000)
    said = []
    for match_id, item_id, hour, name, handle in found:
        if authors.know(name or "", handle or ""):
            said.append(Spoken(match_id, item_id, hour, name or handle))
            if len(said) >= limit:
                break
    return said
