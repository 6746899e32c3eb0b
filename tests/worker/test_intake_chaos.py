"""Killed at every step of intake and started again, or two at once: the same rows as if nothing had happened."""

import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.worker.box import environment
from tests.worker.taking import ADDRESS

from parvis.channels.models import Channel, Envelope, Item, ItemVersion, Profile
from parvis.jobs.steps import STEPS
from parvis.testing.factories import make_channel

TAKER = Path(__file__).with_name("taking.py")
INTAKE_STEPS = [step for step in STEPS if step.startswith("intake.")]


@pytest.fixture
def start(box, people):
    """Starts a taker on the box's house; whatever still runs is ended with the test."""
    make_channel(people.news, connector="noting", address=ADDRESS, next_sync_at=datetime.now(UTC))
    running = []

    def begin(*, die_at=""):
        running.append(
            subprocess.Popen(
                [sys.executable, str(TAKER), "0.6"],
                env=environment(box.data, box.database, PARVIS_DIE_AT=die_at),
                stderr=subprocess.PIPE,
            )
        )
        return running[-1]

    yield begin
    for process in running:
        process.kill()
        process.communicate()


def finish(process):
    _, complaint = process.communicate(timeout=60)
    assert process.returncode == 0, complaint.decode()


def assert_all_is_there_once():
    channel = Channel.objects.get()
    rows = Item.objects.values_list(
        "remote_id", "parent__remote_id", "root__remote_id", "about__remote_id", "text", "status"
    )
    assert sorted(rows) == [
        ("note:1", None, None, None, "root", "held"),
        ("note:2", "note:1", "note:1", None, "note 2", "published"),
        ("note:3", "note:2", "note:1", None, "edited", "published"),
        ("note:4", None, None, "note:9", "note 4", "published"),
        ("note:5", "note:4", "note:4", None, "note 5", "published"),
        ("note:6", "note:5", "note:4", None, "note 6", "published"),
        ("note:9", None, None, None, "note 9", "published"),
    ]
    assert (channel.item_count, channel.drift_count, channel.cursor) == (7, 1, {"page": 6})
    assert dict(Profile.objects.values_list("name", "item_count")) == {"Ada": 2, "Bob": 2}
    assert (Envelope.objects.count(), ItemVersion.objects.count()) == (8, 1)
    assert_each_is_found_once()


def assert_each_is_found_once():
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM channels_itemsearch")
        assert cursor.fetchone()[0] == 7


@pytest.mark.slow
@pytest.mark.parametrize("step", INTAKE_STEPS)
def test_intake_killed_at_a_step_loses_and_doubles_nothing(step, start):
    doomed = start(die_at=step)
    assert doomed.wait(90) == -signal.SIGKILL
    finish(start())
    assert_all_is_there_once()


@pytest.mark.slow
def test_two_workers_at_once_take_everything_in_once(start):
    first, second = start(), start()
    finish(first)
    finish(second)
    assert_all_is_there_once()


@pytest.mark.slow
def test_intake_killed_again_and_again_comes_to_the_same_end(start):
    for step in INTAKE_STEPS:
        doomed = start(die_at=step)
        doomed.wait(90)
    finish(start())
    assert_all_is_there_once()
