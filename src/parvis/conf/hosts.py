"""Under which addresses and names this machine is opened by others, where the desk listens on all of them.

Only the machine's own count: a page elsewhere whose name was made to lead here (DNS rebinding) is not
answered under that name, and no link in a mail leads to where a visitor's Host header says.
"""

import fcntl
import socket
import struct
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from urllib.parse import urlsplit

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")
_GET_ADDRESS = 0x8915
"""SIOCGIFADDR, see netdevice(7)."""
_IPV6_ADDRESSES = Path("/proc/net/if_inet6")
_NOWHERE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
"""Kept for documentation: asked which way out leads there, the system names our own usual address."""


def is_everywhere(host: str | None) -> bool:
    """Whether it stands for all addresses of the machine."""
    return host in {"0.0.0.0", "::"}  # noqa: S104


def in_address(host: str) -> str:
    """As a host is written in a URL, a Host header and Django's ALLOWED_HOSTS."""
    return f"[{host}]" if ":" in host else host


def web_address(host: str, port: int) -> str:
    return f"http://{in_address(host)}:{port}"


def opened_at(address: str) -> str:
    """What people type where the desk listens on all addresses: the machine's usual one; any other as it is."""
    parts = urlsplit(address)
    if not is_everywhere(parts.hostname):
        return address
    return parts._replace(netloc=f"{[*own_hosts(), *LOOPBACK_HOSTS][0]}:{parts.port or 80}").geturl()


def allowed_hosts(address: str) -> list[str]:
    """What a Host header may say to a desk that is opened at `address`."""
    host = urlsplit(address).hostname
    if is_everywhere(host):
        return [*own_hosts(), *LOOPBACK_HOSTS]
    return [in_address(host), *LOOPBACK_HOSTS] if host else [*LOOPBACK_HOSTS]


def own_hosts() -> list[str]:
    """The machine's addresses, the usual one first, then its names; as they are written in an address."""
    addresses = [*_usual_addresses(), *_ipv4_addresses(), *_ipv6_addresses()]
    reachable = [one for one in addresses if not (ip_address(one).is_loopback or ip_address(one).is_link_local)]
    return list(dict.fromkeys([*map(in_address, reachable), *_own_names()]))


def _own_names() -> list[str]:
    """As the machine calls itself, and as its neighbours find it (multicast DNS)."""
    name = socket.gethostname().lower()
    return [name, name.partition(".")[0], f"{name.partition('.')[0]}.local"] if name else []


def _usual_addresses() -> list[str]:
    found = []
    for family, nowhere in _NOWHERE:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((nowhere, 9))  # sends nothing
                found.append(probe.getsockname()[0])
        except OSError:  # no such network here
            continue
    return found


def _ipv4_addresses() -> list[str]:
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            try:
                answer = fcntl.ioctl(probe, _GET_ADDRESS, struct.pack("256s", name.encode()[:15]))
            except OSError:  # an interface without an address
                continue
            found.append(socket.inet_ntoa(answer[20:24]))
    return found


def _ipv6_addresses() -> list[str]:
    try:
        lines = _IPV6_ADDRESSES.read_text(encoding="ascii").splitlines()
    except OSError:  # a kernel without IPv6
        return []
    return [str(IPv6Address(bytes.fromhex(line.split()[0]))) for line in lines]
