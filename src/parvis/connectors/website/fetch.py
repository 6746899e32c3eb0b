"""Reading a site on: what its sitemaps and front page name as new, then those pages, then changes of the latest ones."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

from parvis.connectors.website.links import Page, is_within, likely_articles, read_page
from parvis.connectors.website.listing import find_sitemaps, look_for_new
from parvis.connectors.website.parse import MOST_BYTES
from parvis.connectors.website.state import Queued, State, Watched, state_of
from parvis.connectors.website.visiting import Visitor, alone_on, conditions_of, head_of, robots_of
from parvis.core.connector import Account, Fetched, Session
from parvis.core.errors import BadInput, Refused, RemoteBroken
from parvis.core.types import Answer, Payload
from parvis.core.wording import Text

LOOK_EVERY = timedelta(hours=24)
"""RFC 9309, 2.4: robots.txt is not kept for longer."""
STEP_PAGES = 10
STEP_S = 15.0
MOST_TRIES = 3
LOOKED_AT_AGAIN_H = (1, 6, 24, 72)
"""Hours between looks at a page that was read: corrections come early."""
MOST_LOOKS = 10
PREVIEW_PAGES = 3
_PREVIEW_PAUSE_S = 0.3
"""Somebody is waiting, once."""
_USUAL_FEEDS = ("/feed", "/rss.xml", "/feed.xml", "/atom.xml")
_STAY_AWAY = Text("its robots.txt asks programs to stay away", "son robots.txt demande aux programmes de s’abstenir")
_NOTHING = Text(
    "it names no sitemap, and its page links to no articles",
    "il n’annonce aucun plan de site, et sa page ne mène à aucun article",
)
_FEED = Text(
    "it offers a feed, which is lighter for both sides. Add {url} instead",
    "il offre un flux, plus léger pour les deux côtés. Ajoutez plutôt {url}",
)


async def check(session: Session) -> Account:
    """The site's name. Raises Refused where robots.txt forbids it, BadInput where a feed or nothing is there."""
    state = State()
    visitor = await _visitor(session, state, longest_pause_s=_PREVIEW_PAUSE_S)
    answer = await visitor.get(session.address)
    page = read_page(answer.body, answer.url) if answer else Page(session.address)
    if feed := await _usual_feed(visitor):
        raise BadInput(detail=_FEED.format(url=feed))
    if not state.sitemaps and not likely_articles(page.links, session.address):
        raise BadInput(detail=_NOTHING)
    name = " ".join((page.site_name or page.title).split())[:200]
    return Account(name=name or urlsplit(session.address).netloc, can=frozenset(), facts={})


async def _usual_feed(visitor: Visitor) -> str:
    """Only for a whole site: who names a section wants its pages, whatever the site's feed holds."""
    home = visitor.session.address
    if urlsplit(home).path not in {"", "/"}:
        return ""
    for place in _USUAL_FEEDS:
        answer = await visitor.get(urljoin(home, place), accept="application/rss+xml, application/atom+xml, */*;q=0.1")
        start = answer.body[:2000].lower() if answer else b""
        if answer and b"<html" not in start and any(sign in start for sign in (b"<rss", b"<feed", b"<rdf:rdf")):
            return answer.url
    return ""


async def fetch(session: Session, cursor: Mapping[str, Any]) -> AsyncIterator[Fetched]:
    """A step for each few pages; one without pages where nothing is new."""
    async with alone_on(session.address):
        state = state_of(cursor)
        visitor = await _visitor(session, state)
        if not state.queue:
            await look_for_new(visitor, state, now=session.now)
        is_empty = True
        while state.queue:
            is_empty = False
            payloads = await _next_pages(visitor, state)
            yield Fetched(payloads=payloads, cursor=state.as_cursor())
        looked_at = await _look_again(visitor, state)
        if looked_at or is_empty:
            yield Fetched(payloads=looked_at, cursor=state.as_cursor())


async def newest(session: Session) -> AsyncIterator[Fetched]:
    """A few pages for a first look; the pause is a person's, who waits for it."""
    state = State()
    visitor = await _visitor(session, state, longest_pause_s=_PREVIEW_PAUSE_S)
    await look_for_new(visitor, state, now=session.now)
    state.queue = state.queue[-PREVIEW_PAGES:]
    payloads = await _next_pages(visitor, state) if state.queue else ()
    yield Fetched(payloads=payloads, cursor={})


async def _visitor(session: Session, state: State, *, longest_pause_s: float | None = None) -> Visitor:
    """Raises Refused where the address itself is closed to programs."""
    if state.looked_at is None or session.now - state.looked_at >= LOOK_EVERY:
        robots = await robots_of(session)
        state.rules, state.delay_s, state.looked_at = list(robots.rules), robots.delay_s, session.now
        visitor = Visitor(session, robots, longest_pause_s=longest_pause_s)
        if robots.allows(session.address):
            state.sitemaps = await find_sitemaps(visitor, robots.sitemaps)
    else:
        visitor = Visitor(session, state.robots, longest_pause_s=longest_pause_s)
    if not visitor.robots.allows(session.address):
        raise Refused(host=urlsplit(session.address).netloc, detail=_STAY_AWAY)
    return visitor


async def _next_pages(visitor: Visitor, state: State) -> tuple[Payload, ...]:
    """As many as a step may take; what the site could not give just now goes to the end of the queue."""
    payloads: list[Payload] = []
    for _ in range(max(1, min(STEP_PAGES, int(STEP_S / max(visitor.pause_s, 0.1))))):
        if not state.queue:
            break
        page = state.queue.pop(0)
        try:
            answer = await visitor.get(page.url)
        except RemoteBroken:
            if page.tries + 1 < MOST_TRIES:
                state.queue.append(Queued(page.url, page.title, page.published, page.language, page.tries + 1))
            continue
        if answer is not None and _is_page(answer, visitor.session.address):
            payloads.append(_payload(answer, page))
            _watch(state, answer, visitor, url=page.url, step=0)
    return tuple(payloads)


async def _look_again(visitor: Visitor, state: State) -> tuple[Payload, ...]:
    """Pages that were read lately and have changed since."""
    now = visitor.session.now
    due = [one for one in state.watched if one.next_at <= now][:MOST_LOOKS]
    payloads = []
    for one in due:
        state.watched.remove(one)
        answer = await visitor.get(one.url, conditions_of(one.head))
        if answer is None or (answer.status != 304 and not _is_page(answer, visitor.session.address)):
            continue
        if answer.status == 304:
            _watch_again(state, one, visitor)
            continue
        if _digest(answer) != one.digest:
            payloads.append(_payload(answer, Queued(one.url)))
        _watch(state, answer, visitor, url=one.url, step=one.step + 1)
    return tuple(payloads)


def _watch(state: State, answer: Answer, visitor: Visitor, *, url: str, step: int) -> None:
    if step < len(LOOKED_AT_AGAIN_H):
        next_at = visitor.session.now + timedelta(hours=LOOKED_AT_AGAIN_H[step])
        state.watched = [one for one in state.watched if one.url != url]
        state.watched.append(Watched(url, _digest(answer), next_at, step, head_of(answer)))


def _watch_again(state: State, one: Watched, visitor: Visitor) -> None:
    if one.step + 1 < len(LOOKED_AT_AGAIN_H):
        next_at = visitor.session.now + timedelta(hours=LOOKED_AT_AGAIN_H[one.step + 1])
        state.watched.append(Watched(one.url, one.digest, next_at, one.step + 1, one.head))


def _is_page(answer: Answer, home: str) -> bool:
    """HTML of this very site: a page that has moved elsewhere is somebody else's."""
    return answer.content_type in {"text/html", "application/xhtml+xml", ""} and is_within(answer.url, home)


def _digest(answer: Answer) -> str:
    return hashlib.sha256(answer.body).hexdigest()[:16]


def _payload(answer: Answer, page: Queued) -> Payload:
    facts = {"title": page.title, "published": page.published, "language": page.language}
    return Payload(
        endpoint="page",
        url=answer.url,
        body=answer.body[:MOST_BYTES],
        content_type=answer.headers.get("content-type", ""),
        facts={name: value for name, value in facts.items() if value},
    )
