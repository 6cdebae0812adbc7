"""One gradient-boosted model over all series (scikit-learn's histogram boosting), for every step ahead.

It learns the logarithm of demand over the sku's own scale from rows drawn at random over skus, weeks stood at
and steps ahead, and lifts what it makes of it back to a mean. What it may look at is in `features`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.baselines import ExponentialSmoothing, shut
from models.category_year import bounded
from models.drivers import shapley
from models.features import MAX_RATIO, YEAR, Lens, Sums, features, neutral, seasonal_cap
from models.panel import DORMANT_WEEKS, Panel

FIRST_EDGE = 8
LEAST_ROWS = 500
BINS = 128
HEAVIEST = 30.0
SAMPLE_ROWS = 2_000
SIZES = np.array([0.3, 1.0, 3.0, 10.0, 30.0, 100.0])
LIFT_UNITS = 100.0


@dataclass
class Boosting:
    """Squared loss on log(1 + demand / scale), rows weighed by its root; smoothing where rows are too few.

    Turned back, such a forecast lies near the median; `Lift` makes a mean of it. Few past years show how a
    season comes and goes, so what a sku lost at this time a year ago caps it (`seasonal_cap`), and what its
    category gained or lost bounds it (`category_year`). `smoothing`: fitted to the same panel already, where
    it is.
    """

    steps: int
    name: str = "boosting"
    smoothing: ExponentialSmoothing | None = None
    most_rows: int = 200_000
    rows_per_sku: int = 400
    rounds: int = 60
    leaves: int = 31
    learning_rate: float = 0.1
    weight_power: float = 0.5

    def fit(self, panel: Panel, *, seed: int) -> Boosting:
        self._panel = panel
        self._smoothing = self.smoothing or ExponentialSmoothing().fit(panel, seed=seed)
        self._sums = Sums(panel=panel, levels=self._smoothing.levels)
        rng = np.random.default_rng([seed % 2**32, panel.width])
        design, target, scale = self._training_rows(rng)
        self._bins, self._regressor = Bins(design), None
        if len(target) >= LEAST_ROWS and self._bins.varying.any():
            codes, weight = self._bins.codes(design), scale**self.weight_power
            weight = np.minimum(weight, HEAVIEST * np.median(weight))
            self._regressor = self._boost(codes, target, weight, seed)
            self._lift = Lift.learned(scale, said=self._ratio(codes), came=np.expm1(target))
        return self

    def predict(self, horizon: int) -> np.ndarray:
        panel = self._panel
        if self._regressor is None:
            return self._smoothing.predict(horizon)
        lens = Lens(sums=self._sums, edge=panel.width, rows=np.repeat(np.arange(len(panel.skus)), horizon))
        targets = panel.width + np.tile(np.arange(horizon), len(panel.skus))
        design = np.column_stack(list(features(lens, targets).values()))
        rates = self._ratio(self._bins.codes(design)) * lens.scale * self._lift.at(lens.scale)
        rates = np.minimum(rates, seasonal_cap(lens, targets)).reshape(-1, horizon)
        return bounded(panel, shut(panel, rates), level=self._smoothing.levels[:, -1])

    def contributions(self, horizon: int, *, first: int = 0) -> dict[str, np.ndarray]:
        """(skus,) units over steps `first` … `horizon` - 1 that each group of features moves the forecast by;
        with `level` they add up to it.

        `level` is what the model expects of a sku of this scale and pattern of sales when nothing is special
        (`features.neutral`); `cap` is what last year's fall takes off, `rise` what its category's rise adds.
        """
        panel, skus = self._panel, len(self._panel.skus)
        if self._regressor is None:
            return {"level": self._smoothing.predict(horizon)[:, first:].sum(axis=1)}
        lens = Lens(sums=self._sums, edge=panel.width, rows=np.repeat(np.arange(skus), horizon))
        targets = panel.width + np.tile(np.arange(horizon), skus)
        columns = features(lens, targets)
        scale = lens.scale * self._lift.at(lens.scale)
        scale *= np.tile(panel.open_share(panel.width + horizon)[panel.width :], skus)

        def units(design: np.ndarray) -> np.ndarray:
            ratio = self._ratio(self._bins.codes(design))
            return (ratio * scale).reshape(skus, horizon)[:, first:].sum(axis=1)

        found = shapley(units, columns, neutral(columns, week_of_year=self._ordinary_week(columns)))
        moved = self.predict(horizon)[:, first:].sum(axis=1) - sum(found.values())
        found["cap"], found["rise"] = np.minimum(moved, 0.0), np.maximum(moved, 0.0)
        return found

    def _ordinary_week(self, columns: dict[str, np.ndarray]) -> int:
        """The week of the year with the median forecast of a steady sku, all else equal."""
        design = np.column_stack(list(columns.values()))[:: max(len(columns["step"]) // SAMPLE_ROWS, 1)]
        names = list(columns)
        for values in neutral(columns, week_of_year=1).values():
            for name in values:
                design[:, names.index(name)] = 1.0
        weeks = range(1, YEAR + 1, 3)
        found = []
        for week in weeks:
            design[:, names.index("week_of_year")] = week
            found.append(self._predicted(self._bins.codes(design)).mean())
        return weeks[int(np.argsort(found, kind="stable")[len(found) // 2])]

    def _training_rows(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        panel = self._panel
        edges = range(min(FIRST_EDGE, panel.width), panel.width)
        wanted = min(self.most_rows, self.rows_per_sku * len(panel.skus))
        per_edge = wanted // max(len(edges), 1)
        parts = [part for edge in edges if (part := self._rows_at(edge, per_edge, rng)) is not None]
        if not parts:
            return np.empty((0, 0)), np.empty(0), np.empty(0)
        return tuple(np.concatenate(column) for column in zip(*parts, strict=True))

    def _rows_at(self, edge: int, count: int, rng: np.random.Generator):
        panel = self._panel
        recent = edge - 1 - panel.last_sale[:, edge - 1] < DORMANT_WEEKS
        skus = np.flatnonzero((panel.launch < edge) & recent)
        steps = min(self.steps, panel.width - edge)
        draw = rng.permutation(len(skus) * steps)[:count]
        rows, targets = skus[draw // steps], edge + draw % steps
        actual = panel.rate[rows, targets]
        rows, targets, actual = (column[~np.isnan(actual)] for column in (rows, targets, actual))
        if not len(rows):
            return None
        lens = Lens(sums=self._sums, edge=edge, rows=rows)
        design = np.column_stack(list(features(lens, targets).values()))
        ratio = np.minimum(actual / lens.scale, MAX_RATIO)
        return design, np.log1p(ratio), lens.scale

    def _boost(self, codes: np.ndarray, target: np.ndarray, weight: np.ndarray, seed: int):
        """On one thread, so that the same rows give the same model on any machine."""
        from sklearn.ensemble import HistGradientBoostingRegressor
        from threadpoolctl import threadpool_limits

        regressor = HistGradientBoostingRegressor(
            max_iter=self.rounds,
            learning_rate=self.learning_rate,
            max_leaf_nodes=self.leaves,
            min_samples_leaf=100,
            early_stopping=False,
            random_state=seed % 2**32,
        )
        with threadpool_limits(1, user_api="openmp"):
            return regressor.fit(codes, target, sample_weight=weight)

    def _ratio(self, codes: np.ndarray) -> np.ndarray:
        return np.expm1(np.clip(self._predicted(codes), 0, np.log1p(MAX_RATIO)))

    def _predicted(self, codes: np.ndarray) -> np.ndarray:
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1, user_api="openmp"):
            return self._regressor.predict(codes)


@dataclass(frozen=True)
class Lift:
    """How many times what was said came, by the size of a sku: straight between `sizes` (logarithms of units
    a week), level beyond them.

    The smearing estimate of Duan (1983) as a ratio: over the rows learned from, means then add up to what
    was sold. Each size is shrunk to all of them as if these had told it of 100 units.
    """

    sizes: np.ndarray
    times: np.ndarray

    @classmethod
    def learned(cls, scale: np.ndarray, *, said: np.ndarray, came: np.ndarray) -> Lift:
        """`said` and `came` are demand over `scale`, one entry a row."""
        place = np.searchsorted(SIZES, scale)

        def added(values: np.ndarray) -> np.ndarray:
            return np.bincount(place, weights=values, minlength=len(SIZES) + 1)

        told, sold, rows = added(said * scale), added(came * scale), added(np.ones(len(scale)))
        whole = sold.sum() / told.sum() if told.sum() > 0 else 1.0
        times = (sold + LIFT_UNITS * whole) / (told + LIFT_UNITS)
        held = rows > 0
        return cls(added(np.log(scale))[held] / rows[held], times[held])

    def at(self, scale: np.ndarray) -> np.ndarray:
        return np.interp(np.log(scale), self.sizes, self.times)


class Bins:
    """Columns as codes of at most 128 equally frequent values each, missing ones kept missing.

    scikit-learn would search them by weighted percentiles, which took most of its time. Columns that say
    nothing are dropped: histogram boosting fails on one that is missing throughout.
    """

    def __init__(self, design: np.ndarray) -> None:
        self._edges = [_edges(column) for column in design.T]
        self.varying = np.array([len(edges) > 0 for edges in self._edges], dtype=bool)

    def codes(self, design: np.ndarray) -> np.ndarray:
        found = [
            np.where(np.isnan(column), np.nan, np.searchsorted(edges, column, side="right"))
            for column, edges in zip(design.T, self._edges, strict=True)
            if len(edges)
        ]
        return np.column_stack(found).astype(np.float32)


def _edges(column: np.ndarray) -> np.ndarray:
    known = np.sort(column[~np.isnan(column)])
    if not len(known) or known[0] == known[-1]:
        return np.empty(0)
    places = (np.arange(1, BINS) * len(known)) // BINS
    return np.unique(known[places][known[places] > known[0]])
