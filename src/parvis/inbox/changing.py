"""One way in which conversations change: the right, the version, the rows, the trail, the event; one or a thousand."""

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from parvis.core.errors import Conflict, NothingToDo
from parvis.core.wording import Text
from parvis.inbox.models import Conversation
from parvis.jobs.live import tell
from parvis.orgs.access import must
from parvis.orgs.audit import Fact, history_of, record_many
from parvis.orgs.models import Member
from parvis.orgs.rights import Action

MOST_EVENTS = 20
"""Conversations of one department that open pages are told of one by one."""
_ROWS_A_STATEMENT = 500
_SOMEBODY = Text("Somebody else", "Quelqu’un d’autre")


@dataclass(frozen=True, slots=True)
class Changed:
    """What was changed in one go; `batch` takes it back."""

    batch: uuid.UUID
    ids: tuple[int, ...]


def locked(ids: Collection[int]) -> list[Conversation]:
    """The conversations, held until the transaction ends, always in the same sequence."""
    rows: list[Conversation] = []
    keys = iter(sorted(ids))
    while chunk := list(islice(keys, _ROWS_A_STATEMENT)):
        found = Conversation.objects.filter(pk__in=chunk).order_by("pk")
        if connection.features.has_select_for_update:
            found = found.select_for_update(of=("self",), no_key=True)
        rows += found
    return rows


@transaction.atomic
def change_many(
    ids: Collection[int],
    member: Member | None,
    action: str,
    values: Mapping[str, Any] | Callable[[Conversation], Mapping[str, Any]],
    *,
    now: datetime,
    version: int | None = None,
    batch: uuid.UUID | None = None,
    right: Action | None = Action.ASSIGN,
    facts: Mapping[str, Any] | None = None,
    is_always_recorded: bool = False,
) -> Changed:
    """Sets columns of conversations; those that have the values already stay as they are
    (with `is_always_recorded`, their version and the trail grow all the same).

    `member` None: the program itself. `version`: what the screen showed, where it showed one
    conversation. `right` None: the caller has checked it. Raises NotAllowed, Conflict, NothingToDo where none of them is there any more.
    """
    rows = locked(ids)
    if not rows:
        raise NothingToDo
    if member is not None and right is not None:
        for row in {row.department_id: row for row in rows}.values():
            must(member, right, row)
    if version is not None:
        must_be_version(rows[0], version)
    differences = [(row, *_difference(row, values)) for row in rows]
    changes = [(row, before, after) for row, before, after in differences if after or is_always_recorded]
    _write(changes)
    batch = batch or uuid.uuid4()
    record_many([_fact(row, member, action, before, after, now, batch, facts) for row, before, after in changes])
    tell_of([row for row, _, _ in changes], now=now, member=member, action=action)
    _tell_left(changes, now=now)
    return Changed(batch, tuple(row.pk for row, _, _ in changes))


def must_be_version(row: Conversation, version: int) -> None:
    """Raises Conflict, with who changed it meanwhile and to what."""
    if row.version == version:
        return
    last = history_of("conversation", row.pk).first()
    who = last.member.name if last is not None and last.member is not None else _SOMEBODY
    raise Conflict(who=who, detail=_said(last.action if last is not None else "", last.facts if last else {}))


def tell_of(rows: Sequence[Conversation], *, now: datetime, member: Member | None, action: str) -> None:
    """One event a conversation, or one a department where they are many."""
    by_department: dict[int, list[int]] = {}
    for row in rows:
        by_department.setdefault(row.department_id, []).append(row.pk)
    facts = {"action": action, "by": member.pk if member else None}
    for department_id, keys in by_department.items():
        if len(keys) > MOST_EVENTS:
            tell("conversation", now=now, department_id=department_id, facts={**facts, "many": len(keys)})
            continue
        for key in keys:
            tell("conversation", now=now, department_id=department_id, subject_id=key, facts=facts)


def _tell_left(changes: Sequence[tuple[Conversation, dict[str, Any], dict[str, Any]]], *, now: datetime) -> None:
    """Departments that conversations have gone away from look again."""
    for department_id in {before["department_id"] for _, before, _ in changes if "department_id" in before}:
        tell("conversation", now=now, department_id=department_id, facts={"action": "conversation.move", "many": 1})


def _difference(
    row: Conversation, values: Mapping[str, Any] | Callable[[Conversation], Mapping[str, Any]]
) -> tuple[dict[str, Any], dict[str, Any]]:
    wanted = values(row) if callable(values) else values
    after = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    return {name: getattr(row, name) for name in after}, after


def _write(changes: Sequence[tuple[Conversation, dict[str, Any], dict[str, Any]]]) -> None:
    """One statement for all rows that take the same values."""
    groups: dict[tuple[tuple[str, Any], ...], list[int]] = {}
    for row, _, after in changes:
        groups.setdefault(tuple(sorted(after.items())), []).append(row.pk)
        for name, value in after.items():
            setattr(row, name, value)
        row.version += 1
    for values, keys in groups.items():
        Conversation.objects.filter(pk__in=keys).update(**dict(values), version=F("version") + 1)


def _fact(
    row: Conversation,
    member: Member | None,
    action: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    now: datetime,
    batch: uuid.UUID,
    facts: Mapping[str, Any] | None,
) -> Fact:
    return Fact(
        member=member,
        action=action,
        subject="conversation",
        subject_key=row.pk,
        department_id=row.department_id,
        now=now,
        batch=batch,
        facts={**(facts or {}), "before": _plain(before), "after": _plain(after)},
    )


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Short names in the trail, times as text."""
    return {
        name.removesuffix("_id"): value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
    }


_STATES = {
    "open": Text("it is open again", "la conversation est rouverte"),
    "waiting": Text("it waits for their answer", "la conversation attend leur réponse"),
    "snoozed": Text("it is snoozed", "la conversation est en pause"),
    "done": Text("it is done", "la conversation est terminée"),
}


def _said(action: str, facts: Mapping[str, Any]) -> Text:
    """What somebody else has made of it, in words."""
    after = facts.get("after", {})
    if after.get("state") in _STATES:
        return _STATES[after["state"]]
    if action == "conversation.assign":
        return Text("it was assigned", "la conversation a été attribuée")
    if action == "conversation.move":
        return Text("it went to another department", "la conversation est passée à un autre département")
    return Text("it was changed", "la conversation a été modifiée")
