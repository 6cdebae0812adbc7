"""Least expected cost where a missed sale is lost: order up to a level of *projected* stock.

Stock is carried through possible courses of demand to the start of the period in which an order placed now
arrives; what is missed on the way is lost and needs no replacing, which the usual inventory position
overlooks. The order lifts the mean of that projected stock to the newsvendor's level of the one period it
decides (van Jaarsveld and Arts 2024, Projected inventory-level policies for lost sales inventory systems).
"""

from __future__ import annotations

import numpy as np

from models.replenishment.shelf import Costs

AROUND = 0.04


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

    `arriving` (series, periods - 1) is what comes before; `demand` (periods, series, draws).
    """
    before = projected_stock(stock, arriving, demand[:-1], backorders=backorders).mean(
        axis=1, dtype=np.float64
    )
    level = newsvendor_level(demand[-1], costs.critical_ratio)
    return np.maximum(np.floor(level - before + 0.5), 0.0)


def newsvendor_level(demand: np.ndarray, ratio: float | np.ndarray) -> np.ndarray:
    """(series,) quantile `ratio` of the draws, as a mean over four per cent of rank around it, since counts
    are coarse; fewer near the end, half of what is left to it, so that the tail does not pull it off.
    """
    draws = demand.shape[1]
    rising = np.sort(demand, axis=1)
    ratio = np.broadcast_to(ratio, (len(rising),))
    width = np.minimum(AROUND * ratio, (1 - ratio) / 2)
    first = np.clip(((ratio - width) * draws).astype(int), 0, draws - 1)
    last = np.clip(((ratio + width) * draws).astype(int), first + 1, draws)
    place = first[:, None] + np.arange((last - first).max(initial=1))[None, :]
    inside = place < last[:, None]
    band = np.take_along_axis(rising, np.minimum(place, draws - 1), axis=1)
    return np.where(inside, band, 0.0).sum(axis=1, dtype=np.float64) / (last - first)
