"""Forms of a picture: within their rule, upright, in the right colours, and out of one decode."""

import io
import random
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from parvis.connectors.bluesky.publishing import media as of_bluesky
from parvis.connectors.mastodon.publishing import media as of_mastodon
from parvis.core.errors import BadInput, MediaUnfit, MediaUnreadable
from parvis.core.media import photos
from parvis.core.media.looked import look
from parvis.core.media.photos import render_photo
from parvis.core.media.wanted import Wanted, wanted_for

from .conftest import SECRET, full_of_secrets, personal_exif, picture, saved

RED, GREEN, BLUE, YELLOW = (220, 40, 40), (40, 200, 60), (50, 70, 220), (230, 210, 60)


def noisy(width: int = 900, height: int = 600) -> Image.Image:
    grain = Image.frombytes("RGB", (width, height), random.Random(1).randbytes(width * height * 3))
    return Image.blend(picture(width, height), grain, 0.25)


def wanted(name: str = "a", **given) -> Wanted:
    return Wanted(**{"name": name, "kind": "image", "mime": "image/jpeg", **given})


def near(found, colour) -> bool:
    return all(abs(one - other) < 30 for one, other in zip(found[:3], colour, strict=True))


def corners(path) -> list[tuple[int, ...]]:
    """Points within the four patches of `picture`."""
    with Image.open(path) as image:
        seen = image.convert("RGB")
        width, height = seen.size
        return [seen.getpixel((width * x // 100, height * y // 100)) for y in (20, 70) for x in (20, 70)]


def test_five_forms_come_out_of_one_decode(put, tmp_path, monkeypatch):
    opened = []
    real = photos.open_picture
    monkeypatch.setattr(photos, "open_picture", lambda *given: opened.append(1) or real(*given))
    sides = {"a": (108, 135), "b": (108, 108), "c": (108, 192), "d": (160, 90), "e": (120, 60)}
    forms = [wanted(name, most_width=w, most_height=h, ratio=(w, h)) for name, (w, h) in sides.items()]
    made = render_photo(put(saved(noisy(), "JPEG")), forms, tmp_path)
    assert len(opened) == 1
    assert [(one.name, one.width, one.height) for one in made] == [(name, *size) for name, size in sides.items()]
    for one in made:
        found = look(one.path)
        assert (found.width, found.height, found.size_bytes, found.mime) == (
            one.width, one.height, one.size_bytes, one.mime,
        )  # fmt: skip


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_picture_is_turned_upright_once(put, tmp_path, name, orientation):
    stored = picture(96, 64).rotate({1: 0, 3: 180, 6: 90, 8: 270}[orientation], expand=True)
    path = put(saved(stored, name, exif=personal_exif(orientation)))
    made = render_photo(path, [wanted(mime="image/png")], tmp_path)[0]
    assert (made.width, made.height) == (96, 64)
    assert all(near(seen, colour) for seen, colour in zip(corners(made.path), (RED, GREEN, BLUE, YELLOW), strict=True))
    assert not look(made.path).has_person_data


@pytest.mark.parametrize(
    ("focus", "colour"), [((0.2, 0.2), RED), ((0.7, 0.2), GREEN), ((0.2, 0.7), BLUE), ((0.7, 0.7), YELLOW)]
)
def test_what_must_stay_stays(put, tmp_path, focus, colour):
    path = put(saved(picture(960, 640), "JPEG", quality=95))
    form = wanted(ratio=(1, 4), focus=focus)
    made = render_photo(path, [form], tmp_path)[0]
    with Image.open(made.path) as image:
        seen = image.convert("RGB")
        line = [seen.getpixel((x, made.height * int(focus[1] * 100) // 100)) for x in range(made.width)]
    assert any(near(point, colour) for point in line)


@pytest.mark.parametrize("mime", ["image/jpeg", "image/webp", "image/avif"])
@pytest.mark.parametrize("most_bytes", [60_000, 25_000, 6_000])
def test_weight_is_kept_at_the_best_quality(put, tmp_path, mime, most_bytes):
    path = put(saved(noisy(480, 320), "JPEG", quality=95))
    made = render_photo(path, [wanted(mime=mime, most_bytes=most_bytes)], tmp_path)[0]
    assert made.size_bytes == made.path.stat().st_size <= most_bytes
    assert made.size_bytes > most_bytes * 0.5
    assert look(made.path).mime == mime


def test_png_over_its_weight_gets_fewer_points(put, tmp_path):
    path = put(saved(noisy(300, 200), "PNG"))
    made = render_photo(path, [wanted(mime="image/png", most_bytes=50_000)], tmp_path)[0]
    assert made.size_bytes <= 50_000
    assert made.width < 300
    assert made.width / made.height == pytest.approx(1.5, rel=0.02)


def test_impossible_weight_is_told(put, tmp_path):
    with pytest.raises(MediaUnfit, match="kB"):
        render_photo(put(saved(noisy(), "PNG")), [wanted(mime="image/png", most_bytes=200)], tmp_path)


def test_colours_come_to_srgb(put, tmp_path):
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    swapped = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    red = Image.new("RGB", (64, 64), RED)
    as_lab = ImageCms.profileToProfile(red, lab, swapped, outputMode="LAB")
    assert as_lab is not None
    path = put(saved(red, "JPEG", icc_profile=lab.tobytes(), quality=95))
    with Image.open(render_photo(path, [wanted()], tmp_path)[0].path) as image:
        assert near(image.getpixel((30, 30)), RED)
        assert "icc_profile" not in image.info


def test_inks_become_light(put, tmp_path):
    path = put(saved(Image.new("RGB", (64, 64), RED).convert("CMYK"), "JPEG", quality=95))
    with Image.open(render_photo(path, [wanted()], tmp_path)[0].path) as image:
        assert image.mode == "RGB"
        assert near(image.getpixel((30, 30)), RED)


def test_broken_colour_profile_is_passed_over(put, tmp_path):
    path = put(saved(picture(), "JPEG", icc_profile=b"no profile at all"))
    assert render_photo(path, [wanted()], tmp_path)[0].width == 96


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png_is_taken(put, tmp_path, mode):
    if mode == "I;16":
        image = Image.new("I;16", (64, 48), 32_768)
    elif mode == "P":
        image = picture(64, 48).quantize(16)
    else:
        image = picture(64, 48, mode="L" if mode == "1" else mode).convert(mode)
    made = render_photo(put(saved(image, "PNG")), [wanted(), wanted("b", mime="image/webp")], tmp_path)
    assert [(one.width, one.height) for one in made] == [(64, 48), (64, 48)]
    if mode == "I;16":
        with Image.open(made[0].path) as seen:
            assert near(seen.convert("RGB").getpixel((20, 20)), (128, 128, 128))


def test_clear_parts_stay_clear_where_the_format_can_and_turn_white_elsewhere(put, tmp_path):
    clear = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    made = render_photo(
        put(saved(clear, "PNG")),
        [wanted("jpeg"), wanted("png", mime="image/png"), wanted("webp", mime="image/webp")],
        tmp_path,
    )
    with Image.open(made[0].path) as image:
        assert near(image.getpixel((30, 30)), (255, 255, 255))
    for one in made[1:]:
        with Image.open(one.path) as image:
            assert image.convert("RGBA").getpixel((30, 30))[3] == 0


def test_gif_stays_moving_and_becomes_smaller(shelf, tmp_path):
    form = Wanted(name="a", kind="gif", mime="image/gif", most_width=48, most_height=48)
    made = render_photo(shelf("gif"), [form], tmp_path)[0]
    found = look(made.path)
    assert (found.kind, found.is_animated, found.width, found.height) == ("gif", True, 48, 32)
    assert found.duration_s == pytest.approx(0.3)
    with Image.open(made.path) as image:
        assert (image.n_frames, image.info["loop"]) == (3, 0)


def test_gif_is_brought_under_its_weight(put, tmp_path):
    frames = [noisy(240, 160).rotate(turn).quantize(128) for turn in (0, 90, 180)]
    path = put(saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100))
    most_bytes = path.stat().st_size // 4
    form = Wanted(name="a", kind="gif", mime="image/gif", most_bytes=most_bytes)
    made = render_photo(path, [form], tmp_path)[0]
    assert most_bytes // 4 < made.size_bytes <= most_bytes
    assert look(made.path).is_animated


def test_gif_gives_its_first_moment_and_a_film_too(shelf, tmp_path):
    forms = [wanted("still"), Wanted(name="film", kind="video", mime="video/mp4")]
    still, film = render_photo(shelf("gif"), forms, tmp_path)
    assert not look(still.path).is_animated
    found = look(film.path)
    assert (found.kind, found.video_codec, found.width, found.has_sound) == ("video", "h264", 96, False)
    assert found.duration_s == pytest.approx(0.3, abs=0.1)


def test_progressive_as_asked(put, tmp_path):
    path = put(saved(picture(), "JPEG"))
    plain, rough = render_photo(path, [wanted(), wanted("b", is_progressive=True)], tmp_path)
    with Image.open(plain.path) as one, Image.open(rough.path) as other:
        assert "progressive" not in one.info
        assert other.info["progressive"]


def test_nothing_personal_passes_into_a_form(put, tmp_path):
    for name in ("JPEG", "PNG", "WEBP", "AVIF", "GIF"):
        path = put(full_of_secrets(name))
        for mime in ("image/jpeg", "image/png", "image/webp", "image/avif"):
            made = render_photo(path, [wanted(mime=mime)], tmp_path)[0]
            assert SECRET.encode() not in made.path.read_bytes()
            assert not look(made.path).has_person_data


@pytest.mark.parametrize("place", [0.3, 0.6, 0.9])
def test_damaged_picture_is_refused_or_made_never_anything_else(put, tmp_path, place):
    for name in ("JPEG", "PNG", "WEBP", "GIF", "AVIF"):
        data = bytearray(saved(noisy(120, 80), name))
        at = int(len(data) * place)
        data[at : at + 40] = random.Random(place).randbytes(40)
        with suppress(MediaUnreadable):
            assert render_photo(put(bytes(data)), [wanted(most_width=40)], tmp_path)[0].width == 40


@pytest.mark.parametrize(
    "rules", [of_mastodon({}), of_bluesky({}), of_mastodon({"image_bytes": "40000", "image_pixels": "90000"})]
)
def test_form_passes_the_rule_that_it_was_made_for(put, tmp_path, rules):
    rule = next(rule for rule in rules if rule.kind == "image")
    for data in (saved(noisy(), "JPEG", quality=95), saved(noisy(), "PNG"), full_of_secrets("AVIF")):
        looked = look(put(data))
        form = wanted_for(rule, looked, name="a", ratio=(1, 1))
        made = render_photo(put(data), [form], tmp_path)[0]
        assert wanted_for(rule, look(made.path), name="a", ratio=(1, 1)) is None


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(1, 300), st.integers(1, 300), st.none() | st.tuples(st.integers(1, 20), st.integers(1, 20)),
    st.none() | st.integers(1, 200), st.none() | st.integers(1, 200),
)  # fmt: skip
def test_sides_are_kept_for_any_picture(tmp_path, width, height, ratio, most_width, most_height):
    path = tmp_path / "any.jpg"
    path.write_bytes(saved(Image.new("RGB", (width, height), RED), "JPEG"))
    made = render_photo(path, [wanted(ratio=ratio, most_width=most_width, most_height=most_height)], tmp_path)[0]
    with Image.open(io.BytesIO(made.path.read_bytes())) as image:
        image.load()
        assert image.size == (made.width, made.height)
        assert image.width <= min(width, most_width or width) and image.height <= min(height, most_height or height)


def test_rule_asked_of_a_page_named_like_a_picture_is_refused(put, tmp_path):
    with pytest.raises(BadInput):
        render_photo(put(b"<html></html>"), [wanted()], tmp_path)
