"""The candidate that hears the whole shop: each sku's level and weekday, made to agree with what
regressions of its category and of the shop see coming, within what its category did a year ago. The method
is in `models.hierarchy`; here it meets the weekly panel.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from models.baselines import ExponentialSmoothing
from models.category_year import bounded
from models.hierarchy.forecast import Forecaster
from models.hierarchy.series import Series
from models.panel import Panel

DAYS = 7
LEAST_WEEKS = 8
UNSORTED = "Other"
LEVELS = ((), ("category",))


@dataclass
class Reconciled:
    """Weekly means from days; zero for every sku under eight weeks of the shop's history. `smoothing`: fitted
    to the same panel already, where it is.
    """

    name: str = "reconciled"
    smoothing: ExponentialSmoothing | None = None

    def fit(self, panel: Panel, *, seed: int) -> Reconciled:
        self._panel = panel
        self._smoothing = self.smoothing or ExponentialSmoothing().fit(panel, seed=seed)
        return self

    def predict(self, horizon: int) -> np.ndarray:
        panel = self._panel
        if panel.width < LEAST_WEEKS or not len(panel.skus) or panel.daily is None:
            return np.zeros((len(panel.skus), horizon))
        series = panel_series(panel, horizon=horizon)
        days = Forecaster(series).fast(series.days)
        weeks = days.reshape(len(panel.skus), horizon, DAYS).sum(axis=2)
        return bounded(panel, weeks, level=self._smoothing.levels[:, -1])


def panel_series(panel: Panel, *, horizon: int) -> Series:
    """The panel's days with its categories; shut where the shop's calendar says so."""
    days = panel.width * DAYS
    calendar = panel.calendar
    dates = [panel.first_week + timedelta(days=step) for step in range(days + horizon * DAYS)]
    alive = np.repeat(panel.alive, DAYS, axis=1)
    return Series(
        ids=panel.skus,
        first_day=panel.first_week,
        demand=np.where(alive, panel.daily, np.nan).astype(np.float32),
        horizon=horizon * DAYS,
        groups={
            "category": np.array([panel.category.get(sku, UNSORTED) for sku in panel.skus], dtype=object)
        },
        levels=LEVELS,
        shut=np.array([not calendar.is_open(day) for day in dates]),
    )
