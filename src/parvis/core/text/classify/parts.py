"""What a learner consists of, and what it answers."""

from enum import StrEnum
from typing import NamedTuple

from parvis.core.text.classify.calibration import Curve
from parvis.core.text.classify.fitting import Manner
from parvis.core.text.classify.hashing import Floats, Rows, sums_of_rows
from parvis.core.text.classify.memory import Weights
from parvis.core.text.classify.vectors import Sparse


class Outcome(StrEnum):
    ACCEPT = "accept"
    HOLD = "hold"
    ASK = "ask"


class Verdict(NamedTuple):
    label: str
    """The likeliest, both sides weighed alike."""
    shares: dict[str, float]
    """Calibrated probability of each label."""
    outcome: Outcome
    language: str


class Model(NamedTuple):
    """Of one label against the others."""

    spread: Weights
    """Runs below SIZE, words above; with the base."""
    shapes: Floats
    evidence: Floats
    intercept: float
    curve: Curve
    shares: Floats
    """Of each decision held at the last fit."""
    manner: Manner


class Base(NamedTuple):
    """What decisions taught that are no longer held, by model."""

    spread: Weights
    shapes: Floats
    evidence: Floats

    def plus(self, other: "Base | None") -> "Base":
        if other is None:
            return self
        return Base(self.spread + other.spread, self.shapes + other.shapes, self.evidence + other.evidence)


class Parts(NamedTuple):
    """What each feature of one text gives to the log-odds of a label."""

    runs: Rows
    run_weights: Floats
    words: Rows
    word_weights: Floats
    shape_weights: Floats


class Decision(NamedTuple):
    label: str
    key: str
    """Whose id this is, for whoever asks for earlier decisions."""
    group: str
    language: str


def product(rows: Sparse, weights: Weights) -> Floats:
    return sums_of_rows(rows.starts, rows.values * weights[rows.ids])


def squared(rows: Sparse) -> Sparse:
    return rows._replace(values=rows.values * rows.values)
