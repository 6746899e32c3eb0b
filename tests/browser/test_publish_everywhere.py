"""A post for three platforms, from the first word to the first answer: written once, approved by somebody else, sent.

What came to be is asked of the servers themselves: mastodon-mock, a Bluesky network and WordPress.
"""

import io
import json
import os
import re
import time
import urllib.request
import uuid
from dataclasses import dataclass

import pytest
from PIL import Image
from playwright.sync_api import expect
from tests.browser.conftest import _environment, fill, show
from tests.browser.test_first_thread import until
from tests.real.conftest import (  # noqa: F401 - fixtures
    Clerk,
    bluesky,
    mastodon,
    shared_root,
    started_side_by_side,
    wordpress,
)
from tests.real.record_bluesky import Network
from tests.real.record_mastodon import Instance
from tests.real.test_bluesky_publishing import said_there as on_network
from tests.real.test_bluesky_publishing import shown_by
from tests.real.test_mastodon_publishing import said_there as on_instance
from tests.real.test_wordpress_publishing import there as on_site

from parvis.connectors.mastodon.saying import text_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(
        os.environ.get("PARVIS_DATABASE", "").startswith("postgresql"),
        reason="the real servers are driven in the run on SQLite",
    ),
]
LATER_MS = 180_000
LATER_S = LATER_MS / 1000
NAMES = ("Instance", "Network", "Website")
LINK = "https://example.org/programme?day=1&hall=2"
ALT = "A dark hall, with “one” lamp & a piano"


@dataclass
class Said:
    """What is written, with a mark by which the servers are asked for it."""

    mark: str

    def __post_init__(self):
        self.common = f"Tonight at eight in the great hall 👩‍👩‍👧, {self.mark}"
        self.shorter = f"Été 👩‍👩‍👧: tonight, {self.mark}"
        self.title = f"A concert & more {self.mark}"
        self.question = f"Is there still a seat? {self.mark}"
        self.answer = f"Two, come early. {self.mark}"


@dataclass
class Servers:
    """Each asked by its own API."""

    instance: Instance
    network: Network
    clerk: Clerk

    def toots(self, said):
        """Posts of the house that answer nobody."""
        return [row for row in on_instance(self.instance, said.mark) if row["in_reply_to_id"] is None]

    def answers(self, number):
        told = self.instance.call("GET", f"v1/statuses/{number}/context", who="MEMBER")
        return [row for row in told["descendants"] if row["in_reply_to_id"] == number]

    def counts(self, said):
        found = (
            on_instance(self.instance, said.mark),
            on_network(self.network, said.mark),
            on_site(self.clerk, said.mark),
        )
        return tuple(map(len, found))


@pytest.fixture(scope="module")
def _started(shared_root):  # noqa: F811
    with started_side_by_side(("bluesky", "mastodon", "wordpress"), root=shared_root):
        yield


@pytest.fixture
def servers(_started, mastodon, bluesky, wordpress):  # noqa: F811
    return Servers(Instance(mastodon), Network(bluesky), Clerk(wordpress, wordpress.admin))


@pytest.fixture
def house(servers, mastodon, bluesky, wordpress, tmp_path):  # noqa: F811
    """The whole desk, as `parvis run` starts it, with a channel on each server."""
    brand = {"identifier": bluesky["BRAND_HANDLE"], "app_password": bluesky["PASSWORD"]}
    editor = dict(zip(("username", "password"), wordpress.editor, strict=True))
    rows = (
        ("mastodon", "mentions", f"{mastodon['URL']}/api/v2/instance", {"token": mastodon["BRAND_TOKEN"]}),
        ("bluesky", "account", f"{bluesky['PDS']}/", brand),
        ("wordpress", "", wordpress.url, editor),
    )
    wanted = [
        {"name": name, "platform": platform, "kind": kind, "address": address, "credentials": credentials}
        for name, (platform, kind, address, credentials) in zip(NAMES, rows, strict=True)
    ]
    options = {"PARVIS_ALLOWED_PRIVATE_HOSTS": "127.0.0.1,localhost", "PARVIS_UNDO_S": "2"}
    environment = {**_environment(tmp_path), **options}
    keys = fill(environment, "filling_everywhere.py", json.dumps(wanted))
    yield from show(tmp_path, environment, keys, ("-m", "parvis", "run"))


def test_written_once_approved_by_somebody_else_it_stands_on_three_platforms_and_is_answered(house, open_page, servers):
    said = Said(f"mark{uuid.uuid4().hex[:10]}")
    camille = open_page(house, "/publish/new/")
    write(camille, house, said)
    look_at_the_cards(camille, said)
    camille.locator("#ask-note").fill("Before six, please")
    camille.get_by_role("button", name="Ask for approval").click()
    expect(camille.locator("#status")).to_contain_text("To approve")
    expect(camille.get_by_role("button", name="Publish now")).to_have_count(0)
    approve(open_page(house, "/publish/approvals/", who="Maud"), said)
    assert servers.counts(said) == (0, 0, 0)

    publish(camille)
    addresses = arrived(camille)
    assert stands_on_the_instance(servers, said) == addresses["Instance"]
    stands_on_the_network(servers, said)
    assert stands_on_the_site(servers, said) == addresses["Website"]

    (toot,) = servers.toots(said)
    asked = servers.instance.post("MEMBER", f"@brand {said.question}", in_reply_to_id=toot["id"])
    answer_in_the_inbox(camille, house, said)
    (answered,) = until(lambda: servers.answers(asked["id"]), LATER_S)
    assert said.answer in text_of(answered["content"]) and answered["account"]["username"] == "brand"
    expect(camille.locator("#thread")).to_contain_text(said.answer)
    assert servers.counts(said) == (2, 1, 1)


def write(page, house, said):
    page.locator("#working-title").fill("The concert")
    page.get_by_role("button", name="Start writing").click()
    for name in NAMES:
        page.get_by_label(name, exact=True).check()
    page.locator("#f-text").fill(said.common)
    page.locator("#f-title").fill(said.title)
    page.locator("#f-link").fill(LINK)
    differently(page, "Instance").get_by_label("Visible to").select_option("unlisted")
    differently(page, "Network").get_by_label("Text here").fill(said.shorter)
    differently(page, "Website").get_by_label("Excerpt").fill("In short")
    page.locator("#media-file").set_input_files({"name": "hall.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    expect(page.locator(".medium")).to_have_count(1, timeout=LATER_MS)
    expect(page.locator("#media-missing")).to_be_visible()
    page.locator(".medium [data-alt]").fill(ALT)
    expect(page.locator("#media-missing")).to_be_hidden()
    expect(page.locator("#kept")).to_contain_text("Kept ")


def differently(page, name):
    """What is said otherwise on that channel, unfolded."""
    part = page.locator("details.different", has=page.locator("summary", has_text=f"Different on {name}"))
    part.locator("summary").click()
    return part


def photo():
    out = io.BytesIO()
    Image.radial_gradient("L").resize((900, 600)).convert("RGB").save(out, "JPEG")
    return out.getvalue()


def look_at_the_cards(page, said):
    """What leaves, counted as each counts, and nothing against it."""
    cards = page.locator("#cards .preview")
    expect(cards).to_have_count(len(NAMES))
    family = len("👩‍👩‍👧") - 1
    for name, text in (("Instance", said.common), ("Network", said.shorter)):
        counted = re.compile(rf"\b{len(text) - family} of \d+ signs")
        expect(page.get_by_role("article", name=name).locator(".counts")).to_contain_text(counted)
    expect(page.get_by_role("article", name="Website")).to_contain_text(said.title)
    expect(cards.locator(".cut image")).to_have_count(len(NAMES), timeout=LATER_MS)
    expect(page.locator("#cards .fault, #check .fault, .medium-faults li")).to_have_count(0, timeout=LATER_MS)


def approve(page, said):
    page.locator(".card", has_text="The concert").get_by_role("link", name="Open").click()
    expect(page.locator("#cards .preview")).to_have_count(len(NAMES))
    expect(page.locator("#cards")).to_contain_text(said.shorter)
    page.locator("#status").get_by_role("button", name="Approve").click()
    expect(page.locator(".banner-success")).to_contain_text("You have approved it.")


def publish(page):
    """Her page says by itself that it may leave."""
    page.locator("#status").get_by_role("button", name="Publish now").click(timeout=LATER_MS)
    page.locator("#confirm [value=yes]").click()
    expect(page.locator(".banner-success")).to_contain_text("It is on its way.")


def arrived(page):
    """Where it stands on each, as the page tells once it knows."""
    lines = page.locator("#status .publications > li")
    expect(lines.filter(has_text="Arrived")).to_have_count(len(NAMES), timeout=LATER_MS)
    expect(page.locator("#status .card-head")).to_contain_text("Out")
    links = {name: lines.filter(has_text=name).get_by_role("link", name="On the site") for name in NAMES}
    return {name: link.first.get_attribute("href") for name, link in links.items() if link.count()}


def stands_on_the_instance(servers, said):
    (row,) = servers.toots(said)
    text = text_of(row["content"])
    assert said.common in text and LINK in text and said.title not in text
    assert [one["description"] for one in row["media_attachments"]] == [ALT] and row["visibility"] == "unlisted"
    return row["url"]


def stands_on_the_network(servers, said):
    (record,) = on_network(servers.network, said.mark)
    value = record["value"]
    assert value["text"] == f"{said.shorter}\n\n{LINK}"
    assert shown_by(value["text"], value["facets"])[LINK]["uri"] == LINK
    (shown,) = value["embed"]["images"]
    assert shown["alt"] == ALT and shown["image"]["size"] > 0


def stands_on_the_site(servers, said):
    (row,) = on_site(servers.clerk, said.mark)
    assert row["status"] == "publish" and row["excerpt"]["raw"] == "In short"
    page = urllib.request.urlopen(row["link"], timeout=60).read().decode()
    assert f'<a href="{LINK.replace("&", "&amp;")}">' in page and said.common in page
    assert servers.clerk("GET", f"media/{row['featured_media']}?context=edit")["alt_text"] == ALT
    return row["link"]


def answer_in_the_inbox(page, house, said):
    rows = page.locator(".talk-row", has_text=said.question)
    look_until(page, f'{house.address}/inbox/?q="{said.question}"', rows)
    rows.locator(".row-link").click()
    expect(page.locator("#thread")).to_contain_text(said.question)
    expect(page.locator("#detail")).to_contain_text(said.common)
    page.locator("#detail summary", has_text="Answer").click()
    page.locator("#reply-text").fill(said.answer)
    page.get_by_role("button", name="Send", exact=True).click()


def look_until(page, address, locator):
    """Opened again and again until it is there."""
    deadline_s = time.monotonic() + LATER_S
    while time.monotonic() < deadline_s:
        page.goto(address)
        if locator.count():
            return
    raise AssertionError(page.locator("#main").inner_text())
