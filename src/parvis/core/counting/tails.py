"""How far counts stray: quantiles of the negative binomial distribution, which is Poisson's with room to spare."""

from math import exp, floor, log1p, sqrt
from statistics import NormalDist

_NORMAL = NormalDist()
_EXACT_BELOW = 30.0
"""Counts an hour; above it an approximation is as good, and costs the same at every size."""
_LEAST_DISPERSION = 1e-6


def count_quantile(share: float, *, mean: float, dispersion: float) -> int:
    """The smallest count with at least that share of hours at or below it.

    The variance is mean + dispersion * mean²; 0 is Poisson's.
    """
    if mean <= 0.0:
        return 0
    if mean < _EXACT_BELOW:
        return _summed(share, mean, max(dispersion, _LEAST_DISPERSION))
    return _as_gamma(share, mean, dispersion)


def _summed(share: float, mean: float, dispersion: float) -> int:
    size = 1.0 / dispersion
    chance = exp(-size * log1p(mean * dispersion))
    step = mean / (size + mean)
    total, count = chance, 0
    most = mean + 60.0 * sqrt(mean + dispersion * mean * mean) + 60.0
    while total < share and count < most:
        chance *= step * (count + size) / (count + 1)
        count += 1
        total += chance
    return count


def _as_gamma(share: float, mean: float, dispersion: float) -> int:
    """Wilson and Hilferty's cube root for the gamma distribution of equal mean and variance."""
    ninth = (dispersion + 1.0 / mean) / 9.0
    root = 1.0 - ninth + _NORMAL.inv_cdf(share) * sqrt(ninth)
    return floor(mean * max(0.0, root) ** 3 + 0.5)
