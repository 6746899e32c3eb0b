"""Which manner of reading fits a source: tried out on folds, by the F1 of its labels.

Of those about equal the closest reading: more decisions will come, and they are in its favour.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from parvis.core.text.classify.fitting import MANNERS, Manner, Table, out_of_fold
from parvis.core.text.classify.hashing import Floats

LEAST_DECISIONS = 120
"""Below, the first manner."""
TOLERANCE = 0.005
"""Of manners that are so near the best one, the closest reading."""
MOST_DECISIONS = 1_000
"""The newest are tried."""


def best_manner(
    tables: Mapping[bool, Table], places: NDArray[np.int64], offsets: Floats, folds: NDArray[np.int64]
) -> Manner:
    """`tables`: by whether rarity is local; `places`: the label of each decision, as a number; `offsets`: a column a label."""
    if len(places) < LEAST_DECISIONS:
        return MANNERS[0]
    newest = np.arange(max(0, len(places) - MOST_DECISIONS), len(places))
    modelled = range(1, 2) if offsets.shape[1] == 2 else range(offsets.shape[1])
    parts, labels = {is_local: table.of(newest) for is_local, table in tables.items()}, places[newest]
    tried: list[tuple[float, Manner]] = []
    for manner in (manner for manner in MANNERS if manner.is_local in parts):
        scores = np.stack(
            [
                out_of_fold(parts[manner.is_local], labels == number, offsets[newest, number], folds[newest], manner)
                for number in modelled
            ],
            axis=1,
        )
        said = scores.argmax(axis=1) if len(modelled) > 1 else (scores[:, 0] > 0).astype(np.int64)
        tried.append((macro_f1(labels, said), manner))
    best = max(f1 for f1, _ in tried)
    return [manner for f1, manner in tried if f1 >= best - TOLERANCE][-1]


def macro_f1(true: NDArray[np.int64], said: NDArray[np.int64]) -> float:
    """The mean of each class's F1, rare classes weighing as much as common ones."""
    scores = []
    for number in np.union1d(true, said):
        right = int(((true == number) & (said == number)).sum())
        scores.append(2 * right / (int((true == number).sum()) + int((said == number).sum())))
    return float(np.mean(scores)) if scores else 0.0
