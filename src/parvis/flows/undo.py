"""Takes back what somebody has just done, in one go and whole, one thing or a thousand."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from parvis.channels.models import Effect, Item
from parvis.channels.outbox import take_back
from parvis.core.connector import Can
from parvis.core.errors import NothingToDo, TooLate
from parvis.flows.route import refresh_conversations
from parvis.inbox.changing import change_many
from parvis.inbox.models import Conversation, Draft, Label, Labelling
from parvis.inbox.services import move_thread_items
from parvis.moderation.services import take_back_decisions, undo_s
from parvis.orgs.access import must, reach_of
from parvis.orgs.audit import record
from parvis.orgs.models import AuditEntry, Member
from parvis.orgs.rights import Action

ACTION = "batch.undo"


@dataclass(frozen=True, slots=True)
class Undone:
    count: int
    """Items and conversations that are as they were."""
    conversation_ids: tuple[int, ...]
    skipped_ids: tuple[int, ...]
    """Conversations that somebody has changed since: those stay as they are."""


@transaction.atomic
def undo(member: Member, batch: uuid.UUID, now: datetime) -> Undone:
    """All or nothing of the orders. Raises TooLate, NothingToDo where there is nothing of the member's to take back."""
    entries = list(AuditEntry.objects.filter(batch=batch, member=member).order_by("-id"))
    if not entries or AuditEntry.objects.filter(subject="batch", subject_key=str(batch), action=ACTION).exists():
        raise NothingToDo
    if min(entry.at for entry in entries) + timedelta(seconds=undo_s()) < now:
        raise TooLate
    if not reach_of(member).anywhere(Action.SEE):
        must(member, Action.SEE)
    decided = take_back_decisions(batch, member, now=now)
    _take_back_answers(batch, member, now=now)
    about = [entry for entry in entries if entry.subject == "conversation"]
    restored, skipped = _restore(about, member, now=now)
    _unstick(entry for entry in about if entry.action == "conversation.label")
    _stick(entry for entry in about if entry.action == "conversation.unlabel")
    ids = {int(entry.subject_key) for entry in about} | _conversations_of(entries)
    record(member, ACTION, subject="batch", subject_key=batch, now=now, facts={"count": len(entries)})
    refresh_conversations(ids, now, closes_gone=False)
    labelled = sum(entry.action in {"conversation.label", "conversation.unlabel"} for entry in about)
    return Undone(max(decided, len(restored), labelled), tuple(sorted(ids)), tuple(sorted(skipped)))


def _take_back_answers(batch: uuid.UUID, member: Member, *, now: datetime) -> None:
    """What was written is a draft again, unless something newer is there."""
    answers = list(Effect.objects.filter(batch=batch, can=Can.REPLY, created_by=member).select_related("item"))
    if not answers:
        return
    take_back(answers, now=now)
    for effect in answers:
        conversation = Conversation.objects.filter(root=effect.item.root_id or effect.item_id).first()
        if conversation is not None:
            Draft.objects.get_or_create(
                conversation=conversation,
                member=member,
                kind="reply",
                defaults={"text": effect.text, "updated_at": now},
            )


def _restore(entries: Iterable[AuditEntry], member: Member, *, now: datetime) -> tuple[set[int], set[int]]:
    """(conversations that are as they were, those that somebody has changed since)."""
    before: dict[int, dict[str, Any]] = {}
    after: dict[int, dict[str, Any]] = {}
    for entry in entries:
        key = int(entry.subject_key)
        before[key] = {**before.get(key, {}), **entry.facts.get("before", {})}
        after[key] = {**entry.facts.get("after", {}), **after.get(key, {})}
    wanted = {key: values for key, values in before.items() if values}
    if not wanted:
        return set(), set()
    changed = change_many(
        wanted,
        member,
        "conversation.undo",
        lambda row: _as_before(row, wanted[row.pk], after[row.pk]),
        now=now,
        right=None,
    )
    moved = [key for key in changed.ids if "department" in wanted[key]]
    for department_id in {wanted[key]["department"] for key in moved}:
        move_thread_items([key for key in moved if wanted[key]["department"] == department_id], department_id)
    return set(changed.ids), wanted.keys() - changed.ids


_COLUMNS = {"assignee": "assignee_id", "department": "department_id"}


def _as_before(row: Conversation, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Nothing where somebody has changed it since."""
    if any(_now_of(row, name) != value for name, value in after.items()):
        return {}
    return {
        _COLUMNS.get(name, name): datetime.fromisoformat(value) if name == "snoozed_until" and value else value
        for name, value in before.items()
    }


def _now_of(row: Conversation, name: str) -> Any:
    value = getattr(row, _COLUMNS.get(name, name))
    return value.isoformat() if isinstance(value, datetime) else value


def _unstick(entries: Iterable[AuditEntry]) -> None:
    for label_id, keys in _by_label(entries).items():
        Labelling.objects.filter(label=label_id, conversation__in=keys).delete()


def _stick(entries: Iterable[AuditEntry]) -> None:
    for label_id, keys in _by_label(entries).items():
        if Label.objects.filter(pk=label_id).exists():
            there = Conversation.objects.filter(pk__in=keys).values_list("id", flat=True)
            Labelling.objects.bulk_create(
                (Labelling(label_id=label_id, conversation_id=key) for key in there), ignore_conflicts=True
            )


def _by_label(entries: Iterable[AuditEntry]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for entry in entries:
        found.setdefault(entry.facts["label"], []).append(int(entry.subject_key))
    return found


def _conversations_of(entries: Iterable[AuditEntry]) -> set[int]:
    """Those of the items that were decided on."""
    keys = [int(entry.subject_key) for entry in entries if entry.subject == "item"]
    roots = {root or key for key, root in Item.objects.filter(pk__in=keys).values_list("id", "root_id")}
    return set(Conversation.objects.filter(root__in=roots).values_list("id", flat=True))
