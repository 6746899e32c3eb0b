"""What bounds an outgoing request, and what the house allows."""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from parvis import __version__

Resolver = Callable[[str, int], Awaitable[list[str]]]
"""The IP addresses of a host name, best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long one request may take and how much it may bring."""

    connect_s: float = 10.0
    """For the name, for the connection and for TLS, each."""
    read_s: float = 15.0
    """Between two pieces of an answer."""
    total_s: float = 30.0
    """For all of it on the clock, redirects included, however lively the answer drips."""
    upload_bytes_per_s: float = 500_000.0
    """A file that is sent has so much more time: its size at this pace."""
    max_body_bytes: int = 10_000_000
    """Of the body, both as it is sent and once it is unpacked."""
    max_expansion: int = 400
    """How many times its packed size a body of more than 1 MB may have; JSON and HTML stay under 50."""
    max_redirects: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientOptions:
    """One client's settings; the defaults suit a house on the open web."""

    user_agent: str = f"Parvis/{__version__}"
    allowed_private_hosts: frozenset[str] = frozenset()
    """Names, addresses or networks (10.0.0.0/8), each with or without :port, that may be private."""
    limits: Limits = field(default_factory=Limits)
    ssl_context: ssl.SSLContext | None = None
    """None: the machine's own authorities (SSL_CERT_FILE and SSL_CERT_DIR are honoured)."""
    http2: bool = False
    max_connections: int = 100
    keepalive_s: float = 4.0
    """Under the 5 s after which Apache and Node close, so that a write seldom meets a dying connection."""
    resolve: Resolver | None = None
    """None: the machine's own resolver."""
