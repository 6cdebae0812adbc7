"""What one stock pool expected and what came, week by week of the past window that a curve is replayed on.

The forecasts are those of the whole shop; a pool has its share of them.
"""

from __future__ import annotations

import numpy as np

from models import history
from models.hierarchy.forecast import Forecaster
from models.panel import Panel
from models.pool_weeks import PoolWeeks
from models.reconciled import panel_series
from models.spread import courses, dispersion

ERROR_WEEKS = 8
DRAWS = 64


class Said:
    """The shop's weekly means (skus, steps) as of every week of the window and the eight before it."""

    def __init__(self, whole: Panel, *, start: int, steps: int) -> None:
        self.start, self.first = start, start - ERROR_WEEKS
        forecaster = Forecaster(panel_series(whole, horizon=steps))
        self.weeks = [
            forecaster.fast(edge * 7).reshape(len(whole.skus), steps, 7).sum(axis=2)
            for edge in range(self.first, whole.width)
        ]

    def part(self, part: PoolWeeks, rows: np.ndarray) -> list[np.ndarray]:
        """A stock pool's, of some rows: by the share of them that was known as of each week."""
        return [
            weeks[rows] * part.share[rows, self.first + number, None]
            for number, weeks in enumerate(self.weeks)
        ]


class Outlook:
    """The courses of a pool's demand as of every week of the window, and what came."""

    def __init__(self, whole: Panel, part: PoolWeeks, rows: np.ndarray, *, said: Said, seed: int) -> None:
        self.start, self.width, self._seed = said.start, whole.width, seed
        self.came = np.where(np.isnan(part.adjusted), part.units, part.adjusted)[rows]
        self._said = said.part(part, rows)
        self._known = np.where(whole.exposure >= history.FULL, part.units, np.nan)[rows]
        self._drawn: dict[int, np.ndarray] = {}

    def of(self, period: int) -> np.ndarray:
        """(steps, skus, draws) as of the window's week `period`."""
        if period not in self._drawn:
            edge = self.start + period
            past = np.stack(self._said[period : period + ERROR_WEEKS])[:, :, :1]
            came = self._known[:, edge - ERROR_WEEKS : edge].T[:, :, None]
            rng = np.random.default_rng([self._seed, period])
            mean = np.maximum(np.nan_to_num(self._said[period + ERROR_WEEKS]), 0.0)
            self._drawn[period] = courses(mean, dispersion(past, came), draws=DRAWS, rng=rng).astype(
                np.uint16
            )
        return self._drawn[period]

    def mean(self, place: np.ndarray) -> np.ndarray:
        """A week's units as forecast for the window's first."""
        return np.maximum(self._said[ERROR_WEEKS][place].mean(axis=1), 0.0)
