"""Workers killed at every named step and over a faulty platform: nothing that is planned is lost, nothing doubled.

Counted on the platform's own books.
"""

import random
import shutil
import signal
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from tests.apps.publishing import fail_after, planned, posting_channel, written
from tests.worker.box import slowness, stop, wait_until

from parvis.channels.models import Effect, EffectState
from parvis.core.post import Medium
from parvis.jobs.steps import STEPS
from parvis.publishing.models import Post, PostState, Publication, PublicationState
from parvis.testing.simulated import POSTS, UPLOADS
from parvis.testing.simulator import Fault

PUBLISHING_STEPS = [step for step in STEPS if step.startswith(("publish.", "deliver."))]
HARMLESS = (Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.BROKEN_BEFORE, Fault.BROKEN_AFTER, Fault.RATE_LIMITED)
MEDIA = (Medium(path="a.png", name="a.png", mime="image/png", size_bytes=3, alt="A square"),)


@pytest.fixture(autouse=True)
def _one_trail(box):
    """What is planned here and released by workers is on one trail."""
    shutil.copy(settings.DATA_DIR / "audit-key", box.data / "audit-key")


def give_posts(far, people, *, count, due_in_s=0.0, thread=2, channels=2):
    """Each on two channels: a picture, a thread and a first comment, all of which say which they are."""
    now = datetime.now(UTC)
    places = [posting_channel(far, people.news) for _ in range(channels)]
    for number in range(count):
        parts = tuple(f"post {number} part {part}" for part in range(2, thread + 1))
        post = written(
            people.camille, people.news, places, now=now, text=f"post {number} part 1",
            thread=parts, comment=f"post {number} comment", media=MEDIA,
        )  # fmt: skip
        planned(post, people.camille, at=now + timedelta(seconds=due_in_s), now=now)


def all_out():
    return not Post.objects.exclude(state=PostState.OUT).exists()


def hurried():
    """The backoff is not what is tried here."""
    rows = Effect.objects.filter(state=EffectState.WAITING, try_count__gt=0, next_try_at__isnull=False)
    rows.update(next_try_at=datetime.now(UTC))
    return False


def assert_each_is_there_once(far, *, count, thread=2, channels=2):
    replies = [reply for reply in far.books.replies if reply.parent != UPLOADS]
    assert len({reply.key for reply in replies}) == len(replies), "no part was sent twice"
    by_number = {reply.number: reply for reply in replies}
    wanted = sorted(f"post {number} part 1" for number in range(count) for _ in range(channels))
    assert sorted(reply.text for reply in replies if reply.parent == POSTS) == wanted
    for reply in replies:
        if reply.parent != POSTS:
            said, before = reply.text.rsplit(" ", 2), by_number[reply.parent].text
            expected = "part 1" if said[-1] == "comment" else f"part {int(said[-1]) - 1}"
            assert before.endswith(expected) and before.split()[:2] == reply.text.split()[:2]
    assert len(replies) == count * channels * (thread + 1)
    assert set(Publication.objects.values_list("state", flat=True)) == {PublicationState.DONE}
    assert not Effect.objects.exclude(state=EffectState.DONE).exists()


@pytest.mark.slow
@pytest.mark.parametrize("step", PUBLISHING_STEPS)
def test_worker_killed_at_a_step_loses_and_doubles_nothing(step, box, people, far):
    give_posts(far, people, count=2)
    fail_after(far, 4, Fault.CUT_AFTER, Fault.BROKEN_BEFORE)  # the files come first, and are no matter
    doomed = box.worker(die_at=step)
    assert doomed.wait(90) == -signal.SIGKILL
    heir = box.worker()
    wait_until(lambda: hurried() or all_out(), what=f"all posts out after a death at {step}")
    stop(heir)
    assert_each_is_there_once(far, count=2)


@pytest.mark.slow
def test_two_workers_killed_again_and_again_over_a_faulty_platform_lose_and_double_nothing(box, people, far):
    chance = random.Random(11)
    give_posts(far, people, count=12, due_in_s=2, thread=3)
    far.delay_s = 0.05
    far.fail_next(*(chance.choice(HARMLESS) for _ in range(40)))
    far.fail_reading(*(chance.choice((Fault.BROKEN_BEFORE, Fault.CUT_BEFORE)) for _ in range(4)))
    workers = [box.worker(), box.worker()]
    ends_s = time.monotonic() + 14
    while time.monotonic() < ends_s:
        time.sleep(chance.uniform(0.8, 2.2))
        doomed = chance.randrange(2)
        workers[doomed].kill()
        workers[doomed].wait(90)
        workers[doomed] = box.worker()
        hurried()
    wait_until(lambda: hurried() or all_out())
    for worker in workers:
        stop(worker)
    assert_each_is_there_once(far, count=12, thread=3)


@pytest.mark.slow
def test_two_workers_share_what_is_due_and_double_nothing(box, people, far):
    give_posts(far, people, count=20, due_in_s=1)
    workers = [box.worker(lease_s=30), box.worker(lease_s=30)]
    wait_until(all_out)
    for worker in workers:
        stop(worker)
    assert_each_is_there_once(far, count=20)


@pytest.mark.slow
def test_what_is_due_leaves_within_two_seconds_of_its_time(box, people, far):
    worker = box.worker(lease_s=30)
    wait_until(lambda: worker.poll() is None and _beats(), what="the worker to be awake")
    now, channel = datetime.now(UTC), posting_channel(far, people.news)
    begins = now + timedelta(seconds=3)
    for number in range(24):
        post = written(people.camille, people.news, [channel], now=now, text=f"post {number}")
        planned(post, people.camille, at=(begins + timedelta(seconds=number / 4)).replace(microsecond=0), now=now)
    wait_until(all_out)
    stop(worker)
    late = [
        (effect.attempts.get(number=1).started_at - Publication.objects.get(key=effect.chain).due_at).total_seconds()
        for effect in Effect.objects.all()
    ]
    print("started after s:", sorted(round(one, 3) for one in late))
    assert min(late) >= 0, "nothing leaves before its time"
    assert max(late) < 2 * slowness()


def _beats():
    from parvis.jobs.models import WorkerBeat

    return WorkerBeat.objects.exists()
