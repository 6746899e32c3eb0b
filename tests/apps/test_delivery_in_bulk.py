"""Many orders at once: claimed together, recorded together, and none stands in another's way."""

import uuid
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.apps.delivering import channel_on, deliver, held_items, platform

from parvis.channels import delivery, errands, recording
from parvis.channels.chains import order_publications
from parvis.channels.models import Attempt, Channel, Effect, EffectState
from parvis.channels.outbox import order_many
from parvis.channels.registry import connector_of
from parvis.core.connector import REQUESTS_PER_MINUTE, Can, Done
from parvis.core.post import Content
from parvis.jobs.models import LiveEvent
from parvis.testing.clock import later

pytestmark = pytest.mark.django_db
CHANNELS, EACH = 10, 3


@pytest.fixture
def far():
    with platform() as simulator:
        yield simulator


@pytest.fixture
def channels(far, cast):
    return [channel_on(far, cast.news) for _ in range(CHANNELS)]


def publish(channels, *, now, count=EACH, thread=()):
    """On each channel so many publications; the chains."""
    wanted = []
    for channel in channels:
        for number in range(count):
            content = Content(text=f"post {number} on {channel.pk}", thread=thread)
            parts = connector_of(channel).publishing.parts(content, channel.facts)
            wanted.append((channel, parts, uuid.uuid4()))
    order_publications(wanted, member=None, now=now, due_at=now)
    return [chain for _, _, chain in wanted]


def claimed(now, *, worker="a", free=100, most_a_channel=8):
    return errands.claim_errands(
        lambda channel: None, worker=worker, now=now, lease_s=60, busy={}, free=free, most_a_channel=most_a_channel
    )


def done(errand, **more):
    return (errand, Done(remote_id=f"comment:{errand.effect.pk}", **more), errand.started_at)


def states():
    return set(Effect.objects.values_list("state", flat=True))


def test_channels_are_claimed_and_recorded_together_in_few_statements(channels, now):
    publish(channels, now=now)
    with CaptureQueriesContext(connection) as claiming:
        begun = claimed(now)
    assert len(begun) == CHANNELS * EACH and Attempt.objects.count() == len(begun)
    assert len(claiming) <= 16 + CHANNELS, "one statement a channel, to see what is due there"
    with CaptureQueriesContext(connection) as recorded:
        assert len(recording.record_all_done([done(one) for one in begun], now=now)) == len(begun)
    rows = sum("UPDATE" in query["sql"] and "channels_effect" in query["sql"] for query in recorded)
    assert len(recorded) - rows <= 12, [query["sql"][:80] for query in recorded]
    assert states() == {EffectState.DONE}
    assert set(Attempt.objects.values_list("outcome", flat=True)) == {"done"}
    assert LiveEvent.objects.filter(kind="effect", facts__state="done").count() == len(begun)
    assert Effect.objects.filter(is_followed=False).count() == len(begun)


def test_what_another_worker_holds_by_now_is_not_recorded_with_the_others(channels, now):
    publish(channels[:1], now=now)
    begun = claimed(now)
    taken = begun[1].effect.pk
    Effect.objects.filter(pk=taken).update(leased_by="b", try_count=2)
    recorded = recording.record_all_done([done(one) for one in begun], now=now)
    assert recorded == {begun[0].effect.pk, begun[2].effect.pk}
    kept = Effect.objects.get(pk=taken)
    assert (kept.state, kept.leased_by, kept.result_remote_id) == (EffectState.SENDING, "b", "")
    assert Attempt.objects.get(effect=kept).outcome == "unknown"


def test_outcome_that_no_row_can_hold_keeps_no_other_from_being_recorded(channels, now):
    publish(channels[:1], now=now)
    begun = claimed(now)
    worker = delivery.Delivery(None, worker="a", clock=lambda: now, in_database=None)
    outcomes = [delivery.Outcome(one, done(one)[1], now) for one in begun]
    outcomes[1] = replace(outcomes[1], result=Done(remote_id="comment:1", facts={"never": object()}))
    assert worker._record_all(outcomes) == []
    found = {one.effect.pk: Effect.objects.get(pk=one.effect.pk).state for one in begun}
    assert list(found.values()) == [EffectState.DONE, EffectState.SENDING, EffectState.DONE]


def test_threads_that_are_recorded_together_each_go_on(far, channels, now):
    chains = publish(channels[:2], now=now, count=2, thread=("part two", "part three"))
    for step in range(3):
        begun = claimed(later(now, seconds=step))
        assert sorted(str(one.effect.chain) for one in begun) == sorted(map(str, chains))
        recording.record_all_done([done(one) for one in begun], now=later(now, seconds=step))
    assert claimed(later(now, seconds=9)) == [] and states() == {EffectState.DONE}


def test_second_worker_at_the_same_moment_finds_nothing_left(channels, now):
    publish(channels, now=now)
    first = {one.effect.pk for one in claimed(now, worker="a")}
    assert claimed(now, worker="b") == [] and len(first) == CHANNELS * EACH


def test_no_more_is_claimed_than_there_is_room_for(channels, now):
    publish(channels, now=now)
    assert len(claimed(now, free=7)) == 7
    assert len(claimed(now, most_a_channel=2)) <= 2 * CHANNELS
    assert claimed(now, free=0) == []


@pytest.mark.parametrize(("told", "at_once"), [("60", 1), ("240", 4), ("0", 8), ("many", 8)])
def test_channel_keeps_the_pace_that_its_own_server_told(channels, now, told, at_once):
    """The simulator's own pace lets all leave; what a server says of itself is a whole number or nothing."""
    Channel.objects.filter(pk=channels[0].pk).update(facts={REQUESTS_PER_MINUTE: told})
    publish(channels[:1], now=now, count=9)
    assert len(claimed(now)) == at_once
    if told == "60":
        assert claimed(later(now, seconds=0.9)) == [] and len(claimed(later(now, seconds=1.1))) == 1


def test_orders_of_many_items_and_a_post_are_all_carried_out(far, channels, cast, now):
    items = held_items(channels[0], 5)
    order_many(items, Can.APPROVE, member=cast.camille, now=now)
    publish(channels[:1], now=now, count=2, thread=("part two",))
    for second in range(3):
        deliver(later(now, seconds=second))
    assert states() == {EffectState.DONE}
    assert [far.books.writes[f"published {number}"] for number in range(1, 6)] == [1] * 5
    assert len({reply.key for reply in far.books.replies}) == len(far.books.replies) == 4
