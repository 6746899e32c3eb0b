"""Intervals of reports, beside values written out in textbooks and papers."""

import random
from math import inf, sqrt

import pytest

from parvis.core.counting.changes import compare_counts
from parvis.core.counting.means import Sums, mean_change, t_of
from parvis.core.counting.shares import Interval, share_change, share_of, wilson, z_of

STUDENT_A = (0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0)
STUDENT_B = (1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4)
"""Hours of sleep gained with two drugs: Student 1908."""


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_newcombes_table(count, total, low, high):
    """Newcombe 1998, Table I, method 3."""
    share = share_of(count, total)
    assert share.value == count / total
    assert share.interval == pytest.approx((low, high), abs=0.00005)


@pytest.mark.parametrize("count", [0, 7, 20])
def test_a_share_lies_within_its_interval_and_never_leaves_the_scale(count):
    low, high = wilson(count, 20, z=1.96)
    assert 0 <= low <= count / 20 <= high <= 1


def test_three_shares_at_once_have_goodmans_intervals():
    """Their ends solve total * (share - p)² = chi² * p * (1 - p); chi² for a chance of 5 % / 3 is 5.731 in tables."""
    low, high = share_of(56, 200, among=3).interval
    for end in (low, high):
        assert 200 * (0.28 - end) ** 2 == pytest.approx(5.731 * end * (1 - end), rel=0.0005)
    assert (low, high) != share_of(56, 200).interval
    assert share_of(3, 0) is None


def test_the_difference_of_two_shares_is_newcombes():
    """Newcombe 1998 (second paper), Table II: 56/70 less 48/80, method 10."""
    assert share_change((48, 80), (56, 70)) == pytest.approx((0.0524, 0.3339), abs=0.00005)
    assert share_change((0, 0), (1, 2)) is None


@pytest.mark.parametrize(("degrees", "table"), [(4, 2.776), (5, 2.571), (10, 2.228), (30, 2.042), (120, 1.980)])
def test_students_t_is_that_of_the_tables(degrees, table):
    assert t_of(0.05, degrees=degrees) == pytest.approx(table, abs=0.001)


def test_the_mean_of_students_sleepers_has_his_interval():
    gained = Sums.of(*(b - a for a, b in zip(STUDENT_A, STUDENT_B, strict=True)))
    assert gained.mean == pytest.approx(1.58)
    assert gained.interval() == pytest.approx((0.7001, 2.4599), abs=0.0005)
    assert Sums.of(*STUDENT_A).interval(limits=Interval(-0.5, 1.0)) == (-0.5, 1.0)


def test_the_difference_of_two_means_is_welchs():
    change = mean_change(Sums.of(*STUDENT_A), Sums.of(*STUDENT_B))
    assert change == pytest.approx((-0.2055, 3.3655), abs=0.0005)


def test_too_few_values_have_a_mean_and_no_interval():
    few = Sums.of(0.5, 0.1, -0.3)
    assert few.mean == pytest.approx(0.1)
    assert few.interval() is None
    assert mean_change(few, Sums.of(*STUDENT_A)) is None
    assert Sums().mean is None
    assert Sums.of(1.0) + Sums.of(2.0) == Sums.of(1.0, 2.0)


def test_equal_days_stray_as_the_law_says():
    """20 against 10, no day apart: the interval of the share 20/30, turned into odds."""
    change = compare_counts([2] * 5, [4] * 5)
    share = wilson(20, 30, z=z_of(0.05))
    assert change.ratio == 2
    assert change.interval == pytest.approx((share.low / (1 - share.low), share.high / (1 - share.high)))


def test_days_that_stray_further_widen_the_interval_by_what_they_show():
    """A 2 x 7 table with a chi-squared of 16.8 on 6 degrees of freedom: 2.8 times the law's variance."""
    before, after = [10, 10, 10, 10, 10, 10, 10], [10, 10, 10, 10, 10, 10, 45]
    squared = sum((b * 70 - a * 105) ** 2 / (a + b) for a, b in zip(before, after, strict=True)) / (70 * 105)
    plain, wide = compare_counts([70], [105]), compare_counts(before, after)
    assert plain.is_more_than_chance
    assert not wide.is_more_than_chance
    share = wilson(105 * 6 / squared, 175 * 6 / squared, z=t_of(0.05, degrees=6))
    assert wide.interval == pytest.approx((share.low / (1 - share.low), share.high / (1 - share.high)))


def test_from_nothing_to_something_has_no_ratio_and_an_open_end():
    change = compare_counts([0, 0], [3, 9])
    assert change.ratio is None
    assert change.interval.high == inf
    assert change.is_more_than_chance
    assert not compare_counts([0, 0], [1, 0]).is_more_than_chance
    assert compare_counts([0], [0]) is None
    with pytest.raises(ValueError, match="lengths"):
        compare_counts([1], [1, 2])


@pytest.mark.parametrize("burst", [0.0, 0.25])
def test_weeks_that_differ_by_chance_alone_are_seldom_called_different(burst):
    """Days of a weekday's own mean that stray by Poisson's law, or by `burst` of their mean besides."""
    rng = random.Random(7)
    week = (120, 110, 100, 105, 90, 40, 35)
    called = 0
    for _ in range(1000):
        before, after = ([_drawn(rng, mean, burst) for mean in week] for _ in range(2))
        called += compare_counts(before, after).is_more_than_chance
    assert called / 1000 < 0.08


def test_a_week_with_a_half_more_is_mostly_seen():
    rng = random.Random(8)
    week = (120, 110, 100, 105, 90, 40, 35)
    seen = sum(
        compare_counts(
            [_drawn(rng, mean, 0.1) for mean in week], [_drawn(rng, mean * 1.5, 0.1) for mean in week]
        ).is_more_than_chance
        for _ in range(300)
    )
    assert seen / 300 > 0.9


def _drawn(rng, mean, burst):
    strayed = max(rng.gauss(mean, burst * mean), 0.0)
    return max(round(rng.gauss(strayed, sqrt(strayed))), 0)
