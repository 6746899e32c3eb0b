"""What a platform's rule asks of a file."""

from dataclasses import replace

import msgspec
import pytest

from parvis.connectors.bluesky.publishing import media as of_bluesky
from parvis.connectors.mastodon.publishing import media as of_mastodon
from parvis.core.errors import MediaUnfit
from parvis.core.media.looked import Looked
from parvis.core.media.wanted import Wanted, wanted_for
from parvis.core.post import MediaRule

PHOTO = Looked(kind="image", mime="image/jpeg", size_bytes=800_000, width=1_600, height=1_200)
FILM = Looked(
    kind="video", mime="video/mp4", size_bytes=8_000_000, width=1_920, height=1_080, duration_s=20.0, fps=30.0,
    video_codec="h264", audio_codec="aac", pixel_format="yuv420p", has_sound=True, is_animated=True,
)  # fmt: skip
GIF = Looked(
    kind="gif", mime="image/gif", size_bytes=500_000, width=400, height=300, duration_s=2.0, fps=10.0, is_animated=True
)
SOUND = Looked(kind="audio", mime="audio/mpeg", size_bytes=500_000, duration_s=30.0, audio_codec="mp3", has_sound=True)
NARROW = MediaRule(
    kind="image", mimes=("image/jpeg",), most=10, most_bytes=8_388_608, most_width=1_440, ratios=(0.8, 1.91)
)
REEL = MediaRule(
    kind="video", mimes=("video/mp4",), most=1, most_bytes=100_000_000, least_duration_s=3.0, most_duration_s=90.0
)


def rule_of(rules, kind) -> MediaRule:
    return next(rule for rule in rules if rule.kind == kind)


@pytest.mark.parametrize(("looked", "kind"), [(PHOTO, "image"), (FILM, "video"), (GIF, "gif"), (SOUND, "audio")])
def test_mastodon_takes_common_files_as_they_are(looked, kind):
    assert wanted_for(rule_of(of_mastodon({}), kind), looked, name="a") is None


@pytest.mark.parametrize(("looked", "kind"), [(PHOTO, "image"), (FILM, "video")])
def test_bluesky_takes_common_files_as_they_are(looked, kind):
    assert wanted_for(rule_of(of_bluesky({}), kind), looked, name="a") is None


def test_heavy_photo_is_made_lighter_for_bluesky():
    rule = rule_of(of_bluesky({}), "image")
    wanted = wanted_for(rule, replace(PHOTO, size_bytes=9_000_000), name="a")
    assert wanted is not None
    assert (wanted.mime, wanted.most_bytes, wanted.ratio) == ("image/jpeg", rule.most_bytes, None)


def test_moving_gif_becomes_a_film_where_only_films_move():
    wanted = wanted_for(rule_of(of_bluesky({}), "video"), GIF, name="a")
    assert wanted is not None
    assert (wanted.kind, wanted.mime) == ("video", "video/mp4")


def test_mastodons_own_limits_are_kept():
    rules = of_mastodon({"image_pixels": "1000000", "media_mimes": "image/jpeg image/png"})
    wanted = wanted_for(rule_of(rules, "image"), PHOTO, name="a")
    assert wanted is not None
    assert (wanted.most_width, wanted.most_height) == (1_000, 1_000)


@pytest.mark.parametrize(
    "change",
    [
        {"video_codec": "hevc"},
        {"audio_codec": "opus"},
        {"pixel_format": "yuv420p10le"},
        {"mime": "video/quicktime"},
        {"mime": "video/webm", "video_codec": "vp9", "audio_codec": "opus"},
        {"size_bytes": 400_000_000},
    ],
)
def test_film_that_players_do_not_take_is_made_anew(change):
    wanted = wanted_for(rule_of(of_bluesky({}), "video"), replace(FILM, **change), name="a")
    assert wanted is not None
    assert (wanted.mime, wanted.most_width, wanted.most_fps) == ("video/mp4", 1_920, 60.0)


@pytest.mark.parametrize(
    ("sides", "ratio"), [((1_200, 1_200), None), ((1_000, 2_000), (4, 5)), ((3_000, 1_000), (191, 100))]
)
def test_ratio_outside_becomes_the_nearest_allowed(sides, ratio):
    wanted = wanted_for(NARROW, replace(PHOTO, width=sides[0], height=sides[1]), name="a", focus=(0.2, 0.3))
    assert (wanted.ratio if wanted else None) == ratio
    if wanted:
        assert wanted.focus == (0.2, 0.3)


def test_ratio_asked_for_wins_and_is_met_from_near():
    assert wanted_for(REEL, FILM, name="a", ratio=(9, 16)).ratio == (9, 16)
    assert wanted_for(REEL, replace(FILM, width=606, height=1_080), name="a", ratio=(9, 16)) is None


def test_length_is_never_cut_without_somebodys_choice():
    with pytest.raises(MediaUnfit, match="at most 90"):
        wanted_for(REEL, replace(FILM, duration_s=120.0), name="a")
    wanted = wanted_for(REEL, replace(FILM, duration_s=120.0), name="a", trim=(10.0, 40.0))
    assert wanted.trim == (10.0, 40.0)
    with pytest.raises(MediaUnfit, match="at least 3"):
        wanted_for(REEL, FILM, name="a", trim=(1.0, 2.0))
    with pytest.raises(MediaUnfit, match="not within"):
        wanted_for(REEL, FILM, name="a", trim=(25.0, 40.0))


def test_other_kinds_are_refused_in_both_languages():
    for rule, looked in ((NARROW, FILM), (REEL, PHOTO), (rule_of(of_mastodon({}), "gif"), PHOTO)):
        with pytest.raises(MediaUnfit) as refused:
            wanted_for(rule, looked, name="a")
        assert refused.value.text.fr != refused.value.text.en


def test_transparency_is_kept_where_the_platform_can():
    clear = replace(PHOTO, mime="image/png", has_alpha=True, size_bytes=9_000_000)
    assert wanted_for(rule_of(of_bluesky({}), "image"), clear, name="a").mime == "image/webp"
    assert wanted_for(NARROW, clear, name="a").mime == "image/jpeg"
    drawn = replace(PHOTO, mime="image/png", width=9_000, size_bytes=90_000)
    assert wanted_for(rule_of(of_mastodon({}), "image"), drawn, name="a").mime == "image/png"


def test_key_tells_all_but_the_name_and_outlives_json():
    one = Wanted(name="a", kind="image", mime="image/jpeg", ratio=(4, 5), focus=(0.1, 0.2))
    assert one.key == replace(one, name="b").key != replace(one, focus=(0.1, 0.3)).key
    assert msgspec.json.decode(msgspec.json.encode(one), type=Wanted) == one
