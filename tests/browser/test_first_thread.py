"""The whole thread, as a newcomer walks it: start, enter, connect a real WordPress site, decide, answer, assign.

WordPress itself is then asked what it holds.
"""

import base64
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
import uuid

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import _environment, _free_port
from tests.real.conftest import shared_root, wordpress  # noqa: F401 - fixtures

pytestmark = [pytest.mark.browser, pytest.mark.real, pytest.mark.slow]
PASSWORD = "three words together"


@pytest.fixture
def entrance(tmp_path):
    """`script/run`'s program on an empty directory: the address it prints for its owner."""
    data, port = tmp_path / "data", _free_port()
    environment = {**_environment(data), "PARVIS_ALLOWED_PRIVATE_HOSTS": "127.0.0.1", "PARVIS_UNDO_S": "2"}
    command = [sys.executable, "-m", "parvis", "run", "--port", str(port), "--data", str(data)]
    log = tmp_path / "log"
    with log.open("wb") as file:
        running = subprocess.Popen(command, env=environment, stdout=file, stderr=file, start_new_session=True)
        try:
            yield until(lambda: (re.findall(r"http://\S+/enter/\S+", log.read_text()) or [None])[0], 60)
        finally:
            os.kill(running.pid, signal.SIGTERM)
            running.wait(30)
            sys.stderr.write(log.read_text(encoding="utf-8", errors="replace"))


def until(claim, limit_s=40.0):
    """What `claim` gives once it is something."""
    deadline_s = time.monotonic() + limit_s
    while time.monotonic() < deadline_s:
        if found := claim():
            return found
        time.sleep(0.2)
    raise AssertionError("it did not come true in time")


class Site:
    """WordPress, as its administrator sees it."""

    def __init__(self, site):
        self.api = site.api
        token = base64.b64encode(":".join(site.admin).encode()).decode()
        self.headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}

    def ask(self, path, **fields):
        data = json.dumps(fields).encode() if fields else None
        request = urllib.request.Request(f"{self.api}/{path}", data=data, headers=self.headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def held_comment(self, post, text, author):
        fields = {"author_name": author, "author_email": f"{uuid.uuid4().hex}@example.test", "status": "hold"}
        return self.ask("comments", post=post, content=text, **fields)["id"]

    def status(self, comment):
        return self.ask(f"comments/{comment}?context=edit")["status"]

    def answers(self, post, comment):
        found = self.ask(f"comments?post={post}&parent={comment}&status=all&context=edit")
        return [one["content"]["raw"] for one in found]


def test_a_newcomer_connects_a_site_and_works_through_its_comments(entrance, chromium, wordpress):  # noqa: F811
    site, mark = Site(wordpress), uuid.uuid4().hex[:8]
    post = site.ask("posts", title=f"About the valley {mark}", content="Text", status="publish")["id"]
    good, bad, question, other = (
        site.held_comment(post, f"{text} {mark}", author)
        for text, author in (
            ("Well done", "Anna"),
            ("You fools", "Bert"),
            ("When does it open?", "Carla"),
            ("Hm", "Dario"),
        )
    )
    page = chromium.new_page()
    open_the_house(page, entrance)
    add_the_site(page, wordpress)
    colleague = join_as_colleague(page, chromium)

    home = entrance.split("/enter/")[0]
    until(lambda: held_rows(page, home, mark) == 4)
    open_talk(page, home, f"Well done {mark}")
    page.locator("#detail").get_by_role("button", name="Approve").click()
    expect(page.locator("#toasts")).to_contain_text("Approved")
    open_talk(page, home, f"You fools {mark}")
    page.locator("#detail summary", has_text="Refuse").click()
    page.locator("#detail .reasons button").first.click()
    expect(page.locator("#toasts")).to_contain_text("Refused")
    open_talk(page, home, f"When does it open? {mark}")
    page.locator("#detail summary", has_text="Answer").click()
    page.locator("#reply-text").fill(f"At nine, {mark} – “every day” & <gladly>.")
    page.get_by_role("button", name="Send", exact=True).click()
    open_talk(page, home, f"Hm {mark}")
    page.locator("#detail summary", has_text="Assign").click()
    page.locator("#detail").get_by_role("button", name="Camille").click()

    until(lambda: site.status(good) == "approved")
    until(lambda: site.status(bad) == "trash")
    until(lambda: site.status(question) == "approved")
    answers = until(lambda: site.answers(post, question))
    assert len(answers) == 1
    assert "At nine" in answers[0] and "<gladly>" not in answers[0]
    assert site.status(other) == "hold"
    colleague.goto(f"{home}/inbox/?q=assignee:me")
    expect(colleague.locator(".talk-row")).to_contain_text([f"Hm {mark}"])


def open_the_house(page, entrance):
    page.goto(entrance)
    page.get_by_label("Name of the house").fill("Radio Parvis")
    page.get_by_label("Your name").fill("Olive")
    page.get_by_label("Your e-mail address").fill("olive@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Open the house").click()
    expect(page.locator(".rail")).to_be_visible()


def add_the_site(page, site):
    page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2] + "/channels/new/")
    page.get_by_role("textbox", name="Address").fill(site.url)
    page.get_by_role("button", name="Look what is there").click()
    page.get_by_role("button", name="Use this").first.click()
    page.get_by_label("User name").fill(site.editor[0])
    page.get_by_label("Application password").fill(site.editor[1])
    page.get_by_role("button", name="Check and show the first items").click()
    page.get_by_role("button", name="Save this channel").click()
    page.wait_for_url(re.compile(r"/channels/\d+/"))


def join_as_colleague(page, chromium):
    home = "/".join(page.url.split("/")[:3])
    page.goto(f"{home}/people/invite/")
    page.get_by_label("E-mail").fill("camille@example.org")
    page.get_by_label("Role").select_option("community_manager")
    page.get_by_role("button", name="Make the link").click()
    link = page.locator("#link").input_value()
    colleague = chromium.new_page()
    colleague.goto(link)
    colleague.get_by_label("Your name").fill("Camille")
    colleague.get_by_label("Password").fill(PASSWORD)
    colleague.get_by_role("button", name="Join").click()
    expect(colleague.locator(".rail")).to_be_visible()
    return colleague


def held_rows(page, home, mark):
    page.goto(f"{home}/inbox/?q=is:held {mark}")
    return page.locator(".talk-row").count()


def open_talk(page, home, text):
    page.goto(f'{home}/inbox/?q="{text}"')
    page.locator(".talk-row", has_text=text).locator(".row-link").click()
    expect(page.locator("#detail .talk")).to_contain_text(text)
