"""Reputation: every figure is made of the items that its reader sees, and of no others."""

from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from itertools import pairwise
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from parvis.channels.models import Item
from parvis.channels.search import move_items
from parvis.core.errors import BadInput, Conflict, FieldMissing, NotAllowed
from parvis.core.query.document import Document
from parvis.flows.looking_back import start_look_back
from parvis.jobs.work import run_jobs
from parvis.listening.ears import Ears
from parvis.listening.hearing import hear_new_items
from parvis.listening.models import Annotation, Comparison, DepartmentHour, HourCount, Match, QueryState
from parvis.listening.reputation.figures import figures_of
from parvis.listening.reputation.items import Behind, item_page
from parvis.listening.reputation.periods import Period, last_days, own_days
from parvis.listening.reputation.queries import annotations_of, comparison_of, comparisons_of, sides_of
from parvis.listening.reputation.services import (
    ComparisonWish,
    SideWish,
    add_annotation,
    change_comparison,
    remove_annotation,
    remove_comparison,
    save_comparison,
)
from parvis.listening.reputation.tops import Origin, tops_of
from parvis.listening.services import Wish, save_query, set_query_state
from parvis.orgs.audit import history_of
from parvis.testing.factories import make_channel
from parvis.testing.figured import Said, put_said
from parvis.testing.heard import put_items

pytestmark = pytest.mark.django_db
ZURICH = ZoneInfo("Europe/Zurich")


@pytest.fixture
def channel(cast):
    return make_channel(cast.news)


@pytest.fixture
def query(cast, now):
    return save_query(cast.camille, Wish(name="Radio", text="radio", department=cast.news), now=now)


@pytest.fixture
def week(now):
    return last_days(7, now=now, zone=ZURICH)


def _hear(ears, now):
    while hear_new_items(ears, now=now):
        pass


def _within(period, hours=30.0):
    return period.begins + timedelta(hours=hours)


def _behind(period, **asked):
    return Behind(period.begins, period.ends, **asked)


def test_the_hours_of_departments_follow_what_comes_changes_and_goes(cast, channel, now):
    wide = save_query(cast.olive, Wish(name="Wide", text="radio", department=cast.news, hears_house=True), now=now)
    put_items(channel, [Document("radio", reach=5), Document("radio")], at=now, is_heard=False)
    put_items(make_channel(cast.sport), [Document("radio", reach=7)], at=now, is_heard=False)
    ears = Ears()
    _hear(ears, now)
    kept = ("department_key", "count", "reach_count", "reach_sum")
    assert sorted(DepartmentHour.objects.filter(query=wide).values_list(*kept)) == sorted(
        [(cast.news.pk, 2, 1, 5), (cast.sport.pk, 1, 1, 7)]
    )
    assert list(HourCount.objects.values_list("count", "reach_count", "reach_sum")) == [(3, 2, 12)]
    Item.objects.filter(channel=channel).update(text="changed", fingerprint="other", is_heard=False)
    _hear(ears, now)
    assert sorted(DepartmentHour.objects.filter(query=wide).values_list(*kept)) == sorted(
        [(cast.news.pk, 0, 0, 0), (cast.sport.pk, 1, 1, 7)]
    )


def test_an_item_that_moves_counts_where_it_is(cast, channel, now):
    wide = save_query(cast.olive, Wish(name="Wide", text="radio", department=cast.news, hears_house=True), now=now)
    own = save_query(cast.camille, Wish(name="Own", text="radio", department=cast.news), now=now)
    [item] = put_items(channel, [Document("radio")], at=now, is_heard=False)
    ears = Ears()
    _hear(ears, now)
    move_items([item.pk], cast.sport.pk)
    _hear(ears, now)
    assert dict(DepartmentHour.objects.filter(query=wide).values_list("department_key", "count")) == {
        cast.news.pk: 0, cast.sport.pk: 1,
    }  # fmt: skip
    assert not Match.objects.filter(query=own).exists()


def test_a_paused_query_keeps_what_it_found_when_an_item_moves(cast, channel, query, now):
    [item] = put_items(channel, [Document("radio")], at=now, is_heard=False)
    ears = Ears()
    _hear(ears, now)
    set_query_state(query, cast.camille, QueryState.PAUSED, now=now)
    move_items([item.pk], cast.sport.pk)
    _hear(ears, now)
    assert list(Match.objects.filter(query=query).values_list("department_key", flat=True)) == [cast.sport.pk]
    assert dict(DepartmentHour.objects.filter(query=query).values_list("department_key", "count")) == {
        cast.news.pk: 0, cast.sport.pk: 1,
    }  # fmt: skip


def test_history_and_arrival_count_the_same(cast, channel, query, now):
    old = now - timedelta(days=3)
    put_items(channel, [Document("radio", author="Ana", published_at=old, reach=4)] * 3, at=now, is_heard=False)
    ears = Ears()
    _hear(ears, now)
    seen = list(DepartmentHour.objects.values_list("hour", "department_key", "count", "reach_count", "reach_sum"))
    start_look_back(query, cast.camille, now=now)
    while run_jobs("test", now):
        pass
    assert (
        list(DepartmentHour.objects.values_list("hour", "department_key", "count", "reach_count", "reach_sum")) == seen
    )
    assert seen[0][2:] == (3, 3, 12)


def test_a_reader_counts_the_items_of_their_departments_alone(cast, channel, week, now):
    """camille sees News, olive the whole house; number and list are one rule."""
    wide = save_query(cast.olive, Wish(name="Wide", text="radio", department=cast.news, hears_house=True), now=now)
    put_said(wide, channel, [Said(_within(week), author="Ana", tone=0.5, reach=10)] * 3, now=now)
    put_said(wide, make_channel(cast.sport), [Said(_within(week), author="Sid", tone=-1.0, reach=1000)] * 9, now=now)
    for member, count, reach, authors in ((cast.camille, 3, 30, ["Ana"]), (cast.olive, 12, 9030, ["Sid", "Ana"])):
        [figures] = figures_of([wide.pk], member, week)
        assert (figures.now.count, figures.now.reach) == (count, reach)
        assert item_page(member, wide, _behind(week)).count == count
        assert [top.name for top in tops_of(wide.pk, member, week)[Origin.PROFILE]] == authors
    assert figures_of([wide.pk], cast.sam, week)[0].now.count == 9


def test_somebody_without_any_department_counts_nothing(cast, channel, query, week, now):
    put_said(query, channel, [Said(_within(week))], now=now)
    cast.camille.memberships.all().delete()
    stranger = type(cast.camille).objects.get(pk=cast.camille.pk)
    assert figures_of([query.pk], stranger, week)[0].now.count == 0
    assert tops_of(query.pk, stranger, week) == {origin: [] for origin in Origin}
    assert item_page(stranger, query, _behind(week)).count == 0


def test_tone_and_reach_say_of_how_many_items_they_are_known(cast, channel, query, week, now):
    said = [Said(_within(week), tone=tone, reach=reach) for tone, reach in ((0.2, 100), (0.4, None), (None, None))]
    put_said(query, channel, said, now=now)
    [figures] = figures_of([query.pk], cast.camille, week)
    assert figures.now.tone.mean == pytest.approx(0.3)
    assert (figures.now.tone.count, figures.now.reach_count, figures.now.reach) == (2, 1, 100)
    assert figures.tone_interval is None
    assert item_page(cast.camille, query, _behind(week, known="tone")).count == 2
    assert item_page(cast.camille, query, _behind(week, known="reach")).count == 1
    [empty] = figures_of([query.pk], cast.camille, week.before)
    assert (empty.now.tone.mean, empty.now.reach) == (None, None)


def test_shares_are_of_all_sides_and_move_against_the_week_before(cast, channel, query, week, now):
    other = save_query(cast.camille, Wish(name="Tele", text="tele", department=cast.news), now=now)
    put_said(query, channel, [Said(_within(week, 24.0 * day + 12)) for day in range(7)] * 6, now=now)
    put_said(other, channel, [Said(_within(week, 24.0 * day + 12)) for day in range(7)] * 2, now=now)
    put_said(query, channel, [Said(_within(week.before, 24.0 * day + 12)) for day in range(7)] * 2, now=now)
    put_said(other, channel, [Said(_within(week.before, 24.0 * day + 12)) for day in range(7)] * 2, now=now)
    one, two = figures_of([query.pk, other.pk], cast.camille, week)
    assert (one.share.value, two.share.value, one.share_before) == (0.75, 0.25, 0.5)
    assert one.share_moved.low > 0
    assert one.change.ratio == 3
    assert one.change.is_more_than_chance
    assert not two.change.is_more_than_chance
    assert one.share.interval.low < 0.75 < one.share.interval.high


def test_first_sources_authors_and_stories_are_those_of_the_period(cast, channel, query, week, now):
    told = "Le Conseil fédéral veut baisser la redevance radio et télévision à 300 francs dès 2029."
    at = _within(week)
    documents = [
        *[Document(told, author="ATS", published_at=at)] * 3,
        *[Document(f"radio {word}", author="Lea", published_at=at) for word in ("une", "deux", "trois", "quatre")],
        *[Document(f"radio avant {word}", author="Old", published_at=week.before.begins) for word in "abcdefgh"],
    ]
    put_items(channel, documents, at=now, is_heard=False)
    _hear(Ears(), now)
    tops = tops_of(query.pk, cast.camille, week)
    assert [(top.name, top.count) for top in tops[Origin.PROFILE]] == [("Lea", 4), ("ATS", 3)]
    assert [(top.name, top.count) for top in tops[Origin.CHANNEL]] == [(channel.name, 7)]
    [story] = tops[Origin.STORY]
    assert (story.text, story.count) == (told, 3)
    for origin, found in tops.items():
        for top in found:
            assert item_page(cast.camille, query, _behind(week, **{origin.value: top.key})).count == top.count


def test_a_list_longer_than_a_page_goes_on_below_without_a_gap(cast, channel, query, week, now):
    put_said(query, channel, [Said(_within(week, number % 9)) for number in range(120)], now=now)
    page, seen = item_page(cast.camille, query, _behind(week)), []
    while True:
        seen += [row.item_id for row in page.rows]
        assert page.count == 120
        if page.next is None:
            break
        page = item_page(cast.camille, query, _behind(week), below=page.next)
    assert len(seen) == len(set(seen)) == 120


@pytest.mark.parametrize(
    ("day", "hours", "kept"),
    [(date(2026, 3, 29), 23, "2026-03-28T23:00"), (date(2026, 10, 25), 25, "2026-10-24T22:00")],
)
def test_the_day_on_which_the_clocks_change_is_one_day(cast, channel, query, now, day, hours, kept):
    period = own_days(day, day, zone=ZURICH)
    assert period.begins == datetime.fromisoformat(kept).replace(tzinfo=UTC)
    assert (period.ends - period.begins) / timedelta(hours=1) == hours
    assert len(period.bars()) == hours
    inside = [Said(period.begins), Said(period.ends - timedelta(minutes=1))]
    outside = [Said(period.begins - timedelta(minutes=1)), Said(period.ends)]
    put_said(query, channel, [*inside, *outside], now=now)
    [figures] = figures_of([query.pk], cast.camille, period)
    assert (figures.now.count, figures.before.count) == (2, 1)
    assert [count for _, count in figures.bars] == [1, *[0] * (hours - 2), 1]
    assert item_page(cast.camille, query, _behind(period)).count == 2


@pytest.mark.parametrize("last", [date(2026, 4, 1), date(2026, 10, 28)])
def test_a_week_over_the_change_of_clocks_has_seven_days_that_meet_without_gap(last):
    week = Period(last - timedelta(days=6), last, ZURICH)
    days = week.days()
    assert len(days) == 7
    assert all(one.ends == after.begins for one, after in pairwise(days))
    assert (days[0].begins, days[-1].ends) == (week.begins, week.ends)
    assert week.before.ends == week.begins
    assert sum((day.ends - day.begins).total_seconds() / 3600 for day in days) == (167 if last.month == 4 else 169)


def test_long_periods_are_drawn_in_weeks_and_none_is_left_out():
    period = own_days(date(2026, 1, 1), date(2026, 4, 10), zone=ZURICH)
    bars = period.bars()
    assert (bars[0].begins, bars[-1].ends) == (period.begins, period.ends)
    assert len(bars) == 15
    assert own_days(date(2026, 1, 2), date(2026, 1, 1), zone=ZURICH) is None
    assert own_days(date(2024, 1, 1), date(2026, 1, 1), zone=ZURICH) is None


def test_a_zone_off_by_half_an_hour_counts_each_hour_in_one_day(cast, channel, query, now):
    period = own_days(date(2026, 11, 3), date(2026, 11, 3), zone=ZoneInfo("Asia/Kolkata"))
    put_said(
        query, channel, [Said(period.begins + timedelta(hours=number, minutes=5)) for number in range(-24, 48)], now=now
    )
    [figures] = figures_of([query.pk], cast.camille, period)
    assert (figures.now.count, figures.before.count) == (24, 24)


def test_what_a_house_met_before_these_figures_counts_the_same_after_its_upgrade(cast, channel, query, week, now):
    """The statements of the migration, on matches whose new columns are empty."""
    said = [Said(_within(week, number), author="Ana", tone=0.25 * number, reach=number or None) for number in range(4)]
    put_said(query, channel, said, now=now)
    put_said(query, make_channel(cast.news), [Said(_within(week))] * 2, now=now)
    found = figures_of([query.pk], cast.camille, week), figures_of([query.pk], cast.olive, week)
    DepartmentHour.objects.all().delete()
    HourCount.objects.update(reach_count=0)
    Match.objects.update(department_key=None, channel_key=None, profile_key=None, story_key=None)
    with connection.cursor() as cursor:
        import_module("parvis.listening.migrations.0003_reputation").fill(None, SimpleNamespace(execute=cursor.execute))
    assert (figures_of([query.pk], cast.camille, week), figures_of([query.pk], cast.olive, week)) == found
    assert [top.count for top in tops_of(query.pk, cast.camille, week)[Origin.CHANNEL]] == [4, 2]


# Comparisons and annotations


def _wish(cast, *queries, **fields):
    sides = [SideWish(one, label="") for one in queries]
    return ComparisonWish(**{"name": "Houses", "department": cast.news, "sides": sides, **fields})


@pytest.fixture
def other(cast, now):
    return save_query(cast.camille, Wish(name="Tele", text="tele", department=cast.news), now=now)


@pytest.fixture
def comparison(cast, query, other, now):
    return save_comparison(cast.camille, _wish(cast, query, other), now=now)


def test_a_comparison_is_kept_with_its_sides_in_order_and_in_the_trail(cast, comparison, query, other, now):
    assert [side.label for side in comparison.sides.all()] == ["Radio", "Tele"]
    wish = _wish(cast, other, query, days=7)
    change_comparison(comparison, cast.camille, wish, now=now, revision=1)
    assert [side.label for side in comparison.sides.all()] == ["Tele", "Radio"]
    assert (comparison.days, comparison.revision) == (7, 2)
    with pytest.raises(Conflict):
        change_comparison(comparison, cast.camille, wish, now=now, revision=1)
    key = comparison.pk
    remove_comparison(comparison, cast.camille, now=now)
    assert not Comparison.objects.exists()
    actions = set(history_of("comparison", key).values_list("action", flat=True))
    assert actions == {"comparison.save", "comparison.change", "comparison.remove"}


def test_a_comparison_needs_sides_that_differ_and_that_all_its_readers_see(cast, query, other, now):
    sport = save_query(cast.olive, Wish(name="Sport", text="sport", department=cast.sport), now=now)
    for wish in (_wish(cast, query), _wish(cast, query, query), _wish(cast, query, sport), _wish(cast)):
        with pytest.raises(BadInput):
            save_comparison(cast.olive, wish, now=now)
    with pytest.raises(FieldMissing):
        save_comparison(cast.camille, _wish(cast, query, other, name=" "), now=now)
    assert save_comparison(cast.olive, _wish(cast, query, sport, department=None), now=now).sides.count() == 2


def test_who_may_not_save_queries_saves_no_comparison(cast, query, other, comparison, now):
    for member in (cast.conrad, cast.sam):
        with pytest.raises(NotAllowed):
            save_comparison(member, _wish(cast, query, other), now=now)
        with pytest.raises(NotAllowed):
            remove_comparison(comparison, member, now=now)


def test_another_department_meets_no_comparison(cast, comparison):
    assert comparisons_of(cast.sam) == []
    assert comparison_of(cast.sam, comparison.pk) is None
    assert [one.side_count for one in comparisons_of(cast.conrad)] == [2]


def test_a_side_whose_query_moved_out_of_sight_is_left_out(cast, comparison, other):
    other.department = cast.sport
    other.save()
    sides = sides_of(comparison, cast.camille)
    assert ([side.label for side in sides.shown], sides.hidden_count) == (["Radio"], 1)
    assert len(sides_of(comparison, cast.olive).shown) == 2


def test_annotations_stand_in_their_department_and_can_be_taken_away(cast, week, now):
    ours = add_annotation(cast.conrad, " Strike\n of the crews ", at=_within(week), department=cast.news, now=now)
    add_annotation(cast.olive, "Vote", at=_within(week), department=None, now=now)
    add_annotation(cast.sam, "Cup", at=_within(week), department=cast.sport, now=now)
    assert [one.text for one in annotations_of(cast.camille, week, cast.news)] == ["Strike of the crews"]
    assert {one.text for one in annotations_of(cast.olive, week, None)} == {"Strike of the crews", "Vote", "Cup"}
    assert {one.text for one in annotations_of(cast.olive, week, cast.news)} == {"Strike of the crews", "Vote"}
    with pytest.raises(NotAllowed):
        remove_annotation(ours, cast.sam, now=now)
    with pytest.raises(NotAllowed):
        add_annotation(cast.camille, "x", at=now, department=None, now=now)
    remove_annotation(ours, cast.camille, now=now)
    assert Annotation.objects.count() == 2
