"""Of a stream that carries everything, only what is looked for is kept, and what is here already."""

import dataclasses

import pytest
from tests.apps.noting import broken, connector, note, payload

from parvis.channels import registry
from parvis.channels.intake import replay, take_in
from parvis.channels.models import Envelope, EnvelopeState, Item
from parvis.channels.sieve import MOST_NOT_UNDERSTOOD, set_sieve, sifting
from parvis.core.connector import Fetched
from parvis.testing.clock import later
from parvis.testing.factories import make_channel


async def _stream(session, cursor):
    yield Fetched(payloads=(), cursor={})


FIREHOSE = dataclasses.replace(
    connector,
    stream=_stream,
    carries_everything=True,
    stream_resumes=True,
    has_stream=lambda facts: facts.get("source") == "firehose",
)


@pytest.fixture
def channel(db):
    with registry.added(FIREHOSE):
        yield make_channel(connector="noting", facts={"source": "firehose"})
    set_sieve(None)


def take(channel, *payloads, now, seq=1):
    return take_in(channel, Fetched(payloads=payloads, cursor={"seq": seq}), now=now)


def texts():
    return sorted(Item.objects.values_list("text", flat=True))


def named(_channel, record):
    return "parvis" in record.body


def test_without_a_sieve_nothing_new_is_kept_and_the_cursor_moves(channel, now):
    taken = take(channel, payload(note(1, "parvis")), now=now, seq=9)
    channel.refresh_from_db()
    assert (taken.new_count, Item.objects.count(), Envelope.objects.count()) == (0, 0, 0)
    assert channel.cursor == {"seq": 9}


def test_what_is_looked_for_is_kept_with_its_payload_alone(channel, now):
    with sifting(named):
        take(
            channel,
            payload(note(1, "parvis")),
            payload(note(2, "other")),
            payload(note(3, "x"), note(4, "parvis")),
            now=now,
        )
    assert texts() == ["parvis", "parvis"]
    assert Envelope.objects.count() == 2


def test_what_is_kept_follows_its_author_even_where_it_is_no_longer_looked_for(channel, now):
    with sifting(named):
        take(channel, payload(note(1, "parvis")), now=now)
        take(channel, payload(note(1, "something else")), now=later(now, minutes=1))
    assert texts() == ["something else"]


def test_deletion_of_what_never_came_leaves_nothing(channel, now):
    with sifting(lambda *_: True):
        gone = note(7, status="deleted", status_only=True)
        take(channel, payload(gone), now=now)
    assert (Item.objects.count(), Envelope.objects.count()) == (0, 0)


def test_payloads_that_nobody_understands_are_kept_for_a_mend_and_not_without_end(channel, now):
    for part in range(2):
        take(channel, *(broken(f"<{part} {place}") for place in range(70)), now=now)
    assert Envelope.objects.filter(state=EnvelopeState.UNPARSED).count() == MOST_NOT_UNDERSTOOD


def test_replay_brings_nothing_in_that_was_not_kept_before(channel, now):
    with sifting(named):
        take(channel, payload(note(1, "parvis"), note(2, "beside it")), now=now)
    replay(channel, now=later(now, hours=1), everything=True)
    assert texts() == ["parvis"]


def test_other_channels_of_the_same_connector_keep_everything(channel, now):
    ordinary = make_channel(connector="noting", address="https://other.example.org/", facts={"source": "feed"})
    take(ordinary, payload(note(1, "whatever")), now=now)
    assert texts() == ["whatever"]


@pytest.mark.parametrize("change", [{"stream": None}, {"fetch": None}, {"stream": None, "carries_everything": False}])
def test_stream_that_is_declared_by_halves_is_not_loaded(change):
    with pytest.raises(registry.ConnectorFaulty):
        registry.checked(dataclasses.replace(FIREHOSE, **change), "noting")
