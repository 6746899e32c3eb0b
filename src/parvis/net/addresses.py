"""Which IP addresses may be opened on behalf of what somebody typed or a site sent.

The table is our own, since `ipaddress.is_global` changed its mind between the releases of Python.
Sources: the IANA special-purpose registries for IPv4 and IPv6, read 2026-07.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from parvis.core.errors import BadInput
from parvis.core.wording import Text

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_REFUSED_V4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by carriers
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, cloud metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_OPEN_V6 = ipaddress.IPv6Network("2000::/3")
_REFUSED_V6 = tuple(
    ipaddress.IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments, with Teredo: an IPv4 address in disguise
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "3fff::/20",  # documentation
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_ISATAP_MARKS = (b"\x00\x00\x5e\xfe", b"\x02\x00\x5e\xfe")

METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in (
        "169.254.169.254",  # most clouds
        "fd00:ec2::254",  # Amazon, over IPv6
        "100.100.100.200",  # Alibaba
        "168.63.129.16",  # Azure's wire server: in a public range, yet only inside
    )
)
"""Where clouds hand out a machine's own keys: no allowed name opens them, only the address itself."""


def is_inner_name(host: str) -> bool:
    """Whether a host's name says that it is on this machine or in the house's own network."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        name = host.lower().rstrip(".")
        return "." not in name or name.endswith((".localhost", ".local", ".internal", ".test", ".home.arpa"))


def is_public(address: Address) -> bool:
    """False for everything that is not a host of the open internet."""
    if address in METADATA:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _REFUSED_V4)
    inner = _inner_v4(address)
    if inner is not None:
        return is_public(inner)
    if address not in _OPEN_V6 or any(address in network for network in _REFUSED_V6):
        return False
    hidden = _isatap_v4(address)
    return hidden is None or is_public(hidden)


def _inner_v4(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that really answers, for ::ffff:0:0/96 and the well-known NAT64 prefix."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return ipaddress.IPv4Address(address.packed[12:]) if address in _NAT64 else None


def _isatap_v4(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    packed = address.packed
    return ipaddress.IPv4Address(packed[12:]) if packed[8:12] in _ISATAP_MARKS else None


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    network: Network | None
    port: int | None

    def opens(self, host: str, port: int, address: Address) -> bool:
        if self.port not in {None, port}:
            return False
        if self.network is None:
            return self.name == host and address not in METADATA
        inner = _inner_v4(address) if isinstance(address, ipaddress.IPv6Address) else None
        return (inner or address) in self.network


class AllowedHosts:
    """The private hosts that the house named in PARVIS_ALLOWED_PRIVATE_HOSTS."""

    def __init__(self, entries: Iterable[str] = ()) -> None:
        """Raises BadInput where an entry is neither a name, an address nor a network."""
        self._rules = tuple(_rule(entry) for entry in entries if entry.strip())

    def opens(self, host: str, port: int, address: Address) -> bool:
        """True where the house allows this private address under this name and port."""
        host = host.lower().rstrip(".")
        return any(rule.opens(host, port, address) for rule in self._rules)

    def opens_port(self, host: str, port: int) -> bool:
        """True where the house named this very port, of this host or of a network."""
        host = host.lower().rstrip(".")
        return any(rule.port == port and (rule.network is not None or rule.name == host) for rule in self._rules)


def _rule(entry: str) -> _Rule:
    text = entry.strip().lower()
    network = _network(text)
    if network is not None:
        return _Rule("", network, None)
    name, colon, digits = text.rpartition(":")
    if not colon:
        name, digits = text, ""
    network = _network(name.removeprefix("[").removesuffix("]"))
    is_name = network is not None or (name and not set(name) & set("/:[]@ "))
    if not is_name or (colon and not digits.isdecimal()):
        raise BadInput(
            detail=Text(
                f"“{entry}” is neither a host name, an address nor a network",
                f"«\u202f{entry}\u202f» n’est ni un nom d’hôte, ni une adresse, ni un réseau",
            )
        )
    return _Rule("" if network else name.rstrip("."), network, int(digits) if digits else None)


def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
