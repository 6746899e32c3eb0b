"""Evergreen: what rests long enough is said again, never too often, never in the same words unless the rule says so."""

from datetime import time, timedelta
from functools import partial

import pytest
from tests.apps.planning import at_once
from tests.apps.publishing import planned, state_of, written

from parvis.channels.registry import added
from parvis.core.errors import BadInput, FieldMissing, NotAllowed, PostNotFit
from parvis.core.post import Content
from parvis.publishing.campaigns import place_post
from parvis.publishing.evergreen import (
    close_evergreen,
    pool_of,
    refuse_pick,
    run_evergreen,
    save_evergreen,
    switch_evergreen,
    take_pick,
)
from parvis.publishing.models import EvergreenPick, PickState, Post, PostState, Publication, PublicationState
from parvis.publishing.pillars import save_pillar
from parvis.publishing.queues import add_slot, save_queue
from parvis.publishing.rules import set_rule
from parvis.publishing.services import ask_approval, save_draft, vote
from parvis.testing.factories import make_channel
from parvis.testing.simulated import simulated

TEXTS = ["How the choir rehearses", "A loaf of bread takes two days", "Where the night trains sleep"]


@pytest.fixture(autouse=True)
def platform():
    with added(simulated()):
        yield


@pytest.fixture
def channel(cast):
    return make_channel(cast.news, connector="simulated", can=["upload", "publish"])


@pytest.fixture
def queue(cast, now):
    queue = save_queue(cast.news, cast.camille, name="Daily", zone="Europe/Zurich", now=now)
    for weekday in range(7):
        add_slot(queue, cast.camille, weekday=weekday, time=time(12), now=now)
    return queue


@pytest.fixture
def pillar(cast, now):
    return save_pillar(cast.news, cast.camille, name="Behind the scenes", now=now)


def out(cast, channel, pillar, text, *, now, days_ago, **fields):
    """Something that has left so many days ago."""
    then = now - timedelta(days=days_ago)
    post = written(cast.camille, cast.news, [channel], now=then - timedelta(days=1), text=text)
    place_post(post, cast.camille, pillar=pillar, now=then, **fields)
    planned(post, cast.camille, at=then, now=then - timedelta(hours=1))
    Publication.objects.filter(post=post).update(state=PublicationState.DONE, done_at=then)
    Post.objects.filter(pk=post.pk).update(state=PostState.OUT)
    return post


@pytest.fixture
def roots(cast, channel, pillar, now):
    return [
        out(cast, channel, pillar, text, now=now, days_ago=days)
        for text, days in zip(TEXTS, (100, 300, 40), strict=True)
    ]


def rule_for(cast, queue, pillar, now, **fields):
    wanted = {"name": "Classics", "queue": queue, "pillar": pillar, **fields}
    return save_evergreen(cast.news, cast.camille, now=now, **wanted)


@pytest.mark.django_db
def test_what_was_said_longest_ago_is_proposed_marked_and_with_its_reasons(cast, queue, pillar, roots, now):
    rule_for(cast, queue, pillar, now)
    assert run_evergreen(now=now) == 1
    pick = EvergreenPick.objects.get()
    assert (pick.root, pick.state) == (roots[1], PickState.PROPOSED)
    assert (pick.post.evergreen_of, pick.post.state) == (roots[1], PostState.DRAFT)
    assert pick.post.pk != pick.root.pk
    assert pick.reasons["times"] == 1
    assert pick.reasons["pool"] == 3
    assert pick.reasons["last_said_at"] == (now - timedelta(days=300)).isoformat()
    assert run_evergreen(now=now + timedelta(minutes=61)) == 0


@pytest.mark.django_db
def test_the_same_words_cannot_be_planned_until_somebody_has_said_them_anew(cast, channel, queue, pillar, roots, now):
    rule_for(cast, queue, pillar, now)
    run_evergreen(now=now)
    pick = EvergreenPick.objects.select_related("post__department", "rule__queue").get()
    with pytest.raises(PostNotFit) as caught:
        take_pick(pick, cast.camille, now=now)
    assert [fault.code for fault in caught.value.faults[channel.pk]] == ["recycled_same"]
    save_draft(
        pick.post, cast.camille, base_version=1, content=Content(text="A loaf, told otherwise"),
        variants={channel.pk: {}}, now=now,
    )  # fmt: skip
    take_pick(pick, cast.camille, now=now)
    assert state_of(pick.post) == PostState.PLANNED


@pytest.mark.django_db
def test_a_rule_that_may_repeat_words_plans_through_the_queue(cast, queue, pillar, roots, now):
    rule_for(cast, queue, pillar, now, mode="plan", may_repeat_words=True, most_per_week=2)
    assert run_evergreen(now=now) == 2
    picks = list(EvergreenPick.objects.order_by("due_at").select_related("post"))
    assert [pick.root for pick in picks] == [roots[1], roots[0]]
    assert {pick.state for pick in picks} == {PickState.PLANNED}
    assert all(pick.post.due_at == pick.due_at == pick.post.queue_entry.due_at for pick in picks)
    assert run_evergreen(now=now + timedelta(hours=2)) == 0


@pytest.mark.django_db
def test_never_more_in_any_seven_days_than_the_rule_says(cast, channel, queue, pillar, now):
    words = ["river", "mountain", "bakery", "orchestra", "museum", "tunnel", "garden", "library", "harbour", "theatre"]
    for number, word in enumerate(words):
        out(cast, channel, pillar, f"{word} " * 6, now=now, days_ago=200 + number)
    rule_for(cast, queue, pillar, now, mode="plan", may_repeat_words=True, most_per_week=2)
    for day in range(20):
        run_evergreen(now=now + timedelta(days=day))
    due = sorted(EvergreenPick.objects.values_list("due_at", flat=True))
    assert len(due) >= 5
    for at in due:
        assert sum(at <= one < at + timedelta(days=7) for one in due) <= 2
    assert len({pick.root_id for pick in EvergreenPick.objects.all()}) == len(due)


@pytest.mark.django_db
def test_what_has_expired_or_rests_too_short_is_not_said_again(cast, channel, queue, pillar, now):
    out(cast, channel, pillar, TEXTS[0], now=now, days_ago=200, evergreen_until=now.date() - timedelta(days=1))
    out(cast, channel, pillar, TEXTS[1], now=now, days_ago=60)
    rule = rule_for(cast, queue, pillar, now)
    assert run_evergreen(now=now) == 0
    rule.refresh_from_db()
    assert "90" in rule.error["en"]
    assert run_evergreen(now=now + timedelta(days=31)) == 1
    assert EvergreenPick.objects.get().root.content["text"] == TEXTS[1]


@pytest.mark.django_db
def test_an_empty_pool_and_a_full_queue_say_so(cast, queue, pillar, roots, now):
    rule = rule_for(cast, queue, None, now, label="nowhere")
    run_evergreen(now=now)
    rule.refresh_from_db()
    assert "pool" in rule.error["en"]
    queue.slots.all().delete()
    run_evergreen(now=now + timedelta(hours=2))
    rule.refresh_from_db()
    assert "slot" in rule.error["en"]


@pytest.mark.django_db
def test_a_refused_proposal_rests(cast, queue, pillar, roots, now):
    rule_for(cast, queue, pillar, now)
    run_evergreen(now=now)
    pick = EvergreenPick.objects.select_related("post__department").get()
    refuse_pick(pick, cast.camille, now=now)
    assert state_of(pick.post) == PostState.CANCELLED
    assert run_evergreen(now=now + timedelta(hours=2)) == 1
    assert EvergreenPick.objects.order_by("pk").last().root == roots[0]


@pytest.mark.django_db
def test_a_pool_is_chosen_by_pillar_and_label(cast, channel, queue, pillar, roots, now):
    labelled = out(cast, channel, pillar, "With a label of its own", now=now, days_ago=120, labels=["classic"])
    rule = rule_for(cast, queue, pillar, now, label="classic")
    assert [one.root for one in pool_of(rule)] == [labelled]


@pytest.mark.django_db
def test_approval_of_the_first_time_holds_for_the_same_words(cast, channel, queue, pillar, now):
    set_rule(cast.news, cast.maud, "one", now=now)
    post = written(cast.camille, cast.news, [channel], now=now, text=TEXTS[0])
    place_post(post, cast.camille, pillar=pillar, now=now)
    vote(ask_approval(post, cast.camille, now=now), cast.maud, "approve", now=now)
    post.refresh_from_db()
    planned(post, cast.camille, at=now + timedelta(hours=1), now=now)
    Publication.objects.update(state=PublicationState.DONE)
    Post.objects.update(state=PostState.OUT)
    much_later = now + timedelta(days=100)
    rule_for(cast, queue, pillar, now, mode="plan", may_repeat_words=True)
    assert run_evergreen(now=much_later) == 1
    again = EvergreenPick.objects.select_related("post").get()
    assert again.state == PickState.PLANNED
    assert again.post.requests.get().carried_from.post == post


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields", [{"least_days": 7}, {"most_per_week": 0}, {"mode": "plan"}, {"mode": "shout"}, {"pillar": None}]
)
def test_rules_without_sense_are_refused(cast, queue, pillar, now, fields):
    with pytest.raises((BadInput, FieldMissing)):
        rule_for(cast, queue, fields.pop("pillar", pillar), now, **fields)


@pytest.mark.django_db
def test_rules_are_their_departments(cast, queue, pillar, now):
    with pytest.raises(NotAllowed):
        save_evergreen(cast.news, cast.sam, name="Taken", queue=queue, pillar=pillar, now=now)


@pytest.mark.django_db
def test_a_rule_that_is_off_or_closed_chooses_nothing(cast, queue, pillar, roots, now):
    rule = rule_for(cast, queue, pillar, now)
    switch_evergreen(rule, cast.camille, is_on=False, now=now)
    assert run_evergreen(now=now) == 0
    switch_evergreen(rule, cast.camille, is_on=True, now=now)
    close_evergreen(rule, cast.camille, now=now)
    assert run_evergreen(now=now) == 0


@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_moment_choose_each_once(cast, queue, pillar, roots, now):
    rule_for(cast, queue, pillar, now, mode="plan", may_repeat_words=True, most_per_week=5)
    assert at_once(*[partial(run_evergreen, now=now)] * 3) == []
    roots_ = list(EvergreenPick.objects.values_list("root_id", flat=True))
    assert len(roots_) == len(set(roots_)) == 2
