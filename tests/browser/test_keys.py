"""Everything by keyboard: moving, deciding, undoing, finding a command."""

import re
import time

import pytest
from playwright.sync_api import expect


def open_first(page):
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#detail .talk")).to_be_visible()
    return page.locator("#detail .talk").get_attribute("data-talk")


def test_one_moves_opens_and_goes_back_by_key(quiet_desk, open_page):
    page = open_page(quiet_desk, "/inbox/")
    key = open_first(page)
    page.keyboard.press("j")
    expect(page.locator("#detail .talk")).not_to_have_attribute("data-talk", key)
    page.keyboard.press("k")
    expect(page.locator("#detail .talk")).to_have_attribute("data-talk", key)
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(r"/inbox/\?"))


def test_keys_pressed_before_a_conversation_is_there_are_not_lost(quiet_desk, open_page):
    page = open_page(quiet_desk, "/inbox/")
    ids = page.locator("#rows > .talk-row").evaluate_all("rows => rows.map((row) => row.dataset.id)")
    page.route(re.compile(rf"/inbox/({ids[0]}|{ids[1]})/$"), lambda route: (time.sleep(0.3), route.continue_()))
    for key in ("Enter", "j", "j"):
        page.keyboard.press(key)
    expect(page.locator("#detail .talk")).to_have_attribute("data-talk", ids[2])
    page.wait_for_timeout(700)  # the answers that nobody waits for any more have come by then
    expect(page.locator("#detail .talk")).to_have_attribute("data-talk", ids[2])
    expect(page.locator("#rows > .is-current")).to_have_attribute("data-id", ids[2])


def test_refusing_takes_x_and_the_digit_of_a_reason(desk, open_page):
    page = open_page(desk, "/inbox/?q=is:held")
    key = open_first(page)
    page.keyboard.press("x")
    expect(page.locator("details.reasons[open]")).to_be_visible()
    page.keyboard.press("1")
    expect(page.locator("#toasts")).to_contain_text("Refused.")
    page.keyboard.press("u")
    expect(page.locator("#toasts")).to_contain_text("Taken back.")
    expect(page.locator("#detail .talk")).to_have_attribute("data-talk", key)


def test_the_queue_is_emptied_one_key_a_verdict(desk, open_page):
    page = open_page(desk, "/moderation/")
    first = page.locator(".queue-row.is-current")
    ids = []
    for key, said in (("a", "Approved."), ("s", "Marked as spam.")):
        ids.append(first.get_attribute("id"))
        page.keyboard.press(key)
        expect(page.locator("#toasts")).to_contain_text(said)
        expect(page.locator(f"#{ids[-1]}")).to_be_hidden()
    assert first.get_attribute("id") not in ids


def test_answering_is_written_and_sent_without_the_mouse(desk, open_page):
    page = open_page(desk, "/inbox/")
    open_first(page)
    page.keyboard.press("r")
    page.keyboard.type("Thank you.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("Sent.")
    expect(page.locator("#thread .effect")).to_contain_text("Thank you.")


def test_the_palette_goes_anywhere(quiet_desk, open_page):
    page = open_page(quiet_desk, "/inbox/")
    page.keyboard.press("Control+k")
    page.keyboard.type("moder")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/moderation/"))


ALL_KEYS = {*"jkeaxsrnmzlu./?", "Enter", "Esc", "Shift-M", "Shift-.", "Ctrl K"}


@pytest.mark.parametrize("path", ["/", "/inbox/", "/moderation/", "/account/"])
def test_every_key_is_named_in_the_overlay_wherever_it_is_opened(quiet_desk, open_page, path):
    page = open_page(quiet_desk, path)
    page.keyboard.press("?")
    expect(page.locator("#keys[open]")).to_be_visible()
    shown = page.locator("#keys-list kbd").all_inner_texts()
    assert set(shown) >= ALL_KEYS
    lines = page.locator("#keys-list > div").all_inner_texts()
    assert len(lines) == len(set(lines))
    page.keyboard.press("Escape")
    expect(page.locator("#keys[open]")).to_have_count(0)


def test_every_key_of_an_open_conversation_is_named_in_the_overlay(quiet_desk, open_page):
    page = open_page(quiet_desk, "/inbox/?q=is:held")
    open_first(page)
    keys = set(page.locator("[data-key]").evaluate_all("found => found.map((one) => one.dataset.key)"))
    page.keyboard.press("?")
    shown = set(page.locator("#keys-list kbd").all_inner_texts())
    assert {re.sub("^([A-Z])$", r"Shift-\1", key) for key in keys} <= shown


@pytest.mark.parametrize(
    ("key", "said"),
    [("e", "Done."), ("a", "Approved."), ("s", "Marked as spam."), ("m", "Assigned to Camille")],
)
def test_key_acts_on_the_open_conversation_and_u_takes_it_back(desk, open_page, key, said):
    page = open_page(desk, "/inbox/?q=is:held")
    open_first(page)
    page.keyboard.press(key)
    expect(page.locator("#toasts")).to_contain_text(said)
    page.keyboard.press("u")
    expect(page.locator("#toasts")).to_contain_text("Taken back.")


def test_key_z_snoozes_by_the_first_choice(desk, open_page):
    page = open_page(desk, "/inbox/")
    open_first(page)
    page.keyboard.press("z")
    expect(page.locator(".talk-head [name=until]").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Snoozed.")


@pytest.mark.parametrize(
    ("key", "shown"),
    [("Shift+M", ".talk-head [name=assignee]"), ("l", "#label-new"), ("n", "#note-text"), ("r", "#reply-text")],
)
def test_key_opens_what_it_names_with_the_focus_in_it(quiet_desk, open_page, key, shown):
    page = open_page(quiet_desk, "/inbox/?q=is:held")
    open_first(page)
    page.keyboard.press(key)
    expect(page.locator(shown).last).to_be_visible()
    page.wait_for_function("document.activeElement !== document.body")


@pytest.mark.parametrize(
    ("letter", "place"), [("t", "/$"), ("i", "/inbox/"), ("m", "/moderation/"), ("c", "/channels/")]
)
def test_g_and_a_letter_go_to_a_place(quiet_desk, open_page, letter, place):
    page = open_page(quiet_desk, "/account/")
    page.keyboard.press("g")
    page.keyboard.press(letter)
    expect(page).to_have_url(re.compile(place))


def test_slash_goes_to_the_search(quiet_desk, open_page):
    page = open_page(quiet_desk, "/inbox/")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#search")).not_to_be_focused()


def test_many_are_labelled_from_the_bar_and_taken_back(desk, open_page):
    page = open_page(desk, "/inbox/")
    page.keyboard.press(".")
    page.locator("#bulk").get_by_text("More").click()
    page.locator("#bulk").get_by_text("Labels").click()
    page.locator("#bulk-label").fill("urgent")
    page.locator("#bulk [value='label:']").click()
    expect(page.locator("#toasts")).to_contain_text("1 done.")
    expect(page.locator("#rows .tag-chip")).to_have_text("urgent")
    page.keyboard.press("u")
    expect(page.locator("#toasts")).to_contain_text("Taken back.")


def test_history_and_earlier_versions_come_when_they_are_opened(desk, open_page):
    page = open_page(desk, "/inbox/")
    open_first(page)
    page.keyboard.press("m")
    expect(page.locator("#toasts")).to_contain_text("Assigned")
    page.locator("#detail summary", has_text="History").click()
    expect(page.locator("#detail .history li")).not_to_have_count(0)


def test_letters_typed_into_a_field_decide_nothing(desk, open_page):
    page = open_page(desk, "/inbox/?q=is:held")
    open_first(page)
    page.locator("#filter").fill("")
    page.locator("#filter").press_sequentially("axs")
    page.wait_for_timeout(300)
    assert page.locator("#toasts .toast-line").count() == 0


def test_all_that_match_are_selected_and_unselected_by_key(quiet_desk, open_page):
    page = open_page(quiet_desk, "/inbox/?q=is:held")
    expect(page.locator("#bulk")).to_be_hidden()
    page.keyboard.press(".")
    expect(page.locator("#bulk")).to_contain_text("1 selected")
    page.keyboard.press("Shift+Period")
    expect(page.locator("#bulk [name=all]")).to_be_checked()
    expect(page.locator("#bulk")).to_contain_text("All 35 that match are selected")


def test_palette_says_what_a_choice_chooses(quiet_desk, open_page):
    page = open_page(quiet_desk, "/inbox/?q=")
    page.keyboard.press("Control+k")
    told = page.locator("#palette-list li").all_inner_texts()
    assert {"Look: Light", "Density: Normal", "Language: Français"} <= set(told)
    assert not {"Light", "Normal", "Français", "Urgent", "Approve"} & set(told), "nothing is selected or open"
    page.locator("#palette input").fill("look dark")
    assert page.locator("#palette-list li").all_inner_texts() == ["Look: Dark"]
