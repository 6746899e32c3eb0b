"""An answer without an end (server-sent events, a line of JSON each): opened like any request, read line by line.

Only reads are opened so. Redirects are followed as for any request: judged anew at each hop, and what
identifies us stays with the origin that it was meant for.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import httpcore2

from parvis.core.errors import AnswerNotUnderstood, AnswerTooLarge, AnswerUnusable, TimedOut, TooManyRedirects
from parvis.core.types import Answer
from parvis.net.failures import DAMAGED, TRANSPORT_ERRORS, failure_from, refusal_of
from parvis.net.guard import Guard
from parvis.net.hops import Hop
from parvis.net.inflate import DamagedBody, inflater_for
from parvis.net.metering import HeadMeter, current_meter
from parvis.net.options import Limits
from parvis.net.reading import headers_of, read_body

LONGEST_LINE_BYTES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LineReader:
    """Opens endless answers over a pool of their own, which no other request waits for."""

    pool: httpcore2.AsyncConnectionPool
    guard: Guard
    limits: Limits
    clock: Callable[[], datetime]

    @asynccontextmanager
    async def open(self, hop: Hop, *, silence_s: float) -> AsyncGenerator[AsyncIterator[str], None]:
        """Its lines while the block runs. `silence_s` without a single byte ends it as a time-out."""
        response, hop = await self._opened(hop, silence_s=silence_s)
        try:
            yield self._lines(response, hop, silence_s=silence_s)
        finally:
            await response.aclose()

    async def _opened(self, hop: Hop, *, silence_s: float) -> tuple[httpcore2.Response, Hop]:
        limit_s = self.limits.total_s
        try:
            async with asyncio.timeout(limit_s):
                return await self._follow(hop, silence_s=silence_s)
        except TimeoutError:
            raise TimedOut(host=hop.host, limit_s=f"{limit_s:g}") from None

    async def _follow(self, hop: Hop, *, silence_s: float) -> tuple[httpcore2.Response, Hop]:
        came_from = hop.host or hop.url.scheme
        for _ in range(self.limits.max_redirects + 1):
            self.guard.check_url(hop.url, came_from=came_from)
            response = await self._sent(hop, silence_s=silence_s)
            headers = headers_of(response)
            if 200 <= response.status < 300:
                return response, hop
            location = headers.get("location")
            if location is None or not hop.is_redirected_by(response.status):
                await self._refuse(response, headers, hop)
            await response.aclose()
            came_from, hop = hop.host, hop.after(response.status, location or "")
        raise TooManyRedirects(host=hop.host)

    async def _sent(self, hop: Hop, *, silence_s: float) -> httpcore2.Response:
        """The head of an answer, whose interim heads are counted like those of any request."""
        meter = HeadMeter()
        token = current_meter.set(meter)
        try:
            meter.start()
            return await self.pool.handle_async_request(self._request(hop, silence_s=silence_s))
        except TRANSPORT_ERRORS as error:
            raise failure_from(error, host=hop.host, limits=self.limits) from error
        finally:
            meter.stop()
            current_meter.reset(token)

    def _request(self, hop: Hop, *, silence_s: float) -> httpcore2.Request:
        headers = [(b"host", hop.url.netloc)]
        headers += [(name.encode("ascii"), value.encode()) for name, value in hop.headers.items()]
        url = httpcore2.URL(
            scheme=hop.url.raw_scheme, host=hop.url.raw_host, port=hop.url.port, target=hop.url.raw_path
        )
        timeouts = {
            "connect": self.limits.connect_s,
            "read": silence_s,
            "write": self.limits.read_s,
            "pool": self.limits.connect_s,
        }
        return httpcore2.Request(method=hop.method, url=url, headers=headers, extensions={"timeout": timeouts})

    async def _refuse(self, response: httpcore2.Response, headers: dict[str, str], hop: Hop) -> None:
        try:
            body = await read_body(response, headers, host=hop.host, limits=self.limits)
        except (AnswerUnusable, *TRANSPORT_ERRORS):
            body = b""  # the status says enough
        finally:
            await response.aclose()
        answer = Answer(status=response.status, url=str(hop.url), headers=headers, body=body)
        if answer.status >= 400:
            raise refusal_of(answer, host=hop.host, is_safe=True, now=self.clock())
        raise AnswerUnusable(host=hop.host, detail=f"HTTP {answer.status}", answer=answer)

    async def _lines(self, response: httpcore2.Response, hop: Hop, *, silence_s: float) -> AsyncIterator[str]:
        rest = b""
        try:
            inflater = inflater_for(headers_of(response).get("content-encoding", ""))
            async with aclosing(response.aiter_stream()) as chunks:
                async for chunk in chunks:
                    for piece in inflater.feed(chunk):
                        *whole, rest = (rest + piece).split(b"\n")
                        for line in whole:
                            yield line.removesuffix(b"\r").decode("utf-8", "replace")
                        if len(rest) > LONGEST_LINE_BYTES:
                            raise AnswerTooLarge(host=hop.host, limit_mb=f"{LONGEST_LINE_BYTES / 1e6:g}")
        except DamagedBody as error:
            raise AnswerNotUnderstood(host=hop.host, detail=DAMAGED) from error
        except httpcore2.ReadTimeout:
            raise TimedOut(host=hop.host, limit_s=f"{silence_s:g}") from None
        except TRANSPORT_ERRORS as error:
            raise failure_from(error, host=hop.host, limits=self.limits) from error
