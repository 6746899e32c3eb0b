"""Queues: one slot, one post; what was freed is filled or left by the queue's rule; a pause holds what waits."""

import random
from datetime import UTC, datetime, time, timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from tests.apps.planning import at_once
from tests.apps.publishing import planned, state_of, written

from parvis.channels.registry import added
from parvis.core.errors import BadInput, NotAllowed, NothingToDo
from parvis.publishing.models import Post, PostState, Publication, QueueEntry, Slot
from parvis.publishing.queueing import (
    entries_of,
    move_in_queue,
    next_slots,
    queue_post,
    shuffle_queue,
    slot_moments,
    switch_queue,
    tend_queues,
)
from parvis.publishing.queues import add_slot, close_queue, remove_slot, save_queue
from parvis.publishing.rules import set_rule
from parvis.publishing.services import cancel, hold, reschedule, unplan
from parvis.testing.clock import later
from parvis.testing.factories import make_channel
from parvis.testing.simulated import simulated

TEXTS = [
    "The valley opens",
    "A new concert",
    "Bread from the oven",
    "Night trains again",
    "Snow in the hills",
    "The choir sings",
]


@pytest.fixture(autouse=True)
def platform():
    with added(simulated()):
        yield


@pytest.fixture
def channel(cast):
    return make_channel(cast.news, connector="simulated", can=["upload", "publish"])


@pytest.fixture
def queue(cast, now):
    """Each weekday at 9 and 17 in Zurich."""
    queue = save_queue(cast.news, cast.camille, name="Daily", zone="Europe/Zurich", now=now)
    for weekday in range(7):
        for hour in (9, 17):
            add_slot(queue, cast.camille, weekday=weekday, time=time(hour), now=now)
    return queue


@pytest.fixture
def posts(cast, channel, now):
    return [written(cast.camille, cast.news, [channel], now=now, text=text) for text in TEXTS]


def _fill(queue, posts, cast, now):
    for post in posts:
        queue_post(post, queue, cast.camille, now=now)


def _order(queue, now):
    return [entry.post.title for entry in entries_of(queue, now=now)]


@pytest.mark.django_db
def test_next_free_slots_are_given_one_after_the_other(cast, queue, posts, now):
    _fill(queue, posts[:3], cast, now)
    slots = next_slots(queue, now=now, count=4)
    assert [one.entry.post if one.entry else None for one in slots] == [*posts[:3], None]
    assert all(state_of(post) == PostState.PLANNED for post in posts[:3])
    assert [post.due_at for post in posts[:3]] == [one.moment.at for one in slots[:3]]
    assert {one.moment.local.hour for one in slots} == {9, 17}


@pytest.mark.django_db
def test_what_is_not_approved_gets_no_slot(cast, queue, posts, now):
    set_rule(cast.news, cast.maud, "one", now=now)
    with pytest.raises(BadInput, match="approval"):
        queue_post(posts[0], queue, cast.camille, now=now)
    assert not QueueEntry.objects.exists()


@pytest.mark.django_db
def test_queue_of_another_department_and_of_other_channels_takes_nothing(cast, channel, queue, posts, now):
    other = make_channel(cast.news, connector="simulated", can=["publish"])
    save_queue(cast.news, cast.camille, queue=queue, name="Daily", zone="Europe/Zurich", channels=[other], now=now)
    with pytest.raises(BadInput, match="channels"):
        queue_post(posts[0], queue, cast.camille, now=now)
    sport = save_queue(cast.sport, cast.sam, name="Goals", zone="UTC", now=now)
    with pytest.raises(BadInput, match="another department"):
        queue_post(posts[0], sport, cast.olive, now=now)
    with pytest.raises(NotAllowed):
        queue_post(posts[0], queue, cast.conrad, now=now)


@pytest.mark.django_db
def test_queue_without_slots_says_so(cast, posts, now):
    empty = save_queue(cast.news, cast.camille, name="Empty", zone="UTC", now=now)
    with pytest.raises(BadInput, match="slot"):
        queue_post(posts[0], empty, cast.camille, now=now)


@pytest.mark.django_db
def test_at_the_front_comes_first_and_the_others_one_later(cast, queue, posts, now):
    _fill(queue, posts[:3], cast, now)
    queue_post(posts[3], queue, cast.camille, now=now, at_front=True)
    assert _order(queue, now) == [TEXTS[3][:20], *(text[:20] for text in TEXTS[:3])]
    due = [entry.due_at for entry in entries_of(queue, now=now)]
    assert due == [one.moment.at for one in next_slots(queue, now=now, count=4)]


@pytest.mark.django_db
def test_posts_change_places_and_the_last_has_nowhere_to_go(cast, queue, posts, now):
    _fill(queue, posts[:3], cast, now)
    entries = entries_of(queue, now=now)
    move_in_queue(entries[0], cast.camille, by=1, now=now)
    assert _order(queue, now) == [TEXTS[1], TEXTS[0], TEXTS[2]]
    with pytest.raises(NothingToDo):
        move_in_queue(entries_of(queue, now=now)[2], cast.camille, by=1, now=now)
    with pytest.raises(NothingToDo):
        move_in_queue(entries_of(queue, now=now)[0], cast.camille, by=-1, now=now)


@pytest.mark.django_db
def test_shuffling_keeps_the_slots_and_every_post(cast, queue, posts, now):
    _fill(queue, posts, cast, now)
    before = [entry.due_at for entry in entries_of(queue, now=now)]
    moved = shuffle_queue(queue, cast.camille, now=now, chance=random.Random(4))
    assert moved > 1
    assert [entry.due_at for entry in entries_of(queue, now=now)] == before
    assert sorted(_order(queue, now)) == sorted(TEXTS)
    assert _order(queue, now) != TEXTS


@pytest.mark.django_db
@pytest.mark.parametrize("freed_by", ["cancel", "unplan", "move"])
def test_a_freed_slot_is_left_for_the_next_that_comes(cast, queue, posts, now, freed_by):
    _fill(queue, posts[:3], cast, now)
    first = entries_of(queue, now=now)[0].due_at
    _free(posts[0], cast, now, freed_by)
    assert tend_queues(now=now) == 0
    assert next_slots(queue, now=now, count=1)[0].entry is None
    queue_post(posts[3], queue, cast.camille, now=now)
    posts[3].refresh_from_db()
    assert posts[3].due_at == first


@pytest.mark.django_db
@pytest.mark.parametrize("freed_by", ["cancel", "unplan", "move"])
def test_a_freed_slot_is_filled_by_those_behind(cast, queue, posts, now, freed_by):
    save_queue(cast.news, cast.camille, queue=queue, name="Daily", zone="Europe/Zurich", when_freed="fill", now=now)
    _fill(queue, posts[:3], cast, now)
    slots = [entry.due_at for entry in entries_of(queue, now=now)]
    _free(posts[0], cast, now, freed_by)
    assert tend_queues(now=now) == 2
    assert [(entry.post.title, entry.due_at) for entry in entries_of(queue, now=now)] == [
        (TEXTS[1], slots[0]), (TEXTS[2], slots[1]),
    ]  # fmt: skip
    assert tend_queues(now=now) == 0


def _free(post, cast, now, freed_by):
    if freed_by == "cancel":
        cancel(post, cast.camille, now=now)
    elif freed_by == "unplan":
        unplan(post, cast.camille, now=now)
    else:
        reschedule(post, cast.camille, due_local=datetime(2030, 1, 1, 9), zone="UTC", now=now)


@pytest.mark.django_db
def test_a_held_post_keeps_its_slot_or_goes_to_the_end(cast, queue, posts, now):
    _fill(queue, posts[:3], cast, now)
    hold(posts[0], cast.camille, now=now)
    assert tend_queues(now=now) == 0
    assert _order(queue, now) == TEXTS[:3]
    save_queue(cast.news, cast.camille, queue=queue, name="Daily", zone="Europe/Zurich", when_freed="fill", now=now)
    tend_queues(now=now)
    assert _order(queue, now) == [TEXTS[1], TEXTS[2], TEXTS[0]]
    assert state_of(posts[0]) == PostState.HELD


@pytest.mark.django_db
def test_what_a_crisis_holds_is_moved_by_nobody_and_the_others_go_on(cast, queue, posts, now):
    save_queue(cast.news, cast.camille, queue=queue, name="Daily", zone="Europe/Zurich", when_freed="fill", now=now)
    _fill(queue, posts[:3], cast, now)
    first = entries_of(queue, now=now)[0].due_at
    cancel(posts[0], cast.camille, now=now)
    Publication.objects.filter(post=posts[1]).update(state="held", held_by="crisis")
    Post.objects.filter(pk=posts[1].pk).update(state="held")
    assert tend_queues(now=now) == 1
    posts[2].refresh_from_db()
    assert posts[2].due_at == first


@pytest.mark.django_db
def test_who_may_publish_no_more_moves_nothing_up(cast, queue, posts, now):
    save_queue(cast.news, cast.camille, queue=queue, name="Daily", zone="Europe/Zurich", when_freed="fill", now=now)
    _fill(queue, posts[:2], cast, now)
    cancel(posts[0], cast.maud, now=now)
    cast.camille.memberships.all().delete()
    assert tend_queues(now=now) == 0
    assert _order(queue, now) == [TEXTS[1]]


@pytest.mark.django_db
def test_pause_holds_what_waits_and_going_on_takes_the_next_slots(cast, queue, posts, now):
    _fill(queue, posts[:3], cast, now)
    hold(posts[1], cast.maud, now=now)
    assert switch_queue(queue, cast.camille, is_on=False, now=now) == 2
    assert [state_of(post) for post in posts[:3]] == [PostState.HELD] * 3
    with pytest.raises(BadInput, match="paused"):
        queue_post(posts[3], queue, cast.camille, now=now)
    much_later = later(days=4)
    assert switch_queue(queue, cast.camille, is_on=True, now=much_later) == 2
    assert [state_of(post) for post in posts[:3]] == [PostState.PLANNED, PostState.HELD, PostState.PLANNED]
    slots = next_slots(queue, now=much_later, count=2)
    assert [one.entry.post for one in slots] == [posts[0], posts[2]]


@pytest.mark.django_db
def test_slot_of_a_pillar_takes_only_its_posts(cast, queue, posts, now):
    from parvis.publishing.pillars import save_pillar

    pillar = save_pillar(cast.news, cast.camille, name="Behind the scenes", now=now)
    first = next_slots(queue, now=now, count=1)[0].moment
    Slot.objects.filter(weekday=first.local.weekday(), time=first.local.time()).update(pillar=pillar)
    queue_post(posts[0], queue, cast.camille, now=now)
    assert next_slots(queue, now=now, count=2)[1].entry.post == posts[0]
    posts[1].pillar = pillar
    posts[1].save()
    queue_post(posts[1], queue, cast.camille, now=now)
    assert next_slots(queue, now=now, count=1)[0].entry.post == posts[1]
    with pytest.raises(NothingToDo):
        move_in_queue(entries_of(queue, now=now)[0], cast.camille, by=1, now=now)


@pytest.mark.django_db
def test_slots_keep_their_wall_time_over_both_changes(cast, now):
    queue = save_queue(cast.news, cast.camille, name="Night", zone="Europe/Zurich", now=now)
    for hour, minute in ((2, 30), (3, 0), (9, 0)):
        add_slot(queue, cast.camille, weekday=6, time=time(hour, minute), now=now)
    spring = [one.at for one in slot_moments(queue, start=datetime(2027, 3, 27, tzinfo=UTC))][:2]
    assert spring == [datetime(2027, 3, 28, 1, tzinfo=UTC), datetime(2027, 3, 28, 7, tzinfo=UTC)]
    autumn = [one.at for one in slot_moments(queue, start=datetime(2027, 10, 30, tzinfo=UTC))][:3]
    assert autumn == [
        datetime(2027, 10, 31, 0, 30, tzinfo=UTC), datetime(2027, 10, 31, 2, tzinfo=UTC),
        datetime(2027, 10, 31, 8, tzinfo=UTC),
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_slot_has_one_post_whatever_the_code_says(cast, queue, posts, now):
    at = next_slots(queue, now=now, count=1)[0].moment.at
    fields = {"queue": queue, "due_at": at, "queued_by": cast.camille, "queued_at": now}
    QueueEntry.objects.create(post=posts[0], **fields)
    with pytest.raises(IntegrityError), transaction.atomic():
        QueueEntry.objects.create(post=posts[1], **fields)


@pytest.mark.django_db
def test_removed_slots_and_closed_queues_leave_what_is_planned_alone(cast, queue, posts, now):
    _fill(queue, posts[:1], cast, now)
    posts[0].refresh_from_db()
    due_at = posts[0].due_at
    for slot in queue.slots.all():
        remove_slot(slot, cast.camille, now=now)
    close_queue(queue, cast.camille, now=now)
    posts[0].refresh_from_db()
    assert (posts[0].state, posts[0].due_at) == (PostState.PLANNED, due_at)
    with pytest.raises(BadInput, match="closed"):
        queue_post(posts[1], queue, cast.camille, now=now)


@pytest.mark.django_db
def test_a_post_that_is_queued_again_gives_its_first_slot_back(cast, queue, posts, now):
    _fill(queue, posts[:2], cast, now)
    queue_post(posts[0], queue, cast.camille, now=now)
    assert _order(queue, now) == [TEXTS[0], TEXTS[1]]
    planned(posts[0], cast.camille, at=now + timedelta(days=30), now=now)
    queue_post(posts[0], queue, cast.camille, now=now)
    assert QueueEntry.objects.filter(post=posts[0]).count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_people_queue_at_once_and_no_slot_is_given_twice(cast, queue, posts, now):
    assert at_once(*[partial(queue_post, post, queue, cast.camille, now=now) for post in posts]) == []
    due = sorted(QueueEntry.objects.values_list("due_at", flat=True))
    assert due == [one.moment.at for one in next_slots(queue, now=now, count=len(posts))]
    for post in posts:
        assert state_of(post) == PostState.PLANNED
        assert post.due_at in due
