"""Which part is shown, for any picture and any rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.core.media.framing import frame_of

SIDES = st.integers(1, 12_000)
RATIOS = st.tuples(st.integers(1, 30), st.integers(1, 30))
SHARES = st.floats(0, 1)


@given(SIDES, SIDES, st.none() | RATIOS, st.none() | SIDES, st.none() | SIDES, st.tuples(SHARES, SHARES))
def test_part_lies_within_the_picture_and_holds_what_must_stay(width, height, ratio, most_width, most_height, focus):
    frame = frame_of((width, height), ratio=ratio, most=(most_width, most_height), focus=focus)
    left, top, right, bottom = frame.box
    slack = 1e-6 * max(width, height)
    assert left >= 0 and top >= 0 and right <= width + slack and bottom <= height + slack
    assert left - slack <= focus[0] * width <= right + slack
    assert top - slack <= focus[1] * height <= bottom + slack
    assert 1 <= frame.out_width <= min(width, most_width or width)
    assert 1 <= frame.out_height <= min(height, most_height or height)


@given(st.integers(200, 12_000), st.integers(200, 12_000), RATIOS)
def test_points_stay_square(width, height, ratio):
    frame = frame_of((width, height), ratio=ratio, most=(1_000, 1_000))
    assert frame.width / frame.height == pytest.approx(frame.out_width / frame.out_height, rel=1e-6)


@given(st.integers(100, 8_000), st.integers(100, 8_000), st.tuples(st.integers(40, 200), st.integers(40, 2000)))
def test_films_have_even_sides(width, height, most):
    frame = frame_of((width, height), most=most, step=2)
    assert frame.out_width % 2 == 0 and frame.out_height % 2 == 0
    assert 2 <= frame.out_width <= most[0] and 2 <= frame.out_height <= most[1]


@given(st.integers(50, 9_000), st.integers(50, 9_000), st.integers(50, 4_000), st.integers(50, 4_000))
def test_whole_sides_keep_within_the_allowed_ratios(width, height, most_width, most_height):
    least, most = 0.8, 1.91
    found = width / height
    ratio = (4, 5) if found < least else (191, 100) if found > most else None
    frame = frame_of((width, height), ratio=ratio, ratios=(least, most), most=(most_width, most_height))
    assert least <= frame.out_width / frame.out_height <= most


def test_portrait_of_a_landscape_is_exactly_what_is_asked():
    frame = frame_of((6_000, 4_000), ratio=(9, 16), most=(1_080, 1_920))
    assert (frame.out_width, frame.out_height) == (1_080, 1_920)
    assert frame.box == (1_875.0, 0.0, 4_125.0, 4_000.0)


def test_what_must_stay_keeps_its_place_or_comes_to_the_inner_third():
    third = frame_of((3_000, 1_000), ratio=(1, 1), focus=(0.4, 0.5))
    assert third.left == pytest.approx(0.4 * 3_000 - 0.4 * 1_000)
    edge = frame_of((3_000, 1_000), ratio=(1, 1), focus=(0.9, 0.5))
    assert edge.left == 2_000.0
    outer = frame_of((3_000, 1_000), ratio=(1, 1), focus=(0.2, 0.5))
    assert outer.left == pytest.approx(0.2 * 3_000 - 1_000 / 3)


def test_nothing_is_enlarged():
    frame = frame_of((300, 200), most=(4_096, 4_096))
    assert (frame.out_width, frame.out_height, frame.box) == (300, 200, (0.0, 0.0, 300.0, 200.0))
