"""Sources are asked as often as they bring something: simulated over days, with news at known times."""

import random
from itertools import pairwise

import pytest

from parvis.core.interval import LONGEST_S, SHORTEST_S, adapted_s, spread_s

HOUR_S, DAY_S = 3600.0, 86_400.0


def simulated(news_at_s, *, until_s, interval_s=900.0):
    """The times of the readings, and how long each piece of news waited."""
    news = sorted(news_at_s)
    asked, delays, now_s, found = [], [], 0.0, 0
    while now_s < until_s:
        before_s, now_s = now_s, now_s + interval_s
        new = [at_s for at_s in news[found:] if at_s <= now_s]
        found += len(new)
        delays += [now_s - at_s for at_s in new]
        asked.append(now_s)
        interval_s = adapted_s(interval_s, elapsed_s=now_s - before_s, new_count=len(new))
    return asked, delays


def every(gap_s, days):
    return [gap_s * number for number in range(1, int(days * DAY_S / gap_s) + 1)]


def at_random(gap_s, days, seed=7):
    draw, at_s, found = random.Random(seed), 0.0, []
    while at_s < days * DAY_S:
        at_s += draw.expovariate(1 / gap_s)
        found.append(at_s)
    return found


@pytest.mark.parametrize("news", [every(HOUR_S, 30), at_random(HOUR_S, 30)], ids=["by the clock", "at random"])
def test_source_that_changes_hourly_is_asked_a_few_times_an_hour(news):
    asked, delays = simulated(news, until_s=30 * DAY_S)
    a_day = len(asked) / 30
    assert 24 < a_day < 24 * 7
    assert sum(delays) / len(delays) < HOUR_S / 2


def test_source_that_changes_every_minute_is_asked_each_minute_and_no_more():
    asked, _ = simulated(every(60.0, 2), until_s=2 * DAY_S)
    gaps = [later - earlier for earlier, later in pairwise(asked)]
    assert min(gaps) == SHORTEST_S
    assert sum(gaps[100:]) / len(gaps[100:]) < 150


def test_silent_source_is_asked_once_a_day():
    asked, _ = simulated([], until_s=60 * DAY_S)
    assert len(asked) < 60 + 40
    assert asked[-1] - asked[-2] == LONGEST_S


def test_weekly_source_costs_a_few_readings_a_day_at_most():
    asked, delays = simulated(every(7 * DAY_S, 140), until_s=140 * DAY_S)
    assert len(asked) / 140 < 2.5
    assert max(delays) <= DAY_S


def test_source_that_wakes_up_is_asked_often_again_after_two_readings():
    news = [90 * DAY_S + 120.0 * number for number in range(2000)]
    asked, _ = simulated(news, until_s=93 * DAY_S)
    first = next(number for number, at_s in enumerate(asked) if at_s > news[0])
    assert asked[first + 2] - asked[first + 1] < 600


def test_burst_once_a_day_does_not_make_a_source_look_busy_for_long():
    news = [DAY_S * day + number for day in range(1, 30) for number in range(10)]
    asked, _ = simulated(news, until_s=30 * DAY_S)
    assert len(asked) / 30 < 24


def test_readings_that_somebody_asks_for_teach_no_patience():
    interval_s = 600.0
    for _ in range(100):
        interval_s = adapted_s(interval_s, elapsed_s=1.0, new_count=0)
    assert interval_s < 630


@pytest.mark.parametrize(
    ("interval_s", "elapsed_s", "new_count"),
    [(0, 0, 0), (0, 0, 5), (1e12, 1e12, 0), (60, -5, 1), (60, 1e9, 0), (1e-9, 1e12, 0), (60, 60, 10**9)],
)
def test_interval_stays_within_its_bounds(interval_s, elapsed_s, new_count):
    assert SHORTEST_S <= adapted_s(interval_s, elapsed_s=elapsed_s, new_count=new_count) <= LONGEST_S


def test_spread_is_a_tenth_either_way():
    assert [round(spread_s(100.0, share)) for share in (-1, 0, 0.5, 1, 2)] == [90, 90, 100, 110, 110]
