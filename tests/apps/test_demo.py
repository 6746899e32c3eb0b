"""The demonstration."""

from random import Random

import pytest

import parvis.flows.demo
from parvis.channels.models import Channel, Effect, Item
from parvis.core.errors import Conflict
from parvis.flows.demo import fill_demo, fill_house
from parvis.flows.demo.texts import Writer
from parvis.flows.route import route_new_items
from parvis.inbox.deriving import derive
from parvis.inbox.models import Conversation, Mention
from parvis.inbox.queries import conversation_page
from parvis.orgs.models import AuditEntry, House, Member, Membership
from parvis.orgs.rights import Role
from parvis.testing import inbox_load
from parvis.testing.clock import MONDAY

pytestmark = pytest.mark.django_db
DERIVED = (
    "last_item_id", "last_activity_at", "item_count", "held_count", "is_unanswered", "kind", "language", "has_link",
    "newest_item_id",
)  # fmt: skip
PASSWORD = "only-for-looking-around-9"


@pytest.fixture
def demo(db):
    return fill_demo(now=MONDAY, password=PASSWORD, item_count=1500)


def test_owner_of_a_demonstration_is_found_again(demo):
    assert fill_house(now=MONDAY) == demo.company.owner
    assert Item.objects.count() == 1500


def test_house_is_marked_and_has_somebody_of_every_role(demo):
    assert House.objects.get().is_demo
    assert set(Membership.objects.values_list("role", flat=True)) == set(Role.values)
    assert all(member.check_password(PASSWORD) for member in Member.objects.all()[:3])


def test_it_has_as_many_items_as_asked_for_in_conversations_of_every_state(demo):
    assert demo.item_count == 1500 == Item.objects.count()
    assert set(Conversation.objects.values_list("state", flat=True)) == {"open", "waiting", "snoozed", "done"}
    assert {"fr", "en"} <= set(Conversation.objects.values_list("language", flat=True))
    assert Conversation.objects.filter(held_count__gt=0).exists()


@pytest.mark.parametrize("count", [1000, 2000, pytest.param(12_345, marks=pytest.mark.slow)])
def test_any_number_is_met_to_the_item_in_a_fifth_as_many_conversations(count):
    demo = fill_demo(now=MONDAY, password=None, item_count=count)
    assert demo.item_count == count == Item.objects.count()
    assert demo.conversation_count == count // 5 == Conversation.objects.count()
    in_threads = Item.objects.exclude(kind="article")
    assert in_threads.filter(root=None).count() == count // 5


def test_bench_names_as_many_items_as_the_house_holds(demo):
    assert inbox_load.plan()["items"] == 1500


def test_every_conversation_says_what_its_items_say(monkeypatch, now):
    monkeypatch.setattr(parvis.flows.demo, "_say_why", lambda **_: None)
    fill_demo(now=MONDAY, password=PASSWORD, item_count=800)
    rows = {row.root_id: row for row in Conversation.objects.all()}
    derived = derive(rows)
    assert len(derived) == len(rows) > 100
    for root, found in derived.items():
        for column in DERIVED:
            assert getattr(rows[root], column) == getattr(found, column), (root, column)
    assert route_new_items(now=now) == 0


def test_search_filters_and_rows_work_on_it(demo, now):
    owner = demo.company.owner
    assert conversation_page(owner, "merci", now=now).rows
    page = conversation_page(owner, "state:open is:held platform:wordpress", now=now)
    assert page.rows and all(row.held_count for row in page.rows)
    assert any("first_time" in row.why for row in conversation_page(owner, "state:open", now=now).rows)


def test_something_is_wrong_somewhere_so_that_it_can_be_seen(demo):
    assert Effect.objects.filter(state="needs_person").count() == 3
    assert Channel.objects.filter(error__isnull=False).count() == 1
    assert Channel.objects.filter(drift_count__gt=0).get().envelopes.filter(state="unparsed").exists()


def test_no_channel_of_it_is_ever_read(demo):
    assert not Channel.objects.filter(next_sync_at__isnull=False).exists()
    assert all(".example" in address for address in Channel.objects.values_list("address", flat=True))


def test_same_seed_gives_the_same_texts(demo):
    texts = list(Item.objects.order_by("id").values_list("text", flat=True)[:200])
    Item.objects.all().update(text="")
    assert Writer(Random(3)).comment("fr") == Writer(Random(3)).comment("fr")
    assert len(set(texts)) > 100


def test_demonstration_never_mixes_with_a_real_house(cast):
    with pytest.raises(Conflict):
        fill_demo(now=MONDAY, password=PASSWORD, item_count=200)
    assert not House.objects.get().is_demo


def test_trail_and_mentions_stand_in_the_order_of_time(demo):
    for rows in (
        AuditEntry.objects.values_list("at", flat=True),
        Mention.objects.values_list("note__created_at", flat=True),
    ):
        moments = list(rows.order_by("id"))
        assert len(moments) > 5 and moments == sorted(moments)
        assert moments[-1] <= MONDAY
