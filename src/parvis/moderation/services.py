"""Verdicts on items: written with the order to the platform, taken back while it has not left."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from parvis.channels.models import OPEN_EFFECT_STATES, Channel, Item, Profile
from parvis.channels.outbox import order_many, take_back
from parvis.channels.registry import connector_of
from parvis.core.connector import Can
from parvis.core.errors import Conflict, NothingToDo, TooLate
from parvis.core.types import Status
from parvis.core.wording import Text
from parvis.jobs.rows import insert_all, reserve_ids
from parvis.moderation.models import Decision, Reason, Verdict
from parvis.orgs.access import may, must
from parvis.orgs.audit import Fact, record_many
from parvis.orgs.models import Member
from parvis.orgs.rights import Action

ORDERS = {
    Verdict.APPROVE: Can.APPROVE,
    Verdict.HOLD: Can.HOLD,
    Verdict.REFUSE: Can.TRASH,
    Verdict.SPAM: Can.SPAM,
    Verdict.DELETE: Can.DELETE,
}
LEADS_TO = {
    Verdict.APPROVE: Status.PUBLISHED,
    Verdict.HOLD: Status.HELD,
    Verdict.REFUSE: Status.TRASHED,
    Verdict.SPAM: Status.SPAM,
    Verdict.DELETE: Status.DELETED,
}
WORDS = {
    Verdict.APPROVE: Text("it was approved", "il a été approuvé"),
    Verdict.HOLD: Text("it was held", "il a été mis en attente"),
    Verdict.REFUSE: Text("it was refused", "il a été refusé"),
    Verdict.SPAM: Text("it was marked as spam", "il a été marqué comme indésirable"),
    Verdict.DELETE: Text("it was deleted", "il a été supprimé"),
}
_REFUSED = frozenset({Status.SPAM, Status.TRASHED, Status.DELETED})
_SOMEBODY = Text("Somebody else", "Quelqu’un d’autre")


@dataclass(frozen=True, slots=True)
class Batch:
    """What was decided in one go, and what could not be: `key` takes it back."""

    key: uuid.UUID
    decisions: list[Decision] = field(default_factory=list)
    skipped: list[tuple[int, Text]] = field(default_factory=list)
    """(item id, why)"""


def undo_s() -> float:
    """Seconds for which what was done can be taken back."""
    return float(settings.OPTIONS["PARVIS_UNDO_S"])


def right_for(verdict: str) -> Action:
    return Action.DELETE if verdict == Verdict.DELETE else Action.DECIDE


def reasons() -> list[Reason]:
    """In the order of their digits."""
    return list(Reason.objects.all())


def decide(
    item: Item,
    member: Member,
    verdict: str,
    *,
    now: datetime,
    reason: Reason | None = None,
    note: str = "",
    batch: uuid.UUID | None = None,
) -> Decision:
    """One verdict. Raises NotAllowed, NotOffered, NothingToDo, Conflict where a colleague was quicker."""
    must(member, right_for(verdict), item)
    verdict = Verdict(verdict)
    quicker = _decided_by_others([item], member).get(item.pk)
    if quicker is not None:
        raise quicker
    done = _decide([item], member, verdict, now=now, reason=reason, note=note, batch=batch or uuid.uuid4())
    if not done:
        raise NothingToDo
    return done[0]


@transaction.atomic
def decide_many(
    items: Sequence[Item],
    member: Member,
    verdict: str,
    *,
    now: datetime,
    reason: Reason | None = None,
    note: str = "",
    batch: uuid.UUID | None = None,
) -> Batch:
    """The same verdict on many: what is not possible is skipped with its reason, the rest is done.

    Raises NotAllowed where the member may decide on none of them.
    """
    verdict = Verdict(verdict)
    allowed = {key for key in {item.department_id for item in items} if _may(member, verdict, key)}
    if items and not allowed:
        must(member, right_for(verdict), items[0])
    result = Batch(batch or uuid.uuid4())
    quicker = _decided_by_others(items, member)
    offering = _offering(items, ORDERS[verdict])
    chosen: list[Item] = []
    for item in items:
        if item.department_id not in allowed:
            result.skipped.append((item.pk, Text("your role does not allow it", "votre rôle ne le permet pas")))
        elif item.pk in quicker:
            result.skipped.append((item.pk, quicker[item.pk].text))
        elif item.pk not in offering:
            result.skipped.append((item.pk, Text("its platform does not offer it", "sa plateforme ne le propose pas")))
        else:
            chosen.append(item)
    result.decisions.extend(_decide(chosen, member, verdict, now=now, reason=reason, note=note, batch=result.key))
    return result


@transaction.atomic
def take_back_decisions(batch: uuid.UUID, member: Member, *, now: datetime) -> int:
    """Makes undone what the member decided in one go; how many. Raises TooLate: then nothing is changed."""
    decisions = list(
        Decision.objects.filter(effect__batch=batch, member=member, taken_back_at__isnull=True).select_related(
            "effect", "item"
        )
    )
    if not decisions:
        return 0
    if any(decision.decided_at + timedelta(seconds=undo_s()) < now for decision in decisions):
        raise TooLate
    take_back([decision.effect for decision in decisions if decision.effect is not None], now=now)
    Decision.objects.filter(pk__in=[decision.pk for decision in decisions]).update(taken_back_at=now)
    _count_refusals(
        [(decision.item, LEADS_TO[Verdict(decision.verdict)], decision.previous_status) for decision in decisions]
    )
    record_many([_fact(decision, decision.item, member, "item.take_back", now, batch) for decision in decisions])
    return len(decisions)


@transaction.atomic
def _decide(
    items: Sequence[Item],
    member: Member,
    verdict: Verdict,
    *,
    now: datetime,
    reason: Reason | None,
    note: str,
    batch: uuid.UUID,
) -> list[Decision]:
    """On those that are not there already."""
    target = LEADS_TO[verdict]
    chosen = [item for item in items if item.status != target]
    if not chosen:
        return []
    before = [item.status for item in chosen]
    effects = order_many(chosen, ORDERS[verdict], member=member, now=now, batch=batch, delay_s=undo_s())
    decisions = [
        Decision(
            id=key,
            item=item,
            member=member,
            verdict=verdict,
            reason=reason,
            note=note.replace("\0", ""),
            effect=effect,
            previous_status=status,
            decided_at=now,
        )
        for key, item, effect, status in zip(reserve_ids(Decision, len(chosen)), chosen, effects, before, strict=True)
    ]
    insert_all(decisions)
    _count_refusals([(item, status, target) for item, status in zip(chosen, before, strict=True)])
    record_many(
        [
            _fact(decision, item, member, f"item.{verdict}", now, batch)
            for decision, item in zip(decisions, chosen, strict=True)
        ]
    )
    return decisions


def _fact(decision: Decision, item: Item, member: Member, action: str, now: datetime, batch: uuid.UUID) -> Fact:
    return Fact(
        member=member,
        action=action,
        subject="item",
        subject_key=item.pk,
        department_id=item.department_id,
        now=now,
        batch=batch,
        facts={
            "verdict": decision.verdict,
            "reason": decision.reason.code if decision.reason is not None else None,
            "before": {"status": decision.previous_status},
        },
    )


def _may(member: Member, verdict: Verdict, department_id: int) -> bool:
    return may(member, right_for(verdict), Item(department_id=department_id))


def _offering(items: Sequence[Item], can: Can) -> set[int]:
    """Ids of the items whose platform offers it."""
    channels = Channel.objects.in_bulk({item.channel_id for item in items})
    kinds = {}
    for key, channel in channels.items():
        act = connector_of(channel).acts.get(can)
        offered = act is not None and can in channel.can and channel.removed_at is None
        kinds[key] = act.kinds if offered and act is not None else frozenset()
    return {item.pk for item in items if item.kind in kinds[item.channel_id]}


def _decided_by_others(items: Sequence[Item], member: Member) -> dict[int, Conflict]:
    """Items on which a colleague has decided and whose order is still open: who, and what."""
    open_ones = Decision.objects.filter(
        item__in=[item.pk for item in items], taken_back_at__isnull=True, effect__state__in=OPEN_EFFECT_STATES
    ).exclude(member=member)
    return {
        item_id: Conflict(who=name or _SOMEBODY, detail=WORDS[Verdict(verdict)])
        for item_id, name, verdict in open_ones.order_by("id").values_list("item_id", "member__name", "verdict")
    }


def _count_refusals(moves: Sequence[tuple[Item, str, str]]) -> None:
    """Keeps each author's count of refused items; moves are (item, status before, status after)."""
    counts: Counter[int] = Counter()
    for item, before, after in moves:
        if item.profile_id is not None:
            counts[item.profile_id] += (after in _REFUSED) - (before in _REFUSED)
    by_change: dict[int, list[int]] = {}
    for profile_id, change in counts.items():
        if change:
            by_change.setdefault(change, []).append(profile_id)
    for change, profile_ids in by_change.items():
        Profile.objects.filter(pk__in=profile_ids).update(refused_count=Greatest(F("refused_count") + change, 0))
