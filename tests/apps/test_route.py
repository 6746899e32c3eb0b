"""New items become conversations."""

from datetime import timedelta

import pytest

from parvis.channels.models import Item
from parvis.core.types import Status
from parvis.flows.route import refresh_conversations, route_new_items
from parvis.inbox.models import Conversation, Draft, Label, Labelling, Note
from parvis.inbox.services import move_to_department
from parvis.jobs.models import LiveEvent
from parvis.orgs.models import AuditEntry
from parvis.testing.clock import later
from parvis.testing.factories import make_channel, make_conversation, make_item, make_profile
from parvis.testing.processes import own_database, run_at_once, run_python

pytestmark = pytest.mark.django_db


def arrive(channel, text="", **fields):
    return make_item(channel, text, is_routed=False, **fields)


def test_public_comment_opens_a_conversation_with_what_a_row_needs(cast, now):
    channel = make_channel(cast.news)
    author = make_profile(channel, item_count=1)
    item = arrive(channel, "Voir https://example.org", profile=author, status=Status.HELD, language="fr-CH")
    assert route_new_items(now=now) == 1
    conversation = Conversation.objects.get()
    assert (conversation.root, conversation.last_item, conversation.department) == (item, item, cast.news)
    assert conversation.state == "open" and conversation.is_unanswered and conversation.held_count == 1
    assert conversation.why == ["held", "first_time", "has_link"]
    assert (conversation.language, conversation.has_link) == ("fr", True)
    assert conversation.last_activity_at == now


def test_routing_again_changes_nothing(cast, now):
    arrive(make_channel(cast.news))
    route_new_items(now=now)
    Item.objects.update(is_routed=False)
    before = list(Conversation.objects.values())
    assert route_new_items(now=now) == 1
    assert list(Conversation.objects.values()) == before
    assert route_new_items(now=now) == 0


def test_article_opens_nothing_and_house_comment_opens_nothing(cast, now):
    channel = make_channel(cast.news)
    arrive(channel, kind="article")
    arrive(channel, profile=make_profile(channel, is_house=True))
    route_new_items(now=now)
    assert not Conversation.objects.exists()


def test_public_answer_to_a_comment_of_ours_opens_its_thread(cast, now):
    channel = make_channel(cast.news)
    ours = arrive(channel, profile=make_profile(channel, is_house=True))
    route_new_items(now=now)
    theirs = arrive(channel, root=ours, parent=ours, at=later(now, hours=1))
    route_new_items(now=now)
    conversation = Conversation.objects.get()
    assert (conversation.root, conversation.last_item, conversation.item_count) == (ours, theirs, 2)


def test_reply_joins_the_conversation_of_its_root(cast, now):
    channel = make_channel(cast.news)
    root = arrive(channel)
    route_new_items(now=now)
    reply = arrive(channel, root=root, parent=root, at=later(now, minutes=5))
    route_new_items(now=now)
    conversation = Conversation.objects.get()
    assert (conversation.last_item, conversation.item_count) == (reply, 2)
    assert conversation.last_activity_at == later(now, minutes=5)


@pytest.mark.parametrize("state", ["done", "waiting", "snoozed"])
def test_public_reply_opens_a_closed_conversation_again(cast, now, state):
    channel = make_channel(cast.news)
    root = arrive(channel)
    route_new_items(now=now)
    Conversation.objects.update(state=state, snoozed_until=later(now, days=1), version=3)
    arrive(channel, root=root, at=later(now, minutes=5))
    route_new_items(now=now)
    conversation = Conversation.objects.get()
    assert (conversation.state, conversation.snoozed_until, conversation.version) == ("open", None, 4)
    assert AuditEntry.objects.filter(action="conversation.reopen", subject_key=str(conversation.pk)).exists()


def test_late_but_new_reply_opens_again_although_its_date_is_old(cast, now):
    channel = make_channel(cast.news)
    root = arrive(channel)
    route_new_items(now=now)
    Conversation.objects.update(state="done")
    arrive(channel, root=root, at=now - timedelta(hours=3))
    route_new_items(now=now)
    assert Conversation.objects.get().state == "open"


def test_spam_reply_and_a_changed_status_open_nothing_again(cast, now):
    channel = make_channel(cast.news)
    root = arrive(channel, status=Status.HELD)
    route_new_items(now=now)
    Conversation.objects.update(state="done")
    arrive(channel, root=root, status=Status.SPAM, at=later(now, minutes=5))
    Item.objects.filter(pk=root.pk).update(status=Status.PUBLISHED, is_routed=False)
    route_new_items(now=now)
    conversation = Conversation.objects.get()
    assert (conversation.state, conversation.last_item, conversation.held_count) == ("done", root, 0)


def test_reply_of_the_house_answers_the_conversation(cast, now):
    channel = make_channel(cast.news)
    root = arrive(channel)
    route_new_items(now=now)
    arrive(channel, root=root, profile=make_profile(channel, is_house=True), at=later(now, minutes=5))
    route_new_items(now=now)
    assert not Conversation.objects.get().is_unanswered


def test_spam_opens_as_done_and_says_why(cast, now):
    arrive(make_channel(cast.news), status=Status.SPAM)
    route_new_items(now=now)
    conversation = Conversation.objects.get()
    assert (conversation.state, conversation.why, conversation.item_count) == ("done", ["spam"], 0)


def test_what_is_long_past_opens_as_done_unless_it_is_held(cast, now):
    channel = make_channel(cast.news)
    old = now - timedelta(days=400)
    arrive(channel, "past", at=old)
    arrive(channel, "waits", at=old, status=Status.HELD)
    route_new_items(now=now)
    states = dict(Conversation.objects.values_list("root__text", "state"))
    assert states == {"past": "done", "waits": "open"}


def test_date_in_the_future_counts_from_when_it_came(cast, now):
    arrive(make_channel(cast.news), published_at=later(now, days=900), received_at=now)
    route_new_items(now=now)
    assert Conversation.objects.get().last_activity_at == now


def test_threads_that_turn_out_to_be_one_keep_what_people_did(cast, now):
    channel = make_channel(cast.news)
    orphan = arrive(channel, "reply")
    root = arrive(channel, "root")
    route_new_items(now=now)
    gone, kept = Conversation.objects.get(root=orphan), Conversation.objects.get(root=root)
    Conversation.objects.filter(pk=gone.pk).update(assignee=cast.camille, priority=2)
    Conversation.objects.filter(pk=kept.pk).update(state="done")
    Note.objects.create(conversation=gone, member=cast.camille, text="look", created_at=now)
    Labelling.objects.create(conversation=gone, label=Label.objects.create(name="heat"))
    for conversation, text in ((gone, "two"), (kept, "one")):
        Draft.objects.create(conversation=conversation, member=cast.maud, kind="reply", text=text, updated_at=now)
    Item.objects.filter(pk=orphan.pk).update(root=root, parent=root, is_routed=False)
    route_new_items(now=now)
    conversation = Conversation.objects.get()
    assert (conversation.pk, conversation.assignee, conversation.priority) == (kept.pk, cast.camille, 2)
    assert (conversation.state, conversation.item_count) == ("open", 2)
    assert conversation.notes.get().text == "look" and conversation.labellings.get().label.name == "heat"
    assert conversation.drafts.get().text == "one\n\ntwo"
    assert AuditEntry.objects.get(action="conversation.merge").facts["merged"] == gone.pk


def test_thread_whose_root_comes_late_keeps_its_conversation(cast, now):
    channel = make_channel(cast.news)
    orphan = arrive(channel)
    route_new_items(now=now)
    before = Conversation.objects.get()
    root = arrive(channel, kind="article", at=now - timedelta(days=1))
    Item.objects.filter(pk=orphan.pk).update(root=root, is_routed=False)
    route_new_items(now=now)
    after = Conversation.objects.get()
    assert (after.pk, after.root, after.item_count) == (before.pk, root, 2)


def test_reply_follows_its_conversation_into_the_other_department(cast, now):
    channel = make_channel(cast.news)
    root = arrive(channel)
    route_new_items(now=now)
    move_to_department(Conversation.objects.get(), cast.maud, to=cast.sport, now=now)
    reply = arrive(channel, root=root)
    route_new_items(now=now)
    reply.refresh_from_db()
    assert reply.department == cast.sport


def test_deleted_newest_item_gives_its_place_back(cast, now):
    channel = make_channel(cast.news)
    root = arrive(channel)
    reply = arrive(channel, root=root, at=later(now, minutes=5))
    route_new_items(now=now)
    Item.objects.filter(pk=reply.pk).update(status=Status.DELETED)
    conversation = Conversation.objects.get()
    assert refresh_conversations([conversation.pk], now) == 1
    conversation.refresh_from_db()
    assert (conversation.last_item, conversation.last_activity_at, conversation.item_count) == (root, now, 1)
    Item.objects.update(status=Status.DELETED)
    refresh_conversations([conversation.pk], now)
    conversation.refresh_from_db()
    assert (conversation.state, conversation.why, conversation.last_item) == ("done", ["gone"], reply)


def test_open_pages_are_told_once_a_conversation_and_not_of_hundreds(cast, now):
    channel = make_channel(cast.news)
    arrive(channel)
    route_new_items(now=now)
    event = LiveEvent.objects.get(kind="conversation")
    assert (event.subject_key, event.department_key) == (Conversation.objects.get().pk, cast.news.pk)
    for _ in range(40):
        arrive(channel)
    route_new_items(now=now)
    assert LiveEvent.objects.filter(kind="conversation").count() == 2
    assert LiveEvent.objects.latest("id").facts["many"] == 40


def test_routing_takes_the_same_few_queries_for_many_items(cast, now, django_assert_max_num_queries):
    channel = make_channel(cast.news)
    for _ in range(60):
        make_conversation(arrive(channel))
    for _ in range(60):
        arrive(channel)
    with django_assert_max_num_queries(30):
        assert route_new_items(now=now) == 120


SOW = """
from parvis.core.types import Kind, Status
from parvis.testing.cast import make_cast
from parvis.testing.factories import make_channel, make_item
channel = make_channel(make_cast().news)
for _ in range(60):
    root = make_item(channel, is_routed=False)
    make_item(channel, is_routed=False, root=root)
"""
ROUTE = """
from parvis.flows.route import route_new_items
from parvis.testing.clock import MONDAY
print(sum(route_new_items(now=MONDAY, limit=7) for _ in range(60)))
"""
COUNT = """
from parvis.channels.models import Item
from parvis.inbox.models import Conversation
print(Conversation.objects.count(), set(Conversation.objects.values_list("item_count", flat=True)),
      Item.objects.filter(is_routed=False).count())
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_open_each_conversation_once(tmp_path):
    house = own_database(tmp_path)
    run_python(SOW, house)
    run_at_once(ROUTE, house, count=3)
    run_python(ROUTE, house)
    assert run_python(COUNT, house) == "60 {2} 0"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", ["route.taken", "route.routed", "route.marked"])
def test_worker_killed_while_routing_loses_and_doubles_nothing(tmp_path, step):
    house = own_database(tmp_path)
    run_python(SOW, house)
    with pytest.raises(AssertionError):
        run_python(ROUTE, {**house, "PARVIS_DIE_AT": step})
    run_python(ROUTE, house)
    run_python(ROUTE, house)
    assert run_python(COUNT, house) == "60 {2} 0"
