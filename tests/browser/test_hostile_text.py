"""Thousands of known attacks as comments, titles, names and links: nothing of them runs, wherever they are shown.

That the watch would see it if something ran is shown by test_hostile_watch.py.
"""

from pathlib import Path

import pytest
from tests.browser.conftest import serve
from tests.browser.hostile import Watch

PAYLOADS = Path(__file__).resolve().parents[3] / "shared" / "data" / "xss"
AT_LEAST = 2_700

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PAYLOADS.exists(), reason="the attacks lie beside the project, in ../shared/data/xss"),
]


@pytest.fixture(scope="module")
def hostile_desk(tmp_path_factory):
    yield from serve(tmp_path_factory.mktemp("hostile"), "filling_hostile.py", str(PAYLOADS))


@pytest.fixture
def visit(chromium, hostile_desk):
    watch = Watch(chromium, hostile_desk)

    def go(path):
        assert watch.findings(path) == []
        return watch.page

    yield go
    watch.context.close()


def follow(visit, path):
    """Every page of a list, by its plain links; how many rows it had."""
    rows = 0
    while path:
        page = visit(path)
        rows += page.locator("[data-id]").count()
        following = page.locator("a[rel=next]")
        path = following.first.get_attribute("href") if following.count() else None
    return rows


def test_nothing_runs_in_the_list(visit, hostile_desk):
    assert hostile_desk.keys["count"] >= AT_LEAST
    assert follow(visit, "/inbox/") >= hostile_desk.keys["count"]


def test_nothing_runs_in_the_queue(visit, hostile_desk):
    visit("/moderation/")


def test_nothing_runs_in_conversations(visit, hostile_desk):
    for key in hostile_desk.keys["talks"]:
        visit(f"/inbox/{key}/")


@pytest.mark.parametrize("path", ["/", "/inbox/?q=alert", "/inbox/?q=%3Cscript%3Ealert(1)%3C/script%3E", "/channels/"])
def test_nothing_runs_in_other_places(visit, path):
    visit(path)
