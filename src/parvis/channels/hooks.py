"""Channels that are posted to: each has an address of its own and a secret; deliveries come in by the one door."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from parvis.channels.envelopes import hash_of
from parvis.channels.intake import TakenIn, take_in_payloads
from parvis.channels.models import Channel, Envelope
from parvis.channels.opening import open_channel, reconnect_channel
from parvis.channels.registry import connector_of, connectors
from parvis.channels.vault import unseal
from parvis.core.connector import Account, Connector, Delivery, Hook
from parvis.core.errors import BadInput, NotOffered
from parvis.core.types import Recognition
from parvis.jobs.live import tell
from parvis.orgs.access import must
from parvis.orgs.audit import record
from parvis.orgs.models import Department, Member
from parvis.orgs.rights import Action

TOKEN_FACT = "hook"  # noqa: S105 - a fact's name
PLACE = "/hooks/"
_KEY = re.compile(r"(\d{1,18})-([A-Za-z0-9_-]{22})")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a delivery."""

    delivery_id: str
    is_known: bool
    """It had come before, and was not read again."""
    taken: TakenIn


def hooked_connectors() -> list[Connector]:
    return [connector for connector in connectors().values() if connector.hook is not None]


def hook_of(channel: Channel) -> Hook:
    """Raises NotOffered."""
    hook = connector_of(channel).hook
    if hook is None:
        raise NotOffered(channel=channel.name, act="hook")
    return hook


def open_hook(
    member: Member, connector: Connector, *, department: Department, name: str, form: str, base: str, now: datetime
) -> tuple[Channel, str]:
    """The channel and its secret, which is shown once. `base` is where the desk is reached. Raises BadInput."""
    assert connector.hook is not None
    secret = new_secret()
    facts = {TOKEN_FACT: secrets.token_urlsafe(16), **connector.hook.facts_of(form)}
    with transaction.atomic():
        channel = open_channel(
            member,
            Recognition(slug=connector.slug, address=base, name=name, offers=connector.guide),
            {connector.hook.secret: secret},
            department=department,
            name=name,
            account=Account(name=name, can=frozenset(), facts=facts),
            now=now,
        )
        channel.address = address_of(channel, base=base)
        channel.save(update_fields=["address"])
    return channel, secret


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def key_of(channel: Channel) -> str:
    """Its number says nothing without the other half, which nobody can guess."""
    return f"{channel.pk}-{channel.facts.get(TOKEN_FACT, '')}"


def address_of(channel: Channel, *, base: str) -> str:
    return f"{base.rstrip('/')}{PLACE}{key_of(channel)}"


def renew_secret(channel: Channel, member: Member, *, now: datetime) -> str:
    """From now on only the new one counts."""
    secret = new_secret()
    account = Account(name=channel.name, can=frozenset(), facts={})
    reconnect_channel(channel, member, {hook_of(channel).secret: secret}, account=account, now=now)
    return secret


def change_form(channel: Channel, member: Member, *, form: str, now: datetime) -> None:
    """What its deliveries look like. Raises BadInput where that cannot be read; nothing was changed then."""
    must(member, Action.MANAGE_CHANNELS, channel)
    hook = hook_of(channel)
    facts = hook.facts_of(form)
    with transaction.atomic():
        row = Channel.objects.select_for_update(of=("self",), no_key=True).get(pk=channel.pk, removed_at__isnull=True)
        before = hook.written(row.facts)
        row.facts = {**row.facts, **facts}
        row.save(update_fields=["facts"])
        record(
            member,
            "channel.change",
            subject="channel",
            subject_key=row.pk,
            now=now,
            department_id=row.department_id,
            facts={"before": {"form": before}, "after": {"form": hook.written(row.facts)}},
        )
        tell("channel", now=now, department_id=row.department_id, subject_id=row.pk)
    channel.facts = row.facts


def genuine_channel(key: str, delivery: Delivery, *, now: datetime) -> Channel:
    """The channel whose secret signed it. Raises BadInput, in the same words where there is no such channel."""
    channel = _channel_at(key)
    if channel is not None:
        hook = hook_of(channel)
        hook.check_signed(delivery, unseal(channel.sealed_credentials).get(hook.secret, ""), now)
        return channel
    for connector in hooked_connectors():
        assert connector.hook is not None
        connector.hook.check_signed(delivery, new_secret(), now)
    raise BadInput(detail="")


def _channel_at(key: str) -> Channel | None:
    told = _KEY.fullmatch(key)
    if told is None:
        return None
    channel: Channel | None = Channel.objects.filter(pk=int(told[1]), removed_at__isnull=True).first()
    if channel is None or not secrets.compare_digest(str(channel.facts.get(TOKEN_FACT, "")), told[2]):
        return None
    return channel


def take_delivery(channel: Channel, delivery: Delivery, *, now: datetime) -> Receipt:
    """Stored when this returns. Raises BadInput where nothing in it can be read; nothing is stored then."""
    heard = hook_of(channel).read(delivery, channel.facts)
    known = Envelope.objects.filter(channel=channel, hash=hash_of(heard.payload)).exists()
    taken = TakenIn() if known else take_in_payloads(channel, [heard.payload], now=now)
    return Receipt(heard.id, known, taken)
