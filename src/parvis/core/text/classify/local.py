"""Rarity as it is here: where there are some hundreds of decisions, words that all of them share tell little.

Values were weighed by the background's rarity; these are the squared factors that turn it into that of the house's own
texts, at a scale that leaves the runs of an ordinary text, and its words, as long as they were.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from parvis.core.text.classify.fitting import Table
from parvis.core.text.classify.hashing import BITS, Floats
from parvis.core.text.classify.memory import SIZE, Memory, Weights, stretched
from parvis.core.text.classify.prior import shipped
from parvis.core.text.classify.vectors import TABLE_BITS

LEAST_LOCAL = 300
_LENGTH = 2.0
"""Squared, of a text's runs and words together."""


def rarity_here(memory: Memory, known: NDArray[np.int32]) -> Weights:
    """By feature the squared factor; 0 for what no held text has."""
    rarity = np.log((1 + len(memory)) / (1 + known)) + 1
    squared = np.where(known > 0, (rarity / _background()) ** 2, 0.0).astype(np.float32)
    for block in (slice(0, SIZE), slice(SIZE, 2 * SIZE)):
        part = np.zeros_like(squared)
        part[block] = squared[block]
        squared[block] *= np.float32(1.0 / max(float(memory.masses(part).mean()), 1e-6))
    return squared


def levelled(memory: Memory, squared: Weights) -> Floats:
    """By what each held text is made as long as any other."""
    factors: Floats = np.sqrt(_LENGTH / np.maximum(memory.masses(squared), 1e-6))
    return factors


def local_table(memory: Memory, table: Table, squared: Weights, known: NDArray[np.int32]) -> Table:
    """How alike the held texts are by the rarity here."""
    roots, factors = np.sqrt(squared), levelled(memory, squared)
    own = Memory()
    own.add(
        [
            row._replace(values=row.values * roots[row.ids] * np.float32(factor))
            for row, factor in zip(memory.rows, factors.tolist(), strict=True)
        ]
    )
    elsewhere = memory.masses(np.where(known > 1, squared, np.float32(0.0)))
    return Table(own.likeness(), table.shapes, table.evidence, stretched(elsewhere * factors * factors))


def reach(local: Weights | None, known: NDArray[np.int32], *, before: Weights | None) -> Weights:
    """What a new text is measured by; features of texts that are no longer held still count."""
    held = (known > 0).astype(np.float32) if local is None else local
    return held if before is None else np.where((held == 0) & (before > 0), np.float32(1.0), held)


@cache
def _background() -> NDArray[np.float32]:
    background = shipped().background
    times = 1 << (BITS - TABLE_BITS)
    return np.concatenate([np.repeat(background.run_rarity, times), np.repeat(background.word_rarity, times)])
