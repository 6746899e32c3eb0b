"""Notices: ways that are kept sealed, rows that leave once, and a guard that nothing gets round."""

import asyncio
import json
import logging
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from tests.apps.receiver import receiving

from parvis.channels.vault import rotate
from parvis.core.errors import AddressRefused, BadInput, NotAllowed, ParvisError, Unreachable
from parvis.orgs.models import AuditEntry, Notice, NoticeRoute, NoticeState
from parvis.orgs.notices import delivery
from parvis.orgs.notices.apprise import send_by_apprise
from parvis.orgs.notices.delivery import MOST_ATTEMPTS, claim_due, record_failure, record_sent
from parvis.orgs.notices.mail import send_by_mail
from parvis.orgs.notices.quiet import QuietHours
from parvis.orgs.notices.routes import add_route, address_of, remove_route, route_for, switch_route
from parvis.orgs.notices.writing import Message, Reader, readers_of, wake, write_notices
from parvis.worker.notices import send

pytestmark = pytest.mark.django_db
SECRET = "tgram://123456789:AAbbCCddEEffGGhhIIjjKK/99/"


def deliver(now, *, worker="test"):
    """What the loop does, at a moment; how many parcels were tried."""
    parcels = claim_due(worker=worker, now=now)
    for parcel in parcels:
        try:
            asyncio.run(send(parcel))
        except ParvisError as error:
            record_failure(parcel, error, now=now)
        else:
            record_sent(parcel, now=now)
    return len(parcels)


def write(readers, *, now, title="Something happened", **named):
    named = {"kind": "x", "subject": "thing", "subject_key": 1} | named
    return write_notices(readers, lambda: Message(title=title, text="This.", path="/there/"), now=now, **named)


@pytest.fixture
def allowed(settings):
    def allow(*hosts):
        settings.OPTIONS = {**settings.OPTIONS, "PARVIS_ALLOWED_PRIVATE_HOSTS": hosts}

    return allow


def _json_route(cast, receiver, now):
    route = add_route(cast.camille, kind="apprise", address=f"json://{receiver.host}/hook", name="", now=now)
    Notice.objects.all().delete()  # its test
    return route


def test_who_has_no_way_of_their_own_is_told_by_mail_at_their_address(cast, now):
    write(readers_of([cast.camille]), now=now)
    assert deliver(now) == 1
    [sent] = mail.outbox
    assert sent.to == ["camille@example.org"]
    assert sent.subject == "Something happened"
    assert sent.body == "This.\n\nhttp://127.0.0.1:8000/there/"
    assert sent.extra_headers["Auto-Submitted"] == "auto-generated"
    assert deliver(now + timedelta(days=1)) == 0


def test_own_ways_take_the_place_of_the_address_and_one_that_is_off_is_not_used(cast, now):
    add_route(cast.camille, kind="mail", address="Phone@Example.net", name="Phone", now=now)
    other = add_route(cast.camille, kind="mail", address="other@example.net", name="Other", now=now)
    switch_route(other, cast.camille, is_on=False, now=now)
    Notice.objects.all().delete()
    write(readers_of([cast.camille]), now=now)
    deliver(now)
    assert [one.to for one in mail.outbox] == [["phone@example.net"]]


def test_a_new_way_is_tried_at_once_and_says_what_became_of_it(cast, now):
    route = add_route(cast.camille, kind="mail", address="phone@example.net", name="", now=now)
    deliver(now)
    assert mail.outbox[0].subject == "A test from Parvis"
    route.refresh_from_db()
    assert (route.reached_at, route.error, route.name) == (now, None, "p…@example.net")


def test_an_address_is_sealed_masked_and_in_no_trail(cast, now, caplog):
    caplog.set_level(logging.DEBUG)
    route = add_route(cast.camille, kind="apprise", address=SECRET, name="Phone", now=now)
    assert route.shown == "tgram://…"
    assert b"AAbbCC" not in bytes(route.sealed_address)
    assert address_of(route) == SECRET
    remove_route(route, cast.camille, now=now)
    trail = json.dumps(list(AuditEntry.objects.values_list("facts", flat=True)), ensure_ascii=False)
    assert "tgram://…" in trail
    assert "AAbbCC" not in trail + caplog.text


def test_keys_are_rotated_for_ways_too(cast, now, settings):
    settings.SECRET_KEYS = ("old",)
    route = add_route(cast.camille, kind="apprise", address=SECRET, name="Phone", now=now)
    settings.SECRET_KEYS = ("new", "old")
    rotate()
    settings.SECRET_KEYS = ("new",)
    route.refresh_from_db()
    assert address_of(route) == SECRET


@pytest.mark.parametrize(
    ("kind", "address", "said"),
    [
        ("mail", "nobody", "e-mail address"),
        ("apprise", "syslog://", "not among the services"),
        ("apprise", "dbus://", "not among the services"),
        ("apprise", "file:///etc/passwd", "not among the services"),
        ("apprise", "mailto://user:pass@example.org", "not among the services"),
        ("apprise", "workflow://host/a/b?template=/etc/passwd", "names a file"),
        ("apprise", "json://", "ends after"),
        ("apprise", "json://a b", "not an Apprise address"),
        ("apprise", "nonsense", "not among the services"),
        ("pigeon", "x", "no such way"),
    ],
)
def test_an_address_that_is_not_taken_says_why(cast, now, kind, address, said):
    with pytest.raises(BadInput, match=said):
        add_route(cast.camille, kind=kind, address=address, name="", now=now)
    assert not NoticeRoute.objects.exists()


def test_ways_are_their_owners_alone_and_a_departments_are_of_who_listens_there(cast, now):
    own = add_route(cast.camille, kind="mail", address="phone@example.net", name="", now=now)
    shared = add_route(
        cast.maud, kind="mail", address="desk@example.net", name="Desk", now=now, department=cast.news, is_shared=True
    )
    assert route_for(cast.maud, own.pk) is None
    assert route_for(cast.olive, own.pk) is None
    assert route_for(cast.camille, shared.pk) == shared
    assert route_for(cast.sam, shared.pk) is None
    with pytest.raises(NotAllowed):
        add_route(
            cast.conrad, kind="mail", address="a@example.net", name="", now=now, department=cast.news, is_shared=True
        )
    with pytest.raises(NotAllowed):
        add_route(cast.maud, kind="mail", address="a@example.net", name="", now=now, is_shared=True)
    with pytest.raises(BadInput):
        remove_route(own, cast.olive, now=now)


def test_a_notice_that_fails_is_tried_again_later_and_given_up_in_sight(cast, now, allowed):
    allowed("127.0.0.1")
    with receiving() as receiver:
        route = _json_route(cast, receiver, now)
        receiver.answers = [503] * MOST_ATTEMPTS
        [notice] = write(readers_of([cast.camille]), now=now)
        for attempt in range(1, MOST_ATTEMPTS + 1):
            assert deliver(now) == 1
            notice.refresh_from_db()
            assert notice.attempt_count == attempt
            assert deliver(now) == 0
            now = max(now, notice.due_at)
    assert notice.state == NoticeState.FAILED
    assert (notice.error["code"], receiver.host in json.dumps(notice.error)) == ("remote_broken", False)
    route.refresh_from_db()
    assert route.failure_count == 1 and route.error["code"] == "remote_broken"


def test_what_is_refused_over_there_is_not_tried_again(cast, now, allowed):
    allowed("127.0.0.1")
    with receiving() as receiver:
        _json_route(cast, receiver, now)
        receiver.answers = [404]
        [notice] = write(readers_of([cast.camille]), now=now)
        deliver(now)
    notice.refresh_from_db()
    assert (notice.state, notice.error["code"]) == (NoticeState.FAILED, "refused")


def test_a_notice_goes_through_apprise_with_its_link(cast, now, allowed):
    allowed("127.0.0.1")
    with receiving() as receiver:
        _json_route(cast, receiver, now)
        write(readers_of([cast.camille]), now=now)
        deliver(now)
    [taken] = receiver.taken
    assert taken["title"] == "Something happened"
    assert taken["message"] == "This.\n\nhttp://127.0.0.1:8000/there/"


def test_an_inner_address_is_refused_and_nothing_arrives_there(cast, now, allowed):
    allowed()
    with receiving() as receiver:
        _json_route(cast, receiver, now)
        [notice] = write(readers_of([cast.camille]), now=now)
        deliver(now)
    notice.refresh_from_db()
    assert (notice.state, notice.error["code"]) == (NoticeState.FAILED, "address_refused")
    assert receiver.taken == []


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "[::1]"])
def test_no_spelling_of_an_inner_address_gets_round_the_guard(allowed, host):
    allowed()
    with receiving() as receiver, pytest.raises(ParvisError):
        asyncio.run(send_by_apprise(f"json://{host}:{receiver.port}/", title="T", text="x"))
    assert receiver.taken == []


def test_a_redirect_to_an_inner_address_is_refused_and_one_to_an_allowed_one_is_followed(allowed):
    with receiving() as inner, receiving(to=f"http://{inner.host}/") as outer:
        allowed(outer.host)
        with pytest.raises(AddressRefused):
            asyncio.run(send_by_apprise(f"json://{outer.host}/", title="T", text="x"))
        assert (len(outer.taken), len(inner.taken)) == (1, 0)
        allowed(outer.host, inner.host)
        asyncio.run(send_by_apprise(f"json://{outer.host}/", title="T", text="x"))
        assert len(inner.taken) == 1


def test_a_port_that_is_not_for_web_sites_is_refused_even_where_the_host_is_allowed(allowed):
    allowed("127.0.0.1")
    with pytest.raises(AddressRefused):
        asyncio.run(send_by_apprise("json://127.0.0.1:6379/", title="T", text="x"))


def test_a_proxy_of_the_machine_is_not_asked(allowed, monkeypatch):
    with receiving() as proxy:
        allowed("127.0.0.1")
        monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.host}")
        monkeypatch.setenv("http_proxy", f"http://{proxy.host}")
        with pytest.raises(ParvisError):
            asyncio.run(send_by_apprise("json://nowhere.invalid:9/", title="T", text="x"))
    assert proxy.taken == []


def test_an_address_that_apprise_cannot_read_says_so(allowed):
    with pytest.raises(BadInput, match="cannot read this address"):
        asyncio.run(send_by_apprise("tgram://x", title="T", text="x"))


def test_without_apprise_a_way_says_what_to_install(cast, now, monkeypatch):
    monkeypatch.setattr("parvis.orgs.notices.routes.apprise_is_here", lambda: False)
    with pytest.raises(BadInput, match="pip install"):
        add_route(cast.camille, kind="apprise", address=SECRET, name="", now=now)


def test_quiet_hours_hold_notices_back_and_they_leave_as_one(cast, now):
    night = QuietHours(time(9, 30), time(12, 0))  # 10:00 in Zurich now
    for number in range(3):
        write(readers_of([cast.camille]), now=now, title=f"Event {number}", quiet=night)
    write(readers_of([cast.maud]), now=now, title="For Maud", quiet=night)
    assert deliver(now + timedelta(minutes=119)) == 0
    assert deliver(now + timedelta(hours=2)) == 2
    assert [one.subject for one in mail.outbox] == ["3 notices from your quiet hours", "For Maud"]
    assert [f"Event {number}" in mail.outbox[0].body for number in range(3)] == [True] * 3
    assert Notice.objects.filter(state=NoticeState.SENT).count() == 4


def test_what_has_grown_worse_leaves_quiet_hours_at_once(cast, now):
    write(readers_of([cast.camille]), now=now, quiet=QuietHours(time(9, 30), time(12, 0)))
    assert wake("thing", 1, now=now) == 1
    assert deliver(now) == 1


def test_who_has_left_or_sees_it_no_more_is_not_told(cast, now):
    for member in (cast.camille, cast.maud, cast.anna):
        write(readers_of([member]), now=now, department=cast.news, is_restricted=True)
    cast.maud.is_active = False
    cast.maud.save()
    cast.anna.memberships.all().delete()
    deliver(now)
    assert [one.to for one in mail.outbox] == [["camille@example.org"]]
    assert Notice.objects.filter(state=NoticeState.DROPPED).count() == 2


def test_what_waits_for_a_way_that_is_removed_is_dropped(cast, now):
    route = add_route(cast.camille, kind="mail", address="phone@example.net", name="", now=now)
    remove_route(route, cast.camille, now=now)
    assert deliver(now) == 0
    assert Notice.objects.get().state == NoticeState.DROPPED


def test_of_two_workers_one_has_the_notice_and_the_other_only_when_it_died(cast, now):
    write(readers_of([cast.camille]), now=now)
    assert len(claim_due(worker="one", now=now)) == 1
    assert claim_due(worker="two", now=now) == []
    assert len(claim_due(worker="two", now=now + timedelta(seconds=delivery.LEASE_S + 1))) == 1


def test_a_mail_server_that_is_silent_is_a_reason_to_try_again(cast, now, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    [notice] = write(readers_of([cast.camille]), now=now)
    deliver(now)
    notice.refresh_from_db()
    assert (notice.state, notice.error["code"]) == (NoticeState.WAITING, Unreachable.code)


def test_a_shared_way_is_written_to_in_the_language_of_the_house(cast, now):
    cast.house.language = "fr"
    cast.house.save()
    shared = add_route(
        cast.maud, kind="mail", address="desk@example.net", name="Desk", now=now, department=cast.news, is_shared=True
    )
    Notice.objects.all().delete()
    [notice] = write(readers_of([], [shared]), now=now)
    assert (notice.language, notice.member, Reader(route=shared).shown) == ("fr", None, "d…@example.net")


ZURICH = ZoneInfo("Europe/Zurich")


@pytest.mark.parametrize(
    ("begins", "ends", "at", "until"),
    [
        ((22, 0), (7, 0), "2026-11-17T20:59", None),
        ((22, 0), (7, 0), "2026-11-17T21:00", "2026-11-18T06:00"),
        ((22, 0), (7, 0), "2026-11-18T05:59", "2026-11-18T06:00"),
        ((22, 0), (7, 0), "2026-11-18T06:00", None),
        ((12, 0), (13, 0), "2026-11-17T11:30", "2026-11-17T12:00"),
        ((9, 0), (9, 0), "2026-11-17T08:00", None),
        ((22, 0), (7, 0), "2026-03-28T23:00", "2026-03-29T05:00"),  # the night that is an hour short
        ((22, 0), (7, 0), "2026-10-24T22:00", "2026-10-25T06:00"),  # and the one that is longer
        ((1, 0), (2, 30), "2026-10-25T01:10", "2026-10-25T01:30"),  # 02:10 for the second time
    ],
)
def test_quiet_hours_follow_the_clock_on_the_wall(begins, ends, at, until):
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    wanted = None if until is None else datetime.fromisoformat(until).replace(tzinfo=UTC)
    assert QuietHours(time(*begins), time(*ends)).until(moment, ZURICH) == wanted


@pytest.mark.parametrize(
    ("chosen", "account", "sender"),
    [
        ("desk@example.org", "robot@example.net", "desk@example.org"),
        ("", "robot@example.net", "robot@example.net"),
        ("", "robot", "parvis@127.0.0.1"),
    ],
)
def test_a_mail_comes_from_the_address_that_the_house_chose(mailoutbox, settings, chosen, account, sender):
    settings.OPTIONS = {**settings.OPTIONS, "PARVIS_MAIL_FROM": chosen}
    settings.EMAIL_HOST_USER = account
    send_by_mail("maud@example.org", title="Title", text="Text", key="1")
    assert mailoutbox[0].from_email == f"Parvis <{sender}>"
