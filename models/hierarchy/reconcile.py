"""Forecasts of upper levels and of single series made to agree: weighted least squares, never below zero."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array, diags_array

LEAST_MEAN = 0.02
LEAST_TRUST = 1e-6


def reconciled(
    base: np.ndarray, upper: np.ndarray, *, matrix: csr_array, trust: np.ndarray, spread: float
) -> np.ndarray:
    """(series, horizon) closest to both, in units of their variances; sums of it are the upper forecasts.

    `base`: (series, horizon). `upper`: (sums, horizon), NaN to ignore a sum. `matrix`: (sums, series)
    membership, sparse. `trust`: (sums,) variance of an upper forecast, of which each has a trace at least. A
    series' variance is `spread` times its mean: counts. One solve in the number of sums (Wickramasuriya,
    Athanasopoulos and Hyndman 2019, weights by variance).
    """
    used = ~np.isnan(upper).any(axis=1) & ~np.isnan(trust)
    if not used.any():
        return base.astype(np.float64)
    rows = matrix[used]
    weighted = rows @ diags_array(spread * np.maximum(base.mean(axis=1), LEAST_MEAN))
    between = (weighted @ rows.T).toarray() + np.diag(np.maximum(trust[used], LEAST_TRUST))
    gain = np.linalg.solve(between, upper[used] - rows @ base)
    return np.maximum(base + weighted.T @ gain, 0.0)
