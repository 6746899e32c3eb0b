from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.apps.noting import broken, connector, note, payload

from parvis.channels import registry
from parvis.channels.envelopes import prune_envelopes
from parvis.channels.intake import replay, take_in, take_in_payloads
from parvis.channels.models import Channel, Effect, Envelope, Item, ItemVersion, Profile
from parvis.channels.search import item_ids_matching
from parvis.core.connector import Fetched
from parvis.testing.clock import MONDAY, later
from parvis.testing.factories import make_channel, make_department

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def noting():
    with registry.added(connector):
        yield


@pytest.fixture
def channel(db):
    return make_channel(connector="noting")


def fetched(*payloads, page=1):
    return Fetched(payloads=payloads, cursor={"page": page})


def threads(channel):
    """remote id → remote ids of its parent, thread and article, with its text and status."""
    rows = Item.objects.filter(channel=channel).select_related("parent", "root", "about", "profile")
    name = lambda item: item.remote_id if item else None  # noqa: E731
    return {
        item.remote_id: (
            name(item.parent),
            name(item.root),
            name(item.about),
            item.text,
            item.status,
            name(item.profile),
        )
        for item in rows
    }


def test_step_is_stored_with_its_cursor(channel, now):
    taken = take_in(channel, fetched(payload(note(1, "Bonjour", author="Ada"), note(2, parent=1)), page=7), now=now)
    channel.refresh_from_db()
    assert (taken.new_count, channel.cursor, channel.item_count) == (2, {"page": 7}, 2)
    first, second = Item.objects.order_by("id")
    assert (second.parent, second.root, first.root) == (first, first, None)
    assert (first.text, first.body, first.published_at.year, first.received_at) == ("Bonjour", "", 2026, now)
    assert Profile.objects.get().item_count == 1
    assert item_ids_matching("ada bonjour", department_ids=None) == [first.id]
    assert not Item.objects.filter(is_routed=True).exists()


def test_same_payload_again_changes_nothing_and_is_kept_once(channel, now):
    for minutes in range(3):
        take_in(channel, fetched(payload(note(1, author="Ada"))), now=later(now, minutes=minutes))
    envelope = Envelope.objects.get()
    assert (envelope.received_at, envelope.seen_at) == (now, later(now, minutes=2))
    assert (Item.objects.count(), Profile.objects.get().item_count) == (1, 1)


def test_state_that_returns_is_seen_to_return(channel, now):
    for minutes, status in enumerate(["held", "published", "held"]):
        take_in(channel, fetched(payload(note(1, status=status))), now=later(now, minutes=minutes))
        assert Item.objects.get().status == status
    assert Envelope.objects.count() == 2


def test_parent_that_comes_late_gathers_its_thread(channel, now):
    take_in(channel, fetched(payload(note(4, parent=3), note(3, parent=2))), now=now)
    take_in(channel, fetched(payload(note(5, parent=4))), now=later(now, minutes=1))
    Item.objects.update(is_routed=True)
    take_in(channel, fetched(payload(note(2, parent=1))), now=later(now, minutes=2))
    take_in(channel, fetched(payload(note(1))), now=later(now, minutes=3))
    places = threads(channel)
    assert {name: place[:2] for name, place in places.items()} == {
        "note:1": (None, None),
        "note:2": ("note:1", "note:1"),
        "note:3": ("note:2", "note:1"),
        "note:4": ("note:3", "note:1"),
        "note:5": ("note:4", "note:1"),
    }
    assert not Item.objects.filter(is_routed=True).exists()


def test_article_that_comes_late_is_tied_to_its_comments(channel, now):
    take_in(channel, fetched(payload(note(1, about=9))), now=now)
    take_in(channel, fetched(payload(note(9, kind="article"))), now=later(now, minutes=1))
    assert threads(channel)["note:1"][2] == "note:9"


def test_items_that_answer_each_other_in_a_circle_do_no_harm(channel, now):
    take_in(channel, fetched(payload(note(1, parent=2), note(2, parent=1), note(3, parent=3))), now=now)
    take_in(channel, fetched(payload(note(4, parent=5))), now=now)
    take_in(channel, fetched(payload(note(5, parent=4))), now=now)
    assert Item.objects.count() == 5
    assert Item.objects.filter(root__isnull=True).count() == 3


def test_item_that_the_platform_puts_elsewhere_moves_with_its_answers(channel, now):
    take_in(channel, fetched(payload(note(1), note(2), note(3, parent=1), note(4, parent=3))), now=now)
    take_in(channel, fetched(payload(note(3, parent=2))), now=later(now, minutes=1))
    places = threads(channel)
    assert places["note:3"][:2] == ("note:2", "note:2")
    assert places["note:4"][:2] == ("note:3", "note:2")
    take_in(channel, fetched(payload(note(3))), now=later(now, minutes=2))
    places = threads(channel)
    assert places["note:3"][:2] == (None, None)
    assert places["note:4"][:2] == ("note:3", "note:3")


def test_edit_keeps_what_was_said_before(channel, now):
    take_in(channel, fetched(payload(note(1, "before"))), now=now)
    take_in(channel, fetched(payload(note(1, "after"))), now=later(now, minutes=1))
    version = ItemVersion.objects.get()
    assert (Item.objects.get().text, version.body, version.until) == ("after", "before", later(now, minutes=1))
    assert item_ids_matching("before", department_ids=None) == []
    assert len(item_ids_matching("after", department_ids=None)) == 1


def test_older_payload_never_overwrites_a_newer_one(channel, now):
    take_in(channel, fetched(payload(note(1, "new"))), now=later(now, minutes=5))
    taken = take_in(channel, fetched(payload(note(1, "old"))), now=now)
    assert (Item.objects.get().text, taken.stale_count) == ("new", 1)
    take_in(channel, fetched(payload(note(2, "new", changed=2000))), now=now)
    take_in(channel, fetched(payload(note(2, "old", changed=1000))), now=later(now, minutes=9))
    assert Item.objects.get(remote_id="note:2").text == "new"


@pytest.mark.parametrize("state", ["waiting", "sending", "unsure", "needs_person"])
def test_decision_on_its_way_is_not_undone_by_a_reading(channel, now, state):
    take_in(channel, fetched(payload(note(1, status="held"))), now=now)
    item = Item.objects.get()
    Item.objects.update(status="published")
    Effect.objects.create(
        channel=channel, department=channel.department, item=item, can="approve", state=state, created_at=now,
        next_try_at=now,
    )  # fmt: skip
    take_in(channel, fetched(payload(note(1, "edited", status="held"))), now=later(now, minutes=1))
    item.refresh_from_db()
    assert (item.status, item.remote_status, item.text) == ("published", "held", "edited")
    Effect.objects.update(state="done")
    take_in(channel, fetched(payload(note(1, "edited again", status="held"))), now=later(now, minutes=2))
    item.refresh_from_db()
    assert item.status == "held"


def test_payload_that_makes_no_sense_is_kept_counted_and_passed(channel, now):
    taken = take_in(channel, fetched(broken(), payload(note(1)), page=3), now=now)
    channel.refresh_from_db()
    assert (taken.unparsed_count, taken.new_count, channel.drift_count, channel.cursor) == (1, 1, 1, {"page": 3})
    assert Envelope.objects.get(state="unparsed").problems[0]["detail"]


def test_one_bad_record_does_not_hide_the_good_ones(channel, now):
    take_in(channel, fetched(payload(note(1), {"nothing": 1}, note(2))), now=now)
    envelope = Envelope.objects.get()
    assert (envelope.state, len(envelope.problems), Item.objects.count()) == ("partial", 1, 2)


def test_parser_that_falls_over_does_not_stop_the_channel(channel, now, caplog):
    take_in(channel, fetched(payload(note(1, kind="never heard of"))), now=now)
    assert Envelope.objects.get().state == "unparsed"


def test_step_of_a_worker_that_lost_its_lease_changes_nothing(channel, now):
    Channel.objects.update(leased_by="other", leased_until=later(now, minutes=1))
    assert take_in(channel, fetched(payload(note(1))), now=now, lease="mine").is_dropped
    assert (Item.objects.count(), Envelope.objects.count()) == (0, 0)
    Channel.objects.update(leased_by="mine", leased_until=now)
    assert take_in(channel, fetched(payload(note(1))), now=now, lease="mine").is_dropped
    Channel.objects.update(leased_until=later(now, seconds=1))
    assert take_in(channel, fetched(payload(note(1))), now=now, lease="mine").new_count == 1


def test_payloads_that_did_not_come_by_polling_leave_the_cursor(channel, now):
    take_in(channel, fetched(payload(note(1)), page=4), now=now)
    take_in_payloads(channel, [payload(note(2))], now=now)
    channel.refresh_from_db()
    assert (channel.cursor, channel.item_count) == ({"page": 4}, 2)


def test_whatever_a_platform_sends_can_be_stored(channel, now):
    odd = note("x" * 900, "nul \0 half \ud800 smile 😀", title="\0", author="\udfff", parent="y" * 900, html=True)
    take_in(channel, fetched(payload(odd, note("y" * 900))), now=now)
    take_in(channel, fetched(payload(odd)), now=later(now, minutes=1))
    child = Item.objects.get(parent__isnull=False)
    assert child.root.remote_id.startswith("note:yyy")
    assert "😀" in child.text


def test_replay_brings_in_what_could_not_be_parsed_and_the_count_comes_down(channel, now):
    mended = payload(note(1, "from the deep"))
    late = broken("[{]")
    take_in(channel, fetched(late, broken("{}")), now=now)
    assert Channel.objects.get().drift_count == 2

    def parse_mended(given):
        return connector.parse(mended if given.body == late.body else given)

    import dataclasses

    with registry.added(dataclasses.replace(connector, parse=parse_mended, version=2)):
        seen = []
        done = replay(channel, now=later(now, days=1), progress=lambda so_far: seen.append(so_far.envelope_count))
        again = replay(None, now=later(now, days=1))
    assert (done.mended_count, done.new_count, seen) == (1, 1, [1, 2])
    assert (again.new_count, again.envelope_count) == (0, 1)
    assert Channel.objects.get().drift_count == 1
    assert Item.objects.get().text == "from the deep"


def test_replay_never_brings_an_old_state_back(channel, now):
    take_in(channel, fetched(payload(note(1, "first"))), now=now)
    lost = broken("[2")
    take_in(channel, fetched(lost), now=later(now, minutes=1))
    take_in(channel, fetched(payload(note(1, "first"))), now=later(now, minutes=2))

    def parse_mended(given):
        return connector.parse(payload(note(1, "second")) if given.body == lost.body else given)

    import dataclasses

    with registry.added(dataclasses.replace(connector, parse=parse_mended, version=2)):
        replay(channel, now=later(now, days=1))
        assert Item.objects.get().text == "first"
        replay(channel, now=later(now, days=1), everything=True)
        assert Item.objects.get().text == "first"


def test_raw_payloads_are_forgotten_in_time_and_unread_ones_later(channel, now):
    take_in(channel, fetched(payload(note(1)), broken()), now=now)
    assert prune_envelopes(now + timedelta(days=89)) == 0
    assert prune_envelopes(now + timedelta(days=91)) == 1
    assert Envelope.objects.get().state == "unparsed"
    assert prune_envelopes(now + timedelta(days=361)) == 1
    assert Channel.objects.get().drift_count == 0
    assert Item.objects.count() == 1


def test_answer_is_seen_where_its_thread_is(channel, now):
    elsewhere = make_department()
    take_in(channel, fetched(payload(note(1))), now=now)
    from parvis.channels.search import move_items

    move_items([Item.objects.get().id], elsewhere.id)
    take_in(channel, fetched(payload(note(2, "answer", parent=1))), now=later(now, minutes=1))
    answer = Item.objects.get(remote_id="note:2")
    assert answer.department_id == elsewhere.id
    assert item_ids_matching("answer", department_ids=[elsewhere.id]) == [answer.id]
    assert item_ids_matching("answer", department_ids=[channel.department_id]) == []


NOTES = [
    note(1, "root", author="Ada"),
    note(2, "a", parent=1, author="Bob"),
    note(3, "b", parent=2, about=8),
    note(4, "c", parent=3, author="Ada", status="held"),
    note(5, "other root", about=8),
    note(6, "d", parent=5, author="Bob"),
    note(8, "article", kind="article"),
]
PAYLOADS = [payload(NOTES[0], NOTES[1]), payload(NOTES[3]), payload(NOTES[2], NOTES[6]), payload(*NOTES[4:6])]
PAYLOADS += [payload(*NOTES[1:4]), broken("[cut off")]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(len(PAYLOADS))), more=st.lists(st.integers(0, len(PAYLOADS) - 1), max_size=6))
def test_any_order_and_repetition_of_payloads_ends_in_the_same_threads(cast, order, more):
    channel = make_channel(cast.news, connector="noting")
    for count, number in enumerate([*more, *order]):
        take_in(channel, fetched(PAYLOADS[number]), now=MONDAY + timedelta(seconds=count))
    assert threads(channel) == {
        "note:1": (None, None, None, "root", "published", "user:Ada"),
        "note:2": ("note:1", "note:1", None, "a", "published", "user:Bob"),
        "note:3": ("note:2", "note:1", "note:8", "b", "published", None),
        "note:4": ("note:3", "note:1", None, "c", "held", "user:Ada"),
        "note:5": (None, None, "note:8", "other root", "published", None),
        "note:6": ("note:5", "note:5", None, "d", "published", "user:Bob"),
        "note:8": (None, None, None, "article", "published", None),
    }
    channel.refresh_from_db()
    assert (channel.item_count, channel.drift_count) == (7, 1)
    assert dict(Profile.objects.filter(channel=channel).values_list("name", "item_count")) == {"Ada": 2, "Bob": 2}
    assert Envelope.objects.filter(channel=channel).count() == len(PAYLOADS)


def test_status_that_is_told_alone_leaves_the_rest_as_it_was(channel, now):
    take_in(channel, fetched(payload(note(1, "kept", author="Ada"))), now=now)
    gone = [note(1, status="deleted", status_only=True), note(2, status="deleted", status_only=True)]
    taken = take_in(channel, fetched(payload(*gone)), now=later(now, minutes=1))
    item = Item.objects.get()
    assert (item.status, item.remote_status, item.text, item.profile.name) == ("deleted", "deleted", "kept", "Ada")
    assert taken.changed_count == 1
    take_in(channel, fetched(payload(note(1, "kept", author="Ada"))), now=later(now, minutes=2))
    assert Item.objects.get().status == "published"
