"""Moves an order to where its plan says, if it still is where it was seen; pages and the audit trail learn of it."""

from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet

from parvis.channels.models import EFFECT_TRANSITIONS, Effect, EffectState
from parvis.channels.outbox import subject_of, tell_of
from parvis.channels.retries import Plan
from parvis.orgs.audit import record

_GOING_ON = (EffectState.WAITING, EffectState.UNSURE)


def apply_plan(effect: Effect, plan: Plan, *, now: datetime, held: QuerySet[Effect] | None = None) -> bool:
    """Moves the effect on, if it still is where it was seen."""
    before = EffectState(effect.state)
    if plan.state != before and not EFFECT_TRANSITIONS.allowed(before, plan.state):
        raise ValueError(f"no effect goes from {before} to {plan.state}")
    changes: dict[str, Any] = {
        "state": plan.state,
        "next_try_at": plan.next_try_at if plan.state in _GOING_ON else None,
        "is_in_doubt": plan.is_in_doubt,
        "spared_count": F("spared_count") + int(plan.is_spared),
        "leased_by": "",
        "leased_until": None,
    }
    if plan.error is not None:
        changes["error"] = plan.error.facts
    if effect.chain is not None:
        changes["is_followed"] = False
    rows = Effect.objects.filter(pk=effect.pk, state=before) if held is None else held
    if not rows.update(**changes):
        return False
    effect.state = plan.state
    tell_of(effect, now=now)
    if plan.state == EffectState.NEEDS_PERSON:
        _say_so(effect, plan, now=now)
    return True


def _say_so(effect: Effect, plan: Plan, *, now: datetime) -> None:
    record(
        None,
        "effect.needs_person",
        **subject_of(effect),
        department_id=effect.department_id,
        now=now,
        facts={"effect": effect.pk, "can": effect.can, "error": plan.error.code if plan.error else None},
    )
