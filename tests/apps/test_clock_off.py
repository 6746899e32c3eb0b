"""A worker's clock is an hour off, ahead or behind, and then right again: nothing lost, doubled or stuck."""

from datetime import timedelta

import pytest
from tests.apps.delivering import channel_on, deliver, held_items, platform, run_beside, state_of
from tests.apps.noting import PAGES, connector, note, payload
from tests.apps.test_sync import ADDRESS, read

from parvis.channels import registry
from parvis.channels.delivery import Delivery
from parvis.channels.intake import take_in_payloads
from parvis.channels.models import Channel, Effect, Item
from parvis.channels.outbox import order, take_back
from parvis.channels.recording import CallWatch, recover_lost
from parvis.channels.set_back import bring_back
from parvis.channels.sync import LEASE_S as READING_S
from parvis.channels.sync import hold_channel
from parvis.core.connector import Can
from parvis.core.errors import TooLate
from parvis.jobs import lease_watch, work
from parvis.jobs.claim import claim
from parvis.jobs.lease_watch import LeaseWatch
from parvis.jobs.models import Job
from parvis.jobs.work import advance, job_kind, run_jobs, start_job
from parvis.net.client import HttpClient
from parvis.net.options import ClientOptions
from parvis.testing.clock import later
from parvis.testing.factories import make_channel
from parvis.testing.simulator import Fault

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
OFF = [HOUR, -HOUR]
REPLY = "Merci pour votre message."


@pytest.fixture
def far():
    with platform() as simulator:
        yield simulator


@pytest.fixture
def item(far, cast):
    return held_items(channel_on(far, cast.news), 1)[0]


class Stopwatch:
    def __init__(self):
        self.s = 100.0

    def __call__(self):
        return self.s


@pytest.mark.parametrize("off", OFF)
def test_order_is_carried_out_once_however_the_clock_jumps(far, item, cast, now, off):
    effect = order(item, Can.REPLY, member=cast.camille, now=now, text=REPLY, delay_s=10)
    for at in (now + off, later(now, seconds=11), now + off, later(now, seconds=30)):
        bring_back(at)
        deliver(at)
    assert state_of(effect) == "done"
    assert far.books.texts() == [REPLY]


@pytest.mark.slow
@pytest.mark.parametrize("off", OFF)
@pytest.mark.parametrize("fault", sorted(set(Fault) - {Fault.REFUSED, Fault.SIGNED_OUT}))
def test_order_that_fails_meanwhile_is_carried_out_once_within_minutes_of_the_right_time(
    far, item, cast, now, off, fault
):
    effect = order(item, Can.REPLY, member=cast.camille, now=now, text=REPLY)
    far.fail_next(fault)
    deliver(now + off, lease_s=1.0)
    deliver(later(now, seconds=1), lease_s=1.0)
    for minutes in range(1, 10):
        bring_back(later(now, minutes=minutes))
        deliver(later(now, minutes=minutes))
    assert state_of(effect) == "done", effect.error
    assert far.books.texts() == [REPLY]


def test_order_given_while_the_clock_was_ahead_can_be_taken_back_and_leaves_in_time(far, item, cast, now):
    effect = order(item, Can.APPROVE, member=cast.camille, now=now + HOUR, delay_s=10)
    bring_back(now)
    deliver(later(now, seconds=9))
    assert far.books.calls == 0
    bring_back(later(now, seconds=9))
    assert deliver(later(now, seconds=10)) == 1
    with pytest.raises(TooLate):
        take_back([effect], now=later(now, seconds=11))


def test_pace_of_a_channel_does_not_wait_for_an_hour_that_was_told_wrongly(far, item, cast, now):
    order(item, Can.APPROVE, member=cast.camille, now=now)
    deliver(now + HOUR)
    Channel.objects.update(next_send_at=now + HOUR)
    second = order(item, Can.HOLD, member=cast.camille, now=later(now, minutes=1))
    bring_back(later(now, minutes=1))
    assert deliver(later(now, minutes=1)) == 1
    assert state_of(second) == "done"


def test_pause_that_a_platform_asked_for_is_kept(far, item, cast, now):
    effect = order(item, Can.APPROVE, member=cast.camille, now=now)
    Channel.objects.update(next_send_at=now + HOUR * 3)
    Effect.objects.update(next_try_at=now + HOUR * 3)
    assert bring_back(now) == 0
    deliver(later(now, hours=1))
    assert (far.books.calls, state_of(effect)) == (0, "waiting")


@pytest.mark.parametrize("off", OFF)
def test_call_that_is_under_way_elsewhere_is_not_taken_over_by_a_clock_that_is_off(far, item, cast, now, off):
    """Whoever's clock it is: the other's lease looks over while its call has only begun."""
    effect = order(item, Can.REPLY, member=cast.camille, now=now, text=REPLY)
    far.delay_s = 0.6
    assert carried_out_by_two(now, now + off, watches=True) == ["done"]
    assert far.books.texts() == [REPLY]
    assert (state_of(effect), effect.try_count) == ("done", 1)


def test_call_of_a_worker_that_is_gone_is_taken_over_once_it_must_have_ended(far, item, cast, now):
    effect = order(item, Can.REPLY, member=cast.camille, now=now, text=REPLY)
    Effect.objects.update(
        state="sending", leased_by="gone", try_count=1, leased_until=now - timedelta(seconds=1), next_try_at=None
    )
    stopwatch = Stopwatch()
    watch = CallWatch(lease_s=120, stopwatch=stopwatch)
    assert watch.look() == set()
    stopwatch.s += 119
    assert recover_lost(now=now, over=watch.look()) == 0
    stopwatch.s += 1
    assert recover_lost(now=now, over=watch.look(), under_way=[effect.pk]) == 0
    assert recover_lost(now=now, over=watch.look()) == 1
    assert state_of(effect) == "unsure"


def carried_out_by_two(first_at, second_at, *, watches):
    """One begins a call; the other, by another clock, looks again and again while it lasts. How the order ends."""

    async def work(in_database):
        options = ClientOptions(allowed_private_hosts=frozenset({"127.0.0.1"}))
        async with HttpClient(options) as client:
            first, second = (
                Delivery(client, worker=name, clock=lambda at=at: at, in_database=in_database, watches=watches)
                for name, at in (("first", first_at), ("second", second_at))
            )
            assert await first.turn() == 1
            while first.is_busy:
                await second.turn()
                await second.wait(0.1)
                await first.turn()
            await second.drain(2.0)

    run_beside(work)
    return list(Effect.objects.values_list("state", flat=True))


@pytest.mark.parametrize("off", OFF)
def test_order_whose_worker_died_while_its_clock_was_off_is_settled_once(far, item, cast, now, off):
    """Killed after the call: the platform has it, the desk does not know."""
    effect = order(item, Can.REPLY, member=cast.camille, now=now, text=REPLY)
    deliver(now + abs(off))
    assert far.books.texts() == [REPLY]
    Effect.objects.update(
        state="sending", leased_by="gone", leased_until=now + off + timedelta(minutes=2), finished_at=None
    )
    stopwatch = Stopwatch()
    watch, sending = LeaseWatch(stopwatch), Effect.objects.filter(state="sending")
    for minute in range(1, 16):
        stopwatch.s += 60
        at = later(now, minutes=minute)
        watch.look(sending, now=at)
        recover_lost(now=at)
        bring_back(at)
        deliver(at)
    assert state_of(effect) == "done"
    assert far.books.texts() == [REPLY]


def test_lease_that_is_renewed_is_left_alone_however_late_it_ends(cast, now):
    channel, stopwatch = make_channel(cast.news), Stopwatch()
    watch, rows = LeaseWatch(stopwatch), Channel.objects.all()
    for minute in range(40):
        ends_at = now + HOUR + timedelta(minutes=minute)
        rows.filter(pk=channel.pk).update(leased_by="alive", leased_until=ends_at)
        stopwatch.s += 60
        assert watch.look(rows, now=later(now, minutes=minute)) == 0


@pytest.mark.parametrize("off", OFF)
def test_channel_that_a_dead_worker_held_is_read_again_within_minutes(cast, now, off):
    channel = make_channel(cast.news, connector="demonstration")
    assert hold_channel(channel, worker="gone", now=now + off)
    stopwatch = Stopwatch()
    watch, free_after = LeaseWatch(stopwatch), None
    for minute in range(1, 15):
        stopwatch.s += 60
        at = later(now, minutes=minute)
        watch.look(Channel.objects.all(), now=at)
        if claim(Channel.objects.all(), worker="b", now=at, lease_s=READING_S, limit=1):
            free_after = minute
            break
    assert free_after is not None and free_after <= 12


@pytest.mark.parametrize("off", OFF)
def test_channel_is_read_on_as_soon_as_the_clock_is_right(cast, now, off):
    with registry.added(connector):
        channel = make_channel(cast.news, connector="noting", address=ADDRESS, interval_s=120)
        first = [payload(note(1, "first"))]
        read(channel, first, now=now + off)
        bring_back(now)
        channel.refresh_from_db()
        assert channel.next_sync_at <= now
        read(channel, first, [payload(note(1, "changed since"), note(2))], now=later(now, minutes=1))
        assert sorted(Item.objects.values_list("text", flat=True)) == ["changed since", "note 2"]
    PAGES.pop(ADDRESS, None)


@pytest.mark.parametrize("off", OFF)
def test_change_that_comes_once_the_clock_is_right_is_not_taken_for_an_old_one(cast, now, off):
    with registry.added(connector):
        channel = make_channel(cast.news, connector="noting")
        take_in_payloads(channel, [payload(note(1, "as it was", status="held"))], now=now + off)
        at = later(now, minutes=5)
        assert take_in_payloads(channel, [payload(note(1, "as it is", status="held"))], now=at).changed_count == 1
        told = {"status": "published", "status_only": True}
        take_in_payloads(channel, [payload(note(1, "as it is", **told))], now=later(now, minutes=6))
        item = Item.objects.get()
        assert (item.text, item.remote_status) == ("as it is", "published")
        assert take_in_payloads(channel, [payload(note(1, "an older word"))], now=at).stale_count == 1


@pytest.mark.parametrize("off", OFF)
def test_job_of_a_dead_worker_goes_on_and_does_nothing_twice(now, off, monkeypatch):
    monkeypatch.setattr(work, "_steps", {})

    @job_kind("count")
    def step(job, *, now):
        at = job.cursor.get("at", 0) + 1
        if at == 3 and job.leased_by == "gone":
            raise SystemExit
        advance(job, cursor={"at": at}, done=1)
        return at == 5

    job = start_job("count", member_id=None, params={}, now=now)
    with pytest.raises(SystemExit):
        run_jobs("gone", now + off)
    stopwatch = Stopwatch()
    watch = LeaseWatch(stopwatch)
    for minute in range(1, 15):
        stopwatch.s += 60
        watch.look(Job.objects.filter(state="running"), now=later(now, minutes=minute))
        run_jobs("b", later(now, minutes=minute))
    job.refresh_from_db()
    assert (job.state, job.done_count) == ("done", 5)


def test_no_lease_is_longer_than_the_watch_takes_for_possible():
    from parvis.channels import delivery
    from parvis.worker import collect

    longest = lease_watch.LONGEST.total_seconds()
    assert max(READING_S, delivery.LEASE_S, collect.LEASE_S, work.LEASE_S + 4 * work.TURN_S) < longest
