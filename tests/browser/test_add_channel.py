"""A real site is added in a real browser: address, sign-in, first items, saved; then its comments stand in the inbox."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
import uuid
from pathlib import Path

import pytest
from tests.browser.conftest import Desk, _environment, _free_port, _wait_for
from tests.browser.test_axe import faults_in_every_look
from tests.real.conftest import shared_root, wordpress  # noqa: F401 - fixtures

from parvis.testing.prepared import prepare

pytestmark = [pytest.mark.browser, pytest.mark.real]
HERE = Path(__file__).parent
READ_WITHIN_MS = 30_000


@pytest.fixture
def whole_desk(tmp_path):
    """Pages and worker under the supervisor, as a house runs them; loopback may be reached."""
    data = tmp_path / "data"
    environment = {**_environment(data), "PARVIS_ALLOWED_PRIVATE_HOSTS": "127.0.0.1"}
    python = sys.executable
    prepare(environment)
    filled = subprocess.run(
        [python, str(HERE / "filling.py"), "1"], env=environment, check=True, capture_output=True, text=True
    )
    port = _free_port()
    command = [python, "-m", "parvis", "run", "--port", str(port), "--data", str(data)]
    with (tmp_path / "log").open("wb") as log:
        running = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(address, running)
            yield Desk(address, json.loads(filled.stdout.splitlines()[-1]), data)
        finally:
            os.kill(running.pid, signal.SIGTERM)
            running.wait(30)


def written(site, path, **fields):
    """In WordPress itself, as its administrator."""
    token = base64.b64encode(":".join(site.admin).encode()).decode()
    headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{site.api}/{path}", data=json.dumps(fields).encode(), headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())["id"]


def without_refusals(page):
    """A 422 is how a form says what is wrong; the browser's console calls it an error."""
    page.faults[:] = [fault for fault in page.faults if "422" not in fault]


def test_real_site_is_added_and_its_comments_arrive(whole_desk, open_page, wordpress):  # noqa: F811
    said = f"What somebody says {uuid.uuid4()}"
    post = written(wordpress, "posts", title="An article", content="Text", status="publish")
    written(
        wordpress, "comments", post=post, content=said, status="hold", author_name="Anna", author_email="a@example.test"
    )
    page = open_page(whole_desk, "/channels/new/", who="Stella")
    page.get_by_role("textbox", name="Address").fill(wordpress.url)
    page.get_by_role("button", name="Look what is there").click()
    page.get_by_role("button", name="Use this").first.click()
    page.wait_for_url("**/details/")
    assert faults_in_every_look(page) == []

    page.get_by_label("User name").fill(wordpress.editor[0])
    page.get_by_label("Application password").fill("not this one")
    page.get_by_label("Name", exact=True).fill("Our real site")
    page.get_by_role("button", name="Check and show the first items").click()
    page.get_by_text("does not accept the sign-in").wait_for()
    assert page.get_by_label("Name", exact=True).input_value() == "Our real site"
    assert page.get_by_label("Application password").input_value() == ""
    assert faults_in_every_look(page) == []
    without_refusals(page)

    page.get_by_label("Application password").fill(wordpress.editor[1])
    page.get_by_role("button", name="Check and show the first items").click()
    page.wait_for_url("**/first-items/")
    assert page.locator(".sample-text").count() > 0
    assert "approve" in page.locator("dl.facts").inner_text()
    assert faults_in_every_look(page) == []

    page.get_by_role("button", name="Save this channel").click()
    page.wait_for_url(lambda url: url.rstrip("/").rsplit("/", 1)[1].isdecimal())
    assert page.get_by_role("heading", name="Our real site").is_visible()
    assert faults_in_every_look(page) == []
    wait_until_read(page)

    until_s = time.monotonic() + READ_WITHIN_MS / 1000
    while time.monotonic() < until_s:  # routing follows reading
        page.goto(f'{whole_desk.address}/inbox/?q="{said}"')
        if page.locator(".talk-row").count():
            break
        page.wait_for_timeout(500)
    assert page.locator(".talk-row").filter(has_text=said).count() == 1


def wait_until_read(page):
    """The channel's page says so by itself, once it is opened again."""
    until_s = time.monotonic() + READ_WITHIN_MS / 1000
    while time.monotonic() < until_s:
        page.reload()
        if page.locator(".page-head .state").inner_text().strip() == "well":
            return
        page.wait_for_timeout(500)
    raise AssertionError(page.locator("#main").inner_text())


def test_channel_is_added_without_scripts(whole_desk, chromium, wordpress):  # noqa: F811
    context = chromium.new_context(java_script_enabled=False)
    context.add_cookies([{"name": "parvis", "value": whole_desk.keys["Stella"], "url": whole_desk.address}])
    page = context.new_page()
    page.goto(f"{whole_desk.address}/channels/new/")
    page.get_by_role("textbox", name="Address").fill(f"{wordpress.url}/comments/feed/")
    page.get_by_role("button", name="Look what is there").click()
    page.locator(".lines > li").filter(has_text="/comments/feed/").get_by_role("button").first.click()
    page.get_by_role("button", name="Check and show the first items").click()
    page.get_by_role("button", name="Save this channel").click()
    assert "is connected" in page.locator(".banner-success").inner_text()
    context.close()
