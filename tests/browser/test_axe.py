"""axe-core finds nothing on any page, in light and dark, wide and on a phone; and no page is heavier than it may be."""

import os
from pathlib import Path

import pytest

AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text(encoding="utf-8")
PAGES = (
    "/",
    "/inbox/",
    "/inbox/?q=",
    "/inbox/?q=nothing-of-this",
    "/inbox/?q=foo:",
    "/inbox/1/history/",
    "/moderation/",
    "/listen/",
    "/listen/1/",
    "/listen/1/change/",
    "/listen/1/versions/",
    "/listen/new/?q=one+NEAR+other",
    "/listen/archived/",
    "/listen/stories/",
    "/listen/stories/1/",
    "/listen/files/",
    "/listen/files/?state=closed",
    "/listen/files/new/?item=2",
    "/listen/files/1/",
    "/listen/files/1/print/",
    "/listen/files/1/history/",
    "/listen/files/1/change/",
    "/listen/files/1/links/",
    "/listen/keep/2/",
    "/listen/rooms/",
    "/listen/rooms/1/print/",
    "/listen/lines/1/",
    "/listen/alerts/",
    "/listen/alerts/1/",
    "/listen/1/alerts/",
    "/listen/1/alerts/new/",
    "/listen/rules/1/",
    "/listen/notices/",
    "/account/notices/",
    "/listen/reputation/",
    "/listen/reputation/new/",
    "/listen/reputation/1/",
    "/listen/reputation/1/?first=2020-01-02&last=2020-01-01",
    "/listen/reputation/1/change/",
    "/listen/reputation/of/1/",
    "/listen/reputation/of/1/items/?since=2020-01-01T00&until=2035-01-01T00&known=reach",
    "/listen/reputation/of/1/items/?since=2020-01-01T00&until=2035-01-01T00",
    "/publish/",
    "/publish/?tab=planned",
    "/publish/?tab=way",
    "/publish/?tab=out",
    "/publish/new/",
    "/publish/1/",
    "/publish/1/versions/",
    "/publish/2/",
    "/publish/3/",
    "/publish/queues/",
    "/publish/queues/1/",
    "/publish/campaigns/",
    "/publish/campaigns/new/",
    "/publish/campaigns/1/",
    "/publish/campaigns/1/change/",
    "/publish/tables/",
    "/publish/tables/1/",
    "/publish/evergreen/",
    "/publish/calendar/",
    "/publish/calendar/?view=week",
    "/publish/calendar/?view=list&state=planned",
    "/publish/calendar/events/new/",
    "/publish/calendar/events/2/",
    "/publish/calendar/others/",
    "/publish/8/",
    "/assets/",
    "/assets/?folder=1&q=donau",
    "/assets/?q=nothing-of-that-name",
    "/assets/1/",
    "/assets/2/",
    "/assets/captions/1/",
    "/publish/approvals/",
    "/publish/rules/",
    "/nowhere/",
    "TALK",
)
OWNER_PAGES = (
    "/publish/calendar/?view=departments",
    "/publish/approvals/",
    "/publish/calendar/others/",
    "/publish/?tab=approve",
    "/publish/4/",
    "/publish/rules/2/",
    "/listen/rooms/new/",
    "/listen/rooms/2/",
    "/listen/rooms/2/debrief/",
    "/listen/rooms/2/tasks/",
    "/listen/rooms/2/choose/",
    "/listen/rooms/2/lines/3/",
    "/people/",
    "/people/1/",
    "/people/invite/",
    "/departments/",
    "/audit/",
    "/account/",
    "/settings/",
    "/channels/",
    "/channels/1/",
    "/channels/1/remove/",
    "/channels/1/reconnect/",
    "/channels/new/",
    "/channels/new/files/",
    "/channels/new/hook/",
    "/accounts/password/set/",
    "/accounts/2fa/totp/activate/",
)
ENTRANCE = (
    "/accounts/login/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/enter/no-such-link",
    "/approve/none/",
)
EVERY_PAGE = [
    *((path, "Camille") for path in PAGES),
    *((path, "Olive") for path in OWNER_PAGES),
    *((path, "") for path in ENTRANCE),
]
PHONE = {"width": 390, "height": 844}
LIMIT_BYTES = 150_000


def faults_of(page) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{one['id']}: {node['html'][:160]}" for one in found["violations"] for node in one["nodes"]]


def faults_in_every_look(page) -> list[str]:
    """In light and dark, wide and on a phone, each with each in the long run; the page is left as it was."""
    found = []
    before = page.viewport_size
    looks = [("light", before), ("dark", PHONE)]
    if "PARVIS_TEST_LONG" in os.environ:
        looks += [("dark", before), ("light", PHONE)]
    for scheme, size in looks:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size(size)
        found += [f"{scheme} {size['width']}: {fault}" for fault in faults_of(page)]
        if page.evaluate("document.documentElement.scrollWidth") > size["width"]:
            found.append(f"{scheme}: wider than {size['width']}")
    page.set_viewport_size(before)
    return found


def open_for(desk, open_page, path, *, who="Camille", **options):
    page = open_page(desk, "/inbox/" if path == "TALK" else path, who=who, **options)
    if path == "TALK":
        page.locator(".talk-row .row-link").first.click()
        page.locator("#detail .talk").wait_for()
    page.faults.clear()
    return page


@pytest.mark.parametrize(("path", "who"), EVERY_PAGE)
def test_axe_finds_nothing_in_light_and_dark_wide_and_on_a_phone(quiet_desk, open_page, path, who):
    page = open_for(quiet_desk, open_page, path, who=who)
    assert faults_in_every_look(page) == []


@pytest.mark.parametrize("opened", ["palette", "keys"])
def test_axe_finds_nothing_in_the_dialogs(quiet_desk, open_page, opened):
    page = open_for(quiet_desk, open_page, "TALK")
    page.keyboard.press("Control+k" if opened == "palette" else "?")
    page.locator(f"#{opened}[open]").wait_for()
    assert faults_of(page) == []


def test_axe_finds_nothing_in_the_menus_of_a_phone_and_of_the_bar_of_many(quiet_desk, open_page):
    page = open_for(quiet_desk, open_page, "/inbox/", who="Olive", viewport=PHONE)
    page.locator(".rail-more summary").click()
    assert faults_of(page) == []
    page.locator(".rail-more summary").click()
    page.locator(".row-pick input").first.check()
    page.locator("#bulk .bulk-more summary").click()
    page.locator("#bulk details.menu", has_text="Labels").click()
    page.locator("#bulk-label").wait_for()
    assert faults_in_every_look(page) == []


@pytest.mark.parametrize(("width", "language"), [(390, "en"), (390, "fr"), (320, "fr")])
@pytest.mark.parametrize("with_scripts", [True, False])
def test_bar_of_many_takes_two_lines_on_a_phone_and_has_all_it_has_elsewhere(
    quiet_desk, open_page, width, language, with_scripts
):
    page = open_for(
        quiet_desk, open_page, "/inbox/?q=", viewport={"width": width, "height": 844}, java_script_enabled=with_scripts
    )
    speak(page, language)
    page.locator(".row-pick input").first.check()
    bar, shown = page.locator("#bulk"), page.locator("#bulk [name=verb]:visible, #bulk summary:visible")
    assert bar.bounding_box()["height"] <= 2 * 28 + 3 * 8 + 1
    assert shown.count() == 4
    for one in shown.all():
        box = one.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
    page.locator(".bulk-more summary").click()
    for verb in ("spam", "mine"):
        assert page.locator(f"#bulk [value={verb}]").is_visible()
    assert page.locator("#bulk .bulk-rest details.menu:visible").count() == 4
    page.locator("#bulk .bulk-rest details.menu").last.locator("summary").click()
    page.locator("#bulk [value='priority:1']").click()
    page.wait_for_load_state()
    page.goto(quiet_desk.address + "/inbox/?q=")
    speak(page, "en")


def speak(page, language):
    page.locator(".topbar summary.person").click()
    page.locator(f".topbar [name=language][value={language}]").click()
    page.locator(f"html[lang={language}]").wait_for()


@pytest.mark.parametrize(("path", "who"), EVERY_PAGE)
def test_no_page_is_heavier_than_150_kb_or_wider_than_its_screen(quiet_desk, open_page, path, who):
    page = open_for(quiet_desk, open_page, path, who=who)
    page.reload(wait_until="load")
    page.wait_for_timeout(300)
    page.faults.clear()
    sizes = page.evaluate(
        "performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))"
        ".map((one) => [one.name, one.encodedBodySize])"
    )
    assert sum(size for _, size in sizes) < LIMIT_BYTES, sizes
    for width in (390, 320, 720):
        page.set_viewport_size({"width": width, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width


def test_bar_of_a_phone_has_five_entries_at_most_and_all_fit(quiet_desk, open_page):
    page = open_for(quiet_desk, open_page, "/", who="Olive", viewport={"width": 320, "height": 640})
    entries = [one for one in page.locator(".rail-list > li").all() if one.is_visible()]
    assert len(entries) == 5
    assert max(one.bounding_box()["x"] + one.bounding_box()["width"] for one in entries) <= 320
    entries[-1].locator("summary").click()
    for place in ("/people/", "/audit/", "/settings/"):
        assert page.locator(f".rail-more a[href='{place}']").is_visible()
    page.locator(".rail-more [name=department]", has_text="Sport").click()
    page.locator(".rail-more summary").click()
    assert page.locator(".rail-more [aria-pressed=true]").inner_text() == "Sport"
    page.locator(".rail-more [name=department]", has_text="whole house").click()
