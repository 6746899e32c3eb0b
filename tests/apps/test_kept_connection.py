"""A connection to PostgreSQL that is kept between pages: looked at without a question, and opened anew once it is gone."""

import time

import pytest
from django.db import connection

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite is a file"),
]


@pytest.fixture
def kept():
    """Another connection as a web process has it: kept, and looked at before each page."""
    other = connection.copy()
    other.settings_dict = {**connection.settings_dict, "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
    other.connect()
    page(other)
    yield other
    other.close()


def page(other):
    """What Django does around one: before, between and after."""
    other.close_if_unusable_or_obsolete()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [key] = cursor.fetchone()
    return key


def asked(other, monkeypatch):
    """How often the server is asked whether it is there."""
    count = []
    base = type(other).__mro__[1]
    is_usable = base.is_usable
    monkeypatch.setattr(base, "is_usable", lambda self: count.append(self) or is_usable(self))
    return count


def test_pages_that_follow_each_other_ask_nothing(kept, monkeypatch):
    page(kept)
    count = asked(kept, monkeypatch)
    assert len({page(kept) for _ in range(3)}) == 1
    assert count == []


def test_after_a_pause_the_server_is_asked_once(kept, monkeypatch):
    page(kept)
    count = asked(kept, monkeypatch)
    now_s = time.monotonic()
    monkeypatch.setattr("parvis.conf.postgresql.base.time.monotonic", lambda: now_s + 60)
    assert page(kept) == page(kept)
    assert len(count) == 1


def test_connection_that_the_server_closed_is_opened_anew_and_no_page_fails(kept):
    before = page(kept)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [before])
    assert page(kept) != before
    assert page(kept) == page(kept)


def test_after_an_error_the_server_is_asked(kept, monkeypatch):
    page(kept)
    count = asked(kept, monkeypatch)
    kept.errors_occurred = True
    page(kept)
    assert len(count) == 1


def test_times_are_as_django_reads_them(kept):
    with kept.cursor() as cursor:
        cursor.execute("SELECT timestamptz '2026-11-23 14:05:00.25+02', NULL::timestamptz")
        at, none = cursor.fetchone()
    assert (at.isoformat(), at.utcoffset().total_seconds(), none) == ("2026-11-23T12:05:00.250000+00:00", 0, None)
