"""Forecast accuracy as pure functions of (series, steps) arrays. `seen` marks the cells that count:
inside the horizon known by now, and not censored by a stock-out.

Definitions: docs/forecasting.md. An undefined ratio is None, never 0.
"""

from __future__ import annotations

import numpy as np

from models.quantiles import QUANTILES, RANGE_90

YEAR = 52
LEAST_PAIRS = 8


def wape(forecast: np.ndarray, actual: np.ndarray, seen: np.ndarray) -> float | None:
    """Sum of absolute errors over sum of actuals."""
    return _ratio(np.abs(forecast - actual)[seen].sum(), actual[seen].sum())


def bias(forecast: np.ndarray, actual: np.ndarray, seen: np.ndarray) -> float | None:
    """Sum of (forecast - actual) over sum of actuals: above 0 where too much was forecast."""
    return _ratio((forecast - actual)[seen].sum(), actual[seen].sum())


def rmsse(forecast: np.ndarray, actual: np.ndarray, seen: np.ndarray, *, scale: np.ndarray) -> float | None:
    """Mean over series of root mean squared error over `scale`, the in-sample one-step naive's (M5's
    measure).
    """
    squares = _mean_over_steps((forecast - actual) ** 2, seen)
    return _mean(np.sqrt(squares) / scale)


def scaled_pinball(
    quantiles: np.ndarray, actual: np.ndarray, seen: np.ndarray, *, scale: np.ndarray
) -> float | None:
    """Mean over series of pinball loss, averaged over steps, over `scale` (M5's SPL, unweighed)."""
    return _mean(_mean_over_steps(pinball(quantiles, actual), seen) / scale)


def pinball(quantiles: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """(series, steps) pinball loss, averaged over the quantiles that M5 scores: all but 5 and 95 %."""
    scored = [place for place in range(len(QUANTILES)) if place not in RANGE_90]
    level = np.array(QUANTILES)[scored]
    miss = actual[:, :, None] - quantiles[:, :, scored]
    return np.maximum(level * miss, (level - 1) * miss).mean(axis=2)


def coverage(
    quantiles: np.ndarray, actual: np.ndarray, seen: np.ndarray, *, ends: tuple[int, int] = RANGE_90
) -> float | None:
    """Share of actuals within a range, ends included."""
    return _ratio(inside(quantiles, actual, ends)[seen].sum(), seen.sum())


def inside(quantiles: np.ndarray, actual: np.ndarray, ends: tuple[int, int]) -> np.ndarray:
    low, high = ends
    return (actual >= quantiles[:, :, low]) & (actual <= quantiles[:, :, high])


def naive_rmse(units: np.ndarray, alive: np.ndarray) -> np.ndarray:
    """Per series, in sample: root mean squared change from one week to the next; NaN where it is 0 or
    unknown.
    """
    return _positive(np.sqrt(_mean_over_steps(np.diff(units, axis=1) ** 2, alive[:, :-1])))


def seasonal_mae(units: np.ndarray, alive: np.ndarray) -> np.ndarray:
    """Per series, in sample: mean absolute change over 52 weeks; over one week where there are under 8 such
    pairs.
    """
    short = _mean_over_steps(np.abs(np.diff(units, axis=1)), alive[:, :-1])
    if units.shape[1] <= YEAR:
        return _positive(short)
    pairs = alive[:, :-YEAR]
    year = _mean_over_steps(np.abs(units[:, YEAR:] - units[:, :-YEAR]), pairs)
    return _positive(np.where(pairs.sum(axis=1) >= LEAST_PAIRS, year, short))


def _ratio(top: float, bottom: float) -> float | None:
    return float(top / bottom) if bottom > 0 else None


def _mean_over_steps(values: np.ndarray, seen: np.ndarray) -> np.ndarray:
    count = seen.sum(axis=1)
    total = np.where(seen, values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _positive(values: np.ndarray) -> np.ndarray:
    return np.where(values > 0, values, np.nan)


def _mean(values: np.ndarray) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else None
