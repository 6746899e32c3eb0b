"""A channel's way out: the client with the channel's own credentials, bound to the channel's own origin."""

import base64
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from parvis.core.connector import ByteStream, File
from parvis.core.errors import WayRefused
from parvis.core.types import Answer
from parvis.core.wording import Text
from parvis.net.hops import is_of_the_same_house, origin_of, url_of

if TYPE_CHECKING:
    from parvis.net.client import HttpClient

Authorise = Callable[[Mapping[str, str]], str | None]
"""The value of an Authorization header made of a channel's credentials; None sends none."""


def basic_authorisation(username: str, password: str) -> str:
    """The value of an Authorization header: RFC 7617, in UTF-8."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode("ascii")


def basic(credentials: Mapping[str, str]) -> str | None:
    """Basic, where there are a username and a password."""
    username, password = credentials.get("username"), credentials.get("password")
    return basic_authorisation(username, password) if username and password else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSession:
    """core.connector.Session over one HttpClient."""

    client: "HttpClient"
    address: str
    credentials: Mapping[str, str]
    facts: Mapping[str, str]
    now: datetime
    authorise: Authorise = basic

    def __repr__(self) -> str:
        """Without the credentials: this ends up in tracebacks."""
        return f"ChannelSession({self.address!r})"

    async def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        accept_statuses: frozenset[int] = frozenset(),
    ) -> Answer:
        """As core.connector.Session has it; a relative `url` starts at the address.

        An Authorization header of the connector's own making wins, but neither leaves the address's origin.
        """
        home = url_of(self.address)
        target = home.join(url)
        sent = self._signed(headers, may_sign=origin_of(target) == origin_of(home))
        return await self.client.request(
            method, str(target), params=params, json=json, headers=sent, accept_statuses=accept_statuses
        )

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
        """As core.connector.Session has it; signed as `request` is."""
        home = url_of(self.address)
        target = home.join(url)
        return await self.client.upload(
            method,
            str(target),
            file=file,
            field=field,
            data=data,
            headers=self._signed(headers, may_sign=origin_of(target) == origin_of(home)),
            params=params,
            accept_statuses=accept_statuses,
        )

    def stream_lines(
        self,
        url: str,
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        silence_s: float = 60.0,
    ) -> AbstractAsyncContextManager[AsyncIterator[tuple[str, ...]]]:
        """As core.connector.Session has it; a relative `url` starts at the address."""
        home = url_of(self.address)
        target = home.join(url)
        sent = self._signed(headers, may_sign=is_of_the_same_house(target, home))
        return self.client.stream_lines(str(target), params=params, headers=sent, silence_s=silence_s)

    def websocket(
        self,
        url: str,
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AbstractAsyncContextManager[AsyncIterator[tuple[str | bytes, ...]]]:
        """As core.connector.Session has it; `url` is whole, with ws or wss."""
        target = url_of(url)
        sent = self._signed(headers, may_sign=is_of_the_same_house(target, url_of(self.address)))
        return self.client.websocket(str(target), params=params, headers=sent)

    def _signed(self, headers: Mapping[str, str] | None, *, may_sign: bool) -> dict[str, str]:
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        if not may_sign:
            sent.pop("authorization", None)
        elif authorisation := self.authorise(self.credentials):
            sent.setdefault("authorization", authorisation)
        return sent

    async def open_stream(
        self, host: str, port: int, *, tls: bool, upgrades: bool = False, line_limit_bytes: int = 65_536
    ) -> ByteStream:
        """As core.connector.Session has it: the credentials that will travel over it belong to these hosts."""
        if _bare(host) not in self._own_hosts:
            raise WayRefused(
                host=host, detail=Text("it is not this channel’s own host", "ce n’est pas l’hôte de ce canal")
            )
        return await self.client.open_stream(host, port, tls=tls, upgrades=upgrades, line_limit_bytes=line_limit_bytes)

    @property
    def _own_hosts(self) -> set[str]:
        """Of the address, and of addresses that were typed beside it (mail goes out by another host than it comes in)."""
        typed = [value.strip() for value in self.credentials.values() if _TYPED_ADDRESS.match(value.strip())]
        return {_bare(url_of(self.address).host), *(_bare(urlsplit(value).hostname or "") for value in typed)} - {""}


_TYPED_ADDRESS = re.compile(r"(?:imap|smtp)s?://[^\s/@]+(?:/|\Z)", re.IGNORECASE)


def _bare(host: str) -> str:
    return host.lower().rstrip(".")
