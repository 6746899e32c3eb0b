"""A person's own look: density, theme without a flash, and texts that nobody expected."""

import re

from playwright.sync_api import expect


def choose(page, name, value):
    page.locator(".topbar summary.person").click()
    page.locator(f".topbar [name={name}][value={value}]").click()
    expect(page.locator("#rows > .talk-row").first).to_be_visible()


def height_of_rows(page):
    return sum(row.bounding_box()["height"] for row in page.locator("#rows > .talk-row").all()[:10])


def test_compact_density_shows_more_rows(quiet_desk, open_page):
    page = open_page(quiet_desk, "/inbox/?q=", who="Conrad")
    choose(page, "density", "normal")
    normal = height_of_rows(page)
    choose(page, "density", "compact")
    assert height_of_rows(page) < normal - 50
    choose(page, "density", "normal")


def test_chosen_theme_is_in_the_page_before_any_script_runs(quiet_desk, open_page):
    page = open_page(quiet_desk, "/inbox/?q=", who="Conrad", color_scheme="light")
    choose(page, "theme", "dark")
    answer = page.request.get(quiet_desk.address + "/inbox/")
    assert 'data-bs-theme="dark"' in answer.text().split("<body")[0]
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(17, 22, 29)"
    choose(page, "theme", "auto")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(246, 247, 249)"


def test_text_written_from_right_to_left_is_aligned_to_the_right(quiet_desk, open_page):
    page = open_page(quiet_desk, "/inbox/?q=")
    text = page.locator(".row-text[lang=ar]").first
    assert text.evaluate("(one) => getComputedStyle(one).direction") == "rtl"


def test_very_long_words_and_names_stay_within_their_row(desk, open_page):
    page = open_page(desk, "/inbox/?q=")
    page.locator(".row-link").first.click()
    page.locator("#detail .talk").wait_for()
    page.evaluate(
        """() => {
          const long = "Donaudampfschifffahrtsgesellschaft".repeat(8).slice(0, 255);
          for (const one of document.querySelectorAll(
            ".row-text, .row-facts > bdi, .row-facts > span:not(.state, .row-end), .talk-title h1, .post-head bdi, .post-text, .rail-word"
          )) one.textContent = long;
        }"""
    )
    for width in (1440, 1000, 390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for pane in ("#list", "#detail", ".rail"):
            fits = page.locator(pane).evaluate("(one) => one.scrollWidth <= one.clientWidth + 1")
            assert fits, (pane, width)


def test_filter_that_cannot_be_read_leads_back_to_what_is_open(quiet_desk, open_page):
    page = open_page(quiet_desk, "/inbox/?q=foo:")
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_role("link", name="Show everything open").click()
    expect(page).to_have_url(re.compile(r"/inbox/(\?|$)"))


def test_acts_of_a_conversation_stand_in_one_row_in_either_language(desk, open_page):
    page = open_page(desk, "/inbox/?q=")
    for language in ("fr", "en"):
        page.set_viewport_size({"width": 1440, "height": 800})
        page.locator(".topbar summary.person").click()
        page.locator(f".topbar [name=language][value={language}]").click()
        expect(page.locator("html")).to_have_attribute("lang", language)
        page.locator(".row-link").first.click()
        acts = page.locator("#detail .talk-head > .actions")
        expect(acts).to_be_visible()
        for width in (1200, 1280, 1366, 1440, 1600, 1920, 1000, 390):
            page.set_viewport_size({"width": width, "height": 800})
            assert acts.bounding_box()["height"] <= 30, (language, width)
        assert acts.locator("[title], form button[title]").count() == 7


def test_rename_of_a_department_opens_beneath_and_its_button_stays(desk, open_page):
    page = open_page(desk, "/departments/", who="Olive")
    button = page.locator("main li summary").first
    before = button.bounding_box()
    button.click()
    expect(page.locator("main li form.renaming").first).to_be_visible()
    after = button.bounding_box()
    assert (after["x"], after["y"]) == (before["x"], before["y"])


def test_tabs_that_do_not_fit_hint_that_they_scroll(quiet_desk, open_page):
    page = open_page(quiet_desk, "/inbox/?q=", viewport={"width": 390, "height": 800})
    tabs = page.locator("#tabs .tabs")
    assert tabs.evaluate("(one) => one.scrollWidth > one.clientWidth")
    attached = tabs.evaluate("(one) => getComputedStyle(one).backgroundAttachment")
    assert attached == "local, local, scroll, scroll"
