"""Mean weekly demand learned over all series together: a smoothed level times the pooled season, blended with
counts boosted over all series at once: a few members, each on other weeks and weights, averaged.

The level costs nothing and never fails badly; boosting sees what series share. How demand scatters around
the mean is in `spread`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from models.boosting import Bins
from models.pooled_features import CALENDAR_COLUMNS, View, view
from models.seasons import YEAR
from models.series import Series

STEPS = 3
FIRST_EDGE = 34
EVERY_EDGE = 3
LEAST_KNOWN = 4
LEAST_ROWS = 2000
LEAST_FILLED = 500
MOST_ROWS = 60_000
MAX_RATIO = 30.0
BOOSTED_SHARE = 0.8
WEIGHT_POWERS = (0.5, 0.75, 0.5)
MEMBERS = len(WEIGHT_POWERS)
REFIT_WEEKS = 4
HALF_LIFE_WEEKS = 52
TWO_YEARS = 2 * YEAR


@dataclass
class CountBoosting:
    """Poisson loss on demand over (base times season), rows weighed by a power of that; one fit for all
    steps.
    """

    rounds: int = 60
    leaves: int = 16
    learning_rate: float = 0.08
    least_leaf: int = 60
    share_of_features: float = 0.4

    def fit(self, design: np.ndarray, ratio: np.ndarray, weight: np.ndarray, *, seed: int) -> CountBoosting:
        """(rows, features) to ratios; a column nearly nothing is known of is left out."""
        from sklearn.ensemble import HistGradientBoostingRegressor
        from threadpoolctl import threadpool_limits

        self._kept = np.isfinite(design).sum(axis=0) >= LEAST_FILLED
        self._bins = Bins(design[:, self._kept])
        regressor = HistGradientBoostingRegressor(
            loss="poisson",
            max_iter=self.rounds,
            learning_rate=self.learning_rate,
            max_leaf_nodes=self.leaves,
            min_samples_leaf=self.least_leaf,
            l2_regularization=5.0,
            max_features=self.share_of_features,
            early_stopping=False,
            random_state=seed % 2**32,
        )
        with threadpool_limits(1, user_api="openmp"):
            self._regressor = regressor.fit(
                self._bins.codes(design[:, self._kept]), ratio, sample_weight=weight
            )
        return self

    def predict(self, design: np.ndarray) -> np.ndarray:
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1, user_api="openmp"):
            return self._regressor.predict(self._bins.codes(design[:, self._kept]))


@dataclass
class PooledForecaster:
    """Means at any edge of one set of series. What was fitted at an edge is kept: it saw nothing after it.

    The boosted part is fitted anew every `refit_weeks` weeks, at columns that number divides.
    """

    series: Series
    steps: int = STEPS
    refit_weeks: int = REFIT_WEEKS
    seed: int = 0
    _fits: dict[int, list[CountBoosting]] = field(default_factory=dict)
    _views: dict[int, View] = field(default_factory=dict)

    def extend(self, series: Series) -> None:
        """The same series with more weeks; what is known of earlier weeks must be as it was."""
        if not np.array_equal(series.demand[:, : self.series.width], self.series.demand, equal_nan=True):
            raise ValueError("the earlier weeks of these series have changed; make a new forecaster")
        self.series = series

    def mean(self, edge: int) -> np.ndarray:
        """(series, steps): mean demand of the weeks from column `edge` as known before it."""
        seen = self._view(edge)
        smoothed = seen.smoothed[:, None] * seen.season
        fitted = self._fitted(edge - edge % self.refit_weeks)
        if not fitted:
            return smoothed
        design = seen.design.reshape(-1, seen.design.shape[2])
        ratio = np.mean([fit.predict(design) for fit in fitted], axis=0).reshape(smoothed.shape)
        usable = self.series.until(edge).known.sum(axis=1) >= LEAST_KNOWN
        boosted = np.where(usable[:, None], ratio * seen.base[:, None] * seen.season, smoothed)
        return BOOSTED_SHARE * boosted + (1 - BOOSTED_SHARE) * smoothed

    def _view(self, edge: int) -> View:
        if edge not in self._views:
            self._views[edge] = view(self.series, edge=edge, steps=self.steps)
        return self._views[edge]

    def _fitted(self, edge: int) -> list[CountBoosting]:
        if edge not in self._fits:
            self._fits[edge] = [fit for member in range(MEMBERS) if (fit := self._fit(edge, member))]
        return self._fits[edge]

    def _fit(self, edge: int, member: int) -> CountBoosting | None:
        seen = self.series.until(edge)
        edges = range(edge - 1 - member, FIRST_EDGE - 1, -EVERY_EDGE)
        parts = [self._rows(seen, past) for past in edges]
        if sum(len(part[1]) for part in parts) < LEAST_ROWS:
            return None
        design, ratio, usual, recency = (np.concatenate(column) for column in zip(*parts, strict=True))
        if edge < TWO_YEARS:
            # A week of the year seen once cannot be told from growth.
            design[:, -CALENDAR_COLUMNS:] = np.nan
        rng = np.random.default_rng([self.seed % 2**32, edge, member])
        drawn = rng.permutation(len(ratio))[:MOST_ROWS]
        weight = recency[drawn] * usual[drawn] ** WEIGHT_POWERS[member]
        return CountBoosting().fit(design[drawn], ratio[drawn], weight, seed=self.seed + member)

    def _rows(self, seen: Series, edge: int) -> tuple[np.ndarray, ...]:
        past, steps = self._view(edge), min(self.steps, seen.width - edge)
        usual = past.base[:, None] * past.season[:, :steps]
        actual = seen.demand[:, edge : edge + steps]
        usable = ~np.isnan(actual) & (seen.known[:, :edge].sum(axis=1) >= LEAST_KNOWN)[:, None]
        ratio = np.minimum(actual[usable] / usual[usable], MAX_RATIO)
        recency = 0.5 ** ((seen.width - edge) / HALF_LIFE_WEEKS)
        return past.design[:, :steps][usable], ratio, usual[usable], np.full(len(ratio), recency)
