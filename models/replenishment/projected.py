"""Least expected cost where a missed sale is lost, on possible courses of demand.

Stock is carried through each course to the start of the period in which an order placed now arrives; what is
missed on the way is lost and needs no replacing, which the usual inventory position overlooks. What that
period then lacks, course by course, is the need. The order serves the needs up to the one whose last unit
costs as much as it saves: margin where it is asked for; where not, its keep until it is sold, not for one
period alone, since forecasts move and what is too much lies there long after the next order (decision 0050).
"""

from __future__ import annotations

import numpy as np

from models.replenishment.shelf import Costs

AROUND = 0.04
CHUNK = 4096


def projected_stock(
    stock: np.ndarray, arriving: np.ndarray, demand: np.ndarray, *, backorders: bool = False
) -> np.ndarray:
    """(series, draws) stock at the start of the period after the last of `demand`, before anything arrives
    then.

    `arriving` (series, periods) is on the shelf at each period's start; `demand` (periods, series, draws).
    """
    left = np.repeat(stock[:, None].astype(np.float32), demand.shape[2], axis=1)
    for period, wanted in enumerate(demand):
        left = left + arriving[:, period, None].astype(np.float32) - wanted
        if not backorders:
            np.maximum(left, 0.0, out=left)
    return left


def order(
    stock: np.ndarray,
    arriving: np.ndarray,
    demand: np.ndarray,
    *,
    costs: Costs,
    backorders: bool = False,
) -> np.ndarray:
    """(series,) whole units to order now, arriving at the start of the last period of `demand`.

    `arriving` (series, periods - 1) is what comes before; `demand` (periods, series, draws). `costs` are of
    that last period.
    """
    left = projected_stock(stock, arriving, demand[:-1], backorders=backorders)
    need = np.sort(demand[-1] - left, axis=1)
    share = worth_serving(
        need,
        left=left.mean(axis=1, dtype=np.float64),
        sold=demand[-1].mean(axis=1, dtype=np.float64),
        costs=costs,
    )
    return np.maximum(np.floor(quantile_around(need, share) + 0.5), 0.0)


def worth_serving(need: np.ndarray, *, left: np.ndarray, sold: np.ndarray, costs: Costs) -> np.ndarray:
    """(series,) share of the courses whose need pays: the chance of no shortage in the period.

    `need` (series, draws), rising. `left` (series,) is the mean stock it is met from, below 0 what is owed
    and `sold` the mean demand of a period: a unit that not even the need's course takes lies for as many
    periods as demand takes to reach it, one at least. 0 where nothing is ever sold.
    """
    rank = (np.arange(need.shape[1], dtype=np.float32) + 0.5) / need.shape[1]
    holding, shortage = (np.broadcast_to(cost, len(need)) for cost in (costs.holding, costs.shortage))
    found = np.zeros(len(need))
    for first in range(0, len(need), CHUNK):
        rows = slice(first, first + CHUNK)
        periods = (left[rows, None] + need[rows]) / np.maximum(sold[rows], 1e-9)[:, None]
        keep = holding[rows, None] * np.maximum(periods, 1.0) * rank
        found[rows] = (shortage[rows, None] * (1 - rank) >= keep).mean(axis=1)
    return np.where(sold > 0, found, 0.0)


def quantile_around(rising: np.ndarray, ratio: float | np.ndarray) -> np.ndarray:
    """(series,) quantile `ratio` of the rising draws, as a mean over four per cent of rank around it, since
    counts are coarse; fewer near the end, half of what is left to it, so that the tail does not pull it off.
    """
    draws = rising.shape[1]
    ratio = np.broadcast_to(ratio, (len(rising),))
    width = np.minimum(AROUND * ratio, (1 - ratio) / 2)
    first = np.clip(((ratio - width) * draws).astype(int), 0, draws - 1)
    last = np.clip(((ratio + width) * draws).astype(int), first + 1, draws)
    place = first[:, None] + np.arange((last - first).max(initial=1))[None, :]
    inside = place < last[:, None]
    band = np.take_along_axis(rising, np.minimum(place, draws - 1), axis=1)
    return np.where(inside, band, 0.0).sum(axis=1, dtype=np.float64) / (last - first)
