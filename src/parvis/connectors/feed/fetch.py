"""Reading a feed on: one address, asked politely, and its older pages on the first reading.

The cursor holds what the server gave to recognise its last answer by (etag, last_modified), the hash of
that answer, the address where the feed has moved for good, and on the first reading the next older page.
"""

import hashlib
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from parvis.connectors.feed.entries import Feed
from parvis.connectors.feed.hints import is_feed, next_page, wait_s
from parvis.connectors.feed.parse import read_feed
from parvis.core.connector import Account, Fetched, Session
from parvis.core.errors import AddressNotUnderstood, RemoteGone, TooManyRedirects
from parvis.core.types import Answer, Payload

MAX_PAGES = 20
"""How many older pages the first reading follows."""
_MOVED_FOR_GOOD = frozenset({301, 308})
_MAX_MOVES = 5
_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
)


async def fetch(session: Session, cursor: Mapping[str, Any]) -> AsyncIterator[Fetched]:
    """One step with what is new, and on the first reading one for each older page, newest first.

    A reading that was cut off among the older pages goes on there.
    """
    state = dict(cursor)
    is_first = "hash" not in state
    answer, address = await _asked_where_it_moved(session, state)
    if answer.status == 304:
        yield Fetched(payloads=(), cursor=state, next_in_s=wait_s(answer) or state.get("wait_s"))
    else:
        step = _taken_in(answer, address, state, home=session.address, is_first=is_first)
        state = step.cursor
        yield step
    while state.get("older"):
        step = await _older(session, state)
        state = step.cursor
        yield step


async def check(session: Session) -> Account:
    """The feed's own name. Raises AnswerNotUnderstood where there is no feed."""
    answer, _ = await _asked(session, session.address, {})
    return Account(name=name_of(read_feed(_payload(answer)), answer.url), can=frozenset(), facts={})


def name_of(feed: Feed, url: str) -> str:
    """Its title, else the host that it comes from."""
    return feed.title or urlsplit(url).hostname or url


def _taken_in(answer: Answer, address: str, state: Mapping[str, Any], *, home: str, is_first: bool) -> Fetched:
    """Nothing new where the body is the one that was read before, whatever the headers say."""
    digest = hashlib.sha256(answer.body).hexdigest()
    cursor: dict[str, Any] = {"hash": digest}
    for name, header in (("etag", "etag"), ("last_modified", "last-modified")):
        if value := answer.headers.get(header):
            cursor[name] = value
    if address != home and (address == state.get("url") or is_feed(answer.body)):
        cursor["url"] = address
    wait = wait_s(answer)
    if wait is not None:
        cursor["wait_s"] = wait
    if is_first:
        cursor |= _next_older(answer, pages_left=MAX_PAGES)
    elif "older" in state:
        cursor |= {"older": state["older"], "pages_left": state["pages_left"]}
    is_new = digest != state.get("hash")
    return Fetched(payloads=(_payload(answer),) if is_new else (), cursor=cursor, next_in_s=wait)


async def _older(session: Session, state: Mapping[str, Any]) -> Fetched:
    answer, _ = await _asked(session, state["older"], {})
    cursor = {name: value for name, value in state.items() if name not in {"older", "pages_left"}}
    if not is_feed(answer.body):
        return Fetched(payloads=(), cursor=cursor, next_in_s=state.get("wait_s"))
    cursor |= _next_older(answer, pages_left=state["pages_left"] - 1)
    return Fetched(payloads=(_payload(answer),), cursor=cursor, next_in_s=state.get("wait_s"))


def _next_older(answer: Answer, *, pages_left: int) -> dict[str, Any]:
    older = next_page(answer.body, answer.url) if pages_left > 0 else ""
    return {"older": older, "pages_left": pages_left} if older else {}


def _payload(answer: Answer) -> Payload:
    return Payload(
        endpoint="feed", url=answer.url, body=answer.body, content_type=answer.headers.get("content-type", "")
    )


def _conditions(state: Mapping[str, Any]) -> dict[str, str]:
    told = {"if-none-match": state.get("etag"), "if-modified-since": state.get("last_modified")}
    return {name: value for name, value in told.items() if value}


async def _asked_where_it_moved(session: Session, state: Mapping[str, Any]) -> tuple[Answer, str]:
    """At the address that it moved to, or at its first one again where it has left there too."""
    if moved := state.get("url"):
        try:
            return await _asked(session, moved, _conditions(state))
        except RemoteGone:
            return await _asked(session, session.address, {})
    return await _asked(session, session.address, _conditions(state))


async def _asked(session: Session, address: str, conditions: Mapping[str, str]) -> tuple[Answer, str]:
    """The answer, and the address to ask from now on: moves for good are followed here, others by the session."""
    for _ in range(_MAX_MOVES + 1):
        answer = await session.request(
            "GET", address, headers={"accept": _ACCEPT, **conditions}, accept_statuses=_MOVED_FOR_GOOD
        )
        location = answer.headers.get("location", "")
        if answer.status not in _MOVED_FOR_GOOD or not location:
            return answer, address
        try:
            address = urljoin(answer.url, location)
        except ValueError as error:
            raise AddressNotUnderstood(address=location[:200]) from error
    raise TooManyRedirects(host=urlsplit(address).hostname or address)
