"""What is cleaned shows and sounds as before, and tells nothing more."""

import io

import pytest
from PIL import Image, ImageSequence

from parvis.core.errors import MediaUnreadable
from parvis.core.media.cleaning import clean
from parvis.core.media.looked import look

from .conftest import SECRET, SOUNDS, full_of_secrets, make_film, personal_exif, picture, saved

WORDS = (SECRET.encode(), b"SERIAL-12345", b"GPSLatitude", b"46.5197")


def points_of(path):
    with Image.open(path) as image:
        return [
            (frame.convert("RGBA").tobytes(), frame.info.get("duration")) for frame in ImageSequence.Iterator(image)
        ]


def packets_of(path, kind):
    import av

    with av.open(str(path)) as film:
        stream = next(iter(getattr(film.streams, kind)), None)
        return [] if stream is None else [bytes(packet) for packet in film.demux(stream) if packet.dts is not None]


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "gif", "avif"])
def test_cleaned_picture_has_the_same_points_and_tells_nothing(shelf, tmp_path, kind):
    path = shelf(kind)
    assert look(path).has_person_data
    cleaned = clean(path, tmp_path)
    found = look(cleaned.path)
    assert not found.has_person_data and not found.has_location
    assert not any(word in cleaned.path.read_bytes() for word in WORDS)
    assert points_of(cleaned.path) == points_of(path)
    assert (cleaned.mime, cleaned.is_clean, cleaned.size_bytes) == (f"image/{kind}", True, found.size_bytes)


@pytest.mark.parametrize("kind", ["mp4", "mov", "webm", *SOUNDS])
def test_cleaned_film_and_sound_keep_every_packet_and_tell_nothing(shelf, tmp_path, kind):
    path = shelf(kind)
    before = look(path)
    cleaned = clean(path, tmp_path / "cleaned")
    found = look(cleaned.path)
    assert not found.has_person_data and not found.has_location
    assert not any(word in cleaned.path.read_bytes() for word in WORDS)
    assert (found.mime, found.width, found.height) == (before.mime, before.width, before.height)
    assert found.duration_s == pytest.approx(before.duration_s, abs=0.06)
    assert packets_of(cleaned.path, "video") == packets_of(path, "video")
    assert packets_of(cleaned.path, "audio") == packets_of(path, "audio")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_cleaned_picture_stays_upright(put, tmp_path, kind, orientation):
    path = put(full_of_secrets(kind, orientation=orientation))
    cleaned = clean(path, tmp_path)
    found = look(cleaned.path)
    assert cleaned.orientation == orientation
    assert (found.width, found.height) == ((64, 96) if orientation >= 5 else (96, 64))
    with Image.open(cleaned.path) as image:
        assert dict(image.getexif()) == {0x0112: orientation}


def test_cleaned_avif_stays_upright(put, tmp_path):
    exif = personal_exif(6)
    cleaned = clean(put(saved(picture(), "AVIF", exif=exif)), tmp_path)
    found = look(cleaned.path)
    assert (found.width, found.height, found.has_person_data) == (64, 96, False)


def test_turned_film_stays_turned(tmp_path):
    path = make_film(tmp_path / "film.mp4", turned=90, seconds=0.2, told={"title": SECRET})
    found = look(clean(path, tmp_path).path)
    assert (found.width, found.height, found.has_person_data) == (90, 160, False)


def test_colour_profile_and_loop_are_kept(put, shelf, tmp_path):
    path = put(saved(picture(), "JPEG", icc_profile=b"a profile", exif=personal_exif()))
    with Image.open(clean(path, tmp_path).path) as image:
        assert image.info["icc_profile"] == b"a profile"
    with Image.open(clean(shelf("gif"), tmp_path).path) as image:
        assert (image.info["loop"], image.n_frames) == (0, 3)


@pytest.mark.parametrize("kind", ["jpeg", "png", "gif", "webp"])
def test_what_follows_the_end_is_gone(shelf, put, tmp_path, kind):
    path = put(shelf(kind).read_bytes() + b"\n" + SECRET.encode())
    assert SECRET.encode() not in clean(path, tmp_path).path.read_bytes()


def test_thumbnail_of_the_uncropped_picture_is_gone(put, tmp_path):
    small = saved(picture(16, 16), "JPEG")
    block = personal_exif().tobytes() + small
    path = put(saved(picture(), "JPEG", exif=block))
    assert small not in clean(path, tmp_path).path.read_bytes()


def test_cover_and_chapters_of_a_sound_are_gone(shelf, tmp_path):
    import av

    path = tmp_path / "with-cover.mp3"
    with av.open(str(shelf(".mp3"))) as sound, av.open(str(path), "w", format="mp3") as out:
        copy = out.add_stream_from_template(sound.streams.audio[0])
        cover = out.add_stream("png", rate=1)
        cover.width, cover.height, cover.pix_fmt = 96, 64, "rgb24"
        cover.disposition = 0x0400
        frame = av.VideoFrame.from_image(picture())
        for packet in cover.encode(frame) + cover.encode(None):
            out.mux(packet)
        for packet in sound.demux(sound.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = copy
                out.mux(packet)
    found = look(path)
    assert (found.kind, found.has_person_data) == ("audio", True)
    cleaned = look(clean(path, tmp_path).path)
    assert (cleaned.kind, cleaned.has_person_data) == ("audio", False)


def test_pdf_is_kept_and_says_that_it_is(put, tmp_path):
    data = b"%PDF-1.7\n1 0 obj\n<< /Author (Anna) >>\nendobj\ntrailer << >>\n%%EOF\n"
    cleaned = clean(put(data), tmp_path)
    assert not cleaned.is_clean
    assert cleaned.path.read_bytes() == data
    assert look(cleaned.path).has_person_data


def test_what_cannot_be_looked_at_is_not_cleaned(put, tmp_path):
    into = tmp_path / "cleaned"
    with pytest.raises(MediaUnreadable):
        clean(put(b"<html>"), into)
    assert not into.exists()


def test_cleaned_twice_is_the_same(shelf, tmp_path):
    for kind in ("jpeg", "png", "webp", "gif", "avif", "mp4"):
        once = clean(shelf(kind), tmp_path / f"once-{kind}")
        twice = clean(once.path, tmp_path / f"twice-{kind}")
        assert twice.path.read_bytes() == once.path.read_bytes(), kind


def test_picture_of_inks_keeps_its_inks(put, tmp_path):
    path = put(saved(picture().convert("CMYK"), "JPEG", comment=SECRET))
    cleaned = clean(path, tmp_path)
    assert points_of(cleaned.path) == points_of(path)
    with Image.open(io.BytesIO(cleaned.path.read_bytes())) as image:
        assert image.mode == "CMYK"
