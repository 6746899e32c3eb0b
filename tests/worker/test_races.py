"""Threads that want the same row at the same moment, on a real database."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection
from tests.apps.delivering import channel_on, held_items

from parvis.channels import errands
from parvis.channels.models import Effect, EffectState
from parvis.channels.outbox import order, order_many, take_back
from parvis.core.connector import Can
from parvis.core.errors import TooLate
from parvis.jobs.claim import claim
from parvis.jobs.models import Job


def at_once(*functions):
    """What each gives or raises, all begun at the same moment in threads of their own."""
    together = threading.Barrier(len(functions))
    results = [None] * len(functions)

    def run(place, function):
        together.wait()
        try:
            results[place] = function()
        except Exception as error:  # noqa: BLE001 - given back to the test
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(functions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def test_row_is_claimed_by_one_of_many(box, people):
    now = datetime.now(UTC)
    Job.objects.bulk_create(Job(kind="any", created_at=now) for _ in range(40))

    def taker(name):
        return lambda: claim(Job.objects.order_by("created_at"), worker=name, now=now, lease_s=60, limit=10)

    taken = at_once(*(taker(f"worker-{number}") for number in range(4)))
    keys = [row.pk for rows in taken for row in rows]
    assert len(keys) == len(set(keys))
    assert len(keys) >= 10


@pytest.mark.parametrize("round_", range(6))
def test_order_is_either_taken_back_or_sent_never_both(round_, box, people, far):
    now = datetime.now(UTC)
    items = held_items(channel_on(far, people.news), 8)
    effects = order_many(items, Can.TRASH, member=people.camille, now=now)

    def send():
        return errands.claim_errands(
            lambda channel: None, worker="w", now=now, lease_s=60, busy={}, free=8, most_a_channel=8
        )

    def undo():
        return take_back(effects, now=now, partial=True)

    sent, undone = at_once(send, undo) if round_ % 2 else reversed(at_once(undo, send))
    assert not isinstance(undone, Exception), undone
    assert len(sent) + undone == 8
    assert Effect.objects.filter(state=EffectState.SENDING).count() == len(sent)
    assert Effect.objects.filter(state=EffectState.CANCELLED).count() == undone


def test_single_order_is_too_late_exactly_where_it_left(box, people, far):
    now = datetime.now(UTC)
    for item in held_items(channel_on(far, people.news), 8):
        effect = order(item, Can.TRASH, member=people.camille, now=now)
        outcome, claimed = at_once(
            lambda effect=effect: take_back([effect], now=now),
            lambda: errands.claim_errands(
                lambda channel: None, worker="w", now=now, lease_s=60, busy={}, free=1, most_a_channel=1
            ),
        )
        assert isinstance(outcome, TooLate) is bool(claimed)
