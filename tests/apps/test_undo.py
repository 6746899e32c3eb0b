"""What was just done is taken back, whole."""

import uuid

import pytest

from parvis.channels.models import Effect, EffectState
from parvis.core.errors import NothingToDo, TooLate
from parvis.core.types import Status
from parvis.flows.answer import answer
from parvis.flows.bulk import act_on
from parvis.flows.decide import decide_item
from parvis.flows.undo import undo
from parvis.inbox import services
from parvis.inbox.models import Conversation
from parvis.moderation.models import Decision
from parvis.orgs.models import AuditEntry
from parvis.testing.clock import later
from parvis.testing.factories import make_channel, make_conversation, make_item, make_profile

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation(cast):
    channel = make_channel(cast.news)
    return make_conversation(make_item(channel, status=Status.HELD, profile=make_profile(channel)))


def stands(conversation):
    row = Conversation.objects.get(pk=conversation.pk)
    return row.state, row.assignee_id, row.priority, row.department_id, row.snoozed_until, row.held_count


def test_verdict_is_taken_back_with_everything_it_changed(cast, conversation, now):
    before = stands(conversation)
    done = decide_item(conversation.root, cast.camille, "refuse", now=now)
    undone = undo(cast.camille, done.batch, later(now, seconds=9))
    conversation.root.refresh_from_db()
    conversation.root.profile.refresh_from_db()
    assert (undone.count, undone.conversation_ids) == (1, (conversation.pk,))
    assert stands(conversation) == before
    assert (conversation.root.status, conversation.root.profile.refused_count) == (Status.HELD, 0)
    assert Effect.objects.get().state == EffectState.CANCELLED
    assert Decision.objects.get().taken_back_at is not None


def test_answer_is_taken_back_into_its_draft(cast, conversation, now):
    before = stands(conversation)
    done = answer(conversation, cast.camille, "Bonjour", now=now)
    undo(cast.camille, done.batch, later(now, seconds=5))
    assert stands(conversation) == before
    assert Conversation.objects.get().is_unanswered
    assert services.draft_of(conversation, cast.camille, "reply") == "Bonjour"
    assert set(Effect.objects.values_list("state", flat=True)) == {EffectState.CANCELLED}


def test_newer_draft_is_not_overwritten_by_an_answer_that_comes_back(cast, conversation, now):
    done = answer(conversation, cast.camille, "Bonjour", now=now)
    services.save_draft(conversation, cast.camille, "reply", "newer", now=now)
    undo(cast.camille, done.batch, later(now, seconds=5))
    assert services.draft_of(conversation, cast.camille, "reply") == "newer"


@pytest.mark.parametrize(
    "change",
    [
        lambda c, cast, now: services.assign(c, cast.camille, to=cast.maud, now=now),
        lambda c, cast, now: services.set_state(c, cast.camille, "done", now=now),
        lambda c, cast, now: services.snooze(c, cast.camille, until=later(now, days=1), now=now),
        lambda c, cast, now: services.set_priority(c, cast.camille, 2, now=now),
        lambda c, cast, now: services.move_to_department(c, cast.camille, to=cast.sport, now=now),
    ],
    ids=["assign", "state", "snooze", "priority", "move"],
)
def test_each_change_is_taken_back(cast, conversation, now, change):
    before = stands(conversation)
    done = change(conversation, cast, now)
    assert stands(conversation) != before
    undo(cast.camille, done.batch, later(now, seconds=9))
    assert stands(conversation) == before
    conversation.root.refresh_from_db()
    assert conversation.root.department_id == cast.news.pk


def test_label_is_taken_off_again_and_one_taken_off_sticks_again(cast, conversation, now):
    stuck = services.add_label(conversation, cast.camille, "Heat", now=now)
    undo(cast.camille, stuck.batch, later(now, seconds=1))
    assert not conversation.labellings.exists()
    services.add_label(conversation, cast.camille, "Heat", now=now)
    off = services.remove_label(conversation, cast.camille, "heat", now=now)
    undo(cast.camille, off.batch, later(now, seconds=1))
    assert conversation.labellings.get().label.name == "Heat"


def test_bulk_is_taken_back_in_one_go(cast, now):
    channel = make_channel(cast.news)
    rows = [make_conversation(make_item(channel, status=Status.HELD)) for _ in range(5)]
    done = act_on(cast.camille, "spam", now=now, ids=[row.pk for row in rows])
    undone = undo(cast.camille, done.batch, later(now, seconds=9))
    assert undone.count == 5
    assert set(Conversation.objects.values_list("state", "held_count")) == {("open", 1)}


def test_what_a_colleague_changed_since_stays_as_it_is(cast, conversation, now):
    done = services.assign(conversation, cast.camille, to=cast.maud, now=now)
    services.assign(conversation, cast.maud, to=cast.camille, now=later(now, seconds=3))
    undone = undo(cast.camille, done.batch, later(now, seconds=5))
    assert undone.skipped_ids == (conversation.pk,)
    assert stands(conversation)[1] == cast.camille.pk


def test_after_its_time_it_is_too_late_in_words_and_nothing_changes(cast, conversation, now):
    done = decide_item(conversation.root, cast.camille, "refuse", now=now)
    before = stands(conversation)
    with pytest.raises(TooLate) as caught:
        undo(cast.camille, done.batch, later(now, seconds=11))
    assert "no longer" in caught.value.text.en
    assert stands(conversation) == before


def test_what_has_left_cannot_be_taken_back_even_in_time(cast, conversation, now):
    done = decide_item(conversation.root, cast.camille, "refuse", now=now)
    Effect.objects.update(state=EffectState.SENDING)
    with pytest.raises(TooLate):
        undo(cast.camille, done.batch, later(now, seconds=1))
    assert Conversation.objects.get().state == "done"
    assert not AuditEntry.objects.filter(action="batch.undo").exists()


def test_nobody_takes_back_what_another_did_nor_the_same_twice(cast, conversation, now):
    done = services.set_priority(conversation, cast.camille, 2, now=now)
    with pytest.raises(NothingToDo):
        undo(cast.maud, done.batch, now)
    with pytest.raises(NothingToDo):
        undo(cast.camille, uuid.uuid4(), now)
    undo(cast.camille, done.batch, now)
    with pytest.raises(NothingToDo):
        undo(cast.camille, done.batch, now)
