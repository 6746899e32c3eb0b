"""Thousands of known attacks as comments, titles, names and links: nothing of them runs, wherever they are shown.

The pages' own content security policy is switched off for this, so that sanitising alone must hold.
"""

from pathlib import Path

import pytest
from tests.browser.conftest import serve

PAYLOADS = Path(__file__).resolve().parents[3] / "shared" / "data" / "xss"
AT_LEAST = 2_700
TRAP = """
window.__ran = [];
for (const name of ['alert', 'confirm', 'prompt', 'print', 'open']) window[name] = (...a) => { window.__ran.push(name + ':' + a); };
"""
WATCH = """() => {
  const bad = [...window.__ran];
  for (const script of document.scripts) if (!script.src.startsWith(location.origin + '/static/') && script.type !== 'application/json') bad.push('script ' + script.outerHTML.slice(0, 200));
  for (const one of document.querySelectorAll('*')) {
    for (const attribute of one.attributes) {
      if (/^on/i.test(attribute.name)) bad.push('handler ' + one.outerHTML.slice(0, 200));
      if (/^(href|src|action|formaction|xlink:href|srcset|poster|data)$/i.test(attribute.name) && /^[\\s\\u0000-\\u001f]*(javascript|vbscript|data):/i.test(attribute.value) && !attribute.value.startsWith('data:image/')) bad.push('link ' + one.outerHTML.slice(0, 200));
    }
    if (/^(iframe|object|embed|base|frame|applet|portal)$/i.test(one.tagName)) bad.push('element ' + one.outerHTML.slice(0, 200));
  }
  return bad;
}"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PAYLOADS.exists(), reason="the attacks lie beside the project, in ../shared/data/xss"),
]


@pytest.fixture(scope="module")
def hostile_desk(tmp_path_factory):
    yield from serve(tmp_path_factory.mktemp("hostile"), "filling_hostile.py", str(PAYLOADS))


@pytest.fixture
def visit(chromium, hostile_desk):
    context = chromium.new_context(bypass_csp=True, viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": "parvis", "value": hostile_desk.keys["Camille"], "url": hostile_desk.address}])
    context.add_init_script(TRAP)
    page = context.new_page()
    strangers = []
    page.on(
        "request",
        lambda request: (
            strangers.append(request.url) if not request.url.startswith((hostile_desk.address, "data:")) else None
        ),
    )
    page.on("dialog", lambda dialog: (strangers.append("dialog " + dialog.message), dialog.dismiss()))

    def go(path):
        page.goto(hostile_desk.address + path)
        page.wait_for_timeout(50)
        assert page.evaluate(WATCH) == []
        assert page.url.startswith(hostile_desk.address)
        assert strangers == []
        return page

    yield go
    context.close()


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
