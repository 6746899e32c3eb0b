"""A channel's way out: the client with the channel's own credentials, bound to the channel's own origin."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from parvis.core.types import Answer
from parvis.net.hops import origin_of, url_of

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
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        if origin_of(target) != origin_of(home):
            sent.pop("authorization", None)
        elif authorisation := self.authorise(self.credentials):
            sent.setdefault("authorization", authorisation)
        return await self.client.request(
            method, str(target), params=params, json=json, headers=sent, accept_statuses=accept_statuses
        )
