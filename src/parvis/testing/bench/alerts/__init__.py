"""Alerts: are planted events found within two hours, how many false alarms are raised, how fast are baselines."""

import argparse
import random
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from zoneinfo import ZoneInfo

from parvis.core.counting import FALSE_ALARMS_A_MONTH, LEAST_HOURS, Baseline, Direction, Episode, Step, follow, judge
from parvis.testing.bench.alerts.series import FIRST_HOUR, QUARTERS, SIZE_RULE, Event, Series, many_series

ZONE = ZoneInfo("Europe/Zurich")
FOUND_WITHIN_H = 2.0
AFTERMATH_HOURS = 12
HOURS_A_MONTH = 730
Row = dict[str, object]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--queries", type=int, default=40)
    parser.add_argument("--events", type=int, default=50)
    parser.add_argument("--seeds", type=int, default=3, help="so many years, each with other queries and events")


@dataclass(slots=True)
class Outcome:
    """Of all series of all seeds."""

    delays_h: list[float] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    false_alarms: Counter[str] = field(default_factory=Counter)
    query_hours: Counter[str] = field(default_factory=Counter)
    alerts_an_event: list[int] = field(default_factory=list)
    update_cpu_s: float = 0.0
    updates: int = 0


def run(args: argparse.Namespace) -> Iterator[Row]:
    outcome = Outcome()
    for seed in range(args.seeds):
        chance = random.Random(seed)
        for series in many_series(chance, queries=args.queries, events=args.events, zone=ZONE):
            _watch(series, outcome)
    found = sum(delay <= FOUND_WITHIN_H for delay in outcome.delays_h)
    events = len(outcome.delays_h) + len(outcome.missed)
    of: Row = {"seeds": args.seeds, "queries": args.queries, "events": events, "made": True}
    late = sorted(round(delay, 2) for delay in outcome.delays_h if delay > FOUND_WITHIN_H)
    yield _row(
        "alerts.found_share",
        round(found / events, 4),
        "",
        {**of, "size_rule": SIZE_RULE, "missed": outcome.missed, "late_h": late},
    )
    by_kind = {
        kind: round(outcome.false_alarms[kind] / hours * HOURS_A_MONTH, 3)
        for kind, hours in outcome.query_hours.items()
    }
    rate = sum(outcome.false_alarms.values()) / sum(outcome.query_hours.values()) * HOURS_A_MONTH
    stated: Row = {"stated": FALSE_ALARMS_A_MONTH, "by_loudness": by_kind}
    yield _row("alerts.false_per_query_month", round(rate, 3), "alarms/query/month", {**of, **stated})
    yield _row("alerts.delay_h_median", round(statistics.median(outcome.delays_h), 2), "h", of)
    alerts = round(statistics.mean(outcome.alerts_an_event), 3)
    yield _row("alerts.alerts_per_event", alerts, "alerts", of)
    rate = outcome.updates / outcome.update_cpu_s
    yield _row(
        "alerts.updates_per_s", round(rate), "hours/s/core", {**of, "update": "expect, judge, follow and observe"}
    )


def _watch(series: Series, outcome: Outcome) -> None:
    """A year as it comes, looked at each quarter of an hour; an alarm is false where no event is or just was."""
    baseline = Baseline(ZONE)
    episode: Episode | None = None
    begun: list[tuple[float, Direction]] = []
    began = time.process_time()
    for hour, quarters in enumerate(series.quarters):
        if quarters is None:
            continue
        hour_start = FIRST_HOUR + timedelta(hours=hour)
        expected = baseline.expect(hour_start)
        count = 0
        for quarter, more in enumerate(quarters, 1):
            count += more
            verdict = judge(expected, count, minutes_elapsed=60 * quarter / QUARTERS)
            episode, step = follow(episode, verdict, hour_start)
            if step is Step.BEGINS and episode is not None:
                begun.append((hour + quarter / QUARTERS, episode.direction))
        baseline.observe(hour_start, count)
    outcome.update_cpu_s += time.process_time() - began
    outcome.updates += len(series.quarters)
    _count_alarms(series, begun, outcome)


def _count_alarms(series: Series, begun: list[tuple[float, Direction]], outcome: Outcome) -> None:
    for event in series.events:
        wanted = Direction.LESS if event.shape == "drop" else Direction.MORE
        own = [at for at, direction in begun if direction is wanted and _is_of(at, event)]
        outcome.alerts_an_event.append(len(own))
        if own:
            outcome.delays_h.append(max(0.0, own[0] - event.onset_hour))
        else:
            outcome.missed.append(f"{series.kind} {event.shape} at {event.onset_hour} of {series.loudness:.1f}/h")
    false = [at for at, _ in begun if not any(_is_of(at, event) for event in series.events)]
    outcome.false_alarms[series.kind] += len(false)
    counted = sum(quarters is not None for quarters in series.quarters)
    outcome.query_hours[series.kind] += counted - LEAST_HOURS


def _is_of(at: float, event: Event) -> bool:
    return event.first_hour < at <= event.last_hour + AFTERMATH_HOURS


def _row(figure: str, value: float, unit: str, of: Row) -> Row:
    return {"figure": figure, "value": value, "unit": unit, "of": of}
