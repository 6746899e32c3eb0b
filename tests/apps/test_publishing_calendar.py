"""The calendar's promises: moves that keep the wall time and are never lost between two, events, holidays."""

from datetime import date, datetime, timedelta

import pytest
from tests.apps.planning import at_once
from tests.apps.publishing import planned, run, state_of, written

from parvis.channels.registry import added
from parvis.core.errors import (
    BadInput,
    Conflict,
    FieldMissing,
    NoSuchTime,
    NotAllowed,
)
from parvis.orgs.audit import history_of
from parvis.orgs.crisis import pause
from parvis.orgs.house import the_house
from parvis.orgs.models import Member
from parvis.publishing import agenda
from parvis.publishing.calendars import (
    EventWish,
    add_event,
    change_event,
    days_of,
    options_of,
    remove_event,
    set_options,
)
from parvis.publishing.feast_days import holidays_between, regions_from
from parvis.publishing.models import CalendarEvent, PostState, Publication, PublicationState
from parvis.publishing.rescheduling import wall_at, wall_on_day
from parvis.publishing.services import ask_approval, cancel, hold, plan, reschedule, set_rule, vote
from parvis.publishing.times import moment_of, wall_of
from parvis.testing.clock import MONDAY, later
from parvis.testing.factories import make_channel
from parvis.testing.simulated import simulated

ZURICH, NEW_YORK, SYDNEY = "Europe/Zurich", "America/New_York", "Australia/Sydney"
CHANGES = [  # the day on which the clocks change, and where
    ("2027-03-28", ZURICH), ("2027-10-31", ZURICH), ("2027-03-14", NEW_YORK), ("2027-11-07", NEW_YORK),
    ("2027-10-03", SYDNEY), ("2027-04-04", SYDNEY),
]  # fmt: skip


@pytest.fixture(autouse=True)
def platform():
    with added(simulated()):
        yield


def make_far(department, **fields):
    return make_channel(department, **{"connector": "simulated", "can": ["upload", "publish"], **fields})


@pytest.fixture
def channel(cast):
    return make_far(cast.news)


@pytest.fixture
def post(cast, channel, now):
    return written(cast.camille, cast.news, [channel], now=now)


def to(thing, member, at, *, now=MONDAY, **more):
    return reschedule(thing, member, due_local=at.replace(tzinfo=None), zone="UTC", now=now, **more)


# Moving


def test_second_of_two_who_drag_the_same_post_is_told_who_was_quicker(cast, post, now):
    planned(post, cast.camille, at=later(now, hours=1), now=now)
    seen = post.due_at
    to(post, cast.maud, later(now, hours=5), seen_due_at=seen)
    with pytest.raises(Conflict) as raised:
        to(post, cast.camille, later(now, hours=9), seen_due_at=seen)
    assert raised.value.text.en.startswith("Maud was quicker")
    assert Publication.objects.get().due_at == later(now, hours=5)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_drag_at_the_same_moment_one_wins_and_one_is_told(cast, post, now):
    planned(post, cast.camille, at=later(now, hours=1), now=now)
    seen = post.due_at
    people = (cast.camille, cast.maud)
    works = [
        lambda hours=hours, member=member: to(post.__class__.objects.get(pk=post.pk), member, later(now, hours=hours), seen_due_at=seen)
        for hours, member in zip((3, 4), people, strict=True)
    ]  # fmt: skip
    faults = at_once(*works)
    assert [type(one) for one in faults] == [Conflict]
    post.refresh_from_db()
    assert post.due_at == Publication.objects.get().due_at and post.due_at in (later(now, hours=3), later(now, hours=4))
    assert history_of("post", post.pk).filter(action="post.move").count() == 1


def test_moved_post_stays_approved_and_says_what_was_approved(cast, post, now):
    set_rule(cast.news, cast.olive, "one", now=now)
    vote(ask_approval(post, cast.camille, now=now), cast.maud, "approve", now=now)
    planned(post, cast.camille, at=later(now, hours=1), now=now)
    moved = to(post, cast.camille, later(now, days=2))
    assert (state_of(post), post.version) == (PostState.PLANNED, 1)
    assert moved.publications[0].move_count == 1 and moved.hints == {}
    assert (moved.from_local, moved.from_zone) == (later(now, hours=1).replace(tzinfo=None).isoformat(), "UTC")
    run(later(now, days=2))
    assert Publication.objects.get().state != PublicationState.PLANNED


def test_move_is_taken_back_by_what_it_tells(cast, post, now):
    plan(post, cast.camille, due_local=datetime(2026, 11, 20, 18, 30), zone=NEW_YORK, now=now)
    before = (post.due_local, post.zone, post.due_at)
    moved = reschedule(post, cast.camille, due_local=datetime(2026, 11, 25, 7), zone=ZURICH, now=now)
    reschedule(
        post, cast.camille, due_local=datetime.fromisoformat(moved.from_local), zone=moved.from_zone, now=now,
        seen_due_at=moved.at,
    )  # fmt: skip
    assert (post.due_local, post.zone, post.due_at) == before


def test_only_what_stood_there_moves_and_what_has_a_time_of_its_own_stays(cast, channel, now):
    other = make_far(cast.news)
    post = written(cast.camille, cast.news, [channel, other], now=now)
    planned(post, cast.camille, at=later(now, hours=1), now=now)
    alone = Publication.objects.get(channel=other)
    to(alone, cast.camille, later(now, hours=6))
    to(post, cast.camille, later(now, hours=2), seen_due_at=later(now, hours=1))
    assert Publication.objects.get(channel=channel).due_at == post.due_at == later(now, hours=2)
    assert Publication.objects.get(channel=other).due_at == later(now, hours=6)
    to(post, cast.camille, later(now, hours=7), seen_due_at=later(now, hours=6))
    assert Publication.objects.get(channel=other).due_at == later(now, hours=7)
    assert post.due_at == later(now, hours=2), "the post's own time is another"


def test_move_says_what_should_be_looked_at(cast, channel, post, now):
    neighbour = written(cast.camille, cast.news, [channel], now=now, text="Another matter altogether")
    planned(neighbour, cast.camille, at=later(now, hours=4), now=now)
    planned(post, cast.camille, at=later(now, hours=1), now=now)
    moved = to(post, cast.camille, later(now, hours=4, seconds=20))
    assert [hint.code for hint in moved.hints[channel.pk]] == ["same_minute"]
    pause([cast.news], cast.olive, room_key=1, now=now)
    moved = to(post, cast.camille, later(now, hours=5))
    assert [hint.code for hint in moved.hints[channel.pk]] == ["crisis"]


def test_what_has_left_is_over_or_held_back_by_a_crisis_is_not_moved(cast, post, now):
    planned(post, cast.camille, at=later(now, hours=1), now=now)
    with pytest.raises(BadInput, match="is over"):
        to(post, cast.camille, later(now, hours=-1))
    Publication.objects.update(state=PublicationState.HELD, held_by="crisis")
    with pytest.raises(BadInput, match="crisis"):
        to(post, cast.camille, later(now, hours=2))
    Publication.objects.update(state=PublicationState.RELEASED, held_by="")
    with pytest.raises(BadInput, match="left already"):
        to(post, cast.camille, later(now, hours=2))
    with pytest.raises(NotAllowed):
        to(post, cast.conrad, later(now, hours=2))


@pytest.mark.parametrize(("day", "zone"), CHANGES)
def test_dragged_over_a_change_of_clocks_a_post_keeps_its_wall_time(cast, post, now, day, zone):
    change = date.fromisoformat(day)
    before = datetime.combine(change - timedelta(days=2), datetime.min.time()).replace(hour=9)
    plan(post, cast.camille, due_local=before, zone=zone, now=now)
    for days in (2, 3):
        target = change + timedelta(days=days - 2)
        local = wall_on_day(post.due_at, zone, day=target, seen_in=zone)
        moved = reschedule(post, cast.camille, due_local=local, zone=zone, now=now, seen_due_at=post.due_at)
        assert wall_of(moved.at, zone) == datetime.combine(target, before.time())
        assert post.due_local == f"{target}T09:00:00"


@pytest.mark.parametrize(
    ("gap", "zone"),
    [("2027-03-28T02:30", ZURICH), ("2027-03-14T02:30", NEW_YORK), ("2027-10-03T02:30", SYDNEY)],
)
def test_dragged_into_the_hour_that_the_clock_jumps_over_it_stays_and_the_nearest_times_are_said(
    cast, post, now, gap, zone
):
    wall = datetime.fromisoformat(gap)
    plan(post, cast.camille, due_local=wall - timedelta(days=1), zone=zone, now=now)
    stood = post.due_at
    local = wall_on_day(stood, zone, day=wall.date(), seen_in=zone)
    assert local == wall
    with pytest.raises(NoSuchTime) as raised:
        reschedule(post, cast.camille, due_local=local, zone=zone, now=now)
    assert "01:59" in raised.value.text.fr and "03:00" in raised.value.text.fr
    with pytest.raises(NoSuchTime):
        wall_at(wall, seen_in=zone, zone="UTC")
    post.refresh_from_db()
    assert post.due_at == Publication.objects.get().due_at == stood


def test_day_that_is_meant_is_the_one_that_is_looked_at_from_elsewhere():
    due_at = moment_of(datetime(2027, 3, 10, 18, 30), NEW_YORK).at
    assert wall_of(due_at, ZURICH) == datetime(2027, 3, 11, 0, 30)
    local = wall_on_day(due_at, NEW_YORK, day=date(2027, 3, 20), seen_in=ZURICH)
    assert local == datetime(2027, 3, 20, 18, 30), "New York has changed its clock, Zurich has not: it is 23:30 there"
    assert wall_of(moment_of(local, NEW_YORK).at, ZURICH).date() == date(2027, 3, 20)


# Own events, holidays, options


def fair(**more):
    wish = {"title": "Book fair", "starts": datetime(2026, 12, 1), "ends": datetime(2026, 12, 3), "zone": ZURICH}
    return EventWish(**{**wish, "is_all_day": True, **more})


def test_event_of_whole_days_is_on_its_days_wherever_one_is(cast, now):
    event = add_event(cast.camille, fair(department=cast.news), now=now)
    assert days_of(event) == (date(2026, 12, 1), date(2026, 12, 3))
    (shown,) = agenda.events_between(cast.anna, later(now, days=10), later(now, days=30))
    for zone in (ZURICH, "Pacific/Auckland", "Pacific/Honolulu"):
        from zoneinfo import ZoneInfo

        assert agenda.days_touched(shown, ZoneInfo(zone)) == (date(2026, 12, 1), date(2026, 12, 3))
    assert agenda.events_between(cast.sam, later(now, days=10), later(now, days=30)) == []


def test_second_of_two_who_change_an_event_is_told(cast, now):
    event = add_event(cast.camille, fair(department=cast.news), now=now)
    change_event(event, cast.maud, fair(department=cast.news, title="Fair"), now=now, seen_revision=0)
    for act in (
        lambda: change_event(event, cast.camille, fair(department=cast.news), now=now, seen_revision=0),
        lambda: remove_event(event, cast.camille, now=now, seen_revision=0),
    ):
        with pytest.raises(Conflict):
            act()
    assert CalendarEvent.objects.get().title == "Fair"
    remove_event(event, cast.camille, now=now, seen_revision=1)
    assert not CalendarEvent.objects.exists()
    with pytest.raises(Conflict):
        change_event(event, cast.camille, fair(department=cast.news), now=now)


def test_event_of_the_house_is_written_by_who_writes_for_the_house_and_seen_by_all(cast, now):
    with pytest.raises(NotAllowed):
        add_event(cast.camille, fair(), now=now)
    add_event(cast.olive, fair(), now=now)
    for who in (cast.camille, cast.sam, cast.anna):
        assert [one.title for one in agenda.events_between(who, now, later(now, days=60))] == ["Book fair"]
    stranger = Member.objects.create(email="n@example.org", name="Nobody", joined_at=now)
    assert agenda.events_between(stranger, now, later(now, days=60)) == []


def test_event_that_cannot_be_is_refused_in_words(cast, now):
    for wish, error in (
        ({"ends": datetime(2026, 11, 30)}, BadInput),
        ({"title": " "}, FieldMissing),
        ({"ends": datetime(2029, 11, 30)}, BadInput),
        ({"colour": "mauve"}, BadInput),
        ({"is_all_day": False, "starts": datetime(2027, 3, 28, 2, 30), "ends": datetime(2027, 3, 28, 4)}, NoSuchTime),
    ):
        with pytest.raises(error):
            add_event(cast.camille, fair(department=cast.news, **wish), now=now)
    assert not CalendarEvent.objects.exists()


def test_holidays_are_named_in_the_readers_language_with_where_they_are():
    days = holidays_between(["CH-VD", "FR"], date(2026, 12, 1), date(2027, 1, 31), language="fr")
    assert days[date(2026, 12, 25)] == ["Noël (CH-VD, FR)"]
    assert days[date(2027, 1, 1)][0].startswith("Nouvel An (CH-VD") or "Nouvel An" in " ".join(days[date(2027, 1, 1)])
    english = holidays_between(["CH-VD", "FR"], date(2026, 12, 1), date(2026, 12, 31), language="en")
    assert english[date(2026, 12, 25)] == ["Christmas Day (CH-VD, FR)"]


def test_region_that_is_not_known_is_told_with_those_that_are():
    assert regions_from(" ch-vd;FR , ch-vd") == ("CH-VD", "FR")
    for written_as, told in (("CH-XX", "VD"), ("ZZ", "CH-VD"), ("CH VD", "VD")):
        with pytest.raises(BadInput, match=told):
            regions_from(written_as)


def test_house_options_are_set_by_who_changes_the_house_and_keep_the_others(cast, now):
    house = the_house()
    house.options = {"kept": True}
    house.save()
    set_options(cast.olive, regions="CH-VD", audience_zone=NEW_YORK, now=now)
    assert the_house().options["kept"] is True
    assert options_of(the_house()).regions == ("CH-VD",) and options_of(the_house()).audience_zone == NEW_YORK
    with pytest.raises(NotAllowed):
        set_options(cast.camille, regions="", audience_zone="", now=now)
    with pytest.raises(BadInput):
        set_options(cast.olive, regions="", audience_zone="Mars/Olympus", now=now)


def test_filters_narrow_what_is_shown_and_the_cancelled_is_not_there(cast, channel, post, now):
    other = make_far(cast.news)
    second = written(cast.maud, cast.news, [channel, other], now=now, text="Second")
    third = written(cast.maud, cast.news, [other], now=now, text="Third, and cancelled")
    for hours, one in enumerate((post, second, third), 1):
        planned(one, cast.maud if one is not post else cast.camille, at=later(now, hours=hours), now=now)
    cancel(third, cast.maud, now=now)
    hold(post, cast.camille, now=now)

    def shown(**wanted):
        rows = agenda.posts_between(
            cast.anna, now, later(now, days=1), channel_ids={channel.pk, other.pk}, wanted=agenda.Wanted(**wanted)
        )
        return [(row.post_id, len(row.places)) for row in rows]

    assert shown() == [(post.pk, 1), (second.pk, 2)]
    assert shown(channel_id=other.pk) == [(second.pk, 1)]
    assert shown(state="held") == [(post.pk, 1)]
    assert shown(person_id=cast.maud.pk) == [(second.pk, 2)]
    assert shown(department=cast.sport) == []
