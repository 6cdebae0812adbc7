"""Forecasts of upper levels and of single series made to agree: weighted least squares, never below zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

LEAST_MEAN = 0.02
LEAST_TRUST = 1e-6


@dataclass(frozen=True)
class Agreement:
    """A base forecast beside upper ones, ready to be weighed: small matrices alone, whatever the number
    of series.

    `sums`: (used sums, horizon) of the base. `gap`: what the upper forecasts add to them. `common`:
    (used, used) covariance of the sums where a series' variance is its mean.
    """

    base: np.ndarray
    weighted: csr_array
    sums: np.ndarray
    gap: np.ndarray
    common: np.ndarray
    trust: np.ndarray
    used: np.ndarray

    def gain(self, spread: float) -> np.ndarray:
        return np.linalg.solve(spread * self.common + np.diag(self.trust), self.gap)

    def agreed_sums(self, spread: float) -> np.ndarray:
        """Sums after agreement, before anything below zero is cut off."""
        return self.sums + spread * (self.common @ self.gain(spread))

    def agreed(self, spread: float) -> np.ndarray:
        return np.maximum(self.base + spread * (self.weighted.T @ self.gain(spread)), 0.0)


def agreement(
    base: np.ndarray, upper: np.ndarray, *, matrix: csr_array, trust: np.ndarray
) -> Agreement | None:
    """`base`: (series, horizon). `upper`: (sums, horizon), NaN to ignore a sum. `matrix`: (sums, series)
    membership. `trust`: (sums,) variance of an upper forecast. None where no upper forecast is of use.
    """
    used = ~np.isnan(upper).any(axis=1) & ~np.isnan(trust)
    if not used.any():
        return None
    rows = csr_array(matrix)[np.flatnonzero(used)].astype(np.float64)
    own = np.maximum(base.mean(axis=1), LEAST_MEAN)
    weighted = csr_array(rows.multiply(own[None, :]))
    sums = rows @ base
    common = (weighted @ rows.T).toarray()
    return Agreement(
        base, weighted, sums, upper[used] - sums, common, np.maximum(trust[used], LEAST_TRUST), used
    )


def reconciled(
    base: np.ndarray, upper: np.ndarray, *, matrix: csr_array, trust: np.ndarray, spread: float
) -> np.ndarray:
    """(series, horizon) closest to both in units of their variances; sums of it are the upper forecasts.

    A series' variance is `spread` times its mean: counts. One solve in the number of sums (Wickramasuriya,
    Athanasopoulos and Hyndman 2019, weights by variance).
    """
    found = agreement(base, upper, matrix=matrix, trust=trust)
    return base if found is None else found.agreed(spread)
