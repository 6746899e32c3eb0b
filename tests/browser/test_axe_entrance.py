"""axe-core finds nothing on the ways in: the first page of a house, an invitation, a sign-in link; nor on adding a feed."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.browser.conftest import serve
from tests.browser.test_axe import faults_in_every_look

SITE = """<!doctype html><title>A site</title>
<link rel="alternate" type="application/rss+xml" title="All articles" href="/feed.xml">
<link rel="alternate" type="application/rss+xml" title="All comments" href="/comments.xml"><p>Welcome"""
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Radio Parvis</title><link>{site}/</link>
<description>What is new</description>{items}</channel></rss>"""
ITEM = """<item><title>Why the valleys wait, part {n}</title><link>{site}/{n}</link><guid>{site}/{n}</guid>
<pubDate>Mon, 02 Nov 2026 0{n}:00:00 GMT</pubDate><description>Donaudampfschifffahrtsgesellschaft {n}</description></item>"""


@pytest.fixture(scope="module")
def links_desk(tmp_path_factory):
    yield from serve(tmp_path_factory.mktemp("links"), "filling_links.py", "links")


@pytest.fixture(scope="module")
def unopened_desk(tmp_path_factory):
    yield from serve(tmp_path_factory.mktemp("unopened"), "filling_links.py", "empty")


@pytest.fixture(scope="module")
def adding_desk(tmp_path_factory):
    options = {"PARVIS_ALLOWED_PRIVATE_HOSTS": "127.0.0.1"}
    yield from serve(tmp_path_factory.mktemp("adding"), "filling.py", "1", options=options)


@pytest.fixture
def site():
    """A site with a page that names two feeds, at an address of this machine."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            here = f"http://127.0.0.1:{server.server_port}"
            items = "".join(ITEM.format(n=n, site=here) for n in range(1, 4))
            pages = {"/": SITE, "/feed.xml": FEED, "/comments.xml": FEED}
            self.send_response(200 if self.path in pages else 404)
            self.send_header("Content-Type", "text/html" if self.path == "/" else "application/rss+xml")
            self.end_headers()
            self.wfile.write(pages.get(self.path, "").format(site=here, items=items).encode())

        def log_message(self, *_):
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def without_refusals(page):
    """A 4xx is how a form or a spent link says what is wrong; the browser's console calls it an error."""
    page.faults[:] = [fault for fault in page.faults if "status of 4" not in fault]


def test_first_page_of_a_house_is_without_fault_before_and_after_a_mistake(unopened_desk, open_page):
    page = open_page(unopened_desk, unopened_desk.keys["open"], who="")
    assert faults_in_every_look(page) == []
    page.locator("[name=house]").fill("Rundfunkanstaltsverwaltungsgebäude")
    page.locator("[name=name]").fill("Nina")
    page.locator("[name=email]").fill("nina@example.org")
    page.locator("[name=password]").fill("password12")
    page.get_by_role("button", name="Open the house").click()
    page.locator("[name=password].is-invalid").wait_for()
    assert page.locator("[name=house]").input_value() == "Rundfunkanstaltsverwaltungsgebäude"
    assert faults_in_every_look(page) == []
    without_refusals(page)


@pytest.mark.parametrize("path", ["/welcome/", "/accounts/login/"])
def test_pages_of_a_house_that_nobody_opened_are_without_fault(unopened_desk, open_page, path):
    page = open_page(unopened_desk, path, who="")
    assert faults_in_every_look(page) == []


def test_invitation_is_without_fault_before_and_after_a_mistake(links_desk, open_page):
    page = open_page(links_desk, links_desk.keys["join"], who="")
    assert page.get_by_role("heading", name="Join").is_visible()
    assert faults_in_every_look(page) == []
    page.locator("[name=name]").fill("Nina")
    page.locator("[name=password]").fill("password12")
    page.get_by_role("button", name="Join").click()
    page.locator("[name=password].is-invalid").wait_for()
    assert faults_in_every_look(page) == []
    without_refusals(page)


def test_sign_in_link_is_without_fault_and_leads_to_a_new_password(links_desk, open_page):
    page = open_page(links_desk, links_desk.keys["sign_in"], who="")
    assert faults_in_every_look(page) == []
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/password/set/")
    assert faults_in_every_look(page) == []
    page.goto(links_desk.address + links_desk.keys["sign_in"])
    assert page.get_by_role("heading", name="no longer works").is_visible()
    assert faults_in_every_look(page) == []
    without_refusals(page)


def test_refused_sign_in_is_without_fault(links_desk, open_page):
    page = open_page(links_desk, "/accounts/login/", who="")
    page.locator("[name=login]").fill("nobody@example.org")
    page.locator("[name=password]").fill("not this one")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("alert").wait_for()
    assert faults_in_every_look(page) == []
    without_refusals(page)


def test_steps_of_adding_a_feed_are_without_fault(adding_desk, open_page, site):
    page = open_page(adding_desk, "/channels/new/", who="Stella")
    page.get_by_role("textbox", name="Address").fill("http://127.0.0.1:9/")
    page.get_by_role("button", name="Look what is there").click()
    page.locator(".field-error").wait_for()
    assert faults_in_every_look(page) == []
    page.get_by_role("textbox", name="Address").fill(site)
    page.get_by_role("button", name="Look what is there").click()
    page.get_by_role("heading", name="This was found there").wait_for()
    assert faults_in_every_look(page) == []
    page.get_by_role("button", name="Use this").first.click()
    page.wait_for_url("**/details/")
    assert faults_in_every_look(page) == []
    page.get_by_role("button", name="Check and show the first items").click()
    page.wait_for_url("**/first-items/")
    assert page.locator(".sample-text").count() == 3
    assert faults_in_every_look(page) == []
    page.get_by_role("button", name="Save this channel").click()
    page.locator(".banner-success").wait_for()
    assert faults_in_every_look(page) == []
    without_refusals(page)
