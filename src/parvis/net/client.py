"""The one HTTP client: every request of Parvis leaves through here, guarded and bounded."""

import asyncio
import logging
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cached_property
from types import MappingProxyType, TracebackType
from typing import Any, Self

import httpcore2
import httpx2
import msgspec

from parvis.core.connector import File
from parvis.core.errors import (
    AnswerUnusable,
    BadInput,
    RemoteError,
    TimedOut,
    TooManyRedirects,
)
from parvis.core.types import Answer
from parvis.core.wording import Text
from parvis.net.failures import TRANSPORT_ERRORS, failure_from, refusal_of
from parvis.net.files import FileBody
from parvis.net.gathering import gathered
from parvis.net.guard import Guard, GuardedBackend
from parvis.net.hops import Hop, url_of
from parvis.net.inflate import ACCEPTED
from parvis.net.lines import LineReader
from parvis.net.metering import HeadMeter, current_meter
from parvis.net.options import ClientOptions
from parvis.net.reading import headers_of, read_body
from parvis.net.session import Authorise, ChannelSession, basic, basic_authorisation
from parvis.net.stream import GuardedStream, open_stream
from parvis.net.websocket import Message, WebSocketOpener

_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding"})
"""Headers that decide how the bytes are read on either side: set here, whatever the caller says."""
SILENCE_S = 60.0
"""Without a byte for so long, a stream is taken for dead: those in use send a sign of life every 15 s."""
MOST_STREAMS = 500
_MOST_WAITING_SHARE = 0.5
"""Of the whole time, for a free connection: longer, and it is this machine that is at fault."""

# hpack writes every header into its log, passwords too; nobody who turns logging up should store those.
logging.getLogger("hpack").setLevel(logging.WARNING)


class _Attempt:
    """How far a request has come, for those who must judge its failure."""

    def __init__(self, hop: Hop) -> None:
        self.hop = hop
        self.came_from = hop.host or hop.url.scheme
        self.is_sent = False
        self.is_on_new_connection = False
        self.meter = HeadMeter()

    def go_on(self, hop: Hop) -> None:
        self.came_from = self.hop.host
        self.hop = hop
        self.is_sent = self.is_on_new_connection = False

    async def trace(self, event: str, _info: Mapping[str, Any]) -> None:
        """Told by the pool what it does."""
        if event.endswith(".send_request_headers.started"):
            self.is_sent = True
        elif event == "connection.connect_tcp.started":
            self.is_on_new_connection = True
        elif event == "http11.receive_response_headers.started":
            self.meter.start()
        elif event.startswith("http11.receive_response_headers."):
            self.meter.stop()

    @property
    def maybe_done(self) -> bool:
        return self.is_sent and not self.hop.is_safe


class HttpClient:
    """One for each process and event loop, as an async context manager. Keeps no cookies and uses no proxy."""

    def __init__(self, options: ClientOptions | None = None, *, clock: Callable[[], datetime] | None = None) -> None:
        self.options = options or ClientOptions()
        self._clock = clock or _utc_now
        self._guard = Guard(self.options)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=self.options.ssl_context or httpx2.create_ssl_context(),
            max_connections=self.options.max_connections,
            keepalive_expiry=self.options.keepalive_s,
            http2=self.options.http2,
            network_backend=GuardedBackend(self._guard),
        )
        self._lines: LineReader | None = None
        limits = self.options.limits
        self._timeouts = {
            "connect": limits.connect_s,
            "read": limits.read_s,
            "write": limits.read_s,
            "pool": limits.total_s * _MOST_WAITING_SHARE,
        }

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._pool.aclose()
        if self._lines is not None:
            await self._lines.pool.aclose()
        self._guard.close()

    def session(
        self,
        address: str,
        credentials: Mapping[str, str],
        *,
        facts: Mapping[str, str] | None = None,
        now: datetime | None = None,
        auth: Authorise = basic,
    ) -> ChannelSession:
        """A channel's way out. `auth` makes the Authorization header out of the credentials."""
        return ChannelSession(
            client=self,
            address=address,
            credentials=credentials,
            facts=facts or {},
            now=now or self._clock(),
            authorise=auth,
        )

    async def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        content: bytes | None = None,
        accept_statuses: frozenset[int] = frozenset(),
    ) -> Answer:
        """The answer of a 2xx, a 304 or one of `accept_statuses`; raises as core.connector.Session says.

        AddressNotUnderstood where `url` is none, BadInput where a header cannot be sent.
        """
        address = url_of(url)
        hop = Hop(
            method=method.upper(),
            url=address.copy_merge_params(dict(params)) if params else address,
            headers=self._headers(headers or {}, auth=auth, has_json=json is not None),
            body=(content or b"") if json is None else msgspec.json.encode(json),
            accept_statuses=accept_statuses,
        )
        return await self._in_time(_Attempt(hop), limit_s=self.options.limits.total_s)

    async def upload(
        self,
        method: str,
        url: str,
        *,
        file: File,
        field: str | None,
        data: Mapping[str, str] = MappingProxyType({}),
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str | int] | None = None,
        accept_statuses: frozenset[int] = frozenset(),
    ) -> Answer:
        """As core.connector.Session has it."""
        address = url_of(url)
        body = FileBody(file, field=field, data=data)
        await body.check()
        kind = {"content-type": body.content_type, "accept": "application/json"}
        hop = Hop(
            method=method.upper(),
            url=address.copy_merge_params(dict(params)) if params else address,
            headers=self._headers({**(headers or {}), **kind}, auth=None, has_json=False),
            body=body,
            accept_statuses=accept_statuses,
        )
        limits = self.options.limits
        return await self._in_time(_Attempt(hop), limit_s=limits.total_s + len(body) / limits.upload_bytes_per_s)

    async def open_stream(
        self, host: str, port: int, *, tls: bool, upgrades: bool = False, line_limit_bytes: int = 65_536
    ) -> GuardedStream:
        """A connection for what is not HTTP; raises as core.connector.Session says. The caller closes it."""
        return await open_stream(
            self._guard,
            host,
            port,
            context=self._stream_context if tls or upgrades else None,
            upgrades=upgrades,
            limits=self.options.limits,
            line_limit_bytes=line_limit_bytes,
        )

    @cached_property
    def _stream_context(self) -> ssl.SSLContext:
        """Of its own: the pool writes on its context that it speaks HTTP."""
        return self.options.ssl_context or httpx2.create_ssl_context()

    @asynccontextmanager
    async def stream_lines(
        self,
        url: str,
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        silence_s: float = SILENCE_S,
    ) -> AsyncGenerator[AsyncIterator[tuple[str, ...]], None]:
        """As core.connector.Session has it."""
        address = url_of(url)
        sent = self._headers(headers or {}, auth=None, has_json=False) | {"accept-encoding": "identity"}
        hop = Hop(method="GET", url=address.copy_merge_params(dict(params)) if params else address, headers=sent)
        async with (
            self._line_reader().open(hop, silence_s=silence_s) as lines,
            gathered(lines, size_of=len) as batches,
        ):
            yield batches

    @asynccontextmanager
    async def websocket(
        self,
        url: str,
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncGenerator[AsyncIterator[tuple[Message, ...]], None]:
        """As core.connector.Session has it."""
        address = url_of(url)
        opener = WebSocketOpener(
            guard=self._guard,
            limits=self.options.limits,
            ssl_context=lambda: self._stream_context,
            user_agent=self.options.user_agent,
            clock=self._clock,
        )
        async with (
            opener.open(
                address.copy_merge_params(dict(params)) if params else address, headers=dict(headers or {})
            ) as messages,
            gathered(messages, size_of=len) as batches,
        ):
            yield batches

    def _line_reader(self) -> LineReader:
        """With connections of its own: a stream holds one for as long as it stands."""
        if self._lines is None:
            pool = httpcore2.AsyncConnectionPool(
                ssl_context=self.options.ssl_context or httpx2.create_ssl_context(),
                max_connections=MOST_STREAMS,
                max_keepalive_connections=0,
                network_backend=GuardedBackend(self._guard),
            )
            self._lines = LineReader(pool=pool, guard=self._guard, limits=self.options.limits, clock=self._clock)
        return self._lines

    def _headers(self, given: Mapping[str, str], *, auth: tuple[str, str] | None, has_json: bool) -> dict[str, str]:
        headers = {"user-agent": self.options.user_agent, "accept": "*/*", "accept-encoding": ACCEPTED}
        if has_json:
            headers |= {"content-type": "application/json", "accept": "application/json"}
        if auth is not None:
            headers["authorization"] = basic_authorisation(*auth)
        headers |= {name.lower(): value.strip() for name, value in given.items() if name.lower() not in _OURS}
        for name, value in headers.items():
            if not value.isprintable():
                detail = Text(f"“{name}” holds a line break", f"«\u202f{name}\u202f» contient un saut de ligne")
                raise BadInput(detail=detail)
        return headers

    async def _in_time(self, attempt: _Attempt, *, limit_s: float) -> Answer:
        token = current_meter.set(attempt.meter)
        try:
            async with asyncio.timeout(limit_s):
                return await self._follow(attempt)
        except TimeoutError:
            raise TimedOut(host=attempt.hop.host, limit_s=f"{limit_s:.3g}", maybe_done=attempt.maybe_done) from None
        finally:
            current_meter.reset(token)

    async def _follow(self, attempt: _Attempt) -> Answer:
        for _ in range(self.options.limits.max_redirects + 1):
            answer = await self._exchange(attempt)
            location = answer.headers.get("location")
            if location is None or not attempt.hop.is_redirected_by(answer.status):
                return self._judged(answer, attempt.hop)
            attempt.go_on(attempt.hop.after(answer.status, location))
        raise TooManyRedirects(host=attempt.hop.host)

    def _judged(self, answer: Answer, hop: Hop) -> Answer:
        if 200 <= answer.status < 300 or answer.status == 304 or answer.status in hop.accept_statuses:
            return answer
        if answer.status >= 400:
            raise refusal_of(answer, host=hop.host, is_safe=hop.is_safe, now=self._clock())
        raise AnswerUnusable(host=hop.host, detail=f"HTTP {answer.status}", answer=answer, maybe_done=not hop.is_safe)

    async def _exchange(self, attempt: _Attempt) -> Answer:
        """One request and its answer, body included, whatever its status."""
        self._guard.check_url(attempt.hop.url, came_from=attempt.came_from)
        try:
            response = await self._sent(attempt)
            try:
                return await self._taken_in(response, attempt.hop)
            finally:
                await response.aclose()
        except RemoteError as error:
            error.maybe_done = attempt.maybe_done
            raise
        except TRANSPORT_ERRORS as error:
            failure = failure_from(error, host=attempt.hop.host, limits=self.options.limits)
            failure.maybe_done = attempt.maybe_done
            raise failure from error

    async def _sent(self, attempt: _Attempt) -> httpcore2.Response:
        """Reads are sent once more where a kept connection turns out to be dead or out of step."""
        request = self._request(attempt)
        try:
            return await self._pool.handle_async_request(request)
        except (httpcore2.ReadError, httpcore2.WriteError, httpcore2.RemoteProtocolError):
            if attempt.is_on_new_connection or not attempt.hop.is_safe:
                raise
        return await self._pool.handle_async_request(request)

    def _request(self, attempt: _Attempt) -> httpcore2.Request:
        hop = attempt.hop
        headers = [(b"host", hop.url.netloc)]
        headers += [(name.encode("ascii"), value.encode()) for name, value in hop.headers.items()]
        if hop.body or not hop.is_safe:
            headers.append((b"content-length", b"%d" % len(hop.body)))
        return httpcore2.Request(
            method=hop.method,
            url=httpcore2.URL(
                scheme=hop.url.raw_scheme, host=hop.url.raw_host, port=hop.url.port, target=hop.url.raw_path
            ),
            headers=headers,
            content=hop.body,
            extensions={"timeout": self._timeouts, "trace": attempt.trace},
        )

    async def _taken_in(self, response: httpcore2.Response, hop: Hop) -> Answer:
        headers = headers_of(response)
        body = b""
        if not hop.is_redirected_by(response.status):
            body = await self._body(response, headers, hop)
        return Answer(status=response.status, url=str(hop.url), headers=headers, body=body)

    async def _body(self, response: httpcore2.Response, headers: dict[str, str], hop: Hop) -> bytes:
        try:
            return await read_body(response, headers, host=hop.host, limits=self.options.limits)
        except (RemoteError, *TRANSPORT_ERRORS):
            if response.status < 400 or response.status in hop.accept_statuses:
                raise
            return b""  # the status says enough


def _utc_now() -> datetime:
    return datetime.now(UTC)
