"""What stands around the rows of a page: labels, notes, who has them open, what is on its way to a platform. One query."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from parvis.channels.models import OPEN_EFFECT_STATES, EffectState
from parvis.inbox.rows import ConversationRow, LabelView, PersonView
from parvis.jobs.rows import among, as_param
from parvis.orgs.models import Member

PRESENT_FOR = timedelta(seconds=30)
LONG_THREAD = 500
"""Items from which on only the first and the shown one are asked for their orders."""
OPEN_STATES = ", ".join(f"'{state}'" for state in OPEN_EFFECT_STATES)
_LABELS = """SELECT 'label', s.conversation_id, l.id, l.name, l.colour FROM inbox_labelling s
JOIN inbox_label l ON l.id = s.label_id WHERE s.conversation_id {marks}"""
_PEOPLE = """SELECT 'person', p.conversation_id, m.id, m.name, CASE WHEN p.is_typing THEN 'typing' ELSE '' END
FROM inbox_presence p JOIN orgs_member m ON m.id = p.member_id
WHERE p.conversation_id {marks} AND p.seen_at > %s AND p.member_id <> %s"""
_NOTES = """SELECT 'note', n.conversation_id, count(*), '', '' FROM inbox_note n
WHERE n.conversation_id {marks} GROUP BY n.conversation_id"""
_ORDERS = """SELECT 'order', COALESCE(i.root_id, i.id), e.id, e.state, CAST(i.id AS text)
FROM channels_item i CROSS JOIN channels_effect e
WHERE i.{column} {marks} AND e.item_id = i.id AND e.state IN ({states})"""


def add_surroundings(
    rows: Mapping[int, ConversationRow], roots: Mapping[int, int], member: Member, *, now: datetime
) -> None:
    """Fills rows by their ids; `roots` are the first items of their threads."""
    orders: dict[int, set[tuple[int, str]]] = {}
    owner = {row.item_id: key for key, row in rows.items()}
    owner_by_root = {root: key for key, root in roots.items()}
    for what, whose, key, name, more in _read(rows, roots, member, now=now):
        if what == "label":
            rows[whose].labels.append(LabelView(key, name, more))
        elif what == "note":
            rows[whose].note_count = key
        elif what == "person":
            rows[whose].present.append(PersonView(key, name, more == "typing"))
        else:
            place = owner_by_root.get(whose) or owner[int(more)]
            orders.setdefault(place, set()).add((key, name))
    for place, found in orders.items():
        rows[place].stuck_count = sum(state == EffectState.NEEDS_PERSON for _, state in found)
        rows[place].pending_count = len(found) - rows[place].stuck_count


def _read(
    rows: Mapping[int, ConversationRow], roots: Mapping[int, int], member: Member, *, now: datetime
) -> Sequence[tuple[str, int, int, str, str]]:
    keys = list(rows)
    single = list({*roots.values(), *(row.item_id for row in rows.values())})
    whole = [roots[key] for key, row in rows.items() if 1 < row.item_count <= LONG_THREAD]
    of_rows, keys_given = among(keys)
    of_items, items_given = among(single)
    parts = [
        _LABELS.format(marks=of_rows),
        _NOTES.format(marks=of_rows),
        _PEOPLE.format(marks=of_rows),
        _ORDERS.format(column="id", marks=of_items, states=OPEN_STATES),
    ]
    params: list[Any] = [*keys_given, *keys_given, *keys_given, as_param(now - PRESENT_FOR), member.pk, *items_given]
    if whole:
        of_threads, roots_given = among(whole)
        parts.append(_ORDERS.format(column="root_id", marks=of_threads, states=OPEN_STATES))
        params += roots_given
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts) + " ORDER BY 1, 4, 3", params)
        return list(cursor.fetchall())
