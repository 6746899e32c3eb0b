"""Asking a platform while somebody looks on: bounded, since a page's thread waits for it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from ipaddress import ip_address
from typing import TypeVar
from urllib.parse import urlsplit

from django.conf import settings

from parvis.channels.models import Channel
from parvis.channels.opening import check_credentials, look_at, preview
from parvis.channels.registry import connector_called, connector_of
from parvis.channels.sessions import http_client
from parvis.core.connector import Account, Connector
from parvis.core.errors import NotEncrypted, TimedOut
from parvis.core.text.plain import plain_text
from parvis.core.types import ItemRecord, Recognition
from parvis.net.addresses import is_public
from parvis.net.client import HttpClient
from parvis.web.screens.channels.draft import Checked, Sample

LIMIT_S = 20.0
_ENCRYPTED = frozenset({"https", "imaps"})
_TEXT_LIMIT = 280
_TITLE_LIMIT = 160
T = TypeVar("T")


def found_at(address: str) -> list[Recognition]:
    """Raises AddressNotUnderstood, NothingHere, RemoteError."""
    return _asked(lambda client: look_at(address, client), host=address)


def checked(recognition: Recognition, credentials: dict[str, str], *, now: datetime) -> Checked:
    """Who we are there and the first items. Raises FieldMissing, RemoteError."""
    _hold_back(recognition.address, connector_called(recognition.slug), credentials)
    seen = _asked(lambda client: preview(recognition, credentials, client, now=now), host=_host(recognition.address))
    return Checked(
        account=seen.account.name,
        can=sorted(seen.account.can),
        facts=dict(seen.account.facts),
        samples=[_sample(item) for item in seen.items],
        problem_count=seen.problem_count,
    )


def account_of(channel: Channel, credentials: dict[str, str], *, now: datetime) -> Account:
    """Raises FieldMissing, RemoteError, KeyMissing."""
    _hold_back(channel.address, connector_of(channel), credentials)
    channel.refresh_from_db(fields=["sealed_credentials"])  # read here: below, the thread belongs to the network
    return _asked(lambda client: check_credentials(channel, credentials, client, now=now), host=_host(channel.address))


def _asked(ask: Callable[[HttpClient], Awaitable[T]], *, host: str) -> T:
    async def within_limit() -> T:
        async with asyncio.timeout(LIMIT_S), http_client() as client:
            return await ask(client)

    try:
        return asyncio.run(within_limit())
    except TimeoutError:
        raise TimedOut(host=host, limit_s=f"{LIMIT_S:g}") from None


def _hold_back(address: str, connector: Connector, credentials: dict[str, str]) -> None:
    """Raises NotEncrypted where a secret would cross the open internet as plain text, whatever the connector."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    has_secret = any(credentials.get(one.name) for one in connector.credentials if one.secret)
    if not has_secret or parts.scheme in _ENCRYPTED or _is_in_house(host, parts.netloc):
        return
    raise NotEncrypted(host=host)


def _is_in_house(host: str, with_port: str) -> bool:
    """A private address, or a name that the house itself lets be private."""
    try:
        return not is_public(ip_address(host))
    except ValueError:
        return bool({host, with_port} & set(settings.OPTIONS["PARVIS_ALLOWED_PRIVATE_HOSTS"]))


def _host(address: str) -> str:
    return urlsplit(address).hostname or address


def _sample(item: ItemRecord) -> Sample:
    """Cut before it is kept: a session is no place for whole articles."""
    text = plain_text(item.body) if item.body_is_html else item.body
    return Sample(
        kind=item.kind,
        title=_cut(item.title, _TITLE_LIMIT),
        text=_cut(text.strip(), _TEXT_LIMIT),
        author=_cut(item.author.name or item.author.handle, _TITLE_LIMIT) if item.author else "",
        status=item.status,
        published_at=item.published_at,
    )


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[:limit].rsplit(None, 1)[0] + " …"
