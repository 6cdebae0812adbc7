"""Forecasts of upper levels and of single series made to agree: weighted least squares, never below zero."""

from __future__ import annotations

import numpy as np

LEAST_MEAN = 0.02


def reconciled(
    base: np.ndarray, upper: np.ndarray, *, matrix: np.ndarray, trust: np.ndarray, spread: float
) -> np.ndarray:
    """(series, horizon) closest to both, in units of their variances; sums of it are the upper forecasts.

    `base`: (series, horizon). `upper`: (sums, horizon), NaN to ignore a sum. `matrix`: (sums, series)
    membership. `trust`: (sums,) variance of an upper forecast. A series' variance is `spread` times its
    mean: counts. One solve in the number of sums (Wickramasuriya, Athanasopoulos and Hyndman 2019,
    weights by variance).
    """
    used = ~np.isnan(upper).any(axis=1) & ~np.isnan(trust)
    if not used.any():
        return base
    rows = matrix[used].astype(np.float64)
    own = spread * np.maximum(base.mean(axis=1), LEAST_MEAN)
    weighted = rows * own[None, :]
    gain = np.linalg.solve(weighted @ rows.T + np.diag(trust[used]), upper[used] - rows @ base)
    return np.maximum(base + weighted.T @ gain, 0.0)
