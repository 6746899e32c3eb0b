"""axe-core finds nothing on any page, in light and dark, wide and on a phone; and no page is heavier than it may be."""

from pathlib import Path

import pytest

AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text(encoding="utf-8")
PAGES = (
    "/",
    "/inbox/",
    "/inbox/?q=",
    "/inbox/?q=nothing-of-this",
    "/inbox/?q=foo:",
    "/moderation/",
    "/nowhere/",
    "TALK",
)
OWNER_PAGES = ("/people/", "/people/invite/", "/departments/", "/audit/", "/account/", "/channels/")
PHONE = {"width": 390, "height": 844}
LIMIT_BYTES = 150_000


def faults_of(page) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{one['id']}: {node['html'][:160]}" for one in found["violations"] for node in one["nodes"]]


def open_for(desk, open_page, path, *, who="Camille", **options):
    page = open_page(desk, "/inbox/" if path == "TALK" else path, who=who, **options)
    if path == "TALK":
        page.locator(".talk-row .row-link").first.click()
        page.locator("#detail .talk").wait_for()
    page.faults.clear()
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(quiet_desk, open_page, path, scheme):
    page = open_for(quiet_desk, open_page, path, color_scheme=scheme)
    assert faults_of(page) == []
    page.set_viewport_size(PHONE)
    assert faults_of(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", OWNER_PAGES)
def test_axe_finds_nothing_on_the_pages_of_the_house(quiet_desk, open_page, path, scheme):
    page = open_for(quiet_desk, open_page, path, who="Olive", color_scheme=scheme)
    assert faults_of(page) == []


@pytest.mark.parametrize("opened", ["palette", "keys"])
def test_axe_finds_nothing_in_the_dialogs(quiet_desk, open_page, opened):
    page = open_for(quiet_desk, open_page, "TALK")
    page.keyboard.press("Control+k" if opened == "palette" else "?")
    page.locator(f"#{opened}[open]").wait_for()
    assert faults_of(page) == []


@pytest.mark.parametrize("path", PAGES)
def test_no_page_is_heavier_than_150_kb(quiet_desk, open_page, path):
    page = open_for(quiet_desk, open_page, path)
    page.reload(wait_until="load")
    page.wait_for_timeout(300)
    page.faults.clear()
    sizes = page.evaluate(
        "performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))"
        ".map((one) => [one.name, one.encodedBodySize])"
    )
    assert sum(size for _, size in sizes) < LIMIT_BYTES, sizes


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_wider_than_a_phone(quiet_desk, open_page, path):
    page = open_for(quiet_desk, open_page, path, viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
