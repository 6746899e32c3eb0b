"""Hacker News by its own API: lists of numbers, and one request for each item.

An item does not say when it changes; `updates.json` names those that did a moment ago, and what of them
was read before is read again. Of a discussion, all is read again where its count of comments does not
fit, since that list is short and may have been missed.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec
from msgspec import Struct, field

from parvis.connectors.listing.parse import decoded
from parvis.core.connector import Fetched, Session
from parvis.core.errors import RemoteGone
from parvis.core.types import Payload

FIRST_ITEMS = 100
"""How many of a list or of an author's contributions the first reading takes."""
MOST_SEEN = 5000
ITEMS_A_STEP = 20
WALK_EVERY_S = 600.0


class Progress(Struct):
    """The cursor."""

    seen: list[int] = field(default_factory=list)
    queue: list[int] = field(default_factory=list)
    """Still to be read."""
    skipped: list[int] = field(default_factory=list)
    """Older than what the first reading took."""
    older_than: int = 0
    """Of a list that was too long to remember all that was skipped: all below this were."""
    is_begun: bool = False
    comments: int = -1
    """Of a discussion, when it was last read as a whole."""
    walked_at: float = 0.0
    is_story: bool = False
    """Whether the discussion is about a post, and not the answers to a comment."""


async def read(session: Session, cursor: Mapping[str, Any]) -> AsyncIterator[Fetched]:
    """Some items a step."""
    reading = Reading(session, msgspec.convert(dict(cursor), Progress))
    async for fetched in reading.steps():
        yield fetched


def is_ids(told: Any) -> bool:
    """A list of numbers, or an author with the numbers of what they wrote."""
    if isinstance(told, dict):
        told = told.get("submitted")
    return isinstance(told, list) and all(isinstance(one, int) and not isinstance(one, bool) for one in told)


class Reading:
    def __init__(self, session: Session, progress: Progress) -> None:
        self.session = session
        self.progress = progress
        self.host = urlsplit(session.address).hostname or session.address
        path = session.address.split("/item/")[0].split("/user/")[0]
        self.base = path + "/" if path != session.address else urljoin(session.address, ".")
        root = session.address.partition("/item/")[2].removesuffix(".json")
        self.root = int(root) if root.isdigit() else 0

    async def steps(self) -> AsyncIterator[Fetched]:
        progress = self.progress
        if not progress.queue:
            progress.queue = await self._to_read()
        while progress.queue:
            some, progress.queue = progress.queue[:ITEMS_A_STEP], progress.queue[ITEMS_A_STEP:]
            items = await self._items(some)
            self._follow(items)
            yield self._fetched(items)
        yield self._fetched([])

    async def _to_read(self) -> list[int]:
        progress, known = self.progress, set(self.progress.seen)
        changed = [number for number in await self._updated() if number in known] if progress.is_begun else []
        if self.root:
            return await self._of_thread(changed)
        told = await self._get(self.session.address)
        numbers = told.get("submitted", []) if isinstance(told, dict) else told
        listed = [number for number in numbers if isinstance(number, int)] if isinstance(numbers, list) else []
        known |= set(progress.skipped)
        new = sorted({one for one in listed if one not in known and one >= progress.older_than}, reverse=True)
        if not progress.is_begun:
            rest, new = new[FIRST_ITEMS:], new[:FIRST_ITEMS]
            progress.is_begun, progress.skipped = True, rest[:MOST_SEEN]
            progress.older_than = rest[MOST_SEEN - 1] if len(rest) > MOST_SEEN else 0
        return [*reversed(new[:MOST_SEEN]), *changed]

    async def _of_thread(self, changed: list[int]) -> list[int]:
        """The root at each poll, and everything where its count says that something was missed."""
        progress, now_s = self.progress, self.session.now.timestamp()
        root = await self._get(self._item_url(self.root))
        count = root.get("descendants", -1) if isinstance(root, dict) else -1
        progress.is_story = isinstance(root, dict) and root.get("type") != "comment"
        if progress.is_begun and (count == progress.comments or now_s - progress.walked_at < WALK_EVERY_S):
            return list(dict.fromkeys([self.root, *changed]))
        rest = [number for number in progress.seen if number != self.root]
        progress.is_begun, progress.comments, progress.walked_at = True, count, now_s
        return [self.root, *rest]

    def _follow(self, items: list[tuple[int, Any, bytes]]) -> None:
        """What was read is known; of a discussion the answers come next. What does not exist yet is asked for again."""
        progress = self.progress
        known = set(progress.seen) | set(progress.queue)
        for number, item, _ in items:
            if not isinstance(item, dict):
                continue
            if number not in known:
                progress.seen.append(number)
                known.add(number)
            kids = item.get("kids") if self.root else None
            new = [kid for kid in kids if isinstance(kid, int) and kid not in known] if isinstance(kids, list) else []
            new = new[: max(MOST_SEEN - len(progress.queue), 0)]
            progress.queue += new
            known.update(new)
        progress.seen = progress.seen[-MOST_SEEN:]

    async def _items(self, numbers: list[int]) -> list[tuple[int, Any, bytes]]:
        return [await self._item(number) for number in numbers]

    async def _item(self, number: int) -> tuple[int, Any, bytes]:
        try:
            answer = await self.session.request("GET", self._item_url(number))
        except RemoteGone:
            return number, None, b""  # one that is gone stops none of the others
        return number, decoded(answer.body, host=self.host), answer.body

    async def _updated(self) -> list[int]:
        """What changed a moment ago, where the site tells it."""
        try:
            told = await self._get(urljoin(self.base, "updates.json"))
        except RemoteGone:
            return []
        items = told.get("items") if isinstance(told, dict) else None
        return [number for number in items if isinstance(number, int)] if isinstance(items, list) else []

    async def _get(self, url: str) -> Any:
        return decoded((await self.session.request("GET", url)).body, host=self.host)

    def _item_url(self, number: int) -> str:
        return urljoin(self.base, f"item/{number}.json")

    def _fetched(self, items: list[tuple[int, Any, bytes]]) -> Fetched:
        """The items as they came, one beside the other in a list."""
        bodies = [body for _, item, body in items if isinstance(item, dict)]
        payload = Payload(
            endpoint="items",
            url=self.session.address,
            body=b"[" + b",".join(bodies) + b"]",
            content_type="application/json",
            facts={"about": f"item:{self.root}"} if self.progress.is_story else {},
        )
        return Fetched(payloads=(payload,) if bodies else (), cursor=msgspec.to_builtins(self.progress))
