"""Parts of one publication: each an order of its own, so that each is tried, settled and resumed by itself.

Parts of a step leave at the same time, once all of the steps before are done. A part that waits for
others has no `next_try_at`; the last one that is done gives it one, in the transaction that records it.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction

from parvis.channels.models import Channel, Effect, EffectState
from parvis.core.connector import Earlier
from parvis.core.post import Part
from parvis.jobs.rows import insert_all, reserve_ids
from parvis.orgs.models import Member


@transaction.atomic
def order_parts(
    channel: Channel,
    parts: Sequence[Part],
    *,
    chain: uuid.UUID,
    member: Member | None,
    now: datetime,
    due_at: datetime,
    batch: uuid.UUID | None = None,
) -> list[Effect]:
    """Writes what the platform is to do for one publication; the caller has checked the right and the content."""
    return order_publications([(channel, parts, chain)], member=member, now=now, due_at=due_at, batch=batch)


@transaction.atomic
def order_publications(
    wanted: Sequence[tuple[Channel, Sequence[Part], uuid.UUID]],
    *,
    member: Member | None,
    now: datetime,
    due_at: datetime,
    batch: uuid.UUID | None = None,
) -> list[Effect]:
    """The same for many publications in few statements: (channel, parts, chain) each."""
    batch = batch or uuid.uuid4()
    rows = [
        (channel, part, chain, min(one.step for one in parts)) for channel, parts, chain in wanted for part in parts
    ]
    effects = [
        Effect(
            id=key,
            channel=channel,
            department_id=channel.department_id,
            can=part.can,
            created_by=member,
            created_at=now,
            batch=batch,
            chain=chain,
            step=part.step,
            name=part.name,
            body=part.body,
            next_try_at=due_at if part.step == first else None,
        )
        for key, (channel, part, chain, first) in zip(reserve_ids(Effect, len(rows)), rows, strict=True)
    ]
    insert_all(effects)
    return effects


def go_on_after(effect: Effect, *, now: datetime) -> None:
    """A part is done: what waited for it may leave. The caller holds the chain (`lock_subjects`)."""
    if effect.chain is None:
        return
    Effect.objects.filter(pk=effect.pk).update(is_followed=False)
    go_on_in([effect.chain], now=now)


def go_on_in(chains: Iterable[uuid.UUID], *, now: datetime) -> None:
    """In each, the first step that is not done may leave. The caller holds the chains."""
    # What was taken back holds nothing up: an order to take the post down may be given again.
    over = (EffectState.DONE, EffectState.CANCELLED)
    rows = Effect.objects.filter(chain__in=set(chains)).exclude(state__in=over)
    undone = list(rows.values_list("chain", "step", "pk", "state", "next_try_at"))
    first: dict[uuid.UUID | None, int] = {}
    for chain, step, *_ in undone:
        first[chain] = min(step, first.get(chain, step))
    free = [
        key
        for chain, step, key, state, next_try_at in undone
        if step == first[chain] and state == EffectState.WAITING and next_try_at is None
    ]
    if free:
        Effect.objects.filter(pk__in=free).update(next_try_at=now)


def drop_after(effect: Effect, *, now: datetime) -> None:
    """A part was given up: nothing that needed it leaves. The caller holds the chain."""
    if effect.chain is None:
        return
    later = Effect.objects.filter(chain=effect.chain, step__gt=effect.step, state=EffectState.WAITING)
    later.update(state=EffectState.CANCELLED, next_try_at=None, finished_at=now, is_followed=False)


def earlier_parts(chains: Iterable[uuid.UUID]) -> Mapping[uuid.UUID, dict[str, Earlier]]:
    """By chain and name, the parts that are done."""
    found: dict[uuid.UUID, dict[str, Earlier]] = {}
    rows = Effect.objects.filter(chain__in=set(chains), state=EffectState.DONE)
    for chain, name, remote_id, url, facts in rows.values_list(
        "chain", "name", "result_remote_id", "result_url", "result_facts"
    ):
        assert chain is not None
        found.setdefault(chain, {})[name] = Earlier(remote_id=remote_id, url=url, facts=facts)
    return found
