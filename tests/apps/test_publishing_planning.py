"""Planning: the wall time that is meant, over both changes of summer time, and what is checked before."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.apps.publishing import planned, state_of, written

from parvis.channels.models import ChannelState
from parvis.channels.registry import added
from parvis.core.errors import BadInput, Conflict, FieldMissing, NoSuchTime, NotAllowed, PostNotFit
from parvis.core.measuring import TextLimit, TextRules, Unit
from parvis.core.post import Content, Medium
from parvis.orgs.crisis import pause
from parvis.publishing.content import is_link, preflight
from parvis.publishing.models import PostState, Publication, PublicationState
from parvis.publishing.queries import calendar, publications_of
from parvis.publishing.releasing import next_due_at
from parvis.publishing.services import hold, plan, publish_now, reschedule, save_draft, unplan
from parvis.publishing.times import moment_of, wall_of
from parvis.testing.clock import later
from parvis.testing.factories import make_channel
from parvis.testing.simulated import simulated


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


WALLS = [  # the wall's time, the place, what UTC says
    ("2027-03-27T09:00", "Europe/Zurich", "2027-03-27T08:00"),
    ("2027-03-28T01:59", "Europe/Zurich", "2027-03-28T00:59"),
    ("2027-03-28T03:00", "Europe/Zurich", "2027-03-28T01:00"),
    ("2027-03-28T09:00", "Europe/Zurich", "2027-03-28T07:00"),
    ("2027-10-31T01:59", "Europe/Zurich", "2027-10-30T23:59"),
    ("2027-10-31T03:00", "Europe/Zurich", "2027-10-31T02:00"),
    ("2027-11-01T09:00", "Europe/Zurich", "2027-11-01T08:00"),
    ("2027-03-14T01:59", "America/New_York", "2027-03-14T06:59"),
    ("2027-03-14T03:00", "America/New_York", "2027-03-14T07:00"),
    ("2027-11-07T00:59", "America/New_York", "2027-11-07T04:59"),
    ("2027-11-07T02:00", "America/New_York", "2027-11-07T07:00"),
    ("2027-10-03T01:59", "Australia/Sydney", "2027-10-02T15:59"),
    ("2027-10-03T03:00", "Australia/Sydney", "2027-10-02T16:00"),
    ("2027-04-04T01:59", "Australia/Sydney", "2027-04-03T14:59"),
    ("2027-04-04T03:00", "Australia/Sydney", "2027-04-03T17:00"),
]
GAPS = [
    ("2027-03-28T02:00", "Europe/Zurich", "2027-03-28 01:59", "2027-03-28 03:00"),
    ("2027-03-28T02:30", "Europe/Zurich", "2027-03-28 01:59", "2027-03-28 03:00"),
    ("2027-03-28T02:59", "Europe/Zurich", "2027-03-28 01:59", "2027-03-28 03:00"),
    ("2027-03-14T02:30", "America/New_York", "2027-03-14 01:59", "2027-03-14 03:00"),
    ("2027-10-03T02:15", "Australia/Sydney", "2027-10-03 01:59", "2027-10-03 03:00"),
    ("2027-10-03T02:15", "Australia/Lord_Howe", "2027-10-03 01:59", "2027-10-03 02:30"),
]
TWICE = [
    ("2027-10-31T02:30", "Europe/Zurich", "2027-10-31T00:30"),
    ("2027-11-07T01:30", "America/New_York", "2027-11-07T05:30"),
    ("2027-04-04T02:30", "Australia/Sydney", "2027-04-03T15:30"),
]


def wall(written_as):
    return datetime.fromisoformat(written_as)


@pytest.mark.parametrize(("local", "zone", "utc"), WALLS)
def test_wall_time_is_the_one_meant_on_both_sides_of_a_change(local, zone, utc):
    moment = moment_of(wall(local), zone)
    assert (moment.at, moment.is_twice) == (wall(utc).replace(tzinfo=UTC), False)
    assert wall_of(moment.at, zone) == wall(local)


@pytest.mark.parametrize(("local", "zone", "before", "after"), GAPS)
def test_time_that_the_clock_jumps_over_is_refused_with_the_nearest_two(local, zone, before, after):
    with pytest.raises(NoSuchTime) as raised:
        moment_of(wall(local), zone)
    assert (raised.value.places["before"], raised.value.places["after"]) == (before, after)
    for said in (before, after):
        moment_of(datetime.fromisoformat(said), zone)
        assert said in raised.value.text.fr


@pytest.mark.parametrize(("local", "zone", "utc"), TWICE)
def test_time_that_comes_twice_is_the_first_and_says_so(local, zone, utc):
    moment = moment_of(wall(local), zone)
    assert (moment.at, moment.is_twice) == (wall(utc).replace(tzinfo=UTC), True)


@given(
    st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2035, 1, 1)),
    st.sampled_from(["Europe/Zurich", "America/New_York", "Australia/Sydney", "Australia/Lord_Howe", "Africa/Cairo"]),
)
def test_every_wall_time_is_shown_by_the_wall_or_does_not_exist(local, zone):
    local = local.replace(microsecond=0, fold=0)
    try:
        moment = moment_of(local, zone)
    except NoSuchTime:
        shown = {
            local.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC).astimezone(ZoneInfo(zone))
            for fold in (0, 1)
        }
        assert local not in {one.replace(tzinfo=None, fold=0) for one in shown}
        return
    assert wall_of(moment.at, zone) == local
    assert wall_of(moment.at - timedelta(hours=1), zone) != local, "it is the first"


def test_plan_freezes_what_stands_there_for_each_channel(cast, channel, post, now):
    other = make_far(cast.news)
    variants = {channel.pk: {"changes": {"text": "Short"}}, other.pk: {"changes": {}}}
    save_draft(post, cast.camille, base_version=1, content=Content(text="Long"), variants=variants, now=now)
    done = plan(post, cast.camille, due_local=datetime(2026, 11, 20, 18, 30), zone="Europe/Zurich", now=now)
    assert state_of(post) == PostState.PLANNED
    assert (post.due_local, post.zone) == ("2026-11-20T18:30:00", "Europe/Zurich")
    assert done.at == post.due_at == datetime(2026, 11, 20, 17, 30, tzinfo=UTC)
    said = {one.channel_id: one.content["text"] for one in done.publications}
    assert said == {channel.pk: "Short", other.pk: "Long"}
    assert next_due_at() == done.at
    shown = calendar(cast.anna, later(now, days=4), later(now, days=5))
    assert shown == list(done.publications) and calendar(cast.sam, now, later(now, days=9)) == []
    assert calendar(cast.anna, later(now, days=5), later(now, days=9)) == []


def test_time_that_is_over_or_decades_away_or_nowhere_is_refused(cast, post, now):
    for due, zone in (
        (later(now, minutes=-2), "UTC"),
        (later(now, days=4000), "UTC"),
        (now, "Europe/Atlantis"),
        (now, "../x"),
    ):
        with pytest.raises(BadInput):
            plan(post, cast.camille, due_local=due.replace(tzinfo=None), zone=zone, now=now)
    assert not Publication.objects.exists()


def test_planned_again_it_takes_over_what_was_changed_and_drops_what_is_off(cast, channel, post, now):
    other = make_far(cast.news)
    both = {channel.pk: {"changes": {}}, other.pk: {"changes": {}}}
    save_draft(post, cast.camille, base_version=1, content=Content(text="one"), variants=both, now=now)
    first = planned(post, cast.camille, at=later(now, hours=1), now=now).publications
    save_draft(
        post, cast.camille, base_version=post.version, content=Content(text="two"), variants={channel.pk: {}}, now=now
    )
    assert [one.is_behind for one in publications_of(post)] == [True, True]
    (again,) = planned(post, cast.camille, at=later(now, hours=2), now=now).publications
    assert again.pk == first[0].pk and again.content["text"] == "two"
    assert state_of(first[1]) == PublicationState.CANCELLED


def test_reschedule_moves_what_waits_and_leaves_its_words(cast, channel, post, now):
    planned(post, cast.camille, at=later(now, hours=1), now=now)
    reschedule(post, cast.camille, due_local=datetime(2026, 11, 17, 8), zone="Europe/Zurich", now=now)
    publication = Publication.objects.get()
    assert publication.due_at == post.due_at == datetime(2026, 11, 17, 7, tzinfo=UTC)
    reschedule(publication, cast.camille, due_local=datetime(2026, 11, 17, 9), zone="UTC", now=now)
    post.refresh_from_db()
    assert (publication.due_at.hour, post.due_at.hour) == (9, 7)
    with pytest.raises(NotAllowed):
        reschedule(post, cast.conrad, due_local=datetime(2026, 11, 17, 8), zone="UTC", now=now)


def test_held_post_that_is_rescheduled_stays_held(cast, post, now):
    planned(post, cast.camille, at=later(now, hours=1), now=now)
    hold(post, cast.camille, now=now)
    reschedule(post, cast.camille, due_local=datetime(2026, 11, 18, 8), zone="UTC", now=now)
    assert post.state == PostState.HELD and Publication.objects.get().state == PublicationState.HELD


def test_unplanned_post_is_written_on_and_planned_again(cast, post, now):
    planned(post, cast.camille, at=later(now, hours=1), now=now)
    unplan(post, cast.camille, now=now)
    assert (post.state, post.due_at, Publication.objects.get().state) == (PostState.READY, None, "cancelled")
    assert planned(post, cast.camille, at=later(now, hours=3), now=now).publications
    assert Publication.objects.count() == 2


def test_post_that_is_out_cannot_be_unplanned_or_moved(cast, post, now):
    publish_now(post, cast.camille, now=now)
    assert post.state == PostState.LEAVING
    for act in (
        lambda: unplan(post, cast.camille, now=now),
        lambda: planned(post, cast.camille, at=later(now, hours=1), now=now),
    ):
        with pytest.raises(Conflict):
            act()
    with pytest.raises(BadInput, match="left already"):
        reschedule(post, cast.camille, due_local=datetime(2026, 11, 18, 8), zone="UTC", now=now)


def test_post_for_no_channel_or_for_anothers_channel_is_not_planned(cast, channel, post, now):
    save_draft(post, cast.camille, base_version=1, content=Content(text="x"), variants={}, now=now)
    with pytest.raises(FieldMissing):
        planned(post, cast.camille, at=later(now, hours=1), now=now)
    both = {channel.pk: {}, make_far(cast.sport).pk: {}}
    save_draft(post, cast.olive, base_version=post.version, content=Content(text="x"), variants=both, now=now)
    with pytest.raises(NotAllowed):
        planned(post, cast.camille, at=later(now, hours=1), now=now)
    assert len(planned(post, cast.olive, at=later(now, hours=1), now=now).publications) == 2


def codes(post, now, **more):
    return {
        key: sorted((fault.code, fault.is_hint) for fault in faults)
        for key, faults in preflight(post, now=now, **more).items()
    }


def faulty(cast, channel, now, **content):
    post = written(cast.camille, cast.news, [channel], now=now, **content)
    return codes(post, now)[channel.pk]


def test_faults_of_the_connector_stand_in_the_way(cast, channel, now):
    post = written(cast.camille, cast.news, [channel], now=now, text="")
    with pytest.raises(PostNotFit) as raised:
        planned(post, cast.camille, at=later(now, hours=1), now=now)
    assert [fault.code for fault in raised.value.faults[channel.pk]] == ["empty"]
    assert channel.name in raised.value.text.fr and "pas de texte" in raised.value.text.fr
    assert post.state == PostState.DRAFT and not Publication.objects.exists()


def test_text_is_measured_by_the_platforms_own_rules(cast, now):
    limit = TextLimit(
        unit=Unit.GRAPHEMES, most=10, source="https://example.org/", checked_on=now.date(), fact="graphemes"
    )
    with added(replace(simulated(), text_rules=TextRules(limits=(limit,)))):
        roomy, narrow = make_far(cast.news, facts={"graphemes": "20"}), make_far(cast.news)
        post = written(cast.camille, cast.news, [roomy, narrow], now=now, text="👩‍👩‍👧‍👦" * 15)
        assert codes(post, now) == {roomy.pk: [], narrow.pk: [("too_long", False)]}


def test_channel_that_cannot_send_stands_in_the_way(cast, now):
    for fields, code in (
        ({"state": ChannelState.PAUSED}, "channel"),
        ({"state": ChannelState.NEEDS_PERSON}, "channel"),
        ({"removed_at": None, "can": ["reply"]}, "not_offered"),
        ({"connector": "no-longer-there"}, "channel"),
        ({"connector": "feed"}, "not_offered"),
    ):
        assert faulty(cast, make_far(cast.news, **fields), now) == [(code, False)]


def test_missing_alt_text_and_odd_links_are_hints(cast, channel, now):
    media = (Medium(path="a.png", name="a.png", mime="image/png", size_bytes=1, alt=" "),)
    assert faulty(cast, channel, now, media=media) == [("alt_missing", True)]
    assert faulty(cast, channel, now, text="see https://exa mple") == [("link_broken", True)]
    assert faulty(cast, channel, now, text="see https://example.org/a?b=c.", link="https://") == [
        ("link_broken", False)
    ]


@pytest.mark.parametrize(
    "link", ["https://example.org", "http://example.org:8080/a?b#c", "HTTPS://www.exämple.ch/", "https://[::1]/"]
)
def test_link_that_a_browser_opens_is_one(link):
    assert is_link(link)


@pytest.mark.parametrize(
    "link",
    [
        "",
        "example.org",
        "https://",
        "https:/example.org",
        "ftp://example.org",
        "https://a b.org",
        "https://a:x/",
        "https://example",
    ],
)
def test_link_that_no_browser_opens_is_none(link):
    assert not is_link(link)


def test_same_words_within_a_week_are_a_fault_and_nearly_the_same_a_hint(cast, channel, post, now):
    planned(post, cast.camille, at=later(now, minutes=1), now=now)
    assert faulty(cast, channel, now, text="good MORNING!") == [("repeated", False)]
    assert faulty(cast, make_far(cast.news), now, text="Good morning") == []
    long = "The parliament has decided today on the new law about radio and television in all parts of the country"
    publish_now(written(cast.camille, cast.news, [channel], now=now, text=long), cast.camille, now=now)
    assert faulty(cast, channel, now, text=long.replace("today", "this evening")) == [("nearly_repeated", True)]
    week_on = written(cast.camille, cast.news, [channel], now=now)
    assert codes(week_on, later(now, days=8))[channel.pk] == []


def test_same_minute_and_a_pause_are_hints(cast, channel, post, now):
    planned(post, cast.camille, at=later(now, hours=1, seconds=10), now=now)
    other = written(cast.camille, cast.news, [channel], now=now, text="Something else")
    due = {"due_at": later(now, hours=1, seconds=50)}
    assert codes(other, now, **due)[channel.pk] == [("same_minute", True)]
    pause([cast.news], cast.maud, room_key=1, now=now)
    assert codes(other, now)[channel.pk] == [("crisis", True)]
    done = planned(other, cast.camille, at=later(now, hours=1), now=now)
    assert {fault.code for fault in done.hints[channel.pk]} == {"same_minute", "crisis"}
