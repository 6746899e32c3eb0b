"""Orders until they leave, and what people do about those that cannot go on by themselves."""

import uuid

import pytest
from tests.apps.delivering import held_items, state_of

from parvis.channels.effect_queries import effects_of, open_effects_of, progress_of, stuck_effects
from parvis.channels.models import Effect, EffectState
from parvis.channels.outbox import give_up_effect, order, order_many, retry_effect, settle_by_person, take_back
from parvis.channels.registry import added
from parvis.core.connector import AskPerson, Can
from parvis.core.errors import Conflict, NotAllowed, NotOffered, OutcomeUnknown, TooLate
from parvis.core.types import Kind
from parvis.jobs.models import LiveEvent
from parvis.orgs.models import AuditEntry
from parvis.testing.clock import later
from parvis.testing.factories import make_channel, make_item
from parvis.testing.simulated import simulated

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel(cast):
    with added(simulated()):
        yield make_channel(cast.news, connector="simulated")


@pytest.fixture
def item(channel):
    return make_item(channel, status="held")


def test_order_shows_at_once_and_leaves_the_platforms_word(item, cast, now):
    effect = order(item, Can.APPROVE, member=cast.camille, now=now, delay_s=10)
    item.refresh_from_db()
    assert (item.status, item.remote_status) == ("published", "held")
    assert (effect.state, effect.try_count) == (EffectState.WAITING, 0)
    assert effect.next_try_at == later(now, seconds=10)
    assert effect.department_id == cast.news.id


def test_reply_leaves_the_status_alone(item, cast, now):
    order(item, Can.REPLY, member=cast.camille, now=now, text="Thank you.")
    item.refresh_from_db()
    assert item.status == "held"


@pytest.mark.parametrize("change", [{"can": ["approve"]}, {"removed_at": "2026-11-01T00:00:00Z"}])
def test_what_the_account_may_not_do_is_not_ordered(change, item, cast, now):
    for name, value in change.items():
        setattr(item.channel, name, value)
    item.channel.save()
    with pytest.raises(NotOffered):
        order(item, Can.TRASH, member=cast.camille, now=now)
    assert not Effect.objects.exists()


def test_order_for_a_kind_that_the_platform_does_not_moderate_is_refused(channel, cast, now):
    article = make_item(channel, kind=Kind.ARTICLE)
    with pytest.raises(NotOffered):
        order(article, Can.TRASH, member=cast.camille, now=now)


def test_later_decision_replaces_the_one_that_waits(item, cast, now):
    first = order(item, Can.APPROVE, member=cast.camille, now=now, delay_s=10)
    second = order(item, Can.TRASH, member=cast.camille, now=now, delay_s=10)
    item.refresh_from_db()
    first.refresh_from_db()
    assert (first.state, first.replaced_by_id) == (EffectState.REPLACED, second.pk)
    assert state_of(second) == EffectState.WAITING
    assert item.status == "trashed"


def test_later_decision_replaces_one_that_clearly_failed_and_waits_for_its_next_try(item, cast, now):
    first = order(item, Can.APPROVE, member=cast.camille, now=now)
    Effect.objects.filter(pk=first.pk).update(try_count=3, next_try_at=later(now, hours=1))
    order(item, Can.TRASH, member=cast.camille, now=now)
    assert state_of(first) == EffectState.REPLACED


def test_later_decision_does_not_replace_one_under_way(item, cast, now):
    first = order(item, Can.APPROVE, member=cast.camille, now=now)
    Effect.objects.filter(pk=first.pk).update(state=EffectState.SENDING)
    order(item, Can.TRASH, member=cast.camille, now=now)
    assert state_of(first) == EffectState.SENDING


def test_later_decision_settles_one_that_needed_a_person(item, cast, now):
    first = order(item, Can.APPROVE, member=cast.camille, now=now)
    Effect.objects.filter(pk=first.pk).update(state=EffectState.NEEDS_PERSON)
    order(item, Can.TRASH, member=cast.camille, now=now)
    assert state_of(first) == EffectState.CANCELLED


def test_reply_is_never_replaced(item, cast, now):
    reply = order(item, Can.REPLY, member=cast.camille, now=now, text="Thank you.")
    order(item, Can.REPLY, member=cast.camille, now=now, text="And again.")
    order(item, Can.TRASH, member=cast.camille, now=now)
    assert state_of(reply) == EffectState.WAITING


def test_order_for_many_is_one_batch_in_the_order_of_the_items(channel, cast, now):
    items = held_items(channel, 5)
    older = order(items[2], Can.HOLD, member=cast.camille, now=now)
    batch = uuid.uuid4()
    effects = order_many(items[::-1], Can.TRASH, member=cast.camille, now=now, batch=batch, delay_s=10)
    assert [effect.item_id for effect in effects] == [item.pk for item in items[::-1]]
    assert all(effect.pk for effect in effects)
    older.refresh_from_db()
    assert older.replaced_by_id == effects[2].pk
    progress = progress_of(batch)
    assert (progress.total, progress.waiting, progress.done, progress.is_over) == (5, 5, 0, False)


def test_order_for_many_takes_few_queries(channel, cast, now, django_assert_max_num_queries):
    items = held_items(channel, 300)
    with django_assert_max_num_queries(16):
        order_many(items, Can.TRASH, member=cast.camille, now=now, batch=uuid.uuid4(), delay_s=10)


def test_taken_back_order_shows_the_platforms_word_again(item, cast, now):
    effect = order(item, Can.TRASH, member=cast.camille, now=now, delay_s=10)
    assert take_back([effect], now=now) == 1
    item.refresh_from_db()
    assert (item.status, item.is_routed) == ("held", False)
    assert state_of(effect) == EffectState.CANCELLED


def test_taking_back_twice_is_no_fault(item, cast, now):
    effect = order(item, Can.TRASH, member=cast.camille, now=now, delay_s=10)
    take_back([effect], now=now)
    assert take_back([effect], now=now) == 1


def test_taken_back_order_brings_back_the_one_that_it_had_replaced(item, cast, now):
    first = order(item, Can.APPROVE, member=cast.camille, now=now, delay_s=10)
    second = order(item, Can.TRASH, member=cast.camille, now=now, delay_s=10)
    take_back([second], now=now)
    item.refresh_from_db()
    assert state_of(first) == EffectState.WAITING
    assert item.status == "published"


def test_replaced_order_that_is_taken_back_leaves_what_it_had_replaced_to_its_successor(item, cast, now):
    first = order(item, Can.APPROVE, member=cast.camille, now=now, delay_s=10)
    second = order(item, Can.SPAM, member=cast.camille, now=now, delay_s=10)
    third = order(item, Can.TRASH, member=cast.camille, now=now, delay_s=10)
    take_back([second], now=now)
    assert (state_of(first), state_of(second), state_of(third)) == ("replaced", "cancelled", "waiting")
    take_back([third], now=now)
    assert state_of(first) == EffectState.WAITING


@pytest.mark.parametrize("left", [{"state": "sending", "try_count": 1}, {"state": "waiting", "try_count": 1}])
def test_what_has_left_cannot_be_taken_back_and_nothing_else_is(left, channel, cast, now):
    items = held_items(channel, 2)
    effects = order_many(items, Can.TRASH, member=cast.camille, now=now, batch=uuid.uuid4(), delay_s=10)
    Effect.objects.filter(pk=effects[1].pk).update(**left)
    with pytest.raises(TooLate):
        take_back(effects, now=now)
    assert state_of(effects[0]) == EffectState.WAITING
    assert take_back(effects, now=now, partial=True) == 1
    assert state_of(effects[0]) == EffectState.CANCELLED


@pytest.fixture
def stuck(item, cast, now):
    effect = order(item, Can.TRASH, member=cast.camille, now=now)
    effect.state, effect.try_count, effect.error = EffectState.NEEDS_PERSON, 8, {"code": "remote_broken"}
    effect.save()
    return effect


def test_person_sends_again_and_the_tries_begin_anew(stuck, cast, now):
    retry_effect(stuck, cast.camille, now=later(now, hours=30))
    assert state_of(stuck) == EffectState.WAITING
    assert (stuck.try_count, stuck.spared_count, stuck.trying_since, stuck.error) == (8, 8, None, None)
    assert stuck.next_try_at == later(now, hours=30)
    assert AuditEntry.objects.filter(action="effect.retry", member=cast.camille).count() == 1
    assert LiveEvent.objects.filter(kind="effect", department_key=cast.news.id).exists()


def test_person_sends_at_once_what_waits_for_its_next_try(stuck, cast, now):
    Effect.objects.filter(pk=stuck.pk).update(state=EffectState.WAITING, next_try_at=later(now, hours=1))
    retry_effect(stuck, cast.camille, now=now)
    stuck.refresh_from_db()
    assert stuck.next_try_at == now


def test_given_up_order_shows_the_platforms_word_again(stuck, item, cast, now):
    give_up_effect(stuck, cast.camille, now=now)
    item.refresh_from_db()
    assert (state_of(stuck), item.status) == (EffectState.CANCELLED, "held")
    with pytest.raises(Conflict):
        give_up_effect(stuck, cast.camille, now=now)


@pytest.mark.parametrize("name", ["anna", "conrad", "sam", "arthur"])
def test_who_may_not_decide_may_not_handle_the_order(name, stuck, cast, now):
    member = getattr(cast, name)
    for handle in (retry_effect, give_up_effect):
        with pytest.raises(NotAllowed):
            handle(stuck, member, now=now)
    with pytest.raises(NotAllowed):
        settle_by_person(stuck, member, True, now=now)


def test_person_who_saw_that_it_happened_ends_it(stuck, item, cast, now):
    Effect.objects.filter(pk=stuck.pk).update(is_in_doubt=True)
    settle_by_person(stuck, cast.camille, True, now=now)
    item.refresh_from_db()
    assert (state_of(stuck), item.remote_status, item.status) == (EffectState.DONE, "trashed", "trashed")


def test_person_who_saw_that_it_did_not_happen_sends_again(stuck, cast, now):
    Effect.objects.filter(pk=stuck.pk).update(is_in_doubt=True)
    settle_by_person(stuck, cast.camille, False, now=now)
    assert (state_of(stuck), stuck.is_in_doubt) == (EffectState.WAITING, False)


def test_where_there_is_no_doubt_nobody_settles_it(stuck, cast, now):
    with pytest.raises(Conflict):
        settle_by_person(stuck, cast.camille, True, now=now)


def test_order_in_doubt_is_read_back_before_it_is_sent_again(stuck, cast, now):
    Effect.objects.filter(pk=stuck.pk).update(is_in_doubt=True)
    stuck.refresh_from_db()
    retry_effect(stuck, cast.camille, now=now)
    assert state_of(stuck) == EffectState.UNSURE


def test_order_that_cannot_be_read_back_is_not_sent_again_blindly(item, cast, now):
    with added(simulated(reply_settle=AskPerson())):
        reply = order(item, Can.REPLY, member=cast.camille, now=now, text="Thank you.")
        reply.state, reply.is_in_doubt = EffectState.NEEDS_PERSON, True
        reply.save()
        with pytest.raises(OutcomeUnknown):
            retry_effect(reply, cast.camille, now=now)
    assert state_of(reply) == EffectState.NEEDS_PERSON


def test_stuck_orders_are_shown_to_their_department_alone(stuck, item, cast):
    assert list(stuck_effects(cast.camille)) == [stuck]
    assert list(stuck_effects(cast.olive)) == [stuck]
    assert not stuck_effects(cast.sam).exists()
    assert not effects_of([item.pk], cast.sam).exists()
    assert list(open_effects_of([item.pk], cast.camille)) == [stuck]


def test_progress_of_a_batch_is_one_query(channel, cast, now, django_assert_num_queries):
    items = held_items(channel, 6)
    batch = uuid.uuid4()
    effects = order_many(items, Can.TRASH, member=cast.camille, now=now, batch=batch, delay_s=10)
    for effect, state in zip(
        effects, ["done", "sending", "unsure", "needs_person", "cancelled", "waiting"], strict=True
    ):
        Effect.objects.filter(pk=effect.pk).update(state=state)
    with django_assert_num_queries(1):
        progress = progress_of(batch)
    assert (progress.done, progress.waiting, progress.needs_person, progress.dropped) == (1, 3, 1, 1)
