"""All saved queries that listen, in memory, ready for each arriving item; kept in step with the database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from parvis.core.errors import QueryNotUnderstood
from parvis.core.matching import Matcher
from parvis.core.query.parser import parse_query
from parvis.listening.documents import Heard
from parvis.listening.models import QueryState, QueryVersion, SavedQuery
from parvis.listening.telling import Stories
from parvis.orgs.house import house_zone

_OVERLAP = 500
"""Versions read again at each look: on PostgreSQL numbers may become visible out of order."""
_FIELDS = ("id", "revision", "text", "state", "department_id", "hears_house")


@dataclass(frozen=True, slots=True)
class Known:
    revision: int
    department_id: int | None
    hears_house: bool

    def hears(self, department_id: int) -> bool:
        return self.hears_house or self.department_id in (None, department_id)


class Ears:
    """One process's copy. `look` first, then `hear`."""

    def __init__(self) -> None:
        self.latest = -1
        self.stories = Stories()
        self._zone: Any = None
        self._matcher: Matcher[int] = Matcher()
        self._known: dict[int, Known] = {}

    def __len__(self) -> int:
        return len(self._matcher)

    def look(self) -> int:
        """Learns what changed since the last look; the number of the newest version, which proves it."""
        self._follow_zone()
        latest = newest_version()
        if latest != self.latest:
            since = self.latest - _OVERLAP if self.latest >= 0 else -1
            for row in SavedQuery.objects.filter(revision__gt=since).order_by("id").values_list(*_FIELDS):
                self._learn(*row)
            self.latest = latest
        return latest

    def hear(self, heard: Heard, *, now: datetime) -> Iterator[int]:
        """Ids of the queries that the item meets, of those that listen where it was said."""
        for key in self._matcher.match(heard.document, now=now):
            if self._known[key].hears(heard.department_id):
                yield key

    def _learn(
        self, key: int, revision: int, text: str, state: str, department_id: int | None, hears_house: bool
    ) -> None:
        known = self._known.get(key)
        if known is not None and known.revision == revision:
            return
        if known is not None:
            self._matcher.remove(key)
            del self._known[key]
        if state == QueryState.ON:
            try:
                query = parse_query(text)
            except QueryNotUnderstood:  # of an older release; its screen says so
                return
            self._matcher.add(key, query)
            self._known[key] = Known(revision, department_id, hears_house)

    def _follow_zone(self) -> None:
        """Where the days of `date:` begin is the house's choice; a change of it begins anew."""
        zone = house_zone()
        if zone != self._zone:
            self._zone, self._matcher, self._known, self.latest = zone, Matcher(zone=zone), {}, -1


def newest_version() -> int:
    return QueryVersion.objects.order_by("-id").values_list("id", flat=True).first() or 0
