"""Streams in real worker processes: quick, held once, and complete whatever is cut or killed."""

import asyncio
import signal
import threading
import time
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.worker.box import slowness, stop, wait_until

from parvis.channels.models import Channel, Envelope, Item
from parvis.channels.registry import added
from parvis.testing.factories import make_channel
from parvis.testing.streaming import NoteStream, streaming
from parvis.worker.loops import Stopping, repeat

LAUNCHER = Path(__file__).with_name("streaming_worker.py")
LEASE_S = 2.0

pytestmark = pytest.mark.slow


@pytest.fixture
def notes():
    with NoteStream() as running, added(streaming()), added(streaming(slug="firehose", carries_everything=True)):
        yield running


@pytest.fixture
def channel(box, people, notes):
    return open_channel(people, notes)


@pytest.fixture
def start(box):
    return lambda **more: box.worker(lease_s=LEASE_S, launcher=LAUNCHER, **more)


def open_channel(people, notes, connector="streaming", **fields):
    now = datetime.now(UTC)
    return make_channel(
        people.news, connector=connector, address=notes.address, interval_s=1.0, next_sync_at=now, **fields
    )


def texts():
    return sorted(Item.objects.values_list("text", flat=True))


def seconds_until_stored(notes, text):
    began_s = time.monotonic()
    notes.post(text)
    wait_until(lambda: Item.objects.filter(text=text).exists(), what=text)
    return time.monotonic() - began_s


def is_connected(notes):
    wait_until(lambda: notes.connected_count == 1, what="the stream")


def is_held():
    """What was missed is read, and the channel is not due before its lease ends."""

    def holds():
        row = Channel.objects.get()
        return row.leased_until is not None and row.next_sync_at == row.leased_until

    wait_until(holds, what="the stream's own lease")


def ask_for_a_reading():
    Channel.objects.update(next_sync_at=datetime.now(UTC))


def test_post_is_stored_within_two_seconds(channel, notes, start):
    notes.post("before anybody listens")
    worker = start()
    is_connected(notes)
    took_s = [seconds_until_stored(notes, f"note {number}") for number in range(5)]
    assert sorted(took_s)[2] < 2.0 * slowness()
    assert texts() == ["before anybody listens", *(f"note {number}" for number in range(5))]
    assert stop(worker) < 5 * slowness()


def test_deletion_comes_by_the_stream(channel, notes, start):
    start()
    is_connected(notes)
    number = notes.post("said too soon")
    wait_until(Item.objects.exists)
    notes.delete(number)
    wait_until(lambda: Item.objects.get().status == "deleted")


def test_stream_that_breaks_off_again_and_again_loses_and_doubles_nothing(channel, notes, start):
    start()
    is_connected(notes)
    with posting(notes, count=60, pause_s=0.05) as expected:
        for _ in range(3):
            time.sleep(0.7)
            notes.cut()
    wait_until(lambda: Item.objects.count() >= 60, what="all of them")
    assert texts() == sorted(expected)
    assert notes.opened_count >= 2 and notes.most_at_once == 1


@pytest.mark.parametrize("die_at", ["intake.parsed", "intake.after_items", "intake.committed"])
def test_worker_killed_while_it_stores_a_step_loses_and_doubles_nothing(channel, notes, start, die_at):
    doomed = start(die_at=die_at)
    notes.post("first")
    assert doomed.wait(90) == -signal.SIGKILL
    Channel.objects.update(
        leased_until=datetime.now(UTC), next_sync_at=datetime.now(UTC)
    )  # its reading's lease is long
    with posting(notes, count=20, pause_s=0.02) as expected:
        start()
    wait_until(lambda: Item.objects.count() >= 21, what="all of them")
    assert texts() == sorted([*expected, "first"])


def test_worker_killed_in_the_middle_of_a_stream_is_followed_by_another(channel, notes, start):
    first = start()
    is_connected(notes)
    with posting(notes, count=60, pause_s=0.05) as expected:
        time.sleep(1.0)
        first.send_signal(signal.SIGKILL)
        first.wait(90)
        start()
    wait_until(lambda: Item.objects.count() >= 60, what="all of them")
    assert texts() == sorted(expected)
    assert notes.most_at_once == 1


def test_two_workers_hold_a_stream_once(channel, notes, start):
    first, second = start(), start()
    is_connected(notes)
    with posting(notes, count=40, pause_s=0.1) as expected:
        pass
    wait_until(lambda: Item.objects.count() >= 40, what="all of them")
    assert texts() == sorted(expected)
    assert notes.most_at_once == 1 and notes.opened_count == 1
    assert max(stop(first), stop(second)) < 5 * slowness()


def test_worker_that_stops_hands_its_stream_over_at_once(channel, notes, start):
    first = start()
    is_connected(notes)
    second = start()
    stop(first)
    is_connected(notes)
    assert Channel.objects.get().leased_by != ""
    assert seconds_until_stored(notes, "after the change") < 2.0 * slowness()
    stop(second)


def test_channel_is_read_while_its_stream_cannot_be_opened(channel, notes, start):
    notes.refuses_streams = True
    start()
    notes.post("by reading")
    wait_until(lambda: texts() == ["by reading"], what="the reading")
    assert Channel.objects.get().error is None
    notes.refuses_streams = False
    is_connected(notes)
    assert seconds_until_stored(notes, "by the stream") < 2.0 * slowness()


def test_paused_channel_is_no_longer_listened_to(channel, notes, start):
    start()
    is_connected(notes)
    Channel.objects.update(state="paused")
    wait_until(lambda: notes.connected_count == 0, what="the end of the stream")
    Channel.objects.update(state="active", next_sync_at=datetime.now(UTC))
    is_connected(notes)


def test_asking_for_a_reading_brings_what_the_stream_has_lost(channel, notes, start):
    start()
    is_held()
    notes.post_unheard("lost on its way")
    ask_for_a_reading()
    wait_until(lambda: texts() == ["lost on its way"], what="the reading")


def test_asking_while_the_channel_is_being_read_has_it_read_once_more(channel, notes, start):
    with notes.holding_readings(after=1) as reading:  # the one with which the stream stands
        start()
        assert reading.wait(90)
        notes.post_unheard("too late for this reading")
        ask_for_a_reading()
    wait_until(lambda: texts() == ["too late for this reading"], what="the second reading")


async def test_loop_that_waits_begins_again_with_news():
    stopping, news, turns = Stopping(), asyncio.Event(), asyncio.Queue()

    async def turn():
        turns.put_nowait(None)
        return False

    running = asyncio.create_task(repeat("work", turn, every_s=60, stopping=stopping, news=news))
    async with asyncio.timeout(30):
        await turns.get()
        news.set()
        await turns.get()
        stopping.ask()
        await running


def test_firehose_leaves_nothing_but_what_is_looked_for(box, people, notes, start):
    open_channel(people, notes, connector="firehose")
    start()
    is_connected(notes)
    numbers = [notes.post(f"somebody says {number}") for number in range(30)]
    kept = notes.post("parvis is named")
    notes.delete(numbers[0])
    wait_until(Item.objects.exists, what="the one that is looked for")
    notes.delete(kept)
    wait_until(lambda: Item.objects.get().status == "deleted", what="its deletion")
    assert texts() == ["parvis is named"]
    kept_bodies = [zlib.decompress(one.packed_body) for one in Envelope.objects.all()]
    assert all(b"parvis is named" in body or b"deleted" in body for body in kept_bodies), kept_bodies
    assert Channel.objects.get().cursor["after"] == kept


class posting:  # noqa: N801 - a with-block: what is posted goes on while it runs, and is through at its end
    def __init__(self, notes, *, count, pause_s):
        self.texts = [f"note {number:03}" for number in range(count)]
        self.thread = threading.Thread(target=self._post, args=(notes, pause_s))

    def _post(self, notes, pause_s):
        for text in self.texts:
            notes.post(text)
            time.sleep(pause_s)

    def __enter__(self):
        self.thread.start()
        return self.texts

    def __exit__(self, *_):
        self.thread.join()
