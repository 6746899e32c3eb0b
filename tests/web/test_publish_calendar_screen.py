"""The calendar on the screen: days of any length, moves and the way back, events, calendars in and out."""

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from parvis.channels.models import Channel
from parvis.core.post import Content
from parvis.orgs.models import House, Member
from parvis.publishing.calendars import EventWish, add_event, set_options
from parvis.publishing.models import CalendarEvent, CalendarFeed, CalendarLink, FeedEvent, Post, Publication
from parvis.publishing.services import create_post, hold, plan
from parvis.testing.clock import MONDAY, later
from parvis.testing.factories import make_channel
from parvis.web.screens.publish.calendar_days import Sheet, minutes_of
from parvis.web.screens.publish.calendar_ics import MOST_AN_HOUR

pytestmark = pytest.mark.django_db
NOW = MONDAY
ZURICH, NEW_YORK, SYDNEY = "Europe/Zurich", "America/New_York", "Australia/Sydney"


@pytest.fixture(autouse=True)
def _monday(monkeypatch):
    monkeypatch.setattr("parvis.web.clock.now", lambda: NOW)
    cache.clear()


@pytest.fixture
def channel(cast):
    return make_channel(cast.news, connector="mastodon", name="Our toots", can=["publish"])


@pytest.fixture
def post(cast, channel):
    return create_post(
        cast.camille, cast.news, now=NOW, title="Valleys", content=Content(text="Hello"), channels=[channel]
    )


@pytest.fixture
def camille(client, cast):
    client.force_login(cast.camille)
    return client


@pytest.fixture
def olive(cast):
    client = Client()
    client.force_login(cast.olive)
    return client


def at(post, member, local, zone=ZURICH):
    plan(post, member, due_local=datetime.fromisoformat(local), zone=zone, now=NOW)
    post.refresh_from_db()


def page(client, **asked):
    response = client.get(reverse("publish-calendar"), asked)
    assert response.status_code == 200
    return response.content.decode()


def cell(html, day):
    """The words of a month's day."""
    found = re.search(rf'data-day="{day}"(.*?)</td>', html, re.DOTALL)
    return found.group(1) if found else ""


def move(client, post, **fields):
    form = {"post": post.pk, "seen": post.due_at.isoformat() if post.due_at else "", **fields}
    response = client.post(reverse("calendar-move"), form, headers={"X-Requested-With": "fetch"})
    post.refresh_from_db()
    return response.status_code, response.content.decode()


# Days


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        ("2027-03-28", ZURICH, 23), ("2027-10-31", ZURICH, 25), ("2027-03-14", NEW_YORK, 23), ("2027-11-07", NEW_YORK, 25),
        ("2027-10-03", SYDNEY, 23), ("2027-04-04", SYDNEY, 25), ("2027-10-03", ZURICH, 24),
    ],
)  # fmt: skip
def test_day_has_as_many_hours_as_the_clock_gives_it(day, zone, hours):
    place, wanted = ZoneInfo(zone), date.fromisoformat(day)
    found = Sheet([], [], {}, place=place).day_by_hours(wanted, today=wanted, most=9)
    gaps, twice = [one.hour for one in found.hours if one.is_gap], [one.hour for one in found.hours if one.note]
    assert minutes_of(wanted, place) == hours * 60
    assert len(found.hours) - len(gaps) + (len(twice) - len(gaps)) == hours
    assert (str(hours) in found.note) is (hours != 24)


def test_post_stands_in_the_hour_of_the_day_that_the_chosen_clock_shows(camille, cast, post):
    at(post, cast.camille, "2026-12-01T02:15")
    assert "02:15" in cell(page(camille, day="2026-12-01"), "2026-12-01")
    House.objects.update(options={"calendar": {"audience_zone": NEW_YORK}})
    html = page(camille, day="2026-12-01", zone=NEW_YORK)
    assert "20:15" in cell(html, "2026-11-30") and "Valleys" not in cell(html, "2026-12-01")
    week = page(camille, day="2026-11-30", zone=NEW_YORK, view="week")
    assert re.search(r'data-day="2026-11-30" data-hour="20".*?Valleys', week, re.DOTALL)
    assert "Valleys" in page(camille, day="2026-12-01", view="list")


def test_other_clocks_and_the_zone_it_was_planned_in_stand_beside(camille, cast, post):
    House.objects.update(options={"calendar": {"audience_zone": NEW_YORK}})
    at(post, cast.camille, "2026-12-01T09:00", SYDNEY)
    html = page(camille, day="2026-12-01")
    assert "23:00" in cell(html, "2026-11-30")
    assert "17:00 New York" in html and "09:00 Sydney (planned there)" in html
    Member.objects.filter(pk=cast.camille.pk).update(zone="Asia/Tokyo")
    html = page(camille, day="2026-12-01")
    assert "07:00" in cell(html, "2026-12-01") and "23:00 Zurich" in html and "17:00 New York" in html


def test_time_of_a_channels_own_audience_stands_beside(camille, cast, post, channel):
    at(post, cast.camille, "2026-12-01T02:15")
    assert "audience" not in page(camille, day="2026-12-01").partition("<main")[2]
    Channel.objects.update(audience_zone=NEW_YORK)
    html = page(camille, day="2026-12-01")
    assert re.search(r"02:15 Zurich · \w+ 20:15 for the audience \(New York\)", html), (
        "with the day, where it is another"
    )
    assert "20:15 for the audience (New York)" in page(camille, day="2026-12-01", view="list")
    House.objects.update(options={"calendar": {"audience_zone": NEW_YORK}})
    there = page(camille, day="2026-11-30", zone=NEW_YORK)
    assert "for the audience (New York)" not in there, "it is the calendar’s own clock"


def test_hour_that_comes_twice_says_which_of_them_it_is(camille, cast, post):
    at(post, cast.camille, "2027-10-31T02:30")
    assert "02:30 CEST" in cell(page(camille, day="2027-10-31"), "2027-10-31")


def test_holidays_and_events_stand_on_their_days_in_the_readers_language(camille, cast):
    set_options(cast.olive, regions="CH-VD", audience_zone="", now=NOW)
    day = datetime(2026, 12, 24)
    add_event(cast.camille, EventWish(title="Fair", starts=day, ends=day, zone=ZURICH, is_all_day=True, department=cast.news), now=NOW)  # fmt: skip
    Member.objects.filter(pk=cast.camille.pk).update(language="fr")
    html = page(camille, day="2026-12-01")
    assert "Noël (CH-VD)" in cell(html, "2026-12-25") and "Fair" in cell(html, "2026-12-24")
    assert "Fair" not in cell(html, "2026-12-25")


def test_day_with_more_than_it_holds_leads_to_all_of_them(camille, cast, channel):
    for number in range(9):
        one = create_post(
            cast.camille, cast.news, now=NOW, title=f"Number {number}", content=Content(text=f"Text of number {number}"),
            channels=[channel],
        )  # fmt: skip
        at(one, cast.camille, f"2026-12-01T{9 + number:02}:00")
    found = cell(page(camille, day="2026-12-01"), "2026-12-01")
    assert found.count("class=entry ") == 6 and "3 more" in found
    url = re.search(r'class="more-link" href="([^"]+)"', found).group(1).replace("&amp;", "&")
    assert camille.get(url).content.decode().count("class=entry ") == 9


def test_each_department_has_its_row_where_the_whole_house_is_looked_at(olive, camille, cast, post):
    at(post, cast.camille, "2026-12-01T09:00")
    far = make_channel(cast.sport, connector="mastodon", name="Sport toots", can=["publish"])
    other = create_post(cast.sam, cast.sport, now=NOW, title="Goal", content=Content(text="Goal"), channels=[far])
    at(other, cast.sam, "2026-12-01T18:00")
    rows = re.findall(r'<th scope="row".*?</tr>', page(olive, day="2026-12-01", view="departments"), re.DOTALL)
    assert [("Valleys" in row, "Goal" in row) for row in rows] == [(True, False), (False, True)]
    assert "By department" not in page(camille), "there is one"
    assert "Goal" not in page(camille, day="2026-12-01", view="departments")


def test_event_of_another_zone_keeps_it_when_it_is_changed(camille, cast):
    evening = datetime(2026, 12, 1, 20)
    event = add_event(
        cast.camille, EventWish(title="Talk", starts=evening, ends=evening, zone=SYDNEY, department=cast.news), now=NOW
    )
    html = camille.get(reverse("calendar-event", args=[event.pk])).content.decode()
    form = dict(re.findall(r'name="(day|time|last_day|last_time)"[^>]*value="([^"]*)"', html))
    assert f'<option value="{SYDNEY}" selected>' in html
    form |= {"title": "Talks", "zone": SYDNEY, "department": cast.news.pk, "colour": "grey"}
    assert camille.post(reverse("calendar-event", args=[event.pk]), form).status_code == 302
    before = event.starts_at
    event.refresh_from_db()
    assert (event.title, event.starts_at, event.zone) == ("Talks", before, SYDNEY)


def test_filters_narrow_and_can_be_taken_away(camille, cast, channel, post):
    at(post, cast.camille, "2026-12-01T09:00")
    hold(post, cast.camille, now=NOW)
    assert "Valleys" in page(camille, day="2026-12-01", state="held", channel=channel.pk, person=cast.camille.pk)
    html = page(camille, day="2026-12-01", state="done")
    assert "Valleys" not in cell(html, "2026-12-01") and "Without State" in html
    for nonsense in (
        {"state": "x"},
        {"channel": "9" * 30},
        {"person": "-1"},
        {"day": "x"},
        {"zone": "Mars/X"},
        {"view": "x"},
    ):
        assert "Valleys" in page(camille, **{"day": "2026-12-01", **nonsense}) or "day" in nonsense


# Moving


def test_dragged_to_another_day_it_keeps_its_wall_time_and_can_go_back(camille, cast, post):
    at(post, cast.camille, "2027-03-26T09:00")
    status, html = move(camille, post, day="2027-03-29")
    assert status == 200 and "Moved to 29 March 2027, 09:00 CEST." in html
    assert post.due_local == "2027-03-29T09:00:00"
    back = dict(re.findall(r'name="(\w+)" value="([^"]*)"', html))
    assert back["verb"] == "undo"
    camille.post(reverse("calendar-move"), {name: back[name] for name in ("verb", "post", "seen", "local", "zone")})
    post.refresh_from_db()
    assert post.due_local == "2027-03-26T09:00:00"


def test_dragged_to_another_hour_it_keeps_its_minutes_on_the_clock_that_is_looked_at(camille, cast, post):
    House.objects.update(options={"calendar": {"audience_zone": NEW_YORK}})
    at(post, cast.camille, "2026-12-01T09:40")
    status, _html = move(camille, post, day="2026-12-02", hour="18", zone=NEW_YORK)
    assert status == 200 and post.due_at == datetime(2026, 12, 2, 23, 40, tzinfo=UTC)
    assert (post.due_local, post.zone) == ("2026-12-03T00:40:00", ZURICH)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"day": "2027-03-28"}, "the clock jumps over it"),
        ({"day": "2027-03-28", "hour": "2"}, "the clock jumps over it"),
        ({"day": "2026-11-10"}, "this time is over"),
        ({"day": "soon"}, "is missing"),
        ({"day": "0001-01-01"}, "out of the calendar’s reach"),
        ({"day": "9999-12-31", "hour": "23"}, "out of the calendar’s reach"),
        ({"day": "2027-03-29", "seen": "2027-03-01T09:00:00+00:00"}, "another time by now"),
    ],
)
def test_move_that_cannot_be_is_refused_in_words_and_nothing_moves(camille, cast, post, fields, told):
    at(post, cast.camille, "2027-03-27T02:30")
    before = post.due_at
    status, html = move(camille, post, **fields)
    assert status in (409, 422) and told in html and "data-undo-s" not in html
    assert post.due_at == before == Publication.objects.get().due_at


def test_who_may_not_plan_moves_nothing_and_sees_nothing_to_move(client, cast, post):
    at(post, cast.camille, "2026-12-01T09:00")
    client.force_login(cast.conrad)
    assert move(client, post, day="2026-12-03")[0] == 403
    html = page(client, day="2026-12-01")
    assert "data-post=" not in html and 'id="to-plan"' not in html
    client.force_login(cast.sam)
    assert move(client, post, day="2026-12-03")[0] == 404
    post.refresh_from_db()
    assert post.due_local == "2026-12-01T09:00:00"


def test_draft_that_is_put_on_a_day_is_planned_and_can_be_taken_back(camille, post):
    html = page(camille, day="2026-12-01")
    assert re.search(rf'id="to-plan".*data-post="{post.pk}"', html, re.DOTALL)
    status, html = move(camille, post, verb="plan", day="2026-12-03")
    assert status == 200 and "Planned for 3 December 2026, 10:00 CET." in html and post.state == "planned"
    back = dict(re.findall(r'name="(\w+)" value="([^"]*)"', html))
    camille.post(reverse("calendar-move"), {"verb": back["verb"], "post": back["post"]})
    post.refresh_from_db()
    assert (post.state, post.due_at) == ("ready", None)


def test_draft_that_is_put_on_today_leaves_soon_and_on_yesterday_not_at_all(camille, post):
    assert move(camille, post, verb="plan", day="2026-11-15")[0] == 422
    status, _html = move(camille, post, verb="plan", day="2026-11-16")
    assert status == 200 and post.due_at == later(NOW, minutes=15)


def test_time_is_changed_on_the_posts_own_page_and_its_words_stay(camille, cast, post):
    at(post, cast.camille, "2026-12-01T09:00")
    Post.objects.filter(pk=post.pk).update(content={"text": "Changed since"})
    address = reverse("post", args=[post.pk])
    assert "Change time" in camille.get(address).content.decode()
    form = {"verb": "move", "day": "2026-12-05", "time": "11:00", "zone": ZURICH, "seen": post.due_at.isoformat()}
    html = camille.post(reverse("post-do", args=[post.pk]), form, follow=True).content.decode()
    assert "Moved to 5 December 2026, 11:00 CET." in html
    assert Publication.objects.get().content["text"] == "Hello"
    html = camille.post(reverse("post-do", args=[post.pk]), form, follow=True).content.decode()
    assert "Camille was quicker" in html, "it is no longer where the page saw it"


# Events and calendars


def test_event_is_written_changed_and_removed_on_its_page(camille, cast):
    form = {
        "title": "Debate", "day": "2026-12-01", "time": "20:00", "last_day": "2026-12-01", "last_time": "22:00",
        "zone": ZURICH, "department": cast.news.pk, "colour": "red", "note": "Live",
    }  # fmt: skip
    assert camille.post(reverse("calendar-event-new"), form).status_code == 302
    event = CalendarEvent.objects.get()
    assert event.starts_at == datetime(2026, 12, 1, 19, tzinfo=UTC)
    assert "20:00" in cell(page(camille, day="2026-12-01"), "2026-12-01")
    address = reverse("calendar-event", args=[event.pk])
    html = camille.get(address).content.decode()
    assert 'value="20:00"' in html and 'value="22:00"' in html
    assert camille.post(address, {**form, "title": "Debates", "revision": "0"}).status_code == 302
    stale = camille.post(address, {**form, "title": "Mine", "revision": "0"})
    assert stale.status_code == 409 and 'value="Mine"' in stale.content.decode(), "what was typed stands"
    camille.post(reverse("calendar-event-remove", args=[event.pk]), {"revision": "1"})
    assert not CalendarEvent.objects.exists()


def test_event_that_cannot_be_comes_back_with_why_and_what_was_typed(camille, cast):
    form = {
        "title": "Fair",
        "day": "2026-12-05",
        "last_day": "2026-12-01",
        "is_all_day": "1",
        "department": cast.news.pk,
    }
    answer = camille.post(reverse("calendar-event-new"), form)
    assert answer.status_code == 422 and "ends before it begins" in answer.content.decode()
    assert 'value="Fair"' in answer.content.decode()
    assert (
        camille.post(reverse("calendar-event-new"), {**form, "department": "house", "last_day": ""}).status_code == 403
    )


def test_calendar_of_others_is_added_told_and_removed(camille, cast):
    form = {
        "name": "Stadium",
        "address": "webcal://x.example/secret-token.ics",
        "department": cast.news.pk,
        "colour": "red",
    }
    assert camille.post(reverse("calendar-feed-add"), form).status_code == 302
    feed = CalendarFeed.objects.get()
    html = camille.get(reverse("calendar-others")).content.decode()
    assert "It is being read." in html and "x.example" in html and "secret-token" not in html
    FeedEvent.objects.create(source=feed, title="Match", starts_at=NOW, ends_at=NOW)
    assert "Match" in cell(page(camille, day="2026-11-16"), "2026-11-16")
    bad = camille.post(reverse("calendar-feed-add"), {**form, "address": "nonsense"})
    assert bad.status_code == 422 and 'value="Stadium"' in bad.content.decode()
    camille.post(reverse("calendar-feed-do", args=[feed.pk]), {"verb": "remove"})
    assert not CalendarFeed.objects.exists()


def test_options_that_are_not_known_come_back_with_those_that_are(olive, camille):
    address = reverse("calendar-options")
    bad = olive.post(address, {"regions": "CH-XX", "audience_zone": ""})
    assert bad.status_code == 422 and "VD" in bad.content.decode() and 'value="CH-XX"' in bad.content.decode()
    assert olive.post(address, {"regions": "ch-vd", "audience_zone": NEW_YORK}).status_code == 302
    assert House.objects.get().options["calendar"] == {"regions": ["CH-VD"], "audience_zone": NEW_YORK}
    assert camille.post(address, {"regions": "FR"}).status_code == 403


def _link(client, **form):
    client.post(reverse("calendar-link-add"), {"department": "house", **form})
    html = client.get(reverse("calendar-others")).content.decode()
    return re.search(r'value="(http://testserver/calendar/[^"]+\.ics)"', html).group(1)


def test_secret_address_is_shown_once_and_read_without_a_sign_in(camille, cast, post):
    at(post, cast.camille, "2026-12-01T09:00")
    address = _link(camille)
    assert address not in camille.get(reverse("calendar-others")).content.decode()
    answer = Client().get(address)
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "noindex" in answer.headers["X-Robots-Tag"] and not answer.cookies
    (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
    assert event["DTSTART"].dt == datetime(2026, 12, 1, 8, tzinfo=UTC)
    again = Client().get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    plan(post, cast.camille, due_local=datetime(2026, 12, 2, 9), zone=ZURICH, now=NOW)
    fresh = Client().get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert fresh.status_code == 200 and fresh.headers["ETag"] != answer.headers["ETag"]
    camille.post(reverse("calendar-link-revoke", args=[CalendarLink.objects.get().pk]))
    gone, never = Client().get(address), Client().get("/calendar/never.ics")
    assert (gone.status_code, gone.content) == (never.status_code, never.content) == (404, never.content)


def test_secret_address_is_not_read_without_end_and_not_guessed(camille):
    address = _link(camille)
    statuses = [Client().get(address).status_code for _ in range(MOST_AN_HOUR + 1)]
    assert statuses == [200] * MOST_AN_HOUR + [429]
    assert 429 in [Client().get(f"/calendar/{number}.ics").status_code for number in range(40)]


def test_link_of_a_colleague_is_not_ones_to_revoke(camille, client, cast):
    _link(camille)
    client.force_login(cast.maud)
    assert client.post(reverse("calendar-link-revoke", args=[CalendarLink.objects.get().pk])).status_code == 404
    assert CalendarLink.objects.get().revoked_at is None
