"""Fitting decisions by how alike they are: logistic regression in its dual form, both labels weighing the same.

Newton's steps over as many unknowns as there are decisions: exact in a dozen of them, and a fold of a check is a part of
the same table. Jaakkola and Haussler 1999; the intercept is a constant added to every product.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from parvis.core.text.classify.hashing import Floats
from parvis.core.text.classify.logistic import sigmoid

INTERCEPT = 10.0
MOST_STEPS = 20
_SETTLED = 1e-2
_LEAST_CURVE = 1e-6
_LEAST_STEP = 1 / 64


class Manner(NamedTuple):
    """How much shapes and the prior's word weigh beside letters and words, and how far a decision may pull."""

    shapes: float
    evidence: float
    strength: float
    is_local: bool = False
    """Letters and words are as rare as they are here, not as in the background."""


MANNERS = (Manner(1.0, 0.1, 2.0), Manner(0.3, 0.05, 10.0), Manner(0.1, 0.02, 100.0), Manner(0.0, 0.0, 10.0, True))
"""From what generalises best to what reads most closely; which one is right differs by source and is tried out."""


class Table(NamedTuple):
    """How alike decisions are, and what makes up for what a text shares with no other."""

    texts: NDArray[np.float32]
    shapes: Floats
    evidence: Floats
    stretches: Floats

    def of(self, places: NDArray[np.int64]) -> "Table":
        texts = self.texts[np.ix_(places, places)]
        return Table(texts, self.shapes[places], self.evidence[places], self.stretches[places])

    def between(self, rows: NDArray[np.int64], columns: NDArray[np.int64], manner: Manner) -> Floats:
        """The rows as if they were new."""
        texts = self.texts[np.ix_(rows, columns)] * self.stretches[rows][:, None]
        return texts + self._dense(rows, columns, manner)

    def within(self, places: NDArray[np.int64], manner: Manner) -> Floats:
        return self.texts[np.ix_(places, places)].astype(np.float64) + self._dense(places, places, manner)

    def _dense(self, rows: NDArray[np.int64], columns: NDArray[np.int64], manner: Manner) -> Floats:
        shapes = manner.shapes * (self.shapes[rows] @ self.shapes[columns].T)
        products: Floats = shapes + manner.evidence * (self.evidence[rows] @ self.evidence[columns].T)
        return products


def fitted(alike: Floats, labels: NDArray[np.bool_], offset: Floats, strength: float) -> tuple[Floats, float]:
    """Share of each decision, and the intercept: a text's score is its likeness times the shares, and the intercept."""
    count = len(labels)
    products = alike + INTERCEPT
    weights = balanced(labels)
    shares, scores = np.zeros(count), offset.copy()
    for _ in range(MOST_STEPS):
        guessed = sigmoid(scores)
        curves = np.maximum(weights * guessed * (1 - guessed), _LEAST_CURVE)
        targets = scores - offset + weights * (labels - guessed) / curves
        roots = np.sqrt(curves)
        system = roots[:, None] * products * roots[None, :]
        system[np.diag_indices(count)] += 1 / strength
        turn = roots * np.linalg.solve(system, roots * targets) - shares
        moved = products @ turn
        step = _step(shares, scores, turn, moved, labels=labels, weights=weights, offset=offset, strength=strength)
        shares, scores = shares + step * turn, scores + step * moved
        if step * float(np.abs(moved).max(initial=0.0)) < _SETTLED:
            break
    return shares, INTERCEPT * float(shares.sum())


def _step(
    shares: Floats,
    scores: Floats,
    turn: Floats,
    moved: Floats,
    *,
    labels: NDArray[np.bool_],
    weights: Floats,
    offset: Floats,
    strength: float,
) -> float:
    """How much of Newton's step to take: half as long as it leads uphill."""

    def cost(step: float) -> float:
        reached, held = scores + step * moved, shares + step * turn
        loss = float(weights @ np.logaddexp(0.0, np.where(labels, -reached, reached)))
        return loss + float(held @ (reached - offset)) / (2 * strength)

    step, before = 1.0, cost(0.0)
    while step > _LEAST_STEP and cost(step) > before + 1e-9:
        step /= 2
    return step


def balanced(labels: NDArray[np.bool_]) -> Floats:
    """The rarer label weighs as much in sum as the other."""
    count, positive = len(labels), int(labels.sum())
    weights: Floats = np.where(labels, count / (2 * max(positive, 1)), count / (2 * max(count - positive, 1)))
    return weights


def out_of_fold(
    table: Table, labels: NDArray[np.bool_], offset: Floats, folds: NDArray[np.int64], manner: Manner
) -> Floats:
    """Each decision's score by a fit that has not seen its fold."""
    scores = np.zeros(len(labels))
    for fold in np.unique(folds):
        inside, outside = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        alike = table.within(outside, manner)
        shares, intercept = fitted(alike, labels[outside], offset[outside], manner.strength)
        scores[inside] = table.between(inside, outside, manner) @ shares + intercept + offset[inside]
    return scores
