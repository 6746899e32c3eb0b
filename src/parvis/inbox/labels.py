"""Labels on conversations: made as they are needed."""

import uuid
from collections.abc import Collection
from datetime import datetime

from django.db import IntegrityError, transaction

from parvis.core.errors import FieldMissing, NothingToDo, TextTooLong
from parvis.core.wording import Text
from parvis.inbox.changing import Changed, locked, tell_of
from parvis.inbox.filters import fold
from parvis.inbox.models import Conversation, Label, Labelling
from parvis.orgs.access import must
from parvis.orgs.audit import Fact, record_many
from parvis.orgs.models import Member
from parvis.orgs.rights import Action

LONGEST = 40


def add_label(conversation: Conversation, member: Member, name: str, *, now: datetime) -> Changed:
    """Sticks a label on; one that does not exist yet is made, of the conversation's department. Raises NotAllowed."""
    return add_label_many([conversation.pk], member, name, now=now)


@transaction.atomic
def add_label_many(
    ids: Collection[int], member: Member, name: str, *, now: datetime, batch: uuid.UUID | None = None
) -> Changed:
    rows = _changeable(ids, member)
    labels = {department_id: _label(name, department_id) for department_id in {row.department_id for row in rows}}
    have = set(
        Labelling.objects.filter(conversation__in=[row.pk for row in rows], label__in=labels.values()).values_list(
            "conversation_id", flat=True
        )
    )
    lacking = [row for row in rows if row.pk not in have]
    Labelling.objects.bulk_create(
        (Labelling(conversation=row, label=labels[row.department_id]) for row in lacking), ignore_conflicts=True
    )
    return _finish(lacking, labels, member, "conversation.label", now=now, batch=batch)


def remove_label(conversation: Conversation, member: Member, name: str, *, now: datetime) -> Changed:
    """Takes a label off. Raises NotAllowed."""
    return remove_label_many([conversation.pk], member, name, now=now)


@transaction.atomic
def remove_label_many(
    ids: Collection[int], member: Member, name: str, *, now: datetime, batch: uuid.UUID | None = None
) -> Changed:
    rows = _changeable(ids, member)
    found = {department_id: _find(name, department_id) for department_id in {row.department_id for row in rows}}
    labels = {key: label for key, label in found.items() if label is not None}
    stuck = Labelling.objects.filter(conversation__in=[row.pk for row in rows], label__in=labels.values())
    having = set(stuck.values_list("conversation_id", flat=True))
    stuck.delete()
    carrying = [row for row in rows if row.pk in having]
    return _finish(carrying, labels, member, "conversation.unlabel", now=now, batch=batch)


def _changeable(ids: Collection[int], member: Member) -> list[Conversation]:
    rows = locked(ids)
    if not rows:
        raise NothingToDo
    for row in {row.department_id: row for row in rows}.values():
        must(member, Action.ASSIGN, row)
    return rows


def _finish(
    rows: list[Conversation],
    labels: dict[int, Label],
    member: Member,
    action: str,
    *,
    now: datetime,
    batch: uuid.UUID | None,
) -> Changed:
    batch = batch or uuid.uuid4()
    record_many(
        [
            Fact(
                member=member,
                action=action,
                subject="conversation",
                subject_key=row.pk,
                department_id=row.department_id,
                facts={"label": labels[row.department_id].pk, "name": labels[row.department_id].name},
                now=now,
                batch=batch,
            )
            for row in rows
        ]
    )
    tell_of(rows, now=now, member=member, action=action)
    return Changed(batch, tuple(row.pk for row in rows))


def _label(name: str, department_id: int) -> Label:
    name = " ".join(name.replace("\0", "").split())
    if not name:
        raise FieldMissing(field=Text("label", "étiquette"))
    if len(name) > LONGEST:
        raise TextTooLong(length=len(name), limit=LONGEST)
    found = _find(name, department_id)
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return Label.objects.create(name=name, department_id=department_id)
    except IntegrityError:  # a colleague made it at the same moment
        return Label.objects.get(name__iexact=name, department_id=department_id)


def _find(name: str, department_id: int) -> Label | None:
    """The department's own label of that name, else the house's."""
    if len(name) > LONGEST:
        return None
    wanted = fold(name)
    near = Label.objects.filter(department_id=department_id) | Label.objects.filter(department__isnull=True)
    found = [label for label in near if fold(label.name) == wanted]
    return min(found, key=lambda label: label.department_id is None, default=None)
