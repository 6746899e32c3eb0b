"""A crisis in a real browser: two people in one room, the band on every page, and a room without scripts."""

import re

from playwright.sync_api import expect


def open_a_room(page):
    page.locator("[name=name]").fill("Off the air")
    page.locator("[name=why]").fill("Nobody hears us")
    page.get_by_label("News").check()
    page.get_by_role("button", name="Open the room and pause").click()


def test_two_people_in_one_room_see_each_other_and_what_each_of_them_writes(desk, open_page):
    maud = open_page(desk, "/listen/rooms/new/", who="Maud")
    open_a_room(maud)
    expect(maud.locator("#room")).to_be_visible()
    camille = open_page(desk, maud.url.removeprefix(desk.address))
    expect(camille.locator("#room-people")).to_contain_text("Camille")
    expect(maud.locator("#room-people")).to_contain_text("Camille")
    camille.locator("#entry").fill("The engineer left at nine")
    camille.get_by_role("button", name="Into the log").click()
    expect(camille.locator("#room-log")).to_contain_text("The engineer left at nine")
    expect(camille.locator("#entry")).to_have_value("")
    expect(maud.locator("#room-log")).to_contain_text("The engineer left at nine")
    camille.locator("#entry").fill("Half a sente")
    maud.locator("#entry").fill("Power is back")
    maud.get_by_role("button", name="Into the log").click()
    expect(camille.locator("#room-log")).to_contain_text("Power is back")
    expect(camille.locator("#entry")).to_have_value("Half a sente")


def test_an_approved_line_is_put_into_an_answer_with_one_click(desk, open_page):
    maud = open_page(desk, "/listen/rooms/new/", who="Maud")
    open_a_room(maud)
    maud.locator("summary", has_text="Draft a line").click()
    maud.locator("#line-text").fill("We look into it.")
    maud.get_by_role("button", name="Keep as a draft").click()
    maud.get_by_role("button", name="Approve these words").click()
    expect(maud.locator("#room-lines")).to_contain_text("approved by Maud")
    camille = open_page(desk, "/inbox/")
    expect(camille.locator(".banner-crisis")).to_contain_text("everything scheduled is paused for News")
    camille.locator(".talk-row .row-link").nth(1).click()
    camille.locator("summary", has_text="Answer").click()
    camille.locator(".lines-menu summary").click()
    camille.get_by_role("button", name="Into the answer").click()
    expect(camille.locator("#reply-text")).to_have_value("We look into it.")


def test_without_a_room_an_answer_offers_no_lines(quiet_desk, open_page):
    page = open_page(quiet_desk, "/inbox/")
    page.locator(".talk-row .row-link").nth(1).click()
    page.locator("summary", has_text="Answer").click()
    expect(page.locator("#reply-text")).to_be_visible()
    assert page.locator(".banner-crisis").count() == 0
    assert not page.locator(".lines-menu").is_visible()


def test_what_is_in_hand_goes_into_a_file_from_the_conversation(desk, open_page):
    page = open_page(desk, "/inbox/")
    page.locator(".talk-row .row-link").nth(1).click()
    page.locator("#detail .talk-head summary[title=Keep]").click()
    page.locator("#detail .menu-list").get_by_role("button", name=re.compile("They delete")).click()
    expect(page.locator("#toasts")).to_contain_text("as it stands now")


def test_a_room_is_opened_written_in_and_ended_without_scripts(desk, open_page):
    page = open_page(desk, "/listen/rooms/new/", who="Maud", java_script_enabled=False)
    open_a_room(page)
    page.locator("#entry").fill("By hand")
    page.get_by_role("button", name="Into the log").click()
    expect(page.locator("#room-log")).to_contain_text("By hand")
    page.get_by_role("link", name="Debrief and end").click()
    page.locator("[name=happened]").fill("Lightning")
    page.get_by_role("button", name="End the room").click()
    expect(page.locator("article.sheet")).to_contain_text("Lightning")
    assert page.locator(".banner-crisis").count() == 0
