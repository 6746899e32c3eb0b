"""Baselines: what is normal is learnt, what is not alarms, and one event is one alert."""

import json
import math
import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parvis.core.counting import (
    FALSE_ALARMS_A_MONTH,
    LEAST_HOURS,
    LEAST_ITEMS,
    Baseline,
    Direction,
    Expected,
    Step,
    Tone,
    ToneBaseline,
    Verdict,
    follow,
    judge,
    judge_tone,
)
from parvis.core.counting.seasons import WEEK_HOURS, slot_of
from parvis.core.counting.tails import count_quantile

ZURICH = ZoneInfo("Europe/Zurich")
MONDAY = datetime(2026, 1, 4, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)
OFFICE_HOURS = range(8, 18)


def usual_rate(hour, level):
    local = (MONDAY + hour * HOUR).astimezone(ZURICH)
    return level * (2.0 if local.hour in OFFICE_HOURS and local.weekday() < 5 else 0.4)


def drawn(chance, mean):
    mean *= chance.gammavariate(10, 0.1)
    if mean > 50:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count


def taught(weeks, level, *, seed=1, times=None):
    """A baseline that saw so many weeks; `times` tells how many times the usual rate an hour has."""
    chance, baseline = random.Random(seed), Baseline(ZURICH)
    for hour in range(weeks * WEEK_HOURS):
        rate = usual_rate(hour, level) * (times(hour) if times else 1)
        baseline.observe(MONDAY + hour * HOUR, drawn(chance, rate))
    return baseline


def week_after(weeks):
    return [(hour, MONDAY + hour * HOUR) for hour in range(weeks * WEEK_HOURS, (weeks + 1) * WEEK_HOURS)]


def test_too_little_history_expects_nothing_and_says_nothing():
    baseline = Baseline(ZURICH)
    for hour in range(LEAST_HOURS):
        assert baseline.expect(MONDAY + hour * HOUR) is None
        baseline.observe(MONDAY + hour * HOUR, 3)
    assert baseline.expect(MONDAY + LEAST_HOURS * HOUR) is not None
    assert judge(None, 10_000, minutes_elapsed=60) is None


@pytest.mark.parametrize(("level", "most"), [(0.5, 0.5), (20, 0.25), (500, 0.2)])
def test_the_hours_of_the_week_are_learnt(level, most):
    baseline = taught(8, level)
    errors = [abs(math.log(baseline.expect(at).mean / usual_rate(hour, level))) for hour, at in week_after(8)]
    assert sum(errors) / len(errors) < most


@pytest.mark.parametrize("level", [0.5, 20, 500])
def test_quiet_weeks_raise_fewer_alarms_than_stated(level):
    chance = random.Random(4)
    alarms = hours = 0
    for seed in range(4):
        baseline = taught(6, level, seed=seed)
        for hour in range(6 * WEEK_HOURS, 30 * WEEK_HOURS):
            at, count = MONDAY + hour * HOUR, drawn(chance, usual_rate(hour, level))
            alarms += judge(baseline.expect(at), count, minutes_elapsed=60).is_alarm
            baseline.observe(at, count)
            hours += 1
    assert alarms / hours * 730 <= 2 * FALSE_ALARMS_A_MONTH


@pytest.mark.parametrize(("level", "count"), [(0.5, 14), (20, 200), (500, 3_600)])
def test_what_a_person_calls_an_event_alarms(level, count):
    baseline = taught(10, level)
    noon = next(at for hour, at in week_after(10) if at.astimezone(ZURICH).hour == 12)
    assert judge(baseline.expect(noon), count, minutes_elapsed=60).direction is Direction.MORE


def test_a_drop_of_a_loud_query_alarms_when_the_hour_is_over_and_a_holiday_does_not():
    expected = taught(5, 500).expect(MONDAY + (5 * WEEK_HOURS + 12) * HOUR)
    assert judge(expected, 90, minutes_elapsed=59) is None
    assert judge(expected, 90, minutes_elapsed=60).direction is Direction.LESS
    assert judge(expected, 600, minutes_elapsed=60).direction is Direction.NORMAL


def test_a_quiet_query_never_alarms_for_silence():
    baseline = taught(5, 0.5)
    assert all(not judge(baseline.expect(at), 0, minutes_elapsed=60).is_alarm for _, at in week_after(5))


def test_a_running_hour_alarms_as_soon_as_it_holds_too_many_and_says_nothing_before():
    expected = Expected(mean=10, median=10, lower=1, upper=25, dispersion=0.1)
    assert judge(expected, 25, minutes_elapsed=10) is None
    assert judge(expected, 26, minutes_elapsed=10) == Verdict(Direction.MORE, 2.6)
    assert judge(expected, 25, minutes_elapsed=60) == Verdict(Direction.NORMAL, 2.5)


def test_the_hour_after_a_high_one_alarms_sooner_and_no_other_does():
    baseline = taught(8, 20)
    noon = MONDAY + (8 * WEEK_HOURS + 12) * HOUR
    before = baseline.expect(noon)
    baseline.observe(noon - HOUR, baseline.expect(noon - HOUR).upper)
    after = baseline.expect(noon)
    assert before.median < after.upper < before.upper
    assert baseline.expect(noon + HOUR).upper >= before.upper * 0.9


def test_an_event_is_not_learnt_as_normal():
    def storm(hour):
        return 12.0 if 6 * WEEK_HOURS + 10 <= hour < 6 * WEEK_HOURS + 34 else 1.0

    calm, stormy = taught(7, 20), taught(7, 20, times=storm)
    for _, at in week_after(7):
        assert stormy.expect(at).mean < 1.5 * calm.expect(at).mean
        assert stormy.expect(at).upper < 1.7 * calm.expect(at).upper


def test_a_change_that_stays_becomes_normal_within_some_weeks():
    baseline = taught(20, 20, times=lambda hour: 3.0 if hour >= 8 * WEEK_HOURS else 1.0)
    for hour, at in week_after(20):
        assert baseline.expect(at).mean == pytest.approx(3 * usual_rate(hour, 20), rel=0.5)


def test_people_write_by_the_clock_on_the_wall_in_summer_and_in_winter():
    winter, summer = datetime(2026, 1, 12, 7, 0, tzinfo=UTC), datetime(2026, 7, 13, 6, 0, tzinfo=UTC)
    assert slot_of(winter, ZURICH) == slot_of(summer, ZURICH) == 8
    autumn = [slot_of(datetime(2026, 10, 25, hour, tzinfo=UTC), ZURICH) for hour in range(3)]
    spring = [slot_of(datetime(2026, 3, 29, hour, tzinfo=UTC), ZURICH) for hour in range(3)]
    assert [slot % 24 for slot in autumn] == [2, 2, 3]
    assert [slot % 24 for slot in spring] == [1, 3, 4]


def test_a_baseline_learnt_in_winter_is_right_the_day_after_the_clock_changes():
    start = datetime(2026, 2, 1, 23, tzinfo=UTC)
    baseline = Baseline(ZURICH)
    change = datetime(2026, 3, 29, 1, tzinfo=UTC)
    at = start
    while at < change + timedelta(days=1):
        busy = at.astimezone(ZURICH).hour in OFFICE_HOURS
        baseline.observe(at, 40 if busy else 4)
        at += HOUR
    first_busy = datetime(2026, 3, 30, 6, tzinfo=UTC)
    assert baseline.expect(first_busy).mean > 20
    assert baseline.expect(first_busy - HOUR).mean < 20


def test_hours_that_nobody_counted_are_no_silence():
    chance, whole, gappy = random.Random(2), Baseline(ZURICH), Baseline(ZURICH)
    for hour in range(10 * WEEK_HOURS):
        at, count = MONDAY + hour * HOUR, drawn(chance, usual_rate(hour, 20))
        whole.observe(at, count)
        if not 700 <= hour < 800 and hour % 11:
            gappy.observe(at, count)
    for _, at in week_after(10):
        assert gappy.expect(at).mean == pytest.approx(whole.expect(at).mean, rel=0.5)


def test_a_restored_baseline_expects_the_same():
    baseline = taught(4, 20)
    state = json.loads(json.dumps(baseline.state()))
    assert len(json.dumps(state)) < 6_000
    restored = Baseline.from_state(state, ZURICH)
    for hour, at in week_after(4)[:60]:
        wanted, found = baseline.expect(at), restored.expect(at)
        assert found.mean == pytest.approx(wanted.mean, rel=1e-3)
        assert abs(found.upper - wanted.upper) <= 1
        for one in (baseline, restored):
            one.observe(at, hour % 50)
    with pytest.raises(ValueError, match="version"):
        Baseline.from_state({**state, "version": 0}, ZURICH)


def test_fewer_false_alarms_wanted_means_wider_bounds():
    state = taught(4, 20).state()
    at = MONDAY + (4 * WEEK_HOURS + 12) * HOUR
    strict, loose = (Baseline.from_state(state, ZURICH, false_alarms_a_month=rate).expect(at) for rate in (0.05, 5))
    assert strict.upper > loose.upper
    assert strict.median == loose.median


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=30), st.integers(0, 400))
def test_bounds_are_in_order_whatever_was_counted(counts, offset):
    baseline = Baseline(UTC)
    for hour in range(LEAST_HOURS + offset):
        baseline.observe(MONDAY + hour * HOUR, counts[hour % len(counts)])
    expected = baseline.expect(MONDAY)
    assert 0 <= expected.lower <= expected.median <= expected.upper
    assert expected.mean > 0


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.floats(0, 1e5), st.floats(0, 4), st.floats(0.0001, 0.9999), st.floats(0.0001, 0.9999))
def test_quantiles_grow_with_the_share(mean, dispersion, share, other):
    low, high = sorted((share, other))
    at = {"mean": mean, "dispersion": dispersion}
    assert 0 <= count_quantile(low, **at) <= count_quantile(high, **at)


@pytest.mark.parametrize(
    ("mean", "dispersion", "share", "count"),
    [(2, 0.3, 0.9997, 12), (10, 0.3, 0.9997, 45), (0.5, 2, 0.99, 5), (29, 0.05, 0.0003, 7), (0, 1, 0.9, 0)],
)
def test_small_counts_have_exact_quantiles(mean, dispersion, share, count):
    assert count_quantile(share, mean=mean, dispersion=dispersion) == count


def told(verdicts, calm_hours=3):
    episode, steps = None, []
    for hour, verdict in enumerate(verdicts):
        episode, step = follow(episode, verdict, MONDAY + hour * HOUR, calm_hours=calm_hours)
        steps.append(step)
    return episode, steps


MORE, LESS, CALM = Verdict(Direction.MORE, 5.0), Verdict(Direction.LESS, 0.1), Verdict(Direction.NORMAL, 1.0)


def test_one_event_is_one_alert_until_it_was_calm_for_some_hours():
    episode, steps = told([CALM, MORE, MORE, CALM, CALM, MORE, CALM, CALM, CALM, CALM, MORE])
    assert steps.count(Step.BEGINS) == 2
    assert steps[8] is Step.ENDS
    assert episode.first_hour == MONDAY + 10 * HOUR


def test_hours_that_tell_nothing_prolong_an_event_and_begin_none():
    _, steps = told([None, MORE, None, CALM, None, None, None, CALM])
    assert steps == [Step.NOTHING, Step.BEGINS, Step.NOTHING, Step.GOES_ON, *[Step.NOTHING] * 3, Step.ENDS]


def test_a_running_hour_told_often_is_one_event_and_not_calm_sooner():
    episode = None
    for _ in range(4):
        episode, _ = follow(episode, MORE, MONDAY, calm_hours=2)
    assert episode.first_hour == MONDAY
    for _ in range(4):
        episode, _ = follow(episode, CALM, MONDAY + HOUR, calm_hours=2)
    assert episode is not None
    episode, step = follow(episode, CALM, MONDAY + 2 * HOUR, calm_hours=2)
    assert (episode, step) == (None, Step.ENDS)


def test_the_other_direction_is_another_event_and_the_farthest_hour_is_kept():
    episode, steps = told([MORE, Verdict(Direction.MORE, 9.0), MORE, LESS, Verdict(Direction.LESS, 0.02), LESS])
    assert steps.count(Step.BEGINS) == 2
    assert episode.farthest == 0.02
    assert episode.last_hour == MONDAY + 5 * HOUR


def tone_of(chance, mean, items):
    scores = [max(-1.0, min(1.0, chance.gauss(mean, 0.4))) for _ in range(items)]
    average = sum(scores) / items
    spread = math.sqrt(sum((score - average) ** 2 for score in scores) / max(1, items - 1))
    return Tone(average, spread / math.sqrt(items), items)


def toned(weeks, *, items=30, seed=1):
    chance, baseline = random.Random(seed), ToneBaseline(ZURICH)
    for hour in range(weeks * WEEK_HOURS):
        baseline.observe(MONDAY + hour * HOUR, tone_of(chance, chance.gauss(0.2, 0.05), items))
    return baseline


def test_a_harsh_hour_alarms_and_a_kind_one_too():
    expected = toned(4).expect(MONDAY)
    assert judge_tone(expected, Tone(-0.3, 0.07, 30)).direction is Direction.LESS
    assert judge_tone(expected, Tone(0.7, 0.07, 30)).direction is Direction.MORE
    assert judge_tone(expected, Tone(0.25, 0.07, 30)).direction is Direction.NORMAL


def test_few_posts_say_nothing_about_the_tone_and_teach_nothing():
    baseline = toned(4)
    before = baseline.state()
    baseline.observe(MONDAY, Tone(-1.0, 0.0, LEAST_ITEMS - 1))
    assert baseline.state() == before
    assert judge_tone(baseline.expect(MONDAY), Tone(-1.0, 0.0, LEAST_ITEMS - 1)) is None
    assert ToneBaseline(ZURICH).expect(MONDAY) is None


def test_posts_that_agree_by_chance_are_not_believed_to_be_sure():
    expected = toned(4).expect(MONDAY)
    assert judge_tone(expected, Tone(-0.05, 0.0, LEAST_ITEMS)).direction is Direction.NORMAL


def test_calm_tone_raises_fewer_alarms_than_stated():
    chance, baseline = random.Random(6), toned(4)
    alarms = 0
    for hour in range(4 * WEEK_HOURS, 56 * WEEK_HOURS):
        at, tone = MONDAY + hour * HOUR, tone_of(chance, chance.gauss(0.2, 0.05), 15)
        alarms += judge_tone(baseline.expect(at), tone).is_alarm
        baseline.observe(at, tone)
    assert alarms / (52 * WEEK_HOURS) * 730 <= 2 * FALSE_ALARMS_A_MONTH


def test_a_restored_tone_expects_the_same_and_a_storm_is_not_learnt():
    baseline = toned(4)
    restored = ToneBaseline.from_state(json.loads(json.dumps(baseline.state())), ZURICH)
    assert restored.expect(MONDAY) == baseline.expect(MONDAY)
    for hour in range(12):
        restored.observe(MONDAY + hour * HOUR, Tone(-0.9, 0.05, 100))
    assert restored.expect(MONDAY + 3 * HOUR).mean > 0.1
