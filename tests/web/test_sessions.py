"""Signing in and out: what a session gives, when it ends, and where nobody may be led."""

import asyncio
import re
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.core import mail
from django.test import Client
from django.utils import timezone
from tests.web.test_stream_events import Connection, quick, session_of  # noqa: F401 - a fixture

from parvis.jobs.live import tell
from parvis.orgs.models import Member
from parvis.orgs.services import deactivate_member
from parvis.testing.clock import MONDAY
from parvis.web import stream

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
BACKEND = "parvis.orgs.asking.Backend"


@pytest.fixture
def camille(cast):
    cast.camille.set_password(PASSWORD)
    cast.camille.save()
    return cast.camille


@pytest.fixture(autouse=True)
def _own_cache(settings):
    local = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "sessions"}
    settings.CACHES = {**settings.CACHES, "default": local}
    from django.core.cache import cache

    cache.clear()


def sign_in(client, member, **more):
    return client.post("/accounts/login/", {"login": member.email, "password": PASSWORD, **more})


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "///evil.example",
        "javascript:alert(1)", "http:evil.example", " https://evil.example", "\thttps://evil.example",
        "https:///evil.example", "http://testserver@evil.example/",
    ],
)  # fmt: skip
def test_nobody_is_led_elsewhere_after_signing_in_or_by_a_form(client, camille, elsewhere):
    there = sign_in(client, camille, next=elsewhere)
    assert there.status_code == 302
    assert there.headers["Location"] == "/"
    for path, form in (("/preferences/", {"theme": "dark"}), ("/accounts/logout/", {"next": elsewhere})):
        answer = client.post(path, {"back": elsewhere, **form}, headers={"Referer": elsewhere})
        assert "evil" not in answer.headers["Location"]


def test_the_session_is_another_one_after_signing_in(client, camille):
    client.get("/accounts/login/")
    session = client.session
    session["planted"] = "1"
    session.save()
    planted = session.session_key
    client.cookies["parvis"] = planted
    sign_in(client, camille)
    assert client.session.session_key != planted
    stranger = Client()
    stranger.cookies["parvis"] = planted
    assert stranger.get("/inbox/").status_code == 302


def test_signing_out_ends_the_session_for_whoever_kept_the_cookie(client, camille):
    sign_in(client, camille)
    kept = client.cookies["parvis"].value
    assert client.get("/inbox/").status_code == 200
    client.post("/accounts/logout/")
    thief = Client()
    thief.cookies["parvis"] = kept
    assert thief.get("/inbox/").status_code == 302


def test_deactivated_member_loses_every_browser_at_once(cast, camille):
    browsers = [Client(), Client()]
    for browser in browsers:
        sign_in(browser, camille)
        assert browser.get("/inbox/").status_code == 200
    deactivate_member(camille, cast.olive, now=MONDAY)
    for browser in browsers:
        assert browser.get("/inbox/").status_code == 302
        assert browser.post("/preferences/", {"theme": "dark"}).status_code == 302
        sign_in(browser, camille)
        assert browser.get("/inbox/").status_code == 302


def test_a_changed_password_ends_the_other_browsers(camille):
    here, there = Client(), Client()
    for browser in (here, there):
        sign_in(browser, camille)
    fresh = "another horse entirely"
    here.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": fresh, "password2": fresh})
    assert there.get("/inbox/").status_code == 302


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host"])
def test_the_mail_for_a_lost_password_leads_to_the_house_alone(client, camille, settings, header):
    settings.ALLOWED_HOSTS = ["desk.example.org", "127.0.0.1"]
    settings.SITE_ADDRESS = "https://desk.example.org"
    for host in ("evil.example", "127.0.0.1:6666", "desk.example.org"):
        headers = {"Host": "desk.example.org", header: host}
        client.post("/accounts/password/reset/", {"email": camille.email}, headers=headers)
    assert mail.outbox
    for message in mail.outbox:
        links = re.findall(r"\S+/accounts/password/reset/key/\S+", message.body)
        assert links
        assert all(link.startswith("https://desk.example.org/") for link in links), links
        assert "evil" not in message.body


def test_an_unknown_address_is_told_the_same_as_a_known_one(client, camille):
    known = client.post("/accounts/password/reset/", {"email": camille.email})
    unknown = client.post("/accounts/password/reset/", {"email": "nobody@example.org"})
    assert (known.status_code, known.headers["Location"]) == (unknown.status_code, unknown.headers["Location"])
    assert [message.to for message in mail.outbox] == [[camille.email]]


def test_passwords_cannot_be_tried_without_end(client, camille):
    for _ in range(12):
        client.post("/accounts/login/", {"login": camille.email, "password": "wrong"})
    assert sign_in(client, camille).status_code != 302


def test_tries_are_counted_by_person_whatever_the_browser_calls_the_desk(client, camille):
    told = []
    for number in range(7):
        given = {"login": camille.email if number % 2 else camille.email.upper(), "password": "wrong"}
        page = client.post("/accounts/login/", given, headers={"Host": f"127.0.0.1:{1000 + number}"})
        told.append("Too many" in page.content.decode())
    assert told == [False] * 5 + [True, True]


@pytest.mark.parametrize("off", [timedelta(hours=1), timedelta(hours=-1)])
def test_session_outlives_an_hour_that_was_wrong(client, cast, monkeypatch, off):
    right = timezone.now()
    client.force_login(cast.olive)
    for at in (right + off, right, right + off, right + timedelta(minutes=1)):
        monkeypatch.setattr(timezone, "now", lambda at=at: at)
        monkeypatch.setattr("parvis.web.clock.now", lambda at=at: at)
        assert client.get("/departments/").status_code == 200


HEADERS = ("content-security-policy", "x-content-type-options", "referrer-policy", "permissions-policy")


@pytest.mark.parametrize(
    "path", ["/", "/inbox/", "/accounts/login/", "/nothing/here", "/inbox/999999/", "/static/none.js", "/moderation/"]
)
@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_every_answer_carries_the_headers_errors_too(cast, path, method):
    client = Client(raise_request_exception=False)
    client.force_login(cast.anna, backend=BACKEND)
    for headers in ({}, {"Host": "evil.example"}):
        answer = getattr(client, method)(path, headers=headers)
        for name in HEADERS:
            assert answer.headers.get(name), (path, name, answer.status_code)
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["signed out", "deactivated"])
async def test_a_stream_says_nothing_more_once_the_person_is_out(cast, quick, monkeypatch, how):  # noqa: F811
    monkeypatch.setattr(stream, "RECHECK_S", 0.0)
    key = await sync_to_async(session_of)(cast.camille)
    connection = Connection(key)
    await connection.until(lambda: len(connection.sent) >= 2)
    if how == "signed out":
        await sync_to_async(_flush)(key)
    else:
        await sync_to_async(Member.objects.filter(pk=cast.camille.pk).update)(is_active=False)
    await sync_to_async(tell)("note", now=MONDAY, department_id=cast.news.pk, subject_id=4711)
    async with asyncio.timeout(10):
        await connection.task
    assert connection.heard() == []


def _flush(key):
    from django.contrib.sessions.backends.db import SessionStore

    SessionStore(key).flush()


@pytest.mark.django_db(transaction=True)
async def test_a_stream_hears_nothing_of_a_department_that_was_taken_from_the_person(cast, quick, monkeypatch):  # noqa: F811
    monkeypatch.setattr(stream, "RECHECK_S", 0.0)
    key = await sync_to_async(session_of)(cast.camille)
    connection = Connection(key)
    await connection.until(lambda: len(connection.sent) >= 2)
    await sync_to_async(cast.camille.memberships.all().delete)()
    await sync_to_async(tell)("note", now=MONDAY, department_id=cast.news.pk, subject_id=4711)
    await connection.until(connection.heard)
    await connection.close()
    assert all("note" not in told for told in connection.heard())
