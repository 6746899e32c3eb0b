"""Orders to platforms: written with the decision itself, taken back until they leave, settled by people where need be.

Locks are always taken in the same sequence (channel, items, effects, audit trail), so that nobody waits in a circle.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery

from parvis.channels.chains import drop_after, go_on_after
from parvis.channels.models import EFFECT_TRANSITIONS, Channel, Effect, EffectState, Item
from parvis.channels.registry import connector_of
from parvis.channels.standing import lock_items, lock_subjects, restate, status_orders
from parvis.core.connector import AskPerson, Can
from parvis.core.errors import Conflict, NotOffered, OutcomeUnknown, TooLate
from parvis.core.wording import Text
from parvis.jobs.live import tell_many
from parvis.jobs.rows import insert_rows, reserve_ids
from parvis.orgs.access import must
from parvis.orgs.audit import record
from parvis.orgs.models import Member
from parvis.orgs.rights import Action

WORDS = {
    Can.APPROVE: Text("approve", "approuver"),
    Can.HOLD: Text("hold", "mettre en attente"),
    Can.SPAM: Text("mark as spam", "marquer comme indésirable"),
    Can.TRASH: Text("trash", "mettre à la corbeille"),
    Can.DELETE: Text("delete", "supprimer"),
    Can.REPLY: Text("answer", "répondre"),
    Can.UPLOAD: Text("upload a file", "envoyer un fichier"),
    Can.PUBLISH: Text("publish", "publier"),
    Can.EDIT: Text("change what is published", "modifier ce qui est publié"),
    Can.WITHDRAW: Text("take down what is published", "retirer ce qui est publié"),
}
_RIGHTS = {
    Can.REPLY: Action.REPLY,
    Can.DELETE: Action.DELETE,
    **dict.fromkeys((Can.UPLOAD, Can.PUBLISH, Can.EDIT, Can.WITHDRAW), Action.PUBLISH),
}
_SOMEBODY = Text("Somebody else", "Quelqu’un d’autre")
_MOVED_ON = Text("this order is no longer where you saw it", "cet ordre n’est plus là où vous l’avez vu")


def order(
    item: Item,
    can: Can,
    *,
    member: Member | None,
    now: datetime,
    text: str = "",
    batch: uuid.UUID | None = None,
    delay_s: float = 0,
) -> Effect:
    """Writes what the platform is to do, in the caller's transaction; the caller has checked the right.

    The item shows at once what the order leads to. Raises NotOffered.
    """
    batch = batch or uuid.uuid4()
    return _order([item], can, member=member, now=now, text=text, batch=batch, delay_s=delay_s)[0]


def order_many(
    items: Sequence[Item],
    can: Can,
    *,
    member: Member | None,
    now: datetime,
    batch: uuid.UUID | None = None,
    delay_s: float = 0,
) -> list[Effect]:
    """The same for many items in few statements; effects come in the order of the items. Raises NotOffered."""
    return _order(items, can, member=member, now=now, text="", batch=batch or uuid.uuid4(), delay_s=delay_s)


@transaction.atomic
def _order(
    items: Sequence[Item],
    can: Can,
    *,
    member: Member | None,
    now: datetime,
    text: str,
    batch: uuid.UUID,
    delay_s: float,
) -> list[Effect]:
    channels = Channel.objects.in_bulk({item.channel_id for item in items})
    for item in items:
        _must_offer(channels[item.channel_id], can, item)
    lock_items([item.pk for item in items])
    older = _overruled_by(items, can, channels)
    due_at = now + timedelta(seconds=delay_s)
    effects = _written(
        items,
        can=can.value,
        text=text,
        created_by_id=member and member.pk,
        created_at=now,
        batch=batch,
        next_try_at=due_at,
    )
    _replace(older, batch, can, now=now)
    _show(items, can, channels)
    return effects


def _written(items: Sequence[Item], **shared: Any) -> list[Effect]:
    """The new rows, many in one statement; what is not `shared` or of the item is as for any new order."""
    pattern = Effect(**shared)
    names = [field.attname for field in Effect._meta.concrete_fields]  # noqa: SLF001
    values = {name: getattr(pattern, name) for name in names} | {"state": EffectState.WAITING.value}
    effects = [
        Effect.from_db(
            None,
            names,
            list(
                {
                    **values,
                    "id": key,
                    "key": uuid.uuid4(),
                    "channel_id": item.channel_id,
                    "department_id": item.department_id,
                    "item_id": item.pk,
                }.values()
            ),
        )
        for key, item in zip(reserve_ids(Effect, len(items)), items, strict=True)
    ]
    insert_rows(Effect, names, ([getattr(effect, name) for name in names] for effect in effects))
    for effect, item in zip(effects, items, strict=True):
        effect._state.db, effect.item = "default", item  # noqa: SLF001
    return effects


def _must_offer(channel: Channel, can: Can, item: Item) -> None:
    act = connector_of(channel).acts.get(can)
    if act is None or can not in channel.can or item.kind not in act.kinds or channel.removed_at is not None:
        raise NotOffered(channel=channel.name, act=WORDS[can])


def _overruled_by(items: Sequence[Item], can: Can, channels: dict[int, Channel]) -> list[tuple[int, int, str]]:
    """(id, item id, state) of older orders that only change the status, where the new one does as well."""
    found: list[tuple[int, int, str]] = []
    changing = {key: tuple(status_orders(channel)) for key, channel in channels.items()}
    for kinds in {kinds for kinds in changing.values() if can in kinds}:
        item_ids = [item.pk for item in items if changing[item.channel_id] == kinds]
        older = Effect.objects.filter(
            item_id__in=item_ids, can__in=kinds, state__in=[EffectState.WAITING, EffectState.NEEDS_PERSON]
        )
        found += older.values_list("id", "item_id", "state")
    return found


def _replace(older: list[tuple[int, int, str]], batch: uuid.UUID, can: Can, *, now: datetime) -> None:
    """Conditional, since a worker may have begun with one of them: that one is carried out first."""
    if not older:
        return
    waiting = [key for key, _, state in older if state == EffectState.WAITING]
    stuck = [key for key, _, state in older if state == EffectState.NEEDS_PERSON]
    newest = Effect.objects.filter(item=OuterRef("item"), batch=batch, can=can).order_by("-pk")
    _moved(
        Effect.objects.filter(pk__in=waiting),
        EffectState.WAITING,
        EffectState.REPLACED,
        finished_at=now,
        replaced_by_id=Subquery(newest.values("pk")[:1]),
    )
    _moved(Effect.objects.filter(pk__in=stuck), EffectState.NEEDS_PERSON, EffectState.CANCELLED, finished_at=now)


def _show(items: Sequence[Item], can: Can, channels: dict[int, Channel]) -> None:
    """Each item shows what the order leads to; the platform's own word stays what it was."""
    leading = {key: connector_of(channel).acts[can].leads_to for key, channel in channels.items()}
    for status in {status for status in leading.values() if status is not None}:
        shown = [item for item in items if leading[item.channel_id] == status]
        Item.objects.filter(pk__in=[item.pk for item in shown]).update(status=status)
        for item in shown:
            item.status = status


@transaction.atomic
def take_back(effects: Iterable[Effect], *, now: datetime, partial: bool = False) -> int:
    """Cancels orders before anything was sent; how many. What they had replaced waits again.

    Raises TooLate where one of them has left (or, with `partial`, leaves that one alone).
    """
    effects = list(effects)
    keys = [effect.pk for effect in effects]
    lock_subjects(effects)
    unsent = Effect.objects.filter(pk__in=keys, state=EffectState.WAITING, try_count=0)
    waiting = list(unsent.values_list("pk", flat=True))
    _pass_on_what_they_replaced(Effect.objects.filter(pk__in=keys, state=EffectState.REPLACED), now=now)
    batch = Effect.objects.filter(pk__in=waiting, try_count=0)
    _moved(batch, EffectState.WAITING, EffectState.CANCELLED, finished_at=now)
    cancelled = Effect.objects.filter(pk__in=keys, state=EffectState.CANCELLED)
    taken = list(cancelled.values_list("pk", flat=True))
    if len(taken) < len(keys) and not partial:
        raise TooLate
    revived = Effect.objects.filter(replaced_by__in=taken)
    _moved(revived, EffectState.REPLACED, EffectState.WAITING, finished_at=None, replaced_by=None)
    restate([effect.item_id for effect in effects])
    return len(taken)


def _pass_on_what_they_replaced(replaced: Any, *, now: datetime) -> None:
    """An order that was itself replaced leaves what it had replaced to its successor."""
    successors = dict(replaced.values_list("pk", "replaced_by"))
    for key, successor in successors.items():
        Effect.objects.filter(replaced_by=key).update(replaced_by=successor)
    _moved(Effect.objects.filter(pk__in=successors), EffectState.REPLACED, EffectState.CANCELLED, finished_at=now)


@transaction.atomic
def retry_effect(effect: Effect, member: Member, *, now: datetime) -> None:
    """Tries again at once: what needed a person, or what waits for its next try.

    An order in doubt is read back first. Raises NotAllowed, OutcomeUnknown where only a person can
    tell (`settle_by_person`), Conflict where somebody was quicker.
    """
    must(member, right_for(effect), effect)
    lock_subjects([effect])
    after = EffectState.WAITING
    if effect.is_in_doubt:
        act = connector_of(effect.channel).acts.get(Can(effect.can))
        if act is None or isinstance(act.settle, AskPerson):
            raise OutcomeUnknown(host=effect.channel.name)
        after = EffectState.UNSURE
    fresh = _fresh_run(now)
    rows = Effect.objects.filter(pk=effect.pk, is_in_doubt=effect.is_in_doubt)
    changed = _moved(rows, EffectState.NEEDS_PERSON, after, **fresh)
    if not changed and not effect.is_in_doubt:
        changed = rows.filter(state=EffectState.WAITING, try_count__gt=0).update(next_try_at=now)
    _finish(effect, member, "effect.retry", changed=changed, now=now)


@transaction.atomic
def give_up_effect(effect: Effect, member: Member, *, now: datetime) -> None:
    """It is not tried again; the item shows the platform's own word. Raises NotAllowed, Conflict."""
    must(member, right_for(effect), effect)
    lock_subjects([effect])
    rows = Effect.objects.filter(pk=effect.pk)
    over = {"finished_at": now, "is_in_doubt": False}
    changed = _moved(rows, EffectState.NEEDS_PERSON, EffectState.CANCELLED, **over)
    changed = changed or _moved(rows, EffectState.WAITING, EffectState.CANCELLED, **over)
    if changed:
        drop_after(effect, now=now)
    _finish(effect, member, "effect.give_up", changed=changed, now=now)


@transaction.atomic
def settle_by_person(
    effect: Effect,
    member: Member,
    happened: bool,
    *,
    now: datetime,
    remote_id: str = "",
    url: str = "",
    result_facts: Mapping[str, Any] | None = None,
) -> None:
    """A person has looked at the platform: it happened, or it did not and is sent again. `remote_id`, `url`: where.

    Raises NotAllowed, Conflict where there is no doubt (any more).
    """
    must(member, right_for(effect), effect)
    lock_subjects([effect])
    rows = Effect.objects.filter(pk=effect.pk, is_in_doubt=True)
    if happened:
        changed = _moved(
            rows, EffectState.NEEDS_PERSON, EffectState.DONE, finished_at=now, is_in_doubt=False, error=None,
            result_remote_id=remote_id, result_url=url, result_facts=dict(result_facts or {}),
        )  # fmt: skip
        act = connector_of(effect.channel).acts.get(Can(effect.can))
        if changed:
            go_on_after(effect, now=now)
        if changed and effect.item_id is not None and act is not None and act.leads_to is not None:
            Item.objects.filter(pk=effect.item_id).update(remote_status=act.leads_to)
    else:
        changed = _moved(rows, EffectState.NEEDS_PERSON, EffectState.WAITING, **_fresh_run(now))
    _finish(effect, member, "effect.settle", changed=changed, now=now, happened=happened)


def right_for(effect: Effect) -> Action:
    """What somebody must be allowed to do, to handle this order by hand."""
    return _RIGHTS.get(Can(effect.can), Action.DECIDE)


def _fresh_run(now: datetime) -> dict[str, Any]:
    """A person's "again" begins the count of tries anew."""
    return {
        "next_try_at": now,
        "spared_count": F("try_count"),
        "trying_since": None,
        "is_in_doubt": False,
        "error": None,
        "finished_at": None,
    }


def _finish(effect: Effect, member: Member, action: str, *, changed: int, now: datetime, **facts: Any) -> None:
    if not changed:
        raise Conflict(who=_SOMEBODY, detail=_MOVED_ON)
    effect.refresh_from_db()
    restate([effect.item_id])
    record(
        member,
        action,
        **subject_of(effect),
        department_id=effect.department_id,
        now=now,
        facts={"effect": effect.pk, "can": effect.can, **facts},
    )
    tell_of(effect, now=now)


def subject_of(effect: Effect) -> dict[str, Any]:
    """What the audit trail says that the order is about."""
    if effect.chain is not None:
        return {"subject": "publication", "subject_key": effect.chain}
    return {"subject": "item", "subject_key": effect.item_id}


def tell_of(effect: Effect, *, now: datetime) -> None:
    """Open pages learn where the order stands."""
    tell_of_all([effect], now=now)


def tell_of_all(effects: Iterable[Effect], *, now: datetime) -> None:
    about = []
    for effect in effects:
        facts = {"effect": effect.pk, "item": effect.item_id, "state": effect.state, "batch": str(effect.batch)}
        if effect.chain is not None:
            facts["chain"] = str(effect.chain)
        about.append((effect.department_id, effect.pk, facts))
    tell_many("effect", about, now=now)


def _moved(rows: Any, before: EffectState, after: EffectState, **changes: Any) -> int:
    """How many rows were still in `before` and are now in `after`; the lease, if any, is given back."""
    if not EFFECT_TRANSITIONS.allowed(before, after):
        raise ValueError(f"no effect goes from {before} to {after}")
    if after in EFFECT_TRANSITIONS.final:
        changes["next_try_at"] = None
    changes["is_followed"] = Q(chain__isnull=True)
    count: int = rows.filter(state=before).update(state=after, leased_by="", leased_until=None, **changes)
    return count
