"""Texts as vectors: runs and words each weighed by rarity and brought to length 1, shapes to a common scale.

Rarity is that of a shipped background, not of the few texts at hand: a vector never changes, so that what was learned
on it stays right, and the first ten decisions know already which words are common.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from parvis.core.text.classify.features import Features
from parvis.core.text.classify.hashing import BITS, Floats, Numbers, Rows, sums_of_rows

TABLE_BITS = 18
TABLE_SIZE = 1 << TABLE_BITS
SHAPE_SHARE = 1.0
"""Length of an ordinary text's shapes beside its words, which have length 1."""
MOST_DEVIATIONS = 3.0


class Background(NamedTuple):
    """How rare each feature is, and what is usual for a shape."""

    run_rarity: NDArray[np.float32]
    word_rarity: NDArray[np.float32]
    shape_means: Floats
    shape_deviations: Floats


class Sparse(NamedTuple):
    """Rows of values at feature numbers: row i is `ids[starts[i]:starts[i + 1]]`."""

    starts: Numbers
    ids: Numbers
    values: Floats

    @property
    def row_count(self) -> int:
        return len(self.starts) - 1


class Vectors(NamedTuple):
    runs: Sparse
    words: Sparse
    shapes: Floats

    @property
    def row_count(self) -> int:
        return len(self.shapes)


def vectors_of(features: Features, background: Background) -> Vectors:
    return Vectors(
        weighed(features.runs, background.run_rarity),
        weighed(features.words, background.word_rarity),
        scaled_shapes(features.shapes, background),
    )


def weighed(rows: Rows, rarity: NDArray[np.float32]) -> Sparse:
    values = (1.0 + np.log(rows.counts)) * rarity[rows.ids >> (BITS - TABLE_BITS)]
    lengths = np.sqrt(sums_of_rows(rows.starts, values * values))
    values /= np.repeat(np.maximum(lengths, 1e-9), np.diff(rows.starts))
    return Sparse(rows.starts, rows.ids, values)


def scaled_shapes(shapes: Floats, background: Background) -> Floats:
    deviations = (shapes - background.shape_means) / background.shape_deviations
    scaled: Floats = np.clip(deviations, -MOST_DEVIATIONS, MOST_DEVIATIONS) * (SHAPE_SHARE / np.sqrt(shapes.shape[1]))
    return scaled


def background_of(parts: Sequence[Features]) -> Background:
    """Of many texts; smoothed as if each feature stood in one text more."""
    count = sum(part.row_count for part in parts)
    shapes = np.concatenate([part.shapes for part in parts])
    return Background(
        _rarity([part.runs for part in parts], count),
        _rarity([part.words for part in parts], count),
        shapes.mean(axis=0),
        np.maximum(shapes.std(axis=0), 0.05),
    )


def _rarity(parts: Sequence[Rows], count: int) -> NDArray[np.float32]:
    seen = np.zeros(TABLE_SIZE)
    for rows in parts:
        seen += np.bincount(rows.ids >> (BITS - TABLE_BITS), minlength=TABLE_SIZE)
    return (np.log((1 + count) / (1 + np.minimum(seen, count))) + 1.0).astype(np.float32)
