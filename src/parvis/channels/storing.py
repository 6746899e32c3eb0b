"""Storing what arrived: each item once, by its channel and remote id; older never over newer."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from parvis.channels.models import OPEN_EFFECT_STATES, Channel, Effect, Item, ItemVersion, Profile
from parvis.channels.records import (
    LONGEST_PROFILE_ID,
    Arrival,
    Content,
    content_of,
    in_utc,
    kept_id,
    profile_values,
    storable,
    storable_json,
)
from parvis.channels.search import SearchRow, add_rows, replace_rows, search_words
from parvis.channels.set_back import is_to_come
from parvis.channels.threads import Place, adopt, move_below, place_new, places_of
from parvis.core.types import MediaRecord, ProfileRecord
from parvis.jobs.rows import insert_rows, reserve_ids, update_rows
from parvis.jobs.steps import at

_ROWS_A_QUERY = 500
_NO_MEDIA: list[Any] = []
_CONTENT_FIELDS = (
    "kind", "profile_id", "parent_remote_id", "about_id", "about_remote_id", "title", "text", "body", "body_is_html",
    "url", "language", "status", "remote_status", "media", "facts", "published_at", "edited_at", "seen_at",
    "fingerprint", "is_routed", "is_heard",
)  # fmt: skip
_NEW_FIELDS = (
    "id",
    "channel_id",
    "department_id",
    "remote_id",
    "parent_id",
    "root_id",
    "received_at",
    *_CONTENT_FIELDS,
)
_KNOWN_FIELDS = (
    "id", "remote_id", "fingerprint", "status", "remote_status", "seen_at", "edited_at", "profile_id",
    "parent_remote_id", "department_id",
)  # fmt: skip
_PROFILE_FIELDS = ("name", "handle", "url", "avatar_url", "is_house")


@dataclass(slots=True)
class Sorted:
    """What has arrived, by what is to be done about it."""

    new: dict[str, Arrival] = field(default_factory=dict)
    changed: list[tuple[Item, Arrival]] = field(default_factory=list)
    unchanged: list[tuple[datetime, int]] = field(default_factory=list)
    stale_count: int = 0


def store_items(
    channel: Channel, arrivals: Mapping[str, Arrival], *, now: datetime, remember_unchanged: bool
) -> Sorted:
    """In the caller's transaction, with the channel locked.

    `remember_unchanged` notes when even an unchanged item was seen: needed while older payloads
    wait for a mend, so that they do not overwrite it one day.
    """
    todo = _sort(channel, arrivals, now=now)
    touched = [*todo.new.values(), *(arrival for _, arrival in todo.changed)]
    profiles = _store_profiles(channel, touched, now=now)
    at("intake.after_profiles")
    links = {arrival.parent_remote_id for arrival in touched} | {arrival.about_remote_id for arrival in touched}
    known = places_of(channel, links - todo.new.keys())
    placed = _insert_new(channel, todo.new, known=known, profiles=profiles, now=now)
    at("intake.after_items")
    if placed:
        adopt(channel, placed)
    _update_changed(todo.changed, places={**known, **placed}, profiles=profiles)
    at("intake.after_threads")
    if remember_unchanged:
        update_rows(Item, ["seen_at"], todo.unchanged)
    _count_authors(todo, profiles)
    return todo


def _sort(channel: Channel, arrivals: Mapping[str, Arrival], *, now: datetime) -> Sorted:
    todo = Sorted()
    known = _known(channel, list(arrivals), now=now)
    for remote_id, arrival in arrivals.items():
        item = known.get(remote_id)
        if item is None:
            todo.new[remote_id] = arrival
        elif _is_stale(item, arrival):
            todo.stale_count += 1
        elif item.fingerprint == arrival.fingerprint and item.remote_status == arrival.record.status:
            todo.unchanged.append((arrival.seen_at, item.id))
        else:
            todo.changed.append((item, arrival))
    return todo


def _known(channel: Channel, remote_ids: list[str], *, now: datetime) -> dict[str, Item]:
    """By remote id. What a clock that was ahead has dated makes nothing stale that comes once it is right."""
    known = {}
    for start in range(0, len(remote_ids), _ROWS_A_QUERY):
        rows = Item.objects.filter(channel=channel, remote_id__in=remote_ids[start : start + _ROWS_A_QUERY])
        known.update({item.remote_id: item for item in rows.only(*_KNOWN_FIELDS)})
    for item in known.values():
        if is_to_come(item.seen_at, now):
            item.seen_at = now
    return known


def _is_stale(item: Item, arrival: Arrival) -> bool:
    """Whether something newer is stored: received later, or received earlier but changed later by its platform."""
    if arrival.seen_at == item.seen_at:
        return False
    version_at = arrival.version_at
    if version_at is not None and item.edited_at is not None and version_at < item.edited_at:
        return True
    return arrival.seen_at < item.seen_at


def _store_profiles(channel: Channel, arrivals: Iterable[Arrival], *, now: datetime) -> dict[str, int]:
    """Ids of the authors by their remote id; what is not told again (an empty name) stays as it was."""
    records: dict[str, ProfileRecord] = {}
    for arrival in arrivals:
        author = arrival.record.author
        if author is not None and author.remote_id:
            records[kept_id(author.remote_id, LONGEST_PROFILE_ID)] = author
    known = {}
    remote_ids = list(records)
    for start in range(0, len(remote_ids), _ROWS_A_QUERY):
        rows = Profile.objects.filter(channel=channel, remote_id__in=remote_ids[start : start + _ROWS_A_QUERY])
        known.update({profile.remote_id: profile for profile in rows})
    _update_profiles([(known[key], records[key]) for key in known])
    ids = {key: profile.id for key, profile in known.items()}
    new = [key for key in records if key not in known]
    if new:
        ids.update(zip(new, reserve_ids(Profile, len(new)), strict=True))
        rows_new = ((ids[key], channel.id, key, *profile_values(records[key]).values(), 0, 0, now) for key in new)
        fields = ("id", "channel_id", "remote_id", *_PROFILE_FIELDS, "item_count", "refused_count", "first_seen_at")
        insert_rows(Profile, fields, rows_new)
    return ids


def _update_profiles(pairs: list[tuple[Profile, ProfileRecord]]) -> None:
    rows = []
    for profile, record in pairs:
        before = [getattr(profile, name) for name in _PROFILE_FIELDS]
        told = profile_values(record).values()
        after = [new if new or isinstance(new, bool) else old for new, old in zip(told, before, strict=True)]
        if after != before:
            rows.append((*after, profile.id))
    if rows:
        update_rows(Profile, _PROFILE_FIELDS, rows)


def _insert_new(
    channel: Channel,
    new: dict[str, Arrival],
    *,
    known: Mapping[str, Place],
    profiles: Mapping[str, int],
    now: datetime,
) -> dict[str, Place]:
    if not new:
        return {}
    placed = place_new(channel, new, reserve_ids(Item, len(new)), known=known)
    places = {**known, **placed}
    rows, found_by = [], []
    for remote_id, arrival in new.items():
        place, content = placed[remote_id], content_of(arrival.record)
        values = _values(arrival, content, places=places, profiles=profiles, status=arrival.record.status)
        where = (place.id, channel.id, place.department_id, remote_id, place.parent_id, place.root_id, now)
        rows.append((*where, *values))
        found_by.append(_search_row(place.id, place.department_id, content, arrival))
    insert_rows(Item, _NEW_FIELDS, rows)
    add_rows(found_by)
    return placed


def _values(
    arrival: Arrival, content: Content, *, places: Mapping[str, Place], profiles: Mapping[str, int], status: str
) -> tuple[Any, ...]:
    """In the order of _CONTENT_FIELDS."""
    record = arrival.record
    about = places.get(arrival.about_remote_id)
    return (
        record.kind.value,
        _profile_id(arrival, profiles),
        arrival.parent_remote_id,
        about.id if about else None,
        arrival.about_remote_id,
        content.title,
        content.text,
        content.body,
        content.body_is_html,
        storable(record.url),
        storable(record.language)[:20],
        str(status),
        record.status.value,
        _media(record.media) if record.media else _NO_MEDIA,
        storable_json(record.facts),
        in_utc(record.published_at),
        arrival.version_at,
        arrival.seen_at,
        arrival.fingerprint,
        False,
        False,
    )


def _media(media: Sequence[MediaRecord]) -> list[Any]:
    return [storable_json(msgspec.to_builtins(medium)) for medium in media]


def _profile_id(arrival: Arrival, profiles: Mapping[str, int]) -> int | None:
    author = arrival.record.author
    return profiles.get(kept_id(author.remote_id, LONGEST_PROFILE_ID)) if author else None


def _search_row(item_id: int, department_id: int, content: Content, arrival: Arrival) -> SearchRow:
    author = arrival.record.author
    return SearchRow(item_id, department_id, search_words(content.title, content.text, author.name if author else ""))


def _update_changed(
    changed: list[tuple[Item, Arrival]], *, places: Mapping[str, Place], profiles: Mapping[str, int]
) -> None:
    """`status` follows the platform only where nothing of ours is on its way to it."""
    if not changed:
        return
    held_open = _with_open_effects([item.id for item, _ in changed])
    rows, versions, found_by = [], [], []
    before = Item.objects.in_bulk([item.id for item, _ in changed])
    for slim, arrival in changed:
        item, content = before[slim.id], content_of(arrival.record)
        status = item.status if item.id in held_open else arrival.record.status
        rows.append((*_values(arrival, content, places=places, profiles=profiles, status=status), item.id))
        if (item.title, item.body or item.text) != (content.title, content.body or content.text):
            versions.append(_version_before(item, arrival))
        found_by.append(_search_row(item.id, item.department_id, content, arrival))
    update_rows(Item, _CONTENT_FIELDS, rows)
    ItemVersion.objects.bulk_create(versions)
    replace_rows(found_by)
    for slim, arrival in changed:
        if slim.parent_remote_id != arrival.parent_remote_id:
            above = places_of(before[slim.id].channel, [arrival.parent_remote_id]).get(arrival.parent_remote_id)
            move_below(slim.id, above)


def store_statuses(channel: Channel, arrivals: Mapping[str, Arrival], *, now: datetime) -> int:
    """Of items whose status alone is told; how many changed. Nothing is made of one that never came."""
    known = _known(channel, list(arrivals), now=now)
    told = [(item, arrivals[key]) for key, item in known.items() if arrivals[key].seen_at >= item.seen_at]
    news = [(item, arrival) for item, arrival in told if item.remote_status != arrival.record.status]
    held_open = _with_open_effects([item.id for item, _ in news])
    rows = []
    for item, arrival in news:
        status = arrival.record.status.value
        rows.append((item.status if item.id in held_open else status, status, arrival.seen_at, False, item.id))
    if rows:
        update_rows(Item, ["status", "remote_status", "seen_at", "is_routed"], rows)
    return len(rows)


def _version_before(item: Item, arrival: Arrival) -> ItemVersion:
    return ItemVersion(
        item=item,
        until=arrival.seen_at,
        title=item.title,
        body=item.body or item.text,
        body_is_html=item.body_is_html,
    )


def _with_open_effects(item_ids: list[int]) -> set[int]:
    open_effects = Effect.objects.filter(item_id__in=item_ids, state__in=OPEN_EFFECT_STATES)
    return set(open_effects.values_list("item_id", flat=True))


def _count_authors(todo: Sorted, profiles: Mapping[str, int]) -> None:
    """How many items each author has here: kept with the author, so that no list has to count."""
    difference: Counter[int] = Counter()
    for arrival in todo.new.values():
        if profile_id := _profile_id(arrival, profiles):
            difference[profile_id] += 1
    for item, arrival in todo.changed:
        after = _profile_id(arrival, profiles)
        if item.profile_id != after:
            difference.update({key: sign for key, sign in ((item.profile_id, -1), (after, 1)) if key})
    counts = dict(Profile.objects.filter(id__in=list(difference)).values_list("id", "item_count"))
    update_rows(Profile, ["item_count"], [(max(0, counts[key] + difference[key]), key) for key in counts])
