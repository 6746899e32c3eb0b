"""What is written somewhere stands on an open page by itself: source, worker, matcher, live stream and browser.

The desk runs as script/run starts it. Of each source a new post, edit, comment, message, mail or entry is
written on a real server, and waited for on the page of a saved query: two seconds where the source has a
stream, else until the channel is due again and four seconds more.
"""

import os
import shutil
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections
from tests.browser.filling import session_of
from tests.real.conftest import started_side_by_side
from tests.real.sources import LOCAL, SOURCES
from tests.worker.box import drop_template, make_template, opened_box, slowness, wait_until
from tests.worker.desk import Desk

from parvis.channels.models import Channel
from parvis.listening.services import Wish, save_query
from parvis.testing.cast import make_cast

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
STREAMED_WITHIN_S = 2.0
DUE_IN_S = 3.0
"""Of a channel that is read: as if so much of its interval were left."""
READ_WITHIN_S = 4.0
"""Once it is due: the worker looks for such channels each second, and asks several questions of some."""
EACH_STREAM = 3
GIVE_UP_S = 60.0

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: apt install chromium"),
    pytest.mark.skipif(
        os.environ.get("PARVIS_DATABASE", "").startswith("postgresql"),
        reason="the real servers are driven in the run on SQLite",
    ),
]


@dataclass
class House:
    """The running desk, its people, and a browser in which Camille is signed in."""

    address: str
    people: object
    browser: object
    apart: ThreadPoolExecutor
    """The thread in which the database is used: the browser's own holds an event loop."""

    def do(self, function, *arguments, **named):
        return self.apart.submit(function, *arguments, **named).result()

    def channel(self, channel):
        return self.do(Channel.objects.get, pk=channel.pk)

    def change(self, channel, **fields):
        self.do(Channel.objects.filter(pk=channel.pk).update, **fields)

    def open(self, path):
        page = self.browser.new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        assert page.goto(self.address + path).ok, path
        page.evaluate("window.stayed = true")
        return page


@pytest.fixture(scope="module")
def servers(shared_root):
    with started_side_by_side({source.server for source in SOURCES}, root=shared_root):
        yield


@pytest.fixture(scope="module")
def house(servers, tmp_path_factory, django_db_blocker):
    from django.conf import settings
    from playwright.sync_api import sync_playwright

    data = tmp_path_factory.mktemp("house")
    template = make_template(tmp_path_factory.mktemp("template"))
    options = {
        "PARVIS_SECRET_KEYS": ",".join(settings.SECRET_KEYS),
        "PARVIS_ALLOWED_PRIVATE_HOSTS": ",".join(LOCAL),
        "PARVIS_WEB_PROCESSES": "1",
    }
    desk = Desk(data, data / "run.log", options=options)
    with django_db_blocker.unblock(), opened_box(template, data), ThreadPoolExecutor(1) as apart:
        people = make_cast()
        key = session_of(people.camille)
        desk.start()
        try:
            with sync_playwright() as playwright:
                chromium = playwright.chromium.launch(
                    executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
                )
                browser = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
                browser.add_cookies([{"name": "parvis", "value": key, "url": desk.address}])
                yield House(desk.address, people, browser, apart)
                chromium.close()
        finally:
            desk.stop()
            apart.submit(connections.close_all).result()
            print(desk.log.read_text(encoding="utf-8", errors="replace"))
    drop_template(template)


@pytest.fixture(scope="module")
def took():
    """Seconds by source, told at the end."""
    told = {}
    yield told
    for name, line in told.items():
        print(f"{name}: {line}")


def query_page(house, mark, source):
    wish = Wish(name=source.name, text=f"{mark} platform:{source.platform}", department=house.people.news)
    query = house.do(save_query, house.people.camille, wish, now=datetime.now(UTC))
    return house.open(f"/listen/{query.pk}/")


def stands_on(page, place, text, *, timeout_s):
    page.wait_for_function(
        "([place, text]) => document.querySelector(place)?.textContent.includes(text)",
        arg=[place, text],
        timeout=timeout_s * 1000,
        polling="raf",
    )


def seconds_until_found(page, write, text):
    """On a page that was not loaded anew for it."""
    write(text)
    began_s = time.monotonic()
    stands_on(page, "#matches", text, timeout_s=GIVE_UP_S)
    took_s = time.monotonic() - began_s
    assert page.evaluate("window.stayed") is True and page.faults == []
    return took_s


def shown_in_inbox(page, text):
    """A list in which there is something moves under nobody: it says that there is more, and a click shows it."""
    page.wait_for_function(
        "(text) => document.querySelector('#list').textContent.includes(text) || document.querySelector('[data-fresh]')",
        arg=text,
        timeout=GIVE_UP_S * 1000,
    )
    if page.locator("#fresh [data-fresh]").count():
        page.locator("#fresh [data-fresh]").click()
    stands_on(page, "#list", text, timeout_s=GIVE_UP_S)
    assert page.evaluate("window.stayed") is True and page.faults == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name.partition(",")[0])
def test_what_is_written_stands_on_the_open_page_in_time(source, house, took, request):
    server = request.getfixturevalue(source.server)
    mark = f"parvis{uuid.uuid4().hex[:10]}"
    found = query_page(house, mark, source)
    inbox = house.open("/inbox/?q=") if source.opens_conversations else None
    write = source.writing(server)
    channel = house.do(source.open, server, house.people)
    try:
        if source.is_streamed:
            wait_for_the_stream(channel, write, mark, found)
            shown_s = [seconds_until_found(found, write, f"{mark} {number}") for number in range(EACH_STREAM)]
            limit_s = STREAMED_WITHIN_S
        else:
            wait_until(lambda: house.channel(channel).last_success_at, what="the first reading")
            house.change(channel, next_sync_at=datetime.now(UTC) + timedelta(seconds=DUE_IN_S))
            shown_s = [seconds_until_found(found, write, f"{mark} 0")]
            limit_s = DUE_IN_S + READ_WITHIN_S
        if inbox is not None:
            shown_in_inbox(inbox, f"{mark} 0")
    finally:
        house.change(channel, state="paused")
        found.close()
        if inbox is not None:
            inbox.close()
    limit_s *= slowness()
    took[source.name] = said = _told(source, channel, shown_s, limit_s)
    assert max(shown_s) <= limit_s, said


def _told(source, channel, shown_s, limit_s):
    seconds = ", ".join(f"{one:.2f}" for one in shown_s)
    by = "by its stream" if source.is_streamed else f"due in {DUE_IN_S:g} s, by default every {channel.interval_s:g} s"
    return f"{seconds} s of {limit_s:.1f} s ({by})"


def wait_for_the_stream(channel, write, mark, page):
    """It stands once something that was written is shown: nothing before that is counted."""

    from playwright.sync_api import TimeoutError as NotInTime

    def shows():
        write(f"{mark} warming up")
        try:
            stands_on(page, "#matches", "warming up", timeout_s=3)
        except NotInTime:
            return False
        return True

    wait_until(shows, timeout_s=60, what=f"the stream of channel {channel.pk}")
