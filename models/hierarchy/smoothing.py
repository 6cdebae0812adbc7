"""Means that know the past alone, of all series at once: exponentially weighted levels, trailing weekday
shapes, running sums. No model here.
"""

from __future__ import annotations

import numpy as np

from models.hierarchy.series import WEEK

SHAPE_WEEKS = 104
SHAPE_PRIOR_DAYS = 4.0
SHAPE_PRIOR_UNITS = 10.0
LEAST_SHAPE = 0.05
FAINTEST = 1e-280


def level_path(values: np.ndarray, weight: np.ndarray, alpha: float) -> np.ndarray:
    """(rows, days) weighted mean of the values up to and with each day; 0 before the first. `weight`: what a
    day tells; 0, or false, where it is unknown.

    Weights fall by 1 - alpha a day and are renormalised, so that the n-th value weighs at least 1/n and a
    gap changes nothing.
    """
    from scipy.signal import lfilter

    back = [1.0, -(1.0 - alpha)]
    weight = weight.astype(np.float64)
    top = lfilter([alpha], back, np.where(weight > 0, values, 0.0) * weight, axis=1)
    return (top / np.maximum(lfilter([alpha], back, weight, axis=1), FAINTEST)).astype(np.float32)


def weekday_shapes(totals: np.ndarray, weekday: np.ndarray, open_days: np.ndarray) -> np.ndarray:
    """(rows, days + 1, 7): how a weekday compares with the mean day over two years before each day,
    shrunk to 1 by four mean days, or more where those are under ten units.

    Shut days tell nothing. At index t only days before t are known.
    """
    rows, days = totals.shape
    sums, counts = np.zeros((rows, days + 1, WEEK)), np.zeros((days + 1, WEEK))
    for number in range(WEEK):
        is_day = (weekday[:days] == number) & open_days[:days]
        sums[:, 1:, number] = np.cumsum(totals * is_day, axis=1)
        counts[1:, number] = np.cumsum(is_day)
    first = np.maximum(np.arange(days + 1) - SHAPE_WEEKS * WEEK, 0)
    total, count = sums - sums[:, first], counts - counts[first]
    mean = total.sum(axis=2, keepdims=True) / np.maximum(count.sum(axis=1), 1)[None, :, None]
    prior = np.maximum(SHAPE_PRIOR_DAYS, SHAPE_PRIOR_UNITS / np.maximum(mean, 1e-12))
    smooth = (total + prior * mean) / (count[None] + prior)
    shape = np.where(mean > 0, smooth / np.maximum(mean, 1e-12), 1.0)
    return np.maximum(shape, LEAST_SHAPE).astype(np.float32)


def running(values: np.ndarray) -> np.ndarray:
    """(rows, days) -> (rows, days + 1) sums of the columns before."""
    return np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1, dtype=np.float64)], axis=1)


def between(sums: np.ndarray, first: np.ndarray | int, last: np.ndarray | int) -> np.ndarray:
    return sums[:, last] - sums[:, first]
