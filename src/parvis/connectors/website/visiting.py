"""One visitor at a time on a site, at the pace that it asks for, and only where robots.txt lets it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urljoin, urlsplit
from weakref import WeakValueDictionary

from parvis.connectors.website.robots import Robots, read_robots
from parvis.core.connector import Session
from parvis.core.errors import AnswerUnusable, Refused
from parvis.core.types import Answer

PAUSE_S = 1.0
"""Between two requests, where a site asks for nothing else."""
_HTML = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
_locks: "WeakValueDictionary[tuple[int, str], asyncio.Lock]" = WeakValueDictionary()


@asynccontextmanager
async def alone_on(url: str) -> AsyncIterator[None]:
    """One connection a host: channels of the same host wait for one another."""
    key = (id(asyncio.get_running_loop()), urlsplit(url).netloc.lower())
    lock = _locks.setdefault(key, asyncio.Lock())
    async with lock:
        yield


async def robots_of(session: Session) -> Robots:
    """A site without the file, or one that refuses it, allows everything (RFC 9309, 2.3.1.3); one that is broken, nothing yet."""
    try:
        answer = await session.request("GET", urljoin(session.address, "/robots.txt"), headers={"accept": "text/plain"})
    except Refused:
        return Robots()
    return read_robots(answer.body)


class Visitor:
    """Asks for one thing after the other."""

    def __init__(self, session: Session, robots: Robots, *, longest_pause_s: float | None = None) -> None:
        self.session = session
        self.robots = robots
        asked_s = robots.delay_s if robots.delay_s is not None else PAUSE_S
        self.pause_s = asked_s if longest_pause_s is None else min(asked_s, longest_pause_s)
        self._last_s: float | None = None

    async def get(self, url: str, conditions: Mapping[str, str] | None = None, *, accept: str = _HTML) -> Answer | None:
        """None where robots.txt forbids it, or the site does not give it (any more), or nothing can be made of it.

        Raises RemoteError where the site as a whole cannot be read now.
        """
        if not self.robots.allows(url):
            return None
        await self._wait()
        try:
            return await self.session.request("GET", url, headers={"accept": accept, **(conditions or {})})
        except (Refused, AnswerUnusable):
            return None

    async def _wait(self) -> None:
        now_s = asyncio.get_running_loop().time()
        if self._last_s is not None and now_s < self._last_s + self.pause_s:
            await asyncio.sleep(self._last_s + self.pause_s - now_s)
        self._last_s = asyncio.get_running_loop().time()


def conditions_of(told: Mapping[str, str]) -> dict[str, str]:
    """Asks only for what has changed since `head_of` noted this."""
    asked = {"if-none-match": told.get("e", ""), "if-modified-since": told.get("m", "")}
    return {name: value for name, value in asked.items() if value}


def head_of(answer: Answer) -> dict[str, str]:
    """What a server recognises its last answer by."""
    told = {"e": answer.headers.get("etag", "")[:200], "m": answer.headers.get("last-modified", "")[:60]}
    return {name: value for name, value in told.items() if value}
