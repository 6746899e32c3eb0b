"""Adding, changing and removing channels: what an address is, what it would bring, and who may open it."""

import math
from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlsplit

from django.db import transaction

from parvis.channels.envelopes import read_payload
from parvis.channels.models import Channel, ChannelState
from parvis.channels.registry import connector_called, connector_of, connectors, is_polled
from parvis.channels.sessions import session_with
from parvis.channels.vault import merged, seal, unseal
from parvis.channels.waiting import is_source
from parvis.core.connector import Account, Connector, Fetched, Session
from parvis.core.errors import AddressNotUnderstood, FieldMissing, NothingHere, TlsFailed, Unreachable
from parvis.core.types import Answer, ItemRecord, Kind, Recognition
from parvis.jobs.live import tell
from parvis.net.client import HttpClient
from parvis.orgs.access import must
from parvis.orgs.audit import record
from parvis.orgs.models import Department, Member
from parvis.orgs.rights import Action
from parvis.orgs.wanted import zone_from

PREVIEW_ITEMS = 10
_PREVIEW_STEPS = 5
_PAGE_ANSWERS = frozenset({400, 401, 403, 404, 405, 406})
"""Answers that may still say, in their headers or their page, what the site is."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a channel would bring, before anything is saved."""

    account: Account
    items: tuple[ItemRecord, ...]
    problem_count: int
    """Records, or payloads as a whole, that could not be understood."""


async def look_at(address: str, client: HttpClient) -> list[Recognition]:
    """What Parvis can read there, the surest first.

    What a connector knows as it is typed is not opened. An address without a scheme is tried as https,
    then as http. Raises AddressNotUnderstood, NothingHere, or the RemoteError of the last try.
    """
    typed = [one for connector in connectors().values() if (see := connector.recognise_typed) for one in see(address)]
    if typed:
        return _surest_first(typed)
    answer = await _open(_candidates(address), client)
    found = [recognition for connector in connectors().values() for recognition in connector.recognise(answer)]
    if not found:
        raise NothingHere(address=address.strip()[:200])
    return _surest_first(found)


def _surest_first(found: list[Recognition]) -> list[Recognition]:
    return sorted(found, key=lambda recognition: -recognition.certainty)


def _candidates(address: str) -> list[str]:
    address = address.strip()
    written = address if "://" in address else f"https://{address}"
    try:
        parts = urlsplit(written)
        parts.port  # noqa: B018 - raises on a port that is none
    except ValueError:
        raise AddressNotUnderstood(address=address[:200]) from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or any(sign.isspace() for sign in written):
        raise AddressNotUnderstood(address=address[:200])
    return [written] if "://" in address else [written, f"http://{address}"]


async def _open(candidates: list[str], client: HttpClient) -> Answer:
    last = len(candidates) - 1
    for number, candidate in enumerate(candidates):
        try:
            return await client.request("GET", candidate, accept_statuses=_PAGE_ANSWERS)
        except (Unreachable, TlsFailed):
            if number == last:
                raise
    raise AddressNotUnderstood(address="")


async def preview(
    recognition: Recognition, credentials: Mapping[str, str], client: HttpClient, *, now: datetime
) -> Preview:
    """Checks the sign-in and reads the first items. Nothing is saved. Raises FieldMissing or RemoteError."""
    connector = connector_called(recognition.slug)
    given = _complete(connector, {}, credentials)
    account = await connector.check(session_with(client, recognition.address, given, facts=recognition.facts, now=now))
    session = session_with(client, recognition.address, given, facts={**recognition.facts, **account.facts}, now=now)
    items: list[ItemRecord] = []
    problem_count = 0
    async with aclosing(_first_look(connector, session)) as steps:
        count = 0
        async for fetched in steps:
            readings = [read_payload(connector, payload) for payload in fetched.payloads]
            items += [item for reading in readings for item in reading.items]
            problem_count += sum(len(reading.problems) for reading in readings)
            count += 1
            if count >= _PREVIEW_STEPS or (connector.newest is None and _is_enough(items, connector)):
                break
    return Preview(account, _first_to_show(items, connector), problem_count)


async def _first_look(connector: Connector, session: Session) -> AsyncGenerator[Fetched, None]:
    if connector.newest is not None:
        steps = connector.newest(session)
    elif connector.fetch is not None:
        steps = connector.fetch(session, {})
    else:
        return
    async with aclosing(cast(AsyncGenerator[Fetched, None], steps)) as found:
        async for fetched in found:
            yield fetched


def _is_enough(items: list[ItemRecord], connector: Connector) -> bool:
    """As many as are shown, and among them what people wrote."""
    return len(items) >= PREVIEW_ITEMS and any(item.kind in connector.opens_conversations for item in items)


def _first_to_show(items: list[ItemRecord], connector: Connector) -> tuple[ItemRecord, ...]:
    """The newest of each kind in equal parts, what people wrote before what the house published."""
    by_kind: dict[Kind, list[ItemRecord]] = {}
    once = {item.remote_id: item for item in items}
    for item in sorted(once.values(), key=_age):
        by_kind.setdefault(item.kind, []).append(item)
    kinds = sorted(by_kind, key=lambda kind: (kind not in connector.opens_conversations, kind))
    in_turn = [(place, kind) for place in range(PREVIEW_ITEMS) for kind in kinds if place < len(by_kind[kind])]
    shares = Counter(kind for _, kind in in_turn[:PREVIEW_ITEMS])
    return tuple(item for kind in kinds for item in by_kind[kind][: shares[kind]])


def _age(item: ItemRecord) -> float:
    """Smallest for the newest; what bears no date comes last."""
    return -item.published_at.timestamp() if item.published_at else math.inf


def _complete(connector: Connector, kept: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    credentials = merged(kept, given, fields=connector.credentials)
    for field in connector.credentials:
        if field.required and not credentials.get(field.name):
            raise FieldMissing(field=field.label)
    return credentials


async def check_credentials(
    channel: Channel, credentials: Mapping[str, str], client: HttpClient, *, now: datetime
) -> Account:
    """Who we are with these, before they replace the kept ones. Raises FieldMissing or RemoteError."""
    connector = connector_of(channel)
    given = _complete(connector, _kept(channel), credentials)
    return await connector.check(session_with(client, channel.address, given, facts=channel.facts, now=now))


def _kept(channel: Channel) -> dict[str, str]:
    return unseal(channel.sealed_credentials)


def open_channel(
    member: Member,
    recognition: Recognition,
    credentials: Mapping[str, str],
    *,
    department: Department,
    now: datetime,
    name: str = "",
    account: Account | None = None,
    opens_conversations: list[Kind] | None = None,
) -> Channel:
    """A new channel, read at once. `account` is what `preview` found; without it nothing can be done there yet."""
    must(member, Action.MANAGE_CHANNELS, department)
    connector = connector_called(recognition.slug)
    kinds = connector.opens_conversations if opens_conversations is None else opens_conversations
    with transaction.atomic():
        channel = Channel.objects.create(
            department=department,
            connector=connector.slug,
            name=(name.strip() or recognition.name or urlsplit(recognition.address).hostname or connector.name.en)[
                :120
            ],
            address=recognition.address,
            sealed_credentials=seal(_complete(connector, {}, credentials)),
            facts={**recognition.facts, **(account.facts if account else {})},
            can=sorted(account.can) if account else [],
            opens_conversations=sorted(kinds),
            created_at=now,
            interval_s=connector.interval_s,
            next_sync_at=now if connector.fetch is not None else None,
        )
        facts = {"name": channel.name, "connector": channel.connector, "address": channel.address}
        _note(member, "channel.open", channel, now=now, facts=facts)
    return channel


def reconnect_channel(
    channel: Channel, member: Member, credentials: Mapping[str, str], *, account: Account, now: datetime
) -> Channel:
    """Replaces the credentials by ones that `check_credentials` has found good; what was left empty is kept."""
    with _changing(channel, member) as row:
        connector = connector_of(row)
        row.sealed_credentials = seal(_complete(connector, _kept(row), credentials))
        row.facts = {**row.facts, **account.facts}
        row.can = sorted(account.can)
        _make_well(row, now=now)
        row.save()
        _note(member, "channel.reconnect", row, now=now)
    return row


def pause_channel(channel: Channel, member: Member, *, now: datetime) -> Channel:
    with _changing(channel, member) as row:
        row.state = ChannelState.PAUSED
        row.save(update_fields=["state"])
        _note(member, "channel.pause", row, now=now)
    return row


def resume_channel(channel: Channel, member: Member, *, now: datetime) -> Channel:
    """Reads it again from where it stopped, at once."""
    with _changing(channel, member) as row:
        _make_well(row, now=now)
        row.save()
        _note(member, "channel.resume", row, now=now)
    return row


def remove_channel(channel: Channel, member: Member, *, now: datetime) -> Channel:
    """Reads and sends nothing any more, and forgets the credentials; what came from it stays."""
    with _changing(channel, member) as row:
        row.removed_at, row.next_sync_at, row.sealed_credentials = now, None, b""
        row.save(update_fields=["removed_at", "next_sync_at", "sealed_credentials"])
        _note(member, "channel.remove", row, now=now)
    return row


def change_channel(
    channel: Channel,
    member: Member,
    *,
    now: datetime,
    name: str | None = None,
    department: Department | None = None,
    opens_conversations: Iterable[Kind] | None = None,
    audience_zone: str | None = None,
) -> Channel:
    """Another name or department, other kinds that wait for somebody, another audience; None leaves as it is.

    Raises BadInput where there is no such time zone. What is already here stays where it is handled; what comes goes to the new department.
    """
    if department is not None:
        must(member, Action.MANAGE_CHANNELS, department)
    with _changing(channel, member) as row:
        before = _changeable(row)
        row.name = (name or "").strip()[:120] or row.name
        row.department = department or row.department
        if opens_conversations is not None:
            was_source = is_source(row)
            row.opens_conversations = sorted(opens_conversations)
            if was_source and not is_source(row):
                row.interval_s = connector_of(row).interval_s  # what was learned was for nobody in a hurry
        if audience_zone is not None:
            row.audience_zone = zone_from(audience_zone) if audience_zone else ""
        row.save(update_fields=["name", "department", "opens_conversations", "interval_s", "audience_zone"])
        after = _changeable(row)
        _note(member, "channel.change", row, now=now, facts={"before": before, "after": after})
    return row


def _changeable(row: Channel) -> dict[str, Any]:
    names = ("name", "department_id", "opens_conversations", "audience_zone")
    return {name.removesuffix("_id"): getattr(row, name) for name in names}


def sync_now(channel: Channel, member: Member, *, now: datetime) -> Channel:
    """Due at once; a worker reads it within a second or two."""
    with _changing(channel, member) as row:
        row.next_sync_at = now if is_polled(row) else None
        row.save(update_fields=["next_sync_at"])
    return row


@contextmanager
def _changing(channel: Channel, member: Member) -> Iterator[Channel]:
    """The channel's row, locked, for a member who may change it; the transaction ends with the block."""
    must(member, Action.MANAGE_CHANNELS, channel)
    with transaction.atomic():
        rows = Channel.objects.select_for_update(of=("self",), no_key=True)
        yield rows.get(pk=channel.pk, removed_at__isnull=True)


def _make_well(row: Channel, *, now: datetime) -> None:
    row.state, row.failure_count, row.error = ChannelState.ACTIVE, 0, None
    row.next_sync_at = now if is_polled(row) else None


def _note(
    member: Member, action: str, channel: Channel, *, now: datetime, facts: Mapping[str, Any] | None = None
) -> None:
    record(
        member, action, subject="channel", subject_key=channel.pk, now=now,
        department_id=channel.department_id, facts=facts,
    )  # fmt: skip
    tell("channel", now=now, department_id=channel.department_id, subject_id=channel.pk)
