"""What a category gained or lost at this time a year ago bounds the forecasts of its skus.

A single sku's past year is too short, and often too young, to show its season; its category's is not. A sku
may keep half as much again as its category kept then, and rises by at least a third of what it rose. How a
forecast comes about is elsewhere.
"""

from __future__ import annotations

import numpy as np

from models.panel import Panel

YEAR = 52
BEFORE_WEEKS, AROUND_WEEKS = 8, 1
LEAST_KNOWN = 3
LEAST_SHARE = 0.5
PRIOR_RATE = 40.0
MOST_KEPT = 1.5
RISE_SHARE = 1 / 3
STEEPEST = 12.0
UNSORTED = "Other"


def bounded(panel: Panel, means: np.ndarray, *, level: np.ndarray) -> np.ndarray:
    """(skus, steps) units of the weeks after the panel's end, moved between the bounds; `level` (skus,) is
    today's pace in units per open week, NaN where it is not known, which leaves a sku as it is.
    """
    low, high = bounds(panel, means.shape[1])
    usual = level[:, None] * panel.open_share(panel.width + means.shape[1])[panel.width :]
    is_bound = ~np.isnan(usual)
    raised = np.where(is_bound & (low > 0), np.maximum(means, low * usual), means)
    most = np.where(np.isfinite(high), high, 1.0) * usual
    return np.where(is_bound & np.isfinite(high), np.minimum(raised, most), raised)


def bounds(panel: Panel, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """(skus, steps) least and most of a sku's pace; 0 and infinity where its category tells nothing.

    The category's mean week around each week a year before over that of the eight weeks up to a year before
    the panel's end, both as if 40 units a week had been sold besides, so that a few units tell nothing.
    """
    category = np.array([panel.category.get(sku, UNSORTED) for sku in panel.skus], dtype=object)
    _names, place = np.unique(category.astype(str), return_inverse=True)
    sold = _sold(panel, place)
    edge = panel.width - YEAR
    before = _mean(sold, edge - BEFORE_WEEKS, edge, least=LEAST_KNOWN)
    kept = np.full((len(sold), steps), np.nan)
    for step in range(steps):
        around = _mean(sold, edge + step - AROUND_WEEKS, edge + step + AROUND_WEEKS + 1, least=1)
        kept[:, step] = np.minimum((around + PRIOR_RATE) / (before + PRIOR_RATE), STEEPEST)
    low = np.where(kept * RISE_SHARE > 1, kept * RISE_SHARE, 0.0)
    high = np.where(kept * MOST_KEPT < 1, kept * MOST_KEPT, np.inf)
    return low[place], high[place]


def _sold(panel: Panel, place: np.ndarray) -> np.ndarray:
    """(categories, weeks) units per open week, raised for skus whose demand is not known (out of stock); NaN
    where that is most of the category, by what its skus sell usually.
    """
    known = np.isfinite(panel.rate)
    units = np.where(known, panel.rate, 0.0)
    usual = (units.sum(axis=1) / np.maximum(known.sum(axis=1), 1))[:, None]
    shape = (place.max(initial=-1) + 1, panel.width)
    sold, told, all_of_it = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    np.add.at(sold, place, units)
    np.add.at(told, place, usual * known)
    np.add.at(all_of_it, place, usual * panel.alive)
    share = np.divide(told, all_of_it, out=np.zeros(shape), where=all_of_it > 0)
    return np.divide(sold, share, out=np.full(shape, np.nan), where=share >= LEAST_SHARE)


def _mean(sold: np.ndarray, first: int, last: int, *, least: int) -> np.ndarray:
    """(categories,) over the known weeks from column `first` to before `last`; NaN for fewer than `least`."""
    found = sold[:, max(first, 0) : max(last, 0)]
    known = np.isfinite(found)
    count = known.sum(axis=1)
    total = np.where(known, found, 0.0).sum(axis=1)
    return np.where(count >= least, total / np.maximum(count, 1), np.nan)
