"""Models that read one series at a time: seasonal naive, moving average, exponential smoothing.

Each is fitted to a whole panel at once and predicts (skus, horizon) mean demand per week, counted from the
panel's end. What a shutdown leaves of a week is taken off by `shut`. Learning across series is elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from models.category_year import bounded
from models.panel import CLASSES, Panel, demand_classes

YEAR = 52
AVERAGE_WEEKS = 8
ALPHAS = np.array([0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7])
WARM_UP_WEEKS = 4
POOLED_WEEKS = 50


class Model(Protocol):
    """`fit` sees a panel and nothing else; `predict` gives mean demand of the next `horizon` weeks."""

    name: str

    def fit(self, panel: Panel, *, seed: int) -> Model: ...

    def predict(self, horizon: int) -> np.ndarray: ...


def shut(panel: Panel, rates: np.ndarray) -> np.ndarray:
    """Rates per open week as demand of the weeks after the panel's end, less what a shutdown takes."""
    share = panel.open_share(panel.width + rates.shape[1])[panel.width :]
    return rates * share[None, :]


def recent_mean(panel: Panel, *, weeks: int) -> np.ndarray:
    """Mean rate over the last `weeks` of each series, over its whole life where they are unknown, else 0."""
    recent = _mean(panel.rate[:, max(panel.width - weeks, 0) :])
    return np.nan_to_num(np.where(np.isnan(recent), _mean(panel.rate), recent))


@dataclass
class SeasonalNaive:
    """Demand of the same week 52 weeks before; the moving average where that week is before launch or
    unknown.
    """

    name: str = "seasonal_naive"

    def fit(self, panel: Panel, *, seed: int) -> SeasonalNaive:
        del seed
        self._panel = panel
        return self

    def predict(self, horizon: int) -> np.ndarray:
        panel = self._panel
        average = recent_mean(panel, weeks=AVERAGE_WEEKS)
        columns = panel.width + np.arange(horizon) - YEAR
        past = np.full((len(panel.skus), horizon), np.nan)
        for step, column in enumerate(columns):
            while column >= panel.width:
                column -= YEAR
            if column >= 0:
                past[:, step] = panel.demand[:, column]
        return np.where(np.isnan(past), average[:, None], past)


@dataclass
class MovingAverage:
    """Mean demand of the last 8 weeks."""

    name: str = "moving_average"

    def fit(self, panel: Panel, *, seed: int) -> MovingAverage:
        del seed
        self._panel = panel
        return self

    def predict(self, horizon: int) -> np.ndarray:
        average = recent_mean(self._panel, weeks=AVERAGE_WEEKS)
        return shut(self._panel, np.repeat(average[:, None], horizon, axis=1))


@dataclass
class ExponentialSmoothing:
    """Simple exponential smoothing of all series at once (Brown 1956), each with its own smoothing constant.

    The constant minimises the series' one-step squared errors, shrunk to its demand class as if the class had
    told 50 weeks of errors; the first weeks weigh as in a mean. Unknown weeks leave the level as it is. The
    course of its category a year ago bounds it. A dormant sku is 0.
    """

    name: str = "exponential_smoothing"

    def fit(self, panel: Panel, *, seed: int) -> ExponentialSmoothing:
        del seed
        self._panel = panel
        self.alpha = _smoothing_constants(panel)
        self.levels = smooth(panel.rate, self.alpha)
        return self

    def predict(self, horizon: int) -> np.ndarray:
        level = np.nan_to_num(self.levels[:, -1])
        means = shut(self._panel, np.repeat(level[:, None], horizon, axis=1))
        return bounded(self._panel, means, level=self.levels[:, -1])


def smooth(rate: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Levels (skus, weeks + 1): column t knows the weeks before t; NaN before the first known week."""
    levels = np.full((rate.shape[0], rate.shape[1] + 1), np.nan)
    age = np.zeros(rate.shape[0])
    for column in range(rate.shape[1]):
        levels[:, column + 1], _ = _step(levels[:, column], rate[:, column], alpha, age)
        age += ~np.isnan(rate[:, column])
    return levels


def _step(
    level: np.ndarray, observed: np.ndarray, alpha: np.ndarray, age: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Next level and one-step error (0 where there is none); the n-th week weighs at least 1/n."""
    known = ~np.isnan(observed)
    started = ~np.isnan(level)
    error = np.where(known & started, observed - level, 0.0)
    weight = np.maximum(alpha, 1.0 / (age + 1.0))
    return np.where(started, level + weight * error, observed), error


def _smoothing_constants(panel: Panel) -> np.ndarray:
    errors, weeks = _squared_errors(panel.rate)
    relative = errors / np.maximum(errors.mean(axis=1, keepdims=True), 1e-12)
    choice = np.zeros(len(panel.skus), dtype=int)
    classes = demand_classes(panel)
    for name in CLASSES:
        members = classes == name
        if members.any():
            pooled = relative[members].mean(axis=0, keepdims=True)
            cost = weeks[members, None] * relative[members] + POOLED_WEEKS * pooled
            choice[members] = cost.argmin(axis=1)
    return ALPHAS[choice]


def _squared_errors(rate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(skus, alphas) sums of squared one-step errors after a warm-up, and the known weeks behind them."""
    skus, weeks = rate.shape
    level = np.full((skus, len(ALPHAS)), np.nan)
    errors, age = np.zeros((skus, len(ALPHAS))), np.zeros(skus)
    for column in range(weeks):
        observed = np.repeat(rate[:, column, None], len(ALPHAS), axis=1)
        level, error = _step(level, observed, ALPHAS[None, :], age[:, None])
        errors += np.where(age[:, None] >= WARM_UP_WEEKS, error**2, 0.0)
        age += ~np.isnan(rate[:, column])
    return errors, age


def _mean(values: np.ndarray) -> np.ndarray:
    known = ~np.isnan(values)
    count = known.sum(axis=1)
    total = np.where(known, values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
