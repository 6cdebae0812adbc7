"""Past forecasts added up to categories and the whole shop, with the spread their own misses give.

Cells a stock-out cut count at no level. How a level is forecast directly is not decided here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from models.backtest import Origin
from models.metrics import naive_rmse, seasonal_mae
from models.quantiles import NORMAL

LEVELS = ("sku", "category", "total")
LEAST_MEAN = 1.0
PRIOR_SPREAD = 0.25
PRIOR_CASES = 4.0


@dataclass(frozen=True)
class Grouped:
    """One origin at one level: `means` of each model and `actual` are (groups, steps); `past` (groups,
    weeks).
    """

    cutoff: date
    names: tuple[str, ...]
    means: dict[str, np.ndarray]
    actual: np.ndarray
    seen: np.ndarray
    rmse_scale: np.ndarray
    mae_scale: np.ndarray


def grouped(origin: Origin, groups: Mapping[str, str], *, by: date) -> Grouped:
    """`groups` is sku -> group; a sku without one belongs to 'Other'."""
    of = np.array([groups.get(sku, "Other") for sku in origin.skus], dtype=object)
    names, place = np.unique(of.astype(str), return_inverse=True)
    seen = origin.seen(by=by)

    def added(values: np.ndarray) -> np.ndarray:
        found = np.zeros((len(names), values.shape[1]))
        np.add.at(found, place, values)
        return found

    past = None if origin.past is None else added(np.nan_to_num(origin.past))
    unknown = np.full(len(names), np.nan)
    alive = None if past is None else np.cumsum(past, axis=1) > 0
    return Grouped(
        cutoff=origin.cutoff,
        names=tuple(names),
        means={name: added(np.where(seen, values, 0.0)) for name, values in origin.means.items()},
        actual=added(np.where(seen, np.nan_to_num(origin.actual), 0.0)),
        seen=added(seen.astype(float)) > 0,
        rmse_scale=unknown if past is None else naive_rmse(past, alive),
        mae_scale=unknown if past is None else seasonal_mae(past, alive),
    )


def spread(earlier: list[Grouped], now: Grouped, name: str) -> np.ndarray:
    """(groups, steps, quantiles) of `now`: log-normal, as far off as earlier origins' sums of that model
    were.

    The mean and the spread of the log of actual over forecast, shrunk as if four cases had shown no bias
    and a spread of a quarter; origins count, not their weeks, which miss alike.
    """
    shift, scale = _misses(earlier, name)
    mean = now.means[name]
    found = mean[:, :, None] * np.exp(shift + scale * NORMAL)[None, None, :]
    return np.where(mean[:, :, None] >= LEAST_MEAN, found, 0.0)


def _misses(earlier: list[Grouped], name: str) -> tuple[float, float]:
    shifts, squares = [], []
    for past in earlier:
        counts = past.seen & (past.means[name] >= LEAST_MEAN) & (past.actual >= LEAST_MEAN)
        if counts.any():
            miss = np.log(past.actual[counts] / past.means[name][counts])
            shifts.append(miss.mean())
            squares.append(np.mean(miss**2))
    cases = len(shifts)
    shift = sum(shifts) / (cases + PRIOR_CASES)
    square = (sum(squares) + PRIOR_CASES * PRIOR_SPREAD**2) / (cases + PRIOR_CASES)
    return float(shift), float(np.sqrt(max(square - shift**2, 1e-6)))
