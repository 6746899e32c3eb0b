from dataclasses import replace
from datetime import timedelta

import pytest
from tests.apps.noting import PAGES, broken, connector, note, payload

from parvis.channels import registry, sync
from parvis.channels.models import Channel, Envelope, Item
from parvis.channels.sessions import http_client
from parvis.channels.sync import hold_channel, sync_channel
from parvis.core.errors import AnswerNotUnderstood, CredentialsRejected, RateLimited, Unreachable
from parvis.jobs.models import LiveEvent
from parvis.orgs.models import AuditEntry
from parvis.testing.clock import later
from parvis.testing.factories import make_channel

ADDRESS = "https://notes.example.org/sync"


@pytest.fixture
def channel(db):
    with registry.added(connector):
        yield make_channel(connector="noting", address=ADDRESS, interval_s=120)
    PAGES.pop(ADDRESS, None)


def read(channel, *pages, now):
    """One turn of a worker over what the platform serves now."""
    from asgiref.sync import async_to_sync

    PAGES[ADDRESS] = list(pages)

    async def turn():
        async with http_client() as client:
            return await sync_channel(held, client, now=now, worker="me")

    Channel.objects.update(leased_by="", leased_until=None)
    held = hold_channel(channel, worker="me", now=now)
    result = async_to_sync(turn)()
    channel.refresh_from_db()
    return result


def seconds_until_next(channel, now):
    return (channel.next_sync_at - now).total_seconds()


def test_reading_goes_on_from_the_cursor_and_is_due_again_in_time(channel, now):
    first, second = [payload(note(1))], [payload(note(2, parent=1))]
    assert read(channel, first, now=now).new_count == 1
    assert read(channel, first, second, now=later(now, minutes=2)).step_count == 1
    assert (Item.objects.count(), channel.cursor) == (2, {"page": 2})
    assert seconds_until_next(channel, later(now, minutes=2)) == pytest.approx(120, abs=5)
    assert channel.last_success_at is not None


def test_channel_whose_connector_has_nothing_to_fetch_is_not_due_again(channel, now):
    with registry.added(replace(connector, fetch=None)):
        assert read(channel, now=now).error is None
    assert channel.next_sync_at is None


def test_first_reading_of_years_takes_turns(channel, now, monkeypatch):
    monkeypatch.setattr(sync, "STEPS_A_TURN", 2)
    result = read(channel, *([payload(note(number))] for number in range(1, 6)), now=now)
    assert (result.is_finished, result.step_count, Item.objects.count()) == (False, 2, 2)
    assert seconds_until_next(channel, now) == pytest.approx(0, abs=5)


def test_passing_errors_never_disconnect_a_channel(channel, now):
    waits = []
    for hours in range(12):
        at = later(now, hours=hours)
        read(channel, [payload(note(1))], Unreachable(host="notes.example.org", detail="no route"), now=at)
        waits.append(seconds_until_next(channel, at))
    assert (channel.state, channel.failure_count, channel.error["code"]) == ("active", 12, "unreachable")
    assert channel.error["fr"] and channel.error["en"]
    assert waits[0] < waits[4] < 4600
    assert Item.objects.count() == 1
    assert LiveEvent.objects.filter(kind="channel").count() == 1
    read(channel, [payload(note(1))], now=later(now, days=1))
    assert (channel.failure_count, channel.error) == (0, None)
    assert LiveEvent.objects.filter(kind="channel").count() == 2


def test_platform_that_asks_to_wait_is_left_alone_for_so_long(channel, now):
    read(channel, RateLimited(host="notes.example.org", retry_after_s=7200), now=now)
    assert 7200 <= seconds_until_next(channel, now) < 9010


def test_refused_sign_in_waits_for_a_person_after_three_times_in_a_row(channel, now):
    refusal = CredentialsRejected(host="notes.example.org")
    passing = Unreachable(host="notes.example.org", detail="no route")
    for minutes, failure in enumerate([refusal, refusal, passing, refusal, refusal]):
        read(channel, failure, now=later(now, minutes=minutes))
        assert channel.state == "active"
    read(channel, refusal, now=later(now, minutes=9))
    assert channel.state == "needs_person"
    entry = AuditEntry.objects.get(action="channel.needs_person")
    assert (entry.member, entry.subject_key, entry.facts) == (None, str(channel.pk), {"code": "credentials_rejected"})


def test_answer_that_makes_no_sense_at_the_door_is_kept(channel, now):
    failure = AnswerNotUnderstood(host="notes.example.org", detail="HTML")
    failure.payload = broken("<html>sorry")
    read(channel, failure, now=now)
    assert (Envelope.objects.get().state, channel.drift_count, channel.state) == ("unparsed", 1, "active")


def test_reading_of_a_worker_that_was_taken_over_changes_nothing(channel, now):
    from asgiref.sync import async_to_sync

    PAGES[ADDRESS] = [[payload(note(1))]]
    held = hold_channel(channel, worker="me", now=now)
    Channel.objects.update(leased_by="other")

    async def turn():
        async with http_client() as client:
            return await sync_channel(held, client, now=now, worker="me")

    assert async_to_sync(turn)().is_dropped
    channel.refresh_from_db()
    assert (Item.objects.count(), channel.cursor, channel.last_sync_at) == (0, {}, None)


def test_what_was_asked_for_before_a_newer_word_does_not_undo_it(channel, now):
    """An order was answered while the list that still shows the old state was on its way."""
    read(channel, [payload(note(1, status="held"))], now=now)
    Item.objects.update(status="published", remote_status="published", seen_at=later(now, minutes=5))
    read(
        channel,
        [payload(note(1, status="held"))] * 1,
        [payload(note(1, "x", status="held"))],
        now=later(now, minutes=4),
    )
    assert Item.objects.get().status == "published"


def test_channel_without_its_key_says_so_and_is_tried_again(channel, now):
    Channel.objects.update(sealed_credentials=b"gAAAAAnonsense")
    read(channel, now=now)
    assert (channel.error["code"], channel.state) == ("key_missing", "active")
    assert channel.next_sync_at > now + timedelta(seconds=20)


def test_answer_at_which_a_connector_fails_is_told_with_its_channel_and_read_again(channel, now):
    async def fetch(_session, _cursor):
        yield {}["no such field"]

    with registry.added(replace(connector, fetch=fetch)):
        assert isinstance(read(channel, now=now).error, AnswerNotUnderstood)
    assert channel.error["code"] == "answer_not_understood" and channel.next_sync_at > now
