"""What tells the same thing gathers into one story, each department's among themselves."""

from datetime import timedelta

import pytest

from parvis.channels.models import Item
from parvis.core.query.document import Document
from parvis.listening.ears import Ears
from parvis.listening.hearing import hear_new_items
from parvis.listening.models import Story, Telling
from parvis.listening.services import Wish, save_query
from parvis.listening.telling import Stories
from parvis.testing.factories import make_channel
from parvis.testing.heard import put_items

pytestmark = pytest.mark.django_db
NEWS = "Le Conseil fédéral veut baisser la redevance de radio et télévision à 300 francs dès 2029."
REPRINT = f"RT @ats: {NEWS} https://t.co/abc?utm_source=x"
OTHER = "Le festival de Locarno annonce le programme de sa prochaine édition, avec douze premières mondiales."


def _hear(now, ears=None):
    ears = ears or Ears()
    while hear_new_items(ears, now=now):
        pass


def _stories():
    return [(story.item_count, story.channel_count) for story in Story.objects.order_by("id")]


def test_a_reprint_on_another_channel_joins_the_story(cast, now):
    put_items(make_channel(cast.news), [Document(NEWS), Document(OTHER)], at=now, is_heard=False)
    put_items(make_channel(cast.news), [Document(REPRINT)], at=now + timedelta(hours=1), is_heard=False)
    _hear(now)
    assert _stories() == [(2, 2), (1, 1)]
    story = Story.objects.order_by("id")[0]
    assert (story.first_at, story.last_at) == (now, now + timedelta(hours=1))


def test_a_worker_that_begins_later_knows_the_stories_of_others(cast, now):
    one, other = Ears(), Ears()
    channel = make_channel(cast.news)
    for ears, text in ((one, NEWS), (other, REPRINT), (one, f"{NEWS} Réactions."), (Ears(), NEWS)):
        put_items(channel, [Document(text)], at=now, is_heard=False)
        _hear(now, ears)
    assert _stories() == [(4, 1)]


def test_another_departments_items_are_another_story(cast, now):
    for department in (cast.news, cast.sport):
        put_items(make_channel(department), [Document(NEWS)], at=now, is_heard=False)
    _hear(now)
    assert _stories() == [(1, 1), (1, 1)]
    assert Story.objects.visible_to(cast.sam).count() == 1


def test_placing_twice_changes_nothing(cast, now):
    put_items(make_channel(cast.news), [Document(NEWS), Document(REPRINT)], at=now, is_heard=False)
    _hear(now)
    Item.objects.update(is_heard=False)
    _hear(now)
    assert _stories() == [(2, 1)]
    assert Telling.objects.count() == 2


def test_a_story_that_rested_for_a_week_is_over(cast, now):
    channel = make_channel(cast.news)
    put_items(channel, [Document(NEWS)], at=now, is_heard=False)
    _hear(now)
    later = now + timedelta(days=8)
    put_items(channel, [Document(NEWS)], at=later, is_heard=False)
    _hear(later)
    assert _stories() == [(1, 1), (1, 1)]


def test_what_fails_to_be_written_is_not_remembered(cast, now, monkeypatch):
    [item] = put_items(make_channel(cast.news), [Document(NEWS)], at=now)
    stories = Stories()

    def broken(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("parvis.listening.telling.insert_rows", broken)
        with pytest.raises(RuntimeError):
            stories.place([item.pk], now=now)
    assert stories.place([item.pk], now=now) == 1
    assert _stories() == [(1, 1)]


def test_a_query_finds_the_items_of_a_story(cast, now):
    channel = make_channel(cast.news)
    put_items(channel, [Document(NEWS)], at=now, is_heard=False)
    ears = Ears()
    _hear(now, ears)
    story = Story.objects.get()
    query = save_query(cast.camille, Wish(name="Story", text=f"story:{story.pk}", department=cast.news), now=now)
    put_items(channel, [Document(REPRINT), Document(OTHER)], at=now, is_heard=False)
    _hear(now, ears)
    assert list(query.matches.values_list("item__text", flat=True)) == [REPRINT]
