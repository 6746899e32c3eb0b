import dataclasses

import pytest
from tests.apps.noting import broken, connector, note, payload

from parvis.channels import registry
from parvis.channels.intake import take_in
from parvis.channels.models import Channel, Item
from parvis.channels.queries import drift_of, waiting_envelopes
from parvis.channels.vault import seal
from parvis.cli import main
from parvis.core.connector import Fetched
from parvis.testing.factories import make_channel

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel(db, now):
    with registry.added(connector):
        channel = make_channel(connector="noting", name="Notes")
        take_in(channel, Fetched(payloads=(broken(), payload(note(1), {})), cursor={}), now=now)
        yield channel


def test_replay_command_mends_what_it_can_and_tells(channel, capsys):
    assert main(["replay", "Notes"]) == 0
    assert Channel.objects.get().drift_count == 1
    mended = dataclasses.replace(
        connector,
        version=2,
        parse=lambda given: connector.parse(payload(note(2)) if given.body == b"<html>" else given),
    )
    with registry.added(mended):
        assert main(["replay"]) == 0
    assert "1" in capsys.readouterr().out
    assert (Channel.objects.get().drift_count, Item.objects.count()) == (0, 2)
    assert main(["replay", "--newer-than", "9"]) == 1
    assert main(["replay", "nowhere"]) == 2


def test_what_waits_for_a_mend_is_counted_and_shown(channel):
    drift = drift_of([channel.pk])[channel.pk]
    assert (drift.unparsed_count, drift.partial_count) == (1, 1)
    assert [row.state for row in waiting_envelopes(channel)] == ["partial", "unparsed"]


def test_channel_commands_list_and_rotate(channel, capsys):
    Channel.objects.update(sealed_credentials=seal({"password": "s3cret-word"}))
    assert main(["channel", "list"]) == 0
    assert main(["channel", "rotate-keys"]) == 0
    shown = capsys.readouterr().out
    assert "Notes" in shown and "s3cret" not in shown
    assert main(["channel", "sync", "nowhere"]) == 2
