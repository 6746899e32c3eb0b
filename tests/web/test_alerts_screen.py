"""Alerts on the screen: explained, acknowledged, judged; rules tried before they are saved; ways of being told."""

import re
from datetime import timedelta

import pytest
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.apps.alerting import HOUR, NOON, arrive, fill_hours, look, make_query, rule_for

from parvis.core.errors import Refused
from parvis.listening.models import AlertEpisode, AlertRule, HourCount
from parvis.orgs.models import Notice, NoticeRoute, NoticeState
from parvis.orgs.notices.delivery import claim_due, record_failure, record_sent
from parvis.testing.factories import make_channel

pytestmark = pytest.mark.django_db
MOST_QUERIES = 15


@pytest.fixture(autouse=True)
def _noon(monkeypatch):
    monkeypatch.setattr("parvis.web.clock.now", lambda: NOON + HOUR)


@pytest.fixture
def query(cast):
    query = make_query(cast)
    fill_hours(query)
    return query


@pytest.fixture
def episode(cast, query):
    rule_for(query, cast.camille, wish={"escalate_after_min": 90, "escalate_members": [cast.maud]})
    rule_for(query, cast.anna, kind="threshold", threshold=30)
    look(NOON)
    arrive(make_channel(cast.news), 60, at=NOON + timedelta(minutes=5), text="climat <b>now</b>")
    look(NOON + timedelta(minutes=6))
    return AlertEpisode.objects.get()


def _page(client, member, path, status=200):
    client.force_login(member)
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def _form(cast, **fields):
    given = {"kind": "volume", "way": "more", "false_a_month": "0.5", "per": "hour", "members": [cast.camille.pk]}
    return {**given, **fields}


def test_an_event_is_explained_on_the_list_on_today_and_on_its_own_page(client, cast, episode):
    why = "60 in the hour from 13:00; normal for a Tuesday at 13:00:"
    for path in ("/listen/alerts/", "/", f"/listen/alerts/{episode.pk}/"):
        assert why in _page(client, cast.camille, path)
    page = _page(client, cast.camille, f"/listen/alerts/{episode.pk}/")
    assert "the limit is 30 an hour" in page
    assert "<mark>climat</mark> &lt;b&gt;now&lt;/b&gt; 59" in page
    assert 'class="alert-band"' in page
    assert (
        "c…@example.org" in page
        and "camille@example.org" not in page.replace('title="camille@example.org"', "")[page.index("told") :]
    )


def test_it_is_acknowledged_with_a_note_and_judged_without_a_script(client, cast, query, episode):
    client.force_login(cast.camille)
    answer = client.post(reverse("alert-acknowledge", args=[episode.pk]), {"note": "On it."}, follow=True)
    assert "On it." in answer.content.decode()
    client.force_login(cast.maud)
    late = client.post(reverse("alert-acknowledge", args=[episode.pk]), {"note": "Me too."})
    assert late.status_code == 409
    client.post(reverse("alert-judge", args=[episode.pk]), {"judgement": "nothing"})
    assert client.post(reverse("alert-judge", args=[episode.pk]), {"judgement": "odd"}).status_code == 404
    page = _page(client, cast.maud, reverse("alert-rules", args=[query.pk]))
    assert "of 1 that was judged, 0 was real" in " ".join(page.split())


def test_others_can_be_called_at_once(client, cast, episode):
    client.force_login(cast.camille)
    client.post(reverse("alert-escalate", args=[episode.pk]))
    assert Notice.objects.get(kind="alert.escalated").member == cast.maud
    assert client.post(reverse("alert-escalate", args=[episode.pk])).status_code == 409


def test_another_department_meets_no_trace_of_it(client, cast, query, episode):
    rule = AlertRule.objects.first()
    assert "Climate" not in _page(client, cast.sam, "/listen/alerts/")
    assert "Climate" not in _page(client, cast.sam, "/")
    for path in (f"/listen/alerts/{episode.pk}/", f"/listen/{query.pk}/alerts/", f"/listen/rules/{rule.pk}/"):
        _page(client, cast.sam, path, status=404)
    for name in ("alert-acknowledge", "alert-judge", "alert-escalate"):
        assert client.post(reverse(name, args=[episode.pk]), {"judgement": "real"}).status_code == 404
    for name in ("alert-rule-switch", "alert-rule-mute", "alert-rule-remove"):
        assert client.post(reverse(name, args=[rule.pk]), {"hours": "1"}).status_code == 404
    assert AlertRule.objects.filter(is_on=True, muted_until=None).count() == 2


def test_who_only_reads_sees_it_and_changes_nothing(client, cast, query, episode):
    page = _page(client, cast.conrad, f"/listen/alerts/{episode.pk}/")
    assert "I look after it" not in page
    assert client.post(reverse("alert-acknowledge", args=[episode.pk])).status_code == 403
    assert client.post(reverse("alert-rule-new", args=[query.pk]), _form(cast)).status_code == 403


def test_a_rule_is_tried_on_what_was_before_it_is_saved(client, cast, query):
    planted = NOON - timedelta(days=5)
    HourCount.objects.filter(query=query, hour=planted).update(count=90)
    client.force_login(cast.camille)
    path = reverse("alert-rule-new", args=[query.pk])
    for page in (
        client.get(reverse("alert-rule-preview", args=[query.pk]), _form(cast)),
        client.post(path, _form(cast, **{"try": "1"})),
    ):
        said = " ".join(page.content.decode().split())
        assert page.status_code == 200
        assert "This rule would have rung <b>1</b> time." in said
        assert "90 in the hour from 13:00" in said
    assert not AlertRule.objects.exists()
    assert client.post(path, _form(cast)).headers["Location"] == reverse("alert-rules", args=[query.pk])
    assert list(AlertRule.objects.get().members.all()) == [cast.camille]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "threshold"}, "“how many” is missing"),
        ({"kind": "author", "authors": " \n@"}, "“whose words” is missing"),
        ({"members": []}, "“who is told” is missing"),
        ({"escalate_after_min": "10"}, "“who is told then” is missing"),
        ({"kind": "odd"}, "odd"),
    ],
)
def test_a_rule_that_cannot_be_says_why_and_keeps_what_was_written(client, cast, query, fields, said):
    client.force_login(cast.camille)
    answer = client.post(reverse("alert-rule-new", args=[query.pk]), _form(cast, quiet_from="22:15", **fields))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "22:15" in answer.content.decode()


def test_nobody_is_told_who_does_not_see_the_query(client, cast, query):
    client.force_login(cast.camille)
    path = reverse("alert-rule-new", args=[query.pk])
    assert "Sam" not in re.sub(r"<nav.*?</nav>", "", client.get(path).content.decode(), flags=re.DOTALL)
    assert client.post(path, _form(cast, members=[cast.sam.pk])).status_code == 422


def test_who_changes_an_older_version_is_told(client, cast, query):
    rule = rule_for(query, cast.camille)
    client.force_login(cast.camille)
    path = reverse("alert-rule", args=[rule.pk])
    assert client.post(path, _form(cast, revision=1, quiet_from="22:00", quiet_to="07:00")).status_code == 302
    answer = client.post(path, _form(cast, revision=1, kind="threshold", threshold="5"))
    assert answer.status_code == 422
    assert "changed since you opened it" in answer.content.decode()
    assert "22:00" in client.get(path).content.decode()


def test_a_rule_is_muted_switched_off_and_removed(client, cast, query, episode):
    rule = AlertRule.objects.first()
    client.force_login(cast.camille)
    client.post(reverse("alert-rule-mute", args=[rule.pk]), {"hours": "8"})
    rule.refresh_from_db()
    assert rule.muted_until == NOON + 9 * HOUR
    client.post(reverse("alert-rule-mute", args=[rule.pk]), {"hours": "0"})
    client.post(reverse("alert-rule-switch", args=[rule.pk]), {"is_on": "0"})
    rule.refresh_from_db()
    assert (rule.muted_until, rule.is_on) == (None, False)
    client.post(reverse("alert-rule-remove", args=[rule.pk]))
    assert AlertRule.objects.count() == 1
    assert "60 in the hour" in _page(client, cast.camille, f"/listen/alerts/{episode.pk}/")


def test_an_own_way_is_added_tried_and_never_shown_in_full(client, cast):
    client.force_login(cast.camille)
    path = reverse("notice-routes")
    assert "You are told by mail at camille@example.org" in client.get(path).content.decode()
    wrong = client.post(path, {"kind": "apprise", "address": "syslog://", "name": ""})
    assert wrong.status_code == 422 and "not among the services" in wrong.content.decode()
    client.post(path, {"kind": "apprise", "address": "ntfys://secret-topic", "name": "Phone"})
    route = NoticeRoute.objects.get()
    [parcel] = claim_due(worker="test", now=NOON + HOUR)
    record_failure(parcel, Refused(host="ntfys", detail="HTTP 403"), now=NOON + HOUR)
    page = client.get(path).content.decode()
    assert "The last notice did not leave: ntfys refused: HTTP 403." in page.replace("</span>", "")
    assert "secret-topic" not in page
    client.post(reverse("notice-route-test", args=[route.pk]))
    [parcel] = claim_due(worker="test", now=NOON + HOUR)
    record_sent(parcel, now=NOON + HOUR)
    assert "It works" in client.get(path).content.decode()
    for verb, fields in (("switch", {"is_on": "0"}), ("remove", {})):
        client.force_login(cast.maud)
        assert client.post(reverse(f"notice-route-{verb}", args=[route.pk]), fields).status_code == 404
        client.force_login(cast.camille)
        client.post(reverse(f"notice-route-{verb}", args=[route.pk]), fields)
    assert not NoticeRoute.objects.exists()


def test_a_shared_way_belongs_to_the_department_and_is_offered_to_its_rules(client, cast, query):
    client.force_login(cast.maud)
    fields = {"kind": "mail", "address": "desk@example.net", "name": "The desk", "department": cast.news.pk}
    client.post(reverse("shared-routes"), fields)
    assert client.post(reverse("shared-routes"), {**fields, "department": "house"}).status_code == 422
    route = NoticeRoute.objects.get()
    assert (route.member, route.department) == (None, cast.news)
    assert "The desk" in client.get(reverse("alert-rule-new", args=[query.pk])).content.decode()
    client.post(reverse("alert-rule-new", args=[query.pk]), _form(cast, members=[], routes=[route.pk]))
    assert list(AlertRule.objects.get().routes.all()) == [route]
    assert "The desk" not in _page(client, cast.sam, reverse("shared-routes"))
    _page(client, cast.conrad, reverse("shared-routes"), status=403)


def test_a_notice_that_reached_nobody_is_seen_on_the_list_and_on_its_event(client, cast, episode):
    Notice.objects.filter(subject="alert").update(
        state=NoticeState.FAILED, error=Refused(host="slack", detail="HTTP 404").facts
    )
    assert "2 notices of these events did not reach anybody" in _page(client, cast.camille, "/listen/alerts/")
    assert "slack refused: HTTP 404." in _page(client, cast.camille, f"/listen/alerts/{episode.pk}/")


def test_without_alerts_the_page_says_how_they_come_to_be(client, cast):
    assert "No alerts so far" in _page(client, cast.camille, "/listen/alerts/")


def test_many_events_are_shown_page_by_page_each_once(client, cast, query):
    for number in range(70):
        AlertEpisode.objects.create(
            query=query, kind="volume", severity=1, opened_at=NOON - number * HOUR, first_hour=NOON, last_hour=NOON,
            last_at=NOON, closed_at=NOON,
        )  # fmt: skip
    path, seen = "/listen/alerts/", []
    while path:
        page = _page(client, cast.camille, path)
        seen += re.findall(r'/listen/alerts/(\d+)/" data-command', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = following[1] if following else ""
    assert len(seen) == len(set(seen)) == 70


def test_every_page_takes_few_queries(client, cast, query, episode):
    arrive(make_channel(cast.news), 40, at=NOON + timedelta(minutes=9))
    other = make_query(cast, "sport", name="Sport")
    rule_for(other, cast.camille, kind="threshold", threshold=5)
    arrive(make_channel(cast.news), 40, at=NOON + timedelta(minutes=9), text="sport")
    look(NOON + timedelta(minutes=10))
    rule = AlertRule.objects.first()
    client.force_login(cast.camille)
    for name, key in (
        ("alerts", None), ("alert", episode.pk), ("alert-rules", query.pk), ("alert-rule-new", query.pk),
        ("alert-rule", rule.pk), ("notice-routes", None), ("shared-routes", None), ("today", None), ("query", query.pk),
    ):  # fmt: skip
        for cache in caches.all(initialized_only=False):
            cache.clear()
        with CaptureQueriesContext(connection) as seen:
            assert client.get(reverse(name, args=[key] if key else [])).status_code == 200
        assert len(seen) <= MOST_QUERIES, f"{name}: {len(seen)}\n" + "\n".join(one["sql"][:160] for one in seen)
