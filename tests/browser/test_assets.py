"""In Chromium: files arrive, stop and go on; a picture is described and cut, and a post is made with it."""

import io

from PIL import Image
from playwright.sync_api import expect


def _photo(width=900, height=600, colour="teal") -> bytes:
    out = io.BytesIO()
    Image.effect_noise((width, height), 90).convert("RGB").save(out, "PNG")
    return out.getvalue()


def _file(name, data):
    return {"name": name, "mimeType": "image/png", "buffer": data}


def test_files_are_sent_stop_go_on_after_a_reload_and_stand_in_the_library(desk, open_page):
    page, data = open_page(desk, "/assets/"), _photo()
    if page.locator("#upload-department").count():
        page.locator("#upload-department").select_option(label="News")
    page.evaluate("document.querySelector('#upload').dataset.piece = '100000'")
    seen = []

    def cut_off(route):
        seen.append(route.request.url)
        route.abort() if len(seen) > 2 else route.continue_()

    page.route("**/assets/uploads/*/?offset=*", cut_off)
    page.locator("#upload-file").set_input_files(_file("noise.png", data))
    expect(page.locator("#arrivals")).to_contain_text("The connection is interrupted")
    page.unroute("**/assets/uploads/*/?offset=*")
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    line = page.locator(".arrival", has_text="noise.png")
    expect(line).to_contain_text("Choose the same file again")
    page.faults.clear()  # the browser itself writes what was cut off into its console
    line.locator("[data-file]").set_input_files(_file("noise.png", _photo(10, 10)))
    expect(line).to_contain_text("another file")
    line.locator("[data-file]").set_input_files(_file("noise.png", data))
    expect(line).to_contain_text("It has arrived")
    expect(page.locator("#tiles")).to_contain_text("noise")


def test_the_focal_point_is_moved_by_hand_and_by_keys_and_kept(desk, open_page):
    page = open_page(desk, "/assets/1/")
    point, picture = page.locator("[data-point]"), page.locator("#focus img").bounding_box()
    page.mouse.click(picture["x"] + picture["width"] * 0.25, picture["y"] + picture["height"] * 0.5)
    expect(page.locator("#focus-said")).to_contain_text("25 % from the left")
    point.press("ArrowRight")
    point.press("ArrowUp")
    expect(page.locator("#focus-said")).to_contain_text("27 % from the left, 48 % from the top")
    page.locator("#asset-form button.btn-primary").click()
    expect(page.locator(".banner-success")).to_be_visible()
    assert float(page.locator("[name=focus_x]").input_value()) == 0.27


def test_a_post_gets_its_media_from_the_library_and_from_a_file_ordered_described_and_cut(desk, open_page):
    page = open_page(desk, "/publish/1/")
    kept = page.locator("#kept")
    page.locator("#media-pick").click()
    page.locator('[data-pick="1"]').click()
    page.locator('[data-pick="2"]').click()
    page.locator("#pick-add").click()
    expect(page.locator(".medium")).to_have_count(2)
    expect(page.locator("#media-missing")).to_contain_text("1 without a description")
    page.locator(".medium").nth(1).locator("[data-up]").click()
    expect(page.locator(".medium").nth(1).locator("[data-down]")).to_be_disabled()
    page.locator(".medium").nth(0).locator("[data-alt]").fill("Teal, for a second")
    expect(page.locator("#media-missing")).to_be_hidden()
    page.locator(".medium").nth(1).locator("summary").click()
    page.locator(".medium").nth(1).locator("[data-ratio]").select_option("1:1")
    expect(page.locator("#cards .cut svg").first).to_be_visible()
    expect(page.locator('#cards svg[viewBox$="420.0 420.0"]').first).to_be_attached()
    expect(kept).to_contain_text("Kept ")
    page.locator("#media-file").set_input_files(_file("more.png", _photo(200, 200)))
    expect(page.locator(".medium")).to_have_count(3)
    page.locator(".medium").nth(2).locator("[data-remove]").click()
    expect(page.locator(".medium")).to_have_count(2)
    expect(kept).to_contain_text("Kept ")
    page.wait_for_timeout(2000)
    page.reload()
    expect(page.locator(".medium").nth(0).locator("[data-alt]")).to_have_value("Teal, for a second")
    expect(page.locator(".medium").nth(1).locator("[data-ratio]")).to_have_value("1:1")


def test_without_scripts_a_small_file_arrives_by_the_form(desk, open_page):
    page = open_page(desk, "/assets/?folder=1", java_script_enabled=False)
    page.locator("#upload-file").set_input_files(_file("plain.png", _photo(64, 64)))
    page.locator("#upload button.btn-primary").click()
    expect(page.locator("#tiles")).to_contain_text("plain")


def test_one_channel_shows_media_of_its_own_and_again_those_of_all(desk, open_page):
    page = open_page(desk, "/assets/1/")
    page.get_by_role("link", name="With media").first.click()
    here = page.locator("details.different", has_text="Different on Seen")
    here.locator("summary").first.click()
    own, whose = here.locator(".own-media"), here.locator("[data-media-whose]")
    expect(own.locator(".medium")).to_have_count(0)
    expect(page.locator("#cards .cut")).to_have_count(2)
    whose.select_option("own")
    expect(own.locator(".medium")).to_have_count(2)
    own.locator("[data-remove]").first.click()
    own.locator("[data-alt]").fill("Only on Seen")
    expect(page.locator("#cards .cut")).to_have_count(1)
    expect(page.locator("#media-list .medium")).to_have_count(2)
    expect(page.locator("#kept")).to_contain_text("Kept ")
    page.reload()
    expect(own.locator("[data-alt]")).to_have_value("Only on Seen")
    expect(page.locator("#cards .cut")).to_have_count(1)
    whose.select_option("")
    expect(own.locator("[data-media-body]")).to_be_hidden()
    expect(page.locator("#cards .cut")).to_have_count(2)
    whose.select_option("own")
    expect(own.locator("[data-alt]")).to_have_value("Only on Seen")
    whose.select_option("")
    expect(page.locator("#kept")).to_contain_text("Kept ")
