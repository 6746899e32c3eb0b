"""Figures of what is out: asked for ever more rarely, kept as they were told, never 0 where nobody told."""

import pytest
from tests.apps.publishing import run
from tests.apps.test_publishing_readback import out, read_back

from parvis.channels.models import Item
from parvis.publishing.models import Publication, PublicationNumber, ReadBack
from parvis.publishing.numbers import answers_to, figures_of, item_of, keep_numbers
from parvis.publishing.watching import LOOKS, next_look
from parvis.testing.clock import later
from parvis.testing.factories import make_item, make_profile

from tests.apps.delivering import platform  # isort: skip
from tests.apps.publishing import posting_channel  # isort: skip


@pytest.fixture
def far():
    with platform() as simulator:
        yield simulator


@pytest.fixture
def channel(far, cast):
    return posting_channel(far, cast.news, can=["upload", "publish"])


def test_figures_are_asked_for_at_rising_intervals_and_then_no_more(cast, channel, now):
    publication = out(cast, channel, now)
    done_at = publication.done_at
    for pause in LOOKS:
        read_back(done_at + pause)
    assert ReadBack.objects.get().next_at is None
    times = set(PublicationNumber.objects.values_list("at", flat=True))
    assert times == {done_at + pause for pause in LOOKS}
    assert next_look(done_at, now=done_at + LOOKS[0]) == done_at + LOOKS[1]


def test_what_the_platform_tells_is_kept_and_what_it_does_not_is_no_zero(cast, channel, now):
    publication = out(cast, channel, now)
    read_back(publication.done_at + LOOKS[0])
    told = dict(PublicationNumber.objects.values_list("name", "value"))
    assert told == {"likes": 3, "boosts": 0, "replies": 0}
    figures = figures_of([publication])[publication.pk]
    assert figures.names == ("likes", "boosts", "replies")
    assert figures.rows == ((publication.done_at + LOOKS[0], (3, 0, 0)),)


def test_answers_that_came_in_are_counted_where_nobody_tells(cast, channel, now):
    publication = out(cast, channel, now)
    read_back(publication.done_at + LOOKS[0])
    root = Item.objects.get(remote_id=publication.remote_id)
    house = make_profile(channel, "The house itself", is_house=True)
    make_item(channel, "Nice", root=root)
    make_item(channel, "Our own word", root=root, profile=house)
    make_item(channel, "Taken away", root=root, status="deleted")
    read_back(publication.done_at + LOOKS[1])
    newest = PublicationNumber.objects.filter(name="replies").order_by("-at").first()
    assert newest.value == 1
    assert [one.text for one in answers_to(item_of(publication))] == ["Nice"]


def test_same_answer_twice_and_names_unknown_are_kept_once_or_not(cast, channel, now):
    publication = out(cast, channel, now)
    for _ in range(2):
        keep_numbers(publication, {"likes": 4, "sparkles": 1, "views": -1}, now=now)
    assert list(PublicationNumber.objects.values_list("name", "value")) == [("likes", 4)]


def test_figures_of_many_are_one_question(cast, channel, now, django_assert_num_queries):
    publication = out(cast, channel, now)
    keep_numbers(publication, {"likes": 4}, now=now)
    with django_assert_num_queries(1):
        assert figures_of([publication])


def test_figures_are_seen_only_where_the_department_is(cast, channel, now):
    keep_numbers(out(cast, channel, now), {"likes": 4}, now=now)
    assert PublicationNumber.objects.visible_to(cast.anna).exists()
    assert not PublicationNumber.objects.visible_to(cast.sam).exists()
    assert not ReadBack.objects.visible_to(cast.sam).exists()


def test_what_is_not_out_is_not_asked_for(cast, channel, now):
    publication = out(cast, channel, now)
    Publication.objects.filter(pk=publication.pk).update(state="withdrawn")
    read_back(later(now, hours=1))
    run(later(now, hours=1))
    assert not PublicationNumber.objects.exists()
