"""A hostile or broken site leaves the desk working, and the channel says what is wrong with it."""

import asyncio
from datetime import timedelta

import pytest
from tests.net.certificates import serving
from tests.net.conftest import options
from tests.net.hostile import ROUTES, HostileServer

from parvis.channels.models import Channel, ChannelState, Envelope, Item
from parvis.channels.sync import sync_channel
from parvis.core.types import Kind
from parvis.net import HttpClient, Limits
from parvis.testing.clock import MONDAY
from parvis.testing.factories import make_channel

pytestmark = pytest.mark.django_db(transaction=True)
WORKER = "worker one"
PATIENT = Limits(connect_s=5.0, read_s=3.0, total_s=6.0, max_body_bytes=2_000_000)
"""A good site on a busy machine must not seem slow."""
GOOD = """<rss version="2.0"><channel><title>Good</title>
<item><guid>1</guid><title>First</title><description>Text</description></item></channel></rss>"""
HARMLESS = {"fine", "echo", "status", "packed", "odd_header", "redirect", "wrong_charset", "says_less", "hollow_gzip"}
"""These give an answer that a browser would show; what a connector makes of it is its own affair."""
HOSTILE = sorted(path.strip("/") for path in ROUTES if path.strip("/") not in HARMLESS)


async def good(visit):
    await visit.answer(200, GOOD.encode(), "application/rss+xml")


class ByFirstSegment(dict):
    """/drip/wp-json/wp/v2/comments is served by the route /drip."""

    def get(self, path, default=None):
        return super().get("/" + path.split("/")[1], default)


@pytest.fixture
def server():
    with HostileServer() as running:
        running.routes = ByFirstSegment({**running.routes, "/good": good})
        yield running


def channel_at(department, address, connector, **fields):
    held = {"leased_by": WORKER, "leased_until": MONDAY + timedelta(hours=1), "next_sync_at": MONDAY}
    kinds = [Kind.ARTICLE, Kind.COMMENT]
    return make_channel(department, connector=connector, address=address, opens_conversations=kinds, **held, **fields)


async def read_all(channels, client_options):
    async with HttpClient(client_options) as client:
        return await asyncio.gather(
            *(sync_channel(channel, client, now=MONDAY, worker=WORKER) for channel in channels), return_exceptions=True
        )


@pytest.mark.parametrize(("connector", "below"), [("feed", "feed.xml"), ("wordpress", "wp-json/")])
def test_every_hostile_site_is_named_on_its_channel_and_others_go_on(cast, server, connector, below):
    hostile = [channel_at(cast.news, server.url(f"/{name}/{below}"), connector) for name in HOSTILE]
    fine = channel_at(cast.news, server.url("/good/feed.xml"), "feed")
    results = asyncio.run(read_all([*hostile, fine], options(limits=PATIENT)))
    assert [result for result in results if isinstance(result, BaseException)] == []
    silent = [
        name
        for name, channel in zip(HOSTILE, hostile, strict=True)
        if not Channel.objects.get(pk=channel.pk).error and not Channel.objects.get(pk=channel.pk).drift_count
    ]
    assert silent == []
    for channel in Channel.objects.exclude(error=None):
        assert channel.error["en"] and channel.error["fr"]
        assert "127.0.0.1" in channel.error["en"]
        assert channel.failure_count == 1
        assert channel.next_sync_at > MONDAY
        assert channel.state == ChannelState.ACTIVE
    assert Item.objects.filter(channel=fine).count() == 1
    assert Channel.objects.get(pk=fine.pk).error is None


@pytest.mark.parametrize("kind", ["expired", "stranger", "wrong_name", "self_signed"])
def test_bad_certificate_is_named(cast, kind):
    with HostileServer(serving(kind)) as server:
        server.routes = ByFirstSegment({"/good": good})
        channel = channel_at(cast.news, server.url("/good/feed.xml"), "feed")
        asyncio.run(read_all([channel], options(limits=PATIENT)))
    told = Channel.objects.get(pk=channel.pk)
    assert told.error["code"] == "tls_failed"
    assert Item.objects.count() == 0


def test_html_instead_of_a_feed_is_kept_and_counted(cast, server):
    channel = channel_at(cast.news, server.url("/html_for_json/feed.xml"), "feed")
    asyncio.run(read_all([channel], options(limits=PATIENT)))
    assert Channel.objects.get(pk=channel.pk).drift_count == 1
    assert Envelope.objects.filter(channel=channel).count() == 1


def test_site_that_recovers_is_well_again(cast, server):
    channel = channel_at(cast.news, server.url("/turn/feed.xml"), "feed")
    server.routes["/turn"] = ROUTES["/broken"]
    asyncio.run(read_all([channel], options(limits=PATIENT)))
    assert Channel.objects.get(pk=channel.pk).error["code"] == "remote_broken"
    server.routes["/turn"] = good
    asyncio.run(read_all([Channel.objects.get(pk=channel.pk)], options(limits=PATIENT)))
    well = Channel.objects.get(pk=channel.pk)
    assert (well.error, well.failure_count, well.item_count) == (None, 0, 1)
