"""What one stock pool expected and what came, week by week of the past window that a curve is replayed on.

The forecasts are those of the whole shop; a pool has its share of them. How far off they may be is what they
missed in the sixteen weeks before, as purchases learn it from the backtest.
"""

from __future__ import annotations

import numpy as np

from models import history, paths
from models.baselines import ExponentialSmoothing, smooth
from models.category_year import bounded
from models.hierarchy.forecast import Forecaster
from models.panel import Panel, demand_classes
from models.pool_weeks import PoolWeeks
from models.quantiles import Calibration, Residuals
from models.reconciled import panel_series

LEARNT_FROM = (4, 8, 12, 16)
LEAST_STEPS = 13  # a small shop tells enough of its errors by all of them
DRAWS = 64


class Said:
    """The shop's weekly means (skus, steps) and demand classes as of every week of the window, and of the
    sixteen before it that there are.
    """

    def __init__(self, whole: Panel, *, start: int, steps: int) -> None:
        self.start, self.first, self.steps = start, max(start - max(LEARNT_FROM), 0), steps
        steps = max(steps, LEAST_STEPS)
        before = whole.until(self.first)
        level = smooth(whole.rate, ExponentialSmoothing().fit(before, seed=0).alpha)
        forecaster = Forecaster(panel_series(whole, horizon=steps))
        self.weeks, self.classes = [], []
        for edge in range(self.first, whole.width):
            seen = whole.until(edge)
            weeks = forecaster.fast(edge * 7).reshape(len(whole.skus), steps, 7).sum(axis=2)
            self.weeks.append(bounded(seen, np.nan_to_num(weeks), level=level[:, edge]))
            self.classes.append(demand_classes(seen))

    def part(self, part: PoolWeeks) -> list[np.ndarray]:
        """A stock pool's, by the share of each sku that was known as of each week."""
        return [
            np.maximum(weeks * part.share[:, self.first + number, None], 0.0)
            for number, weeks in enumerate(self.weeks)
        ]


class Outlook:
    """The courses of a pool's demand as of every week of the window, and what came."""

    def __init__(self, whole: Panel, part: PoolWeeks, rows: np.ndarray, *, said: Said, seed: int) -> None:
        self.start, self.width, self._seed, self._rows = said.start, whole.width, seed, rows
        self.came = np.where(np.isnan(part.adjusted), part.units, part.adjusted)[rows]
        self._shop, self._said = said, said.part(part)
        known = whole.alive & (whole.exposure >= history.FULL)
        self._known = np.where(known, part.units, np.nan)
        self._drawn: dict[int, np.ndarray] = {}

    def of(self, period: int) -> np.ndarray:
        """(steps, skus, draws) as of the window's week `period`."""
        if period not in self._drawn:
            number = self._number(self.start + period)
            classes = self._shop.classes[number][self._rows]
            quantiles = self._learnt(self.start + period).quantiles(
                classes, self._said[number][self._rows, : self._shop.steps]
            )
            rng = np.random.default_rng([self._seed, period])
            weights = paths.week_weights(self._shop.steps, DRAWS, rng=rng).astype(np.float32)
            self._drawn[period] = _drawn(quantiles.astype(np.float32), weights)
        return self._drawn[period]

    def mean(self, place: np.ndarray) -> np.ndarray:
        """A week's units as forecast for the window's first."""
        return self._said[self._number(self.start)][self._rows[place], : self._shop.steps].mean(axis=1)

    def _number(self, edge: int) -> int:
        return edge - self._shop.first

    def _learnt(self, edge: int) -> Calibration:
        """From all skus of the pool, what had come by then."""
        parts = []
        for back in LEARNT_FROM:
            past = edge - back
            if past < self._shop.first:
                continue
            mean = self._said[self._number(past)][:, :back]
            came = self._known[:, past : past + mean.shape[1]]
            rows, steps = np.nonzero(~np.isnan(came))
            classes = self._shop.classes[self._number(past)][rows]
            parts.append(Residuals(classes, mean[rows, steps], steps, came[rows, steps]))
        return Calibration(Residuals.concat(parts) if parts else None)


def _drawn(quantiles: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(skus, steps, levels) @ (steps, levels, draws) to (steps, skus, draws) whole units."""
    skus, steps = quantiles.shape[:2]
    found = np.empty((steps, skus, weights.shape[2]), dtype=np.float32)
    for step in range(steps):
        found[step] = np.floor(np.maximum(quantiles[:, step] @ weights[step], 0.0) + 0.5)
    return found
