"""Reading a Ghost site: everything once, oldest first, and then what changes.

Posts and pages tell when they changed. Comments do not let themselves be asked for that, and a deleted one is
left out of the list without a word; nor does Ghost call anybody when somebody comments. Its numbers hold the time when they were
made and rise, so lists are read by them. With N for the interval between polls (60 s by default):

- New comments, posts and pages: within one N.
- Changed posts and pages, published and taken back ones: within one N (asked two minutes back).
- Of the newest 100 comments those that were hidden, shown, edited or deleted: within one N.
- Older comments: one hundred at each poll, in turn. A deletion among them is noticed back to the 500 last read.
- Deleted posts and pages, among the newest 100 of each: within ten minutes.

An older Ghost has no list of all comments: its articles are read.

A page that is the same as at the last poll is not handed on for ten minutes.
"""

import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec import Struct, field

from parvis.connectors.ghost.parse import moment
from parvis.connectors.ghost.site import Site, quoted, rows_of
from parvis.core.connector import Fetched, Session
from parvis.core.errors import RemoteGone
from parvis.core.types import Answer, Payload

PAGE = 100
"""The most that Ghost 6 gives at a time."""
FIRST_LOOK = 15
OVERLAP = timedelta(minutes=2)
RECENT_COMMENTS = 500
GONE_AT_ONCE = 20
"""Of missing ones that are asked for one by one at a poll."""
DIGESTS_KEPT_S = 600.0
LISTS = ("posts", "pages", "comments")
_ARTICLES = {"formats": "html", "include": "authors"}


class ListCursor(Struct):
    """How far one list has been read."""

    last_id: str = ""
    imported: bool = False
    changed_at: str = ""
    """The newest change of an article that was read."""
    sweep_id: str = ""
    recent: list[str] = field(default_factory=list)
    """The last numbers read, oldest first, whose absence is noticed."""
    looked_at: float = 0.0
    """When articles were last looked through for deleted ones, in seconds since 1970."""
    digests: dict[str, str] = field(default_factory=dict)
    digests_since: float = 0.0


def id_at(when: datetime) -> str:
    """The least number made at that time: its first eight signs are seconds (MongoDB's ObjectId)."""
    return f"{int(when.timestamp()):08x}" + "0" * 16


async def fetch(session: Session, cursor: Mapping[str, Any]) -> AsyncIterator[Fetched]:
    lists = msgspec.convert(dict(cursor).get("lists", {}), dict[str, ListCursor])
    readings = [Reading(Site(session), name, lists.setdefault(name, ListCursor())) for name in LISTS]
    for reading in [one for one in readings if not one.kept.imported] or readings:
        try:
            async for payloads in reading.steps():
                yield Fetched(payloads=payloads, cursor={"lists": msgspec.to_builtins(lists)})
        except RemoteGone:
            if reading.name != "comments" or reading.kept.last_id:
                raise
            reading.kept.imported = True
            yield Fetched(payloads=(), cursor={"lists": msgspec.to_builtins(lists)})


async def newest(session: Session) -> AsyncIterator[Fetched]:
    """The last few of each list, comments first."""
    site = Site(session)
    for name in reversed(LISTS):
        reading = Reading(site, name, ListCursor())
        answer = await reading.page({"order": "id desc", "limit": FIRST_LOOK})
        yield Fetched(payloads=(reading.payload(answer),), cursor={})


class Reading:
    """One run over one list. Each step gives the payloads to keep; the cursor moves with it."""

    def __init__(self, site: Site, name: str, kept: ListCursor) -> None:
        self.site, self.name, self.kept = site, name, kept
        self.now = site.session.now

    async def steps(self) -> AsyncIterator[tuple[Payload, ...]]:
        if self.now.timestamp() - self.kept.digests_since >= DIGESTS_KEPT_S:
            self.kept.digests.clear()
            self.kept.digests_since = self.now.timestamp()
        was_imported = self.kept.imported
        async for payloads in self._new():
            yield payloads
        if not was_imported:
            return
        if self.name == "comments":
            yield await self._newest_again()
            yield await self._swept()
        else:
            async for payloads in self._changed():
                yield payloads
            yield await self._deleted_articles()

    async def page(self, asked: Mapping[str, str | int]) -> Answer:
        shape = _ARTICLES if self.name != "comments" else {}
        return await self.site.read(f"{self.name}/", params={"limit": PAGE, **shape, **asked})

    def payload(self, answer: Answer) -> Payload:
        facts = {"member_id": member} if (member := self.site.session.facts.get("member_id")) else {}
        return Payload(
            endpoint=self.name, url=answer.url, body=answer.body, content_type=answer.content_type, facts=facts
        )

    def _fresh(self, answer: Answer, place: str) -> tuple[Payload, ...]:
        """The page, where it is not as it was."""
        digest = blake2b(answer.body, digest_size=8).hexdigest()
        if self.kept.digests.get(place) == digest:
            return ()
        self.kept.digests[place] = digest
        return (self.payload(answer),)

    async def _new(self) -> AsyncIterator[tuple[Payload, ...]]:
        """By rising number, from a little before the last one read: what was made side by side may come out of turn."""
        after = self.kept.last_id
        if self.kept.imported and after:
            after = min(after, id_at(_made_at(after) - OVERLAP))
        while True:
            asked = {"order": "id asc", **({"filter": f"id:>{quoted(after)}"} if after else {})}
            answer = await self.page(asked)
            rows = rows_of(answer, self.name)
            after = max([after, *(row["id"] for row in rows)])
            self.kept.last_id = max(self.kept.last_id, after)
            self._remember(rows)
            is_last = len(rows) < PAGE
            self.kept.imported = self.kept.imported or is_last
            yield self._fresh(answer, "new") if rows else ()
            if is_last:
                return

    def _remember(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            changed_at = str(row.get("updated_at") or "")
            self.kept.changed_at = max(self.kept.changed_at, changed_at)
        kept = {*self.kept.recent, *(row["id"] for row in rows if row.get("status") != "deleted")}
        self.kept.recent = sorted(kept)[-(RECENT_COMMENTS if self.name == "comments" else PAGE) :]

    async def _changed(self) -> AsyncIterator[tuple[Payload, ...]]:
        """Articles by when they changed, from a little before the last change read."""
        last = moment(self.kept.changed_at) or self.now
        since = (last - OVERLAP).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        number = 1
        while True:
            asked: dict[str, str | int] = {"page": number, "order": "updated_at asc, id asc"}
            asked["filter"] = f"updated_at:>={quoted(since)}"
            answer = await self.page(asked)
            rows = rows_of(answer, self.name)
            self._remember(rows)
            yield self._fresh(answer, f"changed {number}") if rows else ()
            if len(rows) < PAGE:
                return
            number += 1

    async def _newest_again(self) -> tuple[Payload, ...]:
        answer = await self.page({"order": "id desc"})
        rows = rows_of(answer, self.name)
        low = "" if len(rows) < PAGE else rows[-1]["id"]
        return await self._with_missing(answer, rows, low=low, high="", place="newest")

    async def _swept(self) -> tuple[Payload, ...]:
        """The next hundred, from the beginning again after the last."""
        low = self.kept.sweep_id
        answer = await self.page({"order": "id asc", **({"filter": f"id:>{quoted(low)}"} if low else {})})
        rows = rows_of(answer, self.name)
        high = rows[-1]["id"] if len(rows) == PAGE else ""
        self.kept.sweep_id = high
        return await self._with_missing(answer, rows, low=low, high=high, place=f"sweep {low}")

    async def _with_missing(
        self, answer: Answer, rows: list[dict[str, Any]], *, low: str, high: str, place: str
    ) -> tuple[Payload, ...]:
        """The page, and a note of those that were read before, lie within it and are not there any more."""
        there = {row["id"] for row in rows if row.get("status") != "deleted"}
        missing = [one for one in self.kept.recent if low < one and (not high or one <= high) and one not in there]
        gone = [one for one in missing[:GONE_AT_ONCE] if await self._is_gone(one)]
        self.kept.recent = [one for one in self.kept.recent if one not in gone]
        return (*self._fresh(answer, place), *self._note(gone))

    async def _is_gone(self, number: str) -> bool:
        """Asked for by itself: a list may leave out for another reason."""
        try:
            answer = await self.site.read(f"{self.name}/{number}/")
        except RemoteGone:
            return True
        return all(row.get("status") == "deleted" for row in rows_of(answer, self.name))

    def _note(self, gone: list[str]) -> tuple[Payload, ...]:
        if not gone:
            return ()
        kind = {"posts": "article", "pages": "page", "comments": "comment"}[self.name]
        body = json.dumps({"gone": [{"id": one, "kind": kind} for one in gone]}).encode()
        return (Payload(endpoint="gone", url=self.site.url(f"{self.name}/"), body=body),)

    async def _deleted_articles(self) -> tuple[Payload, ...]:
        if self.now.timestamp() - self.kept.looked_at < DIGESTS_KEPT_S:
            return ()
        answer = await self.site.read(f"{self.name}/", params={"fields": "id", "order": "id desc", "limit": PAGE})
        rows = rows_of(answer, self.name)
        self.kept.looked_at = self.now.timestamp()
        low = "" if len(rows) < PAGE else rows[-1]["id"]
        there = {row["id"] for row in rows}
        missing = [one for one in self.kept.recent if low < one and one not in there][:GONE_AT_ONCE]
        gone = [one for one in missing if await self._is_gone(one)]
        self.kept.recent = [one for one in self.kept.recent if one not in gone]
        return self._note(gone)


def _made_at(number: str) -> datetime:
    return datetime.fromtimestamp(int(number[:8], 16), tz=UTC)
