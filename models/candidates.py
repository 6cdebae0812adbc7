"""The candidates a backtest compares, simplest first, and the fit of all of them to one panel."""

from __future__ import annotations

import numpy as np

from models.baselines import ExponentialSmoothing, Model, MovingAverage, SeasonalNaive
from models.boosting import Boosting
from models.panel import DORMANT_WEEKS, Panel

BOOSTING_SHARE = 0.75
NAIVE, AVERAGE, SMOOTHING, BOOSTING, COMBINATION = CANDIDATES = (
    "seasonal_naive",
    "moving_average",
    "exponential_smoothing",
    "boosting",
    "combination",
)


def forecast_all(panel: Panel, *, steps: int, seed: int) -> dict[str, np.ndarray]:
    """(skus, steps) mean demand by every candidate; the combination is 3/4 boosting, 1/4 smoothing.

    A dormant sku is forecast 0 by all but the seasonal naive.
    """
    models: tuple[Model, ...] = (
        SeasonalNaive(),
        MovingAverage(),
        ExponentialSmoothing(),
        Boosting(steps=steps),
    )
    found = {model.name: model.fit(panel, seed=seed).predict(steps) for model in models}
    dormant = panel.weeks_silent >= DORMANT_WEEKS
    for name in (AVERAGE, SMOOTHING, BOOSTING):
        found[name] = np.where(dormant[:, None], 0.0, found[name])
    found[COMBINATION] = BOOSTING_SHARE * found[BOOSTING] + (1 - BOOSTING_SHARE) * found[SMOOTHING]
    return {name: np.maximum(np.nan_to_num(found[name]), 0.0) for name in CANDIDATES}
