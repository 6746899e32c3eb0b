"""What happened in a room, in one line of time: its log, and what the desk did to its queries meanwhile."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import CharField, F, JSONField, QuerySet, Value

from parvis.listening.models import AlertEpisode, CrisisRoom, LogEntry, QueryVersion
from parvis.listening.seeing import Seen, seen_by, sees
from parvis.orgs.models import Member

SHOWN = 200
"""Of the log on the room's screen; the debrief has all of it."""
MOST = 5_000
_CHANGE, _ALERT = "query", "alert"
_COLUMNS = ("id", "at", "what", "who", "said", "facts", "state", "item_key", "department_id")


@dataclass(frozen=True, slots=True)
class Moment:
    """One line. `who` "": the desk by itself. A hidden one says that there was something, and when."""

    at: datetime
    kind: str
    who: str
    text: str
    facts: dict[str, Any]
    item_key: int | None = None
    is_hidden: bool = False


def timeline(room: CrisisRoom, member: Member, *, limit: int = SHOWN) -> list[Moment]:
    """Newest first; one query."""
    seen = seen_by(member)
    rows = _log(room).union(_changes(room), _alerts(room), all=True).order_by("-at", "-id")[:limit]
    return [_moment(row, seen) for row in rows]


def _moment(row: dict[str, Any], seen: Seen) -> Moment:
    is_of_query = row["what"] in (_CHANGE, _ALERT)
    place = row["department_id"]
    # what is of the whole house stands in the log for everybody in the room; a query of the whole house does not
    is_hidden = not sees(seen, place) and (is_of_query or place is not None)
    at, kind, who = row["at"], row["what"], row["who"] or ""
    if is_hidden:
        return Moment(at, kind, who, "", {}, is_hidden=True)
    facts = {"state": row["state"], "changed": sorted(row["facts"])} if is_of_query else row["facts"]
    return Moment(at, kind, who, row["said"], facts, row["item_key"])


def _log(room: CrisisRoom) -> QuerySet[Any, Any]:
    rows: QuerySet[Any, Any] = LogEntry.objects.filter(room=room).order_by()
    named: QuerySet[Any, Any] = rows.annotate(
        what=F("kind"), who=F("member__name"), said=F("text"), state=Value("", CharField())
    )
    return named.values(*_COLUMNS)


def _changes(room: CrisisRoom) -> QuerySet[Any, Any]:
    """Versions of the chosen queries that were made while the room was open."""
    rows: QuerySet[Any, Any] = QueryVersion.objects.filter(query__in=room.queries.all(), at__gte=room.opened_at)
    if room.ended_at is not None:
        rows = rows.filter(at__lte=room.ended_at)
    named: QuerySet[Any, Any] = rows.annotate(
        what=Value(_CHANGE, CharField()),
        who=F("member__name"),
        said=F("name"),
        item_key=F("query_id"),
        department_id=F("query__department_id"),
    )
    return named.values(*_COLUMNS)  # fmt: skip


def _alerts(room: CrisisRoom) -> QuerySet[Any, Any]:
    """What rang for the chosen queries while the room was open, muted or not."""
    rows: QuerySet[Any, Any] = AlertEpisode.objects.filter(query__in=room.queries.all(), opened_at__gte=room.opened_at)
    if room.ended_at is not None:
        rows = rows.filter(opened_at__lte=room.ended_at)
    named: QuerySet[Any, Any] = rows.order_by().annotate(
        what=Value(_ALERT, CharField()),
        at=F("opened_at"), who=Value("", CharField()), said=F("query__name"), facts=Value({}, JSONField()),
        state=Value("", CharField()), item_key=F("id"), department_id=F("query__department_id"),
    )  # fmt: skip
    return named.values(*_COLUMNS)
