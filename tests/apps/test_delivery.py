"""Orders on their way: each happens once, whatever the platform and the worker do."""

import asyncio

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.apps.delivering import channel_on, deliver, held_items, platform, state_of

from parvis.channels import delivery, errands, recording
from parvis.channels.models import Attempt, ChannelState, Effect, EffectState
from parvis.channels.outbox import order, order_many, retry_effect, settle_by_person
from parvis.channels.registry import added
from parvis.core.connector import Act, AskPerson, Can, Done, IdempotencyKey
from parvis.core.types import Status
from parvis.jobs.models import LiveEvent
from parvis.orgs.models import AuditEntry
from parvis.testing.clock import later
from parvis.testing.simulated import simulated
from parvis.testing.simulator import Fault

pytestmark = pytest.mark.django_db


@pytest.fixture
def far():
    with platform() as simulator:
        yield simulator


@pytest.fixture
def channel(far, cast):
    return channel_on(far, cast.news)


@pytest.fixture
def item(channel):
    return held_items(channel, 1)[0]


def test_order_is_carried_out_and_the_item_says_what_the_platform_says(far, item, cast, now):
    effect = order(item, Can.APPROVE, member=cast.camille, now=now)
    assert deliver(now) == 1
    item.refresh_from_db()
    assert (item.status, item.remote_status) == ("published", "published")
    assert (state_of(effect), effect.try_count, effect.leased_by, effect.error) == ("done", 1, "", None)
    assert far.books.writes == {"published 1": 1}
    attempt = Attempt.objects.get(effect=effect)
    assert (attempt.number, attempt.outcome, attempt.ended_at is not None) == (1, "done", True)
    assert LiveEvent.objects.filter(kind="effect", subject_key=effect.pk, facts__state="done").count() == 1


def test_reply_keeps_the_id_that_it_got(far, item, cast, now):
    effect = order(item, Can.REPLY, member=cast.camille, now=now, text="Merci « à tous ».")
    deliver(now)
    effect.refresh_from_db()
    assert far.books.texts() == ["Merci « à tous »."]
    assert effect.result_remote_id == "comment:10000"
    assert effect.result_url.endswith("/10000")


def test_nothing_leaves_while_it_can_be_taken_back(far, item, cast, now):
    order(item, Can.APPROVE, member=cast.camille, now=now, delay_s=10)
    assert deliver(later(now, seconds=9)) == 0
    assert far.books.calls == 0
    assert deliver(later(now, seconds=10)) == 1


def test_orders_of_one_item_happen_in_the_order_they_were_given(far, item, cast, now):
    order(item, Can.APPROVE, member=cast.camille, now=now)
    order(item, Can.REPLY, member=cast.camille, now=now, text="one")
    order(item, Can.REPLY, member=cast.camille, now=now, text="two")
    order(item, Can.REPLY, member=cast.camille, now=now, text="three")
    deliver(now)
    assert far.books.texts() == ["one", "two", "three"]
    assert far.books.most_at_once == 1


def test_failed_order_holds_back_the_next_one_of_its_item_alone(far, channel, cast, now):
    first, second = held_items(channel, 2)
    far.fail_next(Fault.BROKEN_BEFORE)
    order(first, Can.REPLY, member=cast.camille, now=now, text="one")
    order(first, Can.REPLY, member=cast.camille, now=now, text="two")
    far.fail_reading(Fault.BROKEN_BEFORE)
    deliver(now)
    order(second, Can.REPLY, member=cast.camille, now=now, text="elsewhere")
    deliver(later(now, seconds=1))
    assert far.books.texts() == ["elsewhere"]
    deliver(later(now, minutes=5))
    assert far.books.texts() == ["elsewhere", "one", "two"]


def test_many_items_are_served_at_once(cast, now):
    with platform() as far:
        far.delay_s = 0.05
        order_many(held_items(channel_on(far), 8), Can.TRASH, member=None, now=now, batch=None)
        assert deliver(now) == 8
        assert 2 <= far.books.most_at_once <= delivery.MOST_A_CHANNEL


def test_pace_of_a_channel_is_kept(cast, now):
    with platform(requests_per_minute=120) as far:
        order_many(held_items(channel_on(far), 5), Can.TRASH, member=None, now=now, batch=None)
        assert deliver(now) == 2
        assert deliver(now) == 0
        assert deliver(later(now, seconds=0.5)) == 1
        assert deliver(later(now, seconds=60)) == 2


def test_slow_channel_does_not_hold_back_another(cast, now):
    with platform() as far:
        slow, quick = channel_on(far), channel_on(far)
        order_many(held_items(slow, 50), Can.TRASH, member=None, now=now, batch=None)
        order_many(held_items(quick, 3), Can.SPAM, member=None, now=now, batch=None)
        slow.next_send_at = later(now, hours=1)
        slow.save()
        assert deliver(now) == 3


@pytest.mark.parametrize("fault", [Fault.CUT_AFTER, Fault.BROKEN_AFTER])
def test_what_was_done_without_an_answer_is_found_and_not_done_again(fault, far, item, cast, now):
    far.fail_next(fault)
    effect = order(item, Can.REPLY, member=cast.camille, now=now, text="once")
    deliver(now)
    deliver(later(now, minutes=1))
    assert (state_of(effect), effect.result_remote_id) == (EffectState.DONE, "comment:10000")
    assert far.books.texts() == ["once"]
    assert list(effect.attempts.order_by("number").values_list("outcome", "is_settling")) == [
        ("unknown", False),
        ("found_done", True),
    ]


@pytest.mark.parametrize("fault", [Fault.CUT_BEFORE, Fault.BROKEN_BEFORE])
def test_what_was_not_done_is_sent_again(fault, far, item, cast, now):
    far.fail_next(fault)
    effect = order(item, Can.REPLY, member=cast.camille, now=now, text="once")
    deliver(now)
    deliver(later(now, minutes=1))
    assert state_of(effect) == EffectState.DONE
    assert far.books.texts() == ["once"]
    outcomes = effect.attempts.order_by("number").values_list("outcome", flat=True)
    assert list(outcomes) == ["unknown", "found_nothing", "done"]


def test_call_that_never_ends_is_given_up_and_read_back(far, item, cast, now):
    far.fail_next(Fault.SILENT_AFTER)
    effect = order(item, Can.REPLY, member=cast.camille, now=now, text="once")
    deliver(now, lease_s=0.4)
    deliver(later(now, minutes=1))
    assert state_of(effect) == EffectState.DONE
    assert far.books.texts() == ["once"]


def test_reading_back_that_never_ends_is_done_again_and_asks_nobody(far, item, cast, now):
    effect = order(item, Can.REPLY, member=cast.camille, now=now, text="Merci.")
    far.fail_next(Fault.CUT_AFTER)
    far.fail_reading(Fault.SILENT_AFTER)
    deliver(now, lease_s=1.0)
    assert state_of(effect) == "unsure" and not effect.is_in_doubt
    deliver(later(now, minutes=1))
    assert state_of(effect) == "done"
    assert far.books.texts() == ["Merci."]


def test_nothing_is_read_back_before_the_request_may_have_ended_over_there(cast, now):
    with platform(wait_s=5.0) as far:
        far.fail_next(Fault.CUT_AFTER)
        effect = order(held_items(channel_on(far), 1)[0], Can.REPLY, member=None, now=now, text="once")
        deliver(now)
        calls = far.books.calls
        deliver(later(now, seconds=4))
        assert (far.books.calls, state_of(effect)) == (calls, EffectState.UNSURE)
        deliver(later(now, seconds=6))
        assert state_of(effect) == EffectState.DONE


def test_failed_reading_leaves_it_unsure_and_sends_nothing(far, item, cast, now):
    far.fail_next(Fault.CUT_AFTER)
    effect = order(item, Can.REPLY, member=cast.camille, now=now, text="once")
    far.fail_reading(Fault.BROKEN_BEFORE)
    deliver(now)
    assert (state_of(effect), effect.error["code"]) == (EffectState.UNSURE, "remote_broken")
    assert effect.next_try_at > now
    deliver(later(now, minutes=5))
    assert state_of(effect) == EffectState.DONE
    assert far.books.texts() == ["once"]


def test_platform_that_knows_the_key_is_simply_asked_again(cast, now):
    with platform(reply_settle=IdempotencyKey()) as far:
        far.remembers_keys = True
        far.fail_next(Fault.CUT_AFTER)
        effect = order(held_items(channel_on(far), 1)[0], Can.REPLY, member=None, now=now, text="once")
        deliver(now)
        deliver(later(now, minutes=5))
        assert state_of(effect) == EffectState.DONE
        assert far.books.texts() == ["once"]


def test_platform_that_cannot_tell_makes_a_person_decide(cast, now):
    with platform(reply_settle=AskPerson()) as far:
        far.fail_next(Fault.CUT_BEFORE)
        effect = order(held_items(channel_on(far, cast.news), 1)[0], Can.REPLY, member=None, now=now, text="once")
        deliver(now)
        deliver(later(now, hours=1))
        assert (state_of(effect), effect.is_in_doubt) == (EffectState.NEEDS_PERSON, True)
        assert effect.error["code"] == "outcome_unknown"
        assert far.books.texts() == []
        settle_by_person(effect, cast.camille, False, now=later(now, hours=1))
        deliver(later(now, hours=1))
        assert far.books.texts() == ["once"]


def test_refusal_needs_a_person_at_once_and_is_told(far, item, cast, now):
    far.fail_next(Fault.REFUSED)
    effect = order(item, Can.TRASH, member=cast.camille, now=now)
    deliver(now)
    assert (state_of(effect), effect.error["code"], effect.is_in_doubt) == ("needs_person", "refused", False)
    assert "closed" in effect.error["fr"]
    entry = AuditEntry.objects.get(action="effect.needs_person")
    assert (entry.member, entry.subject_key, entry.department_id) == (None, str(item.pk), cast.news.id)
    retry_effect(effect, cast.camille, now=now)
    deliver(now)
    assert state_of(effect) == EffectState.DONE


def test_tries_end_after_eight_with_the_reason_in_words(far, item, cast, now):
    effect = order(item, Can.REPLY, member=cast.camille, now=now, text="once")
    with far.always(Fault.BROKEN_BEFORE):
        for hours in range(12):
            deliver(later(now, hours=hours))
    assert (state_of(effect), effect.error["code"]) == (EffectState.NEEDS_PERSON, "remote_broken")
    assert effect.attempts.filter(is_settling=False).count() == 8
    assert far.books.texts() == []


def test_tries_end_after_a_day(far, item, cast, now):
    effect = order(item, Can.REPLY, member=cast.camille, now=now, text="once")
    far.fail_next(Fault.BROKEN_BEFORE, Fault.BROKEN_BEFORE)
    far.fail_reading(Fault.BROKEN_BEFORE)
    deliver(now)
    deliver(later(now, hours=25))
    assert state_of(effect) == EffectState.NEEDS_PERSON


def test_wait_that_the_platform_asks_for_holds_its_channel_and_costs_no_try(far, channel, cast, now):
    first, second = held_items(channel, 2)
    far.fail_next(Fault.RATE_LIMITED)
    effect = order(first, Can.TRASH, member=cast.camille, now=now)
    deliver(now)
    assert (state_of(effect), effect.try_count, effect.spared_count) == (EffectState.WAITING, 1, 1)
    order(second, Can.TRASH, member=cast.camille, now=now)
    assert deliver(later(now, seconds=0.9)) == 0
    assert deliver(later(now, seconds=2)) == 2


def test_refused_sign_in_stops_the_channel_and_its_orders_go_on_once_it_is_mended(far, channel, cast, now):
    items = held_items(channel, 3)
    effects = order_many(items, Can.TRASH, member=cast.camille, now=now, batch=None)
    with far.always(Fault.SIGNED_OUT):
        deliver(now)
    channel.refresh_from_db()
    assert (channel.state, channel.error["code"]) == (ChannelState.NEEDS_PERSON, "credentials_rejected")
    assert {state_of(effect) for effect in effects} == {EffectState.WAITING}
    assert AuditEntry.objects.filter(action="channel.needs_person").count() == 1
    calls = far.books.calls
    deliver(later(now, hours=2))
    assert far.books.calls == calls
    channel.state = ChannelState.ACTIVE
    channel.save()
    deliver(later(now, days=3))
    assert {state_of(effect) for effect in effects} == {EffectState.DONE}


def test_paused_channel_sends_nothing(far, channel, item, cast, now):
    channel.state = ChannelState.PAUSED
    channel.save()
    order(item, Can.TRASH, member=cast.camille, now=now)
    assert deliver(now) == 0
    assert far.books.calls == 0


def test_decision_made_while_another_is_under_way_is_what_the_item_shows(far, item, cast, now):
    first = order(item, Can.APPROVE, member=cast.camille, now=now)
    Effect.objects.filter(pk=first.pk).update(try_count=0)
    claimed = _claimed(now)
    second = order(item, Can.TRASH, member=cast.camille, now=now)
    assert recording.record_done(claimed, Done(status=Status.PUBLISHED), now=now)
    item.refresh_from_db()
    assert (item.status, item.remote_status) == ("trashed", "published")
    deliver(now)
    item.refresh_from_db()
    assert (item.remote_status, state_of(second)) == ("trashed", EffectState.DONE)


def _claimed(now, *, worker="worker-a", lease_s=120):
    [errand] = errands.claim_errands(
        lambda channel: None, worker=worker, now=now, lease_s=lease_s, busy={}, free=8, most_a_channel=8
    )
    return errand


def test_worker_that_wakes_up_after_its_lease_records_nothing(far, item, cast, now):
    effect = order(item, Can.REPLY, member=cast.camille, now=now, text="once")
    asleep = _claimed(now, lease_s=60)
    deliver(later(now, seconds=61), worker="worker-b")
    assert state_of(effect) == EffectState.DONE
    assert not recording.record_done(asleep, Done(remote_id="comment:1"), now=later(now, seconds=62))
    assert not recording.record_found_nothing(asleep, now=later(now, seconds=62))
    effect.refresh_from_db()
    assert effect.result_remote_id == "comment:10000"


def test_same_worker_does_not_record_an_older_attempt_over_a_newer(far, item, cast, now):
    effect = order(item, Can.REPLY, member=cast.camille, now=now, text="once")
    older = _claimed(now, lease_s=60)
    recording.recover_lost(now=later(now, seconds=61))
    Effect.objects.filter(pk=effect.pk).update(state=EffectState.WAITING)
    newer = _claimed(later(now, seconds=62))
    assert not recording.record_done(older, Done(), now=later(now, seconds=63))
    assert recording.record_done(newer, Done(), now=later(now, seconds=63))


def test_worker_that_slept_through_its_lease_sends_nothing(far, item, cast, now):
    order(item, Can.REPLY, member=cast.camille, now=now, text="once")
    asleep = delivery.Delivery(None, worker="a", clock=lambda: later(now, hours=1), in_database=None)
    outcome = asyncio.run(asleep._carry_out(_claimed(now)))
    assert outcome.is_abandoned
    assert far.books.calls == 0


def test_fault_in_a_connector_counts_as_unknown_and_stops_no_other(cast, now):
    async def perform(session, order):
        raise KeyError("password=secret")

    broken = Act(perform=perform, settle=AskPerson(), leads_to=Status.SPAM)
    with platform() as far, added(simulated()) as connector:
        connector.acts[Can.SPAM] = broken
        first, second = held_items(channel_on(far), 2)
        bad = order(first, Can.SPAM, member=None, now=now)
        good = order(second, Can.TRASH, member=None, now=now)
        deliver(now)
    assert (state_of(bad), bad.is_in_doubt) == (EffectState.NEEDS_PERSON, True)
    assert "secret" not in str(bad.error)
    assert state_of(good) == EffectState.DONE


def test_channel_whose_connector_is_gone_waits_and_stops_no_other(far, channel, item, cast, now):
    lost = channel_on(far)
    order(held_items(lost, 1)[0], Can.TRASH, member=None, now=now)
    lost.connector = "no-longer-there"
    lost.save()
    order(item, Can.TRASH, member=cast.camille, now=now)
    assert deliver(now) == 1
    lost.refresh_from_db()
    assert lost.error["code"] == "connector_missing"


@pytest.mark.skipif(connection.vendor != "sqlite", reason="asks SQLite how it reads")
def test_looking_for_what_is_due_does_not_read_the_orders_of_the_past(channel, now):
    with CaptureQueriesContext(connection) as seen:
        recording.recover_lost(now=now)
        errands._channels_due(now)
        errands._due_ids(channel, now, 5)
    for query in seen.captured_queries:
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN QUERY PLAN " + query["sql"])
            plan = [row[3] for row in cursor.fetchall()]
        assert not [
            step for step in plan if step.startswith(("SCAN channels_effect", "SCAN U0", "SCAN due", "SCAN older"))
        ], plan
