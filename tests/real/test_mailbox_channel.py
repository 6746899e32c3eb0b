"""A mailbox as a channel: read by the desk, then followed as it arrives, every mail once."""

import asyncio
import time
from datetime import UTC, datetime

import pytest
from asgiref.sync import sync_to_async
from tests.real.test_mailbox import Person

from parvis.channels.models import Channel, Item
from parvis.channels.streaming import follow_stream
from parvis.channels.sync import hold_channel, sync_channel
from parvis.channels.vault import seal
from parvis.testing.factories import make_channel

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]


def clock():
    return datetime.now(UTC)


@pytest.fixture
def channel(mail, settings):
    settings.OPTIONS = {**settings.OPTIONS, "PARVIS_ALLOWED_PRIVATE_HOSTS": ("127.0.0.1",)}
    sealed = seal({"username": mail.user, "password": mail.password})
    return make_channel(
        connector="mailbox",
        address=f"imap://{mail.imap}",
        sealed_credentials=sealed,
        facts={"idle": "yes"},
        opens_conversations=["message"],
    )


def titles(mark):
    return sorted(item.title.removesuffix(f" {mark}") for item in Item.objects.filter(title__endswith=mark))


async def eventually(mark, expected, *, within_s):
    began_s = time.monotonic()
    while await sync_to_async(titles)(mark) != expected:
        assert time.monotonic() - began_s < within_s, "it did not arrive in time"
        await asyncio.sleep(0.05)
    return time.monotonic() - began_s


async def test_channel_is_read_then_followed_and_each_mail_is_there_once(channel, client, mail):
    person = Person(mail)
    await asyncio.to_thread(person.send, "Read")
    held = await sync_to_async(hold_channel)(channel, worker="me", now=clock())
    result = await sync_channel(held, client, now=clock(), worker="me")
    assert result.error is None
    assert await sync_to_async(titles)(person.mark) == ["Read"]
    await asyncio.to_thread(person.send, "Missed")
    held = await sync_to_async(Channel.objects.get)(pk=channel.pk)
    following = asyncio.create_task(follow_stream(held, client, worker="me", clock=clock, lease_s=60))
    await eventually(person.mark, ["Missed", "Read"], within_s=10)
    await asyncio.to_thread(person.send, "Pushed")
    assert await eventually(person.mark, ["Missed", "Pushed", "Read"], within_s=10) < 2
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    assert person.unseen() == 3
