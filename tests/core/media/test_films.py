"""Forms of a film: within their rule, upright, exactly cut, with their sound, and out of one decode."""

import errno
from fractions import Fraction

import pytest
from PIL import Image, ImageChops, ImageStat

from parvis.connectors.bluesky.publishing import media as of_bluesky
from parvis.connectors.mastodon.publishing import media as of_mastodon
from parvis.core.errors import MediaUnfit, MediaUnreadable
from parvis.core.media import films, lettering
from parvis.core.media.burning import Strip
from parvis.core.media.captions import Captions, Cue
from parvis.core.media.film_opening import telling_apart
from parvis.core.media.films import poster, render_film
from parvis.core.media.looked import look
from parvis.core.media.wanted import Wanted, wanted_for

from .conftest import SOUNDS, make_film, make_sound


def film(name: str = "a", **given) -> Wanted:
    return Wanted(**{"name": name, "kind": "video", "mime": "video/mp4", **given})


def still(path, at_s: float, into) -> Image.Image:
    return Image.open(poster(path, into / "still.jpg", at_s=at_s).path).convert("RGB").copy()


def apart(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of the points, 0 to 255."""
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


def frames_of(path) -> int:
    import av

    with av.open(str(path)) as found:
        return sum(1 for _ in found.decode(video=0))


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """160 by 90, 20 frames in a second, with a tone."""
    return make_film(tmp_path_factory.mktemp("films") / "plain.mp4")


def test_three_shapes_come_out_of_one_decode(plain, tmp_path, monkeypatch):
    decodes = []
    real = films._decode
    monkeypatch.setattr(films, "_decode", lambda *given: decodes.append(1) or real(*given))
    forms = [film("tall", ratio=(9, 16)), film("square", ratio=(1, 1), most_width=64), film("wide", ratio=(16, 9))]
    told = []
    made = render_film(plain, forms, tmp_path, on_progress=told.append)
    assert len(decodes) == 1
    assert [(one.name, one.width, one.height) for one in made] == [
        ("tall", 50, 90),
        ("square", 64, 64),
        ("wide", 160, 90),
    ]
    assert told == sorted(told) and told[-1] == 1.0
    for one in made:
        found = look(one.path)
        assert (found.video_codec, found.audio_codec, found.pixel_format) == ("h264", "aac", "yuv420p")
        assert found.duration_s == pytest.approx(1.0, abs=0.06)
        assert frames_of(one.path) == 20
        assert not found.has_person_data
        data = one.path.read_bytes()
        assert 0 < data.find(b"moov") < data.find(b"mdat")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["square.mp4", "tall.mp4", "wide.mp4"]


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_turned_film_comes_out_upright(tmp_path, turned):
    path = make_film(tmp_path / "film.mp4", turned=turned, seconds=0.3, sound=None)
    made = render_film(path, [film(), film("cut", ratio=(1, 1), focus=(0.1, 0.1))], tmp_path)
    size = (90, 160) if turned in (90, 270) else (160, 90)
    assert (made[0].width, made[0].height) == size
    before = still(path, 0.1, tmp_path)
    assert before.size == size
    assert apart(before, still(made[0].path, 0.1, tmp_path)) < 8
    assert apart(before.crop((0, 0, 90, 90)), still(made[1].path, 0.1, tmp_path)) < 8


def test_oblong_points_become_square(tmp_path):
    path = make_film(tmp_path / "film.mp4", ratio=Fraction(4, 3), seconds=0.2, sound=None)
    made = render_film(path, [film(), film("cut", ratio=(1, 1))], tmp_path)
    assert [(one.width, one.height) for one in made] == [(212, 90), (90, 90)]
    assert apart(still(path, 0.1, tmp_path).crop((61, 0, 151, 90)), still(made[1].path, 0.1, tmp_path)) < 8


@pytest.mark.parametrize("trim", [(0.0, 0.5), (0.25, 0.75), (0.5, 1.0)])
def test_part_is_cut_to_the_frame_and_the_sample(plain, tmp_path, trim):
    made = render_film(plain, [film(trim=trim), film("whole")], tmp_path)[0]
    assert frames_of(made.path) == 10
    assert made.duration_s == pytest.approx(0.5, abs=0.03)
    assert apart(still(plain, trim[0] + 0.2, tmp_path), still(made.path, 0.2, tmp_path)) < 8


def test_longest_time_is_kept(plain, tmp_path):
    made = render_film(plain, [film(most_duration_s=0.5)], tmp_path)[0]
    assert made.duration_s <= 0.53


def test_frames_a_second_are_capped(plain, tmp_path):
    made = render_film(plain, [film(most_fps=10.0)], tmp_path)[0]
    assert frames_of(made.path) == 10
    assert look(made.path).fps == pytest.approx(10.0)


@pytest.mark.parametrize("most_bytes", [60_000, 25_000])
def test_weight_is_kept_and_used(plain, tmp_path, most_bytes):
    made = render_film(plain, [film(most_bytes=most_bytes)], tmp_path)[0]
    assert most_bytes * 0.3 < made.size_bytes == made.path.stat().st_size <= most_bytes


def test_form_that_comes_out_too_heavy_is_made_again_and_it_alone(tmp_path, monkeypatch):
    path = make_film(tmp_path / "film.mp4", sound=None)
    runs = []
    real = films._run
    monkeypatch.setattr(films, "_run", lambda *given: runs.append(len(given[2])) or real(*given))
    monkeypatch.setattr(films, "FILLED", 8.0)  # as if the first guess were much too hopeful
    made = render_film(path, [film("light", most_bytes=15_000), film("free")], tmp_path)
    assert made[0].size_bytes <= 15_000
    assert runs[0] == 2 and len(runs) > 1 and set(runs[1:]) == {1}


def test_impossible_weight_is_told_and_leaves_nothing(plain, tmp_path):
    with pytest.raises(MediaUnfit, match="do not go into"):
        render_film(plain, [film(most_bytes=3_000)], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_sound_that_passes_is_copied(plain, tmp_path):
    import av

    made = render_film(plain, [film()], tmp_path)[0]
    heard = []
    for path in (plain, made.path):
        with av.open(str(path)) as found:
            heard.append([bytes(packet) for packet in found.demux(found.streams.audio[0]) if packet.dts is not None])
    assert heard[0] == heard[1]


def test_webm_becomes_mp4_with_aac(shelf, tmp_path):
    found = look(render_film(shelf("webm"), [film()], tmp_path)[0].path)
    assert (found.mime, found.video_codec, found.audio_codec) == ("video/mp4", "h264", "aac")


def test_silent_film_stays_silent(tmp_path):
    path = make_film(tmp_path / "film.mp4", sound=None, seconds=0.2)
    assert not look(render_film(path, [film()], tmp_path)[0].path).has_sound


def test_captions_are_burnt_in_while_they_are_to_be_seen(plain, tmp_path):
    captions = Captions((Cue(0.3, 0.6, "Été à Genève"),))
    with_words, without = (
        render_film(plain, [film(name)], tmp_path, captions=words)[0] for name, words in (("a", captions), ("b", None))
    )
    differences = [
        apart(still(with_words.path, at_s, tmp_path), still(without.path, at_s, tmp_path)) for at_s in (0.1, 0.45, 0.8)
    ]
    assert differences[1] > 2 > max(differences[0], differences[2])


def test_captions_of_a_part_are_reckoned_from_its_beginning(plain, tmp_path):
    captions = Captions((Cue(0.5, 0.7, "Word"),))
    forms = [film(trim=(0.4, 0.9))]
    with_words = render_film(plain, forms, tmp_path, captions=captions)[0].path.rename(tmp_path / "words.mp4")
    without = render_film(plain, forms, tmp_path)[0].path
    differences = [apart(still(with_words, at_s, tmp_path), still(without, at_s, tmp_path)) for at_s in (0.0, 0.2, 0.4)]
    assert differences[1] > 2 > max(differences[0], differences[2])


def test_machine_without_fonts_still_writes_french(monkeypatch):
    monkeypatch.setattr(lettering, "FONTS", ())
    strip = Strip(Captions((Cue(0, 1, "Où naît l’œuvre ? Ça, « déjà »…"),)), width=320, height=180)
    assert strip.letters.is_own
    assert strip.letters.length("naît") == strip.letters.length("nait")
    assert (strip.at(0.5).width, strip.at(0.5).format.name) == (320, "yuva420p")


def test_letters_that_cannot_be_drawn_are_named(plain, tmp_path, monkeypatch):
    monkeypatch.setattr(lettering, "FONTS", ())
    with pytest.raises(MediaUnfit, match="你 好"):
        render_film(plain, [film()], tmp_path, captions=Captions((Cue(0, 1, "你好"),)))
    assert list(tmp_path.iterdir()) == []


def test_long_words_and_many_lines_stay_in_the_picture():
    strip = Strip(Captions((Cue(0, 1, "word " * 80),)), width=100, height=60)
    assert strip.top >= 0
    assert strip.top + strip.height <= 60


def test_poster_is_the_picture_at_that_moment(plain, tmp_path):
    first, later = still(plain, 0.0, tmp_path), still(plain, 0.7, tmp_path)
    assert apart(first, later) > 2
    made = poster(plain, tmp_path, at_s=99.0)
    assert (made.name, made.mime, made.width, made.height) == ("poster", "image/jpeg", 160, 90)
    assert look(made.path).width == 160


@pytest.mark.parametrize(("mime", "codec"), [("audio/mp4", "aac"), ("audio/mpeg", "mp3"), ("audio/ogg", "opus")])
def test_sound_is_made_of_a_film(plain, tmp_path, mime, codec):
    form = Wanted(name="a", kind="audio", mime=mime, trim=(0.2, 0.7))
    found = look(render_film(plain, [form], tmp_path)[0].path)
    assert (found.kind, found.mime) == ("audio", mime)
    assert codec in found.audio_codec
    assert found.duration_s == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("kind", SOUNDS)
def test_every_sound_can_be_made_another(shelf, tmp_path, kind):
    form = Wanted(name="a", kind="audio", mime="audio/mp4", most_bytes=15_000)
    made = render_film(shelf(kind), [form], tmp_path)[0]
    assert made.size_bytes <= 15_000


def test_sound_too_long_for_its_weight_is_told(shelf, tmp_path):
    with pytest.raises(MediaUnfit, match="sound alone"):
        render_film(shelf(".mp3"), [Wanted(name="a", kind="audio", mime="audio/mp4", most_bytes=1_000)], tmp_path)


def test_film_asked_of_a_sound_is_refused(tmp_path):
    path = make_sound(tmp_path / "sound.mp3", "libmp3lame", seconds=0.2)
    with pytest.raises(MediaUnfit, match="no moving picture"):
        render_film(path, [film()], tmp_path)
    with pytest.raises(MediaUnfit, match="no moving picture"):
        poster(path, tmp_path, at_s=0)


def test_broken_film_is_refused_and_leaves_nothing(plain, tmp_path):
    data = bytearray(plain.read_bytes())
    start = data.index(b"mdat") + 4
    data[start:] = bytes(len(data) - start)
    path = tmp_path / "broken.mp4"
    path.write_bytes(data)
    into = tmp_path / "into"
    into.mkdir()
    with pytest.raises(MediaUnreadable):
        render_film(path, [film()], into)
    assert list(into.iterdir()) == []


def test_full_disk_is_not_told_as_the_files_fault():
    import av

    with pytest.raises(OSError) as full, telling_apart():
        av.error.err_check(-errno.ENOSPC)
    assert full.value.errno == errno.ENOSPC
    assert not isinstance(full.value, av.error.FFmpegError)


@pytest.mark.parametrize("rules", [of_mastodon({}), of_bluesky({}), of_mastodon({"video_bytes": "60000"})])
def test_form_passes_the_rule_that_it_was_made_for(plain, shelf, tmp_path, rules):
    rule = next(rule for rule in rules if rule.kind == "video")
    for path in (plain, shelf("mov"), shelf("webm")):
        form = wanted_for(rule, look(path), name="a", ratio=(9, 16))
        made = render_film(path, [form], tmp_path)[0]
        assert wanted_for(rule, look(made.path), name="a", ratio=(9, 16)) is None
