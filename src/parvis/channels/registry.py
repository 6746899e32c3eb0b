"""Every connector that is installed: found as folders under parvis/connectors, checked as they are loaded."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import parvis.connectors
from parvis.channels.models import Channel
from parvis.core.connector import Act, Can, Connector, FindOwn, Settle
from parvis.core.errors import ConnectorFaulty, ConnectorMissing

_loaded: dict[str, Connector] = {}
_added: dict[str, Connector] = {}


def connectors() -> Mapping[str, Connector]:
    """All of them by slug, in alphabetical order. Raises ConnectorFaulty."""
    if not _loaded:
        _loaded.update(_find())
    return MappingProxyType({**_loaded, **_added} if _added else _loaded)


def connector_of(channel: Channel) -> Connector:
    """Raises ConnectorMissing where the channel was made by a connector that is no longer installed."""
    return connector_called(channel.connector)


def connector_called(slug: str) -> Connector:
    found = _added.get(slug) or connectors().get(slug)
    if found is None:
        raise ConnectorMissing(slug=slug)
    return found


def can(channel: Channel, what: Can) -> bool:
    """Whether the platform offers it and the channel's account may do it."""
    return what in channel.can and what in connector_of(channel).acts


def is_polled(channel: Channel) -> bool:
    """False where there is nothing to fetch: it holds what was brought in by files."""
    connector = connectors().get(channel.connector)
    return connector is None or connector.fetch is not None


def is_streamed(channel: Channel) -> bool:
    """Whether there is a stream of what happens there, as it happens."""
    connector = connectors().get(channel.connector)
    return connector is not None and connector.stream is not None and connector.has_stream(channel.facts)


def carries_everything(channel: Channel) -> bool:
    """Whether it is a stream of all that a network says, of which only what is looked for is kept."""
    return connector_of(channel).carries_everything and is_streamed(channel)


def file_readers() -> dict[str, Callable[..., Iterator[Any]]]:
    """The connectors whose folder can read files: `read(path, *, start)` gives steps with a payload and a position."""
    modules = {slug: importlib.import_module(f"{parvis.connectors.__name__}.{slug}") for slug in _installed()}
    return {slug: module.read for slug, module in modules.items() if hasattr(module, "read")}


@contextmanager
def added(connector: Connector) -> Iterator[Connector]:
    """One more connector, or another in place of one, while the block runs: for tests."""
    before = _added.get(connector.slug)
    _added[connector.slug] = checked(connector, connector.slug)
    try:
        yield connector
    finally:
        del _added[connector.slug]
        if before is not None:
            _added[connector.slug] = before


def _find() -> dict[str, Connector]:
    return {slug: checked(_load(slug), slug) for slug in _installed()}


def _installed() -> list[str]:
    return sorted(found.name for found in pkgutil.iter_modules(parvis.connectors.__path__) if found.ispkg)


def _load(slug: str) -> object:
    module = importlib.import_module(f"{parvis.connectors.__name__}.{slug}")
    return getattr(module, "connector", None)


def checked(connector: object, slug: str) -> Connector:
    """The same connector. Raises ConnectorFaulty with the first thing that is wrong."""
    if not isinstance(connector, Connector):
        raise ConnectorFaulty(slug=slug, detail="its folder declares no `connector`")
    for fault in faults_of(connector, slug):
        raise ConnectorFaulty(slug=slug, detail=fault)
    return connector


def faults_of(connector: Connector, slug: str) -> Iterator[str]:
    """What in a declaration breaks the contract."""
    if connector.slug != slug:
        yield f"its slug is {connector.slug!r}, its folder {slug!r}"
    if connector.version < 1:
        yield "its version is below 1"
    if not (connector.name.en and connector.name.fr):
        yield "its name is missing in one language"
    if connector.interval_s <= 0 or connector.requests_per_minute <= 0:
        yield "its interval or its pace is not positive"
    if len({credential.name for credential in connector.credentials}) < len(connector.credentials):
        yield "two of its credentials have the same name"
    if connector.stream is None and (connector.stream_resumes or connector.carries_everything):
        yield "it says how its stream is and has none"
    if connector.stream is not None and connector.fetch is None:
        yield "it has a stream and no way to read what the stream has missed"
    if connector.credentials and not (connector.guide.en and connector.guide.fr):
        yield "it asks for credentials and has no guide to them in both languages"
    for what, act in connector.acts.items():
        yield from _faults_of_act(what, act)


def _faults_of_act(what: object, act: object) -> Iterator[str]:
    if not isinstance(what, Can):
        yield f"{what!r} is nothing that can be asked for"
    if not isinstance(act, Act):
        yield f"what it declares for {what} is no Act"
        return
    if not act.kinds:
        yield f"{what} applies to no kind of item"
    if not isinstance(act.settle, Settle):
        yield f"{what} does not say how an unknown outcome is settled"
    if isinstance(act.settle, FindOwn) and act.settle.wait_s < 0:
        yield f"{what} waits for a negative time"
