"""One gradient-boosted model of all series: what to multiply the base forecast by (LightGBM, Poisson loss).

It learns from days whose whole horizon lies before the cutoff, each seen as of its own day. Rows are
sampled to a fixed number, so that time does not grow with the shop; dear and steady series weigh more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.hierarchy.features import CATEGORIES, Cells, Columns, columns
from models.hierarchy.sight import Sight

ROWS = 1_200_000
LEAST_ROWS = 2_000
STEP_DAYS = 14
MOST_CUTOFFS = 40
OLD_ENOUGH_DAYS = 14
FIRST_CUTOFF = 56
HALF_LIFE_DAYS = 400.0
PREDICTED_AT_ONCE = 2_000_000
WORTH_THREADS_ROWS = 100_000
ROUNDS = 300
SETTINGS = {
    "objective": "poisson",
    "learning_rate": 0.05,
    "num_leaves": 47,
    "min_data_in_leaf": 100,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "cat_smooth": 50.0,
    "max_bin": 127,
    "deterministic": True,
    "force_col_wise": True,
    "verbose": -1,
}
Upper = Callable[[int], np.ndarray | None]


@dataclass(frozen=True)
class Boosted:
    """`booster`: LightGBM's. `names`: its columns."""

    booster: object
    names: tuple[str, ...]

    def predict(self, sight: Sight, cutoff: int, *, upper: np.ndarray | None) -> np.ndarray:
        """(series, horizon) units, nothing on shut days."""
        count, horizon = sight.series.count, sight.series.horizon
        found = np.empty((count, horizon))
        at_once = max(PREDICTED_AT_ONCE // horizon, 1)
        for first in range(0, count, at_once):
            rows = np.arange(first, min(first + at_once, count))
            cells = Cells(np.repeat(rows, horizon), np.tile(np.arange(horizon), len(rows)))
            seen = columns(sight, cutoff, cells, upper=upper)
            raw = self.booster.predict(seen.design, raw_score=True)
            found[rows] = (seen.base * np.exp(np.clip(raw, -20, 3))).reshape(len(rows), horizon)
        return found * ~sight.closed[None, cutoff : cutoff + horizon]


def learned(
    sight: Sight, cutoff: int, *, upper: Upper, seed: int, threads: int, weight: np.ndarray
) -> Boosted | None:
    """None where there is too little to learn from, or nothing sold. `upper`: the upper levels' forecast as
    of a day. Few rows are learned on one thread: several would wait for one another, on a busy machine long.
    """
    import lightgbm

    cutoffs = _cutoffs(cutoff, sight.series.horizon)
    parts = [part for part in _samples(sight, cutoffs, upper=upper, seed=seed) if len(part.rows)]
    if sum(len(part.rows) for part in parts) < LEAST_ROWS or not any(part.sold.any() for part in parts):
        return None
    names = parts[0].seen.names
    age = np.concatenate([np.full(len(part.rows), cutoff - part.cutoff) for part in parts])
    rows = np.concatenate([part.rows for part in parts])
    data = lightgbm.Dataset(
        np.concatenate([part.seen.design for part in parts]),
        np.concatenate([part.sold for part in parts]),
        weight=weight[rows] * 0.5 ** (age / HALF_LIFE_DAYS),
        init_score=np.log(np.concatenate([part.seen.base for part in parts])),
        feature_name=list(names),
        categorical_feature=[name for name in names if name.startswith(CATEGORIES)],
    )
    threads = threads if len(rows) >= WORTH_THREADS_ROWS else 1
    booster = lightgbm.train(SETTINGS | {"seed": seed % 2**31, "num_threads": threads}, data, ROUNDS)
    return Boosted(booster, names)


@dataclass(frozen=True)
class Sample:
    cutoff: int
    rows: np.ndarray
    seen: Columns
    sold: np.ndarray


def _cutoffs(cutoff: int, horizon: int) -> list[int]:
    last = cutoff - horizon
    return [day for day in range(last, last - MOST_CUTOFFS * STEP_DAYS, -STEP_DAYS) if day >= FIRST_CUTOFF]


def _samples(sight: Sight, cutoffs: list[int], *, upper: Upper, seed: int) -> list[Sample]:
    rng = np.random.default_rng(seed)
    series = sight.series
    share = min(1.0, ROWS / max(len(cutoffs) * series.count * series.horizon, 1))
    found = []
    for day in cutoffs:
        wanted = rng.random((series.count, series.horizon)) < share
        wanted &= sight.known[:, day : day + series.horizon]
        wanted &= (series.launch < day - OLD_ENOUGH_DAYS)[:, None]
        rows, steps = np.nonzero(wanted)
        if len(rows):
            seen = columns(sight, day, Cells(rows, steps), upper=upper(day))
            found.append(Sample(day, rows, seen, sight.units[rows, day + steps]))
    return found


def weights(sight: Sight, cutoff: int) -> np.ndarray:
    """(series,) the root of what a series earns over how much it jumps, mean 1."""
    units = sight.units[:, max(cutoff - 91, 0) : cutoff]
    price = sight.series.price
    worth = units if price is None else units * np.nan_to_num(price[:, max(cutoff - 91, 0) : cutoff])
    jumps = np.abs(np.diff(sight.units[:, max(cutoff - 364, 0) : cutoff], axis=1))
    jump = jumps.mean(axis=1) if jumps.shape[1] else np.zeros(len(units))
    earned = worth.mean(axis=1)
    found = np.sqrt((earned + 0.02 * earned.mean() + 1e-9) / (jump + 0.05))
    return found / max(found.mean(), 1e-12)
