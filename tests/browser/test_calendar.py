"""In Chromium: posts are dragged and moved by keys, taken back, planned from the side, and seen to move by others."""

import re

from playwright.sync_api import expect


def _planned(desk, open_page, who="Camille", view="month"):
    """The calendar at the day of the one planned post, and that post."""
    page = open_page(desk, "/publish/2/", who=who)
    day = page.locator("#due-day").input_value()
    page.goto(f"{desk.address}/publish/calendar/?view={view}&day={day}")
    return page, page.locator('#calendar .entry[data-post="2"]')


def _day_of(page):
    return page.locator('#calendar [data-day]:has(.entry[data-post="2"])').get_attribute("data-day")


def _beside(page):
    """Another day on the page on which the post’s time is still ahead: the next, or the one before."""
    days = page.eval_on_selector_all("#calendar [data-day]", "all => [...new Set(all.map((one) => one.dataset.day))]")
    place = days.index(_day_of(page))
    return days[place + 1] if place + 1 < len(days) else days[place - 1]


def _drag(page, entry, cell):
    start, end = entry.bounding_box(), cell.bounding_box()
    page.mouse.move(start["x"] + 20, start["y"] + 8)
    page.mouse.down()
    page.mouse.move(start["x"] + 40, start["y"] + 20, steps=3)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + 12, steps=5)
    page.mouse.up()


def test_it_is_dragged_to_another_day_and_taken_back(desk, open_page):
    page, entry = _planned(desk, open_page)
    before, target = _day_of(page), _beside(page)
    clock = entry.locator(".entry-time").inner_text()
    _drag(page, entry, page.locator(f'#calendar [data-day="{target}"]'))
    expect(page.locator("#toasts")).to_contain_text("Moved to")
    expect(page.locator(f'[data-day="{target}"] .entry[data-post="2"]')).to_contain_text(clock)
    page.keyboard.press("u")
    expect(page.locator(f'[data-day="{before}"] .entry[data-post="2"]')).to_be_visible()
    expect(page.locator("#toasts")).to_contain_text("It is back at")
    assert page.url.split("/publish/")[1].startswith("calendar/"), "a drag opens nothing"


def test_it_is_moved_by_keys_alone_and_what_happens_is_said(desk, open_page):
    page, entry = _planned(desk, open_page)
    before, said = _day_of(page), page.locator("#calendar-said")
    key = "ArrowRight" if _beside(page) > before else "ArrowLeft"
    entry.focus()
    page.keyboard.press("m")
    expect(said).to_contain_text("Choose where with the arrows")
    page.keyboard.press(key)
    name = page.locator(".is-over").get_attribute("data-name")
    expect(said).to_have_text(name)
    page.keyboard.press("Escape")
    expect(said).to_have_text("It stays where it was.")
    assert page.locator(".is-over").count() == 0 and _day_of(page) == before
    page.keyboard.press("m")
    page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Moved to")
    expect(page.locator(f'[data-day="{before}"] [data-post="2"]')).to_have_count(0)
    expect(page.locator('#calendar [data-post="2"]')).to_be_focused()


def test_in_a_week_it_goes_to_another_hour_and_keeps_its_minutes(desk, open_page):
    page, entry = _planned(desk, open_page, view="week")
    minutes = entry.locator(".entry-time").inner_text().partition(":")[2]
    hour = int(page.locator('.hour:has([data-post="2"])').get_attribute("data-hour"))
    entry.focus()
    page.keyboard.press("m")
    page.keyboard.press("ArrowDown" if hour < 23 else "ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Moved to")
    now = hour + 1 if hour < 23 else hour - 1
    expect(page.locator(f'.hour[data-hour="{now}"] [data-post="2"] .entry-time')).to_have_text(f"{now:02}:{minutes}")


def test_draft_from_the_side_is_planned_where_it_is_dropped_and_not_in_the_past(desk, open_page):
    page = open_page(desk, "/publish/calendar/?month=2020-12")
    draft = page.locator('#to-plan [data-post="1"]')
    _drag(page, draft, page.locator('#calendar [data-day="2020-12-02"]'))
    expect(page.locator("#toasts .harm")).to_contain_text("this time is over")
    page.faults.clear()  # the browser itself writes a refusal into its console
    page.goto(desk.address + "/publish/new/")
    page.locator("#working-title").fill("For a day")
    if page.locator("#department-of").count():
        page.locator("#department-of").select_option(label="News")
    page.get_by_role("button", name="Start writing").click()
    page.locator("#f-text").fill("Words for a day")
    page.locator("[name=channels]").first.check()
    expect(page.locator("#kept")).to_contain_text("Kept ")
    page.goto(desk.address + "/publish/calendar/?month=2031-12")
    draft = page.locator("#to-plan .entry", has_text="For a day")
    _drag(page, draft, page.locator('#calendar [data-day="2031-12-03"]'))
    expect(page.locator("#toasts")).to_contain_text("Planned for 3 December 2031")
    expect(page.locator('#calendar [data-day="2031-12-03"]')).to_contain_text("For a day")
    expect(page.locator("#to-plan")).not_to_contain_text("For a day")


def test_what_one_moves_the_other_sees_move(desk, open_page):
    camille, _entry = _planned(desk, open_page)
    maud, entry = _planned(desk, open_page, who="Maud")
    target = _beside(maud)
    _drag(maud, entry, maud.locator(f'#calendar [data-day="{target}"]'))
    expect(camille.locator(f'[data-day="{target}"] [data-post="2"]')).to_be_visible()


def test_a_click_opens_the_post_and_a_time_is_changed_there_without_scripts(desk, open_page):
    page, entry = _planned(desk, open_page)
    entry.click()
    page.wait_for_url("**/publish/2/")
    plain = open_page(desk, "/publish/2/", java_script_enabled=False)
    plain.locator("#due-day").fill("2031-12-24")
    plain.locator("#due-time").fill("18:00")
    plain.get_by_role("button", name="Change time").click()
    plain.goto(desk.address + "/publish/calendar/?month=2031-12")
    expect(plain.locator('[data-day="2031-12-24"] .entry-time')).to_have_text(re.compile("^1[789]:00$"))


def _middle(place):
    box = place.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + min(12, box["height"] / 2)


def _own_days(page):
    """Of the month that is shown."""
    return page.locator("#calendar td:not(.is-other)")


def test_held_over_an_arrow_the_page_turns_and_it_is_dropped_in_another_month(desk, open_page):
    page, entry = _planned(desk, open_page)
    name, before = page.locator("h1").inner_text(), _day_of(page)
    clock = entry.locator(".entry-time").inner_text()
    page.mouse.move(*_middle(entry))
    page.mouse.down()
    page.mouse.move(*_middle(page.locator("#calendar [data-day]").nth(20)), steps=3)
    page.mouse.move(*_middle(page.locator("[data-turns][data-key=k]")), steps=3)
    expect(page.locator("h1")).not_to_have_text(name)
    page.mouse.move(*_middle(_own_days(page).nth(10)), steps=2)
    page.mouse.move(*_middle(page.locator("[data-turns][data-key=j]")), steps=3)
    expect(page.locator("h1")).to_have_text(name)
    expect(page.locator("h1")).not_to_have_text(name)  # it goes on turning while one stays there
    target = _own_days(page).nth(12)
    day = target.get_attribute("data-day")
    page.mouse.move(*_middle(target), steps=3)
    expect(target).to_have_class(re.compile("is-over"))
    page.mouse.up()
    expect(page.locator("#toasts")).to_contain_text("Moved to")
    expect(page.locator(f'#calendar [data-day="{day}"] [data-post="2"]')).to_contain_text(clock)
    assert day > before and page.locator("#calendar").count() == 1
    shown = page.locator("h1").inner_text()
    page.reload()
    expect(page.locator("h1")).to_have_text(shown)
    page.go_back()
    page.wait_for_url("**/publish/2/")


def test_page_does_not_turn_where_the_hand_only_passes_over_the_arrow(desk, open_page):
    page, entry = _planned(desk, open_page)
    name, before = page.locator("h1").inner_text(), _day_of(page)
    page.mouse.move(*_middle(entry))
    page.mouse.down()
    page.mouse.move(*_middle(page.locator("[data-turns][data-key=j]")), steps=4)
    page.mouse.move(*_middle(page.locator(f'#calendar [data-day="{before}"]')), steps=4)
    page.wait_for_timeout(1000)
    page.mouse.up()
    expect(page.locator("#calendar-said")).to_have_text("It stays where it was.")
    expect(page.locator("h1")).to_have_text(name)


def test_what_is_held_stays_in_the_hand_while_others_move_it_and_the_drop_is_answered(desk, open_page):
    camille, entry = _planned(desk, open_page)
    maud, other = _planned(desk, open_page, who="Maud")
    before, target = _day_of(maud), _beside(maud)
    camille.mouse.move(*_middle(entry))
    camille.mouse.down()
    camille.mouse.move(*_middle(camille.locator("#calendar [data-day]").nth(0)), steps=3)
    _drag(maud, other, maud.locator(f'#calendar [data-day="{target}"]'))
    expect(maud.locator("#toasts")).to_contain_text("Moved to")
    camille.wait_for_timeout(1500)
    expect(camille.locator(f'#calendar [data-day="{before}"] .entry.is-held')).to_be_visible()
    days = camille.eval_on_selector_all("#calendar [data-day]", "all => all.map((one) => one.dataset.day)")
    place = days.index(before)
    third = next(day for day in (days[place + 1 : place + 3] or days[place - 2 : place]) if day != target)
    camille.mouse.move(*_middle(camille.locator(f'#calendar [data-day="{third}"]')), steps=3)
    camille.mouse.up()
    expect(camille.locator("#toasts .harm")).to_be_visible()
    expect(camille.locator(f'#calendar [data-day="{target}"] [data-post="2"]')).to_be_visible()
    camille.faults.clear()  # the browser itself writes a refusal into its console


class _Finger:
    """One finger on the screen."""

    def __init__(self, page):
        self.session = page.context.new_cdp_session(page)

    def put(self, place):
        self._tell("touchStart", place)

    def move(self, place, steps=5):
        (x, y), (to_x, to_y) = self.at, place
        for step in range(1, steps + 1):
            self._tell("touchMove", (x + (to_x - x) * step / steps, y + (to_y - y) * step / steps))

    def lift(self):
        self.session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def _tell(self, kind, place):
        self.at = place
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": place[0], "y": place[1]}]})


def _touched(desk, open_page):
    page = open_page(desk, "/publish/2/", has_touch=True)
    day = page.locator("#due-day").input_value()
    page.goto(f"{desk.address}/publish/calendar/?view=month&day={day}")
    return page, page.locator('#calendar .entry[data-post="2"]')


def test_a_finger_that_stays_on_it_takes_it_along_to_another_day(desk, open_page):
    page, entry = _touched(desk, open_page)
    before, target = _day_of(page), _beside(page)
    clock, finger = entry.locator(".entry-time").inner_text(), _Finger(page)
    finger.put(_middle(entry))
    expect(page.locator(".entry-ghost")).to_be_visible()
    finger.move(_middle(page.locator(f'#calendar [data-day="{target}"]')))
    finger.lift()
    expect(page.locator("#toasts")).to_contain_text("Moved to")
    expect(page.locator(f'#calendar [data-day="{target}"] [data-post="2"]')).to_contain_text(clock)
    assert page.locator(f'[data-day="{before}"] [data-post="2"]').count() == 0
    assert "/calendar/" in page.url, "a drag opens nothing"


def test_a_finger_turns_the_page_and_drops_it_there(desk, open_page):
    page, entry = _touched(desk, open_page)
    name, finger = page.locator("h1").inner_text(), _Finger(page)
    finger.put(_middle(entry))
    expect(page.locator(".entry-ghost")).to_be_visible()
    finger.move(_middle(page.locator("[data-turns][data-key=j]")))
    expect(page.locator("h1")).not_to_have_text(name)
    target = _own_days(page).nth(12)
    day = target.get_attribute("data-day")
    finger.move(_middle(target))
    finger.lift()
    expect(page.locator("#toasts")).to_contain_text("Moved to")
    expect(page.locator(f'#calendar [data-day="{day}"] [data-post="2"]')).to_be_visible()


def test_a_finger_that_passes_or_taps_moves_nothing(desk, open_page):
    page, entry = _touched(desk, open_page)
    before, finger = _day_of(page), _Finger(page)
    finger.put(_middle(entry))
    finger.move(_middle(page.locator(f'#calendar [data-day="{_beside(page)}"]')), steps=3)
    page.wait_for_timeout(700)
    assert page.locator(".entry-ghost").count() == 0
    finger.lift()
    page.wait_for_timeout(300)
    assert _day_of(page) == before and page.locator("#toasts .toast-line").count() == 0
    entry.tap()
    page.wait_for_url("**/publish/2/")


def test_on_a_phone_the_days_are_a_list_and_nothing_is_wider_than_the_screen(quiet_desk, open_page):
    for view in ("month", "week", "list"):
        page = open_page(quiet_desk, f"/publish/calendar/?view={view}", viewport={"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, view
        expect(page.locator("#to-plan")).to_be_hidden()
        widths = page.eval_on_selector_all("#calendar .entry", "all => all.map((one) => one.offsetWidth)")
        assert all(width > 200 for width in widths if width), (view, widths)


def test_secret_address_can_be_copied_and_is_gone_after(desk, open_page):
    page = open_page(desk, "/publish/calendar/others/")
    page.get_by_role("button", name="Make an address").click()
    expect(page.locator("#fresh-link")).to_have_value(re.compile(r"^http://.*\.ics$"))
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    page.reload()
    expect(page.locator("#fresh-link")).to_have_count(0)
