"""Where an item stands between what was decided here and what the platform has done."""

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import Q

from parvis.channels.models import OPEN_EFFECT_STATES, Channel, Effect, Item
from parvis.channels.registry import connectors
from parvis.core.connector import Can
from parvis.core.types import Status


def status_orders(channel: Channel) -> list[Can]:
    """The orders that do nothing but change an item's status there."""
    connector = connectors().get(channel.connector)
    return [can for can, act in connector.acts.items() if act.leads_to is not None] if connector else []


def lock_items(item_ids: Iterable[int | None]) -> None:
    """Holds the items until the transaction ends, always in the same sequence; SQLite has one writer anyway."""
    _lock(Item.objects.filter(pk__in={key for key in item_ids if key is not None}))


def lock_subjects(effects: Iterable[Effect]) -> None:
    """The same for all that these orders touch: their items, and the other parts of their publications."""
    effects = list(effects)
    lock_items([effect.item_id for effect in effects])
    chains = {effect.chain for effect in effects if effect.chain is not None}
    if chains:
        _lock(Effect.objects.filter(chain__in=chains))


def _lock(rows: Any) -> None:
    if connection.features.has_select_for_update:
        list(rows.order_by("pk").select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))


def restate(item_ids: Iterable[int | None]) -> int:
    """Shows on each item what its newest open order leads to, else the platform's last word; how many changed.

    A changed item is routed again, so that its conversation learns of it.
    """
    wanted = {key for key in item_ids if key is not None}
    if not wanted:
        return 0
    decided = _decided(wanted)
    rows = Item.objects.filter(pk__in=wanted).values_list("pk", "status", "remote_status")
    changes: dict[str, list[int]] = {}
    for key, shown, remote in rows:
        right = decided.get(key, remote)
        if right != shown:
            changes.setdefault(right, []).append(key)
    for status, keys in changes.items():
        Item.objects.filter(pk__in=keys).update(status=status, is_routed=False)
    return sum(len(keys) for keys in changes.values())


def _decided(item_ids: set[int]) -> dict[int, Status]:
    """What the newest open order of each item leads to."""
    open_orders = Effect.objects.filter(Q(item_id__in=item_ids), state__in=OPEN_EFFECT_STATES).order_by("id")
    found: dict[int, Status] = {}
    for item_id, can, slug in open_orders.values_list("item_id", "can", "channel__connector"):
        assert item_id is not None
        connector = connectors().get(slug)
        act = connector.acts.get(Can(can)) if connector else None
        if act is not None and act.leads_to is not None:
            found[item_id] = act.leads_to
    return found
