"""Writing a post in a real browser: counted while it is typed, kept at every pause, by two people, and planned."""

from playwright.sync_api import expect


def _new(desk, open_page, title="A post", who="Camille"):
    page = open_page(desk, "/publish/new/", who=who)
    page.locator("#working-title").fill(title)
    if page.locator("#department-of").count():
        page.locator("#department-of").select_option(label="News")
    page.get_by_role("button", name="Start writing").click()
    page.locator("#composer").wait_for()
    return page


def _kept(page):
    expect(page.locator("#kept")).to_contain_text("Kept ")


def test_it_is_written_counted_kept_split_and_planned(desk, open_page):
    page = _new(desk, open_page)
    page.get_by_label("parvis.example.org", exact=True).check()
    page.locator("#f-text").fill("Six words make a short sentence. " * 12)
    expect(page.locator("#cards")).to_contain_text("396 of 300 signs")
    expect(page.locator("#cards mark.over")).to_be_visible()
    _kept(page)
    page.locator("summary", has_text="Thread").click()
    page.get_by_role("button", name="Split into a thread").click()
    expect(page.locator("#thread textarea").first).not_to_have_value("")
    expect(page.locator("#cards mark.over")).to_have_count(0)
    page.reload()
    expect(page.locator("#f-text")).not_to_have_value("")
    page.locator("#f-text").fill("Changed at the last moment.")
    page.locator("#due-day").fill("2031-12-24")
    page.locator("#due-time").fill("18:00")
    page.get_by_role("button", name="Plan", exact=True).click()
    expect(page.locator("#status")).to_contain_text("24 December 2031")
    expect(page.locator("#f-text")).to_have_value("Changed at the last moment.")
    page.goto(desk.address + "/publish/calendar/?month=2031-12")
    expect(page.locator(".month")).to_contain_text("A post")


def test_what_two_write_in_different_places_stands_on_both_screens(desk, open_page):
    camille = _new(desk, open_page)
    camille.locator("#f-text").fill("Camille’s text")
    _kept(camille)
    maud = open_page(desk, camille.url.removeprefix(desk.address), who="Maud")
    expect(maud.locator("#f-text")).to_have_value("Camille’s text")
    maud.locator("#f-working_title").fill("Maud’s title")
    expect(camille.locator("#f-working_title")).to_have_value("Maud’s title")
    expect(camille.locator("#kept")).to_contain_text("Somebody else has written meanwhile")


def test_where_both_change_the_same_each_text_is_shown_and_one_is_taken(desk, open_page):
    camille = _new(desk, open_page)
    camille.locator("#f-text").fill("As it was")
    _kept(camille)
    maud = open_page(desk, camille.url.removeprefix(desk.address), who="Maud")
    camille.route("**/save/", lambda route: route.abort())
    camille.locator("#f-text").fill("Camille’s words")
    expect(camille.locator("#kept")).to_contain_text("cannot be reached")
    maud.locator("#f-text").fill("Maud’s words")
    _kept(maud)
    camille.unroute("**/save/")
    camille.locator("#conflict").wait_for()
    expect(camille.locator("#conflict")).to_contain_text("Camille’s words")
    expect(camille.locator("#conflict")).to_contain_text("Maud’s words")
    camille.get_by_role("button", name="Take mine").click()
    expect(maud.locator("#f-text")).to_have_value("Camille’s words")
    camille.faults.clear()  # the browser itself writes what did not arrive, and a conflict, into its console


def test_what_was_typed_without_the_desk_comes_back(desk, open_page):
    page = _new(desk, open_page)
    page.route("**/save/", lambda route: route.abort())
    page.locator("#f-text").fill("Typed in a tunnel")
    expect(page.locator("#kept")).to_contain_text("cannot be reached")
    address = page.url
    page.goto(desk.address + "/publish/")
    page.unroute("**/save/")
    page.goto(address)
    expect(page.locator("#f-text")).to_have_value("Typed in a tunnel")
    maud = open_page(desk, address.removeprefix(desk.address), who="Maud")
    expect(maud.locator("#f-text")).to_have_value("Typed in a tunnel")
    page.faults.clear()  # the browser itself writes what did not arrive into its console


def test_without_scripts_a_post_is_written_and_planned_too(desk, open_page):
    page = _new_without_scripts(desk, open_page)
    page.locator("#f-text").fill("By hand")
    page.locator("[name=channels]").first.check()
    page.get_by_role("button", name="Keep").click()
    expect(page.locator("#f-text")).to_have_value("By hand")
    expect(page.locator("#cards")).to_contain_text("By hand")
    page.locator("#due-day").fill("2031-12-24")
    page.locator("#due-time").fill("18:00")
    page.get_by_role("button", name="Plan", exact=True).click()
    expect(page.locator("#status")).to_contain_text("24 December 2031")


def _new_without_scripts(desk, open_page):
    page = open_page(desk, "/publish/new/", java_script_enabled=False)
    page.locator("#working-title").fill("Plain")
    page.get_by_role("button", name="Start writing").click()
    return page


def test_more_of_a_list_comes_in_its_place(desk, open_page):
    page = open_page(desk, "/publish/")
    before = page.locator(".post-line").count()
    page.goto(desk.address + "/publish/new/")
    page.evaluate(
        """async () => {
          const body = new FormData(document.querySelector("main form"));
          for (let n = 0; n < 40; n += 1) { body.set("working_title", "Post " + n); await fetch("/publish/new/", { method: "POST", body }); }
        }"""
    )
    page.goto(desk.address + "/publish/")
    expect(page.locator(".post-line")).to_have_count(30)
    page.get_by_role("link", name="Load more").click()
    expect(page.locator("#posts > ul > .post-line")).to_have_count(before + 40)
    expect(page.get_by_role("link", name="Load more")).to_have_count(0)


def test_keys_go_there_begin_a_post_and_stop_one(desk, open_page):
    page = open_page(desk, "/")
    page.keyboard.press("g")
    page.keyboard.press("w")
    page.locator("h1", has_text="Publish").wait_for()
    page.keyboard.press("c")
    page.locator("h1", has_text="New post").wait_for()
    page.goto(desk.address + "/publish/2/")
    page.keyboard.press("h")
    expect(page.locator("#status")).to_contain_text("Stopped")


def test_two_on_the_same_post_see_each_other(desk, open_page):
    camille = open_page(desk, "/publish/1/")
    maud = open_page(desk, "/publish/1/", who="Maud")
    expect(maud.locator("#present")).to_contain_text("Camille")
    maud.locator("#f-text").press_sequentially("x")
    camille.reload()
    expect(camille.locator("#present")).to_contain_text("Maud is writing")


def test_what_somebody_is_asked_about_is_not_exchanged_before_they_answer(desk, open_page):
    page = _new(desk, open_page, title="To be cancelled")
    page.evaluate("window.before = document.querySelector('#status')")
    page.get_by_role("button", name="Cancel the post").click()
    question = page.locator("dialog[open]")
    question.wait_for()
    told = "{ detail: { ids: [], many: true, kinds: ['post'], jobs: [] } }"
    page.evaluate(f"document.dispatchEvent(new CustomEvent('parvis:live', {told}))")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.querySelector('#status') === window.before")
    question.locator("[value=yes]").click()
    expect(page.locator("#status")).to_contain_text("Cancelled")


def test_hashtags_of_the_campaign_are_put_in_once_and_taken_back_like_typing(desk, open_page):
    page = _new(desk, open_page)
    text = page.locator("#f-text")
    page.get_by_label("parvis.example.org", exact=True).check()
    text.fill("Come and see")
    _kept(page)
    page.locator("#campaign-of").select_option(index=1)
    page.locator("#placing").get_by_role("button", name="Keep").click()
    button = page.get_by_role("button", name="Put into the text")
    expect(page.locator("#cards")).to_contain_text("none of the hashtags of")
    button.click()
    expect(text).to_have_value("Come and see\n\n#open")
    expect(page.locator("#cards")).not_to_contain_text("none of the hashtags of")
    _kept(page)
    button.click()
    expect(page.locator("[data-tags-said]")).to_have_text("They are all in the text already.")
    expect(text).to_have_value("Come and see\n\n#open")
    text.focus()
    page.keyboard.press("Control+z")
    expect(text).to_have_value("Come and see")


def test_time_of_the_audience_is_said_while_a_time_is_chosen(desk, open_page):
    page = _new(desk, open_page)
    page.get_by_label("parvis.example.org", exact=True).check()
    _kept(page)
    page.reload()
    said = page.locator("[data-audiences] li")
    expect(said).to_be_hidden()
    page.locator("#due-day").fill("2031-12-24")
    page.locator("#due-time").fill("18:00")
    page.locator("#due-zone").select_option("Europe/Zurich")
    expect(said).to_have_text("18:00 here, 12:00 for the audience (New York)")
    page.locator("#due-day").fill("2031-10-28")  # summer time is over in one place alone
    expect(said).to_have_text("18:00 here, 13:00 for the audience (New York)")
    page.locator("#due-time").fill("02:00")
    expect(said).to_have_text("02:00 here, Mon 21:00 for the audience (New York)")
