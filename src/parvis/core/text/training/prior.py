"""Fitting the prior for spam and toxicity. A seed is the only chance in it: the same rows give the same weights."""

import random
from collections import Counter
from collections.abc import Sequence

import numpy as np

from parvis.core.text.classify.features import Features, features_of
from parvis.core.text.classify.hashing import BITS, Floats, Numbers
from parvis.core.text.classify.logistic import minimised, sigmoid
from parvis.core.text.classify.prior import Prior, TaskWeights
from parvis.core.text.classify.vectors import (
    TABLE_BITS,
    TABLE_SIZE,
    Background,
    Sparse,
    Vectors,
    background_of,
    vectors_of,
)
from parvis.core.text.training.disguise import disguised
from parvis.core.text.training.sources import Example

SEED = 20261123
BATCH = 2_000
PENALTY = {"spam": 1.0, "toxicity": 1.0}
"""Of squared weights, beside a loss that is summed over as many rows as there are."""
MOST_STEPS = 120
DISGUISED_SHARE = 0.35
HARMLESS_WEIGHT = 0.05
"""Of texts that are in a set for another reason and are taken for harmless."""
OWN_WEIGHT = 4.0
LEAST_TEXTS = 2
LEANING = {"spam": 0.0, "toxicity": 0.6}
"""Added to the log-odds: the toxic examples that there are were found by their slurs, and ordinary insult is milder."""


class Taught(list[tuple[str, int, float]]):
    """(text, label, weight)."""


def taught(task: str, labelled: Sequence[Example], harmless: Sequence[Example]) -> Taught:
    """Every set and label weighs as the root of its size: a large set does not drown a small one."""
    chance = random.Random(SEED)  # noqa: S311 - chooses what to disguise
    sizes = Counter((example.source, example.label) for example in labelled)
    rows = Taught()
    for example in labelled:
        own = example.source.startswith("own_")
        weight = OWN_WEIGHT if own else _weight(sizes, example)
        rows.append((example.text, int(example.label), weight))
        if task == "spam" and example.label == "1" and (own or chance.random() < DISGUISED_SHARE):
            rows.append((disguised(example.text, chance), 1, weight))
    rows.extend((example.text, 0, HARMLESS_WEIGHT) for example in harmless)
    return rows


def _weight(sizes: Counter[tuple[str, str]], example: Example) -> float:
    """Both labels of a set weigh the same together."""
    total = sum(count for (source, _), count in sizes.items() if source == example.source)
    return float(np.sqrt(1500 / max(total, 300))) * total / (2 * sizes[example.source, example.label])


def in_parts(texts: Sequence[str]) -> list[Features]:
    return [features_of(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]


def fitted(
    rows: Taught, background: Background, *, task: str, features: Sequence[Features] | None = None
) -> TaskWeights:
    parts = in_parts([text for text, _, _ in rows]) if features is None else features
    vectors = [vectors_of(part, background) for part in parts]
    shapes = np.concatenate([part.shapes for part in vectors])
    design = _Design([part.runs for part in vectors], [part.words for part in vectors])
    labels = np.array([label for _, label, _ in rows], dtype=np.float64)
    weights = np.array([weight for _, _, weight in rows])
    size = len(design.columns)
    penalty = PENALTY[task]

    def objective(point: Floats) -> tuple[float, Floats]:
        scores = design.product(point[:size]) + shapes @ point[size:-1] + point[-1]
        loss = float(weights @ np.logaddexp(0.0, np.where(labels == 1, -scores, scores)))
        errors = weights * (sigmoid(scores) - labels)
        slope = np.concatenate([design.transposed_product(errors), shapes.T @ errors, [errors.sum()]])
        slope[:-1] += penalty * point[:-1]
        return loss + 0.5 * penalty * float(point[:-1] @ point[:-1]), slope

    point = minimised(objective, np.zeros(size + shapes.shape[1] + 1), most_steps=MOST_STEPS)
    tables = np.zeros(2 * TABLE_SIZE, dtype=np.float32)
    tables[design.columns] = point[:size]
    return TaskWeights(tables[:TABLE_SIZE], tables[TABLE_SIZE:], point[size:-1], float(point[-1]) + LEANING[task])


class _Design:
    """Runs and words of all rows side by side, of features that stand in LEAST_TEXTS texts or more."""

    def __init__(self, runs: Sequence[Sparse], words: Sequence[Sparse]) -> None:
        self.row_count = sum(part.row_count for part in runs)
        owners, ids, values = [], [], []
        for offset, parts in ((0, runs), (TABLE_SIZE, words)):
            first = 0
            for part in parts:
                owners.append(first + np.repeat(np.arange(part.row_count), np.diff(part.starts)))
                ids.append(offset + (part.ids >> (BITS - TABLE_BITS)))
                values.append(part.values)
                first += part.row_count
        all_ids = np.concatenate(ids)
        is_kept = np.bincount(all_ids, minlength=2 * TABLE_SIZE)[all_ids] >= LEAST_TEXTS
        self.columns: Numbers
        self.columns, self._places = np.unique(all_ids[is_kept], return_inverse=True)
        self._owners, self._values = np.concatenate(owners)[is_kept], np.concatenate(values)[is_kept]

    def product(self, weights: Floats) -> Floats:
        products = np.bincount(self._owners, self._values * weights[self._places], minlength=self.row_count)
        return products.astype(np.float64)

    def transposed_product(self, errors: Floats) -> Floats:
        products = np.bincount(self._places, self._values * errors[self._owners], minlength=len(self.columns))
        return products.astype(np.float64)


def prior_of(rows_by_task: dict[str, Taught]) -> Prior:
    features = {task: in_parts([text for text, _, _ in rows]) for task, rows in rows_by_task.items()}
    background = background_of([part for parts in features.values() for part in parts])
    weights = {
        task: fitted(rows, background, task=task, features=features[task]) for task, rows in rows_by_task.items()
    }
    return Prior(background, weights)


def log_odds(prior: Prior, texts: Sequence[str], task: str) -> Floats:
    parts: list[Floats] = []
    for part in in_parts(texts):
        vectors: Vectors = vectors_of(part, prior.background)
        parts.append(prior.log_odds(vectors, task))
    return np.concatenate(parts)
