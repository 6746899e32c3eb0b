"""Saved queries: made, changed, paused, put away. Each change is a version that stays."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from parvis.core.errors import Conflict, FieldMissing, QueryNotForListening, TextTooLong
from parvis.core.query.cost import Ease, cost_of
from parvis.core.query.parser import parse_query
from parvis.core.query.tree import All, Field, Near, Node, Not, Query
from parvis.core.query.tree import Any as AnyOf
from parvis.core.wording import Text
from parvis.jobs.live import tell
from parvis.listening.models import QueryState, QueryVersion, SavedQuery
from parvis.orgs.access import must
from parvis.orgs.audit import record
from parvis.orgs.models import Department, Member
from parvis.orgs.rights import Action

LONGEST_NAME = 80
LONGEST_PURPOSE = 2_000
COLOURS = ("blue", "green", "amber", "red", "violet", "grey")
_OF_CONVERSATIONS = frozenset({"label", "state", "assignee", "priority"})
_FLAGS_OF_CONVERSATIONS = frozenset({"unanswered", "held", "mine", "snoozed"})
_VERSIONED = ("name", "text", "purpose", "language", "colour", "state", "department_id", "hears_house", "owner_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants a query to be."""

    name: str
    text: str
    department: Department | None
    hears_house: bool = False
    purpose: str = ""
    language: str = ""
    colour: str = "blue"


def check_query(text: str) -> tuple[Query, Text | None]:
    """The query as it can listen, and why it is slow where it is.

    Raises QueryNotUnderstood with place and repair; QueryNotForListening where it asks for nothing, or for
    what an item that arrives cannot have.
    """
    query = parse_query(text)
    if query.root is None:
        raise QueryNotForListening(detail=Text("it asks for nothing", "elle ne demande rien"))
    for field in _fields(query.root):
        if field.name in _OF_CONVERSATIONS or (field.name == "is" and field.value in _FLAGS_OF_CONVERSATIONS):
            raise QueryNotForListening(
                detail=Text(
                    "“{field}:{value}” is about conversations, and listening hears items as they arrive",
                    "«\u202f{field}:{value}\u202f» concerne les conversations, et l’écoute entend les contenus à leur arrivée",
                ).format(field=field.name, value=field.value)
            )
    cost = cost_of(query)
    if cost.kind == Ease.REFUSED and cost.reason is not None:
        raise QueryNotForListening(detail=cost.reason)
    return query, cost.reason if cost.kind == Ease.SLOW else None


def save_query(member: Member, wish: Wish, *, now: datetime) -> SavedQuery:
    """A new query, listening from now on; its look through history is the caller's to start.

    Raises NotAllowed, FieldMissing, TextTooLong, and what `check_query` raises.
    """
    _, slow = check_query(wish.text)
    _must_listen(member, wish)
    with transaction.atomic():
        query = SavedQuery(owner=member, created_at=now, changed_at=now, is_slow=slow is not None, **_values(wish))
        query.save()
        _keep_version(query, member, now=now)
        _note(query, member, "query.save", now=now)
    return query


def change_query(
    query: SavedQuery, member: Member, wish: Wish, *, now: datetime, note: str = "", revision: int
) -> bool:
    """Whether what it finds may have changed. `revision`: the version that the member saw; Conflict where it is older."""
    _, slow = check_query(wish.text)
    must(member, Action.LISTEN, query if query.department_id is not None else None)
    _must_listen(member, wish)
    with transaction.atomic():
        current = _held(query, revision)
        before = {name: getattr(current, name) for name in _VERSIONED}
        for name, value in _values(wish).items():
            setattr(current, name, value)
        current.is_slow, current.changed_at = slow is not None, now
        changes = _changes(before, current)
        if not changes:
            return False
        current.save()
        _keep_version(current, member, now=now, facts=changes, note=note)
        _note(current, member, "query.change", now=now, facts=changes)
    query.refresh_from_db()
    return bool(changes.keys() & {"text", "department_id", "hears_house"})


def set_query_state(query: SavedQuery, member: Member, state: QueryState, *, now: datetime, note: str = "") -> bool:
    """Listens again, pauses, or is put away; whether it had been in another state. What it found stays."""
    must(member, Action.LISTEN, query if query.department_id is not None else None)
    with transaction.atomic():
        current = _held(query, None)
        before = {name: getattr(current, name) for name in _VERSIONED}
        current.state, current.changed_at = state, now
        changes = _changes(before, current)
        if not changes:
            return False
        current.save()
        _keep_version(current, member, now=now, facts=changes, note=note)
        _note(current, member, f"query.{state}", now=now)
    query.refresh_from_db()
    return True


def give_query(query: SavedQuery, member: Member, to: Member, *, now: datetime) -> None:
    """Another owner, who must be able to see it. Raises NotAllowed."""
    must(member, Action.LISTEN, query if query.department_id is not None else None)
    must(to, Action.SEE, query if query.department_id is not None else None)
    with transaction.atomic():
        current = _held(query, None)
        before = {name: getattr(current, name) for name in _VERSIONED}
        current.owner, current.changed_at = to, now
        current.save()
        _keep_version(current, member, now=now, facts=_changes(before, current))
        _note(current, member, "query.give", now=now, facts={"to": to.pk})
    query.refresh_from_db()


def _must_listen(member: Member, wish: Wish) -> None:
    """Hearing the whole house takes seeing the whole house: its counts tell of every department."""
    must(member, Action.LISTEN, wish.department)
    if wish.hears_house or wish.department is None:
        must(member, Action.SEE, None)


def _values(wish: Wish) -> dict[str, Any]:
    name = " ".join(wish.name.replace("\0", "").split())
    purpose = wish.purpose.replace("\0", "").strip()
    if not name:
        raise FieldMissing(field=Text("name", "nom"))
    if len(name) > LONGEST_NAME:
        raise TextTooLong(length=len(name), limit=LONGEST_NAME)
    if len(purpose) > LONGEST_PURPOSE:
        raise TextTooLong(length=len(purpose), limit=LONGEST_PURPOSE)
    return {
        "name": name,
        "text": wish.text.strip(),
        "purpose": purpose,
        "language": wish.language[:8],
        "colour": wish.colour if wish.colour in COLOURS else COLOURS[0],
        "department_id": wish.department.pk if wish.department else None,
        "hears_house": wish.hears_house or wish.department is None,
    }


def _held(query: SavedQuery, revision: int | None) -> SavedQuery:
    current: SavedQuery = SavedQuery.objects.select_for_update(of=("self",), no_key=True).get(pk=query.pk)
    if revision is not None and current.revision != revision:
        raise Conflict(
            who=Text("Somebody else", "Quelqu’un d’autre"),
            detail=Text(
                "this query has been changed since you opened it",
                "cette requête a changé depuis que vous l’avez ouverte",
            ),
        )
    return current


def _changes(before: dict[str, Any], query: SavedQuery) -> dict[str, Any]:
    return {name: [before[name], getattr(query, name)] for name in _VERSIONED if before[name] != getattr(query, name)}


def _keep_version(
    query: SavedQuery, member: Member, *, now: datetime, facts: dict[str, Any] | None = None, note: str = ""
) -> None:
    """The version's number is the query's revision: whoever holds queries in memory reads it again."""
    version = QueryVersion.objects.create(
        query=query, member=member, at=now, name=query.name, text=query.text, state=query.state,
        facts=facts or {}, note=note.strip(),
    )  # fmt: skip
    query.revision = version.pk
    SavedQuery.objects.filter(pk=query.pk).update(revision=version.pk)


def _note(
    query: SavedQuery, member: Member, action: str, *, now: datetime, facts: dict[str, Any] | None = None
) -> None:
    tell("query", now=now, department_id=query.department_id, subject_id=query.pk)
    record(
        member, action, subject="query", subject_key=query.pk, department_id=query.department_id, now=now,
        facts={"name": query.name, "text": query.text, **(facts or {})},
    )  # fmt: skip


def _fields(node: Node) -> list[Field]:
    match node:
        case Field():
            return [node]
        case Not(part=part):
            return _fields(part)
        case Near(left=left, right=right):
            return [*_fields(left), *_fields(right)]
        case All(parts=parts) | AnyOf(parts=parts):
            return [field for part in parts for field in _fields(part)]
        case _:
            return []
