"""A WebSocket under the same guard as every request: the name is looked up once, judged, and the judged address dialled.

No redirect is followed, nothing is unpacked (a message has the size that was sent), and no proxy used.
"""

import asyncio
import ipaddress
import logging
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import httpx2

from parvis.core.errors import (
    AnswerNotUnderstood,
    AnswerTooLarge,
    AnswerUnusable,
    RemoteError,
    TimedOut,
    Unreachable,
    WayRefused,
)
from parvis.core.types import Answer
from parvis.core.wording import Text
from parvis.net.failures import CUT_SHORT, NO_WAY, NOT_WEBSOCKET, refusal_of, unreachable_from
from parvis.net.guard import MOST_ADDRESSES, Guard
from parvis.net.options import Limits

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection
    from websockets.exceptions import ConnectionClosed, InvalidStatus

LARGEST_MESSAGE_BYTES = 5_242_880
"""What AT Protocol's own frames may have at most, the largest of any stream read so far."""
_PING_EVERY_S = 20.0
_FRAMES_WAITING = 4
_TOO_BIG = 1009
_HTTP = {"ws": "http", "wss": "https"}
_ONLY_WS = Text("only ws and wss are opened", "seuls ws et wss le sont")
_OURS = frozenset({"host", "connection", "upgrade", "user-agent"})

_log = logging.getLogger("parvis.websocket")
_log.setLevel(logging.INFO)  # one level lower, the library writes every header and message into the log

Message = str | bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSocketOpener:
    guard: Guard
    limits: Limits
    ssl_context: Callable[[], ssl.SSLContext]
    user_agent: str
    clock: Callable[[], datetime]

    @asynccontextmanager
    async def open(
        self, url: httpx2.URL, *, headers: Mapping[str, str]
    ) -> AsyncGenerator[AsyncIterator[Message], None]:
        """The messages while the block runs. A peer that answers no ping for 20 s is taken for gone."""
        if url.scheme not in _HTTP:
            raise WayRefused(host=url.host, detail=_ONLY_WS)
        self.guard.check_url(url.copy_with(scheme=_HTTP[url.scheme]), came_from=url.host)
        connection = await self._connected(url, headers)
        try:
            yield _messages(connection, url.host)
        finally:
            await connection.close()

    async def _connected(self, url: httpx2.URL, headers: Mapping[str, str]) -> "ClientConnection":
        from websockets.asyncio.client import connect  # the library is loaded with the first stream
        from websockets.exceptions import InvalidHandshake, InvalidStatus

        sock = await self._dialled(url)
        try:
            return await connect(
                str(url),
                sock=sock,
                **self._tls(url),
                additional_headers={name: value for name, value in headers.items() if name.lower() not in _OURS},
                user_agent_header=self.user_agent,
                compression=None,
                proxy=None,
                open_timeout=self.limits.total_s,
                ping_interval=_PING_EVERY_S,
                ping_timeout=_PING_EVERY_S,
                close_timeout=1.0,
                max_size=LARGEST_MESSAGE_BYTES,
                max_queue=_FRAMES_WAITING,
                logger=_log,
            )
        except InvalidStatus as error:
            raise self._refusal(error, url) from error
        except InvalidHandshake as error:
            raise AnswerNotUnderstood(host=url.host, detail=NOT_WEBSOCKET) from error
        except TimeoutError:
            raise TimedOut(host=url.host, limit_s=f"{self.limits.total_s:g}") from None
        except (OSError, EOFError) as error:
            raise unreachable_from(error, host=url.host) from error
        except ValueError as error:
            if not isinstance(error.__cause__, InvalidStatus):
                raise
            raise self._refusal(error.__cause__, url) from error  # a redirect, which the library cannot follow here

    def _tls(self, url: httpx2.URL) -> dict[str, Any]:
        return {"ssl": self.ssl_context(), "server_hostname": url.host} if url.scheme == "wss" else {}

    def _refusal(self, error: "InvalidStatus", url: httpx2.URL) -> RemoteError:
        response = error.response
        headers = {name.lower(): value for name, value in response.headers.raw_items()}
        answer = Answer(status=response.status_code, url=str(url), headers=headers, body=bytes(response.body or b""))
        if answer.status >= 400:
            return refusal_of(answer, host=url.host, is_safe=True, now=self.clock())
        return AnswerUnusable(host=url.host, detail=f"HTTP {answer.status}", answer=answer)

    async def _dialled(self, url: httpx2.URL) -> socket.socket:
        """A connection to a judged address; the time-out is for all addresses together."""
        host, port = url.host, url.port or (443 if url.scheme == "wss" else 80)
        limit_s = self.limits.connect_s
        addresses = (await self.guard.addresses(host, port, timeout_s=limit_s))[:MOST_ADDRESSES]
        failure: RemoteError = Unreachable(host=host, detail=NO_WAY)
        for address in addresses:
            try:
                async with asyncio.timeout(limit_s / len(addresses)):
                    return await _socket_to(address, port)
            except TimeoutError:
                failure = TimedOut(host=host, limit_s=f"{limit_s:g}")
            except OSError as error:
                failure = unreachable_from(error, host=host)
        raise failure


async def _socket_to(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ipaddress.ip_address(address).version == 6 else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(sock, (address, port))
    except BaseException:
        sock.close()
        raise
    return sock


async def _messages(connection: "ClientConnection", host: str) -> AsyncIterator[Message]:
    from websockets.exceptions import ConnectionClosed, ConnectionClosedOK

    try:
        while True:
            yield await connection.recv()
    except ConnectionClosedOK:
        return
    except ConnectionClosed as error:
        raise _failure(error, host) from error


def _failure(error: "ConnectionClosed", host: str) -> RemoteError:
    if error.sent is not None and error.sent.code == _TOO_BIG:
        return AnswerTooLarge(host=host, limit_mb=f"{LARGEST_MESSAGE_BYTES / 1e6:.3g}")
    return Unreachable(host=host, detail=CUT_SHORT)
