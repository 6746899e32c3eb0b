"""Reading lists of an instance: everything new, oldest first, and what changed or went among the newest.

Each reading asks for the newest page (40). Where that does not reach back to what is known, the pages
between are read from there on, by `min_id`. Posts of other instances get an id of the time at which they
were written, and may arrive later than newer ones: where ids hold a time, the pages between begin two
minutes earlier. What is missing from the newest page and was in it is asked for by its id, ten at a reading;
only what the instance then does not have is reported gone.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

import msgspec

from parvis.connectors.mastodon.instance import Instance, Params, records_of
from parvis.connectors.mastodon.parse import parse
from parvis.core.connector import Fetched, Session
from parvis.core.errors import AnswerUnusable, RemoteGone
from parvis.core.types import Answer, Payload

PAGE = 40
FIRST_PAGES = 5
MOST_PAGES = 500
"""Between what is known and the newest page; what is left is read at the next reading."""
OVERLAP_MS = 120_000
MOST_ASKED_FOR = 10
_SNOWFLAKES_FROM = 10**16
"""Ids above hold the time in all but their last 16 bits (lib/mastodon/snowflake.rb, read 2026-11)."""


class Listing:
    """One list; `name` is the endpoint of its payloads and its place in the cursor."""

    def __init__(self, instance: Instance, name: str, path: str, params: Params, facts: dict[str, str]) -> None:
        self.instance, self.name, self.path, self.params, self.facts = instance, name, path, params, facts

    async def page(self, **more: str) -> "Page":
        answer = await self.instance.get(self.path, {**self.params, "limit": PAGE, **more})
        return Page(answer, records_of(answer))

    def payload(self, page: "Page") -> Payload:
        answer = page.answer
        return Payload(
            endpoint=self.name, url=answer.url, body=answer.body, content_type=answer.content_type, facts=self.facts
        )


class Page:
    """Newest first."""

    def __init__(self, answer: Answer, rows: list[dict[str, Any]]) -> None:
        self.answer, self.rows = answer, rows
        self.ids = sorted((str(row["id"]) for row in rows if row.get("id")), key=age)


def age(number: str) -> tuple[int, str]:
    """Sorts ids by age, whether they count or are made of letters."""
    return len(number), number


def listings_of(instance: Instance) -> list[Listing]:
    told = instance.session.facts
    match told.get("source"):
        case "public":
            params = {"local": "true"} if told.get("scope") == "local" else {}
            return [Listing(instance, "timeline", "v1/timelines/public", params, {})]
        case "tag":
            return [Listing(instance, "timeline", f"v1/timelines/tag/{quote(told['tag'], safe='')}", {}, {})]
        case "account":
            path = f"v1/accounts/{told['account_id']}/statuses"
            return [Listing(instance, "timeline", path, {"exclude_reblogs": "true"}, {})]
        case "mentions":
            facts = {"account_id": told["account_id"]}
            path = f"v1/accounts/{told['account_id']}/statuses"
            return [
                Listing(instance, "statuses", path, {"exclude_reblogs": "true"}, facts),
                Listing(instance, "notifications", "v1/notifications", {"types[]": "mention"}, facts),
            ]
    raise AnswerUnusable(host=instance.host, detail="an unknown kind of source")


async def fetch(session: Session, cursor: Mapping[str, Any]) -> AsyncIterator[Fetched]:
    progress = dict(cursor)
    for listing in listings_of(Instance(session)):
        async for payloads, moved in _read(listing, progress):
            progress |= moved
            yield Fetched(payloads=payloads, cursor=dict(progress))


async def newest(session: Session) -> AsyncIterator[Fetched]:
    """One page of each."""
    for listing in listings_of(Instance(session)):
        yield Fetched(payloads=(listing.payload(await listing.page()),), cursor={})


def window_of(name: str) -> str:
    return f"{name}_window"


async def _read(
    listing: Listing, progress: Mapping[str, Any]
) -> AsyncIterator[tuple[tuple[Payload, ...], dict[str, Any]]]:
    """Steps, each with the parts of the cursor that it moves."""
    known = str(progress.get(listing.name) or "")
    last = await listing.page()
    if not known:
        for page in reversed(await _further_back(listing, last)):
            yield (listing.payload(page),), {}
    elif last.ids and age(last.ids[0]) > age(known):
        count = 0
        async for page in _between(listing, known, last):
            known, count = max(known, page.ids[-1], key=age), count + 1
            yield (listing.payload(page),), {listing.name: known}
        if count == MOST_PAGES:
            return
    window = [item.remote_id.partition(":")[2] for item in parse(listing.payload(last)).items]
    missing = _missing(progress.get(window_of(listing.name)), window, goes_on=len(last.rows) >= PAGE)
    gone = await _gone(listing, missing[:MOST_ASKED_FOR])
    reached = max([known, *last.ids], key=age)
    later = missing[MOST_ASKED_FOR:][:PAGE]
    yield (listing.payload(last), *gone), {listing.name: reached, window_of(listing.name): [*window, *later]}


async def _further_back(listing: Listing, last: Page) -> list[Page]:
    pages = [last]
    while len(pages[-1].rows) >= PAGE and pages[-1].ids and len(pages) < FIRST_PAGES:
        pages.append(await listing.page(max_id=pages[-1].ids[0]))
    return [page for page in pages[1:] if page.ids]


async def _between(listing: Listing, known: str, last: Page) -> AsyncIterator[Page]:
    """From what is known to the newest page, oldest first."""
    at = _earlier(known)
    for _ in range(MOST_PAGES):
        page = await listing.page(min_id=at)
        if not page.ids or age(page.ids[-1]) <= age(at):
            return
        at = page.ids[-1]
        yield page
        if age(at) >= age(last.ids[0]):
            return


def _earlier(known: str) -> str:
    return str(int(known) - (OVERLAP_MS << 16)) if is_timed(known) else known


def is_timed(number: str) -> bool:
    """Whether an id holds its time."""
    return number.isdecimal() and int(number) >= _SNOWFLAKES_FROM


def timed_id(at: datetime) -> str:
    """Where ids hold their time, one that is older than all from then on."""
    return str(int(at.timestamp() * 1000) << 16)


def _missing(before: Any, window: Sequence[str], *, goes_on: bool) -> list[str]:
    """What was in the newest page and is not. Of a list that goes on, what is older than the page has moved out of it."""
    seen, oldest = set(window), min(window, key=age, default="") if goes_on else ""
    known = [one for one in before if isinstance(one, str)] if isinstance(before, list) else []
    return [one for one in known if one not in seen and (not oldest or age(one) > age(oldest))]


async def _gone(listing: Listing, missing: Sequence[str]) -> tuple[Payload, ...]:
    """The report on those that are not there any more when they are asked for."""
    gone = [one for one in missing if not await _is_there(listing.instance, one)]
    if not gone:
        return ()
    url = f"{listing.instance.home}/api/v1/statuses"
    return (Payload(endpoint="gone", url=url, body=msgspec.json.encode({"ids": gone})),)


async def _is_there(instance: Instance, number: str) -> bool:
    try:
        await instance.get(f"v1/statuses/{quote(number, safe='')}")
    except RemoteGone:
        return False
    return True
