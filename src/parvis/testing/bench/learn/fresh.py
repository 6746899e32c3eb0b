"""A fresh linear model given the same decisions: what somebody would write who starts with nothing.

TF-IDF of runs of 2 to 5 characters and of words and pairs of words, in small letters, each brought to length 1, rarity
from the decisions themselves; logistic regression in which both sides weigh the same, at two strengths. Without that
balance, or with either strength alone, it is weaker.
"""

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from parvis.core.text.classify.fitting import balanced
from parvis.core.text.classify.hashing import Floats, Rows, counted, letters_of, numbers_of, pairs, runs, words
from parvis.core.text.classify.logistic import minimised, sigmoid

STRENGTHS = (1.0, 10.0)
BITS = 22
MOST_STEPS = 80
_WORD = re.compile(r"\w\w+")
_SPACES = re.compile(r"\s\s+")


def judged(
    taught: Sequence[str], given: Sequence[str], asked: Sequence[str], names: Sequence[str]
) -> Mapping[float, NDArray[np.int64]]:
    """By strength the number of the name that it gives each text asked about."""
    blocks = [_weighed(rows, len(taught)) for rows in _rows([*taught, *asked])]
    design = _Design(blocks, len(taught), len(asked))
    labels = np.array(given)
    modelled = names[1:] if len(names) == 2 else names
    said = {}
    for strength in STRENGTHS:
        scores = np.stack([design.scores(labels == name, strength) for name in modelled], axis=1)
        said[strength] = (scores[:, 0] > 0).astype(np.int64) if len(names) == 2 else scores.argmax(axis=1)
    return said


def _rows(texts: Sequence[str]) -> tuple[Rows, Rows]:
    small = [_SPACES.sub(" ", text.lower()) for text in texts]
    found = runs(letters_of(small), 2, 5)
    of_runs = counted(
        [owners for owners, _ in found], [numbers_of(hashed, BITS) for _, hashed in found], len(texts), BITS
    )
    owners, hashed = words(letters_of([f" {' '.join(_WORD.findall(text))} " for text in small]))
    pair_owners, pair_hashes = pairs(owners, hashed)
    of_words = counted(
        [owners, pair_owners], [numbers_of(hashed, BITS), numbers_of(pair_hashes, BITS)], len(texts), BITS
    )
    return of_runs, of_words


def _weighed(rows: Rows, taught_count: int) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Owner, column and value; features that no decision has are left out."""
    owners = np.repeat(np.arange(rows.row_count), np.diff(rows.starts))
    columns, places = np.unique(rows.ids, return_inverse=True)
    seen = np.bincount(places[: rows.starts[taught_count]], minlength=len(columns))
    rarity = np.where(seen > 0, np.log((1 + taught_count) / (1 + seen)) + 1, 0.0)
    values = (1 + np.log(rows.counts)) * rarity[places]
    lengths = np.sqrt(np.bincount(owners, values * values, minlength=rows.row_count))
    return owners, places, values / np.maximum(lengths, 1e-9)[owners]


class _Design:
    def __init__(
        self, blocks: Sequence[tuple[NDArray[np.int64], NDArray[np.int64], Floats]], taught_count: int, asked_count: int
    ) -> None:
        widths = [int(places.max(initial=-1)) + 1 for _, places, _ in blocks]
        offsets = np.concatenate([[0], np.cumsum(widths)])
        self._width = int(offsets[-1])
        owners = np.concatenate([owners for owners, _, _ in blocks])
        columns = np.concatenate([places + offset for (_, places, _), offset in zip(blocks, offsets[:-1], strict=True)])
        values = np.concatenate([values for _, _, values in blocks])
        is_taught = owners < taught_count
        self._taught = owners[is_taught], columns[is_taught], values[is_taught]
        self._asked = owners[~is_taught] - taught_count, columns[~is_taught], values[~is_taught]
        self._taught_count, self._asked_count = taught_count, asked_count

    def scores(self, labels: NDArray[np.bool_], strength: float) -> Floats:
        weights = balanced(labels)
        owners, columns, values = self._taught

        def objective(point: Floats) -> tuple[float, Floats]:
            scores = np.bincount(owners, values * point[columns], minlength=self._taught_count) + point[-1]
            loss = strength * float(weights @ np.logaddexp(0.0, np.where(labels, -scores, scores)))
            errors = strength * weights * (sigmoid(scores) - labels)
            slope = np.append(np.bincount(columns, values * errors[owners], minlength=self._width), errors.sum())
            slope[:-1] += point[:-1]
            return loss + 0.5 * float(point[:-1] @ point[:-1]), slope

        point = minimised(objective, np.zeros(self._width + 1), most_steps=MOST_STEPS)
        owners_asked, columns_asked, values_asked = self._asked
        products = np.bincount(owners_asked, values_asked * point[columns_asked], minlength=self._asked_count)
        scores: Floats = products + point[-1]
        return scores
