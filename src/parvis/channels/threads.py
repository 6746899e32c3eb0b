"""Which item answers which: threads are right whatever the order in which their items arrive.

An item whose parent has not arrived is the first of a thread of its own for the time being. When
the parent comes, the whole thread below becomes a part of the parent's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import F

from parvis.channels.models import Channel, Item
from parvis.channels.records import Arrival
from parvis.channels.search import move_items
from parvis.jobs.rows import update_rows

_ROWS_A_QUERY = 500


@dataclass(slots=True)
class Place:
    """Where an item stands: `root_id` None means that it is the first of its thread."""

    id: int
    parent_id: int | None
    root_id: int | None
    department_id: int

    @property
    def thread_id(self) -> int:
        return self.id if self.root_id is None else self.root_id


def places_of(channel: Channel, remote_ids: Iterable[str]) -> dict[str, Place]:
    """The places of the items that have arrived, by remote id."""
    wanted = sorted(set(remote_ids) - {""})
    places = {}
    for start in range(0, len(wanted), _ROWS_A_QUERY):
        rows = Item.objects.filter(channel=channel, remote_id__in=wanted[start : start + _ROWS_A_QUERY])
        for remote_id, *place in rows.values_list("remote_id", "id", "parent_id", "root_id", "department_id"):
            places[remote_id] = Place(*place)
    return places


def place_new(
    channel: Channel, arrivals: Mapping[str, Arrival], ids: Iterable[int], *, known: Mapping[str, Place]
) -> dict[str, Place]:
    """Where items that arrive now will stand, beside each other and below those that are `known`."""
    own_ids = dict(zip(arrivals, ids, strict=True))
    placed: dict[str, Place] = {}
    for remote_id in arrivals:
        for step in _downwards(remote_id, arrivals, placed):
            above = arrivals[step].parent_remote_id
            parent = placed.get(above) or known.get(above)
            placed[step] = _below(own_ids[step], parent, channel)
    return placed


def _downwards(remote_id: str, arrivals: Mapping[str, Arrival], placed: Mapping[str, Place]) -> list[str]:
    """The item after those above it that have no place yet; a circle is cut where it closes."""
    chain: dict[str, None] = {}
    while remote_id in arrivals and remote_id not in placed and remote_id not in chain:
        chain[remote_id] = None
        remote_id = arrivals[remote_id].parent_remote_id
    return list(reversed(chain))


def _below(item_id: int, parent: Place | None, channel: Channel) -> Place:
    if parent is None:
        return Place(item_id, None, None, channel.department_id)
    return Place(item_id, parent.id, parent.thread_id, parent.department_id)


def adopt(channel: Channel, arrived: Mapping[str, Place]) -> None:
    """Gives their parent, and the article that they are about, to items that came before them."""
    _adopt_about(channel, arrived)
    joined: dict[int, int] = {}
    parents = []
    for orphan_id, above in _orphans(channel, arrived, "parent"):
        thread_id = _followed(joined, arrived[above].thread_id)
        if thread_id != orphan_id:
            joined[orphan_id] = thread_id
            parents.append((arrived[above].id, orphan_id))
    update_rows(Item, ["parent_id"], parents)
    join_threads({lower: _followed(joined, lower) for lower in joined})


def _adopt_about(channel: Channel, arrived: Mapping[str, Place]) -> None:
    orphans = _orphans(channel, arrived, "about")
    update_rows(Item, ["about_id"], [(arrived[about].id, orphan_id) for orphan_id, about in orphans])


def _orphans(channel: Channel, arrived: Mapping[str, Place], link: str) -> list[tuple[int, str]]:
    """Ids of those that wait for what has arrived, and for which, in the order of their ids."""
    remote_ids = sorted(arrived)
    found: list[tuple[int, str]] = []
    for start in range(0, len(remote_ids), _ROWS_A_QUERY):
        some = remote_ids[start : start + _ROWS_A_QUERY]
        waiting = Item.objects.filter(
            **{"channel": channel, f"{link}__isnull": True, f"{link}_remote_id__in": some}
        ).exclude(**{f"{link}_remote_id": ""})
        found += waiting.values_list("id", f"{link}_remote_id")
    return sorted(found)


def _followed(joined: Mapping[int, int], thread_id: int) -> int:
    while thread_id in joined:
        thread_id = joined[thread_id]
    return thread_id


def join_threads(joined: Mapping[int, int]) -> None:
    """Each thread (its first item's id) becomes a part of another; conversations learn of it."""
    for lower, upper in joined.items():
        Item.objects.filter(root=lower).update(root=upper, is_routed=False)
        Item.objects.filter(id=lower).update(root=upper, is_routed=False)
    _follow_departments(sorted(set(joined.values())))


def move_below(item_id: int, parent: Place | None) -> None:
    """Puts an item, with all below it, under another parent, or under none."""
    family = _family(item_id)
    if parent is not None and parent.id in family:
        parent = None
    thread_id = parent.thread_id if parent else item_id
    Item.objects.filter(id__in=family).update(root=thread_id, is_routed=False)
    Item.objects.filter(id=item_id).update(
        parent=parent.id if parent else None, root=thread_id if parent else None, is_routed=False
    )
    _follow_departments([thread_id])


def _family(item_id: int) -> set[int]:
    """The item and all that answer it, at any depth."""
    thread_id = Item.objects.filter(id=item_id).values_list("root_id", flat=True).get() or item_id
    members = Item.objects.filter(root=thread_id).order_by("id").values_list("id", "parent_id")
    answers: dict[int, list[int]] = {}
    for answer_id, parent_id in members:
        if parent_id is not None:
            answers.setdefault(parent_id, []).append(answer_id)
    family, waiting = {item_id}, [item_id]
    while waiting:
        more = [below for below in answers.get(waiting.pop(), ()) if below not in family]
        family.update(more)
        waiting += more
    return family


def _follow_departments(thread_ids: list[int]) -> None:
    """A thread is seen where its first item is."""
    for start in range(0, len(thread_ids), _ROWS_A_QUERY):
        threads = thread_ids[start : start + _ROWS_A_QUERY]
        strays = Item.objects.filter(root__in=threads).exclude(department_id=F("root__department_id"))
        by_department: dict[int, list[int]] = {}
        for item_id, department_id in strays.values_list("id", "root__department_id"):
            by_department.setdefault(department_id, []).append(item_id)
        for department_id, item_ids in by_department.items():
            move_items(item_ids, department_id)
