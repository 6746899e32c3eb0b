"""What open pages are told: in order, none missed, forgotten after an hour."""

import pytest

from parvis.jobs.live import events_after, last_event_id, prune, tell
from parvis.jobs.models import LiveEvent
from parvis.testing.clock import later

pytestmark = pytest.mark.django_db


def test_events_come_in_order_after_the_one_last_seen(now):
    for number in range(4):
        tell("conversation", now=now, department_id=3, subject_id=number, facts={"n": number})
    first = LiveEvent.objects.order_by("id").first()
    later_ones = events_after(first.pk, now=now)
    assert [event.subject_key for event in later_ones] == [1, 2, 3]
    assert (later_ones[0].department_key, later_ones[0].facts) == (3, {"n": 1})
    assert [event.subject_key for event in events_after(first.pk, limit=2)] == [1, 2]
    assert last_event_id() == later_ones[-1].pk
    assert events_after(last_event_id()) == []


def test_nobody_reads_past_a_row_that_is_not_committed_yet(now):
    for number in range(3):
        tell("job", now=now, subject_id=number)
    first, missing, _ = LiveEvent.objects.order_by("id")
    missing.delete()
    assert events_after(first.pk, now=later(now, seconds=1)) == []
    assert [event.subject_key for event in events_after(first.pk, now=later(now, seconds=4))] == [2]


def test_events_are_forgotten_after_an_hour(now):
    tell("job", now=now)
    tell("job", now=later(now, minutes=30))
    assert prune(later(now, minutes=61)) == 1
    assert LiveEvent.objects.count() == 1
