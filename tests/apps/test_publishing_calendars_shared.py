"""Calendars out and in: what others read of ours, and what we read of theirs."""

import asyncio
import threading
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar
from tests.apps.publishing import planned, written

from parvis.channels.registry import added
from parvis.core.errors import (
    AddressNotUnderstood,
    BadInput,
    FieldMissing,
    FileNotUnderstood,
    LinkSpent,
    NotAllowed,
)
from parvis.jobs.thread import DatabaseThread
from parvis.net.client import HttpClient
from parvis.net.options import ClientOptions
from parvis.orgs.models import Member
from parvis.publishing import agenda
from parvis.publishing.calendar_feeds import add_feed, claim_due_feeds, keep_reading, remove_feed, reseal_feeds
from parvis.publishing.calendar_links import link_behind, links_of, make_link, revoke_link, text_behind
from parvis.publishing.calendar_reading import as_read, as_written, read_calendar
from parvis.publishing.calendars import (
    EventWish,
    add_event,
)
from parvis.publishing.icalendar_text import escaped, folded
from parvis.publishing.models import CalendarFeed, FeedEvent, Publication
from parvis.publishing.services import cancel, plan, reschedule
from parvis.publishing.times import wall_of
from parvis.testing.clock import MONDAY, later
from parvis.testing.factories import make_channel
from parvis.testing.simulated import simulated
from parvis.worker.calendars import Calendars, read_apart

ZURICH, NEW_YORK, SYDNEY = "Europe/Zurich", "America/New_York", "Australia/Sydney"


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


def fair(**more):
    wish = {"title": "Book fair", "starts": datetime(2026, 12, 1), "ends": datetime(2026, 12, 3), "zone": ZURICH}
    return EventWish(**{**wish, "is_all_day": True, **more})


# iCalendar out


def exported(link, now=MONDAY):
    text = text_behind(link, now=now, base="https://desk.example.org", name="Radio; Parvis, posts")
    for line in text.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()
    assert b"\n" not in text.replace(b"\r\n", b"")
    calendar = Calendar.from_ical(text)
    return {str(one["UID"]): one for one in calendar.walk("VEVENT")}


def test_exported_calendar_says_each_publication_with_a_uid_that_stays_and_a_sequence_that_rises(cast, channel, now):
    text = "Zeile eins; mit, Zeichen \\ und “Ümläuten”\r\nzweite Zeile 👩‍👩‍👧‍👦" * 4
    post = written(cast.camille, cast.news, [channel], now=now, text=text)
    plan(post, cast.camille, due_local=datetime(2026, 12, 1, 9), zone=ZURICH, now=now)
    link, _token = make_link(cast.anna, now=now)
    uid, event = exported(link).popitem()
    assert uid == f"{Publication.objects.get().key}@parvis"
    assert event["DTSTART"].dt == datetime(2026, 12, 1, 8, tzinfo=UTC) and event["SEQUENCE"] == 0
    assert str(event["DESCRIPTION"]) == text.replace("\r\n", "\n") and event["STATUS"] == "CONFIRMED"
    assert str(event["URL"]) == f"https://desk.example.org/publish/{post.pk}/"
    assert channel.name in str(event["SUMMARY"])
    reschedule(post, cast.camille, due_local=datetime(2027, 7, 1, 9), zone=ZURICH, now=later(now, hours=1))
    moved = exported(link)[uid]
    assert moved["DTSTART"].dt == datetime(2027, 7, 1, 7, tzinfo=UTC) and moved["SEQUENCE"] == 1
    assert moved["LAST-MODIFIED"].dt == moved["DTSTAMP"].dt == later(now, hours=1)
    cancel(post, cast.camille, now=later(now, hours=2))
    gone = exported(link)[uid]
    assert (gone["STATUS"], gone["SEQUENCE"], gone["LAST-MODIFIED"].dt) == ("CANCELLED", 2, later(now, hours=2))


def test_exported_events_of_whole_days_are_dates(cast, now):
    event = add_event(cast.camille, fair(department=cast.news), now=now)
    link, _token = make_link(cast.camille, now=now)
    shown = exported(link)[f"{event.key}@parvis"]
    assert (shown["DTSTART"].dt, shown["DTEND"].dt) == (date(2026, 12, 1), date(2026, 12, 4))


def test_same_calendar_is_the_same_bytes(cast, post, now):
    planned(post, cast.camille, at=later(now, hours=1), now=now)
    link, _token = make_link(cast.camille, now=now)
    first, second = (text_behind(link, now=later(now, hours=hours), base="http://x", name="x") for hours in (0, 1))
    assert first == second


def test_link_shows_what_its_member_may_see_now_and_ends_with_them(cast, post, now):
    planned(post, cast.camille, at=later(now, hours=1), now=now)
    elsewhere = written(cast.sam, cast.sport, [make_far(cast.sport)], now=now, text="Sport alone")
    planned(elsewhere, cast.sam, at=later(now, hours=1), now=now)
    link, token = make_link(cast.camille, now=now)
    assert token not in str(vars(link)) and len(exported(link)) == 1
    whole, _ = make_link(cast.olive, now=now)
    of_sport, _ = make_link(cast.olive, now=now, department=cast.sport)
    assert (len(exported(whole)), len(exported(of_sport))) == (2, 1)
    with pytest.raises(NotAllowed):
        make_link(cast.camille, now=now, department=cast.sport)
    assert link_behind(token, now=now).pk == link.pk and link_behind(token + "x", now=now) is None
    cast.camille.memberships.all().delete()
    assert link_behind(token, now=now) is None, "they see nothing any more"


def test_link_ends_when_it_is_revoked_and_when_its_member_leaves(cast, now):
    link, token = make_link(cast.camille, now=now)
    other, other_token = make_link(cast.camille, now=now)
    with pytest.raises(LinkSpent):
        revoke_link(link, cast.maud, now=now)
    revoke_link(link, cast.camille, now=now)
    assert link_behind(token, now=now) is None and [one.pk for one in links_of(cast.camille)] == [other.pk]
    with pytest.raises(LinkSpent):
        revoke_link(link, cast.camille, now=now)
    Member.objects.filter(pk=cast.camille.pk).update(is_active=False)
    assert link_behind(other_token, now=now) is None


@given(st.text(max_size=300))
def test_every_text_is_read_back_as_it_was_written(text):
    kept = "".join(sign for sign in text.replace("\r\n", "\n").replace("\r", "\n") if sign in "\n\t" or ord(sign) >= 32)
    kept = kept.replace("\x7f", "")
    line = folded(f"SUMMARY:{escaped(text)}")
    assert line.endswith("\r\n") and all(len(one.encode()) <= 75 for one in line.split("\r\n"))
    body = f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{line}END:VEVENT\r\nEND:VCALENDAR\r\n"
    (event,) = Calendar.from_ical(body.encode()).walk("VEVENT")
    assert str(event["SUMMARY"]) == kept


# Calendars of others


HEAD = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//\r\n"


def ics(*events):
    lines = b"".join(
        b"BEGIN:VEVENT\r\nUID:%d\r\nDTSTAMP:20261101T000000Z\r\n%s\r\nEND:VEVENT\r\n" % (number, event)
        for number, event in enumerate(events)
    )
    return HEAD + lines + b"END:VCALENDAR\r\n"


MATCH = b"DTSTART:20261205T190000Z\r\nDTEND:20261205T210000Z\r\nSUMMARY:Home match\\, late"


def reading(body, now=MONDAY):
    return read_calendar(body, now=now, around=timedelta(days=366), zone=ZURICH)


def test_repeats_are_worked_out_right_over_summer_time_and_within_a_year():
    found = reading(
        ics(b"DTSTART;TZID=Europe/Zurich:20200105T090000\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY\r\nSUMMARY:Sunday")
    ).events
    assert {wall_of(one.starts_at, ZURICH).hour for one in found} == {9}
    assert {one.starts_at.hour for one in found} == {7, 8}
    assert 100 <= len(found) <= 106


def test_times_without_a_zone_are_the_houses_and_days_are_days():
    floating, day = reading(
        ics(b"DTSTART:20261124T101500\r\nSUMMARY:F", b"DTSTART;VALUE=DATE:20261225\r\nSUMMARY:D")
    ).events
    assert floating.starts_at == floating.ends_at == datetime(2026, 11, 24, 9, 15, tzinfo=UTC)
    assert day.is_all_day and day.ends_at - day.starts_at == timedelta(days=1)


def test_called_off_and_moved_occurrences_are_as_their_calendar_says():
    body = HEAD + (
        b"BEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20261123T100000Z\r\nRRULE:FREQ=DAILY;COUNT=3\r\n"
        b"EXDATE:20261124T100000Z\r\nSUMMARY:Daily\r\nEND:VEVENT\r\n"
        b"BEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20261101T000000Z\r\nRECURRENCE-ID:20261125T100000Z\r\nDTSTART:20261125T150000Z\r\n"
        b"SUMMARY:Later\r\nEND:VEVENT\r\n"
        b"BEGIN:VEVENT\r\nUID:b\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20261126T100000Z\r\nSTATUS:CANCELLED\r\nEND:VEVENT\r\n"
        b"END:VCALENDAR\r\n"
    )
    assert [(one.title, one.starts_at.day, one.starts_at.hour) for one in reading(body).events] == [
        ("Daily", 23, 10), ("Later", 25, 15)
    ]  # fmt: skip


def test_what_repeats_within_the_day_is_left_out_and_counted():
    found = reading(ics(b"DTSTART:20261124T101500Z\r\nRRULE:FREQ=SECONDLY\r\nSUMMARY:Bomb", MATCH))
    assert [one.title for one in found.events] == ["Home match, late"] and found.left_out_count == 1


@pytest.mark.parametrize(
    "body", [b"", b"<html></html>", b"BEGIN:VCARD\r\nEND:VCARD\r\n", b"\xff\xfe\x00", b"BEGIN:VCALENDAR"]
)
def test_what_is_no_calendar_is_told(body):
    with pytest.raises(FileNotUnderstood):
        reading(body)


def test_child_reads_the_same_as_we_do():
    body = ics(MATCH, b"DTSTART;VALUE=DATE:20261225\r\nSUMMARY:D")
    assert asyncio.run(read_apart(body, now=MONDAY, zone=ZURICH)) == as_read(as_written(reading(body))) == reading(body)
    with pytest.raises(FileNotUnderstood):
        asyncio.run(read_apart(b"<html>", now=MONDAY, zone=ZURICH))


class Source:
    """A loopback server of one calendar."""

    def __init__(self):
        self.body, self.status, self.asked = ics(MATCH), 200, []
        source = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                source.asked.append(self.headers.get("If-None-Match"))
                tag = f'"{len(source.body)}"'
                status = 304 if self.headers.get("If-None-Match") == tag and source.status == 200 else source.status
                body = source.body if status == 200 else b""
                self.send_response(status)
                self.send_header("ETag", tag)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_address[1]}"


@contextmanager
def serving():
    source = Source()
    threading.Thread(target=source.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield source
    finally:
        source.server.shutdown()
        source.server.server_close()


def look(now, *, allowed=frozenset()):
    """What a worker does at that moment."""

    async def turn():
        async with HttpClient(ClientOptions(allowed_private_hosts=frozenset(allowed))) as client:
            in_database = DatabaseThread()
            try:
                await Calendars(client, worker="w", clock=lambda: now, in_database=in_database).turn()
            finally:
                await in_database.aclose()

    asyncio.run(turn())


@pytest.mark.django_db(transaction=True)
def test_feed_is_read_every_hour_and_what_was_good_stays_when_it_fails(cast, now):
    with serving() as source:
        feed = add_feed(
            cast.camille, name="Stadium", address=f"http://{source.host}/s.ics", department=cast.news, now=now
        )
        assert source.host.encode() not in bytes(feed.sealed_address)
        look(now, allowed={source.host})
        (event,) = FeedEvent.objects.all()
        assert (event.title, event.starts_at) == ("Home match, late", datetime(2026, 12, 5, 19, tzinfo=UTC))
        assert [one.source for one in agenda.events_between(cast.anna, now, later(now, days=30))] == ["Stadium"]
        look(later(now, minutes=59), allowed={source.host})
        assert len(source.asked) == 1, "its hour has not come"
        look(later(now, minutes=61), allowed={source.host})
        assert len(source.asked) == 2 and source.asked[1] is not None, "asked by its tag"
        source.status = 500
        look(later(now, hours=3), allowed={source.host})
        feed.refresh_from_db()
        assert feed.failure_count == 1 and feed.error["fr"] and FeedEvent.objects.count() == 1
        source.status, source.body = 200, b"<html>gone</html>"
        look(later(now, hours=5), allowed={source.host})
        feed.refresh_from_db()
        assert feed.failure_count == 2 and "iCalendar" in feed.error["en"] and FeedEvent.objects.count() == 1
        source.body = ics(MATCH, b"DTSTART;VALUE=DATE:20261225\r\nSUMMARY:D")
        look(later(now, hours=7), allowed={source.host})
        feed.refresh_from_db()
        assert (feed.failure_count, feed.error, feed.event_count) == (0, None, 2)
        assert FeedEvent.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_address_within_the_house_is_refused_by_the_guard_in_words(cast, now):
    with serving() as source:
        feed = add_feed(cast.camille, name="Inside", address=f"http://{source.host}/", department=cast.news, now=now)
        look(now)
        feed.refresh_from_db()
        assert source.asked == [] and feed.error["code"] == "address_refused" and feed.next_at > now


@pytest.mark.django_db(transaction=True)
def test_file_is_read_once_and_told_where_it_is_none(cast, now):
    feed = add_feed(cast.olive, name="Season", body=ics(MATCH), now=now)
    bad = add_feed(cast.olive, name="Picture", body=b"\x89PNG", now=now)
    look(now)
    feed.refresh_from_db()
    bad.refresh_from_db()
    assert (feed.event_count, feed.error) == (1, None)
    assert bad.error is not None and bad.next_at > later(now, days=1000)


def test_feed_that_was_taken_over_by_another_worker_is_not_written(cast, now):
    add_feed(cast.camille, name="S", body=ics(MATCH), department=cast.news, now=now)
    (first,) = claim_due_feeds(worker="a", now=now)
    assert claim_due_feeds(worker="b", now=now) == []
    (second,) = claim_due_feeds(worker="b", now=later(now, minutes=10))
    keep_reading(first.feed, reading(ics(MATCH)), body=b"x", etag="", now=now)
    assert not FeedEvent.objects.exists()
    keep_reading(second.feed, reading(ics(MATCH)), body=b"x", etag="", now=now)
    assert FeedEvent.objects.count() == 1


def test_feeds_are_added_by_who_publishes_there_and_only_from_what_can_be_opened(cast, now):
    for who, fields, error in (
        (cast.conrad, {"address": "https://x.example/a.ics", "department": cast.news}, NotAllowed),
        (cast.camille, {"address": "https://x.example/a.ics"}, NotAllowed),
        (cast.camille, {"address": "file:///etc/passwd", "department": cast.news}, AddressNotUnderstood),
        (cast.camille, {"department": cast.news}, FieldMissing),
        (cast.camille, {"body": b"x" * 2_000_001, "department": cast.news}, BadInput),
    ):
        with pytest.raises(error):
            add_feed(who, name="S", now=now, **fields)
    feed = add_feed(cast.camille, name="S", address="webcal://x.example/secret.ics", department=cast.news, now=now)
    assert feed.host == "x.example" and reseal_feeds() == 1
    (found,) = claim_due_feeds(worker="w", now=now)
    assert found.address == "https://x.example/secret.ics"
    with pytest.raises(NotAllowed):
        remove_feed(feed, cast.sam, now=now)
    remove_feed(feed, cast.camille, now=now)
    assert not CalendarFeed.objects.exists()
