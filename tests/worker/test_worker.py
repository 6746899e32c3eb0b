"""The worker process: quick to react, quick to stop, quiet when idle, and never stopped by one fault."""

import time
from datetime import UTC, datetime

import psutil
import pytest
from tests.apps.delivering import channel_on, held_items, state_of
from tests.worker.box import slowness, stop, wait_until

from parvis.channels.models import Effect, EffectState
from parvis.channels.outbox import order
from parvis.core.connector import Can
from parvis.jobs.models import WorkerBeat

pytestmark = pytest.mark.slow


def give(item, people, text="Thank you."):
    return order(item, Can.REPLY, member=people.camille, now=datetime.now(UTC), text=text)


def seconds_until_done(effect):
    began_s = time.monotonic()
    wait_until(lambda: state_of(effect) == EffectState.DONE, what="the order to be done")
    return time.monotonic() - began_s


def is_awake():
    return WorkerBeat.objects.exists()


def test_new_order_leaves_within_a_second(box, people, far):
    items = held_items(channel_on(far, people.news), 3)
    worker = box.worker()
    wait_until(is_awake, what="the worker's first beat")
    assert sorted(seconds_until_done(give(item, people)) for item in items)[1] < 1.5 * slowness()
    stop(worker)


def test_worker_asked_to_stop_finishes_what_is_under_way(box, people, far):
    far.delay_s = 1.0
    effect = give(held_items(channel_on(far, people.news), 1)[0], people)
    worker = box.worker(lease_s=30)
    wait_until(lambda: far.books.calls > 0, what="the call")
    assert stop(worker) < 5 * slowness()
    assert worker.returncode == 0
    assert state_of(effect) == EffectState.DONE
    assert not is_awake()


def test_worker_asked_to_stop_leaves_what_takes_too_long_to_be_read_back(box, people, far):
    far.delay_s = 120.0
    effect = give(held_items(channel_on(far, people.news), 1)[0], people)
    worker = box.worker(lease_s=60)
    wait_until(lambda: far.books.calls > 0, what="the call")
    assert stop(worker) < 6 * slowness()
    assert state_of(effect) == EffectState.UNSURE


def test_once_does_what_is_due_and_ends(box, people, far):
    effect = give(held_items(channel_on(far, people.news), 1)[0], people)
    assert box.worker(once=True).wait(90) == 0
    assert state_of(effect) == EffectState.DONE


def test_channel_with_a_broken_connector_stops_no_other(box, people, far):
    broken = channel_on(far, people.news, connector="gone", next_sync_at=datetime(2026, 1, 1, tzinfo=UTC))
    Effect.objects.create(
        channel=broken,
        department=people.news,
        item=held_items(broken, 1)[0],
        can="trash",
        created_at=datetime.now(UTC),
        next_try_at=datetime.now(UTC),
    )
    effect = give(held_items(channel_on(far, people.news), 1)[0], people)
    worker = box.worker()
    wait_until(lambda: state_of(effect) == EffectState.DONE, what="the other channel's order")
    assert stop(worker) < 5 * slowness()
    assert "Traceback" not in box.log()


def test_idle_worker_takes_next_to_no_processor_time(box, people, far):
    worker = box.worker()
    wait_until(is_awake, what="the worker's first beat")
    process = psutil.Process(worker.pid)
    time.sleep(1)
    before_s = sum(process.cpu_times()[:2])
    time.sleep(4)
    assert (sum(process.cpu_times()[:2]) - before_s) / 4 < 0.05
    stop(worker)
