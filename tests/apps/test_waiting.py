"""A source's channel learns its interval from what its readings bring; a presence keeps its connector's."""

from dataclasses import replace
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from tests.apps.noting import PAGES, connector, note, payload

from parvis.channels import registry
from parvis.channels.models import Channel
from parvis.channels.opening import change_channel
from parvis.channels.sessions import http_client
from parvis.channels.sync import hold_channel, sync_channel
from parvis.core.connector import Fetched
from parvis.core.types import Kind
from parvis.testing.factories import make_channel

ADDRESS = "https://notes.example.org/waiting"


@pytest.fixture(autouse=True)
def noted(db):
    with registry.added(connector):
        yield
    PAGES.pop(ADDRESS, None)


def made(**more):
    return make_channel(connector="noting", address=ADDRESS, **{"interval_s": 600, "opens_conversations": [], **more})


def read(channel, *pages, now):
    PAGES[ADDRESS] = list(pages)

    async def turn():
        async with http_client() as client:
            return await sync_channel(held, client, now=now, worker="me")

    Channel.objects.update(leased_by="", leased_until=None)
    held = hold_channel(channel, worker="me", now=now)
    async_to_sync(turn)()
    channel.refresh_from_db()
    return (channel.next_sync_at - now).total_seconds()


def test_first_reading_of_years_teaches_nothing(now):
    channel = made()
    wait_s = read(channel, [payload(*(note(number) for number in range(50)))], now=now)
    assert channel.interval_s == 600
    assert 530 < wait_s < 680


def test_turns_that_go_on_with_the_first_reading_teach_nothing(now):
    channel = made()
    pages = [[payload(note(number))] for number in range(25)]
    assert read(channel, *pages, now=now) < 5
    read(channel, *pages, now=channel.next_sync_at)
    assert channel.item_count == 25
    assert channel.interval_s == 600


def test_news_halve_the_interval_and_silence_lengthens_it(now):
    channel = made()
    first = [payload(note(1))]
    read(channel, first, now=now)
    read(channel, first, [payload(note(2))], now=channel.next_sync_at)
    assert channel.interval_s == pytest.approx(300, abs=1)
    read(channel, first, [payload(note(2))], now=channel.last_success_at + timedelta(seconds=300))
    assert channel.interval_s == pytest.approx(375, rel=0.01)


def test_presence_is_read_at_its_connector_s_own_pace(now):
    channel = made(opens_conversations=["comment"])
    read(channel, now=now)
    for _ in range(5):
        read(channel, now=channel.next_sync_at)
    assert channel.interval_s == 600
    assert read(channel, now=channel.next_sync_at) == pytest.approx(600, abs=5)


def test_source_that_says_itself_how_long_to_wait_is_believed(now):
    async def fetch(session, cursor):
        yield Fetched(payloads=(), cursor={}, next_in_s=77.0)

    with registry.added(replace(connector, fetch=fetch)):
        channel = made()
        for _ in range(3):
            assert read(channel, now=channel.next_sync_at or now) == pytest.approx(77, abs=5)
    assert channel.interval_s == 600


def test_source_that_becomes_a_presence_is_read_often_again(cast, now):
    channel = made(interval_s=80_000, department=cast.news)
    change_channel(channel, cast.maud, now=now, opens_conversations=[Kind.COMMENT])
    channel.refresh_from_db()
    assert channel.interval_s == connector.interval_s
