"""What is asked of a conversation, in SQL on its row `c`: each field, and what AND, OR and NOT make of them.

Of the conversation are asked, and mean the same in every filter: state, assignee, department, channel,
platform, label, priority, is:held, is:mine, is:snoozed, is:unanswered; author (somebody of that name wrote
in it); and what its row says of its newest item: kind, lang, has:link, and its last activity by date and since.
Everything else is asked of an item.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from parvis.core.query.tree import All, Field, Node, Not
from parvis.core.query.tree import Any as AnyOf
from parvis.core.query.values import days_span, since_start
from parvis.inbox.models import Priority
from parvis.inbox.naming import Names, fold
from parvis.jobs.rows import as_param

_OF_CONVERSATION = frozenset(
    {
        "state", "assignee", "department", "channel", "platform", "label", "priority", "author", "kind", "lang",
        "date", "since",
    }
)  # fmt: skip
_CLAIMS = frozenset({("is", "held"), ("is", "mine"), ("is", "snoozed"), ("is", "unanswered"), ("has", "link")})
_IN_A_ROW = 100
"""Conditions that stand side by side; more are joined in groups, since SQLite reads only so many."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A condition in SQL on the conversation `c`. `index` names the index that leads straight to it, if one does."""

    sql: str
    params: tuple[Any, ...] = ()
    index: str = ""


NOTHING = Clause("1 = 0")


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, and when."""

    names: Names
    now: datetime


def is_of_conversation(field: Field) -> bool:
    return field.name in _OF_CONVERSATION or (field.name, field.value) in _CLAIMS


def clause_of(asking: Asking, field: Field) -> Clause:
    """Raises QueryNotUnderstood where it names what is not there."""
    return _FIELDS[field.name](asking, field)


def clause_of_tree(asking: Asking, node: Node) -> Clause:
    """Of a tree in which everything is asked of the conversation."""
    if isinstance(node, Not):
        return negated(clause_of_tree(asking, node.part))
    if isinstance(node, All | AnyOf):
        parts = [clause_of_tree(asking, part) for part in node.parts]
        return joined(" AND " if isinstance(node, All) else " OR ", parts)
    assert isinstance(node, Field)
    return clause_of(asking, node)


def negated(clause: Clause) -> Clause:
    """What is not known is not so."""
    return Clause(f"NOT COALESCE(({clause.sql}), 1 = 0)", clause.params)


def joined(word: str, parts: Sequence[Clause]) -> Clause:
    groups = list(parts)
    while len(groups) > _IN_A_ROW:
        groups = [joined(word, groups[at : at + _IN_A_ROW]) for at in range(0, len(groups), _IN_A_ROW)]
    if len(groups) == 1:
        return groups[0]
    return Clause(word.join(f"({one.sql})" for one in groups), tuple(value for one in groups for value in one.params))


def among(column: str, values: Sequence[Any]) -> Clause:
    if not values:
        return NOTHING
    return Clause(f"{column} IN ({', '.join(['%s'] * len(values))})", tuple(values))


def sticks(ids: tuple[int, ...]) -> Clause:
    """One of the labels does."""
    one = among("l.label_id", ids)
    where = f"l.conversation_id = c.id AND {one.sql}"
    return Clause(f"EXISTS (SELECT 1 FROM inbox_labelling l WHERE {where})", one.params)  # noqa: S608


def wrote(ids: tuple[int, ...]) -> Clause:
    """Somebody of them wrote in the conversation."""
    if not ids:
        return NOTHING
    one = among("i.profile_id", ids)
    return Clause(
        f"EXISTS (SELECT 1 FROM channels_item i WHERE i.id = c.root_id AND {one.sql})"  # noqa: S608
        f" OR EXISTS (SELECT 1 FROM channels_item i WHERE i.root_id = c.root_id AND {one.sql})",
        (*ids, *ids),
    )


def _state(_asking: Asking, field: Field) -> Clause:
    return Clause("c.state = %s", (field.value,))


def _assignee(asking: Asking, field: Field) -> Clause:
    name = fold(field.value)
    if name in {"nobody", "personne"}:
        return Clause("c.assignee_id IS NULL")
    me = name in {"me", "moi"} or field.name == "is"
    ids = (asking.names.member.pk,) if me else asking.names.ids(field)
    return Clause(f"c.assignee_id IN ({', '.join(['%s'] * len(ids))})", ids, "conv_assignee")


def _language(_asking: Asking, field: Field) -> Clause:
    """The row holds the first part of the newest item's tag."""
    first, _, rest = field.value.partition("-")
    if not rest:
        return Clause("c.language = %s", (first,), "conv_language")
    tag = "EXISTS (SELECT 1 FROM channels_item n WHERE n.id = c.last_item_id AND replace(lower(n.language), '_', '-') = %s)"
    return Clause(f"c.language = %s AND {tag}", (first, field.value), "conv_language")


def _priority(_asking: Asking, field: Field) -> Clause:
    value = Priority[field.value.upper()].value
    if not value:
        return Clause("c.priority = %s", (value,))
    return Clause("c.priority = %s AND NOT (c.priority = 0)", (value,), "conv_priority")


def _is(asking: Asking, field: Field) -> Clause:
    if field.value == "held":
        return Clause("c.held_count > 0", (), "conv_held")
    if field.value == "unanswered":
        return Clause("c.is_unanswered = %s", (True,))
    if field.value == "snoozed":
        return _state(asking, field)
    return _assignee(asking, field)


def _since(asking: Asking, field: Field) -> Clause:
    return Clause("c.last_activity_at >= %s", (as_param(since_start(field.value, asking.now)),))


def _date(asking: Asking, field: Field) -> Clause:
    """Days of the member's own zone, both included."""
    begin, end = days_span(field.value, asking.names.zone)
    parts = [Clause("c.last_activity_at >= %s", (as_param(begin),))] if begin else []
    if end:
        parts.append(Clause("c.last_activity_at < %s", (as_param(end),)))
    return joined(" AND ", parts)


_FIELDS: dict[str, Callable[[Asking, Field], Clause]] = {
    "state": _state,
    "assignee": _assignee,
    "department": lambda asking, field: among("c.department_id", asking.names.ids(field)),
    "channel": lambda asking, field: among("c.channel_id", asking.names.ids(field)),
    "platform": lambda asking, field: among("c.channel_id", asking.names.channels_of_platform(field)),
    "label": lambda asking, field: sticks(asking.names.ids(field)),
    "author": lambda asking, field: wrote(asking.names.authors(field)),
    "kind": lambda _asking, field: Clause("c.kind = %s", (field.value,), "conv_kind"),
    "lang": _language,
    "priority": _priority,
    "is": _is,
    "has": lambda _asking, _field: Clause("c.has_link = %s", (True,)),
    "since": _since,
    "date": _date,
}
