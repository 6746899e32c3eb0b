"""From scores to probabilities, and from these to what may be decided alone.

Scores are those of folds that had not seen the text. With few of them the curve stays near a prior one: slope 1, and
the share of the label as its level.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from parvis.core.text.classify.hashing import Floats
from parvis.core.text.classify.logistic import sigmoid

FOLDS = 5
WANTED = 0.995
"""Share that must be right out of fold: what was chosen at 99 % came out below it."""
LEAST_SIDE = 50
"""Decisions on one side of a threshold, below which nothing can be said of it."""
_MOST_STEPS = 50
_LEAST_STEP, _SETTLED = 1e-4, 1e-6
_SLOPE_DOUBT, _LEVEL_DOUBT = 0.25, 0.1
_ERROR_MARGIN = 1.0


class Curve(NamedTuple):
    """Probability = sigmoid(slope * score + level): Platt 1999."""

    slope: float
    level: float

    def __call__(self, scores: Floats) -> Floats:
        return sigmoid(self.slope * scores + self.level)


class Thresholds(NamedTuple):
    """Of the probability; None where no threshold keeps the promise."""

    accept_up_to: float | None
    hold_from: float | None


def level_of(labels: NDArray[np.bool_]) -> float:
    """Log-odds of the label's share, as if there had been one more on either side."""
    positive = float(labels.sum())
    return float(np.log((positive + 1) / (len(labels) - positive + 1)))


def curve_through(scores: Floats, labels: NDArray[np.bool_]) -> Curve:
    start = np.array([1.0, level_of(labels)])
    doubt = np.array([_SLOPE_DOUBT, _LEVEL_DOUBT])
    design = np.stack([scores, np.ones(len(scores))], axis=1)

    def cost(point: Floats) -> float:
        odds = design @ point
        loss = float(np.logaddexp(0.0, np.where(labels, -odds, odds)).sum())
        return loss + 0.5 * float(doubt @ (point - start) ** 2)

    point = start.copy()
    for _ in range(_MOST_STEPS):
        guessed = sigmoid(design @ point)
        slope = design.T @ (guessed - labels) + doubt * (point - start)
        curves = guessed * (1 - guessed)
        turn = np.linalg.solve((design * curves[:, None]).T @ design + np.diag(doubt), slope)
        step, before = 1.0, cost(point)
        while step > _LEAST_STEP and cost(point - step * turn) > before:
            step /= 2
        point = point - step * turn
        if float(np.abs(step * turn).max()) < _SETTLED:
            break
    return Curve(max(float(point[0]), 0.05), float(point[1]))


def thresholds_of(shares: Floats, labels: NDArray[np.bool_]) -> Thresholds:
    """The widest sides on which at least WANTED is right."""
    accept = _side(shares, ~labels)
    hold = _side(-shares, labels)
    return Thresholds(accept, None if hold is None else -hold)


def _side(ranked_by: Floats, is_right: NDArray[np.bool_]) -> float | None:
    """The highest value up to which nearly all are right; an error weighs a little more than it counts."""
    order = np.argsort(ranked_by, kind="stable")
    ranked = ranked_by[order]
    counts = np.arange(1, len(order) + 1)
    errors = np.cumsum(~is_right[order])
    keeps = (errors + _ERROR_MARGIN <= (1 - WANTED) * counts) & (counts >= LEAST_SIDE)
    is_last_of_its_kind = np.append(ranked[1:] != ranked[:-1], True)
    found = np.flatnonzero(keeps & is_last_of_its_kind)
    return float(ranked[found[-1]]) if len(found) else None


def folds_of(groups: Sequence[str], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Texts of one group are in one fold; "" stands alone. The folds of a label are as even as groups allow."""
    folds = np.zeros(len(groups), np.int64)
    sizes: dict[str, int] = {}
    for group in groups:
        if group:
            sizes[group] = sizes.get(group, 0) + 1
    loads = np.zeros((FOLDS, int(labels.max(initial=0)) + 1))
    chosen: dict[str, int] = {}
    order = sorted(range(len(groups)), key=lambda place: -sizes.get(groups[place], 1))
    for place in order:
        group, label = groups[place], int(labels[place])
        fold = chosen.get(group) if group else None
        if fold is None:
            fold = int(np.lexsort((loads.sum(axis=1), loads[:, label]))[0])
            if group:
                chosen[group] = fold
        loads[fold, label] += 1
        folds[place] = fold
    return folds


def calibration_error(shares: Floats, is_right: NDArray[np.bool_], bins: int = 10) -> float:
    """Mean distance between what was said and what came true, over bins of equal width, by how many are in each."""
    if not len(shares):
        return 0.0
    places = np.minimum((shares * bins).astype(np.int64), bins - 1)
    said = np.bincount(places, shares, minlength=bins)
    came = np.bincount(places, is_right.astype(np.float64), minlength=bins)
    return float(np.abs(said - came).sum() / len(shares))
