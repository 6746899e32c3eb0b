"""What arrives is heard: stories told, queries met, all counted; in bulk, and the same result however often."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction

from parvis.channels.models import Item
from parvis.jobs.live import tell
from parvis.jobs.steps import at
from parvis.listening.documents import Heard, heard
from parvis.listening.ears import Ears, newest_version
from parvis.listening.locking import lock_matches
from parvis.listening.meeting import Changed, keep_matches
from parvis.listening.models import SavedQuery

_ROWS_A_QUERY = 500
MOST_TOLD = 50
"""Queries of which open pages are told one by one; above, they are told to look again."""


def hear_new_items(ears: Ears, *, now: datetime, limit: int = 1000) -> int:
    """Hears up to `limit` items; how many. 0: nothing waits.

    Reading and matching are done before the transaction, which begins anew where a query or an item
    has changed meanwhile; so what is written is what the newest queries say of the newest text.
    """
    waiting = list(Item.objects.filter(is_heard=False).order_by("id").values_list("id", flat=True)[:limit])
    if not waiting:
        return 0
    ears.stories.place(waiting, now=now)
    at("hear.placed")
    version = ears.look()
    said = heard(Item.objects.filter(id__in=waiting).order_by("id"))
    found = {one.item_id: list(ears.hear(one, now=now)) for one in said}
    at("hear.matched")
    with transaction.atomic():
        lock_matches()
        if newest_version() != version:
            return len(said)  # the same again, with the newest queries
        fresh = unchanged({one.item_id: one for one in said})
        at("hear.begun")
        changed = keep_matches({key: found[key] for key in fresh}, fresh, now=now)
        at("hear.kept")
        _mark(fresh)
        tell_of_matches(changed, now=now)
        at("hear.before_commit")
    return len(said)


def unchanged(said: Mapping[int, Heard]) -> dict[int, Heard]:
    """Those whose item is still what and where it was read, locked until the transaction ends."""
    now: dict[int, tuple[str, int]] = {}
    keys = list(said)
    for start in range(0, len(keys), _ROWS_A_QUERY):
        rows = Item.objects.filter(id__in=keys[start : start + _ROWS_A_QUERY])
        if connection.features.has_select_for_update:
            rows = rows.select_for_update(of=("self",), no_key=True)
        now.update((key, (seen, where)) for key, seen, where in rows.values_list("id", "fingerprint", "department_id"))
    return {key: one for key, one in said.items() if now.get(key) == (one.fingerprint, one.department_id)}


def _mark(fresh: Mapping[int, Heard]) -> None:
    keys = list(fresh)
    for start in range(0, len(keys), _ROWS_A_QUERY):
        Item.objects.filter(id__in=keys[start : start + _ROWS_A_QUERY]).update(is_heard=True)


def tell_of_matches(changed: Changed, *, now: datetime) -> None:
    """Open pages learn that a query found something."""
    queries = SavedQuery.objects.filter(id__in=changed.new.keys() | changed.gone.keys())
    rows = list(queries.values_list("id", "department_id")[: MOST_TOLD + 1])
    if len(rows) > MOST_TOLD:
        tell("match", now=now, facts={"queries": len(changed.new)})
        return
    for key, department_id in rows:
        tell("match", now=now, department_id=department_id, subject_id=key, facts={"new": changed.new.get(key, 0)})
