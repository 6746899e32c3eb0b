"""Reading a WordPress site: everything once, oldest first, and then what changes.

WordPress tells when a post changed, but not when a comment did: its comments have no `modified` field,
no `modified_after`, and core sends no webhooks. What a poll does instead, and what that guarantees
(with N for the interval between polls, 60 s by default):

- New posts, pages and comments of every status, whatever date they bear: within one N. Lists are
  read by rising id, which every new record is at the end of; see `window`.
- Edited, trashed and restored posts and pages: within one N, by `modified_after` (exclusive and in
  whole seconds: it is asked 120 s back, and once in half an hour two hours back, since it compares
  the site's local time, which turns back an hour in autumn).
- Any change or deletion among the last 50 comments and the last 10 posts and pages: within one N.
- With a moderator's account, a held comment that somebody decides on in WordPress, and a comment put
  back on hold: within one N, while at most 300 are held.
- All else (an old comment edited, marked as spam, trashed, restored or deleted; an old post deleted
  for good; a post published by its schedule): within one round of a slow sweep over everything. It
  reads 1 to 5 windows of 100 comments at each poll, so that up to 6,000 comments take at most an hour
  at N = 60 s, 100,000 under four hours; posts and pages one window in ten minutes. When the number of
  spam or trashed comments changes, the sweep goes at 5 windows a poll for one round.

A window that is the same as at the last poll is not handed on for ten minutes. So where the desk heard
otherwise in between (an order of its own, undone at once in WordPress), it is right again after these.

What was seen before and is missing from a window is asked for by its id; only what WordPress then
still does not have is reported gone (endpoint "gone"). Reading without an account sees published
things alone, so that what was unpublished there is reported as gone too, and comes back when it does.

Comments of another type than "comment" (pingbacks, order notes, reviews of a shop) are not read.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

import msgspec

from parvis.connectors.wordpress.cursor import ListCursor, Progress
from parvis.connectors.wordpress.listings import COMMENTS, LISTINGS, SMALL_PAGE, Listing, ListReader
from parvis.connectors.wordpress.rights import account_facts, own_account
from parvis.connectors.wordpress.seen import Seen
from parvis.connectors.wordpress.site import Site
from parvis.connectors.wordpress.window import LINK, PAGE, Position, Window, after, next_window, rewound, span
from parvis.core.connector import Fetched, Session
from parvis.core.errors import AnswerNotUnderstood, Refused
from parvis.core.types import Payload

OVERLAP_S = 120.0
WIDE_OVERLAP_S = 7200.0
WIDE_EVERY_S = 1800.0
MODIFIED_OVERLAP = 10
ROUND_POLLS = 60
"""In how many polls a sweep should be through, where that takes no more than MOST_WINDOWS in each."""
MOST_WINDOWS = 5
HELD_PAGES = 3
DIGESTS_KEPT_S = 600.0
"""How long a window that stays the same is not handed on again; after that it is, whatever was heard elsewhere."""


async def fetch(session: Session, cursor: Mapping[str, Any]) -> AsyncIterator[Fetched]:
    """Reads on from a cursor: a page at a time as long as there is something old left, then one poll."""
    site = Site(session)
    reads_all = await _reads_all(site)
    progress = Progress(cursor)
    readings = [_reading(site, listing, progress, reads_all=listing.name in reads_all) for listing in LISTINGS]
    for reading in [one for one in readings if not one.kept.imported] or readings:
        try:
            async for payloads in reading.steps():
                yield Fetched(payloads=payloads, cursor=progress.written())
        except AnswerNotUnderstood as error:
            if error.answer is not None:
                yield Fetched(payloads=(reading.reader.payload(error.answer),), cursor=progress.written())
            raise
        except Refused:
            if site.signs_in:
                await own_account(site)  # a password that was revoked reads like a wrong parameter (400)
            raise


async def newest(session: Session) -> AsyncIterator[Fetched]:
    """The last few of each list, comments first: however many posts there are, what people wrote is shown."""
    site = Site(session)
    reads_all = await _reads_all(site)
    for listing in reversed(LISTINGS):
        reader = ListReader(site, listing, reads_all=listing.name in reads_all)
        window = await reader.rows({"orderby": "id", "order": "desc"}, size=SMALL_PAGE)
        yield Fetched(payloads=(reader.payload(window.answer),), cursor={})


def _reading(site: Site, listing: Listing, progress: Progress, *, reads_all: bool) -> "Reading":
    kept, seen = progress.of(listing.name, reads_all=reads_all)
    return Reading(ListReader(site, listing, reads_all=reads_all), kept, seen, now=site.session.now)


async def _reads_all(site: Site) -> set[str]:
    """Of which lists the account sees everything, and not just what is public."""
    if not site.signs_in:
        return set()
    facts: Mapping[str, str] = site.session.facts
    if "reads_all" not in facts:
        facts = await account_facts(site, await own_account(site))
    return set(facts["reads_all"].split(",")) - {""}


class Reading:
    """One run over one list. Each step gives the payloads to keep together with the cursor as it then is."""

    def __init__(self, reader: ListReader, kept: ListCursor, seen: Seen, *, now: datetime) -> None:
        self.reader = reader
        self.listing: Listing = reader.listing
        self.kept = kept
        self.seen = seen
        self.now = now

    async def steps(self) -> AsyncIterator[tuple[Payload, ...]]:
        if not self.kept.imported:
            async for payloads in self._import():
                yield payloads
            return
        async for payloads in self._head():
            yield payloads
        if self.listing is COMMENTS:
            if self.reader.reads_all:
                yield tuple(await self._held())
                await self._compare_totals()
        else:
            async for payloads in self._modified():
                yield payloads
        async for payloads in self._sweep():
            yield payloads

    async def _import(self) -> AsyncIterator[tuple[Payload, ...]]:
        if self.listing is COMMENTS and self.reader.reads_all:
            await self._compare_totals()
        async for payloads in self._head():
            yield payloads

    async def _head(self) -> AsyncIterator[tuple[Payload, ...]]:
        """On to the end of the list."""
        if self.kept.imported:
            self.kept.head = rewound(self.kept.head, self.listing.reread)
        is_last = False
        while not is_last:
            window = await next_window(self.reader.window, self.kept.head)
            payloads = await self._taken(window, "head")
            self.kept.head = after(window, self.kept.head)
            is_last = window.is_last
            if not self.kept.imported:
                self._remember_changes(window)
                self.kept.imported = is_last
            yield tuple(payloads)

    async def _sweep(self) -> AsyncIterator[tuple[Payload, ...]]:
        """A few windows of everything, from where the last poll left off."""
        if self.now.timestamp() - self.kept.swept_at < self.listing.sweep_every_s:
            return
        self.kept.swept_at = self.now.timestamp()
        for _ in range(self._windows_a_poll()):
            window = await next_window(self.reader.window, self.kept.sweep)
            payloads = await self._taken(window, "")
            self.kept.sweep = Position() if window.is_last else after(window, self.kept.sweep)
            self.kept.hurry = max(0, self.kept.hurry - 1)
            yield tuple(payloads)
            if window.is_last:
                return

    def _windows_a_poll(self) -> int:
        windows = self._windows_in_all()
        wanted = MOST_WINDOWS if self.kept.hurry else -(-windows // ROUND_POLLS)
        return max(1, min(MOST_WINDOWS, wanted))

    def _windows_in_all(self) -> int:
        return -(-self.kept.head.offset // (PAGE - LINK))

    async def _modified(self) -> AsyncIterator[tuple[Payload, ...]]:
        """What was changed since the newest change that this way has brought: the head's would skip others."""
        asked = {"modified_after": self._modified_after(), "orderby": "modified", "order": "asc"}
        offset, total = 0, 1
        while offset < total:
            window = await self.reader.rows({**asked, "offset": offset}, offset=offset)
            payloads = self._kept_payload(window, f"modified {offset}")
            self._remember_changes(window)
            yield tuple(payloads)
            offset, total = offset + PAGE - MODIFIED_OVERLAP, window.total - MODIFIED_OVERLAP

    def _remember_changes(self, window: Window) -> None:
        """Never later than now: a new post bears its own date as that of its change, even one to come."""
        now = self.now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        told = [row["modified_gmt"] for row in window.rows if _is_time(row.get("modified_gmt"))]
        self.kept.modified_gmt = max([self.kept.modified_gmt, *(change for change in told if change <= now)])

    def _modified_after(self) -> str:
        is_wide = self.now.timestamp() - self.kept.wide_at >= WIDE_EVERY_S
        if is_wide:
            self.kept.wide_at = self.now.timestamp()
        newest = datetime.fromisoformat(self.kept.modified_gmt or "2000-01-01T00:00:00").replace(tzinfo=UTC)
        return (newest - timedelta(seconds=WIDE_OVERLAP_S if is_wide else OVERLAP_S)).isoformat()

    async def _held(self) -> list[Payload]:
        """The moderation queue as it is, and what became of those who have left it."""
        payloads: list[Payload] = []
        held: set[int] = set()
        for page in range(1, HELD_PAGES + 1):
            asked: dict[str, str | int] = {"orderby": "id", "order": "desc", "page": page}
            window = await self.reader.rows(asked, offset=(page - 1) * PAGE, scope={"status": "hold"})
            held.update(window.ids)
            payloads += self._kept_payload(window, f"held {page}")
            if window.is_last:
                break
        payloads += await self._asked_again(set(self.kept.held) - held)
        self.kept.held = sorted(held)
        return payloads

    async def _compare_totals(self) -> None:
        """Makes the sweep hurry when comments went to or came from where no short list shows them."""
        totals = {status: await self.reader.total({"status": status}) for status in ("spam", "trash")}
        if totals != self.kept.totals:
            self.kept.totals = totals
            self.kept.hurry = self._windows_in_all() + 1

    async def _taken(self, window: Window, place: str) -> list[Payload]:
        """A window's payload, and word of what it should have held and did not."""
        covered = span(window)
        missing = set(self.seen.between(*covered)) - set(window.ids) if covered else set()
        return self._kept_payload(window, place) + await self._asked_again(missing)

    def _kept_payload(self, window: Window, place: str) -> list[Payload]:
        """`place` names a stretch that is read at every poll; "" is handed on each time."""
        self.seen.add(window.ids)
        return [self.reader.payload(window.answer)] if window.rows and self._is_news(window, place) else []

    def _is_news(self, window: Window, place: str) -> bool:
        """Whether a window differs from what stood at the same place at the last poll."""
        if not self.kept.imported or not place:
            return True
        if self.now.timestamp() - self.kept.digests_since >= DIGESTS_KEPT_S:
            self.kept.digests, self.kept.digests_since = {}, self.now.timestamp()
        digest = blake2b(window.answer.body, digest_size=9).hexdigest()
        is_news = self.kept.digests.get(place) != digest
        self.kept.digests[place] = digest
        return is_news

    async def _asked_again(self, ids: Iterable[int]) -> list[Payload]:
        """The records of these ids, and as gone those that WordPress no longer has."""
        payloads: list[Payload] = []
        waiting = sorted(ids)
        for start in range(0, len(waiting), PAGE):
            some = waiting[start : start + PAGE]
            window = await self.reader.rows({"include": ",".join(map(str, some))})
            if window.rows:
                payloads.append(self.reader.payload(window.answer))
            if not window.has_hidden_rows:
                gone = sorted(set(some) - set(window.ids))
                self.seen.remove(gone)
                payloads += self._gone(gone)
        return payloads

    def _gone(self, ids: list[int]) -> list[Payload]:
        if not ids:
            return []
        url, _ = self.reader.site.url(self.listing.route)
        told = {"kind": self.listing.kind.value, "ids": ids}
        return [Payload(endpoint="gone", url=url, body=msgspec.json.encode(told), content_type="application/json")]


def _is_time(told: object) -> bool:
    """Whether a time was told: WordPress writes year 0 or nothing where there is none."""
    return isinstance(told, str) and told[:1] in "12" and len(told) >= 19
