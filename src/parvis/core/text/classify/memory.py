"""The decisions that a learner holds: each text's vector, and how alike any two of them are.

Alike is the sum of products of runs and words, and, weighed apart, of shapes and of what the prior says. The table of
the former grows by a row a decision, so that a fit, and the folds that check it, read it and nothing else.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from parvis.core.text.classify.hashing import BITS, Floats, Numbers, sums_of_rows
from parvis.core.text.classify.vectors import Vectors

SIZE = 1 << BITS
MOST_EVIDENCE = 8.0
"""Log-odds of the prior beyond it tell nothing more."""
MOST_STRETCH = 3.0
Weights = NDArray[np.float32]


class Held(NamedTuple):
    """One text: feature numbers with values; runs lie at 0 and up, words at SIZE and up."""

    ids: NDArray[np.uint32]
    values: NDArray[np.float32]
    shapes: NDArray[np.float32]
    evidence: NDArray[np.float32]
    """Of the prior, at most MOST_EVIDENCE."""


def held_rows(vectors: Vectors, evidence: Floats) -> list[Held]:
    shapes, clipped = vectors.shapes.astype(np.float32), clipped_evidence(evidence).astype(np.float32)
    rows = []
    for place in range(vectors.row_count):
        runs, words = (slice(part.starts[place], part.starts[place + 1]) for part in (vectors.runs, vectors.words))
        ids = np.concatenate([vectors.runs.ids[runs], vectors.words.ids[words] + SIZE]).astype(np.uint32)
        values = np.concatenate([vectors.runs.values[runs], vectors.words.values[words]]).astype(np.float32)
        rows.append(Held(ids, values, shapes[place], clipped[place]))
    return rows


def clipped_evidence(evidence: Floats) -> Floats:
    clipped: Floats = np.clip(evidence, -MOST_EVIDENCE, MOST_EVIDENCE)
    return clipped


class Memory:
    """All held texts end to end, and how alike they are."""

    def __init__(self) -> None:
        self.rows: list[Held] = []
        self._ids: NDArray[np.uint32] = np.zeros(0, np.uint32)
        self._values: NDArray[np.float32] = np.zeros(0, np.float32)
        self._starts: Numbers = np.zeros(1, np.int64)
        self._alike = np.zeros((0, 0), np.float32)

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, rows: list[Held]) -> None:
        self.rows.extend(rows)

    def forget(self, places: NDArray[np.bool_]) -> None:
        """Those that are True."""
        kept = np.flatnonzero(~places)
        alike = self.likeness()[np.ix_(kept, kept)]
        self.rows = [self.rows[place] for place in kept]
        self._lay_out()
        self._alike = alike

    def likeness(self) -> NDArray[np.float32]:
        """Square and symmetric; only the rows that are new are worked out."""
        known, count = len(self._alike), len(self.rows)
        if known < count:
            self._lay_out()
            grown = np.zeros((count, count), np.float32)
            grown[:known, :known] = self._alike
            spread = np.zeros(2 * SIZE, np.float32)
            for place in range(known, count):
                grown[place, : place + 1] = grown[: place + 1, place] = self._products(place, spread, place + 1)
            self._alike = grown
        return self._alike

    def likeness_to(self, row: Held) -> Floats:
        """Of each held text, without the prior's word: alike in letters, words and shapes; 1 is the same text."""
        self._lay_out()
        spread = np.zeros(2 * SIZE, np.float32)
        spread[row.ids] = row.values
        products = self._sums(self._values * spread[self._ids], len(self.rows))
        return products.astype(np.float64) / 2

    def weights(self, shares: Floats) -> Weights:
        """The sum of all held texts, each times its share: what a new text is multiplied with."""
        self._lay_out()
        spread = np.bincount(self._ids, self._values * np.repeat(shares, np.diff(self._starts)), minlength=2 * SIZE)
        return spread.astype(np.float32)

    def products(self, weights: Weights) -> Floats:
        """Of each held text with such weights."""
        self._lay_out()
        return self._sums(self._values * weights[self._ids], len(self.rows)).astype(np.float64)

    def masses(self, weights: Weights) -> Floats:
        """Of each held text the sum of its squared values, each times its weight."""
        self._lay_out()
        return self._sums(self._values * self._values * weights[self._ids], len(self.rows)).astype(np.float64)

    def shapes(self) -> Floats:
        return np.stack([row.shapes for row in self.rows]).astype(np.float64)

    def evidence(self) -> Floats:
        return np.stack([row.evidence for row in self.rows]).astype(np.float64)

    def known(self) -> NDArray[np.int32]:
        """By feature, how many held texts have it."""
        self._lay_out()
        return np.bincount(self._ids, minlength=2 * SIZE).astype(np.int32)

    def stretches(self) -> Floats:
        """Of each held text, what makes up for features that no other one has."""
        elsewhere = self.known()[self._ids] > 1
        masses = self._sums(self._values * self._values * elsewhere, len(self.rows))
        return stretched(masses)

    def _lay_out(self) -> None:
        if len(self._starts) - 1 == len(self.rows):
            return
        lengths = [len(row.ids) for row in self.rows]
        self._starts = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        self._ids = np.concatenate([row.ids for row in self.rows]) if lengths else np.zeros(0, np.uint32)
        self._values = np.concatenate([row.values for row in self.rows]) if lengths else np.zeros(0, np.float32)

    def _products(self, place: int, spread: NDArray[np.float32], count: int) -> NDArray[np.float32]:
        row = self.rows[place]
        spread[row.ids] = row.values
        end = self._starts[count]
        sums = self._sums(self._values[:end] * spread[self._ids[:end]], count)
        spread[row.ids] = 0.0
        return sums

    def _sums(self, products: NDArray[np.float32], count: int) -> NDArray[np.float32]:
        return sums_of_rows(self._starts[: count + 1], products).astype(np.float32)


def stretched(masses: NDArray[np.floating[Any]]) -> Floats:
    """From the squared length that is left of a text of length √2."""
    stretches: Floats = np.minimum(np.sqrt(2.0 / np.maximum(masses, 1e-6)), MOST_STRETCH).astype(np.float64)
    return stretches
