"""Small panels of daily demand for tests of `models.hierarchy`."""

from __future__ import annotations

from datetime import date

import numpy as np

from models.hierarchy.forecast import Forecast
from models.hierarchy.series import Series

MONDAY = date(2024, 1, 1)
LEVELS = ((), ("category",), ("item",))


def demand_of(count: int = 30, days: int = 400, *, seed: int = 0, weekday: bool = True) -> np.ndarray:
    """Poisson counts around a tenth to several units a day, twice as many on Saturdays."""
    rng = np.random.default_rng(seed)
    shape = np.where(np.arange(days) % 7 == 5, 2.0, 1.0) if weekday else np.ones(days)
    return rng.poisson(rng.gamma(1.0, 1.5, count)[:, None] * shape[None, :]).astype(np.float32)


def panel(demand: np.ndarray, *, horizon: int = 28, **others) -> Series:
    """Series of three categories, each an item of its own, unless told otherwise."""
    demand = np.asarray(demand, dtype=np.float32)
    count = len(demand)
    groups = {
        "category": np.array([f"C{number % 3}" for number in range(count)]),
        "item": np.array([f"I{number}" for number in range(count)]),
    }
    ids = tuple(f"S{number}" for number in range(count))
    return Series(ids, MONDAY, demand, horizon, **{"groups": groups, "levels": LEVELS} | others)


def everything(found: Forecast) -> list[np.ndarray]:
    """Every array of a forecast, in a fixed order."""
    levels = [part for one in found.levels for part in (one.mean, one.quantiles)]
    return [found.mean, found.quantiles, found.base, *levels]
