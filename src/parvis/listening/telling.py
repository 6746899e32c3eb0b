"""Items that tell the same thing gather into stories, each department's among themselves, as they arrive."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count

from parvis.channels.models import Item
from parvis.core.text.stories import Placement, Signature, StoryIndex, StoryRow, bands_of, signature_of
from parvis.jobs.rows import insert_rows, reserve_ids, update_rows
from parvis.listening.locking import lock_matches
from parvis.listening.models import Story, Telling

WINDOW = timedelta(days=7)
"""A story that nobody told for so long is over; who tells it then begins a new one."""
_ROWS_A_QUERY = 500
_FORGET_EVERY = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class _Told:
    item_id: int
    department_id: int
    channel_id: int
    text: str
    at: datetime


class Stories:
    """One process's memory of the founders of the last days; another process's are learnt as they come."""

    def __init__(self) -> None:
        self._indexes: dict[int, StoryIndex[int]] = {}
        self._known_id = -1
        self._forgotten_at: datetime | None = None

    def place(self, item_ids: Sequence[int], *, now: datetime) -> int:
        """Puts those of the items that have no place yet into stories; how many those were."""
        with transaction.atomic():
            lock_matches()
            told = _not_yet_told(item_ids)
            if not told:
                return 0
            self._look(now)
            try:
                self._place(told)
            except BaseException:
                self._indexes, self._known_id = {}, -1  # what was placed in memory is not written
                raise
        return len(told)

    def _look(self, now: datetime) -> None:
        if self._forgotten_at is None or now - self._forgotten_at > _FORGET_EVERY:
            for index in self._indexes.values():
                index.forget(now - WINDOW)
            self._forgotten_at = now
        rows = Story.objects.filter(id__gt=self._known_id).order_by("id")
        if self._known_id < 0:
            rows = rows.filter(last_at__gte=now - WINDOW)
        for key, department_id, packed, last_at in rows.values_list("id", "department_id", "signature", "last_at"):
            signature = Signature(bytes(packed))
            self._of(department_id).learn(StoryRow(key, signature, bands_of(signature), last_at))
            self._known_id = key

    def _of(self, department_id: int) -> StoryIndex[int]:
        return self._indexes.setdefault(department_id, StoryIndex())

    def _place(self, told: Sequence[_Told]) -> None:
        placed: list[tuple[_Told, Placement[int], bool]] = []
        for key, one in zip(reserve_ids(Story, len(told)), told, strict=True):
            placement = self._of(one.department_id).place(key, one.text, at=one.at)
            placed.append((one, placement, placement.story == key))
        new = [(one, placement.story) for one, placement, is_new in placed if is_new]
        insert_rows(
            Story,
            ("id", "department_id", "founder_id", "signature", "first_at", "last_at", "item_count", "channel_count"),
            ((key, one.department_id, one.item_id, signature_of(one.text), one.at, one.at, 1, 1) for one, key in new),
        )
        self._known_id = max([self._known_id, *(key for _, key in new)])
        insert_rows(
            Telling,
            ("item_id", "story_id", "likeness"),
            (
                (one.item_id, placement.story, 1.0 if is_new else placement.likeness)
                for one, placement, is_new in placed
            ),
        )
        _grow([(one, placement.story) for one, placement, is_new in placed if not is_new])


def _not_yet_told(item_ids: Sequence[int]) -> list[_Told]:
    told = []
    for start in range(0, len(item_ids), _ROWS_A_QUERY):
        rows: Iterable[Any] = (
            Item.objects.filter(id__in=item_ids[start : start + _ROWS_A_QUERY], telling__isnull=True)
            .order_by("id")
            .values_list("id", "department_id", "channel_id", "title", "text", "published_at", "received_at")
        )
        for key, department, channel, title, text, published_at, received_at in rows:
            whole = f"{title}\n{text}" if title else text
            told.append(_Told(key, department, channel, whole, published_at or received_at))
    return told


def _grow(joined: Sequence[tuple[_Told, int]]) -> None:
    """Counts and times of stories that others joined."""
    times: dict[int, list[datetime]] = {}
    for one, story in joined:
        times.setdefault(story, []).append(one.at)
    channels = dict(
        Telling.objects.filter(story__in=times)
        .values("story")
        .annotate(n=Count("item__channel", distinct=True))
        .values_list("story", "n")
    )
    known = Story.objects.filter(id__in=times).values_list("id", "item_count", "first_at", "last_at")
    rows = [
        (count + len(times[key]), channels[key], min(first_at, *times[key]), max(last_at, *times[key]), key)
        for key, count, first_at, last_at in known
    ]
    update_rows(Story, ("item_count", "channel_count", "first_at", "last_at"), rows)
