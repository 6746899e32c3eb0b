"""A process that takes in everything that one channel has to give, as a worker does; it may be told to die."""

import asyncio
import os
import sys
import time
from datetime import UTC, datetime

import django

ADDRESS = "https://chaos.example.org/"


def pages():
    """Notes in and out of order, some twice, some changed, some that nobody understands."""
    from tests.apps.noting import broken, note, payload

    return [
        [payload(note(2, parent=1, author="Bob"), note(3, parent=2))],
        [payload(note(1, "root", author="Ada")), broken()],
        [payload(note(2, parent=1, author="Bob"), note(3, parent=2))],
        [payload(note(3, "edited", parent=2), note(9, kind="article")), payload(note(4, about=9, author="Ada"))],
        [payload(note(5, parent=4)), payload(note(1, "root", author="Ada", status="held"))],
        [payload(note(6, parent=5, author="Bob"), {"no": "id"})],
    ]


async def read_all(worker: str, lease_s: float) -> None:
    from asgiref.sync import sync_to_async

    from parvis.channels import sync
    from parvis.channels.models import Channel
    from parvis.channels.sessions import http_client
    from parvis.jobs.claim import release

    sync.LEASE_S = lease_s
    channel = await sync_to_async(Channel.objects.get)()
    async with http_client() as client:
        while channel.cursor.get("page", 0) < len(pages()):
            held = await sync_to_async(sync.hold_channel)(channel, worker=worker, now=datetime.now(UTC))
            if held is not None:
                await sync.sync_channel(held, client, now=datetime.now(UTC), worker=worker)
                await sync_to_async(release)(held)
            else:
                await asyncio.sleep(0.05)
            await sync_to_async(channel.refresh_from_db)()


def main() -> None:
    django.setup()
    from tests.apps.noting import PAGES, connector

    from parvis.channels import registry, sync

    sync.STEPS_A_TURN = 2
    PAGES[ADDRESS] = pages()
    with registry.added(connector):
        asyncio.run(read_all(f"taker-{os.getpid()}-{time.monotonic_ns()}", float(sys.argv[1])))


if __name__ == "__main__":
    main()
