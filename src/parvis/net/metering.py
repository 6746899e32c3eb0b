"""Counting what arrives before an answer has begun.

The pool bounds one head of an answer, but a server may send interim answers (103 Early Hints) without
end, each of them small and each of them work. The bytes of all of them together are bounded here.
"""

import ssl
from contextvars import ContextVar
from typing import Any

import httpcore2

MOST_HEAD_BYTES = 256 * 1024


class HeadMeter:
    """One request's count; told by the pool's trace when it waits for a head."""

    def __init__(self) -> None:
        self._left_bytes: int | None = None

    def start(self) -> None:
        self._left_bytes = MOST_HEAD_BYTES

    def stop(self) -> None:
        self._left_bytes = None

    def count(self, size_bytes: int) -> None:
        if self._left_bytes is None:
            return
        self._left_bytes -= size_bytes
        if self._left_bytes < 0:
            raise httpcore2.RemoteProtocolError("receive buffer too long")


current_meter: ContextVar[HeadMeter | None] = ContextVar("current_meter", default=None)
"""Of the request at hand: the pool reads in the task that asked, and its streams know nothing of requests."""


class MeteredStream(httpcore2.AsyncNetworkStream):
    """A connection of the pool whose reading is counted."""

    def __init__(self, inner: httpcore2.AsyncNetworkStream) -> None:
        self._inner = inner

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        data = await self._inner.read(max_bytes, timeout)
        if meter := current_meter.get():
            meter.count(len(data))
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore2.AsyncNetworkStream:
        return MeteredStream(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
