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
    known = np.isfinite(panel.rate).any(axis=0)
    sold = np.zeros((place.max(initial=-1) + 1, panel.width))
    np.add.at(sold, place, np.nan_to_num(panel.rate))
    edge = panel.width - YEAR
    before, weeks = _mean(sold, known, edge - BEFORE_WEEKS, edge)
    kept = np.full((len(sold), steps), np.nan)
    for step in range(steps if weeks >= LEAST_KNOWN else 0):
        around, found = _mean(sold, known, edge + step - AROUND_WEEKS, edge + step + AROUND_WEEKS + 1)
        if found:
            kept[:, step] = np.minimum((around + PRIOR_RATE) / (before + PRIOR_RATE), STEEPEST)
    low = np.where(kept * RISE_SHARE > 1, kept * RISE_SHARE, 0.0)
    high = np.where(kept * MOST_KEPT < 1, kept * MOST_KEPT, np.inf)
    return low[place], high[place]


def _mean(sold: np.ndarray, known: np.ndarray, first: int, last: int) -> tuple[np.ndarray, int]:
    """Over the known weeks from column `first` to before `last`, and how many these are."""
    columns = np.flatnonzero(known[: max(last, 0)])
    columns = columns[columns >= first]
    return sold[:, columns].sum(axis=1) / max(len(columns), 1), len(columns)
