"""Verdicts and answers, as a screen asks for them."""

import pytest

from parvis.channels.models import Effect, EffectState, Item
from parvis.core.connector import Can
from parvis.core.errors import Conflict, FieldMissing, NotAllowed, NothingToDo, NotOffered
from parvis.core.types import Status
from parvis.flows.answer import answer
from parvis.flows.decide import decide_conversation, decide_item
from parvis.inbox.models import Conversation
from parvis.inbox.queries import conversation_detail
from parvis.inbox.services import draft_of, save_draft
from parvis.moderation.models import Decision, Reason
from parvis.moderation.services import decide_many, reasons
from parvis.orgs.models import AuditEntry
from parvis.testing.clock import later
from parvis.testing.factories import make_channel, make_conversation, make_item, make_profile

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(cast):
    channel = make_channel(cast.news)
    return make_item(channel, "held", status=Status.HELD, profile=make_profile(channel))


@pytest.fixture
def conversation(held):
    return make_conversation(held)


def test_eight_reasons_stand_ready_in_both_languages():
    assert [reason.digit for reason in reasons()] == list(range(1, 9))
    assert all(reason.name_en and reason.name_fr for reason in reasons())


def test_refusal_is_shown_at_once_and_ordered_with_time_to_take_it_back(cast, held, conversation, now, settings):
    reason = Reason.objects.get(code="insult")
    done = decide_item(held, cast.camille, "refuse", now=now, reason=reason, note="rude")
    held.refresh_from_db()
    effect = Effect.objects.get()
    assert (held.status, held.remote_status) == (Status.TRASHED, Status.HELD)
    assert (effect.can, effect.state, effect.batch) == (Can.TRASH, EffectState.WAITING, done.batch)
    assert effect.next_try_at == later(now, seconds=settings.OPTIONS["PARVIS_UNDO_S"])
    decision = Decision.objects.get()
    assert (decision.reason, decision.note, decision.previous_status) == (reason, "rude", Status.HELD)
    held.profile.refresh_from_db()
    assert held.profile.refused_count == 1
    conversation.refresh_from_db()
    assert (conversation.state, conversation.held_count) == ("done", 0)
    assert AuditEntry.objects.get(action="item.refuse").facts["reason"] == "insult"


def test_conversation_stays_open_while_another_item_waits(cast, held, conversation, now):
    make_item(held.channel, status=Status.HELD, root=held)
    decide_item(held, cast.camille, "approve", now=now)
    conversation.refresh_from_db()
    assert (conversation.state, conversation.held_count) == ("open", 1)


def test_verdict_on_a_conversation_takes_all_that_waits(cast, held, conversation, now):
    make_item(held.channel, status=Status.HELD, root=held)
    calm = make_item(held.channel, root=held)
    done = decide_conversation(conversation, cast.camille, "approve", now=now)
    assert len(done.item_ids) == 2 and done.closed_ids == (conversation.pk,)
    assert not Item.objects.filter(status=Status.HELD).exists()
    assert calm.pk not in done.item_ids


def test_holding_does_not_close(cast, now):
    conversation = make_conversation(make_item(make_channel(cast.news)))
    decide_conversation(conversation, cast.camille, "hold", now=now)
    conversation.refresh_from_db()
    assert (conversation.state, conversation.held_count) == ("open", 1)


def test_second_verdict_hears_who_was_quicker_and_what_they_decided(cast, held, conversation, now):
    decide_item(held, cast.camille, "refuse", now=now)
    item = Item.objects.get(pk=held.pk)
    with pytest.raises(Conflict) as caught:
        decide_item(item, cast.maud, "approve", now=now)
    assert caught.value.text.en == "Camille was quicker: it was refused. Nothing was changed."
    assert Decision.objects.count() == 1


def test_own_verdict_can_be_changed_before_it_leaves(cast, held, conversation, now):
    decide_item(held, cast.camille, "refuse", now=now)
    decide_item(Item.objects.get(pk=held.pk), cast.camille, "approve", now=later(now, seconds=2))
    held.refresh_from_db()
    held.profile.refresh_from_db()
    assert (held.status, held.profile.refused_count) == (Status.PUBLISHED, 0)
    assert list(Effect.objects.order_by("id").values_list("state", flat=True)) == ["replaced", "waiting"]


@pytest.mark.parametrize("person", ["anna", "conrad", "sam", "arthur"])
def test_who_may_not_decide_changes_nothing(cast, held, conversation, now, person):
    with pytest.raises(NotAllowed):
        decide_item(held, getattr(cast, person), "approve", now=now)
    assert not Effect.objects.exists() and not Decision.objects.exists()


def test_community_manager_may_refuse_but_not_delete_for_good(cast, held, conversation, now):
    with pytest.raises(NotAllowed):
        decide_item(held, cast.camille, "delete", now=now)
    decide_item(held, cast.maud, "delete", now=now)


def test_verdict_that_the_platform_does_not_offer_is_refused_in_words(cast, held, conversation, now):
    held.channel.can = ["approve"]
    held.channel.save()
    with pytest.raises(NotOffered):
        decide_item(held, cast.camille, "spam", now=now)


def test_same_verdict_again_has_nothing_to_do(cast, now):
    with pytest.raises(NothingToDo):
        decide_item(make_item(make_channel(cast.news)), cast.camille, "approve", now=now)


def test_many_are_decided_and_what_cannot_be_is_said(cast, now):
    channel, poor = make_channel(cast.news), make_channel(cast.news, can=[])
    good = [make_item(channel, status=Status.HELD) for _ in range(3)]
    cannot, elsewhere = make_item(poor, status=Status.HELD), make_item(make_channel(cast.sport), status=Status.HELD)
    done = decide_many([*good, cannot, elsewhere], cast.camille, "approve", now=now)
    assert {decision.item_id for decision in done.decisions} == {item.pk for item in good}
    assert {key for key, _ in done.skipped} == {cannot.pk, elsewhere.pk}
    assert set(Effect.objects.values_list("batch", flat=True)) == {done.key}


def test_answer_waits_for_theirs_and_clears_the_draft(cast, now):
    item = make_item(make_channel(cast.news))
    conversation = make_conversation(item)
    save_draft(conversation, cast.camille, "reply", "Merci", now=now)
    done = answer(conversation, cast.camille, "Merci à vous", now=now)
    conversation.refresh_from_db()
    assert (conversation.state, conversation.is_unanswered) == ("waiting", False)
    assert draft_of(conversation, cast.camille, "reply") == ""
    assert (done.effect.can, done.effect.text, done.effect.item_id) == (Can.REPLY, "Merci à vous", item.pk)
    detail = conversation_detail(cast.camille, conversation.pk, now=now)
    [shown] = detail.items[0].effects
    assert (shown.text, shown.member, shown.state) == ("Merci à vous", "Camille", "waiting")


def test_answering_a_held_item_approves_it_first_as_an_order_of_its_own(cast, held, conversation, now):
    done = answer(conversation, cast.camille, "Bonjour", now=now)
    assert done.was_held
    orders = list(Effect.objects.order_by("id").values_list("can", "batch"))
    assert orders == [(Can.APPROVE, done.batch), (Can.REPLY, done.batch)]
    held.refresh_from_db()
    assert held.status == Status.PUBLISHED


def test_answer_goes_to_the_newest_item_that_is_not_ours(cast, now):
    channel = make_channel(cast.news)
    root = make_item(channel)
    theirs = make_item(channel, root=root, at=later(now, hours=1))
    make_item(channel, root=root, at=later(now, hours=2), profile=make_profile(channel, is_house=True))
    done = answer(make_conversation(root), cast.camille, "Oui", now=later(now, hours=3))
    assert done.item_id == theirs.pk


def test_empty_answer_and_answer_without_right_or_offer_send_nothing(cast, now):
    conversation = make_conversation(make_item(make_channel(cast.news)))
    with pytest.raises(FieldMissing):
        answer(conversation, cast.camille, " \n", now=now)
    with pytest.raises(NotAllowed):
        answer(conversation, cast.anna, "Non", now=now)
    mute = make_conversation(make_item(make_channel(cast.news, can=["approve"])))
    with pytest.raises(NotOffered):
        answer(mute, cast.camille, "Oui", now=now)
    assert not Effect.objects.exists()


def test_answer_on_a_conversation_that_somebody_changed_meanwhile_is_not_sent(cast, now):
    conversation = make_conversation(make_item(make_channel(cast.news)))
    answer(conversation, cast.maud, "Moi d’abord", now=now, version=1)
    with pytest.raises(Conflict):
        answer(conversation, cast.camille, "Moi aussi", now=now, version=1)
    assert Effect.objects.count() == 1
    assert Conversation.objects.get().version == 2
