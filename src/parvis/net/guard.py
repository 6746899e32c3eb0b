"""The guard at the only way out: a name is looked up once, judged, and the judged address is dialled.

Nothing looks the name up a second time, so a name server that answers first with a public and then
with a private address (DNS rebinding) gains nothing. Numbers in disguise (0x7f.1, 2130706433) need no
reading of ours: what the resolver makes of them is judged.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import httpcore2
import httpx2

from parvis.core.errors import AddressRefused, RemoteError, TimedOut, Unreachable, WayRefused
from parvis.core.wording import Text
from parvis.net.addresses import AllowedHosts, is_public
from parvis.net.failures import NAME_SERVER_SILENT, NAME_UNKNOWN, NO_WAY, unreachable_from
from parvis.net.metering import MeteredStream
from parvis.net.options import ClientOptions, Resolver

DANGEROUS_PORTS = frozenset(
    # Other protocols that a crafted HTTP request could speak to, the worst of
    # https://fetch.spec.whatwg.org/#port-blocking and the usual databases.
    {0, 21, 22, 23, 25, 53, 110, 111, 135, 139, 143, 389, 445, 465, 514, 587, 636, 993, 995}
    | {1433, 1521, 2049, 2375, 3306, 5432, 6379, 6667, 9200, 11211, 27017}
)
MOST_ADDRESSES = 4
_LOOKUP_THREADS = 16


class Guard:
    """Says which addresses may be opened."""

    def __init__(self, options: ClientOptions) -> None:
        self._allowed = AllowedHosts(options.allowed_private_hosts)
        self._system = _SystemResolver()
        self._resolve: Resolver = options.resolve or self._system

    def check_url(self, url: httpx2.URL, *, came_from: str) -> None:
        """Raises WayRefused for all that can be seen without a look-up; `came_from` is the host that sent us there."""
        host = url.host or came_from
        if url.scheme not in {"http", "https"}:
            raise WayRefused(host=host, detail=Text("only http and https are opened", "seuls http et https le sont"))
        if not url.host:
            raise WayRefused(host=host, detail=Text("it names no host", "elle ne nomme aucun hôte"))
        if url.userinfo:
            raise WayRefused(
                host=host, detail=Text("it holds a name or a password", "elle contient un nom ou un mot de passe")
            )
        port = url.port if url.port is not None else 80
        if not 0 < port < 65536 or (port in DANGEROUS_PORTS and not self._allowed.opens_port(url.host, port)):
            raise WayRefused(
                host=host,
                detail=Text(f"port {port} is not for web sites", f"le port {port} n’est pas celui d’un site web"),
            )

    async def addresses(self, host: str, port: int, *, timeout_s: float | None) -> list[str]:
        """Every address of the name, all of them allowed. Raises Unreachable and AddressRefused."""
        try:
            async with asyncio.timeout(timeout_s):
                found = await self._resolve(host, port)
        except TimeoutError:
            raise Unreachable(host=host, detail=NAME_SERVER_SILENT) from None
        except socket.gaierror as error:
            silent = error.errno == socket.EAI_AGAIN
            raise Unreachable(host=host, detail=NAME_SERVER_SILENT if silent else NAME_UNKNOWN) from error
        except (OSError, UnicodeError) as error:
            raise Unreachable(host=host, detail=NAME_UNKNOWN) from error
        if not found:
            raise Unreachable(host=host, detail=NAME_UNKNOWN)
        for text in found:
            address = ipaddress.ip_address(text)
            if not is_public(address) and not self._allowed.opens(host, port, address):
                raise AddressRefused(host=host, address=text)
        return found

    def names(self, host: str, port: int, addresses: Iterable[str]) -> bool:
        """Whether the house itself named this host, for every one of its addresses."""
        return all(self._allowed.opens(host, port, ipaddress.ip_address(address)) for address in addresses)

    def names_port(self, host: str, port: int) -> bool:
        return self._allowed.opens_port(host, port)

    def close(self) -> None:
        self._system.close()


class _SystemResolver:
    """getaddrinfo in threads of its own: a name server that hangs holds up look-ups and nothing else."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_LOOKUP_THREADS, thread_name_prefix="parvis-names")

    async def __call__(self, host: str, port: int) -> list[str]:
        found = await asyncio.get_running_loop().run_in_executor(self._threads, _look_up, host, port)
        return list(dict.fromkeys(found))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int) -> list[str]:
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Opens connections for the pool, to judged addresses only."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._dialler = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  (the pool's own signature)
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Tries the addresses in turn; the time-out is for all of them together."""
        addresses = (await self._guard.addresses(host, port, timeout_s=timeout))[:MOST_ADDRESSES]
        failure: RemoteError = Unreachable(host=host, detail=NO_WAY)
        for address in addresses:
            try:
                stream = await self._dialler.connect_tcp(
                    address,
                    port,
                    timeout=None if timeout is None else timeout / len(addresses),
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except httpcore2.ConnectTimeout:
                failure = TimedOut(host=host, limit_s=f"{timeout:g}")
            except httpcore2.ConnectError as error:
                failure = unreachable_from(error, host=host)
            else:
                return MeteredStream(stream)
        raise failure

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
