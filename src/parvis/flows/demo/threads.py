"""Conversations by chance: articles, threads of comments, who wrote them, and where the team stands with them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import log
from random import Random
from typing import Any

from parvis.channels.models import Channel
from parvis.flows.demo.loading import stored_time
from parvis.flows.demo.texts import Said, Writer

ITEM = (
    "id", "channel_id", "department_id", "remote_id", "kind", "profile_id", "parent_id", "parent_remote_id", "root_id",
    "about_id", "about_remote_id", "title", "text", "url", "language", "status", "remote_status", "published_at",
    "received_at", "seen_at", "fingerprint", "is_routed",
    "is_heard",
)  # fmt: skip
CONVERSATION = (
    "id", "root_id", "channel_id", "department_id", "state", "snoozed_until", "assignee_id", "priority", "last_item_id",
    "last_activity_at", "newest_item_id", "item_count", "held_count", "is_unanswered", "kind", "language", "has_link",
    "why", "created_at",
)  # fmt: skip
A_THREAD = 5
"""Items to a conversation, on average, the articles counted in."""
COMMENTS_AN_ARTICLE = 50
DAYS = 730
SMALL = 20_000
"""Items below which much of the house is still to do, so that every screen is alive."""


@dataclass(slots=True)
class Batch:
    """Rows in the order of their columns above."""

    items: list[tuple[Any, ...]] = field(default_factory=list)
    conversations: list[tuple[Any, ...]] = field(default_factory=list)
    words: list[tuple[int, int, str, str, str]] = field(default_factory=list)
    """(item, department, title, text, author)"""
    written: dict[int, int] = field(default_factory=dict)
    """{profile: items} so far."""


@dataclass(slots=True)
class Author:
    id: int
    name: str


class Threads:
    """Draws the conversations of a house, oldest first."""

    def __init__(
        self,
        channels: Sequence[Channel],
        staff: dict[int, list[int]],
        *,
        item_count: int,
        now: datetime,
        seed: int,
        first_item_id: int,
        first_conversation_id: int,
        first_profile_id: int,
    ) -> None:
        self._chance = Random(seed)  # noqa: S311 - a demonstration
        self._writer = Writer(self._chance)
        self._public = [channel for channel in channels if channel.can]
        self._watched = [channel for channel in channels if not channel.can]
        self._staff = staff
        self._now = now
        self._item_id = first_item_id
        self._conversation_id = first_conversation_id
        self.article_count = max(item_count // COMMENTS_AN_ARTICLE, len(channels))
        self.conversation_count = max(item_count // A_THREAD, 1)
        self._left = item_count - self.article_count
        self.authors_a_channel = max(item_count // 8 // len(channels), 5)
        self._first_profile_id = first_profile_id
        self._channel_place = {channel.pk: place for place, channel in enumerate(channels)}
        self._is_small = item_count < SMALL
        self._articles: dict[int, list[tuple[int, str]]] = {}

    def profiles(self, channels: Sequence[Channel]) -> Iterator[tuple[int, int, str, str, bool]]:
        """(id, channel, remote id, name, is house); the first of each channel is the house itself."""
        for channel in channels:
            for number in range(self.authors_a_channel + 1):
                key = self._profile_id(channel, number)
                name = channel.facts["house"] if number == 0 else self._name(channel, number)
                yield key, channel.pk, f"user:{number}" if number else "user:house", name, number == 0

    def batches(self, size: int) -> Iterator[Batch]:
        """Everything, some `size` items at a time."""
        batch = Batch()
        self._write_articles(batch)
        for place in range(self.conversation_count):
            self._write_thread(batch, place)
            if len(batch.items) >= size:
                yield batch
                batch = Batch(written=batch.written)
        yield batch

    def _profile_id(self, channel: Channel, number: int) -> int:
        return self._first_profile_id + self._channel_place[channel.pk] * (self.authors_a_channel + 1) + number

    def _name(self, channel: Channel, number: int) -> str:
        return self._writer.name(number * 7 + self._channel_place[channel.pk] * 3)

    def _author(self, channel: Channel) -> Author:
        """Few write much, many write once."""
        number = 1 + int(self._chance.random() ** 3 * self.authors_a_channel)
        return Author(self._profile_id(channel, number), self._name(channel, number))

    def _house(self, channel: Channel) -> Author:
        return Author(self._profile_id(channel, 0), channel.facts["house"])

    def _write_articles(self, batch: Batch) -> None:
        for number in range(self.article_count):
            channel = self._public[number % len(self._public)]
            language = "fr" if self._chance.random() < 0.7 else "en"
            at = self._now - timedelta(days=DAYS * (1 - number / self.article_count), hours=1)
            key = self._next_item()
            remote_id = f"post:{key}"
            self._add(
                batch, key, channel, remote_id, "article", self._house(channel), None, "", None, None, "",
                self._writer.title(language), Said(self._writer.article(language), language, has_link=False),
                "published", at,
            )  # fmt: skip
            self._articles.setdefault(channel.pk, []).append((key, remote_id))

    def _write_thread(self, batch: Batch, place: int) -> None:
        chance = self._chance.random
        began = self._now - timedelta(seconds=DAYS * 86_400 * (1 - (place + chance()) / self.conversation_count) + 600)
        threads_left = self.conversation_count - place
        length = self._left if threads_left == 1 else self._length(threads_left)
        self._left -= length
        is_watched = chance() < 0.06
        channels = self._watched if is_watched else self._public
        channel = channels[int(chance() * len(channels))]
        state = self._state(place / self.conversation_count)
        language = self._writer.language()
        about = None if is_watched else self._article(channel, place)
        _Thread(self, batch, channel, state, language, about, began).write(length)

    def _length(self, threads_left: int) -> int:
        mean = max(self._left / threads_left, 1.0)
        length = 1 + int(-(mean - 1) * _log(1 - self._chance.random() * 0.9999))
        return max(1, min(length, self._left - threads_left + 1, 400))

    def _article(self, channel: Channel, place: int) -> tuple[int, str] | None:
        known = self._articles.get(channel.pk)
        if not known:
            return None
        return known[min(int(place / self.conversation_count * len(known)), len(known) - 1)]

    def _state(self, age: float) -> str:
        """The newer, the more is still to do."""
        open_share = 0.5 if self._is_small else 0.1 if age < 0.9 else 0.3
        draw = self._chance.random()
        if self._is_small or age > 0.5:
            if draw < open_share:
                return "open"
            if draw < open_share + 0.07:
                return "waiting"
            if draw < open_share + 0.1:
                return "snoozed"
        elif draw < 0.05:
            return "open"
        return "done"

    def _next_item(self) -> int:
        self._item_id += 1
        return self._item_id - 1

    def _add(
        self,
        batch: Batch,
        key: int,
        channel: Channel,
        remote_id: str,
        kind: str,
        author: Author,
        parent_id: int | None,
        parent_remote_id: str,
        root_id: int | None,
        about_id: int | None,
        about_remote_id: str,
        title: str,
        said: Said,
        status: str,
        at: datetime,
    ) -> None:
        stored = stored_time(at)
        batch.items.append(
            (
                key, channel.pk, channel.department_id, remote_id, kind, author.id, parent_id, parent_remote_id,
                root_id, about_id, about_remote_id, title, said.text, f"{channel.address}{key}", said.language, status,
                status, stored, stored, stored, f"{key:032x}", True, not self._is_small,
            )
        )  # fmt: skip
        batch.words.append((key, channel.department_id, title, said.text, author.name))
        batch.written[author.id] = batch.written.get(author.id, 0) + 1


class _Thread:
    """One conversation while it is written."""

    def __init__(
        self,
        threads: Threads,
        batch: Batch,
        channel: Channel,
        state: str,
        language: str,
        about: tuple[int, str] | None,
        began: datetime,
    ) -> None:
        self._all, self._batch, self._channel, self._state = threads, batch, channel, state
        self._language, self._about, self._at = language, about, began
        self._chance = threads._chance.random  # noqa: SLF001
        self._writer = threads._writer  # noqa: SLF001
        self._kind = "comment" if channel.can else "mention"

    def write(self, length: int) -> None:
        now = self._all._now  # noqa: SLF001
        root_id = self._all._item_id  # noqa: SLF001
        items: list[tuple[int, str, str, bool, Said, datetime, int]] = []
        for place in range(length):
            if place:
                self._at = min(self._at + timedelta(seconds=60 + self._chance() ** 4 * 200_000), now)
            items.append(self._write_item(place, length, root_id, items))
        self._write_conversation(root_id, items)

    def _write_item(
        self, place: int, length: int, root_id: int, before: list[tuple[int, str, str, bool, Said, datetime, int]]
    ) -> tuple[int, str, str, bool, Said, datetime, int]:
        is_last = place == length - 1
        is_ours = self._is_ours(place, is_last=is_last)
        status = self._status(place, is_last=is_last, is_ours=is_ours)
        author = self._all._house(self._channel) if is_ours else self._all._author(self._channel)  # noqa: SLF001
        said = self._said(status, is_ours=is_ours)
        key = self._all._next_item()  # noqa: SLF001
        remote_id = f"{self._kind}:{key}"
        parent = before[-1 if self._chance() < 0.4 else 0] if before else None
        about_id, about_remote_id = self._about or (None, "")
        self._all._add(  # noqa: SLF001
            self._batch, key, self._channel, remote_id, self._kind, author, parent[0] if parent else None,
            parent[1] if parent else "", root_id if place else None, about_id, about_remote_id, "", said, status,
            self._at,
        )  # fmt: skip
        return key, remote_id, status, is_ours, said, self._at, author.id

    def _is_ours(self, place: int, *, is_last: bool) -> bool:
        if not place or not self._channel.can:
            return False
        if is_last and self._state in {"waiting", "open"}:
            return self._state == "waiting"
        return self._chance() < 0.2

    def _status(self, place: int, *, is_last: bool, is_ours: bool) -> str:
        if is_ours:
            return "published"
        if self._state == "open" and self._channel.can and (is_last or place == 0) and self._chance() < 0.3:
            return "held"
        if place and not is_last:
            draw = self._chance()
            if draw < 0.03:
                return "trashed" if draw < 0.015 else "spam"
        return "published"

    def _said(self, status: str, *, is_ours: bool) -> Said:
        if is_ours:
            return self._writer.reply(self._language)
        if status == "spam" or (status == "held" and self._chance() < 0.25):
            return self._writer.spam()
        if status == "trashed" or (status == "held" and self._chance() < 0.3):
            return self._writer.rude(self._language)
        return self._writer.comment(self._language)

    def _write_conversation(self, root_id: int, items: list[tuple[int, str, str, bool, Said, datetime, int]]) -> None:
        there = [item for item in items if item[2] in {"published", "held"}]
        last = max(there, key=lambda item: (item[5], item[0]))
        held = sum(item[2] == "held" for item in there)
        now = self._all._now  # noqa: SLF001
        snoozed_until = now + timedelta(hours=1 + self._chance() * 100) if self._state == "snoozed" else None
        key = self._all._conversation_id  # noqa: SLF001
        self._all._conversation_id += 1  # noqa: SLF001
        self._batch.conversations.append(
            (
                key, root_id, self._channel.pk, self._channel.department_id, self._state,
                stored_time(snoozed_until) if snoozed_until else None, self._assignee(), self._priority(), last[0],
                stored_time(last[5]), items[-1][0], len(there), held, not last[3], self._kind, last[4].language[:8],
                last[4].has_link, "[]", stored_time(items[0][5]),
            )
        )  # fmt: skip

    def _assignee(self) -> int | None:
        staff = self._all._staff.get(self._channel.department_id, [])  # noqa: SLF001
        share = {"open": 0.35, "waiting": 0.9, "snoozed": 0.9, "done": 0.3}[self._state]
        return staff[int(self._chance() * len(staff))] if staff and self._chance() < share else None

    def _priority(self) -> int:
        draw = self._chance()
        return 2 if draw < 0.01 else 1 if draw < 0.04 else -1 if draw < 0.06 else 0


def _log(value: float) -> float:
    return log(max(value, 1e-9))
