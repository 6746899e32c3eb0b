"""The inbox in a real browser: by mouse, on two screens at once, and without scripts."""

import re

from playwright.sync_api import expect


def held_row(page):
    return page.locator(".talk-row", has_text="Waits for a decision").first


def test_a_conversation_opens_beside_the_list_without_a_new_page(desk, open_page):
    page = open_page(desk, "/inbox/")
    page.evaluate("window.stayed = true")
    page.locator(".talk-row .row-link").nth(1).click()
    expect(page.locator("#detail .talk")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/inbox/\d+/"))
    assert page.evaluate("window.stayed") is True


def test_what_somebody_wrote_as_script_is_shown_as_text(quiet_desk, open_page):
    page = open_page(quiet_desk, "/inbox/")
    page.locator(".talk-row", has_text="<script>").first.locator(".row-link").click()
    expect(page.locator("#detail .talk")).to_be_visible()
    assert page.title().find("taken over") == -1
    assert page.locator("#detail .post-text img").count() == 0


def test_approving_opens_the_next_conversation_and_can_be_undone(desk, open_page):
    page = open_page(desk, "/inbox/?q=is:held")
    row = held_row(page)
    key = row.get_attribute("data-id")
    row.locator(".row-link").click()
    page.locator("#detail").get_by_role("button", name="Approve").click()
    expect(page.locator("#toasts")).to_contain_text("Approved.")
    expect(page.locator("#detail .talk")).not_to_have_attribute("data-talk", key)
    page.locator("#toasts").get_by_role("button", name=re.compile("Undo")).click()
    expect(page.locator("#toasts")).to_contain_text("Taken back.")
    expect(page.locator("#detail .talk")).to_have_attribute("data-talk", key)
    expect(page.locator("#detail .talk-head .state")).to_contain_text("Waits for a decision")


def test_a_change_by_a_colleague_appears_by_itself(desk, open_page):
    camille = open_page(desk, "/inbox/")
    row = camille.locator(".talk-row").first
    key = row.get_attribute("data-id")
    camille.wait_for_timeout(1000)
    maud = open_page(desk, f"/inbox/{key}/", who="Maud")
    maud.get_by_role("button", name="Assign to me").click()
    expect(camille.locator(f"#c{key}")).to_contain_text("→ Maud")


def test_what_is_typed_is_there_after_a_reload(desk, open_page):
    page = open_page(desk, "/inbox/")
    page.locator(".talk-row .row-link").nth(1).click()
    page.locator("summary", has_text="Answer").click()
    page.locator("#reply-text").fill("Thank you for")
    expect(page.locator("[data-kept]").first).to_have_text("Draft kept")
    page.reload()
    expect(page.locator("#reply-text")).to_have_value("Thank you for")


def test_a_name_after_an_at_sign_is_completed(desk, open_page):
    page = open_page(desk, "/inbox/")
    page.locator(".talk-row .row-link").nth(1).click()
    page.locator("summary", has_text="Note for colleagues").click()
    page.locator("#note-text").press_sequentially("@mau")
    page.locator(".mention-list li", has_text="Maud").wait_for()
    page.keyboard.press("Enter")
    expect(page.locator("#note-text")).to_have_value("@Maud ")


def test_a_selection_is_approved_at_once(desk, open_page):
    page = open_page(desk, "/inbox/?q=is:held")
    before = page.locator(".talk-row").count()
    for row in page.locator(".talk-row").all()[:3]:
        row.locator("input").check()
    page.locator("#bulk").get_by_role("button", name="Approve").click()
    expect(page.locator("#toasts")).to_contain_text("3 done.")
    expect(page.locator(".talk-row")).to_have_count(before - 3)


def test_the_inbox_works_without_scripts(desk, open_page):
    page = open_page(desk, "/inbox/?q=is:held", java_script_enabled=False)
    held_row(page).locator(".row-link").click()
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(".banner")).to_contain_text("Approved.")
    page.locator(".banner").get_by_role("link", name="Undo").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".banner")).to_contain_text("Taken back.")


def test_the_list_goes_on_when_its_end_is_reached(quiet_desk, open_page):
    page = open_page(quiet_desk, "/inbox/?q=")
    expect(page.locator(".talk-row")).to_have_count(50)
    page.locator("#list").evaluate("(pane) => pane.scrollTo(0, pane.scrollHeight)")
    expect(page.locator(".talk-row")).to_have_count(70)
    assert len(set(page.locator(".talk-row").evaluate_all("rows => rows.map((row) => row.id)"))) == 70


def test_a_phone_shows_the_list_or_the_conversation(quiet_desk, open_page):
    page = open_page(quiet_desk, "/inbox/", viewport={"width": 390, "height": 844})
    page.locator(".talk-row .row-link").nth(1).click()
    expect(page.locator("#list")).to_be_hidden()
    page.get_by_role("link", name="Back").click()
    expect(page.locator("#list")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
