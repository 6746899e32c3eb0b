"""The way out of one channel: the guarded client, with the channel's own credentials at hand."""

from collections.abc import Mapping
from datetime import datetime
from typing import cast

from django.conf import settings

from parvis.channels.models import Channel
from parvis.channels.vault import unseal
from parvis.core.connector import Session
from parvis.net.client import HttpClient
from parvis.net.options import ClientOptions


def http_client() -> HttpClient:
    """The client of this process and event loop, by the house's options; an async context manager."""
    allowed = frozenset(settings.OPTIONS["PARVIS_ALLOWED_PRIVATE_HOSTS"])
    return HttpClient(ClientOptions(allowed_private_hosts=allowed))


def session_for(channel: Channel, client: HttpClient, *, now: datetime) -> Session:
    """Raises KeyMissing where the credentials cannot be opened."""
    credentials = unseal(channel.sealed_credentials)
    return session_with(client, channel.address, credentials, facts=channel.facts, now=now)


def session_with(
    client: HttpClient, address: str, credentials: Mapping[str, str], *, facts: Mapping[str, str], now: datetime
) -> Session:
    """The same before there is a channel."""
    return cast(Session, client.session(address, credentials, facts=facts, now=now))
