"""Orders as screens show them: beside what they are about, those that need a person, and how far a batch is."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from parvis.channels.models import OPEN_EFFECT_STATES, Effect, EffectState
from parvis.orgs.models import Member


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far what was asked in one go has come."""

    total: int
    done: int
    waiting: int
    """Not sent yet, under way, or unsure: it goes on by itself."""
    needs_person: int
    dropped: int
    """Taken back, given up, or replaced by a later order."""

    @property
    def is_over(self) -> bool:
        return self.waiting == 0


def effects_of(item_ids: Iterable[int], member: Member) -> QuerySet[Effect]:
    """All orders about these items (one item's, or a whole conversation's), oldest first."""
    rows: QuerySet[Effect] = Effect.objects.visible_to(member)
    return rows.filter(item_id__in=list(item_ids)).select_related("created_by", "channel").order_by("id")


def open_effects_of(item_ids: Iterable[int], member: Member) -> QuerySet[Effect]:
    """Those that are not over: what a row of a list shows beside its item."""
    return effects_of(item_ids, member).filter(state__in=OPEN_EFFECT_STATES)


def stuck_effects(member: Member) -> QuerySet[Effect]:
    """What needs a person, in the departments that the member sees, newest first; `.count()` is cheap."""
    rows: QuerySet[Effect] = Effect.objects.visible_to(member)
    stuck = rows.filter(state=EffectState.NEEDS_PERSON)
    return stuck.select_related("item", "channel", "created_by").order_by("-id")


def progress_of(batch: uuid.UUID) -> Progress:
    """In one query."""
    rows = Effect.objects.filter(batch=batch).values_list("state").annotate(count=Count("pk"))
    counts = dict(rows.order_by())
    under_way = (EffectState.WAITING, EffectState.SENDING, EffectState.UNSURE)
    over = (EffectState.CANCELLED, EffectState.REPLACED)
    return Progress(
        total=sum(counts.values()),
        done=counts.get(EffectState.DONE, 0),
        waiting=sum(counts.get(state, 0) for state in under_way),
        needs_person=counts.get(EffectState.NEEDS_PERSON, 0),
        dropped=sum(counts.get(state, 0) for state in over),
    )
