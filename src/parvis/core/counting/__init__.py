"""Counting: what is normal for an hour, and when something leaves it."""

from parvis.core.counting.baseline import FALSE_ALARMS_A_MONTH, LEAST_HOURS, Baseline, Expected
from parvis.core.counting.judging import CALM_HOURS, Direction, Episode, Step, Verdict, follow, judge
from parvis.core.counting.tone import LEAST_ITEMS, ExpectedTone, Tone, ToneBaseline, judge_tone

__all__ = [
    "CALM_HOURS",
    "FALSE_ALARMS_A_MONTH",
    "LEAST_HOURS",
    "LEAST_ITEMS",
    "Baseline",
    "Direction",
    "Episode",
    "Expected",
    "ExpectedTone",
    "Step",
    "Tone",
    "ToneBaseline",
    "Verdict",
    "follow",
    "judge",
    "judge_tone",
]
