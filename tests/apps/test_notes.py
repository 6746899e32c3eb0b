"""Notes, drafts, labels, assignment and saved views."""

import pytest

from parvis.core.errors import BadInput, Conflict, FieldMissing, NotAllowed, QueryNotUnderstood
from parvis.inbox import services
from parvis.inbox.models import Conversation, Label, Mention, SavedView
from parvis.inbox.queries import conversation_detail, view_counts, views_of
from parvis.jobs.models import LiveEvent
from parvis.orgs.models import AuditEntry
from parvis.testing.clock import later
from parvis.testing.factories import make_channel, make_conversation, make_item, make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation(cast):
    return make_conversation(make_item(make_channel(cast.news)))


def test_note_tells_whom_it_names_where_they_may_see_it(cast, conversation, now):
    note = services.write_note(conversation, cast.camille, "@Maud and @sam, look! mail@anna.ch", now=now)
    assert [mention.member for mention in note.mentions.all()] == [cast.maud]
    assert LiveEvent.objects.filter(kind="note", member_key=cast.maud.pk).count() == 1
    assert [mention.note for mention in services.unseen_mentions(cast.maud)] == [note]
    services.mark_mentions_seen(conversation, cast.maud, now=now)
    assert not services.unseen_mentions(cast.maud).exists()


def test_longest_name_counts_and_accents_do_not(cast, conversation, now):
    make_member("Zoé", role="manager", department=cast.news)
    both = make_member("Zoé Müller", role="manager", department=cast.news)
    services.write_note(conversation, cast.camille, "@zoe muller !", now=now)
    assert Mention.objects.get().member == both


def test_note_clears_its_draft_and_is_in_the_detail_but_not_in_the_trail(cast, conversation, now):
    services.save_draft(conversation, cast.camille, "note", "half", now=now)
    services.write_note(conversation, cast.camille, "whole secret", now=now)
    detail = conversation_detail(cast.camille, conversation.pk, now=now)
    assert detail.drafts == {} and detail.notes[0].text == "whole secret"
    assert "secret" not in str(AuditEntry.objects.get(action="conversation.note").facts)


def test_empty_note_and_note_of_a_stranger_are_refused(cast, conversation, now):
    with pytest.raises(FieldMissing):
        services.write_note(conversation, cast.camille, " ", now=now)
    with pytest.raises(NotAllowed):
        services.write_note(conversation, cast.sam, "hello", now=now)


def test_draft_is_kept_over_devices_and_is_one_persons_own(cast, conversation, now):
    services.save_draft(conversation, cast.camille, "reply", "Bon", now=now)
    services.save_draft(conversation, cast.camille, "reply", "Bonjour", now=later(now, seconds=2))
    assert services.draft_of(conversation, cast.camille, "reply") == "Bonjour"
    assert services.draft_of(conversation, cast.maud, "reply") == ""
    services.save_draft(conversation, cast.camille, "reply", "", now=later(now, seconds=3))
    assert services.draft_of(conversation, cast.camille, "reply") == ""
    with pytest.raises(NotAllowed):
        services.save_draft(conversation, cast.anna, "reply", "no", now=now)


def test_label_is_made_when_first_used_and_sticks_once(cast, conversation, now):
    services.add_label(conversation, cast.camille, " Prix  élevé ", now=now)
    services.add_label(conversation, cast.maud, "prix eleve", now=now)
    label = Label.objects.get()
    assert (label.name, label.department) == ("Prix élevé", cast.news)
    assert conversation.labellings.count() == 1


def test_assignee_must_be_able_to_see_it(cast, conversation, now):
    with pytest.raises(BadInput):
        services.assign(conversation, cast.camille, to=cast.sam, now=now)
    services.assign(conversation, cast.camille, to=cast.anna, now=now)
    assert Conversation.objects.get().assignee == cast.anna


def test_second_change_from_an_old_screen_hears_who_was_quicker(cast, conversation, now):
    services.set_state(conversation, cast.maud, "done", now=now, version=1)
    with pytest.raises(Conflict) as caught:
        services.assign(conversation, cast.camille, to=cast.camille, now=now, version=1)
    assert caught.value.text.en == "Maud was quicker: it is done. Nothing was changed."
    assert Conversation.objects.get().assignee is None


def test_handing_over_lets_go_of_who_cannot_follow(cast, conversation, now):
    services.assign(conversation, cast.camille, to=cast.camille, now=now)
    services.move_to_department(conversation, cast.camille, to=cast.sport, now=now)
    row = Conversation.objects.get()
    assert (row.department, row.assignee) == (cast.sport, None)
    assert {event.department_key for event in LiveEvent.objects.all()} == {cast.news.pk, cast.sport.pk}


def test_snoozed_conversation_wakes_by_itself(cast, conversation, now):
    services.snooze(conversation, cast.camille, until=later(now, hours=1), now=now)
    assert services.wake_due(now=later(now, minutes=59)) == 0
    assert services.wake_due(now=later(now, hours=1)) == 1
    assert (Conversation.objects.get().state, Conversation.objects.get().snoozed_until) == ("open", None)


def test_every_change_is_in_the_trail_with_before_and_after(cast, conversation, now):
    services.set_priority(conversation, cast.camille, 2, now=now)
    entry = AuditEntry.objects.get()
    assert (entry.member, entry.action) == (cast.camille, "conversation.priority")
    assert (entry.facts["before"], entry.facts["after"]) == ({"priority": 0}, {"priority": 2})
    services.set_priority(conversation, cast.camille, 2, now=now)
    assert AuditEntry.objects.count() == 1


def test_views_are_own_or_shared_and_counted(cast, conversation, now):
    own = services.save_view(cast.camille, "Mine", "is:mine", now=now)
    services.save_view(cast.camille, "Open", "state:open", now=now, is_shared=True, department=cast.news)
    services.save_view(cast.olive, "All", "", now=now, is_shared=True)
    views = views_of(cast.camille)
    assert {view.name for view in views} == {"Mine", "Open", "All"}
    assert {view.name for view in views_of(cast.sam)} == {"All"}
    counts = view_counts(cast.camille, views, now=now)
    assert {view.name: counts[view.id] for view in views} == {"Mine": "0", "Open": "1", "All": "1"}
    services.reorder_views(cast.camille, [view.id for view in views][::-1])
    services.change_view(own, cast.camille, name="My own", now=now)
    with pytest.raises(NotAllowed):
        services.change_view(own, cast.maud, name="Hers", now=now)
    services.delete_view(own, cast.camille, now=now)
    assert SavedView.objects.count() == 2


def test_view_that_cannot_be_read_or_shared_is_not_saved(cast, now):
    with pytest.raises(QueryNotUnderstood):
        services.save_view(cast.camille, "Wrong", "stat:open", now=now)
    with pytest.raises(NotAllowed):
        services.save_view(cast.anna, "Shared", "", now=now, is_shared=True, department=cast.news)
    with pytest.raises(NotAllowed):
        services.save_view(cast.camille, "House", "", now=now, is_shared=True)
