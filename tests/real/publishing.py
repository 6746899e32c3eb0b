"""What the tests of publishing share: pictures, a post ordered in parts, and delivery until nothing is left to do."""

import asyncio
import struct
import uuid
import zlib
from datetime import UTC, datetime

from tests.apps.delivering import run_beside

from parvis.channels.chains import order_parts
from parvis.channels.delivery import deliver_due
from parvis.channels.models import OPEN_EFFECT_STATES, Effect, EffectState
from parvis.channels.registry import connector_of
from parvis.channels.sessions import session_for
from parvis.core.connector import Looked, Target
from parvis.core.post import Medium
from parvis.core.types import Kind
from parvis.net import ClientOptions, HttpClient, Limits

QUICK = Limits(connect_s=2.0, read_s=1.5, total_s=4.0)


def png(width: int = 40, height: int = 30, *, shade: int = 128) -> bytes:
    """A grey picture."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + bytes([shade]) * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def picture(folder, *, alt: str = "", shade: int = 128, **more) -> Medium:
    """Stored below the house's data directory, as an asset would be."""
    name = f"{uuid.uuid4().hex}.png"
    (folder / "assets").mkdir(exist_ok=True)
    body = png(shade=shade)
    (folder / "assets" / name).write_bytes(body)
    return Medium(
        path=f"assets/{name}",
        name="lake.png",
        mime="image/png",
        size_bytes=len(body),
        width=40,
        height=30,
        alt=alt,
        **more,
    )


def order_post(channel, content, *, member=None):
    """The chain of its parts, due now."""
    chain, now = uuid.uuid4(), datetime.now(UTC)
    publishing = connector_of(channel).publishing
    assert [fault.code for fault in publishing.faults(content, channel.facts) if not fault.is_hint] == []
    order_parts(channel, publishing.parts(content, channel.facts), chain=chain, member=member, now=now, due_at=now)
    return chain


def deliver(*, limits: Limits = QUICK) -> None:
    """One worker's turn over what is due, in real time."""
    options = ClientOptions(allowed_private_hosts=frozenset({"127.0.0.1", "localhost"}), limits=limits)

    async def work(in_database):
        async with HttpClient(options) as client:
            return await deliver_due(client, worker="worker-a", now=datetime.now(UTC), in_database=in_database)

    run_beside(work)


def deliver_all(chain, *, limits: Limits = QUICK, turns: int = 12) -> dict[str, Effect]:
    """Turn by turn, without the waits between tries; the parts by name."""
    for _ in range(turns):
        deliver(limits=limits)
        if not Effect.objects.filter(chain=chain, state__in=OPEN_EFFECT_STATES).exists():
            break
        hurry()
    return parts_of(chain)


def look_at(channel, item) -> Looked:
    """What the connector finds of it now."""
    target = Target(remote_id=item.remote_id, kind=Kind.ARTICLE, url=item.url)
    options = ClientOptions(allowed_private_hosts=frozenset({"127.0.0.1", "localhost"}))

    async def looked():
        async with HttpClient(options) as client:
            session = session_for(channel, client, now=datetime.now(UTC))
            return await connector_of(channel).look(session, target)

    return asyncio.run(looked())


def hurry() -> None:
    """The backoff is not what is tried here."""
    tried = Effect.objects.filter(state__in=[EffectState.WAITING, EffectState.UNSURE], try_count__gt=0)
    tried.update(next_try_at=datetime.now(UTC))
    for channel in {effect.channel for effect in Effect.objects.select_related("channel")}:
        type(channel).objects.filter(pk=channel.pk).update(next_send_at=None)


def parts_of(chain) -> dict[str, Effect]:
    return {effect.name: effect for effect in Effect.objects.filter(chain=chain).order_by("step", "pk")}


def states(parts) -> dict[str, str]:
    return {name: effect.state for name, effect in parts.items()}
