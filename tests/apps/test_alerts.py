"""From items that arrive to the person who is told: one event is one alert, and it is explained."""

from concurrent.futures import ThreadPoolExecutor
from datetime import time, timedelta

import pytest
from django.db import connection, connections
from tests.apps.alerting import HOUR, NOON, arrive, fill_hours, look, look_each_hour, make_query, rule_for

from parvis.core.errors import Conflict, NotAllowed
from parvis.jobs.claim import claim
from parvis.listening.alerts import looking
from parvis.listening.alerts.answering import acknowledge, escalate, judge
from parvis.listening.alerts.rules import mute_rule, remove_rule, switch_rule
from parvis.listening.models import AlertEpisode, AlertSign, AlertWatch, EpisodeJudgement, HourCount, Severity
from parvis.orgs.models import AuditEntry, Notice
from parvis.testing.factories import make_channel

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel(cast):
    return make_channel(cast.news)


@pytest.fixture
def query(cast):
    query = make_query(cast)
    fill_hours(query)
    return query


def _told(kind="alert.opened"):
    return sorted(Notice.objects.filter(kind=kind).values_list("member__name", flat=True))


def test_the_whole_path_from_an_item_to_the_acknowledgement_that_stops_the_escalation(cast, query, channel):
    rule_for(query, cast.camille, wish={"escalate_after_min": 30, "escalate_members": [cast.maud]})
    look(NOON)
    arrive(channel, 5, at=NOON + timedelta(minutes=5))
    look(NOON + timedelta(minutes=6))
    assert not AlertEpisode.objects.exists()  # five are usual

    at = NOON + timedelta(minutes=20)
    arrive(channel, 60, at=at)
    look(at)
    episode = AlertEpisode.objects.get()
    assert _told() == ["Camille"]
    notice = Notice.objects.get()
    assert "Climate" in notice.title
    assert notice.text.startswith("65 in the hour from 13:00; normal for a Tuesday at 13:00:")
    assert notice.path == f"/listen/alerts/{episode.pk}/"

    acknowledge(episode, cast.camille, now=at + timedelta(minutes=10), note="I look after it.")
    look(at + timedelta(minutes=40))
    assert _told("alert.escalated") == []
    assert AuditEntry.objects.filter(action="alert.acknowledge", member=cast.camille).count() == 1


def test_an_event_that_nobody_acknowledges_is_escalated_once(cast, query, channel):
    rule_for(query, cast.camille, wish={"escalate_after_min": 30, "escalate_members": [cast.maud, cast.camille]})
    look(NOON)
    arrive(channel, 60, at=NOON + timedelta(minutes=5))
    look(NOON + timedelta(minutes=6))
    look(NOON + timedelta(minutes=30))
    assert _told("alert.escalated") == []
    for minutes in (37, 38, 90):
        look(NOON + timedelta(minutes=minutes))
    assert _told("alert.escalated") == ["Maud"]  # Camille knows already
    with pytest.raises(Conflict):
        escalate(AlertEpisode.objects.get(), cast.maud, now=NOON + HOUR)


def test_one_event_is_one_alert_until_it_is_calm_for_six_hours(cast, query, channel):
    rule_for(query, cast.camille)
    look(NOON)
    for hour in range(3):
        for minutes in (5, 25, 45):
            at = NOON + hour * HOUR + timedelta(minutes=minutes)
            arrive(channel, 40, at=at)
            look(at)
    assert AlertEpisode.objects.count() == Notice.objects.count() == 1
    sign = AlertSign.objects.get()
    assert sign.first_hour == NOON and sign.last_hour == NOON + 2 * HOUR
    assert sign.peak["count"] == 120
    _quiet_hours(query, NOON + 3 * HOUR, 9)
    look_each_hour(NOON + 3 * HOUR, NOON + 8 * HOUR)
    assert AlertEpisode.objects.get().closed_at is None
    look_each_hour(NOON + 9 * HOUR, NOON + 10 * HOUR)
    assert AlertEpisode.objects.get().closed_at is not None
    at = NOON + 11 * HOUR + timedelta(minutes=30)
    arrive(channel, 60, at=at)
    look(at)
    assert AlertEpisode.objects.count() == Notice.objects.count() == 2


def _quiet_hours(query, since, count):
    for number in range(count):
        HourCount.objects.update_or_create(query=query, hour=since + number * HOUR, defaults={"count": 3})


def test_a_worker_that_stood_still_for_a_night_catches_up_without_ringing_twice(cast, query, channel):
    rule_for(query, cast.camille)
    look(NOON)
    arrive(channel, 60, at=NOON + timedelta(minutes=30))
    _quiet_hours(query, NOON + HOUR, 14)
    look(NOON + 15 * HOUR)
    look(NOON + 15 * HOUR + timedelta(minutes=20))
    episode = AlertEpisode.objects.get()
    assert episode.first_hour == NOON
    assert episode.closed_at is not None
    assert Notice.objects.count() == 1


def test_what_was_before_the_rule_does_not_ring(cast, query, channel):
    arrive(channel, 80, at=NOON - 2 * HOUR)
    rule_for(query, cast.camille, now=NOON + timedelta(minutes=1))
    look(NOON + timedelta(minutes=20))
    assert not AlertEpisode.objects.exists()


def test_without_enough_history_a_volume_says_nothing_and_a_threshold_does(cast, channel):
    query = make_query(cast)
    rule_for(query, cast.camille)
    look(NOON)
    arrive(channel, 60, at=NOON + timedelta(minutes=5))
    look(NOON + timedelta(minutes=6))
    assert not AlertEpisode.objects.exists()
    rule_for(query, cast.maud, kind="threshold", threshold=50, now=NOON)
    look(NOON + timedelta(minutes=7))
    assert _told() == ["Maud"]
    assert "the limit is 50 an hour" in Notice.objects.get().text


def test_a_threshold_a_day_counts_the_days_of_the_house(cast, channel):
    query = make_query(cast)
    rule_for(query, cast.camille, kind="threshold", threshold=10, per="day")
    midnight = NOON.replace(hour=23)  # in Zurich
    arrive(channel, 6, at=midnight - timedelta(minutes=5))
    look(midnight - timedelta(minutes=4))
    arrive(channel, 6, at=midnight + timedelta(minutes=5))
    look(midnight + timedelta(minutes=6))
    assert not AlertEpisode.objects.exists()
    arrive(channel, 5, at=midnight + timedelta(minutes=10))
    look(midnight + timedelta(minutes=11))
    assert "11 on 18 November; the limit is 10 a day" in Notice.objects.get().text


def test_a_tone_that_turns_harsh_rings_once_the_hour_is_over(cast):
    query = make_query(cast)
    fill_hours(query, count=20, night=16, tone=0.1)
    rule_for(query, cast.camille, kind="tone", way="less")
    look(NOON)
    HourCount.objects.create(
        query=query, hour=NOON, count=40, tone_count=40, tone_sum=-24.0, tone_square_sum=40 * (0.36 + 0.04)
    )
    look(NOON + timedelta(minutes=50))
    assert not AlertEpisode.objects.exists()
    look(NOON + timedelta(minutes=76))
    text = Notice.objects.get().text
    assert "The tone of 40 items in the hour from 13:00 was −0.60; normal for a Tuesday at 13:00: about 0.10" in text


def test_a_drop_rings_only_where_it_is_asked_for(cast, channel):
    query = make_query(cast)
    fill_hours(query, count=40, night=30)
    rule_for(query, cast.camille, way="more")
    rule_for(query, cast.maud, way="less")
    look(NOON)
    look(NOON + timedelta(minutes=62))
    assert not AlertEpisode.objects.exists()  # late items may still come
    look(NOON + timedelta(minutes=76))
    assert _told() == ["Maud"]
    assert Notice.objects.get().text.startswith("0 in the hour from 13:00")


def test_a_named_author_rings_as_the_match_arrives_and_not_again_when_the_item_changes(cast, channel):
    query = make_query(cast)
    arrive(channel, 1, at=NOON - HOUR, author="Greta T.", handle="greta@example.org")
    rule_for(query, cast.camille, kind="author", authors=("@greta",), now=NOON)
    look(NOON)
    assert not AlertEpisode.objects.exists()
    arrive(channel, 1, at=NOON + timedelta(minutes=2), author="Somebody", handle="greta.t")
    look(NOON + timedelta(minutes=2))
    assert not AlertEpisode.objects.exists()
    items = arrive(channel, 1, at=NOON + timedelta(minutes=3), author="Greta T.", handle="greta@example.org")
    look(NOON + timedelta(minutes=3))
    assert Notice.objects.get().title == "Climate: Greta T. speaks"
    assert "“climat 0”" in Notice.objects.get().text
    type(items[0]).objects.update(is_heard=False, text="climat changed", fingerprint="other")
    arrive(channel, 0, at=NOON + timedelta(minutes=4))
    look(NOON + timedelta(minutes=4))
    assert AlertSign.objects.get().seen["count"] == 1
    look(NOON + 8 * HOUR)
    assert AlertEpisode.objects.get().closed_at is not None


def test_rules_of_the_same_query_join_one_episode_and_tell_only_who_does_not_know(cast, query, channel):
    rule_for(query, cast.camille)
    rule_for(query, cast.maud, kind="threshold", threshold=30, wish={"members": [cast.maud, cast.camille]})
    look(NOON)
    arrive(channel, 60, at=NOON + timedelta(minutes=5))
    look(NOON + timedelta(minutes=6))
    assert AlertEpisode.objects.get().signs.count() == 2
    assert _told() == ["Camille", "Maud"]


def test_queries_that_find_mostly_the_same_join_and_others_do_not(cast, query, channel):
    alike, other = make_query(cast, "climat OR météo", name="Weather"), make_query(cast, "sport", name="Sport")
    for one in (query, alike, other):
        rule_for(one, cast.camille, kind="threshold", threshold=30)
    arrive(channel, 50, at=NOON + timedelta(minutes=5))
    arrive(channel, 50, at=NOON + timedelta(minutes=5), text="sport")
    look(NOON + timedelta(minutes=6))
    assert sorted(episode.signs.count() for episode in AlertEpisode.objects.all()) == [1, 2]
    assert Notice.objects.count() == 2


def test_an_event_of_another_department_is_never_joined(cast, channel):
    ours = make_query(cast)
    theirs = make_query(cast, name="Theirs", department=cast.sport, member=cast.sam)
    rule_for(ours, cast.camille, kind="threshold", threshold=30)
    rule_for(theirs, cast.sam, kind="threshold", threshold=30)
    arrive(channel, 50, at=NOON + timedelta(minutes=5))
    arrive(make_channel(cast.sport), 50, at=NOON + timedelta(minutes=5))
    look(NOON + timedelta(minutes=6))
    assert AlertEpisode.objects.count() == 2
    assert list(AlertEpisode.objects.visible_to(cast.sam).values_list("query__name", flat=True)) == ["Theirs"]


def test_quiet_hours_hold_by_the_persons_clock_and_a_severe_event_wakes(cast, query, channel):
    cast.maud.zone = "Asia/Tokyo"  # 21:00 there
    cast.maud.save()
    night = {"quiet_from": time(20, 0), "quiet_to": time(7, 30), "wakes_from": Severity.HIGH}
    rule_for(query, cast.camille, wish={"members": [cast.camille, cast.maud], **night})
    look(NOON)
    arrive(channel, 20, at=NOON + timedelta(minutes=5))
    look(NOON + timedelta(minutes=6))
    held = Notice.objects.get(member=cast.maud)
    assert held.is_held and held.due_at == NOON.replace(hour=22, minute=30)
    assert not Notice.objects.get(member=cast.camille).is_held
    arrive(channel, 200, at=NOON + timedelta(minutes=8))
    look(NOON + timedelta(minutes=9))
    held.refresh_from_db()
    assert not held.is_held and held.due_at == NOON + timedelta(minutes=9)
    assert Notice.objects.count() == 2


def test_the_clock_of_an_escalation_begins_when_somebody_could_be_told(cast, query, channel):
    night = {"quiet_from": time(12, 0), "quiet_to": time(15, 0)}  # 13:00 in Zurich now
    rule_for(query, cast.camille, wish={**night, "escalate_after_min": 10, "escalate_members": [cast.maud]})
    look(NOON)
    arrive(channel, 60, at=NOON + timedelta(minutes=5))
    look(NOON + timedelta(minutes=6))
    look(NOON + timedelta(minutes=40))
    assert _told("alert.escalated") == []
    look(NOON + timedelta(hours=2, minutes=11))
    assert _told("alert.escalated") == ["Maud"]


def test_a_muted_rule_keeps_its_event_and_tells_nobody(cast, query, channel):
    rule = rule_for(query, cast.camille, wish={"escalate_after_min": 5, "escalate_members": [cast.maud]})
    mute_rule(rule, cast.camille, until=NOON + 3 * HOUR, now=NOON)
    look(NOON)
    arrive(channel, 60, at=NOON + timedelta(minutes=5))
    look(NOON + timedelta(minutes=6))
    look(NOON + timedelta(minutes=30))
    assert AlertEpisode.objects.get().is_muted
    assert not Notice.objects.exists()


def test_a_rule_that_is_switched_off_ends_its_event_and_looks_no_more(cast, query, channel):
    rule = rule_for(query, cast.camille)
    look(NOON)
    arrive(channel, 60, at=NOON + timedelta(minutes=5))
    look(NOON + timedelta(minutes=6))
    switch_rule(rule, cast.camille, is_on=False, now=NOON + timedelta(minutes=7))
    assert AlertEpisode.objects.get().closed_at is not None
    arrive(channel, 60, at=NOON + timedelta(minutes=8))
    look(NOON + timedelta(minutes=9))
    switch_rule(rule, cast.camille, is_on=True, now=NOON + 2 * HOUR)
    look(NOON + 2 * HOUR)
    assert AlertEpisode.objects.count() == 1


def test_only_the_first_of_two_acknowledges_and_nobody_from_elsewhere(cast, query, channel):
    rule_for(query, cast.camille)
    look(NOON)
    arrive(channel, 60, at=NOON + timedelta(minutes=5))
    look(NOON + timedelta(minutes=6))
    episode = AlertEpisode.objects.get()
    for stranger in (cast.sam, cast.conrad):
        with pytest.raises(NotAllowed):
            acknowledge(episode, stranger, now=NOON)
    acknowledge(episode, cast.camille, now=NOON + HOUR)
    with pytest.raises(Conflict, match="Camille was quicker"):
        acknowledge(AlertEpisode.objects.get(), cast.maud, now=NOON + HOUR)
    judge(episode, cast.maud, EpisodeJudgement.NOTHING, now=NOON + HOUR)
    assert AlertEpisode.objects.get().judgement == "nothing"


def test_a_look_with_nothing_new_asks_the_database_once(cast, query, django_assert_num_queries):
    rule_for(query, cast.camille)
    look(NOON + timedelta(minutes=20))
    watch = AlertWatch.objects.get()
    assert watch.next_look_at == NOON + timedelta(minutes=75)
    with django_assert_num_queries(3):  # rules, calls, signs
        look(NOON + timedelta(minutes=30))


def test_what_comes_late_for_an_hour_still_rings(cast, query, channel):
    rule_for(query, cast.camille)
    look_each_hour(NOON, NOON + HOUR)
    HourCount.objects.update_or_create(query=query, hour=NOON, defaults={"count": 70})
    type(query).objects.update(match_count=70)
    look(NOON + 2 * HOUR)
    assert AlertEpisode.objects.get().first_hour == NOON


def test_who_no_longer_sees_the_department_is_not_told(cast, query, channel):
    rule_for(query, cast.camille, wish={"members": [cast.camille, cast.maud]})
    cast.maud.memberships.all().delete()
    look(NOON)
    arrive(channel, 60, at=NOON + timedelta(minutes=5))
    look(NOON + timedelta(minutes=6))
    assert _told() == ["Camille"]


def test_everybody_with_a_role_in_the_department_is_told(cast, query, channel):
    rule_for(query, cast.camille, wish={"members": [], "role": "analyst"})
    look(NOON)
    arrive(channel, 60, at=NOON + timedelta(minutes=5))
    look(NOON + timedelta(minutes=6))
    assert _told() == ["Anna"]


def test_a_notice_is_written_in_the_language_of_its_reader(cast, query, channel):
    cast.camille.language = "fr"
    cast.camille.save()
    rule_for(query, cast.camille)
    look(NOON)
    arrive(channel, 60, at=NOON + timedelta(minutes=5))
    look(NOON + timedelta(minutes=6))
    assert Notice.objects.get().language == "fr"


def test_a_rule_with_a_fault_stops_no_other(cast, query, channel, monkeypatch, caplog):
    broken = rule_for(query, cast.maud)
    rule_for(query, cast.camille)
    look(NOON)
    AlertWatch.objects.filter(rule=broken).update(expected={(NOON).strftime("%Y-%m-%dT%H"): {"odd": 1}})
    arrive(channel, 60, at=NOON + timedelta(minutes=5))
    look(NOON + timedelta(minutes=6))
    assert _told() == ["Camille"]
    assert f"alert rule {broken.pk}" in caplog.text
    assert AlertWatch.objects.get(rule=broken).next_look_at == NOON + timedelta(minutes=21)


def test_a_rule_that_is_removed_while_it_is_looked_at_stops_no_other(cast, query, channel):
    gone, kept = rule_for(query, cast.maud), rule_for(query, cast.camille)
    look(NOON)
    arrive(channel, 60, at=NOON + timedelta(minutes=5))
    now = NOON + timedelta(minutes=6)
    watches = claim(looking._due(now), worker="test", now=now, lease_s=60, limit=10)
    remove_rule(gone, cast.maud, now=now)
    looking._look_apart(watches, worker="test", now=now)
    assert _told() == ["Camille"]
    assert AlertWatch.objects.get(rule=kept).leased_until is None


def test_a_new_history_is_learnt_anew(cast, query):
    rule = rule_for(query, cast.camille)
    look(NOON)
    upper = _upper(rule)
    HourCount.objects.filter(query=query).update(count=50)
    look(NOON + HOUR)
    assert _upper(rule, NOON + HOUR) < 40  # what was learnt is not read again
    type(query).objects.update(revision=query.revision + 1)
    look(NOON + 2 * HOUR)
    assert _upper(rule, NOON + 2 * HOUR) > 60 > upper


def _upper(rule, hour=NOON):
    return AlertWatch.objects.get(rule=rule).expected[hour.strftime("%Y-%m-%dT%H")]["upper"]


def test_two_workers_at_once_tell_of_an_event_once(cast, query, channel):
    for _ in range(3):
        rule_for(query, cast.camille)
    look(NOON)
    arrive(channel, 60, at=NOON + timedelta(minutes=5))
    for worker in ("one", "two"):
        look(NOON + timedelta(minutes=6), worker=worker)
    assert AlertEpisode.objects.count() == Notice.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_workers_that_look_at_the_same_moment_open_one_event_and_tell_each_once(cast, query, channel, monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    monkeypatch.setattr(looking, "_ROWS_AT_ONCE", 1)
    for number in range(8):
        rule_for(query, cast.camille, kind="threshold", threshold=20 + number)
    arrive(channel, 60, at=NOON + timedelta(minutes=5))

    def work(name):
        try:
            look(NOON + timedelta(minutes=6), worker=name)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, ["one", "two", "three", "four"]))
    assert AlertEpisode.objects.get().signs.count() == 8
    assert _told() == ["Camille"]
