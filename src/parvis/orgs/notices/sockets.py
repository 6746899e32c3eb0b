"""The guard for programs that open their own connections: the process itself refuses every address that is not allowed.

It stands under whatever library is used, at Python's audit events, which nothing in the process can take
away again. The address that is judged is the one that is dialled, so a redirect or a name server that
changes its mind gains nothing.
"""

import ipaddress
import socket
import sys
from dataclasses import dataclass
from typing import Any

from parvis.net.addresses import AllowedHosts, is_public
from parvis.net.guard import DANGEROUS_PORTS

_DIALS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_STARTS = frozenset({"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "pty.spawn"})


class Guarded(ConnectionRefusedError):
    """The guard said no."""


@dataclass(frozen=True, slots=True)
class Refusal:
    host: str
    port: int


def guard_this_process(allowed: AllowedHosts) -> list[Refusal]:
    """From now on; the list fills with what was refused. For a process of its own: it cannot be undone."""
    names = _remember_names()
    refused: list[Refusal] = []

    def judge(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _STARTS:
            raise Guarded(f"{event} is refused")
        if event in _DIALS and arguments[1] is not None:
            refusal = _refusal(arguments[0], arguments[1], allowed, names)
            if refusal is not None:
                refused.append(refusal)
                raise Guarded(f"{refusal.host} is refused")

    sys.addaudithook(judge)
    return refused


def _refusal(sock: Any, address: Any, allowed: AllowedHosts, names: dict[str, set[str]]) -> Refusal | None:
    if not isinstance(address, tuple) or sock.family not in {socket.AF_INET, socket.AF_INET6}:
        return Refusal(str(address)[:80], 0)
    host, port = str(address[0]), int(address[1])
    try:
        dialled = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:  # a name that would be looked up where nobody sees it
        return Refusal(host, port)
    called = {host, *names.get(host, ())}
    if port in DANGEROUS_PORTS and not any(allowed.opens_port(name, port) for name in called):
        return Refusal(host, port)
    if is_public(dialled) or any(allowed.opens(name, port, dialled) for name in called):
        return None
    return Refusal(min(names.get(host, {host})), port)


def _remember_names() -> dict[str, set[str]]:
    """Under which names each address was looked up: an allowed name opens its own addresses."""
    names: dict[str, set[str]] = {}
    look_up = socket.getaddrinfo

    def looked_up(host: Any, *arguments: Any, **named: Any) -> Any:
        found = look_up(host, *arguments, **named)
        for entry in found:
            names.setdefault(str(entry[4][0]), set()).add(str(host))
        return found

    socket.getaddrinfo = looked_up
    return names
