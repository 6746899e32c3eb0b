"""Killed at every step, faulty platforms, two workers at once: counted on the platform's own books."""

import random
import signal
import time
from datetime import UTC, datetime

import pytest
from tests.apps.delivering import channel_on, held_items
from tests.worker.box import stop, wait_until

from parvis.channels.models import OPEN_EFFECT_STATES, Attempt, Effect, EffectState
from parvis.channels.outbox import order
from parvis.core.connector import Can
from parvis.jobs.steps import STEPS
from parvis.testing.simulator import Fault

DELIVERY_STEPS = [step for step in STEPS if step.startswith("deliver.")]
HARMLESS = (Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.BROKEN_BEFORE, Fault.BROKEN_AFTER, Fault.RATE_LIMITED)


def give_orders(far, people, *, count):
    """For each item: approve it, and two answers that say which they are."""
    now = datetime.now(UTC)
    items = held_items(channel_on(far, people.news), count)
    for item in items:
        order(item, Can.APPROVE, member=people.camille, now=now)
        order(item, Can.REPLY, member=people.camille, now=now, text=f"first {item.remote_id}")
        order(item, Can.REPLY, member=people.camille, now=now, text=f"second {item.remote_id}")
    return items


def all_done():
    return not Effect.objects.filter(state__in=OPEN_EFFECT_STATES).exists()


def assert_each_happened_once(far, items):
    for number, item in enumerate(items, start=1):
        item.refresh_from_db()
        assert (item.status, item.remote_status) == ("published", "published")
        said = [reply.text for reply in far.books.replies if reply.parent == number]
        assert said == [f"first {item.remote_id}", f"second {item.remote_id}"]
        assert far.books.writes[f"published {number}"] == 1
    assert len(far.books.replies) == 2 * len(items)
    states = set(Effect.objects.values_list("state", flat=True))
    assert states == {EffectState.DONE}


@pytest.mark.slow
@pytest.mark.parametrize("step", DELIVERY_STEPS)
def test_worker_killed_at_a_step_loses_and_doubles_nothing(step, box, people, far):
    items = give_orders(far, people, count=3)
    far.fail_next(Fault.CUT_AFTER, Fault.BROKEN_BEFORE)
    doomed = box.worker(die_at=step)
    assert doomed.wait(90) == -signal.SIGKILL
    heir = box.worker()
    wait_until(lambda: hurried() or all_done(), what=f"all orders done after a death at {step}")
    stop(heir)
    assert_each_happened_once(far, items)


@pytest.mark.slow
def test_workers_killed_again_and_again_over_a_faulty_platform_lose_and_double_nothing(box, people, far):
    chance = random.Random(7)
    items = give_orders(far, people, count=20)
    far.delay_s = 0.05
    far.fail_next(*(chance.choice(HARMLESS) for _ in range(30)))
    far.fail_reading(*(chance.choice((Fault.BROKEN_BEFORE, Fault.CUT_BEFORE)) for _ in range(3)))
    workers = [box.worker(), box.worker()]
    ends_s = time.monotonic() + 14
    while time.monotonic() < ends_s:
        time.sleep(chance.uniform(0.8, 2.2))
        doomed = chance.randrange(2)
        workers[doomed].kill()
        workers[doomed].wait(90)
        workers[doomed] = box.worker()
        Effect.objects.filter(state__in=[EffectState.WAITING, EffectState.UNSURE]).update(next_try_at=datetime.now(UTC))
    wait_until(lambda: hurried() or all_done())
    for worker in workers:
        stop(worker)
    assert_each_happened_once(far, items)


def hurried():
    """The backoff is not what is tried here."""
    Effect.objects.filter(state=EffectState.WAITING, try_count__gt=0).update(next_try_at=datetime.now(UTC))
    return False


@pytest.mark.slow
def test_two_workers_share_the_work_and_double_nothing(box, people, far):
    items = give_orders(far, people, count=60)
    far.delay_s = 0.05
    workers = [box.worker(lease_s=30), box.worker(lease_s=30)]
    wait_until(all_done)
    for worker in workers:
        stop(worker)
    assert_each_happened_once(far, items)
    assert Attempt.objects.count() == 180
    assert far.books.most_at_once > 8, "more than one worker can have under way in one channel"


@pytest.mark.slow
def test_worker_that_slept_beyond_its_lease_doubles_nothing(box, people, far):
    items = give_orders(far, people, count=4)
    far.delay_s = 0.3
    sleeper = box.worker()
    wait_until(lambda: far.books.calls > 0, what="the first call")
    sleeper.send_signal(signal.SIGSTOP)
    heir = box.worker()
    wait_until(lambda: hurried() or all_done(), what="the heir to do it all")
    sleeper.send_signal(signal.SIGCONT)
    time.sleep(0.5)
    stop(sleeper)
    stop(heir)
    assert_each_happened_once(far, items)
