"""Reading profiles, searches and an account's notifications: newest first there, so page by page back to what is known.

Each reading asks for the whole newest page again (100), which shows what changed and what is gone among
it; what is missing is asked for by its id, and only what the view then does not have is reported gone.
Times are those that the authors' programs tell, so the newest page is all that can be relied on:
pages further back are read until one holds nothing new by more than OVERLAP_S.

A notification's cursor is a time, and of two with the same time at the border of two pages one is
never given (seen on dev-env 0.6.7, 2026-11). So the next page is asked for from a moment later, and
overlaps.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from parvis.connectors.bluesky import firehose
from parvis.connectors.bluesky.parse import moment, parse
from parvis.connectors.bluesky.service import Params, Service, decoded
from parvis.core.connector import Fetched, Session
from parvis.core.errors import AnswerUnusable
from parvis.core.types import Answer, Payload

PAGE = 100
MOST_PAGES = 20
"""At a first reading, and after a long absence: 2,000 posts."""
OVERLAP_S = 600.0
MOST_ASKED_FOR = 25
"""getPosts takes no more at once (its lexicon, read 2026-11)."""
MOST_REMEMBERED = 4 * PAGE
"""Ids in a cursor: those of the newest page, and those that a view has and lists no more."""
_BORDER = timedelta(milliseconds=1)


async def fetch(session: Session, cursor: Mapping[str, Any]) -> AsyncIterator[Fetched]:
    if firehose.is_firehose(session.facts):
        async for fetched in firehose.read_on(session, cursor):
            yield fetched
        return
    service = Service(session)
    progress = dict(cursor)
    for listing in await listings_of(service):
        async for payloads, position in _read(listing, progress.get(listing.name) or {}):
            progress[listing.name] = position
            yield Fetched(payloads=payloads, cursor=dict(progress))


async def newest(session: Session) -> AsyncIterator[Fetched]:
    """One page of each."""
    if firehose.is_firehose(session.facts):
        async for fetched in firehose.read_on(session, {}):
            yield fetched
            return
        return
    for listing in await listings_of(Service(session)):
        page = await listing.page("")
        yield Fetched(payloads=(listing.payload(page.answer),), cursor={})


class Page:
    def __init__(self, answer: Answer, rows: list[Any], cursor: str) -> None:
        self.answer, self.rows, self.cursor = answer, rows, cursor

    @property
    def times(self) -> list[datetime]:
        """When the view first saw each, as far as it tells; pinned posts are out of their turn."""
        told = (_indexed_at(row) for row in self.rows if isinstance(row, dict) and not _is_pinned(row))
        return [one for one in told if one is not None]


class Listing:
    """One list of a service; `name` is also the endpoint of its payloads."""

    def __init__(self, service: Service, name: str, method: str, params: Params, facts: dict[str, str]) -> None:
        self.service, self.name, self.method, self.params, self.facts = service, name, method, params, facts

    async def page(self, cursor: str) -> Page:
        asked = {**self.params, "limit": PAGE, **({"cursor": cursor} if cursor else {})}
        answer = await self.service.get(self.method, asked)
        told = decoded(answer)
        rows = told.get("feed", told.get("posts", told.get("notifications")))
        return Page(answer, rows if isinstance(rows, list) else [], str(told.get("cursor") or ""))

    def payload(self, answer: Answer) -> Payload:
        return Payload(
            endpoint=self.name, url=answer.url, body=answer.body, content_type=answer.content_type, facts=self.facts
        )


async def listings_of(service: Service) -> list[Listing]:
    told = service.session.facts
    match told.get("source"):
        case "feed":
            params = {"actor": told["actor"], "filter": "posts_with_replies"}
            return [Listing(service, "feed", "app.bsky.feed.getAuthorFeed", params, {})]
        case "search":
            params = {"q": told["words"], "sort": "latest"}
            return [Listing(service, "search", "app.bsky.feed.searchPosts", params, {})]
        case "account":
            did = told.get("did") or (await service.who()).did
            facts, own = {"did": did}, {"actor": did, "filter": "posts_with_replies"}
            return [
                Listing(service, "feed", "app.bsky.feed.getAuthorFeed", own, facts),
                Listing(service, "notifications", "app.bsky.notification.listNotifications", {}, facts),
            ]
    raise AnswerUnusable(host=service.host, detail="an unknown kind of source")


async def _read(
    listing: Listing, position: Mapping[str, Any]
) -> AsyncIterator[tuple[tuple[Payload, ...], dict[str, Any]]]:
    """Steps with the position after each: pages from the oldest to the newest, then what is gone."""
    newest_known = moment(position.get("newest"))
    pages = await _pages_back_to(listing, newest_known)
    latest = max((time for page in pages for time in page.times), default=None)
    for page in reversed(pages[1:]):
        yield (listing.payload(page.answer),), dict(position)
    missing = _missing(listing, _strings(position.get("window")), pages)
    there, gone = await _asked_for(listing, missing[:MOST_ASKED_FOR])
    window = [*_ids_of(listing, pages[0]), *missing[MOST_ASKED_FOR:], *there][:MOST_REMEMBERED]
    reached = max((one for one in (latest, newest_known) if one is not None), default=None)
    after = {"newest": reached.isoformat() if reached else "", "window": window}
    yield (listing.payload(pages[0].answer), *gone), after


async def _pages_back_to(listing: Listing, known: datetime | None) -> list[Page]:
    pages = [await listing.page("")]
    while (page := pages[-1]).cursor and page.times and len(pages) < MOST_PAGES:
        if known is not None and max(page.times) < known - timedelta(seconds=OVERLAP_S):
            break
        if known is not None and len(page.rows) < PAGE // 2:
            break
        further = await listing.page(_overlapping(page))
        if not further.rows or further.answer.body == page.answer.body:
            break
        pages.append(further)
    return pages


def _overlapping(page: Page) -> str:
    """A cursor that is a time leads a moment further back in the page, unless that were its beginning."""
    border = moment(page.cursor)
    if border is None or not page.times or border + _BORDER >= max(page.times):
        return page.cursor
    return (border + _BORDER).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _ids_of(listing: Listing, page: Page) -> list[str]:
    return [item.remote_id for item in parse(listing.payload(page.answer)).items]


def _missing(listing: Listing, before: Sequence[str], pages: Sequence[Page]) -> list[str]:
    """What was in the newest page and is in none of these.

    Record keys tell the time: what is older than all of a listing that goes on has just moved out of the page.
    A listing that ends here tells of its oldest post too.
    """
    seen = {one for page in pages for one in _ids_of(listing, page)}
    oldest = min((_key(uri) for uri in seen), default="") if pages[-1].cursor else ""
    return [uri for uri in before if uri not in seen and _key(uri) >= oldest]


async def _asked_for(listing: Listing, missing: Sequence[str]) -> tuple[list[str], tuple[Payload, ...]]:
    """Which of them are there all the same, to be asked for again, and the report on those that are not.

    A listing and the posts themselves may be told from different memories of a view.
    """
    if not missing:
        return [], ()
    answer = await listing.service.get("app.bsky.feed.getPosts", {"uris": list(missing)})
    told = {row.get("uri") for row in decoded(answer).get("posts") or () if isinstance(row, dict)}
    there, gone = [uri for uri in missing if uri in told], [uri for uri in missing if uri not in told]
    if not gone:
        return there, ()
    body = msgspec.json.encode({"uris": gone})
    return there, (Payload(endpoint="gone", url=answer.url, body=body, content_type="application/json"),)


def _indexed_at(row: Mapping[str, Any]) -> datetime | None:
    for place in _places(row):
        if found := moment(place.get("indexedAt")):
            return found
    return None


def _places(row: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A post that was passed on stands where that happened."""
    for one in (row.get("reason"), row.get("post"), row):
        if isinstance(one, dict):
            yield one


def _is_pinned(row: Mapping[str, Any]) -> bool:
    reason = row.get("reason")
    return isinstance(reason, dict) and str(reason.get("$type")).endswith("#reasonPin")


def _strings(told: Any) -> list[str]:
    return [one for one in told if isinstance(one, str)] if isinstance(told, list) else []


def _key(uri: str) -> str:
    return uri.rpartition("/")[2]
