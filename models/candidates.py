"""The candidates a backtest compares, simplest first, and the fit of all of them to one panel."""

from __future__ import annotations

import numpy as np

from models.baselines import ExponentialSmoothing, Model, MovingAverage, SeasonalNaive
from models.boosting import Boosting
from models.panel import DORMANT_WEEKS, Panel
from models.reconciled import Reconciled

BOOSTING_SHARE, RECONCILED_SHARE, SMOOTHING_SHARE = 0.6, 0.2, 0.2
NAIVE, AVERAGE, SMOOTHING, RECONCILED, BOOSTING, COMBINATION = CANDIDATES = (
    "seasonal_naive",
    "moving_average",
    "exponential_smoothing",
    "reconciled",
    "boosting",
    "combination",
)


def forecast_all(panel: Panel, *, steps: int, seed: int) -> dict[str, np.ndarray]:
    """(skus, steps) mean demand by every candidate; the combination is 3/5 boosting, the rest the
    reconciled and the smoothed.

    A dormant sku is forecast 0 by all but the seasonal naive.
    """
    return predict_all(fit_all(panel, steps=steps, seed=seed), panel, steps=steps)


def fit_all(panel: Panel, *, steps: int, seed: int) -> tuple[Model, ...]:
    """Each fitted to `panel`; the smoothing, which others build on, once."""
    smoothing = ExponentialSmoothing().fit(panel, seed=seed)
    naive = SeasonalNaive(), MovingAverage()
    built_on_it = Reconciled(smoothing=smoothing), Boosting(steps=steps, smoothing=smoothing)
    before, after = (tuple(model.fit(panel, seed=seed) for model in some) for some in (naive, built_on_it))
    return (*before, smoothing, *after)


def predict_all(models: tuple[Model, ...], panel: Panel, *, steps: int) -> dict[str, np.ndarray]:
    found = {model.name: model.predict(steps) for model in models}
    dormant = panel.weeks_silent >= DORMANT_WEEKS
    for name in (AVERAGE, SMOOTHING, RECONCILED, BOOSTING):
        found[name] = np.where(dormant[:, None], 0.0, found[name])
    found[COMBINATION] = (
        BOOSTING_SHARE * found[BOOSTING]
        + RECONCILED_SHARE * found[RECONCILED]
        + SMOOTHING_SHARE * found[SMOOTHING]
    )
    return {name: np.maximum(np.nan_to_num(found[name]), 0.0) for name in CANDIDATES}


def contributions(models: tuple[Model, ...], *, first: int, steps: int) -> dict[str, dict[str, np.ndarray]]:
    """model -> term -> (skus,) units over steps `first` ... `steps` - 1, of the models that can say."""
    found = {
        model.name: model.contributions(steps, first=first)
        for model in models
        if hasattr(model, "contributions")
    }
    found[COMBINATION] = {term: BOOSTING_SHARE * units for term, units in found[BOOSTING].items()}
    return found
