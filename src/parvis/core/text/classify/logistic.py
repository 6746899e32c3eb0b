"""Logistic regression by limited-memory BFGS, for the prior: a function of tens of thousands of rows at most.

Liu and Nocedal 1989, doi:10.1007/BF01589116. Sums run in a fixed order, so the same rows give the same weights.
"""

from collections import deque
from collections.abc import Callable

import numpy as np

from parvis.core.text.classify.hashing import Floats

MEMORY = 8
_SHRINK = 0.5
_ENOUGH = 1e-4


def minimised(
    objective: Callable[[Floats], tuple[float, Floats]], start: Floats, *, most_steps: int, tolerance: float = 1e-4
) -> Floats:
    """Where the objective, which gives value and slope, is about least."""
    point, (value, slope) = start, objective(start)
    kept: deque[tuple[Floats, Floats, float]] = deque(maxlen=MEMORY)
    for _ in range(most_steps):
        direction = -_scaled(slope, kept)
        fall = float(direction @ slope)
        step = 1.0 if kept else min(1.0, 1.0 / max(float(np.abs(slope).sum()), 1e-12))
        while True:
            new_point = point + step * direction
            new_value, new_slope = objective(new_point)
            if new_value <= value + _ENOUGH * step * fall or step < 1e-10:
                break
            step *= _SHRINK
        moved, turned = new_point - point, new_slope - slope
        if (curve := float(moved @ turned)) > 1e-12:
            kept.append((moved, turned, 1.0 / curve))
        has_settled = abs(value - new_value) <= tolerance * max(abs(value), 1.0) * 1e-2
        point, value, slope = new_point, new_value, new_slope
        if has_settled:
            break
    return point


def _scaled(slope: Floats, kept: deque[tuple[Floats, Floats, float]]) -> Floats:
    turned_slope = slope.copy()
    shares = []
    for moved, turned, scale in reversed(kept):
        share = scale * float(moved @ turned_slope)
        turned_slope -= share * turned
        shares.append(share)
    if kept:
        moved, turned, scale = kept[-1]
        turned_slope *= 1.0 / (scale * float(turned @ turned))
    for (moved, turned, scale), share in zip(kept, reversed(shares), strict=True):
        turned_slope += (share - scale * float(turned @ turned_slope)) * moved
    return turned_slope


def sigmoid(scores: Floats) -> Floats:
    shares: Floats = 0.5 * (1.0 + np.tanh(0.5 * scores))
    return shares
