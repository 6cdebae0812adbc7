"""How each week of the year compares with a usual week, pooled over series: one series says too little.

An index is demand over the series' own yearly level, summed over the pool; a group's index is shrunk to
that of all series as if those had told 300 units of it. Nothing past the series' end is read.
"""

from __future__ import annotations

import numpy as np

from models.series import Series

WEEKS = 54
YEAR = 52
PRIOR_UNITS = 300.0
LEAST, MOST = 0.2, 8.0


def week_index(series: Series, *, ahead: int) -> tuple[np.ndarray, np.ndarray]:
    """(series, weeks + ahead) index of each series and (weeks + ahead,) of all together."""
    week = series.weeks_of_year(series.width + ahead)
    level = yearly_level(series) * series.known
    past = week[: series.width]
    sold, usual = _by_week(series.filled, past), _by_week(level, past)
    everyone = _ratio(sold.sum(axis=0), usual.sum(axis=0))
    # The 53rd week comes once in five or six years: until it has, it is like the one before.
    everyone[53] = everyone[53] if usual[:, 53].any() else everyone[52]
    pool = series.season_traits[:1]
    member = series.traits[pool[0]] if pool else np.zeros(series.count, dtype=int)
    groups, place = np.unique(member, return_inverse=True)
    shape = (len(groups), WEEKS)
    group_sold, group_usual = np.zeros(shape), np.zeros(shape)
    np.add.at(group_sold, place, sold)
    np.add.at(group_usual, place, usual)
    index = (group_sold + PRIOR_UNITS * everyone) / (group_usual + PRIOR_UNITS)
    return np.clip(index[place][:, week], LEAST, MOST), everyone[week]


def yearly_level(series: Series) -> np.ndarray:
    """(series, weeks): mean over the year around each week, moved inward at the ends so that it stays a
    year.
    """
    width = series.width
    sums, counts = _running(series.filled), _running(series.known.astype(float))
    first = np.clip(np.arange(width) - YEAR // 2, 0, max(width - YEAR, 0))
    last = np.minimum(first + YEAR, width)
    return (sums[:, last] - sums[:, first]) / np.maximum(counts[:, last] - counts[:, first], 1.0)


def _by_week(values: np.ndarray, week: np.ndarray) -> np.ndarray:
    total = np.zeros((WEEKS, len(values)))
    np.add.at(total, week, values.T)
    return total.T


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    return np.where(bottom > 0, top / np.maximum(bottom, 1e-12), 1.0)


def _running(values: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros((len(values), 1)), values.cumsum(axis=1)], axis=1)
