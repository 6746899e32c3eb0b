"""Repeats: at the wall-clock time meant, each occurrence once, nothing late in a flood, approved as its pattern."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import islice

import pytest
from django.db import IntegrityError, transaction
from tests.apps.planning import at_once
from tests.apps.publishing import state_of, written

from parvis.channels.registry import added
from parvis.core.errors import BadInput, NotAllowed, PostNotFit
from parvis.core.post import Content
from parvis.jobs.thread import DatabaseThread
from parvis.orgs.audit import history_of
from parvis.publishing.models import (
    ApprovalRequest,
    Occurrence,
    OccurrenceState,
    Post,
    PostState,
    Publication,
    PublicationState,
)
from parvis.publishing.recurring import Rule, checked_rule, times, times_ahead
from parvis.publishing.releasing import release_due
from parvis.publishing.repeating import (
    change_following,
    drop_missed,
    end_repeat,
    except_day,
    rule_of_repeat,
    start_repeat,
)
from parvis.publishing.repeating import (
    make_repeats as make_some_repeats,
)
from parvis.publishing.rules import set_rule
from parvis.publishing.services import ask_approval, cancel, plan, save_draft, unplan, vote
from parvis.publishing.times import wall_of
from parvis.testing.factories import make_channel
from parvis.testing.simulated import simulated
from parvis.worker.preparing import Preparing
from parvis.worker.publishing import Publishing


@pytest.fixture(autouse=True)
def platform():
    with added(simulated()):
        yield


@pytest.fixture
def channel(cast):
    return make_channel(cast.news, connector="simulated", can=["upload", "publish"])


@pytest.fixture
def pattern(cast, channel, now):
    return written(cast.camille, cast.news, [channel], now=now, text="Good morning")


def make_repeats(*, now):
    """All that is due, a few in a transaction; how many."""
    count = 0
    while made := make_some_repeats(now=now):
        count += made
    return count


def daily(now, **fields):
    return Rule(**{"every": "day", "starts_on": now.date(), "time": time(9), "zone": "Europe/Zurich", **fields})


def walls_of(rule, count):
    return [one.shown.isoformat(timespec="minutes") for one in islice(times(rule), count)]


RULES = [
    ({"every": "day", "interval": 10}, ["2026-11-23", "2026-12-03", "2026-12-13"]),
    ({"every": "week", "weekdays": [0, 3]}, ["2026-11-23", "2026-11-26", "2026-11-30"]),
    ({"every": "week", "weekdays": [0], "interval": 2}, ["2026-11-23", "2026-12-07", "2026-12-21"]),
    ({"every": "month_day", "month_day": 31}, ["2026-12-31", "2027-01-31", "2027-03-31"]),
    ({"every": "month_day", "month_day": -1}, ["2026-11-30", "2026-12-31", "2027-01-31"]),
    ({"every": "month_weekday", "weekdays": [4], "nth": -1}, ["2026-11-27", "2026-12-25", "2027-01-29"]),
    ({"every": "month_weekday", "weekdays": [1], "nth": 1}, ["2026-12-01", "2027-01-05", "2027-02-02"]),
    ({"every": "day", "count": 2}, ["2026-11-23", "2026-11-24"]),
    ({"every": "day", "until": date(2026, 11, 25)}, ["2026-11-23", "2026-11-24", "2026-11-25"]),
    ({"every": "day", "count": 3, "exceptions": ["2026-11-24"]}, ["2026-11-23", "2026-11-25"]),
]


@pytest.mark.parametrize(("fields", "days"), RULES)
def test_rules_mean_the_days_that_they_say(fields, days):
    rule = Rule(starts_on=date(2026, 11, 23), time=time(9), zone="Europe/Zurich", **fields)
    assert walls_of(checked_rule(rule), 3) == [f"{day}T09:00" for day in days]


CHANGES = [  # place, the days around each change, UTC hours before and after
    ("Europe/Zurich", date(2027, 3, 27), [8, 7, 7]),
    ("Europe/Zurich", date(2027, 10, 30), [7, 8, 8]),
    ("America/New_York", date(2027, 3, 13), [14, 13, 13]),
    ("America/New_York", date(2027, 11, 6), [13, 14, 14]),
    ("Australia/Sydney", date(2027, 4, 3), [22, 23, 23]),
    ("Australia/Sydney", date(2027, 10, 2), [23, 22, 22]),
]


@pytest.mark.parametrize(("zone", "start", "hours"), CHANGES)
def test_repeats_stay_at_nine_on_the_wall_over_both_changes(zone, start, hours):
    found = list(islice(times(Rule(every="day", starts_on=start, time=time(9), zone=zone)), 3))
    assert [one.at.hour for one in found] == hours
    assert all(wall_of(one.at, zone).time() == time(9) for one in found)
    assert [wall_of(one.at, zone).date() - start for one in found] == [timedelta(days=day) for day in range(3)]


EDGES = [  # place, a time that the wall skips or shows twice, what is shown, what it is told as, UTC
    ("Europe/Zurich", datetime(2027, 3, 28, 2, 30), "2027-03-28T03:00", "shifted", datetime(2027, 3, 28, 1)),
    ("America/New_York", datetime(2027, 3, 14, 2, 15), "2027-03-14T03:00", "shifted", datetime(2027, 3, 14, 7)),
    ("Australia/Sydney", datetime(2027, 10, 3, 2, 59), "2027-10-03T03:00", "shifted", datetime(2027, 10, 2, 16)),
    ("Europe/Zurich", datetime(2027, 10, 31, 2, 30), "2027-10-31T02:30", "twice", datetime(2027, 10, 31, 0, 30)),
    ("America/New_York", datetime(2027, 11, 7, 1, 30), "2027-11-07T01:30", "twice", datetime(2027, 11, 7, 5, 30)),
    ("Australia/Sydney", datetime(2027, 4, 4, 2, 30), "2027-04-04T02:30", "twice", datetime(2027, 4, 3, 15, 30)),
]


@pytest.mark.parametrize(("zone", "wall", "shown", "clock", "at"), EDGES)
def test_a_time_that_is_skipped_or_twice_is_told_and_has_its_moment(zone, wall, shown, clock, at):
    rule = Rule(every="day", starts_on=wall.date() - timedelta(days=1), time=wall.time(), zone=zone)
    before, there, after = islice(times(rule), 3)
    assert (there.shown.isoformat(timespec="minutes"), there.clock) == (shown, clock)
    assert there.at == at.replace(tzinfo=UTC)
    assert [before.clock, after.clock] == ["", ""]
    assert after.shown.time() == wall.time()


@pytest.mark.parametrize(
    "fields",
    [
        {"every": "week"}, {"every": "month_day"}, {"every": "month_day", "month_day": 0}, {"interval": 0},
        {"every": "month_weekday", "weekdays": [0, 1], "nth": 1}, {"every": "sometimes"}, {"zone": "Nowhere/Town"},
        {"until": date(2020, 1, 1)}, {"count": 0}, {"weekdays": [7]}, {"starts_on": date(1, 1, 1)}, {"starts_on": date(9999, 12, 31)},
    ],
)  # fmt: skip
def test_rules_without_sense_are_refused(fields):
    rule = Rule(**{"every": "day", "starts_on": date(2026, 11, 23), "time": time(9), "zone": "UTC", **fields})
    with pytest.raises(BadInput):
        checked_rule(rule)


@pytest.mark.django_db
def test_occurrences_of_two_weeks_are_posts_of_their_own_and_planned(cast, pattern, now):
    repeat = start_repeat(pattern, cast.camille, daily(now), now=now)
    assert make_repeats(now=now) > 0
    rows = list(Occurrence.objects.order_by("local").select_related("post"))
    assert {row.state for row in rows} == {OccurrenceState.PLANNED}
    assert len({row.post_id for row in rows}) == len(rows) in (14, 15)
    assert rows[-1].due_at <= now + timedelta(days=14)
    assert {row.post.state for row in rows} == {PostState.PLANNED}
    assert {row.post.repeat for row in rows} == {repeat}
    assert {row.post.content["text"] for row in rows} == {"Good morning"}
    assert state_of(pattern) == PostState.DRAFT
    assert make_repeats(now=now) == 0
    assert make_repeats(now=now + timedelta(days=3)) == 3


@pytest.mark.django_db
def test_the_pattern_itself_never_leaves(cast, pattern, now):
    start_repeat(pattern, cast.camille, daily(now), now=now)
    with pytest.raises(BadInput, match="pattern"):
        plan(pattern, cast.camille, due_local=datetime(2030, 1, 1, 9), zone="UTC", now=now)
    with pytest.raises(BadInput, match="already"):
        start_repeat(pattern, cast.camille, daily(now), now=now)


@pytest.mark.django_db
def test_who_may_not_publish_may_not_repeat(cast, pattern, now):
    with pytest.raises(NotAllowed):
        start_repeat(pattern, cast.conrad, daily(now), now=now)


@pytest.mark.django_db
def test_same_words_elsewhere_are_still_told(cast, channel, pattern, now):
    start_repeat(pattern, cast.camille, daily(now), now=now)
    make_repeats(now=now)
    other = written(cast.camille, cast.news, [channel], now=now, text="Good morning")
    with pytest.raises(PostNotFit):
        plan(other, cast.camille, due_local=datetime(2026, 12, 1, 12), zone="UTC", now=now)


@pytest.mark.django_db
def test_an_occurrence_is_there_once_whatever_the_code_says(cast, pattern, now):
    repeat = start_repeat(pattern, cast.camille, daily(now), now=now)
    fields = {"repeat": repeat, "local": "2026-12-01T09:00:00", "due_at": now, "state": "missed"}
    Occurrence.objects.create(**fields)
    with pytest.raises(IntegrityError), transaction.atomic():
        Occurrence.objects.create(**fields)


@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_moment_make_each_occurrence_once(cast, pattern, now):
    start_repeat(pattern, cast.camille, daily(now), now=now)
    assert at_once(*[partial(make_repeats, now=now)] * 3) == []
    make_repeats(now=now)
    locals_ = list(Occurrence.objects.values_list("local", flat=True))
    assert len(locals_) == len(set(locals_)) in (14, 15)
    assert Post.objects.exclude(pk=pattern.pk).count() == len(locals_) == Publication.objects.count()


@pytest.mark.django_db
def test_after_a_month_without_a_worker_what_was_missed_is_listed_and_not_sent(cast, pattern, now):
    start_repeat(pattern, cast.camille, daily(now), now=now)
    make_repeats(now=now)
    made = Occurrence.objects.count()
    back = now + timedelta(days=30)
    drop_missed(now=back)
    assert release_due(now=back) == 0
    for _ in range(5):
        make_repeats(now=back)
    states = list(Occurrence.objects.order_by("local").values_list("state", flat=True))
    assert len(states) > made
    first_ahead = Occurrence.objects.filter(due_at__gte=back).order_by("local").first()
    missed = Occurrence.objects.filter(local__lt=first_ahead.local)
    assert set(missed.values_list("state", flat=True)) == {OccurrenceState.MISSED}
    assert missed.count() in (29, 30, 31)
    assert set(Occurrence.objects.filter(due_at__gte=back).values_list("state", flat=True)) == {OccurrenceState.PLANNED}
    assert Publication.objects.filter(due_at__lt=back).exclude(state=PublicationState.CANCELLED).count() == 0


@pytest.mark.django_db
def test_what_is_a_little_late_is_still_sent(cast, pattern, now):
    start_repeat(pattern, cast.camille, daily(now), now=now)
    make_repeats(now=now)
    first = Publication.objects.order_by("due_at").first()
    at = first.due_at + timedelta(minutes=20)
    assert drop_missed(now=at) == 0
    assert release_due(now=at) == 1


@pytest.mark.django_db
def test_approved_pattern_unchanged_is_an_approved_occurrence_and_recorded_as_such(cast, pattern, now):
    set_rule(cast.news, cast.maud, "one", now=now)
    request = ask_approval(pattern, cast.camille, now=now)
    vote(request, cast.maud, "approve", now=now)
    pattern.refresh_from_db()
    start_repeat(pattern, cast.camille, daily(now, count=2), now=now)
    make_repeats(now=now)
    for row in Occurrence.objects.select_related("post"):
        assert (row.state, row.post.state) == (OccurrenceState.PLANNED, PostState.PLANNED)
        assert ApprovalRequest.objects.get(post=row.post).carried_from == request
        assert "approval.carry" in {entry.action for entry in history_of("post", row.post_id)}


@pytest.mark.django_db
def test_department_that_approves_each_time_is_asked_and_approval_gives_it_its_time(cast, pattern, now):
    set_rule(cast.news, cast.maud, "one", now=now, asks_each_time=True)
    vote(ask_approval(pattern, cast.camille, now=now), cast.maud, "approve", now=now)
    pattern.refresh_from_db()
    start_repeat(pattern, cast.camille, daily(now, count=1, starts_on=now.date() + timedelta(days=1)), now=now)
    make_repeats(now=now)
    row = Occurrence.objects.select_related("post").get()
    assert (row.state, row.post.state) == (OccurrenceState.WAITS, PostState.REVIEW)
    assert make_repeats(now=now + timedelta(minutes=2)) == 0
    vote(row.post.requests.get(), cast.maud, "approve", now=now + timedelta(minutes=3))
    assert make_repeats(now=now + timedelta(minutes=5)) == 1
    row.refresh_from_db()
    assert (row.state, state_of(row.post)) == (OccurrenceState.PLANNED, PostState.PLANNED)
    assert row.post.due_at == row.due_at


@pytest.mark.django_db
def test_what_nobody_approved_in_time_is_listed_as_missed(cast, pattern, now):
    set_rule(cast.news, cast.maud, "one", now=now)
    start_repeat(pattern, cast.camille, daily(now, count=1, starts_on=now.date() + timedelta(days=1)), now=now)
    make_repeats(now=now)
    make_repeats(now=now + timedelta(days=3))
    assert Occurrence.objects.get().state == OccurrenceState.MISSED
    assert not Publication.objects.exists()


@pytest.mark.django_db
def test_one_that_was_changed_stays_itself_and_all_that_follow_take_a_change(cast, channel, pattern, now):
    start_repeat(pattern, cast.camille, daily(now, count=5, starts_on=now.date() + timedelta(days=1)), now=now)
    make_repeats(now=now)
    posts = [row.post for row in Occurrence.objects.order_by("local").select_related("post__department")]
    _rewrite(posts[3], channel, cast, "Only on this day", now)
    _rewrite(posts[1], channel, cast, "Good day from now on", now)
    spread = change_following(posts[1], cast.camille, now=now)
    assert (spread.changed, spread.kept) == (2, 1)
    texts = [Post.objects.get(pk=post.pk).content["text"] for post in [*posts, pattern]]
    new = "Good day from now on"
    assert texts == ["Good morning", new, new, "Only on this day", new, new]
    leaves = [Publication.objects.get(post=post).content["text"] for post in (posts[2], posts[4])]
    assert leaves == [new, new]


def _rewrite(post, channel, cast, text, now):
    save_draft(
        post, cast.camille, base_version=post.version, content=Content(text=text), variants={channel.pk: {}}, now=now
    )


@pytest.mark.django_db
def test_a_day_can_be_excepted_before_and_after_it_was_made(cast, pattern, now):
    start = now.date() + timedelta(days=1)
    repeat = start_repeat(pattern, cast.camille, daily(now, count=20, starts_on=start), now=now)
    make_repeats(now=now)
    except_day(repeat, cast.camille, start, now=now)
    except_day(repeat, cast.camille, start + timedelta(days=17), now=now)
    first = Occurrence.objects.order_by("local").select_related("post").first()
    assert (first.state, first.post.state) == (OccurrenceState.DROPPED, PostState.CANCELLED)
    make_repeats(now=now + timedelta(days=8))
    days = {row.local[:10] for row in Occurrence.objects.all()}
    assert (start + timedelta(days=17)).isoformat() not in days
    assert len(times_ahead(rule_of_repeat(repeat), now=now, count=30)) == 18


@pytest.mark.django_db
def test_what_somebody_takes_back_is_not_planned_again(cast, pattern, now):
    start_repeat(pattern, cast.camille, daily(now, count=2, starts_on=now.date() + timedelta(days=1)), now=now)
    make_repeats(now=now)
    first, second = (row.post for row in Occurrence.objects.order_by("local").select_related("post"))
    unplan(first, cast.camille, now=now)
    cancel(second, cast.camille, now=now)
    make_repeats(now=now + timedelta(minutes=5))
    assert [state_of(first), state_of(second)] == [PostState.READY, PostState.CANCELLED]


@pytest.mark.django_db
def test_an_ended_repeat_makes_no_more_and_drops_what_waits_where_that_is_wanted(cast, pattern, now):
    repeat = start_repeat(pattern, cast.camille, daily(now), now=now)
    make_repeats(now=now)
    made = Occurrence.objects.filter(due_at__gte=now).count()
    assert end_repeat(repeat, cast.camille, now=now, drops=True) == made
    assert make_repeats(now=now + timedelta(days=20)) == 0
    assert set(Publication.objects.values_list("state", flat=True)) == {PublicationState.CANCELLED}


@pytest.mark.django_db
def test_what_stands_in_the_way_is_kept_and_tried_again(cast, channel, pattern, now):
    start_repeat(pattern, cast.camille, daily(now, count=1, starts_on=now.date() + timedelta(days=1)), now=now)
    channel.can = []
    channel.save()
    make_repeats(now=now)
    row = Occurrence.objects.get()
    assert (row.state, row.error["code"]) == (OccurrenceState.WAITS, "post_not_fit")
    channel.can = ["publish"]
    channel.save()
    assert make_repeats(now=now + timedelta(minutes=2)) == 1
    row.refresh_from_db()
    assert (row.state, row.error) == (OccurrenceState.PLANNED, None)


@pytest.mark.django_db
def test_an_occurrence_leaves_at_its_time(cast, pattern, now):
    start_repeat(pattern, cast.camille, daily(now, count=1, starts_on=now.date() + timedelta(days=1)), now=now)
    make_repeats(now=now)
    publication = Publication.objects.get()
    assert wall_of(publication.due_at, "Europe/Zurich").time() == time(9)
    assert drop_missed(now=publication.due_at) == 0
    assert release_due(now=publication.due_at) == 1
    assert state_of(publication) == PublicationState.RELEASED


@pytest.mark.django_db(transaction=True)
def test_the_workers_loops_make_what_is_due_and_drop_what_was_missed(cast, pattern, now):
    start_repeat(pattern, cast.camille, daily(now), now=now)
    assert asyncio.run(_turns(now)) == [True, True, True, False]
    assert Occurrence.objects.filter(state=OccurrenceState.PLANNED).count() in (14, 15)
    back = now + timedelta(days=10)
    asyncio.run(_release(back))
    assert Publication.objects.filter(state=PublicationState.RELEASED).count() <= 1
    assert Occurrence.objects.filter(state=OccurrenceState.MISSED).count() >= 9


async def _turns(now):
    thread = DatabaseThread()
    preparing = Preparing(clock=lambda: now, in_database=thread)
    try:
        return [await preparing.turn() for _ in range(4)]
    finally:
        await thread.aclose()


async def _release(now):
    thread = DatabaseThread()
    publishing = Publishing(clock=lambda: now, in_database=thread, on_release=lambda: None)
    try:
        await publishing.release()
    finally:
        publishing.stop()
        await thread.aclose()
