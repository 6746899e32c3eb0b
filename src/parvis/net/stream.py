"""Connections for protocols other than HTTP, behind the same guard and within the same bounds.

The name is looked up once, judged, and the judged address is dialled; a certificate is checked against
the name. Plain connections lead only to hosts that the house itself has named.
"""

import asyncio
import contextlib
import ssl
from dataclasses import dataclass

from parvis.core.errors import (
    AnswerNotUnderstood,
    NotEncrypted,
    RemoteError,
    TimedOut,
    TlsFailed,
    Unreachable,
    WayRefused,
)
from parvis.core.wording import Text
from parvis.net.failures import CUT, NO_WAY, unreachable_from
from parvis.net.guard import DANGEROUS_PORTS, MOST_ADDRESSES, Guard
from parvis.net.options import Limits

MAIL_PORTS = frozenset({143, 993, 465, 587})
"""Of DANGEROUS_PORTS, those that a connector may speak to in their own protocol."""
_SLOWEST_BYTES_PER_S = 50_000
_CLOSING_S = 2.0
_SAID_TOO_EARLY = Text("something was said before its beginning", "quelque chose a été dit avant son début")
_ENDLESS_LINE = Text("a line without end", "une ligne sans fin")
_LEAVING = (asyncio.IncompleteReadError, OSError)


async def open_stream(
    guard: Guard,
    host: str,
    port: int,
    *,
    context: ssl.SSLContext | None,
    limits: Limits,
    line_limit_bytes: int,
    upgrades: bool = False,
) -> "GuardedStream":
    """`context` None: without TLS; `upgrades`: it is for later. Raises Unreachable and its kin, NotEncrypted, WayRefused."""
    _check_port(guard, host, port)
    addresses = await guard.addresses(host, port, timeout_s=limits.connect_s)
    is_named = guard.names(host, port, addresses)
    if context is None and not is_named:
        raise NotEncrypted(host=host)
    first_context = None if upgrades else context
    failure: RemoteError = Unreachable(host=host, detail=NO_WAY)
    tried = addresses[:MOST_ADDRESSES]
    for address in tried:
        try:
            async with asyncio.timeout(limits.connect_s / len(tried)):
                reader, writer = await asyncio.open_connection(
                    address,
                    port,
                    ssl=first_context,
                    server_hostname=host if first_context else None,
                    limit=line_limit_bytes,
                )
        except TimeoutError:
            failure = TimedOut(host=host, limit_s=f"{limits.connect_s:g}")
        except OSError as error:
            failure = unreachable_from(error, host=host)
        else:
            later = context if upgrades else None
            return GuardedStream(reader, writer, host=host, limits=limits, is_named=is_named, later_context=later)
    raise failure


def _check_port(guard: Guard, host: str, port: int) -> None:
    refused = DANGEROUS_PORTS - MAIL_PORTS
    if not 0 < port < 65536 or (port in refused and not guard.names_port(host, port)):
        raise WayRefused(host=host, detail=Text(f"port {port} is not opened", f"le port {port} n’est pas ouvert"))


@dataclass(slots=True)
class GuardedStream:
    """core.connector.ByteStream over one connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    host: str
    limits: Limits
    is_named: bool = False
    """Whether the house itself names the host."""
    later_context: ssl.SSLContext | None = None
    """Of a connection that began in the open, and is to be encrypted."""

    async def read_line(self, *, wait_s: float | None = None) -> bytes:
        """The whole line within the time: one that drips in letter by letter is late too."""
        limit_s = self.limits.read_s if wait_s is None else wait_s
        try:
            async with asyncio.timeout(limit_s):
                return await self.reader.readuntil(b"\n")
        except TimeoutError:
            raise TimedOut(host=self.host, limit_s=f"{limit_s:g}") from None
        except (asyncio.LimitOverrunError, ValueError) as error:
            raise AnswerNotUnderstood(host=self.host, detail=_ENDLESS_LINE) from error
        except _LEAVING as error:
            raise self._cut(error) from error

    async def read_exactly(self, size_bytes: int) -> bytes:
        limit_s = max(self.limits.total_s, size_bytes / _SLOWEST_BYTES_PER_S)
        try:
            async with asyncio.timeout(limit_s):
                return await self.reader.readexactly(size_bytes)
        except TimeoutError:
            raise TimedOut(host=self.host, limit_s=f"{limit_s:g}") from None
        except _LEAVING as error:
            raise self._cut(error) from error

    async def write(self, data: bytes) -> None:
        try:
            async with asyncio.timeout(self.limits.read_s):
                self.writer.write(data)
                await self.writer.drain()
        except TimeoutError:
            raise TimedOut(host=self.host, limit_s=f"{self.limits.read_s:g}") from None
        except OSError as error:
            raise self._cut(error) from error

    async def start_tls(self) -> None:
        """What was sent before in the open, by whomever, must not be taken for what is said under the seal."""
        if self.later_context is None or self.reader._buffer:  # type: ignore[attr-defined]  # noqa: SLF001
            raise TlsFailed(host=self.host, detail=_SAID_TOO_EARLY)
        try:
            async with asyncio.timeout(self.limits.connect_s):
                await self.writer.start_tls(self.later_context, server_hostname=self.host)
        except TimeoutError:
            raise TimedOut(host=self.host, limit_s=f"{self.limits.connect_s:g}") from None
        except OSError as error:
            raise unreachable_from(error, host=self.host) from error

    def stay_open(self) -> None:
        if not self.is_named:
            raise NotEncrypted(host=self.host)

    async def aclose(self) -> None:
        self.writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(_CLOSING_S):
                await self.writer.wait_closed()

    def _cut(self, error: Exception) -> Unreachable:
        found = unreachable_from(error, host=self.host)
        return found if isinstance(found, Unreachable) else Unreachable(host=self.host, detail=CUT)
