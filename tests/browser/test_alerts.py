"""Alerts in a real browser: who looks after an event stands on everybody's page at once."""

from playwright.sync_api import expect


def test_open_lists_and_events_show_who_looks_after_it_without_a_reload(desk, open_page):
    listed, opened = open_page(desk, "/listen/alerts/"), open_page(desk, "/listen/alerts/")
    opened.locator("#alerts .alert-head a").first.click()
    expect(opened.locator("#episode")).to_contain_text("Nobody looks after it yet")
    expect(listed.locator("#alerts")).to_contain_text("nobody looks after it yet")
    maud = open_page(desk, opened.url.removeprefix(desk.address), who="Maud")
    maud.get_by_role("button", name="I look after it").click()
    expect(listed.locator("#alerts")).to_contain_text("Maud looks after it")
    expect(opened.locator("#episode")).to_contain_text("Maud looks after it")


def test_a_note_that_is_being_written_is_not_taken_away(desk, open_page):
    camille = open_page(desk, "/listen/alerts/")
    camille.locator("#alerts [name=note]").first.fill("Half a sente")
    maud = open_page(desk, "/listen/alerts/", who="Maud")
    maud.get_by_role("button", name="I look after it").first.click()
    expect(maud.locator("#episode")).to_contain_text("Maud looks after it")
    camille.wait_for_timeout(3000)
    expect(camille.locator("#alerts [name=note]").first).to_have_value("Half a sente")
