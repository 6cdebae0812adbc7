"""Quantiles of weekly demand around a mean forecast, from what past forecasts of that model missed.

Out-of-sample ratios of actual to forecast are pooled by demand class, size of the forecast and steps ahead;
no distribution is assumed. Means come from elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from models.panel import CLASSES

QUANTILES = (0.005, 0.025, 0.05, 0.165, 0.25, 0.5, 0.75, 0.835, 0.95, 0.975, 0.995)
QUANTILE_NAMES = ("q005", "q025", "q05", "q165", "q25", "q50", "q75", "q835", "q95", "q975", "q995")
NORMAL = np.array([NormalDist().inv_cdf(level) for level in QUANTILES])
RANGE_50 = (QUANTILES.index(0.25), QUANTILES.index(0.75))
RANGE_90 = (QUANTILES.index(0.05), QUANTILES.index(0.95))
LEVELS = np.array([0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128])
STEPS = np.array([2, 6])
LEAST_POOL = 200
LEAST_MEAN = 1e-300


@dataclass(frozen=True)
class Residuals:
    """One entry per (sku, origin, step) forecast and known since."""

    classes: np.ndarray
    mean: np.ndarray
    step: np.ndarray
    actual: np.ndarray

    @staticmethod
    def concat(parts: list[Residuals]) -> Residuals:
        names = ("classes", "mean", "step", "actual")
        return Residuals(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


class Calibration:
    """Empirical quantiles by pool: (class, size, steps) where it has 200 cases, else (size, steps), else
    size.

    Below a quarter unit a week the pool's own quantiles hold, above it its ratios times the forecast. Where
    no pool is large enough, demand is taken to be geometric (a negative binomial with dispersion 1): wide,
    and honest about it.
    """

    def __init__(self, residuals: Residuals | None) -> None:
        self._tables: list[tuple[np.ndarray, np.ndarray]] = []
        if residuals is None or not len(residuals.mean):
            return
        value = np.where(_is_small(residuals.mean), residuals.actual, _ratio(residuals))
        for keys in _keys(residuals.classes, residuals.mean, residuals.step):
            self._tables.append(_pool_quantiles(keys, value))

    def quantiles(self, classes: np.ndarray, means: np.ndarray) -> np.ndarray:
        """(skus, steps) means to (skus, steps, quantiles): whole units, none negative, in order."""
        skus, steps = means.shape
        flat = means.reshape(-1)
        found = geometric_quantiles(flat)
        step = np.tile(np.arange(steps), skus)
        keys = _keys(np.repeat(classes, steps), flat, step)
        unknown = np.ones(len(flat), dtype=bool)
        for (pool_keys, table), wanted in zip(self._tables, keys, strict=False):
            place = np.searchsorted(pool_keys, wanted)
            place = np.minimum(place, max(len(pool_keys) - 1, 0))
            hit = unknown & (pool_keys[place] == wanted) if len(pool_keys) else np.zeros_like(unknown)
            scale = np.where(_is_small(flat[hit]), 1.0, flat[hit])
            found[hit] = table[place[hit]] * scale[:, None]
            unknown &= ~hit
        whole = np.floor(np.maximum(found, 0.0) + 0.5)
        return np.maximum.accumulate(whole, axis=1).reshape(skus, steps, len(QUANTILES))


def geometric_quantiles(means: np.ndarray) -> np.ndarray:
    """(n,) means to (n, quantiles) of a geometric count from 0 with that mean."""
    mean = np.maximum(means, 0.0)[:, None]
    fail = np.log1p(-np.array(QUANTILES))[None, :]
    safe = np.maximum(mean, LEAST_MEAN)
    found = np.ceil(-fail / np.log1p(1 / safe) - 1e-12) - 1
    return np.where(mean > 0, np.maximum(found, 0.0), 0.0)


def _is_small(means: np.ndarray) -> np.ndarray:
    return means < LEVELS[0]


def _ratio(residuals: Residuals) -> np.ndarray:
    return residuals.actual / np.maximum(residuals.mean, LEVELS[0])


def _keys(classes: np.ndarray, mean: np.ndarray, step: np.ndarray) -> tuple[np.ndarray, ...]:
    code = np.zeros(len(classes), dtype=np.int64)
    for number, name in enumerate(CLASSES):
        code[classes == name] = number
    level = np.searchsorted(LEVELS, mean, side="right")
    near = np.searchsorted(STEPS, step)
    return code * 10_000 + level * 100 + near, level * 100 + near, level


def _pool_quantiles(keys: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.lexsort((value, keys))
    pools, first, count = np.unique(keys[order], return_index=True, return_counts=True)
    large = count >= LEAST_POOL
    place = first[large, None] + np.ceil(np.array(QUANTILES)[None, :] * count[large, None]).astype(int) - 1
    return pools[large], value[order][place]
