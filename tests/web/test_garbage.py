"""Whatever is typed, sent or made up: an answer in words, never a fault of ours."""

import os
import re
from collections.abc import Iterable
from itertools import product
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection, transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.web.house_of_two import furnish
from tests.web.test_who_sees_what import ADDRESSES, LIBRARY, WITHOUT_SIGN_IN

from parvis.testing.cast import make_cast
from parvis.testing.clock import MONDAY

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
FORM = "application/x-www-form-urlencoded"
LONG = "é" * 500_000
"""One megabyte."""
GARBAGE = (
    "", " ", "\0", "a\0b", "\ud800", "-1", "0", "9" * 30, "9" * 5000, "٣", "²", "1e9", "NaN", "null", "[]", '{"a": [1]}',
    "'; DROP TABLE x", "../../etc/passwd", "%00", "\u202e\u2066", "<script>", "0001-01-01T00:00", "9999-12-31T23:59Z",
    "0001-01-01T00:00+23:59", "00000000-0000-0000-0000-000000000000", "not-a-uuid", "state:", "((((", '"', "at", "mine",
    "assign:" + "9" * 5000, "assign:-1", "move:" + "9" * 30, "snooze:9999-12-31T23:59:59+00:00", "priority:99", "label:\0",
    "label:" + "x" * 5000, "refuse:nothing", "snooze:0001-01-01T00:00:00+00:00",
)  # fmt: skip
STRANGE = {
    "a\0b",
    "9" * 5000,
    "assign:" + "9" * 5000,
    "label:\0",
    "label:" + "x" * 5000,
    "move:" + "9" * 30,
    "9999-12-31T23:59Z",
    "\u202e\u2066",
    "snooze:9999-12-31T23:59:59+00:00",
    "9" * 30,
}
CURSORS = (
    "AAAA", "W10", "WzEsMl0", "bnVsbA", "W251bGwsbnVsbF0", "WzFlOTk5LDFd", "LTE", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OQ",
    # [-(2**56) + 1, 1], [2**56 - 1, 1], [True, True], nested lists
    "Wy03MjA1NzU5NDAzNzkyNzkzNSwxXQ", "WzcyMDU3NTk0MDM3OTI3OTM1LDFd", "W3RydWUsdHJ1ZV0", "W1tbW1tbW10sMV0", "=", "é", "\0",
)  # fmt: skip
NAMES = (
    "state", "version", "department", "assignee", "until", "at", "labels", "new", "priority", "verdict", "reason", "note",
    "item", "text", "then", "verb", "ids", "q", "all", "kind", "typing", "name", "shared", "back", "answer", "owner",
    "active", "open", "to", "place", "role", "email", "zone", "language", "theme", "density", "rail", "next_opens",
    "chosen", "address", "department_id", "opens_conversations", "login", "password", "file",
)  # fmt: skip
ASKED = (
    "q", "after", "before", "older", "newer", "rows", "first", "open", "part", "person", "action", "subject", "key", "since",
    "until", "next", "page", "process",
)  # fmt: skip


IS_LONG = "PARVIS_TEST_LONG" in os.environ
SIXTH = 1 if IS_LONG else 6
"""Each field gets every sixth of the strange values, and each value every sixth of the fields."""
THIRD = 1 if IS_LONG else 3
"""Each address gets every third value, and the next one the next third: every value meets many addresses."""
TURN = {name: turn for turn, name in enumerate(sorted(ADDRESSES))}


def some(values: Iterable[str]) -> list[str]:
    """What databases take differently is tried on both, of the rest every other value on each."""
    half = connection.vendor == "postgresql"
    return [one for at, one in enumerate(values) if one in STRANGE or "\ud800" in one or at % 2 == half]


def in_turn(values: list[str], name: str) -> list[str]:
    return values[TURN[name] % THIRD :: THIRD]


@pytest.fixture(scope="module")
def house(shared_db):
    return furnish(make_cast())


@pytest.fixture
def olive(house, monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr("parvis.web.clock.now", lambda: MONDAY)
    client = Client(raise_request_exception=True)
    client.force_login(house.cast.olive, backend="parvis.orgs.asking.Backend")
    client.house = house
    return client


def answers(client: Client, path: str, form: dict[str, Any] | None = None, **asked: str) -> int:
    """Raises what broke; whatever was changed is taken back, after the pages were looked at again."""
    with transaction.atomic():
        if form is None:
            status = client.get(path, asked).status_code
        else:
            status = client.post(path, _body(form), content_type=FORM).status_code
            if status < 400 and value_is_kept(form):
                _pages_still_open(client)
        transaction.set_rollback(True)
    assert status < 500, (path, status)
    return status


def value_is_kept(form: dict[str, Any]) -> bool:
    """Only what is short and strange can break a page that shows it."""
    return any(str(value) in STRANGE for value in form.values())


def _body(form: dict[str, str]) -> str:
    """As a browser sends it; half a sign that is none goes along as its bytes."""
    return urlencode({name: value.encode("utf-8", "surrogatepass") for name, value in form.items()})


def _pages_still_open(client: Client) -> None:
    """What was stored does not break the pages that show it."""
    for path in ("/", "/inbox/?q=", f"/inbox/{client.house.news.conversation.pk}/", "/audit/"):
        assert client.get(path).status_code in {200, 302, 404}, path


@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_garbage_in_a_form_is_answered_in_words(olive, name):
    address = ADDRESSES[name]
    path = address.path(olive.house.news)
    known = {field for form in address.forms(olive.house.news) for field in form}
    good = next(iter(address.forms(olive.house.news)), {})
    good = {field: str(value) for field, value in good.items() if isinstance(value, str | int)}
    if "ids" in known:
        good["ids"] = str(olive.house.news.conversation.pk)
    for value in in_turn(some(GARBAGE), name):
        answers(olive, path, dict.fromkeys(NAMES, value))
    for at, value in enumerate((*sorted(STRANGE), LONG), TURN[name]):
        for field in sorted(known)[at % SIXTH :: SIXTH]:
            answers(olive, path, {**good, field: value})


@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_garbage_in_an_address_is_answered_in_words(olive, name):
    path = ADDRESSES[name].path(olive.house.news).partition("?")[0]
    for value in in_turn(some((*GARBAGE, *CURSORS)), name):
        written = value.encode("utf-8", "replace").decode()[:8000]
        answers(olive, path, None, **dict.fromkeys(ASKED, written))
    if name not in {"inbox", "inbox-changes", "talk", "moderation", "audit"}:
        return
    for field, value in product(("after", "before", "older", "newer", "rows"), (*some(CURSORS), "9" * 5000)):
        answers(olive, path, None, q="", **{field: value})


@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_a_number_in_an_address_that_nothing_has_is_nothing_here(olive, name):
    path = ADDRESSES[name].path(olive.house.news).partition("?")[0]
    for number in ("0", "9" * 18, "9" * 19, "9" * 40, "9" * 5000, "00000000-0000-0000-0000-000000000000"):
        strange = re.sub(r"(?<=/)(\d+|[0-9a-f]{8}-[0-9a-f-]+)(?=/)", number, path)
        for form in (None, {}):
            answers(olive, strange, form)


def test_pages_of_the_library_take_garbage(client, house):
    client.house = None
    for path in (*LIBRARY, *WITHOUT_SIGN_IN.values()):
        for value in ("\0", "\ud800", "x" * 20_000, "9" * 5000):
            with transaction.atomic():
                form = _body(dict.fromkeys(NAMES, value))
                assert client.post(path, form, content_type=FORM).status_code < 500, (path, value[:9])
                assert client.get(path, {"next": value[:2000].replace("\ud800", "")}).status_code < 500
                transaction.set_rollback(True)


def test_ten_thousand_chosen_rows_are_answered_in_words(olive):
    for count in (900, 10_000):
        response = olive.post("/inbox/bulk/", {"verb": "done", "ids": [str(2**62 + n) for n in range(count)]})
        assert response.status_code < 500


@pytest.mark.parametrize("body", [b"{", b"[1]", b"\xff\xfe", b"--x\r\n", b""])
@pytest.mark.parametrize(
    "kind", ["application/json", "multipart/form-data; boundary=x", "multipart/form-data", "text/é"]
)
def test_a_body_of_another_kind_is_answered_in_words(olive, body, kind):
    for path in ("/inbox/bulk/", "/preferences/", f"/inbox/{olive.house.news.conversation.pk}/note/"):
        assert olive.post(path, body, content_type=kind).status_code < 500


@pytest.mark.parametrize(
    "text", ["(" * 1_000_000, '"' * 1_000_000, "-" * 1_000_000, "state:" * 200_000, "a" * 1_000_000]
)
def test_a_filter_of_a_megabyte_does_not_run_away(olive, text):
    form = {"verb": "done", "all": "1", "q": text}
    assert olive.post("/inbox/bulk/", form).status_code == 422
    assert olive.post("/inbox/views/", {"name": "x", "q": text}).status_code == 422
    assert olive.get("/inbox/", {"q": text}).status_code in {200, 422}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.text(max_size=200), cursor=st.text(max_size=60))
def test_any_filter_and_any_cursor_open_a_page(olive, text, cursor):
    assert (
        olive.get(
            "/inbox/", {"q": text.encode("utf-8", "replace"), "after": cursor.encode("utf-8", "replace")}
        ).status_code
        < 500
    )
