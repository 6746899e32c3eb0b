"""What a file is told to be, and which files are refused."""

import io
import random
import struct
import zipfile
import zlib
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from parvis.core.errors import BadInput, MediaUnreadable
from parvis.core.media import signs
from parvis.core.media.looked import look

from .conftest import full_of_secrets, make_film, personal_exif, picture, saved

PICTURES = ("jpeg", "png", "webp", "gif", "avif")
FILMS = ("mp4", "mov", "webm")
WHOLE = (*PICTURES, *FILMS, ".wav", ".m4a", ".ogg")
SOUNDS = {
    ".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".ogg": "audio/ogg", ".wav": "audio/wav", ".flac": "audio/flac",
    ".aac": "audio/aac",
}  # fmt: skip


def refusal(path) -> str:
    with pytest.raises(MediaUnreadable) as refused:
        look(path)
    assert refused.value.text.fr != refused.value.text.en
    return refused.value.text.en


@pytest.mark.parametrize("kind", PICTURES)
def test_picture_is_known_by_its_bytes_whatever_its_name(shelf, put, kind):
    found = look(put(shelf(kind).read_bytes(), "invoice.pdf"))
    assert (found.kind, found.mime) == ("gif" if kind == "gif" else "image", f"image/{kind}")
    assert (found.width, found.height) == (96, 64)
    assert found.has_alpha == (kind == "png")
    assert found.is_animated == (kind == "gif")
    assert found.has_person_data
    assert found.has_location == (kind != "gif")


def test_film_tells_its_sides_its_time_and_its_codecs(shelf):
    found = look(shelf("mp4"))
    assert (found.kind, found.mime, found.width, found.height) == ("video", "video/mp4", 160, 90)
    assert (found.video_codec, found.audio_codec, found.fps, found.has_sound) == ("h264", "aac", 20.0, True)
    assert found.duration_s == pytest.approx(1.0, abs=0.1)
    assert found.has_location and found.has_person_data


def test_quicktime_and_webm_are_told_apart_from_mp4(shelf):
    assert look(shelf("mov")).mime == "video/quicktime"
    found = look(shelf("webm"))
    assert (found.mime, found.video_codec, found.audio_codec) == ("video/webm", "vp9", "opus")


@pytest.mark.parametrize(("kind", "mime"), SOUNDS.items())
def test_sound_is_known_by_its_bytes(shelf, kind, mime):
    found = look(shelf(kind))
    assert (found.kind, found.mime, found.has_sound) == ("audio", mime, True)
    assert found.duration_s == pytest.approx(1.0, abs=0.2)


@pytest.mark.parametrize(("turned", "sides"), [(0, (160, 90)), (90, (90, 160)), (180, (160, 90)), (270, (90, 160))])
def test_turned_film_tells_its_sides_as_shown(tmp_path, turned, sides):
    found = look(make_film(tmp_path / "film.mp4", turned=turned, seconds=0.2, sound=None))
    assert (found.width, found.height, found.has_sound) == (*sides, False)


def test_film_of_oblong_points_tells_its_sides_as_shown(tmp_path):
    found = look(make_film(tmp_path / "film.mp4", ratio=Fraction(4, 3), seconds=0.2, sound=None))
    assert (found.width, found.height) == (213, 90)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_picture_tells_its_sides_as_shown(put, orientation):
    found = look(put(saved(picture(), "JPEG", exif=personal_exif(orientation))))
    assert (found.width, found.height) == ((64, 96) if orientation >= 5 else (96, 64))


def test_picture_without_anything_personal_says_so(put):
    found = look(put(saved(picture(), "JPEG", icc_profile=b"a profile")))
    assert not found.has_person_data
    assert not found.has_location


def test_pdf_and_captions_are_known(put):
    assert look(put(b"%PDF-1.7\n1 0 obj\n<< >>\nendobj\ntrailer << >>\n%%EOF\n")).kind == "pdf"
    found = look(put(b"1\n00:00:01,000 --> 00:00:02,500\nHello\n"))
    assert (found.kind, found.mime, found.duration_s) == ("captions", "application/x-subrip", 2.5)
    assert look(put(b"\xef\xbb\xbfWEBVTT\n\n00:01.000 --> 00:02.000\nHello\n")).mime == "text/vtt"


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "SVG"),
        (b"<?xml version='1.0'?>\n<!-- --><svg onload='alert(1)'/>", "SVG"),
        (b"\n<!DOCTYPE html><html><script>alert(1)</script></html>", "web page"),
        (b"PK\x03\x04" + bytes(60), "archive"),
        (b"MZ\x90\0" + bytes(60), "program"),
        (b"\x7fELF" + bytes(60), "program"),
        (b"#!/bin/sh\nrm -rf /\n", "program"),
        (b"II*\0" + bytes(60), "TIFF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(60), "HEIC"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "no picture"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "no picture"),
        (b"GIF89a" + b"/*" * 20 + b"*/=1;alert(1)", ""),
        (b"\xff\xd8\xff", ""),
        (b"\x89PNG\r\n\x1a\n", ""),
        (b"RIFF\xff\xff\xff\xffWEBPVP8 ", ""),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", ""),
        (b"\x1aE\xdf\xa3\xff\xff\xff\xff\xff\xff\xff\xffwebm", ""),
        (b"fLaC" + bytes(100), ""),
        (b"ID3" + bytes(100), ""),
        (b"OggS" + bytes(100), ""),
        (b"%PDF-1.7 and no end", "cut off"),
    ],
)
def test_what_is_no_medium_is_refused_by_its_own_name(put, data, word):
    assert word in refusal(put(data))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\x40\0\0\0WEBP", b"\xff\xfb\x90",
                        b"\0\0\0\x10ftypavif\0\0\0\0", b"\0\0\0\x10ftypisom\0\0\0\0", b"\x1aE\xdf\xa3", b"WEBVTT\n\n"]),
       st.integers(0, 10_000), st.integers(0, 600))  # fmt: skip
def test_random_bytes_are_refused_or_read_never_more(tmp_path_factory, start, seed, length):
    path = tmp_path_factory.getbasetemp() / "random.jpg"
    path.write_bytes(start + random.Random(seed).randbytes(length))
    with suppress(BadInput):
        look(path)


@pytest.mark.parametrize("kind", WHOLE)
def test_file_cut_off_at_any_tenth_is_refused(shelf, put, kind):
    data = shelf(kind).read_bytes()
    for tenth in range(1, 10):
        refusal(put(data[: len(data) * tenth // 10]))


@pytest.mark.parametrize("kind", [".mp3", ".flac", ".aac"])
def test_sound_that_can_be_cut_anywhere_is_refused_or_read(shelf, put, kind):
    data = shelf(kind).read_bytes()
    for tenth in range(1, 10):
        with suppress(MediaUnreadable):
            assert look(put(data[: len(data) * tenth // 10])).kind == "audio"


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def bombs() -> dict[str, bytes]:
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    webp = b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + (16_383).to_bytes(3, "little") * 2
    webp += b"VP8 " + struct.pack("<I", 10) + bytes(10)
    gif = b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0)
    jpeg = bytearray(saved(picture(), "JPEG"))
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", 65_000, 65_000)
    return {
        "png": png + chunk(b"IDAT", zlib.compress(bytes(1_000_000))) + chunk(b"IEND", b""),
        "webp": b"RIFF" + struct.pack("<I", len(webp) + 4) + b"WEBP" + webp,
        "gif": gif + b"\x2c" + struct.pack("<HHHHB", 0, 0, 65_535, 65_535, 0) + b"\x02\x02\x4c\x01\0\x3b",
        "jpeg": bytes(jpeg),
    }


@pytest.mark.parametrize("kind", ["png", "webp", "gif", "jpeg"])
def test_bomb_is_refused_before_it_is_opened(put, kind):
    assert "points" in refusal(put(bombs()[kind]))


def test_bound_of_points_can_be_set(shelf):
    with pytest.raises(MediaUnreadable, match="6144 points"):
        look(shelf("jpeg"), most_pixels=6_000)
    assert look(shelf("jpeg"), most_pixels=6_144).width == 96
    with pytest.raises(MediaUnreadable, match="points"):
        look(shelf("mp4"), most_pixels=1_000)


def test_picture_of_thousands_of_scans_is_refused(put):
    data = saved(picture(), "JPEG", progressive=True)
    first = data.index(b"\xff\xda")
    second = data.index(b"\xff\xda", first + 2)
    assert refusal(put(data[:second] + data[first:second] * 300 + data[second:]))


def test_film_of_hundreds_of_tracks_is_refused(tmp_path):
    path = make_film(tmp_path / "film.mp4", seconds=0.1, tracks=30)
    assert "31 tracks" in refusal(path)


def test_two_files_in_one_are_refused(shelf, put):
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        archive.writestr("run.js", "alert(1)")
    for kind in ("jpeg", "png", "gif", "webp", "mp4"):
        data = shelf(kind).read_bytes()
        assert refusal(put(data + into.getvalue()))
    for kind in ("jpeg", "png", "gif"):
        data = shelf(kind).read_bytes()
        assert "two files in one" in refusal(put(data + b"<script>alert(1)</script>"))
    hidden = saved(picture(), "JPEG", comment=b"%PDF-1.7 ...")
    assert "two files in one" in refusal(put(hidden))


def test_motion_photo_is_a_picture_with_something_more(shelf, put):
    found = look(put(saved(picture(), "JPEG") + shelf("mp4").read_bytes()))
    assert found.kind == "image"
    assert found.has_person_data


def test_archive_in_the_middle_of_the_sign_table_is_named():
    with pytest.raises(MediaUnreadable):
        signs.mime_of(b"\0" * 40)


def test_missing_file_is_the_machines_trouble_not_the_files(tmp_path):
    with pytest.raises(FileNotFoundError):
        look(tmp_path / "none.mp4")


def test_alpha_of_each_kind_is_seen(put):
    clear = picture(mode="RGBA")
    for kind in ("PNG", "WEBP", "AVIF"):
        assert look(put(saved(clear, kind))).has_alpha
    assert look(put(saved(clear, "WEBP", lossless=True))).has_alpha
    assert not look(put(saved(picture(), "WEBP"))).has_alpha
    assert not look(put(full_of_secrets("AVIF"))).has_alpha
    assert Image.open(io.BytesIO(saved(clear, "PNG"))).mode == "RGBA"


def test_film_whose_sound_nobody_can_decode_is_silent(shelf, put):
    found = look(put(shelf("mp4").read_bytes().replace(b"mp4a", b"zzzz").replace(b"esds", b"zzzz")))
    assert (found.kind, found.has_sound, found.audio_codec) == ("video", False, None)


def test_sound_that_nobody_can_decode_is_refused(shelf, put):
    data = bytearray(shelf(".wav").read_bytes())
    at = data.index(b"fmt ") + 8
    data[at : at + 2] = b"\x77\x77"
    assert "neither picture nor sound" in refusal(put(bytes(data)))


def test_picture_without_its_main_item_is_refused(shelf, put):
    data = bytearray(shelf("avif").read_bytes())
    at = data.index(b"pitm") + 8
    data[at : at + 2] = b"\0\x63"
    assert refusal(put(bytes(data)))
