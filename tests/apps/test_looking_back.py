"""A look through history writes what hearing would have written, whatever the pace and whatever happens meanwhile."""

from datetime import timedelta

import pytest

from parvis.channels.models import Item
from parvis.core.query.document import Document
from parvis.core.query.naive import holds
from parvis.core.query.parser import parse_query
from parvis.listening import history
from parvis.listening.documents import heard
from parvis.listening.history import beginning, find, look_back
from parvis.listening.kept import FIELDS, as_kept, moment_of, standing
from parvis.listening.models import HourCount, Match
from parvis.listening.reputation.tallies import keep_tallies
from parvis.listening.services import Wish, change_query, save_query
from parvis.orgs.house import house_zone
from parvis.testing.factories import make_channel
from parvis.testing.heard import put_items

pytestmark = pytest.mark.django_db

FACTS = ({}, {"reach": 12}, {"reach": 12.9}, {"reach": -3.7}, {"reach": True}, {"reach": "12"}, {"reach": None})
FIELDS_ASKED = (
    "author:dupont", 'author:"Anne Du*"', "url:/sport/", "site:rts.ch", "lang:fr", "kind:article", "platform:wordpress",
    "department:News", "followers:>10", "reach:<5", "since:1d", "date:2020-01-01..", "date:..2020-01-01", "is:reply",
    "date:1900-01-01..", "date:..2200-12-31", "has:media", "has:link", "title:climat", "climat lang:fr -is:reply",
    "(lang:fr OR kind:article) climat*", "-climat lang:fr", "fold:hard cl1mat", "#climat", "@rts", "=Climat",
    "climat~1", '"le climat" OR sport', "le NEAR/2 change", "*mat", "cl*at", "climat OR sport OR a OR b OR c OR d",
)  # fmt: skip


@pytest.fixture
def channel(cast):
    return make_channel(cast.news)


def _items(channel, now):
    documents = [
        Document("Le climat change. https://rts.ch", lang="fr", author="Anne Dupont", url="https://www.rts.ch/sport/1"),
        Document("#climat et @rts@social.ch", lang="fr-CH", handle="dupont", is_reply=True, followers=20, reach=4),
        Document("sport", title="Climat", kind="article", has_media=True, published_at=now - timedelta(days=400)),
        Document("Klima", lang="de", url="https://example.org/rts.ch", published_at=now - timedelta(hours=5)),
        Document("le grand climat qui change", followers=5, reach=100),
        Document("clлmat acclimater climats"),
    ]
    return put_items(channel, documents * 2, at=now)


def _save(cast, text, now, **wish):
    return save_query(cast.olive, Wish(**{"name": "Q", "text": text, "department": cast.news, **wish}), now=now)


def _look(query, now):
    place = beginning()
    while place is not None:
        place, _, _ = look_back(query, place, now=now)
    query.refresh_from_db()


def _hours(query):
    rows = HourCount.objects.filter(query=query, count__gt=0).order_by("hour")
    return list(rows.values_list("hour", "count", "tone_count", "reach_count", "reach_sum"))


@pytest.mark.parametrize("text", FIELDS_ASKED)
def test_every_field_finds_what_the_naive_evaluator_finds(cast, channel, now, text):
    items = _items(channel, now)
    query = parse_query(text)
    truth = [
        one.item_id
        for one in heard(Item.objects.order_by("id"))
        if holds(query, one.document, now=now, zone=house_zone())
    ]
    assert find(query, [item.id for item in items], now=now) == truth


def test_matches_are_counted_with_what_hearing_counts_them_with(cast, channel, now):
    items = put_items(channel, [Document("climat", author="Anne", published_at=now)] * len(FACTS), at=now)
    for item, facts in zip(items, FACTS, strict=True):
        Item.objects.filter(id=item.id).update(facts=facts)
    Item.objects.filter(id=items[0].id).update(published_at=None, received_at=now - timedelta(days=1, minutes=7))
    wanted = {one.item_id: (as_kept(one), one.at) for one in heard(Item.objects.all())}
    query = _save(cast, "climat", now)
    _look(query, now)
    rows = Match.objects.filter(query=query).values_list("item_id", *FIELDS)
    assert {key: tuple(values) for key, *values in rows} == {key: tuple(kept) for key, (kept, _) in wanted.items()}
    assert {
        one.item_id: (one.kept, moment_of(one.written_at)) for one in standing([item.id for item in items])
    } == wanted
    assert (query.match_count, query.last_match_at) == (len(FACTS), now)
    written = _hours(query)
    keep_tallies([(query.pk, kept, -1) for kept, _ in wanted.values()])
    assert (sum(count for _, count, *_ in written), _hours(query)) == (len(FACTS), [])


def test_many_small_steps_find_the_same_as_one(cast, channel, now, monkeypatch):
    _items(channel, now)
    whole, parts = _save(cast, "climat OR lang:de", now), _save(cast, "climat OR lang:de", now, name="R")
    words = _save(cast, "climat OR sport", now)
    _look(whole, now)
    monkeypatch.setattr(history, "ITEMS_AT_ONCE", 1)
    monkeypatch.setattr(history, "STEP_S", 0.0)
    for query in (parts, words):
        _look(query, now)
    assert list(parts.matches.order_by("item_id").values_list("item_id", flat=True)) == list(
        whole.matches.order_by("item_id").values_list("item_id", flat=True)
    )
    assert (_hours(parts), parts.match_count) == (_hours(whole), whole.match_count)
    assert words.match_count == words.matches.count() == 8


def test_a_second_look_writes_nothing_again(cast, channel, now):
    _items(channel, now)
    query = _save(cast, "climat", now)
    _look(query, now)
    before = (list(query.matches.order_by("id").values_list("id", flat=True)), _hours(query), query.match_count)
    _look(query, now)
    assert (list(query.matches.order_by("id").values_list("id", flat=True)), _hours(query), query.match_count) == before


def test_a_query_that_moves_to_another_department_keeps_nothing_of_the_first(cast, channel, now):
    _items(channel, now)
    [there] = put_items(make_channel(cast.sport), [Document("climat")], at=now)
    query = _save(cast, "climat", now)
    _look(query, now)
    wish = Wish(name="Q", text="climat", department=cast.sport)
    change_query(query, cast.olive, wish, now=now, revision=query.revision)
    _look(query, now)
    assert list(query.matches.order_by("item_id").values_list("item_id", flat=True)) == [there.id]
    assert (query.match_count, [count for _, count, *_ in _hours(query)]) == (1, [1])


@pytest.mark.parametrize("was_looked_at_before", [False, True])
def test_what_changes_between_reading_and_writing_is_left_to_hearing(
    cast, channel, now, monkeypatch, was_looked_at_before
):
    first, second = put_items(channel, [Document("climat"), Document("climat")], at=now)
    query = _save(cast, "climat", now)
    if was_looked_at_before:
        _look(query, now)
    lock = history.lock_matches

    def change_then_lock():
        Item.objects.filter(id=first.id).update(text="sport", fingerprint="f" * 32, is_heard=False)
        lock()

    monkeypatch.setattr(history, "lock_matches", change_then_lock)
    _look(query, now)
    assert list(query.matches.order_by("item_id").values_list("item_id", flat=True)) == [second.id]
    assert query.match_count == 1


def test_a_query_that_is_changed_meanwhile_stops_the_look(cast, channel, now):
    _items(channel, now)
    query = _save(cast, "climat", now)
    old = type(query).objects.get(pk=query.pk)
    wish = Wish(name="Q", text="sport", department=cast.news)
    change_query(query, cast.olive, wish, now=now, revision=query.revision)
    assert look_back(old, beginning(), now=now) == (None, 0, 0)
    assert not query.matches.exists()
